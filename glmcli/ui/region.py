"""The region at the end of the terminal that is repainted while an answer comes. Knows rows, not what they mean.

Rows that are done leave it upwards for good; the others are compared with those drawn before, and only what changed
is written, in one write inside synchronized output (mode 2026), so nothing flickers and nothing is drawn twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glmcli.ui.terminal import Terminal

_UP = "\x1b[{}F\x1b[J"
"""To the start of the row so many rows up, and everything from there erased. The start, since a key that the terminal
echoed (`^C`) may have moved the cursor."""
_END_OF_LAST = "\x1b[F\x1b[{}C\x1b[J"
"""Behind so many columns of the row above, and nothing left there or below."""
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"


class Line(NamedTuple):
    """text: as the terminal wants it; columns: how many it takes, more than the width where the terminal wraps it."""

    text: str
    columns: int


class Region:
    """An overlay of the terminal. The cursor always rests at the start of the row below it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._drawn: list[Line] = []
        self._kept: list[Line] = []
        self._width = 0

    def paint(self, done: Sequence[Line], live: Sequence[Line]) -> None:
        """Prints the done rows for good and the live ones below them, in place of those drawn before.

        Live rows fit the width and, all together, the height of the terminal."""
        with self._terminal.lock:
            if not self._drawn:
                self._terminal.fresh_line()
            width = self._terminal.width
            old, new = self._drawn, [*done, *live]
            same = 0
            if width == self._width:
                while same < min(len(old), len(new)) and old[same] == new[same]:
                    same += 1
            up = sum(_height(line, width) for line in old[same:])
            # Erased first, not behind each row: behind a full row that would take its last character away.
            text = (_UP.format(up) if up else "") + "".join(f"{line.text}\n" for line in new[same:])
            self._drawn, self._kept, self._width = list(live), [], width
            self._terminal.overlay = self if live else None
            if text:
                self._terminal.draw(f"{BEGIN}{text}{END}")

    def extend(self, text: str, columns: int) -> bool:
        """Writes more text at the end of the last live row; false, and nothing done, where the row has no room."""
        with self._terminal.lock:
            if not self._drawn or self._width != self._terminal.width:
                return False
            *_, last = self._drawn
            if last.columns + columns > self._width or not last.columns:
                return False
            self._terminal.draw(_END_OF_LAST.format(last.columns) + f"{text}\n")
            self._drawn[-1] = Line(last.text + text, last.columns + columns)
            return True

    def hide(self) -> None:
        up = sum(_height(line, self._terminal.width) for line in self._drawn)
        self._kept, self._drawn = self._drawn, []
        if up:
            self._terminal.draw(_UP.format(up))

    def show(self) -> None:
        # What was written meanwhile may have left its line open: the rows go below it.
        self._terminal.fresh_line()
        self._drawn, self._kept = self._kept, []
        self._width = self._terminal.width
        if self._drawn:
            self._terminal.draw("".join(f"{line.text}\n" for line in self._drawn))


def _height(line: Line, width: int) -> int:
    """Rows on a terminal that wraps: the window may have become narrower since."""
    return max(1, -(-line.columns // width))
