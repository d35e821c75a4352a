"""An answer folded out of its events."""

from __future__ import annotations

import base64
from typing import Any

import jsonschema_rs
import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import (
    Annotation,
    Audio,
    ContentPart,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Responded,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.api.fields import schema

TOKEN = {"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}
FULL: list[Event] = [
    Requested("POST", "https://x.test", (), b"{}"),
    Responded(200, (), "id"),
    Metadata({"model": "m", "service_tier": "a", "id": "x", "created": 1}),
    ReasoningDelta("hm", 0, "reasoning"),
    TextDelta("Hel"),
    TextDelta("lo", 1),
    TextDelta("lo"),
    RefusalDelta("no", 1),
    LogProbs((TOKEN,)),
    LogProbs((TOKEN, TOKEN), 1, "refusal"),
    LogProbs((TOKEN,)),
    Annotation({"type": "url_citation"}),
    Audio({"id": "au", "data": "QUJD", "transcript": "Hel"}),
    Audio({"id": None, "data": "REVG", "transcript": "lo", "expires_at": 9}),
    Metadata({"matched_stop": 7}, "choice"),
    Metadata({"matched_stop": 8}, "choice"),
    Metadata({"odd": True}, "message", 1),
    ToolCalled("c1", "get_weather", '{"city": "Oslo"}'),
    ToolCalled("c2", "shell", "ls", "custom"),
    ToolCalled("", "now", "{}", "function_call"),
    Usage(1, 2, 3, raw={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "odd": 1}),
    Finished(("tool_calls", "content_filter")),
]
CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}},
    {"id": "c2", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
]


def folded(*events: Event) -> Completion:
    completion = Completion()
    for event in events:
        completion.feed(event)
    return completion


def valid(message: dict[str, Any]) -> bool:
    body = {"messages": [{"role": "user", "content": "hi"}, message]}
    return jsonschema_rs.validator_for(schema()).is_valid(body)


def test_an_answer_can_be_asked_for_its_parts() -> None:
    answer = folded(*FULL)
    assert answer.choices == (0, 1)
    assert (answer.text(), answer.text(1), answer.text(2)) == ("Hello", "lo", "")
    assert (answer.reasoning(), answer.reasoning(1)) == ("hm", "")
    assert (answer.refusal(), answer.refusal(1)) == ("", "no")
    assert (answer.finish_reason(), answer.finish_reason(1), answer.finish_reason(2)) == (
        "tool_calls",
        "content_filter",
        None,
    )
    assert [call.name for call in answer.tool_calls()] == ["get_weather", "shell", "now"]
    assert answer.tool_calls(1) == []
    assert answer.annotations() == [{"type": "url_citation"}]
    assert answer.audio() == {"id": "au", "data": "QUJDREVG", "transcript": "Hello", "expires_at": 9}
    assert answer.audio(1) is None
    assert answer.metadata == {"model": "m", "service_tier": "a", "id": "x", "created": 1}
    assert answer.usage is not None
    assert answer.usage.total_tokens == 3


def test_the_whole_object_has_everything_that_came() -> None:
    assert folded(*FULL).to_json() == {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "service_tier": "a",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello",
                    "reasoning": "hm",
                    "refusal": None,
                    "annotations": [{"type": "url_citation"}],
                    "audio": {"id": "au", "data": "QUJDREVG", "transcript": "Hello", "expires_at": 9},
                    "tool_calls": CALLS,
                    "function_call": {"name": "now", "arguments": "{}"},
                },
                "finish_reason": "tool_calls",
                "logprobs": {"content": [TOKEN, TOKEN], "refusal": None},
                "matched_stop": 8,
            },
            {
                "index": 1,
                "message": {"role": "assistant", "content": "lo", "refusal": "no", "odd": True},
                "finish_reason": "content_filter",
                "logprobs": {"content": None, "refusal": [TOKEN, TOKEN]},
            },
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "odd": 1},
    }


def test_the_object_begins_with_what_a_reader_looks_for() -> None:
    assert list(folded(*FULL).to_json()) == ["id", "object", "created", "model", "service_tier", "choices", "usage"]


def test_an_answer_that_was_cut_is_an_object_too() -> None:
    assert folded(TextDelta("a")).to_json() == {
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "a", "refusal": None},
                "finish_reason": None,
                "logprobs": None,
            }
        ],
    }
    assert folded().to_json() == {"object": "chat.completion", "choices": []}
    assert folded().choices == ()


