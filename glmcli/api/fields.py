"""The fields of a request, as the packaged schema declares them, and how their values are read from text.

`request.schema.json` is the one declaration: flags, `-o`, `[defaults]`, `/set`, `glm config params` and the validation
all come from it, so no field is named anywhere else (interface §3). Beside the keywords of JSON Schema it holds

    x-flag      false where the field has no flag of its own; else the flag is the name with dashes
    x-short     a second, short flag
    x-metavar   what stands for the value in a help text
    x-group     the heading that the flag is listed under
    x-newer     true where only the newer version of the model's schema has the field (wire-protocol §9)
    x-also      keys of an object that the schema does not know and that are sent on purpose

Nothing here judges a value: a text that cannot be what the field wants stays a string, and `glmcli.api.validate` says
what is wrong with it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from glmcli.api import json_text
from glmcli.errors import UsageError

Kind = Literal["number", "integer", "boolean", "string", "strings", "json"]
Schema = dict[str, Any]

FIRST = ("model", "prompt", "messages")
"""What a body starts with. The other fields follow in the order of the schema."""

_NUMBER = re.compile(r"[+-]?(\d{1,400}\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""A number as people write it: JSON has no .5, no 1. and no +1."""


@dataclass(frozen=True, eq=False)
class Field:
    """One property of the request body.

    kind: what its flag takes. "strings" is a flag that may be repeated; "json" is anything that is not a scalar.
    nullable: whether the schema lets it be null. minimum, maximum: both included.
    choices: the strings that are allowed, empty where any is.
    default: what the server takes where the field is absent; None where the schema names nothing.
    flag: "--top-p"; None where it has none. A boolean has the flag's `--no-` form as well.
    help: one sentence. schema: its part of the JSON Schema, references resolved.
    """

    name: str
    kind: Kind
    nullable: bool
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    default: Any
    flag: str | None
    help: str
    metavar: str
    schema: Schema
    short: str | None = None
    group: str = ""
    newer: bool = False

    @property
    def type_text(self) -> str:
        """The types it may have, "number or null"."""
        words = []
        for leaf in leaves(self.schema):
            word = leaf["type"]
            if word == "array":
                word = f"list of {'string' if leaf['items'].get('type') == 'string' else 'object'}s"
            if word not in words and word != "null":
                words.append(word)
        return " or ".join([*words, "null"] if self.nullable else words)

    @property
    def bounds_text(self) -> str:
        """What its value is held to beyond its type: "0 to 2", "low, medium, high", or nothing."""
        if self.minimum is not None:
            return f"{self.minimum} to {self.maximum}"
        if self.choices:
            return ", ".join(self.choices)
        for leaf in leaves(self.schema):
            if "maxItems" in leaf:
                return f"{leaf['minItems']} to {leaf['maxItems']} items"
            if "minItems" in leaf:
                return f"at least {leaf['minItems']} item"
            if "minLength" in leaf:
                return f"at least {leaf['minLength']} character"
        return ""


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The schema of a request body with its references resolved; shared parts are shared objects. Do not change it."""
    raw = json.loads(Path(__file__).with_name("request.schema.json").read_bytes())
    definitions = raw.pop("$defs")
    resolved: dict[str, Any] = {}

    def resolve(part: Any) -> Any:
        if isinstance(part, list):
            return [resolve(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" not in part:
            return {key: resolve(value) for key, value in part.items()}
        name = part["$ref"].rpartition("/")[2]
        if name not in resolved:
            resolved[name] = resolve(definitions[name])
        return resolved[name]

    return resolve(raw)  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """Every field of either form of the body by name: `FIRST`, then in the order of the schema."""
    prompt_form, messages_form = (form["properties"] for form in schema()["oneOf"])
    properties = prompt_form | messages_form
    return {name: _field(name, properties[name]) for name in dict.fromkeys((*FIRST, *properties))}


def leaves(part: Schema) -> Iterator[Schema]:
    """The alternatives of a schema with oneOf and anyOf flattened out, each with a `type`; itself if it has none."""
    alternatives = part.get("anyOf") or part.get("oneOf")
    if alternatives is None:
        yield part
    else:
        for alternative in alternatives:
            yield from leaves(alternative)


def _field(name: str, part: Schema) -> Field:
    by_type = {leaf["type"]: leaf for leaf in leaves(part)}
    nullable = by_type.pop("null", None) is not None
    kind: Kind = "json"
    scalar: Schema = {}
    if by_type.get("array", {}).get("items", {}).get("type") == "string":
        kind, scalar = "strings", by_type["array"]["items"]
    elif len(by_type) == 1 and not by_type.keys() & {"array", "object"}:
        kind, scalar = next(iter(by_type.items()))
    choices = tuple(scalar.get("enum") or by_type.get("string", {}).get("enum", ()))
    if kind == "json":
        metavar = "|".join((*choices, "JSON"))
    elif choices:
        metavar = "|".join(choices)
    else:
        metavar = {"number": "NUMBER", "integer": "N", "boolean": ""}.get(kind, "TEXT")
    return Field(
        name=name,
        kind=kind,
        nullable=nullable,
        minimum=scalar.get("minimum"),
        maximum=scalar.get("maximum"),
        choices=choices,
        default=part.get("default"),
        flag=f"--{name.replace('_', '-')}" if part.get("x-flag", True) else None,
        help=part["description"],
        metavar=part.get("x-metavar", metavar),
        schema=part,
        short=part.get("x-short"),
        group=part.get("x-group", ""),
        newer=part.get("x-newer", False),
    )


def read_value(field: Field | None, text: str) -> Any:
    """What `-o name=TEXT` and `/set name TEXT` mean: the text as JSON, else as a string (interface §3).

    field: None for a name that the schema does not know. Where an integer is wanted 1.0 is read as 1.
    Raises UsageError for JSON that would be sent as something else than was written (`json_text.parse`), and for a
    broken object or list where nothing but JSON makes sense.
    """
    try:
        value = json_text.parse(text)
    except json_text.NotJson as error:
        if field is not None and field.kind == "json" and text.lstrip()[:1] in ("{", "["):
            raise UsageError(f"{field.name} is {error.message}") from None
        return text
    except UsageError as error:
        raise UsageError(f"{field.name if field else 'the value'}: {error.message}") from None
    return whole(value) if field is not None and field.kind == "integer" else value


def read_flag(field: Field, text: str) -> Any:
    """What `--name TEXT` means. Other than with `-o`, a string needs no quotes whatever it looks like, a number may
    be written as people write numbers, and three fields have a shorthand. One text of a repeatable flag gives a list
    of one, or an object of one pair. Raises UsageError as `read_value` does."""
    if field.kind == "strings":
        return [text]
    if field.kind == "string":
        return None if text == "null" and field.nullable else text
    if field.kind in ("number", "integer") and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        if text.lstrip("+-").isdigit():
            return int(text)
        return whole(number) if field.kind == "integer" else number
    shorthand = _SHORTHANDS.get(field.name)
    return shorthand(field, text) if shorthand else read_value(field, text)


def whole(value: Any) -> Any:
    """The value, but 1.0 as 1: both are integers to JSON Schema, and not to every server."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _response_format(field: Field, text: str) -> Any:
    kind = {"text": "text", "json": "json_object", "json_object": "json_object"}.get(text)
    return {"type": kind} if kind else read_value(field, text)


def _tool_choice(field: Field, text: str) -> Any:
    value = read_value(field, text)
    if value == text and text not in field.choices:
        return {"type": "function", "function": {"name": text}}
    return value


def _metadata(field: Field, text: str) -> Any:
    if text.lstrip().startswith("{"):
        return read_value(field, text)
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"{field.flag} {text!r} is not of the form KEY=VALUE", hint=f"For example: {field.flag} run=7")
    return {key: value}


_SHORTHANDS: dict[str, Callable[[Field, str], Any]] = {
    "response_format": _response_format,
    "tool_choice": _tool_choice,
    "metadata": _metadata,
}
