"""JSON from a user is read as it was written, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.json_text import NotJson, line_of, parse
from glmcli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, true, null, "é"]}', {"a": [1, 2.5, True, None, "é"]}),
        ("\ufeff1", 1),
        (b"\xef\xbb\xbf[1e2]", [100.0]),
        ('"\\ud83d\\ude00"', "😀"),
        ("1e-400", 0.0),
        ('{"a": {"b": 1}, "b": 1}', {"a": {"b": 1}, "b": 1}),
    ],
)
def test_json_is_read(text: str | bytes, value: Any) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: line 1, column 1: expecting value"),
        ('{"a": 1,\n "b" 2}', "not JSON: line 2, column 6: expecting ':' delimiter"),
        ("hot", "not JSON: line 1, column 1: expecting value"),
        ("NaN", "not JSON: NaN is not a JSON number"),
        ('{"a": -Infinity}', "not JSON: -Infinity is not a JSON number"),
        (b'{"a": "\xff"}', "not UTF-8: byte 8 is 0xff"),
    ],
)
def test_what_is_no_json_is_said_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(NotJson) as error:
        parse(text)
    assert error.value.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": 2, "a": 3}', 'the key "a" stands twice in one JSON object'),
        ("1e400", "the number 1e400 is too large"),
        ("-1e999999999999999999999999", "the number -1e9999999999999999… is too large"),
        ("1" * 5000, "the number 1111111111111111111… is too large"),
        ("[" * 100_000, "the JSON is nested too deeply"),
    ],
    ids=["twice", "infinite", "cut", "digits", "deep"],
)
def test_json_that_python_would_change_or_choke_on_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    assert not isinstance(error.value, NotJson)
    assert error.value.message == message


# --- places ------------------------------------------------------------------------------------------------------

TEXT = """\ufeff{
  "a/b": 1, "m~n": [
    {"x": "]}\\", {"},
    [1, [2], {"y": [3]},
     4],
    {
      "y": {"x": [],
            "é": 5}
    }
  ],
  "y":
    true, "\\u0079y": {}
}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/a~1b", 2),
        ("/m~0n", 2),
        ("/m~0n/0", 3),
        ("/m~0n/0/x", 3),
        ("/m~0n/1/0", 4),
        ("/m~0n/1/1/0", 4),
        ("/m~0n/1/2/y/0", 4),
        ("/m~0n/1/3", 5),
        ("/m~0n/2", 6),
        ("/m~0n/2/y/x", 7),
        ("/m~0n/2/y/é", 8),
        ("/y", 12),
        ("/yy", 12),
        # what is not there stands in what is
        ("/z", 1),
        ("/m~0n/2/z", 6),
        ("/m~0n/9", 2),
        ("/m~0n/2/y/x/0", 7),
        ("/y/0/x", 12),
    ],
)
def test_the_line_of_a_place_is_found(pointer: str, line: int) -> None:
    assert line_of(TEXT, pointer) == line


def test_a_blank_text_has_no_places() -> None:
    assert line_of(" \n", "") is None


def test_a_text_of_one_value_has_one_place() -> None:
    assert line_of("\n7", "/0/a") == 2
    assert line_of("\n[", "/0") == 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(values, st.booleans())
def test_every_value_is_found_on_the_line_that_holds_it(value: Any, ascii_only: bool) -> None:
    # Written by an indenting writer, whose n-th line is that of the n-th value, if it is no closing bracket.
    lines = json.dumps(value, indent=1, ensure_ascii=ascii_only).split("\n")
    opening = [number for number, line in enumerate(lines, 1) if line.strip(" ,") not in ("}", "]")]
    pointers = list(_pointers(value, ""))
    assert [line_of("\n".join(lines), it) for it in pointers] == opening


def _pointers(value: Any, pointer: str) -> Iterator[str]:
    yield pointer
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _pointers(item, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def test_a_long_text_is_looked_through_once() -> None:
    text = json.dumps({"picture": "\\" * 1_000_000, "deep": json.loads("[" * 500 + "]" * 500), "last": 1}, indent=1)
    assert line_of(text, "/last") == text.count("\n")
