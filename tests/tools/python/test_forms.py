"""Annotations as JSON Schema, and JSON as what they promise: whole schemas, and that both say the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Required,
    TypedDict,
    Union,
    get_args,
    get_origin,
)
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from glmcli.tools.definitions import Definition, faults
from glmcli.tools.python.fields import Field, Unsupported, hints
from glmcli.tools.python.forms import Form, Forms
from glmcli.tools.python.values import Mismatch


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Shape(Enum):
    ROUND = (1, 2)
    SQUARE = (3, 4)


@dataclass
class Place:
    """A point on the earth."""

    latitude: float
    longitude: Annotated[float, "Degrees east."] = 0.0
    tags: list[str] = field(default_factory=list)


@dataclass
class Node:
    value: int
    children: list[Node] = field(default_factory=list)


@dataclass
class Positive:
    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("it must be above 0")


class Options(TypedDict, total=False):
    deep: Required[bool]
    depth: NotRequired[int]
    name: str


class Pair(NamedTuple):
    left: int
    right: int = 7


UserId = NewType("UserId", int)
PLACE = {
    "type": "object",
    "properties": {
        "latitude": {"type": "number"},
        "longitude": {"type": "number", "description": "Degrees east.", "default": 0.0},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
    },
    "required": ["latitude"],
    "additionalProperties": False,
    "docstring": "A point on the earth.",
}


def form(annotation: Any) -> Form:
    return Forms().of(annotation)


def mismatch(annotation: Any, value: Any) -> tuple[str, str]:
    with pytest.raises(Mismatch) as caught:
        form(annotation).convert(value)
    return caught.value.pointer, caught.value.message


CASES: list[tuple[Any, dict[str, Any], Any, Any]] = [
    (int, {"type": "integer"}, 3.0, 3),
    (float, {"type": "number"}, 3, 3.0),
    (str, {"type": "string"}, "a", "a"),
    (bool, {"type": "boolean"}, True, True),
    (None, {"type": "null"}, None, None),
    (Any, {}, [1], [1]),
    (UserId, {"type": "integer"}, 3, 3),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}, "a", "a"),
    (Literal["a", 1, None], {"enum": ["a", 1, None]}, None, None),
    (Literal[Color.RED], {"type": "string", "enum": ["red"]}, "red", Color.RED),
    (Color, {"type": "string", "enum": ["red", "blue"]}, "blue", Color.BLUE),
    (Level, {"type": "integer", "enum": [1, 2]}, 2, Level.HIGH),
    (Shape, {"type": "string", "enum": ["ROUND", "SQUARE"]}, "SQUARE", Shape.SQUARE),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}, None, None),  # noqa: UP045
    (Union[int, str], {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "a", "a"),  # noqa: UP007
    (date | None, {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "2026-01-31", date(2026, 1, 31)),
    (list, {"type": "array"}, [1, "a"], [1, "a"]),
    (list[int], {"type": "array", "items": {"type": "integer"}}, [1, 2.0], [1, 2]),
    (Sequence[int], {"type": "array", "items": {"type": "integer"}}, [1], [1]),
    (Iterable[Path], {"type": "array", "items": {"type": "string", "format": "path"}}, ["a"], [Path("a")]),
    (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, [1, 2], {1, 2}),
    (frozenset[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a"], frozenset("a")),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}, [1, 2, 3], (1, 2, 3)),
    (
        tuple[int, str],
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
        [1, "a"],
        (1, "a"),
    ),
    (dict, {"type": "object"}, {"a": [1]}, {"a": [1]}),
    (dict[str, date], {"type": "object", "additionalProperties": {"type": "string", "format": "date"}}, {}, {}),
    (Mapping[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1.0}, {"a": 1}),
    (Annotated[int, "How many."], {"type": "integer", "description": "How many."}, 1, 1),
    (
        datetime,
        {"type": "string", "format": "date-time"},
        "2026-01-31T12:00:00Z",
        datetime(2026, 1, 31, 12, tzinfo=UTC),
    ),
    (time, {"type": "string", "format": "time"}, "12:30", time(12, 30)),
    (Path, {"type": "string", "format": "path"}, "/a/b", Path("/a/b")),
    (UUID, {"type": "string", "format": "uuid"}, "00000000-0000-0000-0000-000000000001", UUID(int=1)),
    (Decimal, {"type": "number"}, 0.1, Decimal("0.1")),
    (Place, PLACE, {"latitude": 1}, Place(1.0)),
    (
        Options,
        {
            "type": "object",
            "properties": {"deep": {"type": "boolean"}, "depth": {"type": "integer"}, "name": {"type": "string"}},
            "required": ["deep"],
            "additionalProperties": False,
        },
        {"deep": True},
        {"deep": True},
    ),
    (
        Pair,
        {
            "type": "object",
            "properties": {"left": {"type": "integer"}, "right": {"type": "integer", "default": 7}},
            "required": ["left"],
            "additionalProperties": False,
        },
        {"left": 1},
        Pair(1, 7),
    ),
]


@pytest.mark.parametrize(("annotation", "schema", "value", "wanted"), CASES)
def test_an_annotation_has_a_schema_and_takes_what_fits_it(
    annotation: Any, schema: dict[str, Any], value: Any, wanted: Any
) -> None:
    it = form(annotation)
    assert it.schema == schema
    assert jsonschema_rs.is_valid(it.schema, value)
    converted = it.convert(value)
    assert (converted, type(converted)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        (int, True, ("", "true is not an integer")),
        (int, "12", ("", '"12" is not an integer')),
        (int, 1.5, ("", "1.5 is not an integer")),
        (float, 10**400, ("", f"{'1' + '0' * 58}… is too large")),
        (str, 1, ("", "1 is not a string")),
        (bool, 1, ("", "1 is not true or false")),
        (Literal[1], True, ("", "true is not one of 1")),
        (date, "tomorrow", ("", '"tomorrow" is not a date such as 2026-01-31')),
        (int | None, "a", ("", '"a" is not an integer; "a" is not null')),
        (list[int], {"a": 1}, ("", '{"a": 1} is not a list')),
        (list[list[int]], [[1], [2, "a"]], ("/1/1", '"a" is not an integer')),
        (set[int], [1, 1.0], ("", "an item of [1, 1.0] stands twice")),
        (tuple[int, int], [1], ("", "[1] has 1 items; 2 are wanted")),
        (dict[str, int], {"a/b": None}, ("/a~1b", "null is not an integer")),
        (Place, {}, ("/latitude", "is missing")),
        (Place, {"latitude": 1, "x": 2}, ("/x", "is not known; known: latitude, longitude, tags")),
        (list[Positive], [{"value": 1}, {"value": 0}], ("/1", "ValueError: it must be above 0")),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(annotation: Any, value: Any, wanted: tuple[str, str]) -> None:
    assert mismatch(annotation, value) == wanted


def test_a_class_that_holds_itself_becomes_a_definition() -> None:
    forms = Forms()
    it = forms.of(Node)
    assert it.schema == {"$ref": "#/$defs/Node"}
    assert forms.definitions == {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
    }
    assert it.convert({"value": 1, "children": [{"value": 2}]}) == Node(1, [Node(2)])


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (bytes, "bytes cannot come from JSON; "),
        (complex, "complex cannot come from JSON; "),
        (type, "type cannot come from JSON; "),
        (list[complex], "complex cannot come from JSON; "),
        (dict[int, str], "keys of a dict are text in JSON: write dict[str, str]"),
        (set[list[int]], "a set cannot hold list[int]; write list[list[int]]"),
        (Literal[b"a"], "a Literal holds text, numbers, True, False and None; "),
    ],
)
def test_an_annotation_without_a_json_form_says_what_to_write(annotation: Any, why: str) -> None:
    with pytest.raises(Unsupported) as caught:
        form(annotation)
    assert str(caught.value).startswith(why)


def test_a_field_without_a_json_form_is_named() -> None:
    @dataclass
    class Photo:
        data: bytes

    with pytest.raises(Unsupported, match=r"^the field Photo\.data: bytes cannot come from JSON; "):
        form(Photo)


def test_annotations_that_are_text_are_looked_up() -> None:
    assert hints({"a": "int | None"}, {}) == {"a": int | None}
    with pytest.raises(Unsupported, match="name 'Missing' is not defined; import it, and not only under TYPE_CHECKING"):
        hints({"a": "Missing"}, {})


@pytest.mark.parametrize(
    ("default", "schema"),
    [
        (Color.RED, {"type": "string", "enum": ["red", "blue"], "default": "red"}),
        (None, {"anyOf": [{"type": "string", "enum": ["red", "blue"]}, {"type": "null"}], "default": None}),
        (object(), {"type": "string", "enum": ["red", "blue"]}),
    ],
)
def test_a_default_is_told_as_json_where_it_has_such_a_form(default: Any, schema: dict[str, Any]) -> None:
    record = Forms().record([Field("a", Color, default, required=False)], dict)
    assert record.schema == {"type": "object", "properties": {"a": schema}, "additionalProperties": False}
    assert record.convert({}) == {}


SCALARS = st.sampled_from([int, float, str, bool, None, Literal["a", 1], Literal[True, "x"], Color, Level])
HASHABLE = st.sampled_from([int, str, Color])
ANNOTATIONS = st.recursive(
    SCALARS | st.sampled_from([Place, Options, Pair, Node]),
    lambda inner: st.one_of(
        inner.map(lambda it: list[it]),  # type: ignore[valid-type]
        inner.map(lambda it: dict[str, it]),  # type: ignore[valid-type]
        inner.map(lambda it: tuple[it, ...]),  # type: ignore[valid-type]
        st.tuples(inner, inner).map(lambda them: tuple[them]),  # type: ignore[valid-type]
        st.tuples(inner, inner).map(lambda them: Union[them]),  # noqa: UP007
        inner.map(lambda it: Annotated[it, "words"]),
        HASHABLE.map(lambda it: set[it]),  # type: ignore[valid-type]
    ),
    max_leaves=4,
)
KEYS = st.sampled_from(["latitude", "longitude", "tags", "deep", "depth", "name", "left", "right", "value", "children"])
ATOMS = st.sampled_from([None, True, False, 0, 1, 2, 1.0, 1.5, "a", "x", "red", "blue", "1"])
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


EXAMPLES: dict[Any, list[Any]] = {
    int: [0, 1, 2.0],
    float: [1, 1.5],
    str: ["a", "red"],
    bool: [True, False],
    None: [None],
    type(None): [None],
    Literal["a", 1]: ["a", 1, 1.0],
    Literal[True, "x"]: [True, "x"],
    Color: ["red", "blue"],
    Level: [1, 2],
    Place: [{"latitude": 1}, {"latitude": 1.5, "tags": ["a"]}],
    Options: [{"deep": True}, {"deep": False, "name": "a"}],
    Pair: [{"left": 1}, {"left": 1, "right": 2.0}],
    Node: [{"value": 1}, {"value": 1, "children": [{"value": 2, "children": []}]}],
}


def like(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that fit an annotation, with some in them that most likely do not."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return like(arguments[0])
    if annotation in EXAMPLES:
        fitting: st.SearchStrategy[Any] = st.sampled_from(EXAMPLES[annotation])
    elif origin is Union:
        fitting = st.one_of([like(it) for it in arguments])
    elif origin is dict:
        fitting = st.dictionaries(KEYS, like(arguments[1]), max_size=2)
    elif origin is tuple and arguments[-1] is not ...:
        fitting = st.tuples(*map(like, arguments)).map(list)
    else:
        fitting = st.lists(like(arguments[0]), max_size=3)
    return st.one_of(fitting, fitting, fitting, VALUES)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    annotation = draw(ANNOTATIONS)
    return annotation, draw(like(annotation))


def parameters_of(annotation: Any) -> tuple[dict[str, Any], Form]:
    forms = Forms()
    record = forms.record([Field("it", annotation)], dict)
    return {**record.schema, **({"$defs": forms.definitions} if forms.definitions else {})}, record


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_the_schema_takes_exactly_what_the_conversion_takes(pair: tuple[Any, Any]) -> None:
    annotation, value = pair
    schema, record = parameters_of(annotation)
    try:
        record.convert({"it": value})
    except Mismatch:
        assert not jsonschema_rs.is_valid(schema, {"it": value})
    else:
        assert jsonschema_rs.is_valid(schema, {"it": value})
        event("it fits")


@settings(max_examples=50, deadline=None)
@given(ANNOTATIONS)
def test_every_schema_makes_a_good_definition(annotation: Any) -> None:
    schema, _ = parameters_of(annotation)
    definition = {"type": "function", "function": {"name": "f", "parameters": json.loads(json.dumps(schema))}}
    assert faults(Definition(definition, Path("tools.py"))) == []
