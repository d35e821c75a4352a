"""What an answer was asked to be: the request's `response_format`, and what holds the answer against it. Pure.

The format goes out in the wrapper that the model's own schema wants, with a name and `strict` (wire-protocol §4.4). The
answer comes as JSON in a text, which weights like these now and then put between fences or words: then the JSON is
taken out, for that is what was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from glmcli.api import json_text
from glmcli.api.conforms import BadSchema, Mismatch, mismatches
from glmcli.errors import UnusableError, UsageError

Schema = dict[str, Any]

ITEMS = "items"
"""The one key of the object around several items: the outermost value of a strict schema is an object."""
MOST_TOLD = 5
"""Mismatches that an error names; the model gets `MOST_QUOTED`."""
MOST_QUOTED = 20

_VALUES = {"const", "enum", "default", "examples"}
_NAMED = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
"""Keywords of JSON Schema under which there are values, and schemas by their names."""
_OPENING = re.compile(r"[\[{]")
_TRIES = 8
"""Places in a text at which its JSON may begin that are tried."""


class Unfit(Exception):
    """An answer that is not what was asked for. mismatches: why. is_json: whether it is JSON at all."""

    def __init__(self, found: Sequence[Mismatch], *, is_json: bool) -> None:
        super().__init__("; ".join(map(str, found)))
        self.mismatches = list(found)
        self.is_json = is_json


@dataclass(frozen=True)
class Fitting:
    """An answer that fits. text: its JSON as the model wrote it, without what stood around it."""

    text: str
    value: Any


@dataclass(frozen=True)
class Form:
    """What an answer has to be.

    schema: what it is held against. many: the answer is a list of what was asked for, wrapped by `wrapped`.
    """

    schema: Schema
    many: bool = False

    @classmethod
    def of(cls, response_format: Any, *, many: bool = False) -> "Form | None":
        """The form that a `response_format` asks for: a schema, or any object; None for text and what is unknown."""
        kind = response_format.get("type") if isinstance(response_format, Mapping) else None
        if kind == "json_object":
            return cls({"type": "object"})
        wrapper = response_format.get("json_schema") if kind == "json_schema" else None
        schema = wrapper.get("schema") if isinstance(wrapper, Mapping) else None
        return cls(schema, many) if isinstance(schema, dict) else None

    def fitting(self, answer: str) -> Fitting:
        """The JSON of an answer, which fits. Raises Unfit, and UsageError for a schema that cannot be used."""
        first: Unfit | None = None
        for text in _candidates(answer):
            try:
                value = json_text.parse(text)
            except UsageError as error:  # not JSON, or JSON that no two readers read alike
                first = first or Unfit([Mismatch("", error.message)], is_json=False)
                continue
            found = self._mismatches(value)
            if not found:
                return Fitting(text, value)
            if first is None or not first.is_json:
                first = Unfit(found, is_json=True)
        assert first is not None  # the whole answer is the first candidate
        raise first

    def lines(self, fitting: Fitting) -> str:
        """What is printed of an answer: the JSON as it came, or each item of several on a line of its own."""
        if not self.many:
            return fitting.text
        return "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in self.printed(fitting))

    def printed(self, fitting: Fitting) -> Any:
        """The value that was asked for: without the object around several items."""
        return fitting.value[ITEMS] if self.many else fitting.value

    def _mismatches(self, value: Any) -> list[Mismatch]:
        try:
            return mismatches(self.schema, value)
        except BadSchema as error:
            raise UsageError(f"nothing can be held against the schema: {error}", hint="Mend the schema.") from None


def response_format(name: str, schema: Schema) -> dict[str, Any]:
    """The request field that asks for an answer that fits the schema."""
    wrapper = {"name": name_of(name), "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": wrapper}


def name_of(text: str) -> str:
    """A name as the API takes it: at most 64 letters, digits, _ and -."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:64] or "answer"


def wrapped(schema: Schema) -> Schema:
    """The schema of an object whose `items` are a list of what the schema wants. What its references lead to is where
    they say: definitions go to the outermost level, and what pointed to the root points to the items. Raises UsageError
    for a schema that is nested too deeply."""
    hoisted = {key: it for key, it in schema.items() if key in ("$schema", "$defs", "definitions")}
    inner = {key: it for key, it in schema.items() if key not in hoisted}
    if "$id" in schema:
        hoisted, inner = {}, schema  # it has a root of its own, and its references stay inside of it
    try:
        inner, hoisted = _moved(inner), _moved(hoisted)
    except RecursionError:
        raise UsageError("the schema is nested too deeply", hint="Mend the schema.") from None
    return {
        **hoisted,
        "type": "object",
        "properties": {ITEMS: {"type": "array", "items": inner}},
        "required": [ITEMS],
        "additionalProperties": False,
    }


def _moved(schema: Any, *, names: bool = False) -> Any:
    """The schema with its references to the root changed to where the root has gone. names: it is what schemas are
    named in, such as `properties`, and a name may be that of a keyword."""
    if isinstance(schema, list):
        return [_moved(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    if names:
        return {name: _moved(it) for name, it in schema.items()}
    if "$id" in schema:
        return schema
    moved = {key: it if key in _VALUES else _moved(it, names=key in _NAMED) for key, it in schema.items()}
    for key in ("$ref", "$dynamicRef"):
        target = schema.get(key)
        if isinstance(target, str) and re.match(r"#(/(?!\$defs/|definitions/)|$)", target):
            moved[key] = f"#/properties/{ITEMS}/items{target[1:]}"
    return moved


def repair(unfit: Unfit) -> str:
    """The message that asks the model again, with what was wrong."""
    told = [str(it) for it in unfit.mismatches[:MOST_QUOTED]]
    if (more := len(unfit.mismatches) - len(told)) > 0:
        told.append(f"and {more} more")
    what = "does not fit the JSON Schema that was asked for" if unfit.is_json else "is not the JSON that was asked for"
    faults = "\n".join(f"- {line}" for line in told)
    return f"Your answer {what}:\n{faults}\nAnswer again with the whole JSON, corrected, and with nothing else."


def failure(unfit: Unfit, *, hint: str) -> UnusableError:
    """What the user is told about an answer that is not what was asked for."""
    told = [str(it) for it in unfit.mismatches[:MOST_TOLD]]
    if (more := len(unfit.mismatches) - len(told)) > 0:
        told.append(f"and {more} more")
    what = "does not fit the schema" if unfit.is_json else "is not the JSON that was asked for"
    faults = "; ".join(told).removeprefix("/: ")
    return UnusableError(f"the answer {what}: {faults}", hint=hint)


def _candidates(answer: str) -> Iterator[str]:
    """The texts in an answer that may be its JSON, the likeliest first."""
    from glmcli.code_blocks import code_blocks

    whole = answer.removeprefix("\ufeff").strip()
    yield whole
    if whole[:1] not in ("{", "["):  # a fence would be in one of its texts
        blocks = [text for block in code_blocks(whole) if (text := block.text.strip())[:1] in ("{", "[")]
        yield from blocks if len(blocks) == 1 else ()
    for match in islice(_OPENING.finditer(whole), _TRIES):
        with suppress(ValueError, RecursionError):
            _, end = json.JSONDecoder().raw_decode(whole, match.start())
            before, after = whole[: match.start()], whole[end:]
            # One of several values is not the answer, nor is one inside of another, which is broken. Words in
            # brackets may stand beside an object.
            foreign = "{" if match[0] == "{" else "[{"
            beside = all(text.count("[") == text.count("]") for text in (before, after))
            if beside and not any(bracket in before + after for bracket in foreign):
                yield whole[match.start() : end]
