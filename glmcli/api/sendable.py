"""Whether a value can be sent as JSON at all, and how a fault is told: a pointer and a short sentence.

Below any schema: Python holds what JSON cannot, such as NaN, halves of surrogate pairs, dates of a TOML file, and
nesting that its own JSON writer fails on (reliability §2.3).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

DEEPEST = 500
"""How deep a body may be nested. Python's JSON writer fails at about twice that, less what its callers take."""

_ATOMS = {str, int, bool, type(None)}
_SURROGATE = re.compile("[\ud800-\udfff]")
_CUT = 60


@dataclass(frozen=True)
class Fault:
    """pointer: the place as a JSON pointer, "" for the body itself; a missing key is named by where it should be.
    message: what is wrong and what is allowed, such as `3 is above the maximum 2`.
    branch: which of several alternatives the value was held to, such as `role tool`; empty where there is but one.
    advice: what was probably meant; mostly empty."""

    pointer: str
    message: str
    branch: str = ""
    advice: str = ""

    @property
    def sentence(self) -> str:
        """All that is said of the fault, but for its place."""
        held = f" for {self.branch}" if self.branch else ""
        return f"{self.message}{held}" + (f"; {self.advice}" if self.advice else "")


def unsendable(body: Any) -> list[Fault]:
    """What in a value is no JSON, or cannot be encoded as such. Any depth of nesting is safe."""
    found: list[Fault] = []
    around: list[tuple[Any, _Place]] = []

    def look(value: Any, key: Any, place: _Place | None) -> None:
        kind = type(value)
        if kind is dict or kind is list:
            around.append((value, _Place(key, place)))
        elif kind is str:
            if not _encodable(value):
                found.append(Fault(_pointer(_Place(key, place)), "holds half of a surrogate pair"))
        elif kind is float:
            if not math.isfinite(value):
                found.append(Fault(_pointer(_Place(key, place)), f"{value} is not a number that JSON knows"))
        elif kind not in _ATOMS:
            found.append(Fault(_pointer(_Place(key, place)), f"a {kind.__name__} is nothing that JSON knows"))

    look(body, None, None)
    while around:
        value, place = around.pop()
        if place.depth > DEEPEST:
            return [*found, Fault(_top(place), f"is nested more than {DEEPEST} levels deep")]
        if type(value) is list:
            for index, item in enumerate(value):
                look(item, index, place)
            continue
        for key, item in value.items():
            if type(key) is not str:
                found.append(Fault(_pointer(place), f"has the key {key!r}, which is not a string"))
            elif not _encodable(key):
                found.append(Fault(_pointer(place), "has a key with half of a surrogate pair"))
            look(item, key, place)
    return found


def _encodable(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


class _Place:
    """Where a value stands: its key or index, and the place around it. Spelled out only when there is a fault."""

    __slots__ = ("around", "depth", "key")

    def __init__(self, key: Any, around: "_Place | None") -> None:
        self.key = key
        self.around = around
        self.depth: int = around.depth + 1 if around is not None else 1


def _top(place: _Place) -> str:
    """The field that a place is in: the whole pointer would be as long as the nesting is deep."""
    while place.around is not None and place.around.around is not None:
        place = place.around
    return _pointer(place)


def _pointer(place: _Place) -> str:
    keys: list[str] = []
    while place.around is not None:
        keys.append(escaped(place.key))
        place = place.around
    return "".join(f"/{key}" for key in reversed(keys))


def shown(value: Any) -> str:
    """The start of a value as JSON, on one line, at most 60 characters, safe to encode."""
    pieces: list[str] = []
    length = 0
    start = value[:_CUT] if isinstance(value, str) else value
    # Piece by piece, since the value may be megabytes, or nested deeper than the writer can go.
    for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(start):
        pieces.append(piece)
        length += len(piece)
        if length > _CUT:
            break
    text = _SURROGATE.sub("\ufffd", "".join(pieces))
    return text if len(text) <= _CUT and start is value else f"{text[: _CUT - 1]}…"


def escaped(key: Any) -> str:
    """A key as part of a JSON pointer."""
    return _SURROGATE.sub("\ufffd", str(key)).replace("~", "~0").replace("/", "~1")
