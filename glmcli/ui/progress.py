"""An answer that is coming, as rows: those that are final, and those of what is open. No terminal. Imports Rich."""

from __future__ import annotations

from glmcli.ui.blocks import Blocks, Piece, Splitter
from glmcli.ui.markdown import Layout, Painter
from glmcli.ui.rows import letters, text_of
from glmcli.ui.segments import Row

ENOUGH = 8
"""Rows of a paragraph that stay open where it can be cut."""
ATTEMPTS = 16
"""Rows of a paragraph at whose ends it is tried to cut it."""


class Progress:
    """`feed` it the text, `advance` it for the rows that are final; then `preview` holds the others, laid out as if
    the text ended here, and `rest` the pieces that they show.

    The painter is the caller's: it may set another width at any time.
    """

    def __init__(self, painter: Painter) -> None:
        self.rest: list[Piece] = []
        self.preview: list[Row] = []
        self.painter = painter
        self._splitter = Splitter(by_row=painter.plain)
        self._layout = Layout()
        self._width = 0
        self._uncut: list[Piece] = []  # has no end of a row where it can be cut

    def feed(self, text: str) -> None:
        self._splitter.feed(text)

    def advance(self, most: int, *, final: bool = False) -> list[Row]:
        """The rows that have become final since the last time, by what came or since more than `most` are open; with
        `final` all."""
        pieces = self._splitter.take(final=final)
        done = self.painter.rows(pieces, self._layout)
        self._look(most, final=final, anew=bool(pieces))
        while settled := self._settle(min(most, ENOUGH)):
            done += settled
            self._look(most)
        return done

    @property
    def shortened(self) -> bool:
        """Whether there is more than the preview shows."""
        return self._splitter.shortened

    @property
    def newest(self) -> str:
        """The last line of the source, as far as it has come."""
        return self._splitter.newest

    @property
    def in_table(self) -> bool:
        """Whether what is open is a table, in a layout that may still change."""
        return self._splitter.in_table

    def _look(self, most: int, *, final: bool = False, anew: bool = True) -> None:
        """Lays out what is open, or its beginning, if it is not laid out like that already."""
        rest = [] if final else self._splitter.rest(most)
        if anew or (rest, self.painter.width) != (self.rest, self._width):
            self.rest, self._width = rest, self.painter.width
            self.preview = self.painter.rows(rest, self._layout.copy())

    def _settle(self, most: int) -> list[Row] | None:
        """Of a paragraph that has more rows than that, those that no more text can change, now settled."""
        preview = self.preview
        if len(preview) <= most or len(self.rest) != 1 or self.rest == self._uncut:
            return None

        def is_row_end(begin: Blocks, end: Blocks) -> bool:
            rows = self.painter.rows([begin], layout := self._layout.copy())
            # Behind a long word that fills its row Rich leaves a blank, which would be lost by a cut.
            return rows == preview[: len(rows)] and self.painter.rows([end], layout) == preview[len(rows) :]

        keep = max(1, most // 2)
        for after in range(keep, min(len(preview), keep + ATTEMPTS)):
            left = sum(letters(text_of(row)) for row in preview[-after:])
            done = self._splitter.settle(self.rest[0], left, is_row_end)
            if done is not None:
                return self.painter.rows([done], self._layout)
        self._uncut = self.rest
        return None
