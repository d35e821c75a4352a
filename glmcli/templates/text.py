"""Variables in the text of a template: `$name` or `${name}`. `$$` is a dollar sign, and so is one that begins no name.

Pure. What is filled in is never looked at again, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

INPUT = "input"
"""The variable for what the user gives: words, stdin, files."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACE = re.compile(rf"\$(?:(?P<dollar>\$)|(?P<name>{NAME.pattern})|\{{(?P<inside>{NAME.pattern})\}})")


def variables(text: str) -> list[str]:
    """The names of the variables in the text, in the order in which each comes first."""
    names = (place["name"] or place["inside"] for place in _PLACE.finditer(text))
    return list(dict.fromkeys(filter(None, names)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every variable replaced in one pass. Raises KeyError for one without a value."""
    return _PLACE.sub(lambda place: place["dollar"] or values[place["name"] or place["inside"]], text)
