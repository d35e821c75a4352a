"""Whole answers in one piece, decoded into the events of their streams (wire-protocol §3)."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import (
    ContentPart,
    Event,
    Finished,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCalled,
)
from glmcli.errors import ServerError
from tests.api.decoding import DONE, END, HM, IMAGE, chunk, message, streamed, whole


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        (message("Two."), [TextDelta("Two."), END]),
        (message(None, "length", reasoning="hm"), [ReasoningDelta("hm", field="reasoning"), Finished(("length",))]),
        ({"result": message("Two."), "success": True, "errors": None}, [TextDelta("Two."), END]),
        ({"result": {"response": "Two."}, "success": True}, [TextDelta("Two."), Finished((None,))]),
        ({"result": {"response": 2}, "success": True}, [TextDelta("2"), Finished((None,))]),
        ({"result": {"response": None}, "success": True}, [Finished((None,))]),
        ({"result": {"response": {"a": [1]}}}, [TextDelta('{"a": [1]}'), Finished((None,))]),
        ({"response": "Two.", "finish_reason": "stop"}, [TextDelta("Two."), END]),
        ({"result": "Two.", "success": True, "errors": []}, [TextDelta("Two."), Finished((None,))]),
        ("Two.", [TextDelta("Two."), Finished((None,))]),
        (
            {"result": {"response": "", "tool_calls": [{"name": "f", "arguments": {"a": 1}}, {"name": "g"}]}},
            [ToolCalled("call_1", "f", '{"a": 1}'), ToolCalled("call_2", "g", "{}"), Finished((None,))],
        ),
        (
            {"tool_calls": [{"name": "f", "arguments": {}}]},
            [ToolCalled("call_1", "f", "{}"), Finished((None,))],
        ),
        (
            message("", tool_calls=[{"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}] * 2),
            [Metadata({"content": ""}, "message"), ToolCalled("x", "f", "{}"), ToolCalled("call_2", "f", "{}"), END],
        ),
        (
            message(
                None, role="model", tool_calls=[], audio="x", reasoning_content="a", reasoning="b", annotations=None
            ),
            [
                HM,
                Metadata(
                    {"role": "model", "tool_calls": [], "audio": "x", "reasoning": "b", "annotations": None}, "message"
                ),
                END,
            ],
        ),
        (
            message([{"type": "text", "text": "a"}, IMAGE]),
            [
                TextDelta("a"),
                ContentPart(IMAGE),
                Metadata({"content": [{"type": "text", "text": "a"}, IMAGE]}, "message"),
                END,
            ],
        ),
        (
            {**message("a"), "usage": None},
            [TextDelta("a"), END],
        ),
        (
            {"result": message("a"), "success": True, "messages": ["soon gone"], "odd": 1},
            [TextDelta("a"), Metadata({"odd": 1}), Metadata({"messages": ["soon gone"]}), END],
        ),
        (message("a", odd=1, refusal="no"), [TextDelta("a"), RefusalDelta("no"), Metadata({"odd": 1}, "message"), END]),
    ],
)
def test_a_whole_answer_gives_the_events_of_its_stream(payload: Any, events: list[Event]) -> None:
    assert whole(payload) == events


@pytest.mark.parametrize(
    "payload",
    [
        *({}, [], None, 3, {"choices": []}, {"choices": "x"}, {"object": "list", "data": [{"id": "m"}]}),
        *({"result": None, "success": True}, {"result": [], "success": True}, {"result": {"status": "queued"}}),
        *(
            {"result": {"result": {"response": "deep"}}},
            {"type": "message", "content": [{"type": "text", "text": "a"}]},
        ),
    ],
)
def test_what_is_no_answer_says_so_and_nothing_else(payload: Any) -> None:
    (error,) = whole(payload)
    assert type(error) is ServerError
    assert str(error) == "what the server sent is not an answer of a model"


def test_an_envelope_of_failure_is_raised_though_the_status_was_200() -> None:
    (error,) = whole({"result": {}, "success": False, "errors": [{"code": 5007, "message": "No such model"}]})
    assert type(error) is ServerError
    assert (error.code, error.hint) == (5007, "Check the model name.")


def test_an_old_list_of_native_events_is_read() -> None:
    data = {"streamed_data": [{"response": "He"}, {"response": "llo"}, 3]}
    assert streamed(data, {"streamed_data": None}, DONE) == [TextDelta("He"), TextDelta("llo"), Finished((None,))]


def test_a_whole_answer_inside_a_stream_is_read() -> None:
    assert streamed(message("Two.")) == [TextDelta("Two."), END]


def test_native_text_after_chunks_is_not_said_twice() -> None:
    assert streamed(chunk({"content": "Two."}, "stop"), {"response": "Two."}) == [TextDelta("Two."), END]
