"""The fields of a request, as the packaged schema declares them, and how their values are read from text.

`request.schema.json` is the one declaration: flags, `-o`, `[defaults]`, `/set`, `glm config params` and the validation
all come from it, so no field is named anywhere else (interface §3). Beside the keywords of JSON Schema it holds

    x-flag      false where a field has no flag of its own, else the flag is its name with dashes;
                inside of a field, the flag of a property that has one
    x-short     a second, short flag
    x-metavar   what stands for the value in a help text
    x-group     the heading that the flag is listed under
    x-newer     true where only the newer version of the model's schema has the field (wire-protocol §9)
    x-also      keys of an object that the schema does not know and that are sent on purpose
    x-shorthands  what a flag takes in place of JSON: a pattern, and the value that it stands for. Words in capitals
                stand for a piece of the text, those of `_PIECES`; a pattern with KEY may be given several times

Nothing here judges a value: a text that cannot be what the field wants stays a string, and `glmcli.api.validate` says
what is wrong with it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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

_PIECES = {"KEY": "[^=]+", "VALUE": ".*", "NAME": ".+", "NUMBER": _NUMBER.pattern, "TEXT": ".*"}
"""The words in capitals of a shorthand, and what each of them takes."""


@dataclass(frozen=True, eq=False)
class Field:
    """One property of the request body, or of an object in it that has a flag of its own.

    name, path: where it stands: "temperature", or "audio.voice" with the path ("audio", "voice").
    kind: what its flag takes. "strings" is a flag that may be repeated; "json" is anything that is not a scalar.
    nullable: whether the schema lets it be null. minimum, maximum: both included.
    choices: the strings that are allowed, empty where any is.
    default: what the server takes where the field is absent; None where the schema names nothing.
    flag: "--top-p"; None where it has none. A boolean has the flag's `--no-` form as well.
    shorthands: what the flag takes in place of JSON, the pattern and the value that it stands for.
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
    path: tuple[str, ...] = ()
    shorthands: Mapping[str, Any] = field(default_factory=dict)

    @property
    def repeatable(self) -> bool:
        """Whether its flag may be given several times: `read_flags` makes one value of them."""
        return self.kind == "strings" or any("KEY" in pattern for pattern in self.shorthands)

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
    return {name: _field((name,), properties[name]) for name in dict.fromkeys((*FIRST, *properties))}


@lru_cache(maxsize=1)
def flags() -> dict[str, Field]:
    """Everything that has a flag of its own, by that flag: a field, then what stands inside of it."""
    return {
        it.flag: it for top in fields().values() for it in (top, *_inside(top.path, top.schema, top.group)) if it.flag
    }


def _inside(path: tuple[str, ...], part: Schema, group: str) -> Iterator[Field]:
    for leaf in leaves(part):
        for name, inner in leaf.get("properties", {}).items():
            if "x-flag" in inner:
                yield _field((*path, name), {"x-group": group} | inner)
            yield from _inside((*path, name), inner, group)


def leaves(part: Schema) -> Iterator[Schema]:
    """The alternatives of a schema with oneOf and anyOf flattened out, each with a `type`; itself if it has none."""
    alternatives = part.get("anyOf") or part.get("oneOf")
    if alternatives is None:
        yield part
    else:
        for alternative in alternatives:
            yield from leaves(alternative)


