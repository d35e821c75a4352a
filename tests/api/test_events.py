"""The lines of `--jsonl`, version 1: keys and their order are a contract."""

from __future__ import annotations

import json

import pytest

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
    to_json,
)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (TextDelta("a"), '{"type": "text_delta", "index": 0, "text": "a"}'),
        (ReasoningDelta("a", 1, "reasoning"), '{"type": "reasoning_delta", "index": 1, "text": "a"}'),
        (RefusalDelta("a"), '{"type": "refusal_delta", "index": 0, "text": "a"}'),
        (
            LogProbs(({"token": "a"},)),
            '{"type": "logprobs", "index": 0, "channel": "content", "tokens": [{"token": "a"}]}',
        ),
        (Annotation({"type": "x"}), '{"type": "annotation", "index": 0, "annotation": {"type": "x"}}'),
        (Audio({"id": "x"}), '{"type": "audio", "index": 0, "audio": {"id": "x"}}'),
        (ContentPart({"type": "x"}), '{"type": "content_part", "index": 0, "part": {"type": "x"}}'),
        (
            ToolCalled("c", "f", "{}"),
            '{"type": "tool_called", "index": 0, "id": "c", "kind": "function", "name": "f", "arguments": "{}"}',
        ),
        (
            Retrying(2, 3, 0.12345, "reset"),
            '{"type": "retrying", "attempt": 2, "of": 3, "wait": 0.123, "reason": "reset"}',
        ),
        (
            Usage(1, 2, 3, 1, raw={"odd": 1}),
            '{"type": "usage", "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cached_tokens": 1, '
            '"neurons": null}',
        ),
        (
            Usage(1, 2, 3, raw={"completion_tokens_details": {"reasoning_tokens": 2}, "prompt_tokens_details": None}),
            '{"type": "usage", "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cached_tokens": 0, '
            '"neurons": null, "completion_tokens_details": {"reasoning_tokens": 2}}',
        ),
    ],
)
def test_an_event_is_one_line(event: Event, line: str) -> None:
    assert json.dumps(to_json(event)) == line


@pytest.mark.parametrize("event", [Requested("POST", "u", (), b""), Responded(200, ()), Metadata({"a": 1})])
def test_what_serves_other_options_is_no_line(event: Event) -> None:
    assert to_json(event) is None


def test_the_reason_of_an_answer_is_that_of_its_first_choice() -> None:
    assert Finished(("stop", "length")).reason == "stop"
    assert Finished(()).reason is None
