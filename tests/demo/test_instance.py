"""The smallest instance of a schema, held against an independent validator."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from glmcli.demo.instance import smallest

NODE = {"type": "object", "required": ["left", "right"], "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "demo"),
        (True, None),
        ({"const": [1]}, [1]),
        ({"enum": ["b", "a"]}, "b"),
        ({"default": 3, "type": "integer"}, 3),
        ({"type": "null"}, None),
        ({"type": "boolean"}, True),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMinimum": 9}, 10),
        ({"type": "integer", "minimum": True}, 1),
        ({"type": "number"}, 0.5),
        ({"type": "number", "exclusiveMaximum": 0}, -1e-06),
        ({"type": "number", "multipleOf": 0.25, "minimum": 0.6}, 0.75),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "maxLength": 2}, "de"),
        ({"type": "string", "minLength": 6}, "demo.."),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, "demo"),
        ({"type": "array"}, []),
        ({"items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "prefixItems": [{"const": "a"}], "minItems": 2, "items": {"const": "b"}}, ["a", "b"]),
        ({"required": ["a", 7], "properties": {"a": {"type": "integer"}, "b": {}}}, {"a": 1}),
        ({"type": "object", "required": ["unknown"]}, {"unknown": "demo"}),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 2}}}, 5]}, {"a": 2}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 7}}}, 7),
        ({"$ref": "https://example.com/elsewhere"}, "demo"),
    ],
)
def test_the_smallest_instance_satisfies_its_schema(schema: Any, value: Any) -> None:
    assert smallest(schema) == value


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$defs": {"person": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
            "type": "object",
            "required": ["people", "when", "score"],
            "properties": {
                "people": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/person"}},
                "when": {"type": "string", "format": "date-time"},
                "score": {"type": "number", "minimum": 1, "maximum": 10},
            },
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["value", "next"],
            "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}},
        },
    ],
)
def test_a_validator_accepts_the_smallest_instance(schema: Any) -> None:
    assert jsonschema_rs.is_valid(schema, smallest(schema))


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, NODE])
def test_a_schema_without_end_still_gets_a_value(schema: Any) -> None:
    assert smallest(schema) is not None
