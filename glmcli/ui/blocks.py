"""Cuts Markdown that is still coming into pieces that can be printed for good. No drawing, no terminal.

A block is settled when, in whole lines, another one has begun after it, also inside of lists, items and quotes; code
is settled line by line, and a paragraph where its rows are known (`Splitter.settle`). A table alone stays open as a
whole, since its last row may widen its columns, unless it has none. So each character is looked at a bounded number of
times. The structure is that of our dialect (`glmcli.ui.dialect`), without its inline rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

from glmcli.ui.dialect import DATA, outline
from glmcli.ui.fence import Fence
from glmcli.ui.latex import BLOCK
from glmcli.ui.paragraph import paragraph_cut
from glmcli.ui.place import Place, code_cut, first_line, resume, spine

SHOWN = 2000
"""Characters of an endless block or line that a preview shows, at most: about what a screen holds."""

TABLE_ROWS = 8
"""Rows of an open table that a preview shows, at most: laying them out is dear."""
AROUND = 4
"""Rows that it needs besides: a blank one, the head, the line below it, and the newest text."""

HEAD = 2
"""Lines of a table before its rows."""

FEW = 4
"""Lines of a paragraph that are soon parsed again."""

_UNDECIDED = re.compile(
    r"[\s\-=*_#>`~+|:.\d()]*\Z|\s*(?:```|~~~)|[\s>]*(?:\$\$?|\\\[?)\Z|[\s>]*(?:[-+*]|\d+[.)])\s+\[(?:[ xX]\]?)?\s*\Z"
)
"""The line that is being written may turn out to be markup: it is better not shown yet."""

_WORDS = re.compile(r"\s*[^\W\d_]\w*\s+\S")
"""A line that begins like a paragraph."""


@dataclass(frozen=True)
class Blocks:
    """One or more top-level blocks; of the first one a beginning may be printed already, up to `place`."""

    source: str
    references: Mapping[str, Any]
    place: Place = ()


@dataclass(frozen=True)
class CodeStart:
    """A fenced code block begins; the `CodeLine`s that follow are its lines."""

    language: str


@dataclass(frozen=True)
class CodeLine:
    text: str


Piece = Blocks | CodeStart | CodeLine


class Splitter:
    """`feed` it the text, `take` what is settled since the last time, look at the `rest` for a preview. by_row: rows of
    tables are settled like lines of code."""

    def __init__(self, *, by_row: bool = False) -> None:
        self._by_row = by_row
        self._markdown = outline()
        self._references: dict[str, Any] = {}
        self._incoming: list[str] = []
        self._held: list[str] = []  # whole lines of the open table, before the tail
        self._tail = ""
        self._fence: Fence | None = None
        self._place: Place = ()
        # How far the tail was looked at; of a paragraph or table that goes on, the lines that say so.
        self._seen = 0
        self._open = ""
        self._context = ""
        self._stuck = False  # the open paragraph could not be cut
        self._shown = 0  # lines of a table, of which a preview was taken

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
                pieces += self._whole("".join([*self._held, self._tail]))
                self._held, self._tail = [], ""
                return pieces
            whole = self._tail[: self._tail.rfind("\n") + 1]
            if len(whole) >= self._seen and self._begins_paragraph(whole):
                whole = self._tail
            elif len(whole) <= self._seen or self._goes_on(whole):
                self._take_rows(pieces)
                return pieces
            held = "".join(self._held)
            self._tail = held + self._tail
            self._held.clear()
            self._take_blocks(held + whole, pieces)
            self._take_rows(pieces)
            if self._fence is None:
                return pieces

    def rest(self, rows: int) -> list[Piece]:
        """What is not settled, as it would be printed if the text ended here; of a long block, its beginning: of a
        table, what fits about so many rows."""
        self._shown = 2 + max(0, min(TABLE_ROWS, rows - AROUND))
        if self._fence is not None:
            text = "" if self._fence.closed_by(self._tail) else self._fence.content(self._tail)
            return [CodeLine(text[:SHOWN])] if text else []
        if self._held:
            # Whole rows only: what stands of them on the terminal when its window is resized is told by their letters.
            return self._whole("".join(self._held[: self._shown]))
        at = self._tail.rfind("\n") + 1
        source = self._tail[:at] if _UNDECIDED.match(self._tail, at) else self._tail
        return self._whole(source[:SHOWN] if self._stuck else source)

    @property
    def in_table(self) -> bool:
        """Whether the rest is a table, in a layout that may still change."""
        return bool(self._held)

    @property
    def shortened(self) -> bool:
        """Whether there is more than the rest shows."""
        if self._held:
            return len(self._held) > self._shown or bool(self._tail.strip())
        return len(self._tail) > SHOWN and (self._stuck or self._fence is not None)

    @property
    def newest(self) -> str:
        """The last line of the source, as far as it has come."""
        return (self._tail.rstrip() or "".join(self._held[-1:]).rstrip()).rpartition("\n")[2]

    def settle(self, rest: Piece, after: int, is_row_end: Callable[[Blocks, Blocks], bool]) -> Blocks | None:
        """Settles the beginning of the open paragraph, all but the last words with `after` letters and digits, if
        nothing that may come can change it and `is_row_end` says that a row ends between it and them."""
        self._stuck = True
        if not isinstance(rest, Blocks) or self._held or not self._tail.startswith(rest.source):
            return None
        cut = paragraph_cut(self._parsed(rest.source), rest.source, after)
        if cut is None:
            return None
        done = Blocks(rest.source[: cut.end], rest.references, self._place)
        if not is_row_end(done, Blocks(cut.prefix + rest.source[cut.begin :], rest.references, cut.place)):
            return None
        self._tail = cut.prefix + self._tail[cut.begin :]
        self._place, self._seen, self._context, self._stuck = cut.place, 0, "", False
        return done

    def _parsed(self, source: str) -> list[Token]:
        """Block structure only; that of the open block notes what is printed of it. References are noted."""
        tokens = self._markdown.parse(source, {"references": self._references})
        resume(tokens, self._place)
        return tokens

    def _whole(self, source: str) -> list[Piece]:
        return [Blocks(source, dict(self._references), self._place)] if source.strip() else []

    def _take_blocks(self, whole: str, pieces: list[Piece]) -> None:
        """Settles all but the last block of these whole lines, and what can be settled of the last."""
        tokens = self._parsed(whole)
        starts = _starts(tokens)
        lines = self._tail.split("\n")
        cut = first_line(tokens[starts[-1]]) if len(starts) > 1 else 0
        if cut:
            pieces += self._whole("\n".join([*lines[:cut], ""]))
            self._place = ()
        last = tokens[starts[-1]] if starts else None
        if last is not None and last.type == "fence":
            at = first_line(last)
            indent = len(lines[at]) - len(lines[at].lstrip(" "))
            self._fence = Fence(last.markup, indent)
            pieces.append(CodeStart(language(last.info)))
            self._place = ()
            cut = at + 1
        self._tail = "\n".join(lines[cut:])
        whole = "" if self._fence is not None else whole[sum(len(line) + 1 for line in lines[:cut]) :]
        if last is not None and self._fence is None:
            whole, tokens = self._take_children(self._parsed(whole) if cut else tokens, whole, pieces)
        self._seen, self._stuck = len(whole), self._stuck and not cut
        self._open, self._context = self._context_of(tokens, whole)
        if self._open == "table_open":
            self._held = [f"{line}\n" for line in whole.split("\n")[:-1]]
            self._tail, self._seen = self._tail[len(whole) :], 0

    def _take_children(self, tokens: list[Token], whole: str, pieces: list[Piece]) -> tuple[str, list[Token]]:
        """Settles what of the one block that the tokens are is followed by more of it; gives the lines left, and their
        tokens."""
        starts = _starts(tokens)
        lines = whole.split("\n")
        around = spine(tokens[starts[0] :], lines) if starts else None
        if around is None:
            return whole, tokens
        leaf = tokens[starts[0] + around.leaf] if around.leaf >= 0 else None
        cuts = [around.cut, code_cut(leaf, lines, around) if leaf is not None else None]
        for cut in reversed(cuts):
            if cut is None or not _visible(tokens, cut.line):
                continue
            left = "\n".join([*cut.first, *lines[cut.line + 1 :]])
            # The marks of several lines in one may mean something else, such as a rule.
            found = self._markdown.parse(left, {})
            if [token.type for token in found[: len(cut.place)]] != [kind for kind, _ in cut.place]:
                continue
            more = [token.type for token in found[len(cut.place) :]]
            if more != [token.type for token in tokens[len(tokens) - len(more) :]]:
                continue
            pieces += self._whole("\n".join([*lines[: cut.line], ""]))
            self._place = cut.place
            self._tail = left + self._tail[len(whole) :]
            return left, found
        return whole, tokens

    def _take_rows(self, pieces: list[Piece]) -> None:
        """Settles the rows of the open table that are there, where they do not depend on those to come."""
        if self._by_row and len(self._held) > HEAD:
            pieces += self._whole("".join(self._held))
            del self._held[HEAD:]
            head = "".join(self._held)
            around = spine(self._markdown.parse(head, {}), head.split("\n"))
            self._place = (*(around.place if around is not None else ()), ("table_open", 0))

    def _take_code(self, fence: Fence, pieces: list[Piece], final: bool) -> bool:
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

    def _context_of(self, tokens: list[Token], source: str) -> tuple[str, str]:
        """What goes on at the end of the open block, if a paragraph, table, formula or JSON that is alone in its
        containers, and the lines by which new lines can be judged without all of it."""
        lines = source.split("\n")[:-1]
        around = spine(tokens, lines) if lines and lines[-1].strip() and tokens else None
        if around is not None and around.leaf >= 0 and around.cut is None:
            leaf = tokens[around.leaf]
            if leaf.type == "table_open" and leaf.map == [0, len(lines)]:
                return leaf.type, "\n".join([*lines[:HEAD], ""])
            if leaf.type in ("paragraph_open", BLOCK, DATA) and leaf.map == [0, len(lines)] and len(lines) > FEW:
                return leaf.type, "\n".join([lines[0], lines[-1], ""])
        return "", ""

    def _begins_paragraph(self, whole: str) -> bool:
        """Whether the line that is being written is a new paragraph for sure: what stands before it is settled then,
        and need not wait for its end."""
        if self._held or not whole.endswith("\n\n") or not _WORDS.match(self._tail, len(whole)):
            return False
        kinds = [token.type for token in self._parsed(self._tail) if token.nesting >= 0]
        return kinds[-2:-1] == ["paragraph_open"]

    def _goes_on(self, whole: str) -> bool:
        """Whether the new whole lines only carry on the open paragraph or table."""
        if not self._context:
            return False
        probe = self._context + whole[self._seen :]
        tokens = self._markdown.parse(probe, {})
        found = [token for token in tokens if token.type == self._open]
        if len(_starts(tokens)) != 1 or len(found) != 1 or found[0].map != [0, probe.count("\n")]:
            return False
        if self._open == "table_open":
            self._held += [f"{line}\n" for line in whole.split("\n")[:-1]]
            self._tail = self._tail[len(whole) :]
        else:
            self._seen = len(whole)
            first, *_, last, _ = probe.split("\n")
            self._context = f"{first}\n{last}\n"
        return True


def language(info: str) -> str:
    """The language of a fenced code block, from what stands behind its marks."""
    return info.split()[0] if info.split() else ""


def _starts(tokens: list[Token]) -> list[int]:
    """Where the top-level blocks begin in a list of tokens."""
    return [at for at, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]


def _visible(tokens: list[Token], line: int) -> bool:
    """Whether there is something to see in the lines before that one: a quote of empty code would not be nothing."""
    leaves = (token for token in tokens if not token.nesting and token.map and token.map[0] < line)
    return any(leaf.type != "fence" or leaf.content for leaf in leaves)
