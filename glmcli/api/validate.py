"""Judges a request body by the packaged schema, before anything is sent. No I/O; it changes nothing.

The verdict is that of any JSON Schema validator. The faults are not: a general one answers "oneOf at '' not met" to
nearly everything here, so the alternative that was meant is found first and only that one is descended into
(reliability §2.2). A message holds at most 60 characters of the body, which may be large and may hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from typing import Any

from glmcli.api.fields import fields, flags, whole
from glmcli.api.nearest import nearest
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

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_LONGEST_NUMBER = 20


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
        advice = next(filter(None, (_misspelt(name, body, fields()) for name in ("messages", "prompt"))), "")
        found.append(Fault("/messages", "is missing, and so is prompt; one of them is wanted", advice=advice))
    elif all(given.values()):
        found.extend(fault for own in given.values() for fault in own)
    elif len(given) == 2 and not any(given.values()):
        found.append(Fault("/prompt", "stands beside messages; only one of them is allowed"))
    for name, rule in forms()[0].properties.items():
        if name != "prompt" and name in body:
            _check(rule, body[name], f"/{name}", "", found)
    return found


def form_faults(body: dict[str, Any]) -> dict[str, list[Fault]]:
    """The faults of `prompt` and of `messages`, for each that is there."""
    given: dict[str, list[Fault]] = {}
    for form, key in zip(forms(), ("prompt", "messages"), strict=True):
        if key in body:
            _check(form.properties[key], body[key], f"/{key}", "", given.setdefault(key, []))
    return given


def _check(rule: Rule, value: Any, pointer: str, branch: str, found: list[Fault]) -> None:
    shape = rule.shape_for(value)
    if shape is None:
        found.append(_mismatch(rule, value, pointer, branch))
    elif shape.type == "object":
        if rule.tag:
            branch = f"{rule.tag} {value[rule.tag]}"
        for name, its_rule in shape.properties.items():
            if name in value:
                _check(its_rule, value[name], f"{pointer}/{name}", branch, found)
            elif name in shape.required:
                advice = (
                    _misplaced(its_rule, value, shape)
                    or _misspelt(name, value, shape.properties)
                    or _flag_of(f"{pointer}/{name}")
                )
                found.append(Fault(f"{pointer}/{name}", "is missing", branch, advice))
    elif shape.items is not None:
        if shape.not_empty and not value:
            found.append(Fault(pointer, "is empty; at least 1 item is wanted", branch))
        if shape.max_items is not None and len(value) > shape.max_items:
            found.append(Fault(pointer, f"has {len(value)} items; at most {shape.max_items} are allowed", branch))
        for index, item in enumerate(value):
            _check(shape.items, item, f"{pointer}/{index}", branch, found)
    elif shape.enum and value not in shape.enum:
        found.append(_not_one_of(_choices(rule), value, pointer, branch))
    else:
        message = _scalar_fault(shape, value)
        if message:
            found.append(Fault(pointer, message, branch))


def _scalar_fault(shape: Shape, value: Any) -> str:
    if shape.minimum is not None and value < shape.minimum:
        return f"{shown(value)} is below the minimum {shape.minimum}"
    if shape.maximum is not None and value > shape.maximum:
        return f"{shown(value)} is above the maximum {shape.maximum}"
    if shape.not_empty and not value:
        return "is empty; at least 1 character is wanted"
    return ""


def _mismatch(rule: Rule, value: Any, pointer: str, branch: str) -> Fault:
    """Why no alternative can be meant: the tag of an object, else the type."""
    if rule.tag and type(value) is dict:
        tags = list(rule.by_tag)
        if rule.tag not in value:
            advice = _misspelt(rule.tag, value, {name for shape in rule.shapes for name in shape.properties})
            return Fault(f"{pointer}/{rule.tag}", f"is missing; one of {', '.join(tags)} is wanted", branch, advice)
        return _not_one_of(tags, value[rule.tag], f"{pointer}/{rule.tag}", branch)
    if all(shape.enum or shape.type == "null" for shape in rule.shapes):
        return _not_one_of(_choices(rule), value, pointer, branch)
    wanted: list[str] = []
    for shape in rule.shapes:
        word = _WANTED.get(shape.type, "")
        if shape.type == "object" and rule.tag:
            word = f"an object of {rule.tag} {', '.join(rule.by_tag)}"
        wanted.extend(it for it in shape.enum or [word] if it and it not in wanted)
    if value is None:
        return Fault(pointer, f"null is not allowed; {_either(wanted)} is wanted", branch)
    kind = "a fraction" if json_type(value) == "number" else _WORDS.get(json_type(value), "no JSON")
    return Fault(
        pointer, f"{shown(value)} is {kind}; {_either(wanted)} is wanted", branch, _in_other_words(rule, value)
    )


def _choices(rule: Rule) -> list[str]:
    return [choice for shape in rule.shapes for choice in (shape.enum or ("null",) * (shape.type == "null"))]


def _not_one_of(choices: Sequence[str], value: Any, pointer: str, branch: str) -> Fault:
    near = nearest(value, choices, strict=True) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near else ""
    return Fault(pointer, f"{shown(value)} is not one of {', '.join(choices)}", branch, advice)


def _misplaced(rule: Rule, around: dict[str, Any], shape: Shape) -> str:
    """Keys that stand beside a missing object and belong into it, as in a tool without its `function`."""
    inner = rule.by_type.get("object")
    names = [key for key in around if inner and key in inner.properties and key not in shape.properties]
    return f"{' and '.join(names)} {'belong' if len(names) > 1 else 'belongs'} inside of it" if names else ""


def _misspelt(name: str, around: Iterable[str], known: Container[str]) -> str:
    """The key that may be meant for a missing one."""
    unknown = (key for key in around if type(key) is str and key not in known)
    near = next((key for key in unknown if nearest(key, [name], strict=True)), None)
    return f"is {shown(near)} meant for it?" if near is not None else ""


def _flag_of(pointer: str) -> str:
    """The flag that gives what is missing there."""
    return next((f"{it.flag} gives it" for it in flags().values() if pointer == f"/{'/'.join(it.path)}"), "")


def _in_other_words(rule: Rule, value: Any) -> str:
    """How a value of the wrong type may be written in the right one, where it is clear what is meant."""
    wanted = rule.by_type
    if isinstance(value, str) and len(value) < _LONGEST_NUMBER:
        meant = "number" if _NUMBER.fullmatch(value) else "boolean" if value in ("true", "false") else ""
        if meant in wanted or (meant == "number" and "integer" in wanted and "." not in value):
            return f"write {value} without quotes"
    if "boolean" in wanted and not isinstance(value, str) and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    items = wanted["array"].items if "array" in wanted else None
    item = items.shape_for(value) if items is not None else None
    if item is not None and (not item.enum or value in item.enum):
        return "put it into a list"
    if isinstance(value, dict) and list(wanted) == ["string"]:
        return "write it as JSON in a string"
    return ""


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
