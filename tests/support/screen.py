"""A terminal that remembers: what a person sees, rows that scrolled away included, as plain text."""

from __future__ import annotations

import re

import pyte

_IGNORED = re.compile("\x1b\\[\\?2026[hl]|[\u200c-\u200f\u061c\ufe00-\ufe0f\U000e0020-\U000e007f]")
"""Synchronized output, of which pyte knows nothing, and characters without a width, at which it drops the rest."""


class Screen:
    """`feed` it the bytes a program wrote to its terminal; line feeds also return the carriage, as a tty makes them."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=200_000, ratio=1)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def feed(self, data: bytes) -> Screen:
        self._stream.feed(_IGNORED.sub("", data.decode()))
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
    def line(self) -> str:
        """The row of the cursor."""
        return self._screen.display[self._screen.cursor.y].rstrip()

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the screen, from 0."""
        return (self._screen.cursor.x, self._screen.cursor.y)


def seen(data: bytes, columns: int = 80, lines: int = 24) -> list[str]:
    """What a terminal of that size holds in the end."""
    return Screen(columns, lines).feed(data).rows


def _without_blank_end(rows: list[str]) -> list[str]:
    while rows and not rows[-1]:
        rows.pop()
    return rows
