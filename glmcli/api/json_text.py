"""Reads JSON that a user gave, refuses what Python would let through, and finds places in it. Knows of no requests.

`json.loads` takes NaN, turns 1e400 into infinity, keeps the last of two equal keys, and fails on deep nesting or on
5,000 digits with errors that are no ValueError of its own kind (reliability §2.3). Here each is a one-line UsageError.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from glmcli.errors import UsageError

_TOKEN = re.compile(r""""[^"\\]*(?:\\.[^"\\]*)*"|[][{},:]|[^][{},:"\s]+""", re.DOTALL)


class NotJson(UsageError):
    """The text is no JSON at all. What else can be wrong with it is a plain UsageError."""


def parse(text: str | bytes) -> Any:
    """The value of a JSON text; bytes are UTF-8, with or without a byte order mark.

    Raises NotJson with line and column for a syntax error, UsageError for a key that stands twice in one object, a
    number that is too large, and nesting that is too deep.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise NotJson(f"not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}") from None
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: line {error.lineno}, column {error.colno}: {_lower(error.msg)}") from None
    except RecursionError:
        raise UsageError("the JSON is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UsageError(f"the key {json.dumps(twice[:60])} stands twice in one JSON object")
    return result


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise UsageError(f"the number {_cut(text)} is too large")
    return value


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"the number {_cut(text)} is too large") from None


def _constant(text: str) -> Any:
    raise NotJson(f"not JSON: {text} is not a JSON number")


def _cut(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def line_of(text: str, pointer: str) -> int | None:
    """The line, counted from 1, on which the value of a JSON pointer begins in a text that `parse` takes.

    Where something on the way is missing, the line of the object or list that lacks it. None for a blank text. One
    look through the text, whatever the nesting.
    """
    tokens = _TOKEN.finditer(text.removeprefix("\ufeff"))
    place = next(tokens, None)
    if place is None:
        return None
    for key in pointer.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        item = next((token for name, token in _items(tokens, place[0]) if name == key), None)
        if item is None:
            break
        place = item
    return place.string.count("\n", 0, place.start()) + 1


def _items(tokens: Iterator[re.Match[str]], opening: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The items of the object or list that was just opened: the key or the index, and where the value begins."""
    if opening not in ("{", "["):
        return
    depth, index, name, before = 0, 0, "", opening
    for token in tokens:
        word = token[0]
        closes = word in ("}", "]")
        if depth == 0 and not closes:
            if before == ":":
                yield name, token
            elif opening == "[" and before in ("[", ","):
                yield str(index), token
                index += 1
            elif word[0] == '"':
                name = json.loads(word)
        depth += (word in ("{", "[")) - closes
        if depth < 0:
            return
        before = word
