"""A terminal that remembers: what a person sees, rows that scrolled away included, as plain text."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any, Literal

import pyte
from wcwidth import wcwidth

_IGNORED = re.compile("\x1b\\[\\?2026[hl]|[\u200c-\u200f\u061c\ufe00-\ufe0f\U000e0020-\U000e007f]")
"""Synchronized output, of which pyte knows nothing, and characters without a width, at which it drops the rest."""


Kind = Literal["vte", "tmux", "xterm"]
"""Terminals, by what they do when they are resized."""


class Screen:
    """`feed` it the bytes a program wrote to its terminal; line feeds also return the carriage, as a tty makes them."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self._screen = _Remembering(columns, lines, history=200_000, ratio=1)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def feed(self, data: bytes) -> Screen:
        self._stream.feed(_IGNORED.sub("", data.decode()))
        return self

    def resize(self, columns: int, lines: int, *, kind: Kind = "vte") -> Screen:
        """The window gets another size. Its rows, scrolled ones too, are wrapped anew ("xterm" cuts them off). Those
        that find no room above the cursor scroll away, in "tmux" also where there would be room below; others come
        back."""
        self._screen.refit(columns, lines, kind)
        return self

    @property
    def scrolled(self) -> list[str]:
        """Rows that have left the screen."""
        width = self._screen.columns
        return ["".join(row[at].data for at in range(width)).rstrip() for row in self._screen.history.top]

    @property
    def visible(self) -> list[str]:
        """The rows of the screen, blank ones at the end left out."""
        return _without_blank_end([row.rstrip() for row in self._screen.display])

    @property
    def rows(self) -> list[str]:
        """Everything, from the first row to the last one that is not blank."""
        return _without_blank_end([*self.scrolled, *(row.rstrip() for row in self._screen.display)])

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the screen, from 0."""
        return (self._screen.cursor.x, self._screen.cursor.y)


class _Remembering(pyte.HistoryScreen):
    """pyte's screen, which also knows which of its rows go on in the next one."""

    _drawing = False

    def draw(self, data: str) -> None:
        self._drawing = True
        super().draw(data)
        self._drawing = False

    def linefeed(self) -> None:
        _mark(self.buffer[self.cursor.y], self._drawing)
        super().linefeed()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        super().erase_in_display(how, *args, **kwargs)
        for y in range(self.cursor.y if how == 0 else 0, self.lines):
            _mark(self.buffer[y], False)

    def refit(self, columns: int, lines: int, kind: Kind) -> None:
        reflow = kind != "xterm"
        rows = [*self.history.top, *(self.buffer[y] for y in range(self.cursor.y + 1))]
        lines_of_cells: list[list[Any]] = [[]]
        for row in rows:
            lines_of_cells[-1] += [row[x] for x in range(max(row, default=-1) + 1)]
            if row and wcwidth(row[max(row)].data or " ") == 2:  # pyte draws half of it in the last column
                lines_of_cells[-1].append(row[max(row)]._replace(data=""))
            if not (reflow and getattr(row, "goes_on", False)):
                lines_of_cells.append([])
        lines_of_cells.pop()
        assert self.cursor.x == 0, "programs leave the cursor at the start of a row"
        fitted = []
        for cells in lines_of_cells:
            # Blanks at the end are no text; what is cut off is lost.
            length = len(cells) - sum(1 for _ in takewhile(lambda cell: cell.data == " ", reversed(cells)))
            cells = cells[:length] if reflow else cells[: min(length, columns)]
            parts = _chopped(cells, columns)
            for part in parts:
                row = type(self.buffer[0])(self.default_char)
                row.update(enumerate(part))
                _mark(row, part is not parts[-1])
                fitted.append(row)
        below = max(0, min(self.lines, lines) - 1 - self.cursor.y) if kind == "tmux" else 0
        above = max(0, len(fitted) + below - lines)
        self.history.top.clear()
        self.history.top.extend(fitted[:above])
        self.buffer.clear()
        self.buffer.update(enumerate(fitted[above:]))
        self.lines, self.columns = lines, columns
        self.set_margins()
        self.cursor.x, self.cursor.y = 0, len(fitted) - above - 1


def _mark(row: Any, goes_on: bool) -> None:
    row.goes_on = goes_on


def _chopped(cells: list[Any], columns: int) -> list[list[Any]]:
    parts: list[list[Any]] = [[]]
    for at, cell in enumerate(cells):
        wide = at + 1 < len(cells) and cells[at + 1].data == ""
        if len(parts[-1]) + 1 + wide > columns:
            parts.append([])
        parts[-1].append(cell)
    return parts


def seen(data: bytes, columns: int = 80, lines: int = 24) -> list[str]:
    """What a terminal of that size holds in the end."""
    return Screen(columns, lines).feed(data).rows


def _without_blank_end(rows: list[str]) -> list[str]:
    while rows and not rows[-1]:
        rows.pop()
    return rows
