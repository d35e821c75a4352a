"""One payload after the other, decoded into events (wire-protocol §2, §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glmcli.api.decode import Decoder
from glmcli.api.events import (
    Annotation,
    Audio,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.errors import GlmError, IncompleteError, ServerError
from tests.api.decoding import DONE, END, HM, NO_TEXT, STOP, chunk, decoded, message, streamed, whole


@pytest.mark.parametrize(
    ("delta", "events"),
    [
        ({"content": None}, []),
        ({"content": ""}, []),
        ({"role": "assistant"}, []),
        ({}, []),
        ({"content": 4}, [TextDelta("4")]),
        ({"content": {"a": "é"}}, [TextDelta('{"a": "é"}')]),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, [TextDelta("a"), TextDelta("b")]),
        ({"content": [{"text": "a"}, {"text": "b"}]}, [TextDelta("ab")]),
        ({"content": [{"type": "thinking", "text": "a"}, {"type": "output_text", "text": "b"}]}, [HM, TextDelta("b")]),
        ({"content": [{"type": "refusal", "refusal": "a"}, {"type": "text"}]}, [RefusalDelta("a"), NO_TEXT]),
        ({"content": []}, []),
        ({"content": [1, {"text": "b"}]}, [TextDelta('[1, {"text": "b"}]')]),
        ({"reasoning_content": "a", "reasoning": "a"}, [ReasoningDelta("a")]),
        ({"reasoning_content": None, "reasoning": "a"}, [ReasoningDelta("a", field="reasoning")]),
        ({"reasoning_content": "", "reasoning": "a"}, [ReasoningDelta("a", field="reasoning")]),
        ({"reasoning": {"effort": "low"}, "reasoning_content": 3}, []),
        ({"content": "b", "reasoning_content": "a"}, [ReasoningDelta("a"), TextDelta("b")]),
        ({"refusal": "no"}, [RefusalDelta("no")]),
        ({"refusal": None}, []),
        ({"annotations": [{"type": "x"}, 3]}, [Annotation({"type": "x"})]),
        ({"annotations": "x"}, []),
        ({"audio": {"data": "QQ=="}}, [Audio({"data": "QQ=="})]),
        ({"audio": None}, []),
        ({"odd": 1, "null": None}, [Metadata({"odd": 1, "null": None}, "message")]),
        ({"function_call": {"name": "f", "arguments": "{}"}}, [ToolCalled("", "f", "{}", "function_call")]),
        ({"tool_calls": [{"name": "f"}]}, [ToolCalled("call_1", "f", "{}")]),
        ({"tool_calls": None, "function_call": None}, []),
    ],
)
def test_a_delta_gives_its_events(delta: dict[str, Any], events: list[Event]) -> None:
    assert streamed(chunk(delta), STOP) == [*events, END]


def test_reasoning_may_come_between_text() -> None:
    assert streamed(chunk({"content": "a"}), chunk({"reasoning": "b"}), chunk({"content": "c"}, "stop")) == [
        TextDelta("a"),
        ReasoningDelta("b", field="reasoning"),
        TextDelta("c"),
        END,
    ]


def test_choices_may_come_in_any_order() -> None:
    two = [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]
    ends = [{"index": 0, "delta": {}, "finish_reason": "stop"}, {"index": 1, "delta": {}, "finish_reason": "length"}]
    assert streamed({"choices": two}, {"choices": ends}) == [
        TextDelta("b", 1),
        TextDelta("a", 0),
        Finished(("stop", "length")),
    ]


def test_choices_without_a_sensible_index_go_by_their_place() -> None:
    rest = [{"index": index, "delta": {"content": "x"}, "finish_reason": "stop"} for index in (None, "1", -1, 10**9)]
    assert streamed({"choices": [*rest, "odd", None]}) == [
        *(TextDelta("x", index) for index in range(4)),
        Finished(("stop",) * 4),
    ]


def test_a_choice_that_never_came_has_no_reason() -> None:
    assert streamed(chunk({"content": "a"}, "stop", index=2)) == [TextDelta("a", 2), Finished((None, None, "stop"))]


def test_log_probabilities_come_with_their_channel() -> None:
    a, b = {"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1}
    logprobs = {"content": [a, b], "refusal": [b]}
    assert streamed(chunk({"content": "ab"}, "stop", logprobs=logprobs), chunk(logprobs={"content": None})) == [
        TextDelta("ab"),
        LogProbs((a, b)),
        LogProbs((b,), 0, "refusal"),
        END,
    ]


@pytest.mark.parametrize(
    ("logprobs", "of_stream", "of_whole"),
    [
        (None, None, None),
        ({"content": [], "refusal": None}, None, {"content": []}),
        ({"content": None, "refusal": None}, None, {}),
        ({"tokens": ["a"], "odd": None}, {"tokens": ["a"]}, {"tokens": ["a"], "odd": None}),
        ([1], [1], [1]),
        ({}, None, {}),
    ],
)
def test_log_probabilities_of_another_form_are_passed_on(logprobs: Any, of_stream: Any, of_whole: Any) -> None:
    def news(rest: Any) -> list[Event]:
        return [] if rest is None else [Metadata({"logprobs": rest}, "choice")]

    assert streamed(chunk({"content": "a"}, "stop", logprobs=logprobs)) == [TextDelta("a"), *news(of_stream), END]
    answer = message("a")
    answer["choices"][0]["logprobs"] = logprobs
    assert whole(answer) == [TextDelta("a"), *news(of_whole), END]


def test_the_first_finish_reason_stays() -> None:
    assert streamed(chunk({}, "tool_calls"), chunk({}, "stop"), chunk({}, "")) == [Finished(("tool_calls",))]


def test_the_oldest_form_of_a_choice_has_a_text() -> None:
    assert whole({"object": "text_completion", "choices": [{"text": "abc", "finish_reason": "length"}]}) == [
        TextDelta("abc"),
        Finished(("length",)),
    ]


def test_unknown_keys_are_said_once_per_value_and_never_the_padding() -> None:
    def odd(**more: Any) -> dict[str, Any]:
        return {**chunk({"content": "a"}), "p": "x", "obfuscation": "y", "tier": None, **more}

    assert streamed(odd(), odd(tier="a"), odd(), STOP) == [
        Metadata({"tier": None}),
        TextDelta("a"),
        Metadata({"tier": "a"}),
        TextDelta("a"),
        TextDelta("a"),
        END,
    ]

    delta = {"content": "", "odd": 1}
    assert streamed(chunk(delta, kind="x"), chunk(delta, kind="x"), STOP) == [
        Metadata({"odd": 1}, "message"),
        Metadata({"kind": "x"}, "choice"),
        END,
    ]
    assert streamed(odd(id="1", created=1, tier="a"), odd(id="1", created=2, tier="a"), odd(tier="b"), STOP) == [
        Metadata({"id": "1", "created": 1, "tier": "a"}),
        TextDelta("a"),
        TextDelta("a"),
        Metadata({"tier": "b"}),
        TextDelta("a"),
        END,
    ]


def test_half_a_character_waits_for_its_other_half() -> None:
    deltas = [{"content": "a\ud83c"}, {"content": "\udf0a"}, {"reasoning": "\ud83c"}, {"refusal": "\udf0a\ud83c"}]
    assert streamed(*map(chunk, deltas), STOP) == [
        TextDelta("a"),
        TextDelta("🌊"),
        RefusalDelta("\ufffd"),
        ReasoningDelta("\ufffd"),
        RefusalDelta("\ufffd"),
        END,
    ]
    assert streamed(
        chunk({"content": "\ud83c"}), chunk({"reasoning": "\ud83c"}), chunk({"refusal": "\ud83c"}), STOP
    ) == [
        ReasoningDelta("\ufffd"),
        TextDelta("\ufffd"),
        RefusalDelta("\ufffd"),
        END,
    ]


def test_thinking_in_tags_is_reasoning_and_its_end_is_given_out_at_the_end() -> None:
    assert streamed(chunk({"content": "<think>so"}), chunk({"content": "</think>\n\nyes <"}, "stop")) == [
        ReasoningDelta("so"),
        TextDelta("yes <"),
        END,
    ]
    assert streamed(chunk({"content": "yes <thi"}, "stop")) == [TextDelta("yes "), TextDelta("<thi"), END]


def test_where_reasoning_has_its_own_name_tags_are_text() -> None:
    assert streamed(chunk({"content": "<thi"}), chunk({"reasoning": "a"}), chunk({"content": "<think>b"}, "stop")) == [
        TextDelta("<thi"),
        ReasoningDelta("a", field="reasoning"),
        TextDelta("<think>b"),
        END,
    ]


def test_ids_of_the_conversation_are_not_given_out_again() -> None:
    decoder = Decoder(stream=True, used_ids=["call_1"])
    call = {"index": 0, "id": "call_1", "function": {"name": "now", "arguments": ""}}
    assert decoded(decoder, chunk({"tool_calls": [call]}, "stop")) == [ToolCalled("call_2", "now", "{}"), END]


# Ends.


def test_a_stream_without_an_end_is_cut_and_runs_no_call() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    call = {"index": 0, "id": "a", "function": {"name": "rm", "arguments": "{}"}}
    *events, error = streamed({**chunk({"content": "a <", "tool_calls": [call]}), "usage": usage})
    assert events == [TextDelta("a "), TextDelta("<"), Usage(1, 1, 2, raw=usage)]
    assert type(error) is IncompleteError
    assert str(error) == "the stream was cut: it ended without a finish reason"


def test_every_choice_needs_its_end() -> None:
    parts = chunk({"content": "a"}, "stop"), chunk({"content": "b"}, index=1)
    assert type(streamed(*parts)[-1]) is IncompleteError
    assert streamed(*parts, DONE)[-1] == Finished(("stop", None))


def test_the_word_done_is_an_end_and_what_follows_is_ignored() -> None:
    assert streamed(chunk({"content": "a"}), " [DONE] ".strip(), chunk({"content": "b"}), json.dumps(STOP)) == [
        TextDelta("a"),
        Finished((None,)),
    ]


@pytest.mark.parametrize(
    "payloads", [[], [DONE], ["not json", "{"], [3, [], None], [{"p": "x"}], [{"usage": {}}, DONE]]
)
def test_a_stream_with_nothing_in_it_is_no_answer(payloads: list[Any]) -> None:
    decoder = Decoder(stream=True)
    error = decoded(decoder, *payloads)[-1]
    assert type(error) is IncompleteError
    assert str(error) == "the stream was empty: no part of an answer came"
    assert decoder.empty


def test_what_is_no_json_object_is_skipped_and_counted() -> None:
    decoder = Decoder(stream=True)
    data = [json.dumps(chunk({"content": "a"})), "not json", "[1]", '"text"', "null", "[" * 100_000, json.dumps(STOP)]
    events = [event for one in data for event in decoder.feed_data(one)]
    assert [*events, *decoder.finish()] == [TextDelta("a"), END]
    assert decoder.skipped == 5
    assert not decoder.empty


def test_what_was_held_back_can_be_had_when_a_connection_breaks() -> None:
    decoder = Decoder(stream=True)
    assert list(decoder.feed(chunk({"content": "a </th"}))) == [TextDelta("a ")]
    assert list(decoder.flush()) == [TextDelta("</th")]
    assert list(decoder.flush()) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"error": {"message": "upstream failed", "type": "server_error", "code": 500}},
        {"error": "upstream failed", "choices": []},
        {"error": [{"message": "upstream failed"}]},
        {"errors": [{"code": 9, "message": "upstream failed"}], "success": False, "result": {}, "messages": []},
        {**chunk({"content": "b"}, "error"), "error": {"message": "upstream failed"}},
        {"object": "error", "message": "upstream failed", "code": 400},
    ],
)
def test_a_failure_inside_a_stream_is_raised_after_what_came(payload: dict[str, Any]) -> None:
    *events, error = streamed(chunk({"content": "a <"}), payload, STOP)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == ("a <b" if "delta" in json.dumps(payload) else "a <")
    assert type(error) is ServerError
    assert "upstream failed" in error.message


def test_errors_that_are_null_or_empty_are_none() -> None:
    part = {**chunk({"content": "a"}, "stop"), "error": None, "errors": []}
    assert streamed(part, {"response": "", "errors": [], "error": None}) == [TextDelta("a"), END]


@pytest.mark.parametrize("key", ["content", "error", "odd"])
def test_nesting_that_cannot_be_followed_is_a_failure_like_any_other(key: str) -> None:
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    first = chunk({"content": "a", "odd": 1})
    *events, error = streamed(first, {"error": deep} if key == "error" else chunk({key: deep}), chunk({key: [deep]}))
    assert events[0] == TextDelta("a")
    assert isinstance(error, GlmError)
