"""Raw tool definitions: what they say of themselves and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import UsageError
from glmcli.tools.definitions import Definition, all_faults, faults, read

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.\nMore about it.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
SQL = {"type": "custom", "custom": {"name": "sql", "format": {"type": "text"}}}


def definition(value: Any) -> Definition:
    return Definition(value, Path("tools/weather.json"))


def strict(parameters: dict[str, Any]) -> Definition:
    return definition({"type": "function", "function": {"name": "f", "strict": True, "parameters": parameters}})


def test_a_definition_says_its_kind_name_and_first_line() -> None:
    it = definition(WEATHER)
    assert (it.kind, it.name, it.description, it.place) == (
        "function",
        "get_weather",
        "The weather of a city.",
        "weather.json",
    )


@pytest.mark.parametrize("value", [None, [], "text", {}, {"type": "other"}, {"type": "function", "function": 3}])
def test_what_is_no_definition_has_no_name(value: Any) -> None:
    assert (definition(value).name, definition(value).description) == ("", "")


@pytest.mark.parametrize("value", [WEATHER, SQL])
def test_a_good_definition_has_no_faults(value: Any) -> None:
    assert faults(definition(value)) == []


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"type": "function"}, ["/function: is missing"]),
        (
            {"type": "function", "name": "f", "description": "F.", "parameters": {"type": "object"}, "command": ["x"]},
            ['/function: is missing; name, description and parameters belong inside "function"'],
        ),
        ({"type": "custom", "name": "f"}, ['/custom: is missing; name belongs inside "custom"']),
        ({"type": "funktion"}, ['/type: "funktion" is not one of function, custom']),
        (
            {"type": "function", "function": {"name": "get weather"}},
            ["/function/name: 'get weather' is not 1 to 64 letters, digits, _ and -"],
        ),
        (
            {"type": "function", "function": {"name": "f", "parameters": {"type": "string"}}},
            ["/function/parameters/type: 'string' is not \"object\": arguments have names"],
        ),
    ],
)
def test_a_fault_points_into_the_definition(value: Any, wanted: list[str]) -> None:
    assert faults(definition(value)) == wanted


def test_parameters_that_are_no_json_schema_are_found_where_they_are_wrong() -> None:
    it = definition({"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "x"}}}}})
    (fault,) = faults(it)
    assert fault.startswith("/function/parameters/properties/a/type: no JSON Schema: ")


def test_strict_mode_wants_all_properties_and_no_others_at_every_depth() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
    it = strict(
        {
            "type": "object",
            "properties": {"a": {"type": "array", "items": inner}, "b": {"anyOf": [{"type": "null"}, inner]}},
            "required": ["a"],
        }
    )
    assert faults(it) == [
        "/function/parameters: strict wants additionalProperties: false",
        "/function/parameters/required: strict wants all properties here; missing: b",
        "/function/parameters/properties/a/items/required: strict wants all properties here; missing: x",
        "/function/parameters/properties/b/anyOf/1/required: strict wants all properties here; missing: x",
    ]


def test_a_definition_that_keeps_the_strict_rules_has_no_faults() -> None:
    properties = {"a": {"type": "string"}, "b": {"not": True}}
    assert faults(strict({"properties": properties, "required": ["a", "b"], "additionalProperties": False})) == []


def test_a_file_holds_one_definition_or_a_list(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(WEATHER))
    (tmp_path / "two.json").write_text(json.dumps([WEATHER, SQL]))
    assert [it.place for it in read(tmp_path / "one.json")] == ["one.json"]
    assert [it.place for it in read(tmp_path / "two.json")] == ["two.json[0]", "two.json[1]"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "none.json")
    assert caught.value.message == f"{tmp_path / 'none.json'} cannot be read: no such file or directory"


def test_the_place_of_a_syntax_error_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"type": }')
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "bad.json")
    assert caught.value.message == f"{tmp_path / 'bad.json'}: not JSON: line 1, column 10: expecting value"


def grammatical(syntax: str, text: str) -> Definition:
    format = {"type": "grammar", "grammar": {"syntax": syntax, "definition": text}}
    return definition({"type": "custom", "custom": {"name": "sum", "format": format}})


@pytest.mark.parametrize(
    ("syntax", "text", "wanted"),
    [
        ("regex", "[0-9]+", []),
        ("regex", "[0-9", ["not a regular expression: unterminated character set at position 0"]),
        ("lark", 'start: "a"', []),
        ("lark", "start: b", ["Rule 'b' used but not defined (in rule start)"]),
    ],
)
def test_a_grammar_is_looked_at_when_all_is(syntax: str, text: str, wanted: list[str]) -> None:
    it = grammatical(syntax, text)
    assert faults(it) == []
    assert all_faults(it) == [f"/custom/format/grammar/definition: {line}" for line in wanted]


@pytest.mark.parametrize("value", [WEATHER, SQL])
def test_what_has_no_grammar_has_no_fault_in_it(value: Any) -> None:
    assert all_faults(definition(value)) == []


def test_what_is_no_definition_is_not_asked_for_its_grammar() -> None:
    assert all_faults(definition({"type": "custom"})) == ["/custom: is missing"]
