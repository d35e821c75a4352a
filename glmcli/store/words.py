"""How words are compared when conversations are searched: without case and accents, from the beginning of a word on,
and anywhere in writing that puts no blanks between words. No I/O.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from glmcli.store.records import label

_BEFORE, _AFTER = 30, 90
"""Characters of a snippet before and after the beginning of what was found."""
_NO_BLANKS = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
"""Thai and Lao, Burmese, Khmer. The wide characters of East Asia are known to Unicode as such."""


def fold(text: str) -> str:
    """The text as it is compared."""
    if text.isascii():
        return text.lower()
    return "".join(it for it in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(it))


class Wanted:
    """What is looked for: terms between blanks, all of which have to be there. Without a term nothing is found."""

    def __init__(self, text: str) -> None:
        terms = fold(text).split()
        self._patterns = [re.compile(_pattern(term)) for term in terms]
        self._terms = terms

    @property
    def expression(self) -> str | None:
        """The search in the language of FTS5, which finds what `found_in` finds and maybe more. None where an index of
        words cannot tell: for single signs, and inside of writing without blanks."""
        tokens = [token for term in self._terms for token in re.findall(r"[^\W_]+", label(term) or "")]
        if not tokens or any(_runs_on(sign) for token in tokens for sign in token):
            return None
        return " ".join(f'"{token}"*' for token in tokens)

    def found_in(self, folded: str) -> bool:
        """Whether a text, folded, has all of it."""
        return bool(self._patterns) and all(pattern.search(folded) for pattern in self._patterns)

    def snippet(self, parts: Iterable[tuple[str, str]]) -> tuple[str, str]:
        """The name of the first part that has any of it, and the words around it on one line. parts: name and text."""
        return next(((name, _around(text, at)) for name, text in parts for at in self._places(text)), ("", ""))

    def _places(self, text: str) -> list[int]:
        """Where the first word that is wanted stands in a text, if any does."""
        folded, places = _folded_with_places(text)
        starts = [found.start() for pattern in self._patterns if (found := pattern.search(folded))]
        return [places[min(starts)]] if starts else []


def _pattern(term: str) -> str:
    begins_word = re.match(r"[^\W_]", term) and not _runs_on(term[0])
    return f"(?<![^\\W_]){re.escape(term)}" if begins_word else re.escape(term)


def _runs_on(sign: str) -> bool:
    """Whether a character belongs to a writing without blanks."""
    return unicodedata.east_asian_width(sign) in "WF" or any(low <= ord(sign) <= high for low, high in _NO_BLANKS)


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The text folded sign by sign, and for each sign of that where it came from."""
    pieces = [fold(sign) for sign in text]
    return "".join(pieces), [at for at, piece in enumerate(pieces) for _ in piece]


def _around(text: str, at: int) -> str:
    start, end = max(0, at - _BEFORE), at + _AFTER
    if start:  # begin with a whole word, if there is one
        blank = re.search(r"\s", text[start:at])
        start += blank.end() if blank else 0
    line = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{line}{'…' if text[end:].strip() else ''}"