def test_usage_without_the_servers_object_is_our_own() -> None:
    usage = folded(Usage(1, 2, 3, 1)).to_json()["usage"]
    assert usage == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cached_tokens": 1}


def test_a_message_for_the_history_is_valid_and_has_no_nulls() -> None:
    answer = folded(*FULL)
    assert answer.message() == {
        "role": "assistant",
        "content": "Hello",
        "audio": {"id": "au"},
        "tool_calls": CALLS,
        "function_call": {"name": "now", "arguments": "{}"},
    }
    assert answer.message(1) == {"role": "assistant", "content": "lo", "refusal": "no"}
    assert answer.message(2) == {"role": "assistant", "content": ""}
    assert answer.message(reasoning=True)["reasoning"] == "hm"
    assert "reasoning" not in answer.message(1, reasoning=True)
    assert all(valid(message) for message in (*map(answer.message, range(3)), answer.message(reasoning=True)))


def test_sound_without_an_id_cannot_be_referred_to() -> None:
    assert folded(Audio({"data": "QUJD"})).message() == {"role": "assistant", "content": ""}


@pytest.mark.parametrize(
    ("pieces", "data"),
    [
        (["QUJD", "REVG"], "QUJDREVG"),
        (["QQ==", "Qg=="], base64.b64encode(b"AB").decode()),
        (["QQ==", "x"], "QQ==x"),
        (["QUJD", "RA=="], "QUJDRA=="),
    ],
)
def test_pieces_of_sound_are_joined_as_bytes(pieces: list[str], data: str) -> None:
    assert folded(*(Audio({"data": piece}) for piece in pieces)).audio() == {"data": data}


def test_content_in_parts_is_a_list_and_the_servers_own_list_if_that_came() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://a.b"}}
    answer = folded(TextDelta("a"), ContentPart(image), TextDelta("b"), ContentPart(image, 1))
    assert [choice["message"]["content"] for choice in answer.to_json()["choices"]] == [
        [{"type": "text", "text": "ab"}, image],
        [image],
    ]
    assert (answer.parts(), answer.parts(2), answer.message()["content"]) == ([image], [], "ab")
    answer.feed(Metadata({"content": [image, "own"]}, "message"))
    assert answer.to_json()["choices"][0]["message"]["content"] == [image, "own"]


def test_keys_of_a_call_that_are_unknown_stay_in_the_object_and_out_of_the_history() -> None:
    answer = folded(
        ToolCalled("c1", "f", "{}", extra={"index": 0, "function": {"strict": True}}),
        ToolCalled("", "g", "{}", "function_call", extra={"function_call": {"odd": 1}}),
    )
    item = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert answer.to_json()["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [{**item, "index": 0, "function": {"name": "f", "arguments": "{}", "strict": True}}],
        "function_call": {"name": "g", "arguments": "{}", "odd": 1},
    }
    assert answer.message()["tool_calls"] == [item]
    assert answer.message()["function_call"] == {"name": "g", "arguments": "{}"}


@pytest.mark.parametrize(
    ("known", "tokens", "wanted"),
    [
        ({"content": []}, [], {"content": [], "refusal": None}),
        ({"odd": 1}, [TOKEN], {"content": [TOKEN], "refusal": None, "odd": 1}),
        ([1], [], [1]),
        ([1], [TOKEN], {"content": [TOKEN], "refusal": None}),
    ],
)
def test_log_probabilities_of_another_form_stay(known: Any, tokens: list[dict[str, Any]], wanted: Any) -> None:
    events: list[Event] = [LogProbs(tuple(tokens))] if tokens else []
    answer = folded(*events, Metadata({"logprobs": known}, "choice"))
    assert answer.to_json()["choices"][0]["logprobs"] == wanted


def test_another_try_begins_anew() -> None:
    answer = folded(*FULL, Retrying(2, 3, 0.5, "reset"), TextDelta("b"))
    assert answer.text() == "b"
    assert answer.metadata == {}
    assert answer.usage is None
    assert answer.choices == (0,)


def test_text_can_be_read_while_it_grows() -> None:
    answer = Completion()
    for _ in range(3):
        answer.feed(TextDelta("ab"))
        answer.feed(TextDelta("c"))
        assert answer.text().endswith("abc")
    assert answer.text() == "abcabcabc"


def test_a_choice_without_a_word_is_a_choice() -> None:
    answer = folded(Finished(("stop", None)))
    assert answer.choices == (0, 1)
    assert [choice["finish_reason"] for choice in answer.to_json()["choices"]] == ["stop", None]
