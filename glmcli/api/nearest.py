"""Which of several known names was most likely meant by an unknown one. Pure; knows nothing of requests."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST_NAME = 60


def nearest(word: str, known: Iterable[str], *, strict: bool = False) -> str | None:
    """The known name that was most likely meant, None if there is none.

    Equal but for case and signs; else the one that the fewest edits make of it (a letter added, left out, changed, or
    swapped with its neighbour), if those are few; else one that has the most parts in common with it.
    strict: fewer edits are few, for where a wrong guess is worse than none.
    """
    if len(word) > _LONGEST_NAME:
        return None
    allowed = max(1, len(word) // 4) if strict else max(2, len(word) // 3)
    best: tuple[tuple[int, int], str] | None = None
    for candidate in known:
        edits = 0 if _folded(candidate) == _folded(word) else _edits(word, candidate)
        common = len(set(candidate.split("_")) & set(word.split("_")))
        if edits <= allowed and edits < max(len(word), len(candidate)):
            rank = (0, edits)
        elif common:
            rank = (1 + _LONGEST_NAME - common, edits)
        else:
            continue
        if best is None or rank < best[0]:
            best = rank, candidate
    return best[1] if best else None


def _folded(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _edits(one: str, two: str) -> int:
    """The Damerau-Levenshtein distance, in its form without edits inside a swapped pair."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(two, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
