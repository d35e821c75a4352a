"""JSON from a user is read as it was written, or refused in one line."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.json_text import NotJson, parse
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
