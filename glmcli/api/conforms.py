"""Holds a JSON value against any JSON Schema, and says what does not fit: where, what is given, what is allowed.

For values that a model wrote: the arguments of its calls, and answers that were asked for in a form. The requests that
we send have a finder of their own (`glmcli.api.validate`). The verdict is jsonschema-rs's, the words are ours: those of
libraries name the wrong place in most cases (reliability §2.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glmcli.api.sendable import escaped, shown

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_NOT_FETCHED = " is not fetched"
_MOST_ALLOWED = 400
_SAYS_MORE = {
    *("additionalProperties", "unevaluatedProperties", "patternProperties", "$ref", "$dynamicRef"),
    *("allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies"),
}
"""Keywords beside `properties` that can make further keys known."""


class BadSchema(ValueError):
    """A schema that nothing can be held against; the text says why."""


@dataclass(frozen=True)
class Mismatch:
    """One thing that does not fit. pointer: a JSON pointer into the value, empty for the whole of it."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


def mismatches(schema: dict[str, Any], value: Any, *, closed: bool = False) -> list[Mismatch]:
    """What does not fit; nothing for a value that does. References are followed inside of the schema alone.

    closed: keys that an object schema does not name do not fit either, where nothing in it allows more. Raises
    BadSchema.
    """
    import jsonschema_rs  # 25 ms

    try:
        validator = jsonschema_rs.validator_for(schema, retriever=_no_retriever, validate_formats=False)
        errors = list(validator.iter_errors(value))
    except (ValueError, RecursionError, jsonschema_rs.ReferencingError) as error:
        raise BadSchema(_reason(error)) from None
    known = schema.get("properties")
    found = []
    if closed and isinstance(value, dict) and isinstance(known, dict) and not _SAYS_MORE & schema.keys():
        found = [_unknown("", key, known) for key in value if key not in known]
    return [*found, *(fault for error in errors for fault in _told(error, schema))]


def schema_fault(schema: Any) -> Mismatch | None:
    """Why a value is no JSON Schema, with a pointer into it; None for one that is."""
    import jsonschema_rs

    try:
        # Without a registry, the library fetches whatever `$schema` names, and ends the process at deep nesting.
        jsonschema_rs.meta.validate(schema, registry=jsonschema_rs.Registry([], retriever=_no_retriever))
    except jsonschema_rs.ValidationError as error:
        path = list(error.instance_path)
        if path[-1:] == ["type"]:
            why = f"{shown(error.instance)} is none of {', '.join(_TYPES)}"
        else:
            why = error.message[:120]
        return Mismatch(_pointer(path), f"no JSON Schema: {why}")
    except (ValueError, RecursionError, jsonschema_rs.ReferencingError) as error:
        return Mismatch("", f"no JSON Schema: {_reason(error)}")
    return None


def _no_retriever(uri: str) -> Any:
    raise ValueError(f"{uri}{_NOT_FETCHED}")


def _reason(error: Exception) -> str:
    """The first line of what the library says, or which reference leads out of the schema."""
    line = next(iter(str(error).splitlines()), "")
    if isinstance(error, RecursionError) or not line or line.startswith("Recursion limit"):
        return "it, or what is held against it, is nested too deeply"
    uri = re.search(rf"(\S+){_NOT_FETCHED}|(?:^Resource|^Unknown meta-schema:) '([^']+)'", line)
    return f"it refers to {uri[1] or uri[2]}, and nothing is fetched" if uri else line[:200]


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escaped(part)}" for part in path)


def _told(error: Any, schema: Mapping[str, Any]) -> Iterator[Mismatch]:
    """A fault in the words of the schema."""
    kind, where = error.kind, _pointer(error.instance_path)
    path = list(error.schema_path)
    if hasattr(kind, "property"):
        yield Mismatch(f"{where}/{escaped(kind.property)}", "is missing")
    elif hasattr(kind, "unexpected"):
        around = _at(schema, path[:-1])
        yield from (_unknown(where, key, around.get("properties") or {}) for key in kind.unexpected)
    elif path[-1:] == ["additionalProperties"]:  # without `properties`: the library names the first value as the place
        yield Mismatch(where, "may have no keys")
    elif hasattr(kind, "types"):
        yield Mismatch(where, f"{shown(error.instance)} is not of type {' or '.join(kind.types)}")
    elif hasattr(kind, "options"):
        yield Mismatch(where, f"{shown(error.instance)} is not one of {_listed(map(_json, kind.options))}")
    elif meant := _meant(error):
        for inner in meant:
            yield from _told(inner, schema)
    else:
        keyword, around = str(path[-1]) if path else "", _at(schema, path[:-1])
        allowed = _cut(_json({keyword: around[keyword]})) if keyword in around else "the schema"
        yield Mismatch(where, f"{shown(error.instance)} does not fit {allowed}")


def _meant(error: Any) -> list[Any]:
    """The faults of the one alternative of an anyOf or oneOf that is of the type of what was given."""
    place = list(error.instance_path)
    fitting = [
        branch
        for branch in getattr(error.kind, "context", None) or ()
        if not any(hasattr(it.kind, "types") and list(it.instance_path) == place for it in branch)
    ]
    return list(fitting[0]) if len(fitting) == 1 else []


def _unknown(where: str, key: str, known: Mapping[str, Any]) -> Mismatch:
    return Mismatch(f"{where}/{escaped(key)}", f"is not known; known: {_listed(known) or 'nothing'}")


def _at(root: Any, path: Iterable[str | int]) -> dict[str, Any]:
    """The part of a schema that a path leads to; an empty one where it leads out of the schema. Older validators give
    the path by way of the references, newer ones that in the referred part."""
    schema = root
    try:
        for part in path:
            schema = schema[part]
            if part == "$ref":
                keys = schema.removeprefix("#/").split("/")
                schema = _at(root, [key.replace("~1", "/").replace("~0", "~") for key in keys])
    except (KeyError, IndexError, TypeError, AttributeError):
        return {}
    return schema if isinstance(schema, dict) else {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(words: Iterable[str]) -> str:
    return _cut(", ".join(words))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_ALLOWED else f"{text[: _MOST_ALLOWED - 1]}…"
