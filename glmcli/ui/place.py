"""Where the rest of a half-printed block goes on: inside which lists, items and quotes. No drawing.

An open list item may be pages long. Its finished children are printed, and what is left is made a text of its own
whose first line carries the marks of the containers around it, so that the parser makes of it, and of all that still
comes, what it would have made of the whole. A `Place` says which of the containers that text begins with are not new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

Place = tuple[tuple[str, int], ...]
"""The first tokens of the text, outermost first, of which a beginning is printed: their types and, for a list, the
number of its first item that is not printed."""

BEGUN = "begun"
"""Key in a token's `meta`: a beginning of it is printed."""

_CONTAINERS = frozenset(("bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"))
_MARK = re.compile(r" {0,3}(?:>(?: (?=\S)|(?=\S))|(?:[-+*]|\d{1,9}[.)])(?: {1,4}(?=\S)| (?= {4})))")


@dataclass(frozen=True)
class Cut:
    """Lines before `line` are settled; the rest begins with `first` in place of that line's predecessors."""

    line: int
    first: list[str]
    place: Place


@dataclass(frozen=True)
class Spine:
    """The containers around the last leaf of an open block. prefix: their marks, as they would stand in one line.
    leaf: index of its token. cut: the last place where a child of one of them begins."""

    place: Place
    prefix: str
    leaf: int
    cut: Cut | None


def resume(tokens: Sequence[Token], place: Place) -> None:
    """Notes in the tokens what is printed of them."""
    for token, (kind, number) in zip(tokens, place, strict=False):
        # A line of dashes can make a heading of a paragraph that is printed in part.
        if token.type not in (kind, "heading_open" if kind == "paragraph_open" else kind):
            return
        token.meta = {**token.meta, BEGUN: True}
        if kind == "ordered_list_open":
            token.attrs["start"] = number


def spine(tokens: Sequence[Token], lines: Sequence[str]) -> Spine | None:
    """Walks from the block that the tokens begin with down to its last leaf; None where the lines are too crooked."""
    at, prefix, path = 0, "", list[tuple[str, int]]()
    cut: Cut | None = None
    while tokens[at].type in _CONTAINERS:
        token = tokens[at]
        children = [
            index
            for index in range(at + 1, len(tokens))
            if tokens[index].level == token.level + 1 and tokens[index].nesting >= 0
        ]
        if token.type.endswith("list_open"):
            path.append((token.type, int(token.attrs.get("start", 1)) + len(children) - 1))
        else:
            line = lines[first_line(token)]
            mark = _MARK.match(line, len(prefix)) if _inside(line, prefix) else None
            if mark is None:
                return Spine(tuple(path), prefix, -1, cut) if cut else None
            prefix += mark.group()
            path.append((token.type, 0))
        if not children:
            return Spine(tuple(path), prefix, -1, cut)
        at = children[-1]
        begins = first_line(tokens[at])
        line = lines[begins]
        if len(children) > 1 and (not prefix or (_inside(line, prefix) and line[len(prefix) :][:1].strip())):
            cut = Cut(begins, [prefix + line[len(prefix) :]], tuple(path))
    return Spine(tuple(path), prefix, at, cut)


def code_cut(token: Token, lines: Sequence[str], around: Spine) -> Cut | None:
    """Where the code lines that are there can be settled: of a fence inside of containers, or of indented code."""
    assert token.map is not None
    begin, end = token.map
    if token.type == "fence" and around.place and token.content.count("\n") == end - begin - 1:
        last = end
        while last > begin + 1 and not lines[last - 1][len(around.prefix) :].strip():
            last -= 1
        if last > begin + 1:
            fence = lines[begin][len(around.prefix) :]
            first = [around.prefix + fence]
            if fence.startswith(" "):
                # Behind the mark of an item its blanks would count as part of the mark: it goes into the next line.
                if around.prefix[-2:-1] in (" ", ">"):
                    return None
                first = [around.prefix.rstrip(), lines[begin]]
            return Cut(last, [*first, *lines[last : last + 1]], (*around.place, ("fence", 0)))
    elif token.type == "code_block" and not around.place:
        for at in range(end - 1, begin, -1):
            if lines[at].strip() and lines[at - 1].strip():
                return Cut(at, [lines[at]], (("code_block", 0),))
    return None


def first_line(token: Token) -> int:
    assert token.map is not None
    return token.map[0]


def _inside(line: str, prefix: str) -> bool:
    """Whether the line's beginning says the same as the prefix, list marks being blanks after their first line."""
    return len(line) > len(prefix) and all(
        a == b or (a == " " and b != ">") for a, b in zip(line, prefix, strict=False)
    )
