"""Fills the places of a script's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def fill(text: str, parts: Mapping[str, str]) -> str:
    """The text with every `@NAME@` in capitals replaced; KeyError for one without a part."""
    return re.sub(r"@([A-Z]+)@", lambda place: parts[place[1]], text)


def folded(words: Iterable[str], depth: int) -> str:
    """The words on lines of about 120 characters, each line but the first with so many spaces before it."""
    lines = [""]
    for word in words:
        if lines[-1] and depth + len(lines[-1]) + len(word) > 110:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return f"\n{'':{depth}}".join(lines)
