"""Composed replies of the dialects of wire-protocol §2 and §3, streamed, whole, and cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmcli.api.events import Finished, Metadata, ReasoningDelta, TextDelta, ToolCalled, Usage
from glmcli.errors import IncompleteError, ServerError
from tests.api.recorded import REPLIES, replay_stream, replay_whole

COMPOSED = REPLIES / "composed"
MODEL = "@cf/zai-org/glm-4.7-flash"
HEAD = {"id": "0c9d4e7a51b84f0f9b1c2d3e4f5a6b7c", "created": 1791000000, "model": MODEL}
END = Finished(("stop",))


def stream_file(name: str) -> bytes:
    return (COMPOSED / name).read_bytes()


def test_the_run_endpoint_streams_chunks_padding_increments_and_a_native_tail() -> None:
    usage = Usage(14, 9, 23, 0, 0.4046, json.loads((COMPOSED / "run_endpoint.json").read_text())["result"]["usage"])
    assert replay_stream([stream_file("run_endpoint.sse")]).events == [
        Metadata(HEAD),
        Metadata({"matched_stop": None}, "choice"),
        ReasoningDelta("A greeting. "),
        TextDelta("Hi"),
        TextDelta(" there 🌊!"),
        Metadata({"matched_stop": 151336}, "choice"),
        usage,
        END,
    ]


def test_the_chat_endpoint_says_its_end_twice_and_its_cache_once() -> None:
    raw = {"prompt_tokens": 1457, "completion_tokens": 3, "total_tokens": 1460}
    assert replay_stream([stream_file("chat_completions.sse")]).events == [
        Metadata({"id": "id-1790000000000", "created": 1790000000, "model": MODEL}),
        TextDelta("o"),
        Metadata({"matched_stop": None}, "choice"),
        TextDelta("k"),
        Usage(1457, 3, 1460, 1408, None, {**raw, "prompt_tokens_details": {"cached_tokens": 1408}}),
        END,
    ]


def test_a_native_stream_gives_texts_numbers_and_heartbeats_but_no_reason() -> None:
    raw = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    replay = replay_stream([stream_file("native.sse")])
    assert replay.events == [
        TextDelta("He"),
        TextDelta("llo "),
        TextDelta("4"),
        TextDelta("2"),
        Usage(9, 4, 13, raw=raw),
        Finished((None,)),
    ]
    assert replay.error is None


def test_cumulative_usage_and_the_other_name_of_reasoning() -> None:
    assert replay_stream([stream_file("cumulative_usage.sse")]).events[1:] == [
        ReasoningDelta("Short.", field="reasoning"),
        TextDelta("Yes"),
        TextDelta("."),
        Metadata({"stop_reason": None}, "choice"),
        Usage(
            21,
            4,
            25,
            raw={"prompt_tokens": 21, "completion_tokens": 4, "total_tokens": 25, "prompt_tokens_details": None},
        ),
        END,
    ]


def test_a_tool_call_in_pieces_comes_once_and_whole_at_the_end() -> None:
    assert replay_stream([stream_file("tool_call.sse")]).events[1:] == [
        ReasoningDelta("Need the weather."),
        ToolCalled("call_7d", "get_weather", '{"city": "Oslo"}'),
        Finished(("tool_calls",)),
    ]


def test_a_failure_midway_keeps_the_text_and_is_raised() -> None:
    replay = replay_stream([stream_file("failed_midway.sse")])
    assert replay.events == [TextDelta("Hel")]
    assert type(replay.error) is ServerError
    assert replay.error.code == 3040


@pytest.mark.parametrize("name", ["run_endpoint", "tool_call", "native"])
def test_a_streamed_answer_amounts_to_the_same_as_the_whole_one(name: str) -> None:
    streamed = replay_stream([stream_file(f"{name}.sse")])
    complete = replay_whole(json.loads((COMPOSED / f"{name}.json").read_text()))
    whole = complete.completion.to_json()
    for choice in whole["choices"]:
        if choice["message"].get("tool_calls") == []:  # a stream does not say what it has none of
            del choice["message"]["tool_calls"]
    assert streamed.completion.to_json() == whole
    assert streamed.events[-1] == complete.events[-1]


@pytest.mark.parametrize("path", sorted(COMPOSED.glob("*.sse")), ids=lambda path: path.stem)
def test_a_cut_of_a_composed_stream_gives_a_prefix_or_the_whole(path: Path) -> None:
    body = path.read_bytes()
    complete = replay_stream([body])
    reasoned = body.find(b'"finish_reason":"')
    end = reasoned if reasoned >= 0 else body.rfind(b"data: [DONE]") if b"[DONE]" in body else len(body) - 3
    for cut in range(0, len(body), 3):
        replay = replay_stream([body[:cut], body[cut:]])
        assert replay.events == complete.events
        replay = replay_stream([body[:cut]])
        if cut <= end:
            assert type(replay.error) is IncompleteError
            assert complete.completion.text().startswith(replay.completion.text())
        elif replay.error is None:
            assert replay.completion.text() == complete.completion.text()
