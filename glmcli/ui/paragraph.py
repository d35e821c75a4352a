"""Where a paragraph that is still being written can be cut, so that its beginning can be printed for good. No drawing.

A cut lies between two words of which the second can begin a paragraph, so that the rest is one again, and no emphasis,
link or code is open there that later text might close.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from glmcli.ui import latex, tags
from glmcli.ui.dialect import LITERAL, dialect
from glmcli.ui.place import Place, spine

_BETWEEN = re.compile(
    r"""(?<=[^\s\\])\s+(?=(?:[*_]{1,2}|`(?!`)|["'“‘(])*[^\W\d_]|\d+[^\d.)]|\[[^\[\]]*\]\()""",
)
"""Blanks before a word that begins no list, heading, fence, rule, quote, table or definition where it begins a line."""
_WORD = re.compile(r"\S+(?=\s)")
_DONE = re.compile(r"\[[^\[\]]*\](?![(\[:])")
_OPEN = re.compile(
    r"`|\[|\*(?=\S)|~~(?=\S)|~\Z|(?<![^\W_])_(?=\S)|<\S*\Z"
    rf"|(?:\\[(\[]|\$)[^\n]{{0,{latex.LONGEST}}}\Z|<(?:{'|'.join(tags.NAMES)})>[^\n]{{0,{tags.LONGEST}}}\Z",
    re.IGNORECASE,
)
"""What may be the beginning of a construct whose end is still to come."""
_PLAIN = {"text": "", "text_special": "", "softbreak": "\n", "hardbreak": "\n"}
"""Tokens that stand for themselves."""


@dataclass(frozen=True)
class ParagraphCut:
    """The beginning reaches to `end`; the rest starts at `begin`, behind `prefix`, and goes on at `place`."""

    end: int
    begin: int
    prefix: str
    place: Place


def paragraph_cut(tokens: Sequence[Token], source: str, after: int) -> ParagraphCut | None:
    """The cut that leaves `after` letters and digits for the rest, if the source is one paragraph, alone inside of
    whatever containers, and it can be cut there."""
    alone = sum(token.level == 0 and token.nesting >= 0 for token in tokens) == 1
    around = spine(tokens, source.split("\n")) if alone else None
    if around is None or around.cut is not None or around.leaf != len(around.place):
        return None
    if tokens[around.leaf].type != "paragraph_open" or "|" in source:
        return None
    end = len(source)
    for end in range(len(source), len(around.prefix), -1):
        if after <= 0:
            break
        after -= source[end - 1].isalnum()
    # Marks before the first letter belong to its word.
    begin = max(source.rfind(" ", 0, end), source.rfind("\n", 0, end)) + 1
    between = _BETWEEN.match(source, len(source[:begin].rstrip()))
    if after > 0 or between is None or between.end() != begin or any(map(str.isalnum, source[begin:end])):
        return None
    # The word behind it too: it might fit into the row before without the marks of a construct that is still open.
    word = _WORD.match(source, begin)
    if word is None or not all(_closed(source[len(around.prefix) : at]) for at in (between.start(), word.end())):
        return None
    return ParagraphCut(between.start(), begin, around.prefix, (*around.place, ("paragraph_open", 0)))


def _closed(text: str) -> bool:
    (inline,) = _parser().parseInline(text)
    parts = [_PLAIN.get(token.type, "\0") or token.markup or token.content for token in inline.children or []]
    return not _OPEN.search(_DONE.sub("", LITERAL.sub("", "".join(parts))))


@cache
def _parser() -> MarkdownIt:
    return dialect().disable(["text_join"])  # which would hide what is escaped
