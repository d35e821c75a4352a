"""The model's reasoning while it comes: a few dim rows of its end, with seconds and tokens, then gone. Unfolded they
are as many as there is room for.

A region at the end of the terminal that a ticker redraws; the text before its last rows is not kept here.
"""

from __future__ import annotations

from collections.abc import Callable

from glmcli.ui.clean import Cleaner
from glmcli.ui.columns import chopped, fit, most_width_of, wrapped
from glmcli.ui.region import Line, Region
from glmcli.ui.status import FRAME, ThreadTicker, Tickers, glyphs
from glmcli.ui.terminal import Terminal

ROWS = 3
"""Rows of reasoning that are seen at once."""
MOST_COLUMNS = 72
LEAST_HEIGHT = 10
"""Lines a terminal must have to spare those rows."""


class Thoughts:
    """`words` gets the seconds since `start` and returns the last row."""

    def __init__(self, terminal: Terminal, tickers: Tickers = ThreadTicker) -> None:
        self._terminal = terminal
        self._region = Region(terminal, "stderr")
        self._ticker = tickers(self.tick)
        self._words: Callable[[float], str] | None = None
        self._cleaner = Cleaner()
        self._tail = ""
        self._started = self._next = 0.0

    def start(self, words: Callable[[float], str]) -> None:
        with self._terminal.lock:
            self._words, self._cleaner, self._tail = words, Cleaner(), ""
            self._started = self._next = self._terminal.world.monotonic()
            self.tick()
            self._ticker.start()

    def add(self, text: str) -> None:
        """More of the reasoning. It is seen at the next tick."""
        with self._terminal.lock:
            self._tail += self._cleaner.feed(text)
            most = 4 * max(ROWS, self._terminal.height) * min(MOST_COLUMNS, self._terminal.width)
            if len(self._tail) > 2 * most:  # seldom, so that the rows do not break elsewhere each time
                self._tail = self._tail[-most:]

    def stop(self) -> None:
        """Takes the rows away."""
        with self._terminal.lock:
            if self._words is not None:
                self._words = None
                self._ticker.stop()
                self._region.stood()
                self._region.paint([], [])

    def tick(self) -> None:
        """Draws the rows as they are now."""
        with self._terminal.lock:
            now = self._terminal.world.monotonic()
            if self._words is None or now < self._next:
                return
            self._next = now + FRAME / 2
            seconds = now - self._started
            # One column stays free, so that no terminal wraps a row; and what is wide would stand in a narrower window.
            room = max(1, min(MOST_COLUMNS, self._terminal.width - 1))
            marks = glyphs(self._terminal)
            last = fit(f"{marks[int(seconds / FRAME) % len(marks)]} {self._words(seconds)}", room)
            height, foot = self._terminal.height, self._terminal.foot
            most = height * 2 // 3 - 1 if foot is not None and foot.unfolded else ROWS
            rows = ending(self._tail, most, room) if height >= LEAST_HEIGHT else []
            self._region.paint([], [self._line(row) for row in [*rows, last]])

    def _line(self, row: str) -> Line:
        text = f"\x1b[2m{row}\x1b[0m" if self._terminal.color("stderr") else row
        return Line(text, most_width_of(row))


def ending(text: str, most: int, columns: int) -> list[str]:
    """The last rows of a text, broken between words, at most so many; blank lines are left out. The text before them is
    not looked at."""
    rows: list[str] = []
    for line in reversed(text.split("\n")):
        if len(rows) >= most:
            break
        if line.strip():
            broken = wrapped(line.strip().expandtabs(4), columns)
            rows[:0] = [row for part in broken for row in chopped(part, columns)]
    return rows[-most:] if most > 0 else []
