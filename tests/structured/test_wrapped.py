"""A schema put around several items wants of each what it wanted of one, wherever its references lead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.conforms import mismatches
from glmcli.errors import UsageError
from glmcli.structured.form import wrapped

NODE = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/properties/a"}, "c": {"$ref": "#"}},
    "additionalProperties": False,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "plain": {"type": "integer"},
    "root": NODE,
    "root itself": {"type": ["object", "integer"], "additionalProperties": {"$dynamicRef": "#"}},
    "definitions": {"definitions": {"n": {"type": "integer"}}, "additionalProperties": {"$ref": "#/definitions/n"}},
    "defs to root": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"n": {"type": "object", "additionalProperties": {"$ref": "#/properties/a"}}, "default": NODE},
        "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/$defs/n"}, "c": {"$ref": "#/$defs/default"}},
        "additionalProperties": False,
    },
    "names of keywords": {
        "properties": {"const": {"type": "integer"}, "default": {"$ref": "#/properties/const"}, "$ref": {"$ref": "#"}},
    },
    "values": {"enum": [{"$ref": "#"}, {"b": 1}], "default": {"$ref": "#/x"}},
    "alternatives": {"anyOf": [{"type": "integer"}, {"type": "object", "propertyNames": {"$ref": "#/$defs/k"}}],
                     "$defs": {"k": {"enum": ["a", "default"]}}},
    "anchor": {"$defs": {"n": {"$anchor": "n", "type": "integer"}}, "additionalProperties": {"$ref": "#n"}},
    "id": {**NODE, "$id": "https://example.com/node"},
    "id inside": {
        "type": "object",
        "properties": {
            "a": {"$id": "https://example.com/a", "type": ["object", "integer"], "properties": {"b": {"$ref": "#"}}}
        },
    },
}  # fmt: skip
keys = st.sampled_from(["a", "b", "c", "const", "default", "$ref"])
values = st.recursive(
    st.integers(0, 2) | st.sampled_from(["#", None]), lambda inner: st.dictionaries(keys, inner, max_size=3)
)


@pytest.mark.parametrize("name", SCHEMAS)
@settings(max_examples=30)
@given(items=st.lists(values, max_size=3))
def test_items_fit_exactly_if_each_of_them_fits(name: str, items: list[Any]) -> None:
    schema = SCHEMAS[name]
    fits = all(not mismatches(schema, item) for item in items)
    assert (mismatches(wrapped(schema), {"items": items}) == []) is fits


@pytest.mark.parametrize("name", SCHEMAS)
def test_nothing_but_the_object_around_the_items_fits(name: str) -> None:
    outer = wrapped(SCHEMAS[name])
    others: list[Any] = [{}, [], {"items": {}}, {"items": [], "more": 1}]
    told = [[str(it) for it in mismatches(outer, value)] for value in others]
    assert told == [
        ["/items: is missing"],
        ["/: [] is not of type object"],
        ["/items: {} is not of type array"],
        ["/more: is not known; known: items"],
    ]


def test_references_lead_to_where_the_schema_has_gone_and_definitions_stay_outermost() -> None:
    assert wrapped(
        {
            "$defs": {"n": {"properties": {"c": {"$ref": "#"}}}},
            "title": "T",
            "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "#/properties/a"}},
            "examples": [{"$ref": "#"}],
        }
    ) == {
        "$defs": {"n": {"properties": {"c": {"$ref": "#/properties/items/items"}}}},
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "title": "T",
                    "properties": {
                        "a": {"$ref": "#/$defs/n"},
                        "b": {"$ref": "#/properties/items/items/properties/a"},
                    },
                    "examples": [{"$ref": "#"}],
                },
            }
        },
        "required": ["items"],
        "additionalProperties": False,
    }


def test_a_schema_is_not_changed_by_what_is_put_around_it() -> None:
    before = repr(SCHEMAS)
    for schema in SCHEMAS.values():
        wrapped(schema)
    assert repr(SCHEMAS) == before


def test_a_schema_that_is_nested_too_deeply_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"items": deep}
    with pytest.raises(UsageError) as error:
        wrapped(deep)
    assert (error.value.message, error.value.hint) == ("the schema is nested too deeply", "Mend the schema.")
