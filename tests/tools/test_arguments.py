"""Checks of a call's arguments: what a tool gets, and what the model is told of everything else."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.tools.arguments import LIMIT, BadArguments, canonical, parsed
from glmcli.tools.tool import Tool

SCHEMA = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "b": {"enum": ["x", "y"]},
        "c": {"anyOf": [{"type": "string"}, {"type": "boolean"}]},
        "d": {"type": "array", "items": {"minimum": 3}, "maxItems": 2},
        "e": {"$ref": "#/$defs/P"},
        "f": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]},
        "g": {"type": "string", "format": "date"},
    },
    "required": ["a"],
    "$defs": {
        "P": {
            "type": "object",
            "properties": {"x/y": {"minimum": 3}},
            "required": ["x/y"],
            "additionalProperties": False,
        }
    },
}
UNFIT = "The arguments do not fit the schema of f:\n"


def tool(parameters: dict[str, Any] | None) -> Tool:
    inner = {"name": "f", **({} if parameters is None else {"parameters": parameters})}
    return Tool({"type": "function", "function": inner}, "a test", None)


def custom(format: dict[str, Any] | None) -> Tool:
    return Tool({"type": "custom", "custom": {"name": "f", **({"format": format} if format else {})}}, "a test", None)


def told(text: str, schema: dict[str, Any] | None = SCHEMA) -> str:
    with pytest.raises(BadArguments) as caught:
        parsed(tool(schema), text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1.0}\n', {"a": 1.0}),
        (
            '{"a": 1, "b": "x", "d": [3], "e": {"x/y": 3}, "f": null}',
            {"a": 1, "b": "x", "d": [3], "e": {"x/y": 3}, "f": None},
        ),
        ('{"a": 1, "g": "no date at all"}', {"a": 1, "g": "no date at all"}),
    ],
)
def test_arguments_that_fit_are_what_the_tool_gets(text: str, wanted: dict[str, Any]) -> None:
    assert parsed(tool(SCHEMA), text) == wanted


@pytest.mark.parametrize("text", ["", " \n", "{}"])
def test_no_text_is_no_arguments(text: str) -> None:
    assert parsed(tool({"type": "object", "properties": {}}), text) == {}


def test_a_tool_without_a_schema_takes_any_object() -> None:
    assert parsed(tool(None), '{"any": ["thing"]}') == {"any": ["thing"]}
    assert told("[1]", None) == "The arguments of f are [1]; a JSON object is wanted."


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", UNFIT + "/a: is missing"),
        ('{"a": "12"}', UNFIT + '/a: "12" is not of type integer'),
        ('{"a": 1, "b": "<|\\"|x"}', UNFIT + '/b: "<|\\"|x" is not one of "x", "y"'),
        ('{"a": 1, "c": 3}', UNFIT + '/c: 3 does not fit {"anyOf": [{"type": "string"}, {"type": "boolean"}]}'),
        ('{"a": 1, "d": [3, 2]}', UNFIT + '/d/1: 2 does not fit {"minimum": 3}'),
        ('{"a": 1, "d": [3, 4, 5]}', UNFIT + '/d: [3, 4, 5] does not fit {"maxItems": 2}'),
        ('{"a": 1, "e": {"z": 1}}', UNFIT + "/e/z: is not known; known: x/y\n/e/x~1y: is missing"),
        ('{"a": 1, "e": {"x/y": 1}}', UNFIT + '/e/x~1y: 1 does not fit {"minimum": 3}'),
        ('{"a": 1, "f": {}}', UNFIT + "/f/x~1y: is missing"),
        ('{"A": 1, "a": 1}', UNFIT + "/A: is not known; known: a, b, c, d, e, f, g"),
        ('{"a": 1, "c": "\\ud800"}', UNFIT + "/c: holds half of a surrogate pair"),
        (f'{{"a": 1, "d": {"[" * 600}{"]" * 600}}}', UNFIT + "/d: is nested more than 500 levels deep"),
        ('{"a": 1, "a": 2}', 'The arguments of f cannot be read: the key "a" stands twice in one JSON object.'),
        ('{"a": NaN}', "The arguments of f cannot be read: not JSON: NaN is not a JSON number."),
        ('{"a": <|"|1}', "The arguments of f cannot be read: not JSON: line 1, column 7: expecting value."),
        ('{"a": 1', "The arguments of f cannot be read: not JSON: line 1, column 8: expecting ',' delimiter."),
        ("null", "The arguments of f are null; a JSON object is wanted."),
        ("x" * (LIMIT + 1), "The call has 65,537 bytes of arguments; at most 65,536 are taken."),
    ],
)
def test_a_fault_says_where_what_was_given_and_what_is_allowed(text: str, wanted: str) -> None:
    assert told(text) == wanted


def test_every_fault_is_told_up_to_ten() -> None:
    schema = {"properties": {f"p{n:02}": {"type": "null"} for n in range(12)}}
    text = json.dumps(dict.fromkeys(schema["properties"], 1))
    lines = [f"/p{n:02}: 1 is not of type null" for n in range(10)]
    assert told(text, schema) == UNFIT + "\n".join([*lines, "and 2 more"])


@pytest.mark.parametrize("more", [{"additionalProperties": True}, {"patternProperties": {"^x": {}}}, {"allOf": [{}]}])
def test_a_schema_that_says_more_about_its_keys_has_the_last_word(more: dict[str, Any]) -> None:
    assert parsed(tool({"properties": {"a": {}}, **more}), '{"x": 1}') == {"x": 1}


def test_references_to_other_documents_are_never_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"http://127.0.0.1:{server.getsockname()[1]}/schema"
        for schema in (
            {"properties": {"a": {"$ref": uri}}},
            {"$schema": uri, "type": "object"},
            {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        ):
            text = told('{"a": 1}', schema)
            assert text.startswith("The schema of f cannot be used, so it cannot be called: ")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_pattern_that_never_ends_elsewhere_ends_here() -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": r"^(?=a)(a+)+$"}}}
    assert told(json.dumps({"a": "a" * 60_000 + "b"}), schema).startswith(UNFIT + '/a: "aaaa')


def test_a_schema_that_is_too_deep_is_told() -> None:
    schema: dict[str, Any] = {}
    for _ in range(2000):
        schema = {"properties": {"a": schema}}
    assert told("{}", schema) == (
        "The schema of f cannot be used, so it cannot be called: it, or what is held against it, is nested too deeply"
    )


@pytest.mark.parametrize("format", [None, {"type": "text"}])
def test_a_custom_tool_takes_any_text(format: dict[str, Any] | None) -> None:
    assert parsed(custom(format), ' {"not": JSON\n') == ' {"not": JSON\n'


def test_the_input_of_a_custom_tool_is_held_to_its_grammar() -> None:
    digits = custom({"type": "grammar", "grammar": {"syntax": "regex", "definition": r"\d+"}})
    assert parsed(digits, "12") == "12"
    with pytest.raises(BadArguments) as caught:
        parsed(digits, "12a")
    assert str(caught.value) == (
        'The input does not fit the tool f: "12a" does not match, as a whole, the regular expression \\d+'
    )


def test_half_a_character_is_no_input() -> None:
    with pytest.raises(BadArguments) as caught:
        parsed(custom(None), "\ud800")
    assert str(caught.value) == "The input does not fit the tool f: holds half of a surrogate pair"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"b": 1.0, "a": [True, None, 1.5]}, '{"a":[true,null,1.5],"b":1}'),
        ({"é": {"z": "1", "y": "\n"}}, '{"é":{"y":"\\n","z":"1"}}'),
        ("text", '"text"'),
        ({}, "{}"),
    ],
)
def test_the_same_arguments_have_one_spelling(arguments: Any, wanted: str) -> None:
    assert canonical(arguments) == wanted


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_whatever_is_json_is_taken_as_it_is_and_spelled_so_that_it_stays_equal(arguments: dict[str, Any]) -> None:
    assert parsed(tool(None), json.dumps(arguments, ensure_ascii=False)) == arguments
    assert json.loads(canonical(arguments)) == arguments


@given(st.text(max_size=40))
def test_no_text_of_the_model_raises_anything_else(text: str) -> None:
    with pytest.raises(BadArguments):
        parsed(tool({"required": ["a text that nobody writes by chance"]}), text)
