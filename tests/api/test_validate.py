"""The verdict on a request body is any validator's; the culprit it names is the real one."""

from __future__ import annotations

import copy
import datetime
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from glmcli.api import shapes
from glmcli.api.fields import schema
from glmcli.api.sendable import Fault, shown
from glmcli.api.validate import faults, normalise
from tests.api.schema_strategies import spoilt_bodies, valid_bodies

DOCUMENTED = json.loads((Path(__file__).parents[1] / "spec" / "request.schema.json").read_bytes())
HI = [{"role": "user", "content": "hi"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ROLES = "developer, system, user, assistant, tool, function"

ours_rs = jsonschema_rs.validator_for(schema())
ours_py = jsonschema.Draft202012Validator(schema())
documented = jsonschema_rs.validator_for(DOCUMENTED)

modest = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def found(body: Any) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.message) for fault in faults(body)]


def says(message: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": message}]}


def assistant(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", **more}]}


def with_hi(**more: Any) -> dict[str, Any]:
    return {"messages": HI, **more}


# --- the verdict -------------------------------------------------------------------------------------------------


@modest
@given(valid_bodies())
def test_every_body_made_from_the_schema_is_valid(body: dict[str, Any]) -> None:
    assert faults(body) == []
    assert faults(normalise(body)) == []


@modest
@given(spoilt_bodies())
def test_the_verdict_is_that_of_two_other_validators(body: Any) -> None:
    verdict = not faults(body)
    assert verdict == ours_rs.is_valid(body)
    assert verdict == ours_py.is_valid(body)
    if "chat_template_kwargs" not in body:
        assert verdict == documented.is_valid(body)
    assert isinstance(json.dumps(found(body)), str)


@modest
@given(spoilt_bodies())
def test_mending_every_fault_that_is_named_mends_the_body(body: Any) -> None:
    # What is named must be a culprit: without the named places, or with them filled, nothing may be left to say
    # but that something required is missing.
    for fault in reversed(faults(body)):
        _remove(body, fault.pointer)
    for fault in faults(body):
        assert fault.message.startswith(("is missing", "is empty"))


def _remove(body: Any, pointer: str) -> None:
    *around, last = pointer.split("/")[1:]
    for key in around:
        try:
            body = body[int(key)] if isinstance(body, list) else body[key]
        except (KeyError, IndexError):  # it went with another one
            return
    if isinstance(body, dict):
        body.pop(last, None)
    elif isinstance(body, list):
        del body[int(last) :]


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "hi"},
        {"messages": HI},
        {"prompt": "", "messages": HI},
        {"prompt": 7, "messages": HI},
        {"prompt": "hi", "messages": []},
        {"prompt": "hi", "messages": "oops"},
        {"prompt": "hi", "messages": [{"role": "robot"}]},
        with_hi(max_tokens=-5),
        with_hi(max_tokens=1.0, n=2.0, seed=1e2),
        with_hi(anything_else={"a": [1]}),
        with_hi(temperature=None, stop=None, n=None, reasoning_effort=None, metadata=None),
        with_hi(stop="END"),
        with_hi(tools=[]),
        says([{"type": "text"}]),
        says([], "system"),
        assistant(),
        assistant(content=None, refusal=None, tool_calls=[CALL]),
        with_hi(tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}]}}),
        with_hi(audio={"voice": {"id": "v"}, "format": "wav"}),
        with_hi(chat_template_kwargs={"enable_thinking": False}),
    ],
    ids=str,
)
def test_a_body_that_looks_odd_may_be_valid(body: dict[str, Any]) -> None:
    assert faults(body) == []
    assert documented.is_valid(body)


# --- what JSON cannot hold ---------------------------------------------------------------------------------------


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (with_hi(temperature=float("nan")), [("/temperature", "nan is not a number that JSON knows")]),
        (with_hi(seed=float("inf")), [("/seed", "inf is not a number that JSON knows")]),
        (
            with_hi(metadata={"a/b~": [1, float("-inf")]}),
            [("/metadata/a~1b~0/1", "-inf is not a number that JSON knows")],
        ),
        (says("a\ud800"), [("/messages/0/content", "holds half of a surrogate pair")]),
        (
            with_hi(metadata={"\udc00": {"é": "\udc00"}}),
            [
                ("/metadata", "has a key with half of a surrogate pair"),
                ("/metadata/\ufffd/é", "holds half of a surrogate pair"),
            ],
        ),
        (with_hi(metadata={1: "a"}), [("/metadata", "has the key 1, which is not a string")]),
        (
            with_hi(metadata={"day": datetime.date(2026, 1, 2)}),
            [("/metadata/day", "a date is nothing that JSON knows")],
        ),
        (with_hi(temperature=datetime.time(1)), [("/temperature", "a time is nothing that JSON knows")]),
        (datetime.time(1), [("", "a time is nothing that JSON knows")]),
        (with_hi(metadata={"a": nested(2000)}), [("/metadata", "is nested more than 500 levels deep")]),
        (nested(2000), [("/0", "is nested more than 500 levels deep")]),
        (
            {"messages": nested(2000), "n": 0},
            [
                ("/messages", "is nested more than 500 levels deep"),
                ("/messages/0", "[" * 59 + f"… is a list; an object of role {ROLES} is wanted"),
                ("/n", "0 is below the minimum 1"),
            ],
        ),
    ],
    ids=lambda it: it[0][0] if isinstance(it, list) and it and isinstance(it[0], tuple) else "",
)
def test_what_cannot_be_sent_is_a_fault(body: Any, expected: list[tuple[str, str]]) -> None:
    assert found(body) == expected


