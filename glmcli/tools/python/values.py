"""Between JSON and Python: single JSON values made Python values, and what a function returned made JSON.

Runs in the child process of a file of functions: standard library only, nothing of ours.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import json
import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

_CUT = 60


class Mismatch(ValueError):
    """A JSON value that is not what an annotation promises. pointer: the place in it."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer


def shown(value: Any) -> str:
    """A value as JSON, at most 60 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _CUT else f"{text[: _CUT - 1]}…"


def identity(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Mismatch(f"{shown(value)} is not a string")


def _int(value: Any) -> int:
    """1.0 is an integer, as JSON Schema has it; true is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Mismatch(f"{shown(value)} is not an integer")


def _float(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise Mismatch(f"{shown(value)} is too large") from None
    raise Mismatch(f"{shown(value)} is not a number")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Mismatch(f"{shown(value)} is not true or false")


def _none(value: Any) -> None:
    if value is not None:
        raise Mismatch(f"{shown(value)} is not null")


def _parsed(parse: Callable[[str], Any], wanted: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            return parse(_text(value))
        except Mismatch:
            raise
        except ValueError:
            raise Mismatch(f"{shown(value)} is not {wanted}") from None

    return convert


def _decimal(value: Any) -> Decimal:
    _float(value)
    return Decimal(str(value))  # by way of its digits: Decimal(0.1) has 55 of them


SCALARS: dict[type, Callable[[Any], Any]] = {str: _text, int: _int, float: _float, bool: _bool, type(None): _none}
TEXTS: dict[type, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    date: ({"type": "string", "format": "date"}, _parsed(date.fromisoformat, "a date such as 2026-01-31")),
    datetime: (
        {"type": "string", "format": "date-time"},
        _parsed(datetime.fromisoformat, "a date and time such as 2026-01-31T12:00:00Z"),
    ),
    time: ({"type": "string", "format": "time"}, _parsed(time.fromisoformat, "a time such as 12:00:00")),
    Path: ({"type": "string", "format": "path"}, _parsed(Path, "a path")),
    PurePath: ({"type": "string", "format": "path"}, _parsed(PurePath, "a path")),
    UUID: ({"type": "string", "format": "uuid"}, _parsed(UUID, "a UUID")),
    Decimal: ({"type": "number"}, _decimal),
}


def member_value(member: enum.Enum) -> Any:
    """What an Enum's member is in JSON: its value if all members have one that JSON knows, else its name."""
    simple = all(type(it.value) in SCALARS for it in type(member))
    return member.value if simple else member.name


def jsonable(value: Any) -> Any:
    """A Python value as what `json.dumps` takes. Raises TypeError for what has no such form."""
    if isinstance(value, enum.Enum):
        return member_value(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return jsonable(value._asdict())
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | timedelta):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    for name in ("tolist", "model_dump", "to_dict"):  # NumPy, pydantic, pandas
        if callable(getattr(type(value), name, None)):
            return jsonable(getattr(value, name)())
    return _gathered(value)


def _gathered(value: Any) -> Any:
    if isinstance(value, collections.abc.Mapping):
        return {key if isinstance(key, str) else str(jsonable(key)): jsonable(it) for key, it in value.items()}
    if isinstance(value, collections.abc.Set):
        items = [jsonable(it) for it in value]
        try:
            return sorted(items)  # the order of a set of strings differs from run to run
        except TypeError:
            return items
    if isinstance(value, collections.abc.Iterable):
        return [jsonable(it) for it in value]
    raise TypeError(f"a value of type {type(value).__qualname__} cannot be written as JSON")
