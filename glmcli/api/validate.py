"""Judges a request body by the packaged schema, before anything is sent. No I/O; it changes nothing.

The verdict is that of any JSON Schema validator. The faults are not: a general one answers "oneOf at '' not met" to
nearly everything here, so the alternative that was meant is found first and only that one is descended into
(reliability §2.2). A message holds at most 60 characters of the body, which may be large and may hold secrets.
"""

from __future__ import annotations

from typing import Any

from glmcli.api.fields import fields, whole
from glmcli.api.sendable import Fault, shown, unsendable
from glmcli.api.shapes import Rule, Shape, forms, json_type

_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
}
_WANTED = _WORDS | {"boolean": "true or false"}


def faults(body: Any) -> list[Fault]:
    """All that makes the body invalid, in the order of the schema; empty for a valid one.

    Valid means: JSON that can be sent (finite numbers, text without lone surrogates, nested no deeper than
    `sendable.DEEPEST`), and the schema's verdict. Keys that the schema does not know are valid.
    """
    found = unsendable(body)
    if json_type(body) != "object":
        return found or [Fault("", f"{shown(body)} is {_WORDS.get(json_type(body), 'nothing')}; an object is wanted")]
    reported = {fault.pointer for fault in found}
    return found + [fault for fault in _root_faults(body) if fault.pointer not in reported]


def normalise(body: dict[str, Any]) -> dict[str, Any]:
    """The body with 1.0 as 1 where an integer is wanted: the schema takes both, not every server does."""
    known = fields()
    return {key: whole(it) if key in known and known[key].kind == "integer" else it for key, it in body.items()}


def _root_faults(body: dict[str, Any]) -> list[Fault]:
    """The two forms differ in one key each, `prompt` and `messages`. Exactly one of them must be there and good."""
    given = form_faults(body)
    found: list[Fault] = []
    if not given:
        found.append(Fault("/messages", "is missing, and so is prompt; one of them is wanted"))
    elif all(given.values()):
        found.extend(fault for own in given.values() for fault in own)
    elif len(given) == 2 and not any(given.values()):
        found.append(Fault("/prompt", "stands beside messages; only one of them is allowed"))
    for name, rule in forms()[0].properties.items():
        if name != "prompt" and name in body:
            _check(rule, body[name], f"/{name}", found)
    return found


def form_faults(body: dict[str, Any]) -> dict[str, list[Fault]]:
    """The faults of `prompt` and of `messages`, for each that is there."""
    given: dict[str, list[Fault]] = {}
    for form, key in zip(forms(), ("prompt", "messages"), strict=True):
        if key in body:
            _check(form.properties[key], body[key], f"/{key}", given.setdefault(key, []))
    return given


def _check(rule: Rule, value: Any, pointer: str, found: list[Fault]) -> None:
    shape = rule.shape_for(value)
    if shape is None:
        found.append(_mismatch(rule, value, pointer))
    elif shape.type == "object":
        for name, its_rule in shape.properties.items():
            if name in value:
                _check(its_rule, value[name], f"{pointer}/{name}", found)
            elif name in shape.required:
                found.append(Fault(f"{pointer}/{name}", "is missing"))
    elif shape.items is not None:
        if shape.not_empty and not value:
            found.append(Fault(pointer, "is empty; at least 1 item is wanted"))
        if shape.max_items is not None and len(value) > shape.max_items:
            found.append(Fault(pointer, f"has {len(value)} items; at most {shape.max_items} are allowed"))
        for index, item in enumerate(value):
            _check(shape.items, item, f"{pointer}/{index}", found)
    else:
        message = _scalar_fault(rule, shape, value)
        if message:
            found.append(Fault(pointer, message))


def _scalar_fault(rule: Rule, shape: Shape, value: Any) -> str:
    if shape.enum and value not in shape.enum:
        return _not_one_of(value, rule)
    if shape.minimum is not None and value < shape.minimum:
        return f"{shown(value)} is below the minimum {shape.minimum}"
    if shape.maximum is not None and value > shape.maximum:
        return f"{shown(value)} is above the maximum {shape.maximum}"
    if shape.not_empty and not value:
        return "is empty; at least 1 character is wanted"
    return ""


def _mismatch(rule: Rule, value: Any, pointer: str) -> Fault:
    """Why no alternative can be meant: the tag of an object, else the type."""
    if rule.tag and type(value) is dict:
        tags = ", ".join(rule.by_tag)
        if rule.tag not in value:
            return Fault(f"{pointer}/{rule.tag}", f"is missing; one of {tags} is wanted")
        return Fault(f"{pointer}/{rule.tag}", f"{shown(value[rule.tag])} is not one of {tags}")
    if all(shape.enum or shape.type == "null" for shape in rule.shapes):
        return Fault(pointer, _not_one_of(value, rule))
    wanted: list[str] = []
    for shape in rule.shapes:
        wanted.extend(word for word in shape.enum or [_WANTED.get(shape.type, "")] if word and word not in wanted)
    if value is None:
        return Fault(pointer, f"null is not allowed; {_either(wanted)} is wanted")
    kind = "a fraction" if json_type(value) == "number" else _WORDS.get(json_type(value), "no JSON")
    return Fault(pointer, f"{shown(value)} is {kind}; {_either(wanted)} is wanted")


def _not_one_of(value: Any, rule: Rule) -> str:
    choices = [choice for shape in rule.shapes for choice in (shape.enum or ("null",) * (shape.type == "null"))]
    return f"{shown(value)} is not one of {', '.join(choices)}"


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