def _field(path: tuple[str, ...], part: Schema) -> Field:
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
    flag = part.get("x-flag", f"--{path[-1].replace('_', '-')}")
    return Field(
        name=".".join(path),
        path=path,
        kind=kind,
        nullable=nullable,
        minimum=scalar.get("minimum"),
        maximum=scalar.get("maximum"),
        choices=choices,
        default=part.get("default"),
        flag=flag or None,
        help=part["description"],
        metavar=part.get("x-metavar", metavar),
        schema=part,
        short=part.get("x-short"),
        group=part.get("x-group", ""),
        newer=part.get("x-newer", False),
        shorthands=part.get("x-shorthands", {}),
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


def expanded(field: Field | None, text: str, read: Callable[[str], str]) -> str:
    """The text, or that of the file which it names: `@FILE`. `@@` begins a text that begins with an at sign.

    Only for lists, objects and names that the schema does not know: a string or a number is never a file, and
    `-o model=@cf/zai-org/…` is the name of a model. The newline that ends the file is no part of the value.
    read: the text of the file of that path; may raise UsageError. Also where the path is empty.
    """
    if not text.startswith("@") or (field is not None and field.kind not in ("json", "strings")):
        return text
    if text.startswith("@@"):
        return text[1:]
    if text == "@":
        raise UsageError("@ names no file", hint="For example: @tools.json; a text that begins with @ is written @@…")
    return read(text[1:]).removesuffix("\n").removesuffix("\r")


def read_flags(field: Field, texts: Sequence[str]) -> Any:
    """What a flag means that may be given several times: the items of all, or the pairs of all, in one value.

    Raises UsageError as `read_flag` does, and for a key that is given two values.
    """
    first, *more = (read_flag(field, text) for text in texts)
    for value in more:
        first = first + value if field.kind == "strings" else _joined(field, first, value)
    return first


def _joined(field: Field, one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise UsageError(f"{field.flag} is given twice, with values that do not go together")
    joined = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            joined[key] = _joined(field, one[key], other[key])
        elif one[key] != other[key]:
            raise UsageError(f"{field.flag} gives {key} two values", hint="Leave one of them out.")
    return joined


def read_flag(field: Field, text: str) -> Any:
    """What `--name TEXT` means. Other than with `-o`, a string needs no quotes whatever it looks like, a number may
    be written as people write numbers, and the field's shorthands stand for what would be tedious as JSON. One text
    of a flag that may be repeated gives a list, or an object of one pair. Raises UsageError as `read_value` does."""
    if field.kind == "strings":
        return text.split(",") if field.choices else [text]
    if field.kind == "string":
        return None if text == "null" and field.nullable else text
    if field.kind in ("number", "integer"):
        number = _number(text)
        if number is None:
            return read_value(field, text)
        return whole(number) if field.kind == "integer" else number
    return _read_json(field, text)


def _read_json(field: Field, text: str) -> Any:
    written = text.lstrip()[:1] in ("{", "[")
    if "TEXT" in field.shorthands:
        written = written and _is_whole(field, text)
    elif text == "null":
        return None
    if written:
        return read_value(field, text)
    if text in field.choices:
        return text
    for pattern, value in field.shorthands.items():
        taken = _pattern(pattern).fullmatch(text)
        if taken:
            return _filled(value, taken.groupdict())
    if field.repeatable:
        raise UsageError(f"{field.flag} {text!r} is not of the form {field.metavar}", hint=field.help)
    return text if any(leaf["type"] == "string" for leaf in leaves(field.schema)) else read_value(field, text)


def _is_whole(field: Field, text: str) -> bool:
    """Whether a text is the field's object as JSON. Where any text will do, so will JSON of another kind."""
    try:
        value = json_text.parse(text)
    except UsageError:
        return False
    return isinstance(value, dict) and any(value.keys() >= set(leaf["required"]) for leaf in leaves(field.schema))


@lru_cache
def _pattern(shorthand: str) -> re.Pattern[str]:
    """A shorthand as a regular expression with a group for each of its words in capitals."""
    return re.compile(re.sub("[A-Z]+", lambda it: f"(?P<{it[0]}>{_PIECES[it[0]]})", shorthand), re.ASCII | re.DOTALL)


def _filled(value: Any, taken: Mapping[str, str]) -> Any:
    """The value of a shorthand with the pieces of the text in place of the words in capitals."""
    if isinstance(value, dict):
        return {taken.get(key, key): _filled(item, taken) for key, item in value.items()}
    text = taken.get(value, value)
    number = _number(text) if value == "NUMBER" else None
    return text if number is None else number


def _number(text: str) -> int | float | None:
    """The number that a text is, as people write it; None if it is none, or too large."""
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        return None
    return int(text) if text.lstrip("+-").isdigit() else number


def whole(value: Any) -> Any:
    """The value, but 1.0 as 1: both are integers to JSON Schema, and not to every server."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def laid_over(lower: Any, upper: Any) -> Any:
    """The upper value; of two objects, one that holds what either does, where they differ what the upper does."""
    if not isinstance(lower, dict) or not isinstance(upper, dict):
        return upper
    return {**lower, **{key: laid_over(lower.get(key), value) for key, value in upper.items()}}