def test_deep_nesting_that_can_be_sent_is_no_fault() -> None:
    body = with_hi(metadata={"a": nested(490)})
    assert faults(body) == []
    assert json.loads(json.dumps(body)) == body


# --- messages ----------------------------------------------------------------------------------------------------


def test_a_message_never_holds_more_than_60_characters_of_the_body() -> None:
    picture = "data:image/png;base64," + "A" * 1_000_000
    body = {"messages": [{"role": picture, "content": [picture]}], "temperature": picture, "stop": {picture: picture}}
    cut = '"' + picture[:58] + "…"
    assert found(body) == [
        ("/messages/0/role", f"{cut} is not one of {ROLES}"),
        ("/stop", '{"' + picture[:57] + "… is an object; a string or a list is wanted"),
        ("/temperature", f"{cut} is a string; a number is wanted"),
    ]


def test_a_value_is_shown_on_one_line_and_can_be_encoded() -> None:
    assert shown("a\nb\ud800é") == '"a\\nb\ufffdé"'
    assert shown("x" * 58) == '"' + "x" * 58 + '"'
    assert shown("x" * 59) == '"' + "x" * 58 + "…"
    assert shown("x" * 61) == '"' + "x" * 58 + "…"
    assert shown({"a": [1, None]}) == '{"a": [1, null]}'


# --- normalise ---------------------------------------------------------------------------------------------------


def test_a_whole_float_becomes_an_integer_only_where_an_integer_is_wanted() -> None:
    schema_of_tool = {"type": "function", "function": {"name": "f", "parameters": {"minimum": 1.0}}}
    body = {"messages": HI, "n": 1.0, "seed": 1e2, "temperature": 1.0, "tools": [schema_of_tool], "max_tokens": None}
    before = copy.deepcopy(body)
    assert json.dumps(normalise(body)) == json.dumps(
        {"messages": HI, "n": 1, "seed": 100, "temperature": 1.0, "tools": [schema_of_tool], "max_tokens": None}
    )
    assert json.dumps(body) == json.dumps(before)


def test_a_fraction_and_an_unknown_key_stay_as_they_are() -> None:
    assert json.dumps(normalise({"n": 1.5, "x": 1.0})) == '{"n": 1.5, "x": 1.0}'


# --- the schema is of the kind that this validator follows -------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        {"anyOf": [{"type": "string"}, {"type": "string"}]},
        {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        {"oneOf": [{"type": "object"}, {"type": "object"}]},
        {
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]},
            ]
        },
        {"type": "object", "required": ["a"]},
        {"type": "array"},
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
    ],
    ids=str,
)
def test_a_schema_that_one_look_cannot_decide_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        shapes.rule(part, {})


def test_the_time_to_judge_grows_with_the_length_and_no_faster() -> None:
    turn = [{"role": "user", "content": "x" * 500}, {"role": "assistant", "content": "é" * 500}]

    def seconds(turns: int) -> float:
        start = time.perf_counter()
        assert faults({"messages": turn * turns}) == []
        return time.perf_counter() - start

    # About 1 ms for 200 messages on a quiet machine. Ten times the messages may take ten times that; were it
    # quadratic, it would be a hundred times.
    assert min(seconds(1000) for _ in range(5)) < 40 * min(seconds(100) for _ in range(5))


def test_a_fault_is_a_plain_value() -> None:
    assert faults({"prompt": ""}) == [Fault("/prompt", "is empty; at least 1 character is wanted")]
    fault = Fault("/tools/0/type", '"funktion" is not one of x', "role tool", "did you mean x?")
    assert fault.sentence == '"funktion" is not one of x for role tool; did you mean x?'
