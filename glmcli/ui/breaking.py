"""Text that comes in pieces, as rows broken between words: each as soon as nothing that still comes can change it."""

from __future__ import annotations

from glmcli.ui.clean import Cleaner
from glmcli.ui.columns import wrapped


class Breaking:
    """For what is shown line by line, where the terminal itself would break words."""

    def __init__(self) -> None:
        self._cleaner = Cleaner()
        self._line = ""

    def feed(self, text: str, columns: int, *, final: bool = False) -> list[str]:
        """The rows that are certain now, cleaned; with `final` all there are."""
        *lines, line = (self._line + self._cleaner.feed(text, final=final)).split("\n")
        if final:
            lines, line = [*lines, *([line] if line else [])], ""
        rows = [row for whole in lines for row in wrapped(whole, columns)]
        *full, last = wrapped(line, columns)
        self._line = last + line[len(line.rstrip()) :] if full else line
        return [row.rstrip() for row in rows + full]
