"""Messages of many lines between two times three double quotes. Pure."""

from __future__ import annotations

QUOTES = '"""'


def unfinished(text: str) -> bool:
    """Whether Enter continues the message: it begins with three quotes that nothing closes."""
    return text.lstrip().startswith(QUOTES) and text.count(QUOTES) % 2 == 1


def block(text: str) -> str:
    """The message without the three quotes around the whole of it, if there are any."""
    inside = text.strip()
    if inside.startswith(QUOTES) and inside.endswith(QUOTES) and inside.count(QUOTES) == 2:
        return inside[3:-3].strip("\n")
    return text
