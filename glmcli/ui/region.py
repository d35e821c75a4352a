"""The region at the end of the terminal that is repainted while an answer comes. Knows rows, not what they mean.

Rows that are done leave it upwards for good; the others are compared with those drawn before, and only what changed
is written, in one write inside synchronized output (mode 2026), so nothing flickers and nothing is drawn twice.

A window that becomes narrower makes several rows of one that is too wide for it now, or cuts it off, and which of the
two is not known, nor how many rows it pushes off the screen meanwhile. So such a row stays where it stands, with those
above it: the region never moves its cursor over rows whose number it does not know, which may be anybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glmcli.ui.columns import bare
from glmcli.ui.terminal import Stream, Terminal

_UP = "\x1b[{}F\x1b[K\x1b[E\x1b[J\x1b[F"
"""To the start of the row so many rows up, and everything from there erased. The start, since a key that the terminal
echoed (`^C`) may have moved the cursor. That row by itself: tmux pushes a screen that is erased from its very first
cell into its scrollback, where each frame of the live rows would be found."""
_END_OF_LAST = "\x1b[F\x1b[{}C\x1b[J"
"""Behind so many columns of the row above, and nothing left there or below."""
_END_OF_ROW = "\x1b[{0}F\x1b[{1}C{2}\x1b[{0}E"
"""The text behind so many columns of the row so many rows up, and back."""
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"


class Line(NamedTuple):
    """text: as the terminal wants it; columns: how many it takes at most, whatever the terminal makes of emoji."""

    text: str
    columns: int


class Region:
    """An overlay of the terminal. The cursor always rests at the start of the row below it, and below the foot of the
    terminal, which stands under its rows."""

    def __init__(self, terminal: Terminal, stream: Stream = "stdout") -> None:
        self._terminal = terminal
        self._stream: Stream = stream
        self._drawn: list[Line] = []
        self._kept: list[Line] = []
        self._together = 0
        self._size = (0, 0)
        self._resized = False
        self._displaced = terminal.displaced
        self._stood: list[str] = []

    @property
    def outdated(self) -> bool:
        """Whether the window was resized since the rows were laid out, or the cursor is elsewhere."""
        moved = self._displaced != self._terminal.displaced
        return bool(self._drawn) and (self._resized or moved or self._size != self._size_now)

    def stood(self) -> str:
        """The text of the live rows that have become out of reach since the last call: it stays on the terminal."""
        self._refit()
        stood, self._stood = self._stood, []
        return "".join(stood)

    def paint(self, done: Sequence[Line], live: Sequence[Line], together: int = 0) -> None:
        """Prints the done rows for good and the live ones below them, in place of those drawn before.

        Live rows fit the width and, all together, the height of the terminal. Of the first `together` of them all
        stay, if one has to."""
        with self._terminal.lock:
            if not self._drawn:
                self._terminal.fresh_line(self._stream)
            self._refit()
            old = [*self._drawn, *self._below]
            new = [*done, *live, *self._foot(len(live))]
            same = 0
            while not self._resized and same < min(len(old), len(new)) and old[same] == new[same]:
                same += 1
            up = len(old) - same
            # Erased first, not behind each row: behind a full row that would take its last character away.
            text = (_UP.format(up) if up else "") + "".join(f"{line.text}\n" for line in new[same:])
            self._drawn, self._kept, self._together = list(live), [], together
            self._size, self._resized = self._size_now, False
            self._terminal.overlay = self if live else None
            if text:
                self._terminal.draw(f"{BEGIN}{text}{END}", self._stream)

    def extend(self, text: str, columns: int) -> bool:
        """Writes more text at the end of the last live row; false, and nothing done, where the row has no room."""
        with self._terminal.lock:
            if not self._drawn or self.outdated:
                return False
            below = len(self._below)
            *_, last = self._drawn
            if last.columns + columns > self._size[0] or not last.columns:
                return False
            if below:
                self._terminal.draw(_END_OF_ROW.format(below + 1, last.columns, text), self._stream)
            else:
                self._terminal.draw(_END_OF_LAST.format(last.columns) + f"{text}\n", self._stream)
            self._drawn[-1] = Line(last.text + text, last.columns + columns)
            return True

    def hide(self) -> None:
        self._refit()
        if up := len(self._drawn) + len(self._below):
            self._terminal.draw(_UP.format(up), self._stream)
        self._kept, self._drawn = self._drawn, []
        if self._terminal.foot is not None:
            self._terminal.foot.drawn = []

    def show(self) -> None:
        if self._kept:
            # What was written meanwhile may have left its line open: the rows go below it.
            self._terminal.fresh_line(self._stream)
        elif self._terminal.inside_line(self._stream):
            return  # the foot alone ends nobody's line
        self._drawn, self._kept = self._kept, []
        if rows := [*self._drawn, *self._foot(len(self._drawn))]:
            self._terminal.draw("".join(f"{line.text}\n" for line in rows), self._stream)

    def refresh(self) -> None:
        if not self.outdated and (self._drawn or not self._terminal.inside_line(self._stream)):
            self.paint([], self._drawn, self._together)

    @property
    def _below(self) -> list[Line]:
        """The rows of the foot that stand now."""
        return self._terminal.foot.drawn if self._terminal.foot is not None else []

    def _foot(self, above: int) -> list[Line]:
        """The rows of the foot as they will stand below so many others."""
        foot = self._terminal.foot
        if foot is None:
            return []
        foot.drawn = foot.rows(self._terminal.height - 1 - above)
        return foot.drawn

    @property
    def _size_now(self) -> tuple[int, int]:
        return (self._terminal.width, self._terminal.height)

    def _refit(self) -> None:
        """After the window was resized: lets go of the rows that are out of reach, or whose height is not known. Of all
        of them where somebody else has written below."""
        cut_off = self._terminal.foot is not None and self._terminal.foot.let_go()
        if self._displaced != self._terminal.displaced:
            self._displaced = self._terminal.displaced
            self._stood += [bare(line.text) for line in self._drawn]
            self._drawn, self._together = [], 0
        if not self._drawn or (self._size == self._size_now and not cut_off):
            return
        width, height = self._size = self._size_now
        out = len(self._drawn) if cut_off else max(0, len(self._drawn) + len(self._below) + 1 - height)
        if self._terminal.reflows:
            out = max([out, *(at for at, line in enumerate(self._drawn, 1) if line.columns > width)])
        if out:
            out = max(out, self._together)
        self._stood += [bare(line.text) for line in self._drawn[:out]]
        self._drawn, self._together, self._resized = self._drawn[out:], 0, True
