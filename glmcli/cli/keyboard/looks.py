"""What stands around the message that is typed: the menu of the Tab key, the thinking above, the mode below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from glmcli.cli.completing import Suggestion

STYLE = Style.from_dict({"bottom-toolbar": "noreverse dim", "thinking": "dim"})

HELP_WIDTH = 60
"""Columns of the menu for what a suggestion means."""


class Suggesting(Completer):
    """Suggestions in the terms of prompt-toolkit."""

    def __init__(self, suggest: "Callable[[str], Iterable[Suggestion]]") -> None:
        self._suggest = suggest

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        for it in self._suggest(document.text_before_cursor):
            help = it.help if len(it.help) <= HELP_WIDTH else f"{it.help[: HELP_WIDTH - 1]}…"
            yield Completion(it.text, -it.back, display=it.shown or it.text, display_meta=help)


def pane(thinking: str, columns: int, rows: int) -> str:
    """The thinking, folded to the columns, its end if there are more rows; ends with a line feed."""
    text = thinking.strip().expandtabs(4)
    if not text:
        return "the last answer came without thinking\n"
    lines = [row for line in text.split("\n") for row in _folded(line, columns)]
    if len(lines) > rows:
        left = len(lines) - rows + 1
        lines = [f"… {left} more rows above; /reasoning shows all", *lines[left:]]
    return "\n".join(lines) + "\n"


def _folded(line: str, columns: int) -> Iterable[str]:
    """Rows of at most so many columns, broken at blanks where that is possible."""
    row = ""
    for word in line.split(" "):
        grown = f"{row} {word}" if row else word
        if get_cwidth(grown) <= columns:
            row = grown
            continue
        if row:
            yield row
        while get_cwidth(word) > columns:
            at = columns
            while at > 1 and get_cwidth(word[:at]) > columns:
                at -= 1
            yield word[:at]
            word = word[at:]
        row = word
    yield row


def mode(of: InputMode) -> str:
    """The mode of vi, as the toolbar names it."""
    return {InputMode.NAVIGATION: "vi command", InputMode.REPLACE: "vi replace"}.get(of, "vi insert")
