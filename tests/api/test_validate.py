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


# --- the culprit -------------------------------------------------------------------------------------------------

ROLES = "developer, system, user, assistant, tool, function"
PARTS = "text, image_url, input_audio, file"
CORPUS: list[tuple[Any, list[tuple[str, str]]]] = [
    # the body itself
    ([], [("", "[] is a list; an object is wanted")]),
    (None, [("", "null is nothing; an object is wanted")]),
    ("hi", [("", '"hi" is a string; an object is wanted')]),
    ({}, [("/messages", "is missing, and so is prompt; one of them is wanted")]),
    ({"temperature": 1}, [("/messages", "is missing, and so is prompt; one of them is wanted")]),
    ({"prompt": "hi", "messages": HI}, [("/prompt", "stands beside messages; only one of them is allowed")]),
    (
        {"prompt": "", "messages": []},
        [("/prompt", "is empty; at least 1 character is wanted"), ("/messages", "is empty; at least 1 item is wanted")],
    ),
    ({"prompt": ""}, [("/prompt", "is empty; at least 1 character is wanted")]),
    ({"prompt": ["hi"]}, [("/prompt", '["hi"] is a list; a string is wanted')]),
    ({"prompt": None}, [("/prompt", "null is not allowed; a string is wanted")]),
    ({"prompt": "", "messages": HI, "top_p": 2}, [("/top_p", "2 is above the maximum 1")]),
    # messages
    ({"messages": []}, [("/messages", "is empty; at least 1 item is wanted")]),
    ({"messages": "hi"}, [("/messages", '"hi" is a string; a list is wanted')]),
    ({"messages": None}, [("/messages", "null is not allowed; a list is wanted")]),
    ({"messages": HI[0]}, [("/messages", '{"role": "user", "content": "hi"} is an object; a list is wanted')]),
    ({"messages": ["hi"]}, [("/messages/0", '"hi" is a string; an object is wanted')]),
    ({"messages": [{}]}, [("/messages/0/role", f"is missing; one of {ROLES} is wanted")]),
    ({"messages": [{"content": "hi"}]}, [("/messages/0/role", f"is missing; one of {ROLES} is wanted")]),
    (says("hi", "robot"), [("/messages/0/role", f'"robot" is not one of {ROLES}')]),
    ({"messages": [{"role": 5, "content": "hi"}]}, [("/messages/0/role", f"5 is not one of {ROLES}")]),
    ({"messages": [{"role": "user"}]}, [("/messages/0/content", "is missing")]),
    ({"messages": [*HI, {"role": "tool", "content": "x"}]}, [("/messages/1/tool_call_id", "is missing")]),
    (
        {"messages": [{"role": "tool"}]},
        [("/messages/0/content", "is missing"), ("/messages/0/tool_call_id", "is missing")],
    ),
    ({"messages": [{"role": "function", "content": "x"}]}, [("/messages/0/name", "is missing")]),
    (says(None), [("/messages/0/content", "null is not allowed; a string or a list is wanted")]),
    (says(5), [("/messages/0/content", "5 is an integer; a string or a list is wanted")]),
    (says({"type": "text"}), [("/messages/0/content", '{"type": "text"} is an object; a string or a list is wanted')]),
    (
        says(["x"], "function"),
        [("/messages/0/content", '["x"] is a list; a string is wanted'), ("/messages/0/name", "is missing")],
    ),
    (says([]), [("/messages/0/content", "is empty; at least 1 item is wanted")]),
    (says(["x"]), [("/messages/0/content/0", '"x" is a string; an object is wanted')]),
    (says([{"text": "x"}]), [("/messages/0/content/0/type", "is missing")]),
    (says([{"type": "video"}]), [("/messages/0/content/0/type", f'"video" is not one of {PARTS}')]),
    (says([{"type": "text", "text": 5}]), [("/messages/0/content/0/text", "5 is an integer; a string is wanted")]),
    (says([{"type": "text"}], "system"), [("/messages/0/content/0/text", "is missing")]),
    (
        says([{"type": "image_url", "text": "x"}], "system"),
        [("/messages/0/content/0/type", '"image_url" is not one of text')],
    ),
    (
        says([{"type": "image_url", "image_url": "http://x"}]),
        [("/messages/0/content/0/image_url", '"http://x" is a string; an object is wanted')],
    ),
    (
        says([{"type": "image_url", "image_url": {"url": "u", "detail": "max"}}]),
        [("/messages/0/content/0/image_url/detail", '"max" is not one of auto, low, high')],
    ),
    (
        says([{"type": "input_audio", "input_audio": {"data": "x", "format": "ogg"}}]),
        [("/messages/0/content/0/input_audio/format", '"ogg" is not one of wav, mp3')],
    ),
    (
        assistant(content=[{"type": "refusal", "refusal": 1}]),
        [("/messages/0/content/0/refusal", "1 is an integer; a string is wanted")],
    ),
    (assistant(tool_calls=None), [("/messages/0/tool_calls", "null is not allowed; a list is wanted")]),
    (assistant(audio=None), [("/messages/0/audio", "null is not allowed; an object is wanted")]),
    (
        assistant(tool_calls=[{**CALL, "function": {"name": "f", "arguments": {"a": 1}}}]),
        [("/messages/0/tool_calls/0/function/arguments", '{"a": 1} is an object; a string is wanted')],
    ),
    (
        assistant(tool_calls=[{"type": "function", "function": {"name": "f", "arguments": ""}}]),
        [("/messages/0/tool_calls/0/id", "is missing")],
    ),
    (
        assistant(tool_calls=[{"id": "c"}]),
        [("/messages/0/tool_calls/0/type", "is missing; one of function, custom is wanted")],
    ),
    (
        assistant(tool_calls=[{"id": "c", "type": "custom", "function": {}}]),
        [("/messages/0/tool_calls/0/custom", "is missing")],
    ),
    (assistant(function_call={"name": "f"}), [("/messages/0/function_call/arguments", "is missing")]),
    # numbers
    (with_hi(temperature=3), [("/temperature", "3 is above the maximum 2")]),
    (with_hi(temperature=-0.1), [("/temperature", "-0.1 is below the minimum 0")]),
    (with_hi(temperature="hot"), [("/temperature", '"hot" is a string; a number is wanted')]),
    (with_hi(temperature=True), [("/temperature", "true is a boolean; a number is wanted")]),
    (with_hi(temperature=[1]), [("/temperature", "[1] is a list; a number is wanted")]),
    (with_hi(top_p=1.01), [("/top_p", "1.01 is above the maximum 1")]),
    (with_hi(n=0), [("/n", "0 is below the minimum 1")]),
    (with_hi(n=129), [("/n", "129 is above the maximum 128")]),
    (with_hi(seed=1.5), [("/seed", "1.5 is a fraction; an integer is wanted")]),
    (with_hi(max_tokens="100"), [("/max_tokens", '"100" is a string; an integer is wanted')]),
    (with_hi(max_completion_tokens=False), [("/max_completion_tokens", "false is a boolean; an integer is wanted")]),
    (with_hi(top_logprobs=21), [("/top_logprobs", "21 is above the maximum 20")]),
    (with_hi(frequency_penalty=-3), [("/frequency_penalty", "-3 is below the minimum -2")]),
    # choices and switches
    (with_hi(reasoning_effort="loud"), [("/reasoning_effort", '"loud" is not one of low, medium, high, null')]),
    (with_hi(reasoning_effort=5), [("/reasoning_effort", "5 is not one of low, medium, high, null")]),
    (
        with_hi(service_tier="fast"),
        [("/service_tier", '"fast" is not one of auto, default, flex, scale, priority, null')],
    ),
    (with_hi(store="yes"), [("/store", '"yes" is a string; true or false is wanted')]),
    (with_hi(parallel_tool_calls=None), [("/parallel_tool_calls", "null is not allowed; true or false is wanted")]),
    (with_hi(stream=1), [("/stream", "1 is an integer; true or false is wanted")]),
    (with_hi(model=None), [("/model", "null is not allowed; a string is wanted")]),
    (with_hi(user=7), [("/user", "7 is an integer; a string is wanted")]),
    # lists
    (with_hi(stop=[]), [("/stop", "is empty; at least 1 item is wanted")]),
    (with_hi(stop=list("abcde")), [("/stop", "has 5 items; at most 4 are allowed")]),
    (with_hi(stop=5), [("/stop", "5 is an integer; a string or a list is wanted")]),
    (with_hi(stop=["a", 5]), [("/stop/1", "5 is an integer; a string is wanted")]),
    (with_hi(modalities=["text", "video"]), [("/modalities/1", '"video" is not one of text, audio')]),
    (with_hi(modalities="text"), [("/modalities", '"text" is a string; a list is wanted')]),
    (with_hi(functions=[]), [("/functions", "is empty; at least 1 item is wanted")]),
    (with_hi(functions=[{"name": "f"}] * 129), [("/functions", "has 129 items; at most 128 are allowed")]),
    # tools
    (with_hi(tools=None), [("/tools", "null is not allowed; a list is wanted")]),
    (with_hi(tools=[{"name": "f"}]), [("/tools/0/type", "is missing; one of function, custom is wanted")]),
    (with_hi(tools=[{"type": "web"}]), [("/tools/0/type", '"web" is not one of function, custom')]),
    (with_hi(tools=[{"type": "function"}]), [("/tools/0/function", "is missing")]),
    (
        with_hi(tools=[{"type": "function", "function": {"description": False}}]),
        [
            ("/tools/0/function/name", "is missing"),
            ("/tools/0/function/description", "false is a boolean; a string is wanted"),
        ],
    ),
    (
        with_hi(
            tools=[
                {
                    "type": "custom",
                    "custom": {"name": "c", "format": {"type": "grammar", "grammar": {"syntax": "ebnf"}}},
                }
            ]
        ),
        [
            ("/tools/0/custom/format/grammar/definition", "is missing"),
            ("/tools/0/custom/format/grammar/syntax", '"ebnf" is not one of lark, regex'),
        ],
    ),
    (with_hi(tool_choice="any"), [("/tool_choice", '"any" is not one of none, auto, required')]),
    (with_hi(tool_choice=5), [("/tool_choice", "5 is an integer; none, auto, required or an object is wanted")]),
    (with_hi(tool_choice=None), [("/tool_choice", "null is not allowed; none, auto, required or an object is wanted")]),
    (
        with_hi(tool_choice={"type": "tool"}),
        [("/tool_choice/type", '"tool" is not one of function, custom, allowed_tools')],
    ),
    (with_hi(tool_choice={"type": "function", "name": "f"}), [("/tool_choice/function", "is missing")]),
    (with_hi(function_call={}), [("/function_call/name", "is missing")]),
    # other objects
    (
        with_hi(response_format={}),
        [("/response_format/type", "is missing; one of text, json_object, json_schema is wanted")],
    ),
    (with_hi(response_format="json"), [("/response_format", '"json" is a string; an object is wanted')]),
    (
        with_hi(response_format={"type": "json"}),
        [("/response_format/type", '"json" is not one of text, json_object, json_schema')],
    ),
    (with_hi(response_format={"type": "json_schema"}), [("/response_format/json_schema", "is missing")]),
    (
        with_hi(response_format={"type": "json_schema", "json_schema": {"schema": True}}),
        [
            ("/response_format/json_schema/name", "is missing"),
            ("/response_format/json_schema/schema", "true is a boolean; an object is wanted"),
        ],
    ),
    (
        with_hi(audio={"format": "ogg"}),
        [("/audio/voice", "is missing"), ("/audio/format", '"ogg" is not one of wav, aac, mp3, flac, opus, pcm16')],
    ),
    (with_hi(audio={"voice": {}, "format": "wav"}), [("/audio/voice/id", "is missing")]),
    (
        with_hi(audio={"voice": 5, "format": "wav"}),
        [("/audio/voice", "5 is an integer; a string or an object is wanted")],
    ),
    (with_hi(metadata="a=b"), [("/metadata", '"a=b" is a string; an object is wanted')]),
    (
        with_hi(stream_options={"include_usage": None}),
        [("/stream_options/include_usage", "null is not allowed; true or false is wanted")],
    ),
    (
        with_hi(prediction={"type": "content", "content": [{"type": "text"}]}),
        [("/prediction/content/0/text", "is missing")],
    ),
    (
        with_hi(web_search_options={"search_context_size": "big", "user_location": {"type": "approximate"}}),
        [
            ("/web_search_options/search_context_size", '"big" is not one of low, medium, high'),
            ("/web_search_options/user_location/approximate", "is missing"),
        ],
    ),
    (
        with_hi(chat_template_kwargs={"enable_thinking": "no"}),
        [("/chat_template_kwargs/enable_thinking", '"no" is a string; true or false is wanted')],
    ),
    # several at once, wherever they are
    (
        {"messages": [*HI, {"role": "user"}], "temperature": 3, "n": "two", "extra": 1},
        [
            ("/messages/1/content", "is missing"),
            ("/n", '"two" is a string; an integer is wanted'),
            ("/temperature", "3 is above the maximum 2"),
        ],
    ),
]


@pytest.mark.parametrize(("body", "expected"), CORPUS, ids=[str(expected[0]) for _, expected in CORPUS])
def test_the_real_culprit_is_named(body: Any, expected: list[tuple[str, str]]) -> None:
    assert found(body) == expected
    assert not ours_rs.is_valid(body)


def test_the_corpus_is_large_and_judged_alike_by_the_documented_schema() -> None:
    assert len(CORPUS) >= 100
    newer = [body for body, _ in CORPUS if documented.is_valid(body)]
    assert newer == [with_hi(chat_template_kwargs={"enable_thinking": "no"})]


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
                ("/messages/0", "[" * 59 + "… is a list; an object is wanted"),
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
