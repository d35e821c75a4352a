"""What `-v` says after an answer."""

from __future__ import annotations

from glmcli.api.events import Audio, Event, Finished, Metadata, TextDelta, ToolCalled, Usage
from glmcli.errors import IncompleteError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import show


def said(events: list[Event], error: IncompleteError | None = None) -> list[str]:
    stderr = show(Stage(tty=False), events, error, verbose=True).stderr
    return [line for line in stderr.splitlines() if line.startswith("* ")]


def test_everything_that_has_no_other_place_has_a_line() -> None:
    events: list[Event] = [
        Metadata({"id": "x", "system_fingerprint": "fp\n", "service_tier": None, "odd": {"a": "é"}}),
        Metadata({"matched_stop": None}, "choice"),
        TextDelta("Hi"),
        Audio({"id": "a", "transcript": "t", "expires_at": 9}),
        Metadata({"matched_stop": 7}, "choice"),
        Metadata({"images": [], "kind": "x" * 3000}, "message"),
        ToolCalled("c1", "f", "{}", extra={"index": 0}),
        ToolCalled("", "g", "{}", "function_call"),
        Usage(1, 2, 3, raw={"prompt_tokens": 1, "odd": 2}),
        Usage(1, 2, 3),
        Finished(("stop",)),
        Metadata({"id": "y"}),
        Finished((None,)),
    ]
    assert said(events) == [
        "* id: x",
        "* system_fingerprint: fp␊",
        '* odd: {"a": "é"}',
        '* usage: {"prompt_tokens": 1, "odd": 2}',
        "* message.audio.id: a",
        "* message.audio.expires_at: 9",
        "* matched_stop: 7",
        f"* message.kind: {'x' * 1999}…",
        '* tool call c1: {"name": "f", "arguments": "{}", "index": 0}',
        '* function call: {"name": "g", "arguments": "{}"}',
        "* finish_reason: stop",
        "* id: y",
    ]


def test_choices_are_told_apart_where_there_are_several() -> None:
    events: list[Event] = [Metadata({"a": 1}, "choice", 1), Metadata({"b": 2}, "choice"), Metadata({"id": "x"})]
    lines = ["* id: x", "* choice 1 b: 2", "* choice 2 a: 1"]
    assert said(events, IncompleteError("cut")) == lines
    assert said([*events, Finished(("stop", "length"))]) == [
        "* id: x",
        "* choice 1 b: 2",
        "* choice 1 finish_reason: stop",
        "* choice 2 a: 1",
        "* choice 2 finish_reason: length",
    ]


def test_they_are_said_to_those_who_ask() -> None:
    assert show(Stage(tty=False), [Metadata({"id": "x"}), Finished(("stop",))]).stderr == ""
