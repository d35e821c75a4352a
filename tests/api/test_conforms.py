"""What does not fit a schema is said with its place, what is given and what is allowed; and nothing is fetched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.conforms import BadSchema, Mismatch, mismatches, schema_fault
from tests.api.schema_strategies import anything

POINT = {"type": "object", "properties": {"x/y": {"minimum": 3}}, "required": ["x/y"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"a": [1]}),
        ({"$ref": "#"}, 1),
        ({"format": "date"}, "no date"),
        ({"type": "integer"}, 1.0),
        ({"items": {"$ref": "#/$defs/a~1b"}, "$defs": {"a/b": POINT}}, [{"x/y": 3}]),
        ({"$id": "https://a.b/c", "$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}}, "a"),
        ({"properties": {"default": {"type": "integer"}}}, {"default": 1, "more": 2}),
    ],
)
def test_nothing_is_said_of_what_fits(schema: dict[str, Any], value: Any) -> None:
    assert mismatches(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ({"type": "integer"}, "3", ['/: "3" is not of type integer']),
        ({"type": ["integer", "null"]}, "3", ['/: "3" is not of type null or integer']),
        ({"type": "string"}, None, ["/: null is not of type string"]),
        ({"required": ["a/b", "c"]}, {}, ["/a~1b: is missing", "/c: is missing"]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ["/b: is missing"]),
        (
            {"items": POINT},
            [{"x/y": 3, "z~": 1, "w": 2}],
            [
                "/0/z~0: is not known; known: x/y",
                "/0/w: is not known; known: x/y",
            ],
        ),
        ({"additionalProperties": False}, {"a": 1}, ["/: may have no keys"]),
        ({"properties": {"x": {}}, "unevaluatedProperties": False}, {"y": 1}, ["/y: is not known; known: x"]),
        ({"enum": ["a", None]}, "c", ['/: "c" is not one of "a", null']),
        ({"const": 1}, 2, ['/: 2 does not fit {"const": 1}']),
        ({"minItems": 2}, [1], ['/: [1] does not fit {"minItems": 2}']),
        ({"uniqueItems": True}, [1, 1], ['/: [1, 1] does not fit {"uniqueItems": true}']),
        ({"pattern": "^ä"}, "b", ['/: "b" does not fit {"pattern": "^ä"}']),
        ({"not": {}}, 1, ['/: 1 does not fit {"not": {}}']),
        ({"contains": {"type": "string"}}, [1], ['/: [1] does not fit {"contains": {"type": "string"}}']),
        ({"properties": {"a": False}}, {"a": 1}, ['/a: 1 does not fit {"a": false}']),
        ({"prefixItems": [{}], "items": False}, ["a", 2], ['/1: 2 does not fit {"items": false}']),
        ({"if": {"type": "integer"}, "then": {"minimum": 3}}, 1, ['/: 1 does not fit {"minimum": 3}']),
        ({"maximum": 5}, 10**30, [f'/: {10**30} does not fit {{"maximum": 5}}']),
        (
            {"items": {"$ref": "#/$defs/a~1b"}, "$defs": {"a/b": POINT}},
            [{"x/y": 1}],
            [
                '/0/x~1y: 1 does not fit {"minimum": 3}',
            ],
        ),
        (
            {"properties": {"a": {"type": "string"}, "b": {"minimum": 1}}},
            {"a": 1, "b": 0},
            [
                "/a: 1 is not of type string",
                '/b: 0 does not fit {"minimum": 1}',
            ],
        ),
    ],
)
def test_what_does_not_fit_is_said_with_what_is_given_and_what_is_allowed(
    schema: dict[str, Any], value: Any, told: list[str]
) -> None:
    assert [str(it) for it in mismatches(schema, value)] == told


def test_of_several_alternatives_the_one_of_the_type_given_is_told() -> None:
    schema = {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}, {"type": "array", "items": POINT}]}
    values: list[Any] = [1, [{}]]
    assert [str(it) for value in values for it in mismatches(schema, value)] == [
        '/: 1 does not fit {"minimum": 3}',
        "/0/x~1y: is missing",
    ]


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "x",
         '/: "x" does not fit {"anyOf": [{"type": "null"}, {"type": "integer"}]}'),
        ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, 5,
         '/: 5 does not fit {"oneOf": [{"type": "integer"}, {"minimum": 3}]}'),
        ({"anyOf": [{"minimum": 3}, {"multipleOf": 2}]}, 1, '/: 1 does not fit {"anyOf": [{"minimum": 3}, '
         '{"multipleOf": 2}]}'),
    ],
)  # fmt: skip
def test_where_no_alternative_or_several_can_be_meant_all_are_told(
    schema: dict[str, Any], value: Any, told: str
) -> None:
    assert [str(it) for it in mismatches(schema, value)] == [told]


def test_what_is_given_and_what_is_allowed_are_told_in_few_words() -> None:
    (found,) = mismatches({"enum": ["y" * 1000]}, "x" * 1000)
    assert found == Mismatch("", f'"{"x" * 58}… is not one of "{"y" * 398}…')


def test_closed_keys_that_are_not_named_do_not_fit() -> None:
    schema: dict[str, Any] = {"properties": {"a": {}}}
    told = [str(it) for it in mismatches(schema, {"a": 1, "b": 1, "c": 2}, closed=True)]
    assert told == ["/b: is not known; known: a", "/c: is not known; known: a"]


def test_closed_tells_a_key_that_the_schema_refuses_itself_once() -> None:
    schema = {"properties": {"a": {}}, "additionalProperties": False}
    assert [str(it) for it in mismatches(schema, {"b": 1}, closed=True)] == ["/b: is not known; known: a"]


@pytest.mark.parametrize(
    "more",
    [
        {"additionalProperties": True},
        {"patternProperties": {"^b": {}}},
        {"$ref": "#/$defs/other", "$defs": {"other": {}}},
        {"anyOf": [{"properties": {"b": {}}}, {}]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_closed_lets_pass_what_another_keyword_may_allow(more: dict[str, Any]) -> None:
    assert mismatches({"properties": {"a": {}}, **more}, {"b": 1}, closed=True) == []


@pytest.mark.parametrize("value", [[1], "a", None])
def test_closed_is_about_objects_alone(value: Any) -> None:
    assert mismatches({"properties": {"a": {}}}, value, closed=True) == []


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "https://example.com/x.json"}, "it refers to https://example.com/x.json, and nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "it refers to file:///etc/passwd, and nothing is fetched"),
        ({"$ref": "x.json"}, "it refers to x.json, and nothing is fetched"),
        ({"$schema": "https://x.y/z"}, "it refers to https://x.y/z, and nothing is fetched"),
        ({"$ref": "#/$defs/x"}, "Pointer '/$defs/x' does not exist"),
        ({"pattern": "("}, '"(" is not a "regex"'),
    ],
)
def test_a_schema_that_nothing_can_be_held_against_is_refused_and_nothing_is_fetched(
    schema: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadSchema) as error:
        mismatches(schema, {})
    assert str(error.value) == why


def nested(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def test_a_value_may_be_nested_as_deeply_as_json_that_is_read() -> None:
    schema = {"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "null"}]}
    (found,) = mismatches({"items": {"$ref": "#"}, "type": "array"}, nested(900, 1))
    assert (mismatches(schema, nested(200, None)), found) == ([], Mismatch("/0" * 900, "1 is not of type array"))


def test_nesting_that_cannot_be_held_against_a_schema_is_refused() -> None:
    items: dict[str, Any] = {}
    for _ in range(5000):
        items = {"items": items}
    either = {"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "null"}]}
    for schema, value in ((items, {}), (either, nested(300, 1))):
        with pytest.raises(BadSchema, match=r"^it, or what is held against it, is nested too deeply$"):
            mismatches(schema, value)


@pytest.mark.parametrize(
    "schema", [{}, True, {"type": "string"}, {"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3}]
)
def test_a_schema_has_no_fault(schema: Any) -> None:
    assert schema_fault(schema) is None


TYPES = "object, array, string, number, integer, boolean, null"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": 3}, f"/type: no JSON Schema: 3 is none of {TYPES}"),
        ({"properties": {"a/b": {"type": "strin"}}},
         f'/properties/a~1b/type: no JSON Schema: "strin" is none of {TYPES}'),
        ({"required": "a"}, '/required: no JSON Schema: "a" is not of type "array"'),
        ({"minLength": -1}, "/minLength: no JSON Schema: -1 is less than the minimum of 0"),
        (3, '/: no JSON Schema: 3 is not of types "boolean", "object"'),
        (None, '/: no JSON Schema: null is not of types "boolean", "object"'),
        ({"$schema": "https://x.y/z"}, "/: no JSON Schema: it refers to https://x.y/z, and nothing is fetched"),
        ({"$schema": "file:///etc/passwd"},
         "/: no JSON Schema: it refers to file:///etc/passwd, and nothing is fetched"),
        ({"enum": nested(100_000, 1)}, "/: no JSON Schema: it, or what is held against it, is nested too deeply"),
    ],
    ids=["number", "word", "list", "minimum", "three", "null", "draft", "file", "deep"],
)  # fmt: skip
def test_the_fault_of_what_is_no_schema_is_told_with_its_place(schema: Any, told: str) -> None:
    assert str(schema_fault(schema)) == told


KEYWORDS = {
    "type": st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"]),
    "enum": st.lists(anything, min_size=1, max_size=3),
    "const": anything,
    "minimum": st.integers(-5, 5),
    "minLength": st.integers(0, 3),
    "maxItems": st.integers(0, 2),
    "required": st.lists(st.sampled_from(["a", "b/c"]), unique=True),
    "additionalProperties": st.booleans(),
}
schemas: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries({}, optional=KEYWORDS),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from(["a", "b/c"]), inner),
            "items": inner,
            "not": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=5,
)


@given(schemas, anything | st.dictionaries(st.sampled_from(["a", "b/c"]), anything))
def test_whatever_does_not_fit_is_told_at_a_place_of_the_value(schema: dict[str, Any], value: Any) -> None:
    import jsonschema

    assert schema_fault(schema) is None
    found = mismatches(schema, value)
    assert bool(found) is not jsonschema.Draft202012Validator(schema).is_valid(value)
    for it in found:
        here = value
        for part in it.pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(here, dict) and key not in here:
                assert it.message == "is missing"
                break
            here = here[int(key)] if isinstance(here, list) else here[key]
