"""Cuts Markdown that is still coming into pieces that can be printed for good. No drawing, no terminal.

A top-level block is settled when, in whole lines, another one has begun after it. Two kinds of open block are settled
earlier in part: a list item by item, a fenced code block line by line. So what is still open stays small, and each
character is looked at a bounded number of times. The structure is markdown-it's, without its inline rules; raw HTML
is text, so that nothing the model wrote goes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

LEAP = 2000
"""Characters of an open paragraph or line of code that a preview shows at least: about what a screen holds."""

_UNDECIDED = re.compile(r"[\s\-=*_#>`~+|:.\d()]*\Z|\s*(?:```|~~~)")
"""The line that is being written may turn out to be markup: it is better not shown yet."""


@dataclass(frozen=True)
class Blocks:
    """One or more whole top-level blocks."""

    source: str
    references: Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """Whole items of a list. number: of the first one, None for bullets; continued: earlier items are printed."""

    source: str
    references: Mapping[str, Any]
    number: int | None
    continued: bool


@dataclass(frozen=True)
class CodeStart:
    """A fenced code block begins; the `CodeLine`s that follow are its lines."""

    language: str


@dataclass(frozen=True)
class CodeLine:
    text: str


Piece = Blocks | Items | CodeStart | CodeLine


@dataclass(frozen=True)
class _Fence:
    """The opening line of a code block: its marks, and the columns by which it and its content are indented."""

    marks: str
    indent: int

    def closed_by(self, line: str) -> bool:
        text = line.lstrip(" \t")
        marks = text.rstrip(" \t")
        return (
            _columns(line[: len(line) - len(text)]) < 4
            and len(marks) >= len(self.marks)
            and not marks.strip(self.marks[0])
        )

    def content(self, line: str) -> str:
        """The line without the indentation of the fence."""
        at = column = 0
        while at < len(line) and column < self.indent and line[at] in " \t":
            column += 4 - column % 4 if line[at] == "\t" else 1
            at += 1
        return " " * (column - self.indent) + line[at:]


class Splitter:
    """`feed` it the text, `take` what is settled since the last time, look at the `rest` for a preview."""

    def __init__(self) -> None:
        self._markdown = outline()
        self._references: dict[str, Any] = {}
        self._incoming: list[str] = []
        self._tail = ""
        self._fence: _Fence | None = None
        self._in_list = False
        self._number: int | None = None  # of the next item of that list
        # How far the tail was looked at; of a paragraph or table that goes on, the lines that say so.
        self._seen = 0
        self._open = ""
        self._context = ""

    def feed(self, text: str) -> None:
        self._incoming.append(text)

    def take(self, *, final: bool = False) -> list[Piece]:
        """The pieces that are settled by now, in order; with `final` all there is."""
        self._tail += "".join(self._incoming)
        self._incoming.clear()
        pieces: list[Piece] = []
        while True:
            if self._fence is not None and not self._take_code(self._fence, pieces, final):
                return pieces
            if final:
                pieces += self._whole(self._tail)
                self._tail = ""
                return pieces
            whole = self._tail[: self._tail.rfind("\n") + 1]
            if len(whole) == self._seen or self._goes_on(whole):
                return pieces
            self._take_blocks(whole, pieces)
            if self._fence is None:
                return pieces

    def rest(self, rows: int) -> list[Piece]:
        """What is not settled, as it would be printed if the text ended here; of a long block, its end: about
        `rows` rows."""
        if self._fence is not None:
            text = "" if self._fence.closed_by(self._tail) else self._fence.content(self._tail)
            return [CodeLine(_end(text))] if text else []
        at = self._tail.rfind("\n") + 1
        source = self._tail[:at] if _UNDECIDED.match(self._tail, at) else self._tail
        if self._open == "table_open":
            # The table may be long: its head, and as many rows as can be seen below it and a blank row.
            lines = source.rstrip("\n").split("\n")
            source = "\n".join(lines[:2] + lines[2:][-max(1, rows - 3) :])
        elif source[:1].isalpha() and "\n\n" not in source and not self._in_list:
            source = _end(source)
        return self._whole(source)

    def _parse(self, source: str) -> list[Token]:
        """Block structure only. References found in the source are noted."""
        env = {"references": self._references}
        return self._markdown.parse(source, env)

    def _whole(self, source: str) -> list[Piece]:
        """All of the source, whose first block may be the rest of a list."""
        if not source.strip():
            return []
        references = dict(self._references)
        if self._in_list:
            tokens = self._markdown.parse(source, {"references": references})
            starts = _starts(tokens)
            if starts and tokens[starts[0]].type.endswith("list_open"):
                lines = source.split("\n")
                cut = _first_line(tokens[starts[1]]) if len(starts) > 1 else len(lines)
                items, others = "\n".join(lines[:cut]), "\n".join(lines[cut:])
                pieces: list[Piece] = [Items(items, references, self._number, continued=True)]
                return [*pieces, Blocks(others, references)] if others.strip() else pieces
        return [Blocks(source, references)]

    def _take_blocks(self, whole: str, pieces: list[Piece]) -> None:
        """Settles all but the last block of these whole lines, and what can be settled of the last."""
        tokens = self._parse(whole)
        starts = _starts(tokens)
        lines = self._tail.split("\n")
        if len(starts) > 1:
            cut = _first_line(tokens[starts[-1]])
            pieces += self._whole("\n".join([*lines[:cut], ""]))
            self._in_list = False
        else:
            cut = 0
        last = tokens[starts[-1]] if starts else None
        if last is not None and last.type == "fence":
            at = _first_line(last)
            indent = len(lines[at]) - len(lines[at].lstrip(" "))
            self._fence = _Fence(last.markup, indent)
            pieces.append(CodeStart(language(last.info)))
            self._in_list = False
            cut = at + 1
        elif last is not None and last.type.endswith("list_open"):
            cut = self._take_items(tokens[starts[-1] :], lines, cut, pieces)
        if cut:
            self._tail = "\n".join(lines[cut:])
        settled = sum(len(line) + 1 for line in lines[:cut])
        self._seen = 0 if self._fence is not None else len(whole) - settled
        self._open = last.type if last is not None else ""
        self._context = self._context_of(last, whole[settled:])

    def _take_items(self, tokens: list[Token], lines: list[str], cut: int, pieces: list[Piece]) -> int:
        """Settles all items but the last of the list that the tokens begin with; gives the line of the last."""
        items = [token for token in tokens if token.type == "list_item_open" and token.level == 1]
        if len(items) < 2:
            return cut
        start = _first_line(items[-1])
        if not self._in_list:
            ordered = tokens[0].type == "ordered_list_open"
            self._number = int(tokens[0].attrs.get("start", 1)) if ordered else None
        source = "\n".join([*lines[cut:start], ""])
        pieces.append(Items(source, dict(self._references), self._number, continued=self._in_list))
        self._in_list = True
        if self._number is not None:
            self._number += len(items) - 1
        return start

    def _take_code(self, fence: _Fence, pieces: list[Piece], final: bool) -> bool:
        """Settles whole lines of the open fence; whether it is closed now, as the end of the text closes it too."""
        *lines, rest = self._tail.split("\n")
        if final and rest:
            lines, rest = [*lines, rest], ""
        for at, line in enumerate(lines):
            if fence.closed_by(line):
                self._fence = None
                self._tail = "\n".join([*lines[at + 1 :], rest])
                return True
            pieces.append(CodeLine(fence.content(line)))
        self._tail = rest
        if final:
            self._fence = None
        return final

    def _context_of(self, last: Token | None, source: str) -> str:
        """The lines by which new lines can be judged without all of the open block, if there are such lines."""
        lines = source.split("\n")[:-1]
        if last is None or self._in_list or last.map is None or not lines or not lines[-1].strip():
            return ""
        if last.type == "table_open":
            return "\n".join([*lines[:2], ""])
        return f"{lines[-1]}\n" if last.type == "paragraph_open" else ""

    def _goes_on(self, whole: str) -> bool:
        """Whether the new whole lines only carry on the open paragraph or table."""
        if not self._context:
            return False
        probe = self._context + whole[self._seen :]
        tokens = self._markdown.parse(probe, {})
        starts = _starts(tokens)
        if len(starts) != 1 or tokens[starts[0]].type != self._open:
            return False
        reach = tokens[starts[0]].map
        if reach is None or reach != [0, probe.count("\n")]:
            return False
        self._seen = len(whole)
        if self._open == "paragraph_open":
            self._context = f"{whole[:-1].rpartition(chr(10))[2]}\n"
        return True


def outline() -> MarkdownIt:
    """The parser of our dialect (CommonMark, tables, strike-through, HTML as text), without inline rules."""
    return dialect().disable(["inline", "text_join"])


def dialect() -> MarkdownIt:
    """The parser of our dialect."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def language(info: str) -> str:
    """The language of a fenced code block, from what stands behind its marks."""
    return info.split()[0] if info.split() else ""


def _starts(tokens: list[Token]) -> list[int]:
    """Where the top-level blocks begin in a list of tokens."""
    return [at for at, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]


def _end(text: str) -> str:
    """The end of a long text. The cut moves in leaps, so that its rows are not wrapped anew at each token."""
    leaps = len(text) // LEAP - 1
    return text[leaps * LEAP :].lstrip() if leaps > 0 else text


def _first_line(token: Token) -> int:
    assert token.map is not None
    return token.map[0]


def _columns(blank: str) -> int:
    return len(blank.expandtabs(4))
