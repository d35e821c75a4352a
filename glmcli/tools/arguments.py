"""Checks what the model wants to call a tool with, before anybody is asked and anything runs (reliability §5.2, 3).

The faults are for the model, which can mend them: where, what was given, what is allowed. The weights are known to
write numbers as text, to leave out what is required, and to garble values into pieces of tokens such as `<|"|`
(wire-protocol §8.3).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from glmcli.api import json_text
from glmcli.api.sendable import escaped, shown, unsendable
from glmcli.errors import UsageError
from glmcli.tools.grammar import faults as grammar_faults
from glmcli.tools.tool import Tool

LIMIT = 64 * 1024
"""Bytes of one call's arguments."""

_MOST_FAULTS = 10
_MOST_ALLOWED = 400
_SAYS_MORE = {
    *("additionalProperties", "unevaluatedProperties", "patternProperties", "$ref", "$dynamicRef"),
    *("allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies"),
}
"""Keywords beside `properties` that can make further keys known."""


class BadArguments(ValueError):
    """Arguments that a tool does not take; the text says each fault to the model."""


def parsed(tool: Tool, text: str) -> Any:
    """What `Tool.run` gets: a dict that fits the tool's schema, or the text that a custom tool takes.

    text: as it came, "" for no arguments. Raises BadArguments.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise BadArguments(f"The call has {size:,} bytes of arguments; at most {LIMIT:,} are taken.")
    if tool.kind == "custom":
        return _input(tool, text)
    try:
        arguments = json_text.parse(text) if text.strip() else {}
    except UsageError as error:
        raise BadArguments(f"The arguments of {tool.name} cannot be read: {error.message}.") from None
    if not isinstance(arguments, dict):
        raise BadArguments(f"The arguments of {tool.name} are {shown(arguments)}; a JSON object is wanted.")
    found = [f"{fault.pointer or '/'}: {fault.message}" for fault in unsendable(arguments)]
    if not found and tool.parameters is not None:
        found = list(_schema_faults(tool.name, tool.parameters, arguments))
    if found:
        more = [f"and {len(found) - _MOST_FAULTS} more"] if len(found) > _MOST_FAULTS else []
        lines = "\n".join([*found[:_MOST_FAULTS], *more])
        raise BadArguments(f"The arguments do not fit the schema of {tool.name}:\n{lines}")
    return arguments


def canonical(arguments: Any) -> str:
    """Arguments as JSON in one spelling: sorted keys, no blanks, 1 for 1.0. Equal for calls that are the same."""
    return json.dumps(_whole(arguments), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_whole(it) for it in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _input(tool: Tool, text: str) -> str:
    fault = next((fault.message for fault in unsendable(text)), None) or grammar_faults(tool.format, text)
    if fault:
        raise BadArguments(f"The input does not fit the tool {tool.name}: {fault}")
    return text


def _schema_faults(name: str, schema: dict[str, Any], arguments: dict[str, Any]) -> Iterator[str]:
    import jsonschema_rs  # 25 ms

    try:
        validator = jsonschema_rs.validator_for(schema, retriever=_no_retriever, validate_formats=False)
        errors = list(validator.iter_errors(arguments))
    except (ValueError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise BadArguments(f"The schema of {name} cannot be used, so it cannot be called: {reason}") from None
    known = schema.get("properties")
    if isinstance(known, dict) and not _SAYS_MORE & schema.keys():
        yield from (_unknown("", key, known) for key in arguments if key not in known)
    for fault in errors:
        yield from _told(fault, schema)


def _no_retriever(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")


def _told(error: Any, schema: dict[str, Any]) -> Iterator[str]:
    """A fault in the words of the schema: pointer, what is given, what is allowed."""
    kind, where = error.kind, "".join(f"/{escaped(part)}" for part in error.instance_path)
    path = list(error.schema_path)
    if hasattr(kind, "property"):
        yield f"{where}/{escaped(kind.property)}: is missing"
    elif hasattr(kind, "unexpected"):
        around = _at(schema, path[:-1])
        yield from (_unknown(where, key, around.get("properties") or {}) for key in kind.unexpected)
    elif hasattr(kind, "types"):
        yield f"{where or '/'}: {shown(error.instance)} is not of type {' or '.join(kind.types)}"
    elif hasattr(kind, "options"):
        yield f"{where or '/'}: {shown(error.instance)} is not one of {_listed(map(_json, kind.options))}"
    elif meant := _meant(error):
        for inner in meant:
            yield from _told(inner, schema)
    else:
        keyword, around = str(path[-1]) if path else "", _at(schema, path[:-1])
        allowed = _cut(_json({keyword: around[keyword]})) if keyword in around else "the schema"
        yield f"{where or '/'}: {shown(error.instance)} does not fit {allowed}"


def _meant(error: Any) -> list[Any]:
    """The faults of the one alternative of an anyOf or oneOf that is of the type of what was given."""
    place = list(error.instance_path)
    fitting = [
        branch
        for branch in getattr(error.kind, "context", None) or ()
        if not any(hasattr(it.kind, "types") and list(it.instance_path) == place for it in branch)
    ]
    return list(fitting[0]) if len(fitting) == 1 else []


def _unknown(where: str, key: str, known: dict[str, Any]) -> str:
    return f"{where}/{escaped(key)}: is not known; known: {_listed(known) or 'nothing'}"


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
