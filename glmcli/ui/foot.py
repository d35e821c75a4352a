"""What stands at the end of the terminal while an answer comes, below all that moves: the thinking, where somebody has
unfolded it, and one row with what is typed ahead. Knows no keys.

Whatever `Region` is at work draws these rows with its own, and takes them away with its own, so they never scroll out
of the screen; where none is, there is one for them alone. They are drawn only where the cursor can move and nothing
is left half-written: not with `--raw` and `--plain`, nor inside a line.
"""

from __future__ import annotations

from glmcli.ui.clean import clean
from glmcli.ui.columns import ended, fit, most_width_of
from glmcli.ui.region import Line, Region
from glmcli.ui.terminal import Terminal
from glmcli.ui.thoughts import MOST_COLUMNS, ending

LEAST_ROWS = 3
"""Rows of thinking, at least, on any terminal that has them."""


class Foot:
    """drawn: its rows that stand on the terminal now; kept by the region that drew them. unfolded: whether the thinking
    is to be seen. elsewhere: whether it is seen already, above."""

    def __init__(self, terminal: Terminal) -> None:
        self.drawn: list[Line] = []
        self.unfolded = self.elsewhere = False
        self._terminal = terminal
        self._ground = Region(terminal, "stderr" if terminal.err_is_tty else "stdout")
        self._typed = ("", "")
        self._thought: list[str] = []
        self._pane: tuple[tuple[int, ...], list[Line]] = ((), [])
        self._size = (0, 0)
        self._displaced = terminal.displaced

    def open(self) -> None:
        with self._terminal.lock:
            self._terminal.foot = self
            self._draw()

    def close(self) -> None:
        """Takes its rows away."""
        with self._terminal.lock:
            if self._terminal.foot is self:
                overlay = self._terminal.overlay
                (overlay or self).hide()
                self._terminal.foot = None
                if overlay is not None:
                    overlay.show()

    def type(self, before: str, text: str) -> None:
        """This is what is typed now: the end of the text is shown, behind what stands before it; of neither, no row."""
        with self._terminal.lock:
            self._typed = (before, text)
            self._draw()

    def fold(self) -> None:
        """Unfolds the thinking, or folds it again."""
        with self._terminal.lock:
            self.unfolded = not self.unfolded
            self._draw()

    def think(self, text: str, *, begun: bool, elsewhere: bool) -> None:
        """More thinking; begun: of another answer. It is seen at the next frame."""
        if begun:
            self._thought.clear()
        self._thought.append(text)
        self.elsewhere = elsewhere

    def rows(self, room: int) -> list[Line]:
        """The rows as they should stand now, as many as there is room for, those of the thinking above."""
        before, text = self._typed
        rows = [self._line(before, text)] if before and room > 0 else []
        if self.unfolded and not self.elsewhere:
            height = self._terminal.height
            most = min(room - len(rows), max(LEAST_ROWS, height - height * 2 // 3 - 2))
            if most > 0:
                rows = [*self._thinking(most), *rows]
        self._size, self._displaced = self._now, self._terminal.displaced
        return rows

    def let_go(self) -> bool:
        """After the window was resized, or somebody else had the terminal: lets go of rows that are out of reach, or
        whose height is not known. Whether what stands above them is out of reach too."""
        if self._displaced != self._terminal.displaced:
            self._displaced, self.drawn = self._terminal.displaced, []
            return True
        if not self.drawn or self._size == self._now:
            return False
        width, height = self._size = self._now
        out = max(0, len(self.drawn) + 1 - height)
        if self._terminal.reflows:
            out = max([out, *(at for at, line in enumerate(self.drawn, 1) if line.columns > width)])
        self.drawn = self.drawn[out:]
        return out > 0

    # The overlay of a terminal on which nothing else moves

    def hide(self) -> None:
        self._ground.hide()

    def show(self) -> None:
        self._ground.show()

    def refresh(self) -> None:
        self._ground.refresh()

    def _draw(self) -> None:
        if self._terminal.foot is self:
            (self._terminal.overlay or self).refresh()

    @property
    def _now(self) -> tuple[int, int]:
        return (self._terminal.width, self._terminal.height)

    @property
    def _columns(self) -> int:
        """One column stays free, so that no terminal wraps a row; and what is wide would stand in a narrower window."""
        return max(1, min(MOST_COLUMNS, self._terminal.width - 1))

    @property
    def _ellipsis(self) -> str:
        return "..." if self._terminal.ascii else "…"

    def _line(self, before: str, text: str) -> Line:
        columns = self._columns
        end = clean(text[-4 * columns :].replace("\t", " ")).replace("\n", "\\n" if self._terminal.ascii else "⏎")
        cut = len(text) > 4 * columns
        return self._dim(before + ended(end, columns - len(before), self._ellipsis, cut=cut))

    def _thinking(self, most: int) -> list[Line]:
        of = (len(self._thought), most, *self._now)
        if self._pane[0] != of:
            enough = 4 * (most + 1) * MOST_COLUMNS
            text = ""
            for piece in reversed(self._thought):
                text = piece + text
                if len(text) > enough:
                    break
            rows = ending(clean(text), most + 1, self._columns) or ["no thinking so far"]
            if len(rows) > most:
                rows = [fit(f"{self._ellipsis} more above; /reasoning shows all", self._columns), *rows[2:]][:most]
            self._pane = of, [self._dim(row) for row in rows]
        return self._pane[1]

    def _dim(self, row: str) -> Line:
        dim = self._terminal.color("stderr" if self._terminal.err_is_tty else "stdout")
        return Line(f"\x1b[2m{row}\x1b[0m" if dim else row, most_width_of(row))


def foot_of(terminal: Terminal, *, source: bool, plain: bool) -> Foot | None:
    """One for an answer that is shown so; None where it would get between what is written. source: as with `--raw`."""
    moves = terminal.err_is_tty if not terminal.out_is_tty else not source
    return Foot(terminal) if moves and not plain and not terminal.dumb else None
