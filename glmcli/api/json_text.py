"""Reads JSON that a user gave, and refuses what Python would let through. Knows nothing of requests.

`json.loads` takes NaN, turns 1e400 into infinity, keeps the last of two equal keys, and fails on deep nesting or on
5,000 digits with errors that are no ValueError of its own kind (reliability §2.3). Here each is a one-line UsageError.
"""

from __future__ import annotations

import json
import math
from typing import Any

from glmcli.errors import UsageError


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
