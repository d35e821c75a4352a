"""What is valid and cannot be meant is warned about, with the nearest thing that can."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from glmcli.api.doubts import unknown_keys, warnings
from glmcli.api.validate import faults
from tests.api.schema_strategies import spoilt_bodies, valid_bodies

HI = [{"role": "user", "content": "hi"}]
modest = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def found(body: Any) -> list[tuple[str, str]]:
    assert faults(body) == []
    return [(it.pointer, it.sentence) for it in warnings(body)]


def with_hi(**more: Any) -> dict[str, Any]:
    return {"messages": HI, **more}


THINKING = "--think and --no-think send"
SPOKEN = {"voice": "alloy", "format": "mp3"}
FUNCTION = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # keys that the schema does not know
        (with_hi(temprature=1), [("/temprature", "is not a key of the schema; did you mean temperature?")]),
        (with_hi(topP=1), [("/topP", "is not a key of the schema; did you mean top_p?")]),
        (with_hi(MAX_TOKENS=1), [("/MAX_TOKENS", "is not a key of the schema; did you mean max_tokens?")]),
        (
            with_hi(max_output_tokens=1),
            [("/max_output_tokens", "is not a key of the schema; did you mean max_tokens?")],
        ),
        (with_hi(quux=1), [("/quux", "is not a key of the schema")]),
        ({"a/b~": 1, "prompt": "hi"}, [("/a~1b~0", "is not a key of the schema")]),
        (
            with_hi(top_k=1),
            [
                (
                    "/top_k",
                    "is not a key of the schema; did you mean top_p? (it has led to time-outs on Workers AI)",
                )
            ],
        ),
        (
            with_hi(enable_thinking=False),
            [
                (
                    "/enable_thinking",
                    f"is not a key of the schema (Workers AI ignores it here; {THINKING} it where it counts)",
                )
            ],
        ),
        (
            {"messages": [{"role": "user", "content": "hi", "nmae": "x"}]},
            [("/messages/0/nmae", "is not a key of the schema; did you mean name?")],
        ),
        (
            with_hi(tools=[{"type": "function", "function": {"name": "f", "paramters": {}, "parameters": {"x": 1}}}]),
            [("/tools/0/function/paramters", "is not a key of the schema; did you mean parameters?")],
        ),
        (with_hi(chat_template_kwargs={"enable_thinkin": 1}), [
            ("/chat_template_kwargs/enable_thinkin", "is not a key of the schema; did you mean enable_thinking?")
        ]),
        # sent on purpose, though the schema does not know them
        ({"messages": [{"role": "assistant", "reasoning": "r", "reasoning_content": "r"}]}, []),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "c", "name": "f"}]}, []),
        (with_hi(metadata={"x": 1}, tools=[FUNCTION]), []),
        # the form that is not looked at
        (
            {"prompt": "hi", "messages": []},
            [("/messages", "is not valid, and is let through only because prompt is given as well")],
        ),
        (
            {"prompt": "", "messages": HI},
            [("/prompt", "is not valid, and is let through only because messages is given as well")],
        ),
        # what means nothing without something else
        (with_hi(top_logprobs=2), [("/top_logprobs", "means nothing without logprobs: true")]),
        (with_hi(top_logprobs=2, logprobs=False), [("/top_logprobs", "means nothing without logprobs: true")]),
        (with_hi(top_logprobs=2, logprobs=True), []),
        (with_hi(stream_options={}), [("/stream_options", "means nothing without stream: true")]),
        (with_hi(stream_options={}, stream=True), []),
        (with_hi(tool_choice="auto", parallel_tool_calls=False), [
            ("/tool_choice", "means nothing without tools"),
            ("/parallel_tool_calls", "means nothing without tools"),
        ]),
        (with_hi(tool_choice="auto", parallel_tool_calls=False, tools=[FUNCTION]), []),
        (with_hi(function_call="auto"), [("/function_call", "means nothing without functions")]),
        (with_hi(modalities=["audio"]), [("/audio", "is missing, though modalities asks for audio")]),
        (with_hi(modalities=None), []),
        (with_hi(modalities=["text"], audio=SPOKEN), [("/audio", "means nothing without audio among the modalities")]),
        (with_hi(audio=SPOKEN), [("/audio", "means nothing without audio among the modalities")]),
        (with_hi(modalities=["text", "audio"], audio=SPOKEN), []),
        # what is chosen and not there
        (
            with_hi(tools=[FUNCTION], tool_choice={"type": "function", "function": {"name": "weather"}}),
            [("/tool_choice/function/name", '"weather" is not among the tools')],
        ),
        (
            with_hi(tools=[FUNCTION], tool_choice={"type": "function", "function": {"name": "requird"}}),
            [("/tool_choice/function/name", '"requird" is not among the tools; did you mean required?')],
        ),
        (
            with_hi(tools=[FUNCTION], tool_choice={"type": "custom", "custom": {"name": "f"}}),
            [("/tool_choice/custom/name", '"f" is not among the tools')],
        ),
        (with_hi(tools=[FUNCTION], tool_choice=FUNCTION), []),
        (
            with_hi(
                tools=[FUNCTION], tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
            ),
            [],
        ),
        (
            with_hi(functions=[{"name": "weather"}], function_call={"name": "waether"}),
            [("/function_call/name", '"waether" is not among the functions; did you mean weather?')],
        ),
        (with_hi(functions=[{"name": "weather"}], function_call={"name": "weather"}), []),
        (with_hi(functions=[{"name": "weather"}], function_call="auto"), []),
        (
            with_hi(response_format={"type": "json_schema", "json_schema": {"name": "x"}}),
            [("/response_format/json_schema/schema", "is missing, so the answer is held to no schema")],
        ),
        (with_hi(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}), []),
        # bounds in words
        (with_hi(max_tokens=-5, max_completion_tokens=-5), [("/max_tokens", "-5 leaves no room for an answer")]),
        (with_hi(max_tokens=None, max_completion_tokens=0), [
            ("/max_completion_tokens", "0 leaves no room for an answer")
        ]),
        (with_hi(metadata={str(it): "" for it in range(17)}), [("/metadata", "has 17 pairs; at most 16 are kept")]),
        (with_hi(logit_bias={"1": -100, "2": 101, "3": "x", "4": 0.5}), [
            ("/logit_bias/2", "101 is not a number from -100 to 100"),
            ("/logit_bias/3", '"x" is not a number from -100 to 100'),
        ]),
        (with_hi(logit_bias={"hello/": -1}), [("/logit_bias/hello~1", "is not the number of a token")]),
        # parts
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "file", "text": ""}]}]},
            [("/messages/0/content/1/file", "is missing, so the part is empty")],
        ),
        ({"prompt": "hi"}, []),
    ],
    ids=str,
)  # fmt: skip
def test_the_doubt_is_named(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(body) == expected


@modest
@given(valid_bodies())
def test_a_body_made_from_the_schema_has_no_unknown_keys(body: dict[str, Any]) -> None:
    assert unknown_keys(body) == []
    warnings(body)


@modest
@given(spoilt_bodies())
def test_unknown_keys_are_found_in_any_body(body: Any) -> None:
    assert all("is not a key of the schema" in it.message for it in unknown_keys(body))
    if not faults(body):
        warnings(body)


def test_a_body_that_is_no_object_has_no_keys() -> None:
    assert unknown_keys(["temprature"]) == []
