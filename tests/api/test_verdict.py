"""Which answers can be used, and what is wrong with the others (interface §5)."""

from __future__ import annotations

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import (
    Audio,
    ContentPart,
    Event,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.api.verdict import verdict
from glmcli.errors import GlmError, IncompleteError, ServerError, UnusableError

TEXT, THOUGHT, REFUSAL = TextDelta("Hi"), ReasoningDelta("hm"), RefusalDelta("I will\nnot.")
CALL = ToolCalled("c", "f", '{"a')


def judged(*events: Event, finished: bool = True) -> GlmError | None:
    completion = Completion()
    for event in events:
        completion.feed(event)
    return verdict(completion, finished)


@pytest.mark.parametrize(
    "events",
    [
        [TEXT, Finished(("stop",))],
        [TEXT, Finished((None,))],
        [TEXT, Finished(("tool_calls",))],
        [THOUGHT, TEXT, Finished(("stop",))],
        [CALL, Finished(("tool_calls",))],
        [THOUGHT, CALL, Finished(("stop",))],
        [Audio({"data": "QQ=="}), Finished(("stop",))],
        [ContentPart({"type": "image_url"}), Finished(("stop",))],
        [TEXT, TextDelta("Ho", 1), Finished(("stop", "stop"))],
    ],
)
def test_a_whole_answer_is_good(events: list[Event]) -> None:
    assert judged(*events) is None


@pytest.mark.parametrize(
    ("events", "kind", "message", "hint"),
    [
        ([TEXT, Finished(("length",))], IncompleteError, "the answer was cut at the output limit", "--max-tokens N"),
        (
            [TEXT, Finished(("model_length",))],
            IncompleteError,
            "the answer was cut at the output limit",
            "--max-tokens N",
        ),
        ([Finished(("length",))], IncompleteError, "the answer was cut at the output limit", "--max-tokens N"),
        (
            [THOUGHT, Usage(9, 4096, 4105), Finished(("length",))],
            IncompleteError,
            "thinking used up the output limit before an answer began",
            "--max-tokens 12288) or without thinking (--no-think)",
        ),
        (
            [THOUGHT, CALL, Finished(("length",))],
            IncompleteError,
            "the output limit cut the answer in a tool call",
            "--max",
        ),
        (
            [THOUGHT, TextDelta(" \n"), Usage(9, 400, 409), Finished(("stop",))],
            IncompleteError,
            "the model only thought and gave no answer",
            "(--no-think) or with a larger limit (--max-tokens 4096)",
        ),
        ([Finished(("stop",))], IncompleteError, "the answer is empty", "Try again, or ask in other words."),
        (
            [TextDelta("\n"), Finished((None,))],
            IncompleteError,
            "the answer is empty",
            "Try again, or ask in other words.",
        ),
        ([Finished(("tool_calls",))], IncompleteError, "the answer is empty", "Try again, or ask in other words."),
        ([Finished(())], IncompleteError, "the answer holds nothing", "again"),
        ([REFUSAL, Finished(("stop",))], UnusableError, "the model refused: I will not.", "Put the request otherwise."),
        (
            [TEXT, REFUSAL, Finished(("stop",))],
            UnusableError,
            "the model refused: I will not.",
            "Put the request otherwise.",
        ),
        (
            [TEXT, Finished(("content_filter",))],
            UnusableError,
            "the answer was filtered (finish reason content_filter)",
            "Put the request otherwise.",
        ),
        ([Finished(("sensitive",))], UnusableError, "the answer was filtered (finish reason sensitive)", "otherwise"),
        ([TEXT, Finished(("error",))], ServerError, "the server ended the answer with an error", "again"),
        ([Finished(("network_error",))], ServerError, "the server ended the answer with an error", "again"),
        (
            [TEXT, TextDelta("Ho", 1), Finished(("stop", "length"))],
            IncompleteError,
            "choice 2 of 2: the answer was cut at the output limit",
            "--max-tokens",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(
    events: list[Event], kind: type[GlmError], message: str, hint: str
) -> None:
    error = judged(*events)
    assert type(error) is kind
    assert error.message == message
    assert hint in error.hint


def test_an_answer_that_did_not_finish_is_cut() -> None:
    error = judged(TEXT, finished=False)
    assert type(error) is IncompleteError
    assert error.message == "the answer was cut before its end"
