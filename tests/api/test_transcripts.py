"""Every recorded reply of a real server, replayed whole, cut into pieces, and cut short."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from glmcli.api.events import Finished, ToolCalled
from glmcli.errors import IncompleteError, ServerError
from tests.api.recorded import EXPECTED, Recording, outcome, recordings, replay_stream

NAMES = sorted(recordings())
STREAMS = [name for name in NAMES if recordings()[name].streams]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    result: dict[str, Any] = json.loads(EXPECTED.read_text())
    return result


def test_every_recording_has_its_expected_outcome(expected: dict[str, Any]) -> None:
    assert len(NAMES) == 177
    assert sorted(expected) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_reply_is_decoded_as_expected(name: str, expected: dict[str, Any]) -> None:
    assert outcome(recordings()[name]) == expected[name]


def _chunks(recording: Recording) -> list[dict[str, Any]]:
    lines = recording.body.decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize("name", STREAMS)
def test_a_plain_reading_of_the_chunks_gives_the_same_answer(name: str) -> None:
    """A second reading, by simpler means than ours: these servers send nothing odd."""
    text: dict[int, str] = {}
    reasoning: dict[int, str] = {}
    reasons: dict[int, str] = {}
    arguments = ""
    for chunk in _chunks(recordings()[name]):
        for choice in chunk.get("choices", ()):
            index, delta = choice["index"], choice["delta"]
            text[index] = text.get(index, "") + (delta.get("content") or "")
            reasoning[index] = reasoning.get(index, "") + (delta.get("reasoning_content") or "")
            arguments += "".join(call["function"].get("arguments", "") for call in delta.get("tool_calls", ()))
            if choice.get("finish_reason"):
                reasons[index] = choice["finish_reason"]
    replay = replay_stream([recordings()[name].body])
    answer = replay.completion
    for index in text:
        assert answer.text(index) == text[index]
        assert answer.reasoning(index) == reasoning[index]
        assert answer.finish_reason(index) == reasons.get(index)
    called = "".join(event.arguments for event in replay.events if isinstance(event, ToolCalled))
    assert called == (arguments if reasons else "")


@pytest.mark.parametrize("name", STREAMS)
def test_the_chunks_in_which_a_stream_comes_change_no_event(name: str) -> None:
    body = recordings()[name].body
    whole = replay_stream([body])
    random = Random(name)
    for count in (1, 7, len(body) // 50):
        places = [0, *sorted(random.randrange(len(body)) for _ in range(count)), len(body)]
        parts = replay_stream([body[start:end] for start, end in pairwise(places)])
        assert parts.events == whole.events
        assert str(parts.error) == str(whole.error)


@pytest.mark.parametrize("name", [name for name in STREAMS if "04d" in name or "07b" in name or "utf8" in name])
def test_a_stream_that_comes_byte_by_byte_gives_the_same_events(name: str) -> None:
    body = recordings()[name].body
    assert replay_stream(bytes([byte]) for byte in body).events == replay_stream([body]).events


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_cut_short_keeps_its_text_and_is_never_a_success(name: str) -> None:
    body = recordings()[name].body
    whole = replay_stream([body])
    is_whole = isinstance(whole.events[-1], Finished)
    # From the end of the event with the last finish reason on, the answer is whole.
    end = body.rfind(b'"finish_reason":"') if is_whole else len(body) - 40
    end = max(end, 1)
    random = Random(name)
    for cut in [0, 1, end, *(random.randrange(end) for _ in range(12))]:
        replay = replay_stream([body[:cut]])
        assert type(replay.error) in (IncompleteError, ServerError)
        assert type(replay.error) is IncompleteError or type(whole.error) is ServerError
        assert not any(isinstance(event, Finished | ToolCalled) for event in replay.events)
        for index in replay.completion.choices:
            assert whole.completion.text(index).startswith(replay.completion.text(index))
            assert whole.completion.reasoning(index).startswith(replay.completion.reasoning(index))


@pytest.mark.parametrize("name", [name for name in STREAMS if recordings()[name].body.rstrip().endswith(b"[DONE]")])
def test_the_line_ends_after_the_last_word_are_not_needed(name: str) -> None:
    body = recordings()[name].body
    assert replay_stream([body.rstrip()]).events == replay_stream([body]).events
