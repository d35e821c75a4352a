"""Of every invalid body the true culprit is named, and the bodies leave nothing in the schema out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from glmcli.api.fields import leaves, schema
from glmcli.api.shapes import json_type
from glmcli.api.validate import faults
from tests.api.invalid_bodies import BODIES, CORPUS
from tests.api.invalid_fields import FIELDS
from tests.api.invalid_tools import Faults

DOCUMENTED = json.loads((Path(__file__).parents[1] / "spec" / "request.schema.json").read_bytes())
KEYWORDS = ("enum", "minimum", "maximum", "minLength", "minItems", "maxItems")

packaged = jsonschema_rs.validator_for(schema())
documented = jsonschema_rs.validator_for(DOCUMENTED)


@pytest.mark.parametrize(("body", "expected"), CORPUS, ids=[" ".join(found) for _, found in CORPUS])
def test_the_true_culprit_is_named_and_nothing_else(body: Any, expected: Faults) -> None:
    assert [(fault.pointer, fault.sentence) for fault in faults(body)] == list(expected.items())


@pytest.mark.parametrize("body", [body for body, _ in CORPUS], ids=[" ".join(found) for _, found in CORPUS])
def test_other_validators_refuse_it_too(body: Any) -> None:
    assert not packaged.is_valid(body)
    if not isinstance(body, dict) or "chat_template_kwargs" not in body:
        assert not documented.is_valid(body)


def test_no_body_is_there_twice() -> None:
    written = [json.dumps(body, sort_keys=True) for body, _ in CORPUS]
    assert len(written) == len(set(written)) == 2 * len(FIELDS) + len(BODIES)
    assert len(FIELDS) + len(BODIES) > 150


@pytest.mark.parametrize("form", schema()["oneOf"], ids=lambda form: form["title"])
def test_every_property_alternative_and_bound_of_a_form_has_its_body(form: dict[str, Any]) -> None:
    part = {"type": "object", **form}
    key = form["required"][0]
    known = set(_faults_of(part, form["title"]))
    other = {"messages": "prompt", "prompt": "messages"}[key]
    met = {
        label
        for body, found in CORPUS
        if not isinstance(body, dict) or other not in body
        for pointer in found
        for label in _labels(part, body, pointer.split("/")[1:], form["title"])
    }
    met.add("Prompt|0: prompt is missing")  # told at /messages, as there may be either
    assert sorted(known - met) == []


def _faults_of(part: dict[str, Any], where: str) -> Iterator[str]:
    """What can be wrong at a place of the schema and below: any value there, and each keyword of each alternative."""
    yield where
    alternatives = list(leaves(part))
    tag = _tag(alternatives)
    if tag:
        yield f"{where}: {tag}"
    for index, leaf in enumerate(alternatives):
        here = f"{where}|{index}"
        if leaf["type"] != "null":
            yield from (f"{here}: {keyword}" for keyword in KEYWORDS if keyword in leaf)
        yield from (f"{here}: {name} is missing" for name in leaf.get("required", ()) if name != tag)
        for name, its_part in leaf.get("properties", {}).items():
            if name != tag:
                yield from _faults_of(its_part, f"{here}/{name}")
        if "items" in leaf:
            yield from _faults_of(leaf["items"], f"{here}[]")


def _labels(part: dict[str, Any], value: Any, keys: list[str], where: str) -> Iterator[str]:
    """Which of `_faults_of` a fault at a pointer is, and the places on the way that it is at the end of."""
    alternatives = list(leaves(part))
    tag = _tag(alternatives)
    fitting = [
        (index, leaf)
        for index, leaf in enumerate(alternatives)
        if json_type(value) == leaf["type"] or (leaf["type"], json_type(value)) == ("number", "integer")
    ]
    if tag and isinstance(value, dict):
        fitting = [(index, leaf) for index, leaf in fitting if [value.get(tag)] == leaf["properties"][tag]["enum"]]
        if not fitting:
            yield f"{where}: {tag}"
    if not keys:
        yield where
        for index, leaf in fitting:
            yield from (f"{where}|{index}: {keyword}" for keyword in KEYWORDS if _broken(leaf, keyword, value))
        return
    key, *rest = keys
    for index, leaf in fitting:
        here = f"{where}|{index}"
        if "items" in leaf:
            yield from _labels(leaf["items"], value[int(key)], rest, f"{here}[]")
        elif key in value:
            yield from _labels(leaf["properties"][key], value[key], rest, f"{here}/{key}")
        else:
            yield f"{here}/{key}"
            yield f"{here}: {key} is missing"


def _tag(alternatives: list[dict[str, Any]]) -> str:
    """The key that tells several objects apart."""
    objects = [leaf for leaf in alternatives if leaf["type"] == "object"]
    if len(objects) < 2:
        return ""
    tag: str = next(name for name in objects[0]["required"] if "enum" in objects[0]["properties"][name])
    return tag


def _broken(leaf: dict[str, Any], keyword: str, value: Any) -> bool:
    return keyword in leaf and not jsonschema_rs.is_valid({keyword: leaf[keyword]}, value)
