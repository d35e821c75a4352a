"""How many columns of a terminal a text takes, and texts made to fit them. Without Rich, which takes long to import."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_UNIT = re.compile(".\ufe0f?", re.DOTALL)
"""A character, with the mark that asks for its picture."""
_PICTURES = re.compile("[\u200d\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""What joins characters to one, or makes pictures of them."""
_SEQUENCE = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;[^\x1b]*\x1b\\\\")


@lru_cache(4096)
def columns_of(char: str) -> int:
    """Columns a character takes: 0 for combining ones, 2 for wide ones."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width_of(text: str) -> int:
    return len(text) if text.isascii() else sum(map(columns_of, text))


def most_columns_of(unit: str) -> int:
    """Columns a character takes at most. Terminals differ over pictures and flags, and draw joined ones as one or
    apart."""
    return 2 if len(unit) > 1 or "\U0001f1e6" <= unit <= "\U0001f1ff" else columns_of(unit)


def most_width_of(text: str) -> int:
    """Columns the text takes on the terminal that is worst at emoji."""
    return len(text) if text.isascii() else sum(map(most_columns_of, _UNIT.findall(text)))


def certain(text: str) -> bool:
    """Whether all terminals agree how wide the text is."""
    return text.isascii() or not _PICTURES.search(text)


def bare(text: str) -> str:
    """Drawn text without our colours and links."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def fit(text: str, columns: int, ellipsis: str = "…") -> str:
    """The longest beginning of a one-line text that fits, an ellipsis at its end if something is missing."""
    used = cut = 0
    room = columns - len(ellipsis)
    for at, char in enumerate(text):
        used += columns_of(char)
        if used > columns:
            return f"{text[:cut]}{ellipsis}" if room >= 0 else ""
        if used <= room:
            cut = at + 1
    return text


def ended(text: str, columns: int, ellipsis: str = "…", *, cut: bool = False) -> str:
    """The longest end of a one-line text that fits on any terminal of that width, an ellipsis before it if something is
    missing. cut: whether something is missing already."""
    if not cut and most_width_of(text) <= columns:
        return text
    room, at = columns - len(ellipsis), len(text)
    for unit in reversed(list(_UNIT.finditer(text))):
        room -= most_columns_of(unit.group())
        if room < 0:
            break
        at = unit.start()
    return f"{ellipsis}{text[at:]}" if columns >= len(ellipsis) else ""


def chopped(text: str, columns: int) -> Iterator[str]:
    """The text as rows that fit on any terminal of that width."""
    begin = used = 0
    for unit in _UNIT.finditer(text):
        takes = most_columns_of(unit.group())
        if used + takes > columns and unit.start() > begin:
            yield text[begin : unit.start()]
            begin, used = unit.start(), 0
        used += takes
    yield text[begin:]


def wrapped(text: str, columns: int) -> Iterator[str]:
    """The line broken between words; a word that is longer than a row is chopped. Blanks at the breaks go."""
    if width_of(text) <= columns:
        yield text
        return
    row = ""
    for word in re.findall(r"\s*\S+", text):
        if width_of(row + word) <= columns:
            row += word
            continue
        if row:
            yield row
            word = word.lstrip()
        *full, row = chopped(word, columns)
        yield from full
    yield row
