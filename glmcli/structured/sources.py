"""Where a schema comes from: `--schema FILE|JSON|NAME|'name, age int, tags [str]'` (interface §6).

A text that begins with `{` is the schema itself, a file of that name wins over everything else, a single word is the
name of a file in the folder `schemas/` of the user's directory, and the rest is shorthand. Reads files, and nothing
else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmcli.api import json_text
from glmcli.api.conforms import BadSchema, mismatches, schema_fault
from glmcli.api.nearest import nearest
from glmcli.errors import UsageError
from glmcli.structured.shorthand import schema_of

FOLDER = "schemas"
_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Named:
    """A schema and what it is called: its own title, else its file's name, else "answer"."""

    name: str
    schema: dict[str, Any]


def find(text: str, folder: Path) -> Named:
    """The schema that is meant. folder: the user's directory.

    Raises UsageError for a file that cannot be read, for what is no JSON Schema, and for a name that is not there.
    """
    words = text.strip()
    if not words:
        raise UsageError("a schema is wanted", hint="For example: --schema 'name, age int, tags [str]'")
    if words.startswith("{"):
        return _checked("answer", _parsed(words, "the schema"), "the schema")
    path = Path(words).expanduser()
    if _is_file(path) or _looks_like_path(words):
        return _read(path)
    if _NAME.fullmatch(words):
        return _read(_kept(words, folder))
    return Named("answer", schema_of(words))


def names(folder: Path) -> list[str]:
    """The names of the schemas that the user keeps."""
    try:
        return sorted(path.stem for path in (folder / FOLDER).glob("*.json"))
    except OSError:
        return []


def _kept(name: str, folder: Path) -> Path:
    known = names(folder)
    stem = name.removesuffix(".json")
    if stem in known:
        return folder / FOLDER / f"{stem}.json"
    near = nearest(stem, known)
    listed = f"; did you mean {near}?" if near else f"; there are {', '.join(known)}" if known else ""
    raise UsageError(
        f"there is no schema named {stem[:60]}{listed}",
        hint=f"Schemas are in {folder / FOLDER}. A single field is written with its type: '{stem[:60]} str'",
    )


def _looks_like_path(words: str) -> bool:
    return bool(re.fullmatch(r"\S*\.json|[~.]{0,2}/\S+", words)) and not _NAME.fullmatch(words)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a path, or a NUL in it
        return False


def _read(path: Path) -> Named:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"the schema {path} cannot be read: {reason}", hint="Check the path.") from None
    return _checked(path.stem, _parsed(data, str(path)), str(path), data)


def _parsed(text: str | bytes, what: str) -> Any:
    try:
        return json_text.parse(text)
    except UsageError as error:
        raise UsageError(f"{what}: {error.message}", hint="A schema is a JSON object.") from None


def _checked(name: str, schema: Any, what: str, data: bytes = b"") -> Named:
    if not isinstance(schema, dict):
        raise UsageError(f"{what} is no JSON object", hint='For example: {"type": "object", "properties": {…}}')
    for pointer, message in _faults(schema):
        line = json_text.line_of(data.decode(), pointer) if data else None
        place = what if line is None else f"{what} line {line}"
        raise UsageError(f"{place}: {pointer or '/'}: {message}", hint="Mend the schema; nothing was sent.")
    title = schema.get("title")
    return Named(title if isinstance(title, str) and title.strip() else name, schema)


def _faults(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if (fault := schema_fault(schema)) is not None:
        yield fault.pointer, fault.message
        return
    try:
        mismatches(schema, {})
    except BadSchema as error:  # a reference that leads nowhere, say
        yield "", str(error)
