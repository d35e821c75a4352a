"""What is no terminal gets no spinner, no drawing and no escape codes, whatever the other stream is."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import (
    Annotation,
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
from glmcli.errors import UnusableError
from glmcli.ui.renderers import choose
from glmcli.ui.status import busy
from tests.ui.drawing import Stage

EVENTS: list[Event] = [
    Requested("POST", "https://x.y/run", (("authorization", "Bearer ***"),), b"{}"),
    Retrying(2, 3, 2.0, "HTTP 503"),
    Requested("POST", "https://x.y/run", (), b"{}"),
    Responded(200, (("cf-ray", "r"),)),
    Metadata({"messages": ["soon gone"]}),
    *(ReasoningDelta(f"thought {i} ") for i in range(50)),
    *(TextDelta(f"# head {i}\n\n| a |\n|---|\n| *{i}* |\n\n```py\nx = {i}\n```\n\n") for i in range(20)),
    ToolCalled("1", "f", "{}"),
    Annotation({"url": "https://a.b"}),
    RefusalDelta("no"),
    LogProbs(({"token": "a", "logprob": -0.1},)),
    Usage(1, 2, 3),
    Finished(("stop",)),
]
ANSWER = "".join(event.text for event in EVENTS if isinstance(event, TextDelta))
WAYS: list[dict[str, Any]] = [
    {},
    {"raw": True},
    {"plain": True},
    {"show_reasoning": True},
    {"verbose": True, "usage": True},
    {"format": "json"},
    {"format": "jsonl"},
    {"format": "none"},
]


def fed(stage: Stage, how: dict[str, Any]) -> Stage:
    with busy(stage.terminal, "starting", stage.tickers):
        stage.clock.now += 5
        stage.tickers.tick()
    renderer = choose(stage.terminal, tickers=stage.tickers, **how)
    for event in EVENTS:
        renderer.feed(event)
        stage.clock.now += 5
        stage.tickers.tick()
    renderer.close(UnusableError("the model refused: no"))
    return stage


@pytest.mark.parametrize("how", WAYS, ids=str)
@pytest.mark.parametrize(("out", "err"), [(False, False), (True, False), (False, True)])
def test_a_stream_that_is_no_terminal_gets_no_escape_codes(out: bool, err: bool, how: dict[str, Any]) -> None:
    stage = fed(Stage(tty=out, err_tty=err), how)
    for stream, tty in ((stage.stdout, out), (stage.stderr, err)):
        assert tty or not {"\x1b", "\r", "\b"} & set(stream)
        assert tty or "⠋" not in stream


@pytest.mark.parametrize("err", [False, True])
def test_a_pipe_gets_the_source_of_the_answer_and_nothing_else(err: bool) -> None:
    for how in WAYS[:3] + WAYS[4:5]:
        assert fed(Stage(tty=False, err_tty=err), how).stdout == ANSWER


def test_nothing_ticks_where_neither_stream_is_a_terminal() -> None:
    for how in WAYS:
        stage = Stage(tty=False)
        renderer = choose(stage.terminal, tickers=stage.tickers, **how)
        for event in EVENTS:
            renderer.feed(event)
            assert stage.tickers.running == []


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": ""}, {}], ids=str)
def test_a_terminal_that_cannot_move_its_cursor_gets_no_escape_codes_either(environ: dict[str, str]) -> None:
    for how in WAYS:
        assert not {"\x1b", "\r", "\b"} & set(fed(Stage(environ=environ), how).stdout)
