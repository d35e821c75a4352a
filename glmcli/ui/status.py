"""The status line: a spinner with words and seconds on standard error, while there is nothing else to see.

It exists only where standard error is a terminal that can move its cursor, and is gone without a trace as soon as
something happens. A thread redraws it, since the main one is waiting for the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol

from glmcli.errors import GlmError
from glmcli.ui.clean import one_line
from glmcli.ui.columns import fit as fit
from glmcli.ui.columns import most_width_of
from glmcli.ui.region import Line, Region
from glmcli.ui.terminal import Terminal

GLYPHS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAME = 0.1
"""Seconds between two redraws."""
DELAY = 0.4
"""Seconds without a sign of life before the line appears: a quick answer needs no spinner."""


def glyphs(terminal: Terminal) -> str:
    """The spinner's faces that this terminal can show."""
    return "|/-\\" if terminal.ascii else GLYPHS


class Ticker(Protocol):
    """Calls something again and again until it is stopped; starting and stopping twice does no harm."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class ThreadTicker:
    """A ticker that runs in a thread of its own, which never keeps the process alive."""

    def __init__(self, tick: Callable[[], None], seconds: float = FRAME) -> None:
        self._tick = tick
        self._seconds = seconds
        self._stopped: Event | None = None

    def start(self) -> None:
        if self._stopped is None:
            self._stopped = Event()
            Thread(target=self._run, args=(self._stopped,), daemon=True).start()

    def stop(self) -> None:
        # Not joined: the thread may wait for a lock that our caller holds. What it calls looks whether it still may.
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None

    def _run(self, stopped: Event) -> None:
        while not stopped.wait(self._seconds):
            try:
                self._tick()
            except (OSError, GlmError):  # the main thread meets the same trouble at its next write, and reports it
                return


Tickers = Callable[[Callable[[], None]], Ticker]


class Status:
    """One line that is redrawn in place. `words` gets the seconds since `start` and returns the text."""

    def __init__(self, terminal: Terminal, tickers: Tickers = ThreadTicker, *, able: bool = True) -> None:
        self._terminal = terminal
        self._able = able and terminal.err_is_tty and not terminal.dumb and not terminal.quiet
        self._ticker = tickers(self.tick)
        self._region = Region(terminal, "stderr")
        self._words: Callable[[float], str] | None = None
        self._started = 0.0
        self._drawn = False
        self._delay = DELAY

    def start(self, words: Callable[[float], str], *, delay: float = DELAY) -> None:
        """Shows these words from now on, after `delay` seconds if nothing was shown before."""
        with self._terminal.lock:
            self._started = self._terminal.world.monotonic()
            self._words = words
            self._delay = 0.0 if self._drawn else delay
            if self._able:
                self.tick()
                self._ticker.start()

    def stop(self) -> None:
        """Takes the line away for good."""
        with self._terminal.lock:
            if self._words is not None and self._able:
                self._ticker.stop()
                if self._drawn:
                    self._drawn = False
                    self._region.paint([], [])
                    self._region.stood()
            self._words = None

    def tick(self) -> None:
        """Draws the line as it is now."""
        with self._terminal.lock:
            seconds = self._terminal.world.monotonic() - self._started
            if self._words is None or seconds < self._delay or self._terminal.inside_line("stderr"):
                return
            marks = glyphs(self._terminal)
            glyph = marks[int(seconds / FRAME) % len(marks)]
            line = fit(f"{glyph} {one_line(self._words(seconds))}", self._terminal.width - 1)
            columns = most_width_of(line)
            if self._terminal.color("stderr"):
                line = f"\x1b[2m{line}\x1b[0m"
            self._drawn = True
            self._region.paint([], [Line(line, columns)])


@contextmanager
def busy(terminal: Terminal, words: str, tickers: Tickers = ThreadTicker) -> Iterator[None]:
    """Shows `words` and the seconds while the block runs, say while a local model starts."""
    status = Status(terminal, tickers)
    status.start(lambda seconds: f"{words} {seconds:.0f} s")
    try:
        yield
    finally:
        status.stop()
