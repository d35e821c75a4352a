"""The short way to write a schema gives the schema that people mean, or says in one line what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.conforms import mismatches, schema_fault
from glmcli.errors import UsageError
from glmcli.structured.shorthand import TYPES, schema_of

TEXT = {"type": "string"}
INT = {"type": "integer"}


def an_object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        ("name", an_object({"name": TEXT})),
        ("name,", an_object({"name": TEXT})),
        (
            "name, age int, tags [str]",
            an_object({"name": TEXT, "age": INT, "tags": {"type": "array", "items": TEXT}}),
        ),
        ("age? INT, b? ", an_object({"age": INT, "b": TEXT}, optional=("age", "b"))),
        ("a [ [int] ]", an_object({"a": {"type": "array", "items": {"type": "array", "items": INT}}})),
        ("a []", an_object({"a": {"type": "array", "items": TEXT}})),
        ("a {b {c int}, d}", an_object({"a": an_object({"b": an_object({"c": INT}), "d": TEXT})})),
        (
            "a [{b?, c}]",
            an_object({"a": {"type": "array", "items": an_object({"b": TEXT, "c": TEXT}, optional=("b",))}}),
        ),
        ("mood (good | so so|bad)", an_object({"mood": {"type": "string", "enum": ["good", "so so", "bad"]}})),
        (
            "größe float, naïve-field, _x bool",
            an_object({"größe": {"type": "number"}, "naïve-field": TEXT, "_x": {"type": "boolean"}}),
        ),
    ],
)
def test_fields_are_an_object_with_these_fields_and_no_others(fields: str, schema: dict[str, Any]) -> None:
    assert schema_of(fields) == schema


@pytest.mark.parametrize("word", sorted(TYPES))
def test_a_type_may_be_written_in_each_of_the_usual_words(word: str) -> None:
    assert schema_of(f"a {word}") == schema_of(f"a {word.upper()}") == an_object({"a": {"type": TYPES[word]}})


def test_a_description_on_one_line_ends_at_a_comma() -> None:
    assert schema_of("name: full name, the, age int : in years, x:") == an_object(
        {
            "name": {"type": "string", "description": "full name"},
            "the": TEXT,
            "age": {"type": "integer", "description": "in years"},
            "x": TEXT,
        }
    )


def test_a_description_on_a_line_of_its_own_may_hold_commas() -> None:
    assert schema_of("name: full name, with comma\n\n age int\nmood (good|bad): how: well, or not") == an_object(
        {
            "name": {"type": "string", "description": "full name, with comma"},
            "age": INT,
            "mood": {"type": "string", "enum": ["good", "bad"], "description": "how: well, or not"},
        }
    )


def test_fields_inside_of_brackets_may_stand_on_lines_while_those_around_stand_on_one() -> None:
    assert schema_of("a {\n  b: one, two\n  c int\n}, d: three, e") == an_object(
        {
            "a": an_object({"b": {"type": "string", "description": "one, two"}, "c": INT}),
            "d": {"type": "string", "description": "three"},
            "e": TEXT,
        }
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "there is no field in it (column 1)"),
        ("a {}", "there is no field in it (column 4)"),
        ("a,,b", "a field begins with its name, not with ',' (column 3)"),
        ("1a", "a field begins with its name, not with '1' (column 1)"),
        ("a {b,", "a field begins with its name, not with nothing more (column 6)"),
        ("a, a", "the field a stands twice (column 5)"),
        (
            "a b c",
            "the type of a cannot be 'b'; there are str, int, float, bool, [TYPE], {FIELDS}, (a|b|c) (column 3)",
        ),
        (
            "a [|]",
            "the type of the items cannot be '|'; there are str, int, float, bool, [TYPE], {FIELDS}, (a|b|c) "
            "(column 4)",
        ),
        ("a [str", "] is wanted, not the end (column 7)"),
        ("a [str}", "] is wanted, not '}' (column 7)"),
        ("a {b", "after the field b a comma or a line break is wanted, not the end (column 5)"),
        ("a int int", "after the field a a comma or a line break is wanted, not 'i' (column 7)"),
        ("a }", "after the field a a comma or a line break is wanted, not '}' (column 3)"),
        ("a (x|y", "a ( is not closed (column 4)"),
        ("a (x|)", "the words between ( and ) are separated by |, each stands once (column 4)"),
        ("a (x|x)", "the words between ( and ) are separated by |, each stands once (column 4)"),
        (
            "a int\nb\n  c dint",
            "the type of c cannot be 'dint'; there are str, int, float, bool, [TYPE], {FIELDS}, "
            "(a|b|c) (line 3, column 5)",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(fields: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        schema_of(fields)
    assert (error.value.message, error.value.hint) == (message, "For example: --schema 'name, age int, tags [str]'")


@pytest.mark.parametrize("brackets", ["[]", "[", "{}"])
def test_brackets_beyond_any_depth_that_is_meant_are_refused(brackets: str) -> None:
    fields = "a " + {"[]": "[" * 9000 + "]" * 9000, "[": "[" * 9000, "{}": "{a " * 9000 + "}" * 9000}[brackets]
    with pytest.raises(UsageError, match=r"^there are more than 32 brackets inside of each other"):
        schema_of(fields)


@given(st.text(st.sampled_from("ab ,:?\n[]{}()|1") | st.characters(), max_size=40))
def test_any_text_gives_a_schema_or_one_line_that_says_why_not(text: str) -> None:
    schema, refused = {}, ""
    try:
        schema = schema_of(text)
    except UsageError as error:
        refused = error.message
    assert refused.isprintable() or not text.isprintable()
    assert schema_fault(schema) is None


names = st.from_regex(r"[a-zé_][a-z0-9_-]{0,4}", fullmatch=True)
words = st.text("abc ", min_size=1, max_size=5).map(str.strip).filter(bool)
plain: dict[str, st.SearchStrategy[Any]] = {
    "": st.text(max_size=5),
    "str": st.text(max_size=5),
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
}


@st.composite
def types(draw: st.DrawFn, depth: int = 0) -> tuple[str, st.SearchStrategy[Any]]:
    """A type in shorthand, and the values that it describes."""
    kind = draw(st.sampled_from([*plain, *(() if depth == 3 else ("[]", "{}", "()"))]))
    if kind == "[]":
        written, values = draw(types(depth + 1))
        return f"[{written}]", st.lists(values, max_size=3)
    if kind == "{}":
        written, values = draw(fields_and_values(depth + 1))
        return f"{{{written}}}", values
    if kind == "()":
        choices = draw(st.lists(words, min_size=1, max_size=3, unique=True))
        return f"({'|'.join(choices)})", st.sampled_from(choices)
    return kind, plain[kind]


@st.composite
def fields_and_values(draw: st.DrawFn, depth: int = 0) -> tuple[str, st.SearchStrategy[dict[str, Any]]]:
    """Fields in shorthand, and the objects that they describe."""
    written: list[str] = []
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        kind, values = draw(types(depth))
        mark, description = draw(st.sampled_from(["", "?"])), draw(st.sampled_from(["", ": what it is"]))
        written.append(f"{name}{mark} {kind}{description}")
        (optional if mark else required)[name] = values
    separator = draw(st.sampled_from([", ", "\n", ",", ",\n"]))
    return separator.join(written), st.fixed_dictionaries(required, optional=optional)


@given(st.data())
def test_a_schema_in_shorthand_accepts_what_it_describes_and_no_further_field(data: st.DataObject) -> None:
    fields, values = data.draw(fields_and_values())
    schema, value = schema_of(fields), data.draw(values)
    assert mismatches(schema, value) == []
    assert [it.pointer for it in mismatches(schema, {**value, "UNKNOWN": 1})] == ["/UNKNOWN"]


@given(st.data())
def test_a_schema_in_shorthand_misses_each_field_that_is_not_optional(data: st.DataObject) -> None:
    fields, _ = data.draw(fields_and_values())
    schema = schema_of(fields)
    assert [str(it) for it in mismatches(schema, {})] == [f"/{name}: is missing" for name in schema["required"]]
