"""The terminal that `glm chat` talks through: which file it is, and its modes between two prompts. Knows no keys.

While a message is read the modes are those of whoever reads it. At all other times the terminal is quiet: what is
typed is not echoed into the answer, an Enter stays an Enter, a paste stays marked as one, and all of it waits for the
next prompt.
"""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from glmcli.errors import UsageError
from glmcli.world import World

CONTROLLING = Path("/dev/tty")
PASTE_MARKED = "\x1b[?2004h"
"""Pasted text comes between two marks, so that its line feeds are not taken for Enter."""
AS_FOUND = "\x1b[?2004l\x1b[?25h"
"""Pastes unmarked, the cursor visible."""


class Device:
    """Where keys come from and where the prompt is drawn.

    keys, screen: file descriptors of terminals. dumb: whether it understands no control sequences.
    """

    def __init__(self, keys: int, screen: int, *, dumb: bool = False) -> None:
        self.keys = keys
        self.screen = screen
        self.dumb = dumb
        self._lent = self._given = False
        self._found: list[Any] | None = None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """The terminal is quiet while the block runs, and as it was found afterwards. Ctrl-C and Ctrl-Z work."""
        found = self._found = termios.tcgetattr(self.keys)
        modes = _without_echo(found)

        def hush(number: int | None = None, frame: FrameType | None = None) -> None:
            if not self._lent and self.foreground():
                self._set(modes)
                self._write(PASTE_MARKED)

        def stop(number: int, frame: FrameType | None) -> None:
            if not self._given and self.foreground():
                self._write(AS_FOUND)
                self._set(found)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            signal.signal(number, stop)

        # A shell gets the terminal in between, after Ctrl-Z: as it was found, since not every shell sets the modes that
        # it needs. It gives it back with modes of its own.
        before = {
            number: signal.signal(number, act) for number, act in ((signal.SIGCONT, hush), (signal.SIGTSTP, stop))
        }
        try:
            hush()
            with self._ending_in_the_background():
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self.foreground():
                self._write(AS_FOUND)
                self._set(found)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Somebody else sets the modes while the block runs, and puts them back."""
        self._lent = True
        try:
            yield
        finally:
            self._lent = False
            self._write(PASTE_MARKED)

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """The terminal is as it was found while the block runs, for a program of the user's, and quiet again then."""
        with self.lent():
            if self._found is None:
                yield
                return
            self._write(AS_FOUND)
            self._set(self._found)
            self._given = True
            try:
                yield
            finally:
                self._given = False
                self._set(_without_echo(self._found))

    @contextmanager
    def _ending_in_the_background(self) -> Iterator[None]:
        """For `kill %1` after Ctrl-Z: whoever sets the modes of a terminal that belongs to the shell is stopped again,
        so the process ends at once. What is typed and what was answered is on disk."""
        before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

        def end(number: int, frame: FrameType | None) -> None:
            if not (self._given or self.foreground()):
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            handler = before[number]
            if callable(handler):
                handler(number, frame)
            elif handler == signal.SIG_DFL:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        for number in before:
            signal.signal(number, end)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def foreground(self) -> bool:
        """Whether the terminal is ours: a job in the background that sets its modes is stopped."""
        try:
            return os.tcgetpgrp(self.keys) == os.getpgrp()
        except OSError:  # it controls nobody, so it stops nobody
            return True

    def _set(self, modes: list[Any]) -> None:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(self.keys, termios.TCSADRAIN, modes)

    def _write(self, sequence: str) -> None:
        if not self.dumb:
            with suppress(OSError):
                os.write(self.screen, sequence.encode())


@contextmanager
def find_device(world: World, controlling: Path = CONTROLLING) -> Iterator[Device]:
    """The terminal of this process: its standard streams where they are one, else the one that controls it.

    Raises UsageError where there is none.
    """
    keys = world.stdin.fileno() if world.stdin is not None and world.stdin_tty else None
    screen = next((it.fileno() for it, tty in _outputs(world) if tty), None)
    opened: int | None = None
    if keys is None or screen is None:
        try:
            opened = os.open(controlling, os.O_RDWR | os.O_NOCTTY)
        except OSError:
            raise UsageError(
                "glm chat needs a terminal to talk through, and there is none",
                hint="For one answer without a terminal use: glm run",
            ) from None
    dumb = world.environ.get("TERM", "").lower() in ("dumb", "unknown")
    try:
        yield Device(opened if keys is None else keys, opened if screen is None else screen, dumb=dumb)  # type: ignore[arg-type]
    finally:
        if opened is not None:
            os.close(opened)


def _outputs(world: World) -> list[tuple[Any, bool]]:
    return [(world.stdout, world.stdout_tty), (world.stderr, world.stderr_tty)]


def _without_echo(found: list[Any]) -> list[Any]:
    modes = [*found[:6], list(found[6])]
    modes[0] &= ~(termios.ICRNL | termios.INLCR)
    modes[3] &= ~(termios.ECHO | termios.ICANON)
    modes[3] |= termios.NOFLSH  # else Ctrl-C throws away what was typed ahead
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    return modes
