"""Ctrl-C and SIGTERM at a moment when they can do no harm. Knows signals and stack frames, nothing of what runs.

Python raises KeyboardInterrupt between any two instructions. In the middle of an import that leaves locks behind on
which the program hangs for ever, in the middle of a transaction or of a drawing it leaves half of it. Here a signal
that comes at such a moment waits until it is over, which is soon: what takes long is waiting for the network, and
that may be interrupted. Several presses at once are one.
"""

from __future__ import annotations

import _thread
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import main_thread
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from threading import RLock

Handler = Callable[[int, FrameType | None], Any]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NEVER = ("_frozen_importlib", "importlib.", "glmcli.store.")
"""Beginnings of the names of modules that no signal interrupts."""
NOT_BY_CTRL_C = (*NEVER, "asyncio.", "prompt_toolkit.", "glmcli.ui.", "glmcli.cli.keyboard.listening")
"""Those that must go on afterwards. Reading a line has a Ctrl-C of its own."""
AGAIN = 0.01
"""Seconds until it is tried again."""
LIMIT = 5.0
"""Seconds after which a signal is let through wherever it comes: something hangs."""
ONE = 2.0
"""Seconds in which presses are one."""
PATIENCE = 0.5
"""Seconds until a stop waits for nobody who is drawing: the terminal may take nothing now."""


class Interrupts:
    """While it is entered, the handlers that were there before are called later, and once. In the main thread only.

    An inner one takes the place of an outer one until it is left.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._main = _thread.get_ident()
        self._before: dict[int, Handler] = {}
        self._replaced: dict[int, Handler] = {}
        self._came: dict[int, float] = {}
        self._passed: dict[int, float] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                outer = getattr(handler, "__self__", None)
                self._before[number] = outer._before[number] if isinstance(outer, Interrupts) else handler
                self._replaced[number] = handler
                signal.signal(number, self._on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rearm()
        for number, handler in self._replaced.items():
            signal.signal(number, handler)

    def rearm(self) -> None:
        """What Ctrl-C was for is over, also where it still waits: the next one is a new one."""
        self._came.pop(signal.SIGINT, None)
        self._passed.pop(signal.SIGINT, None)

    def _on(self, number: int, frame: FrameType | None) -> None:
        now = self._monotonic()
        if now - self._passed.get(number, -ONE) < ONE:
            return
        spared = NOT_BY_CTRL_C if number == signal.SIGINT else NEVER
        if runs(frame, spared) and now - self._came.setdefault(number, now) < LIMIT:
            # Not a threading.Thread: its locks may be held by what was interrupted.
            _thread.start_new_thread(self._send_again, (number,))
            return
        self._came.pop(number, None)
        self._passed[number] = now
        self._before[number](number, frame)

    def _send_again(self, number: int) -> None:
        time.sleep(AGAIN)
        if number in self._came:
            signal.pthread_kill(self._main, number)


@contextmanager
def when_continued(call: Callable[[], None], lock: "RLock") -> Iterator[None]:
    """Calls it when the process goes on after it was stopped, by Ctrl-Z say, while the block runs. Whoever needs the
    lock, in another thread, stands still from before the stop until then."""
    if not hasattr(signal, "SIGCONT") or _thread.get_ident() != main_thread().ident:
        yield
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGCONT, signal.SIGTSTP)}

    def go_on(number: int, frame: FrameType | None) -> None:
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        call()

    def stop(number: int, frame: FrameType | None) -> None:
        handler = before[number]
        ours = lock.acquire(timeout=PATIENCE)
        try:
            if callable(handler):
                handler(number, frame)
            elif handler == signal.SIG_DFL:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)  # returns when it goes on, after `go_on`
        finally:
            signal.signal(number, stop)
            if ours:
                lock.release()

    signal.signal(signal.SIGCONT, go_on)
    signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def runs(frame: FrameType | None, modules: tuple[str, ...]) -> bool:
    """Whether one of these modules is at work in this frame or below it."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(modules):
            return True
        frame = frame.f_back
    return False
