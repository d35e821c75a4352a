"""What is seen of the calls of a turn: who runs, for how long, and a line for each when it has returned."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import Event, Finished, Requested, TextDelta, ToolCalled, ToolReturned, ToolStarted
from glmcli.errors import LimitError
from glmcli.ui.calls import WHOLE_SHOWN, size
from glmcli.ui.renderer import Renderer
from glmcli.ui.renderers import choose
from tests.ui.drawing import Stage

CALLS: list[Event] = [
    TextDelta("Let me see."),
    ToolCalled("a", "slow", '{"x": 1}'),
    ToolCalled("b", "quick", "{}"),
    Finished(("tool_calls",)),
]
STARTED: list[Event] = [ToolStarted("a", "slow", '{"x": 1}'), ToolStarted("b", "quick", "{}")]
QUICK = ToolReturned("b", "quick", "ok", "1", 0.26)
SLOW = ToolReturned("a", "slow", "failed", "It is\nbroken.\n", 12.0)
AGAIN = Requested("POST", "https://x", (), b"")
LINES = ["tool quick {} → 1 B, 0.3 s", 'tool slow {"x": 1} → failed, 14 B, 12.0 s: It is broken.']


def renderer(stage: Stage, **how: Any) -> Renderer:
    return choose(stage.terminal, tools=True, tickers=stage.tickers, **how)


def fed(stage: Stage, *events: Event, **how: Any) -> Stage:
    shown = renderer(stage, **how)
    for event in events:
        shown.feed(event)
    shown.close(None)
    return stage


def drawn(stage: Stage, now: float) -> list[str]:
    stage.clock.now = now
    stage.tickers.tick()
    return stage.rows


@pytest.mark.parametrize("how", [{}, {"raw": True}])
def test_who_is_running_is_told_with_the_seconds_of_the_one_that_runs_longest(how: dict[str, Any]) -> None:
    stage = Stage()
    shown = renderer(stage, **how)
    for event in [*CALLS, STARTED[0]]:
        shown.feed(event)
    assert drawn(stage, 0.3) == ["Let me see."]
    assert drawn(stage, 2.0) == ["Let me see.", "⠋ running slow 2 s"]
    shown.feed(STARTED[1])
    assert drawn(stage, 3.0) == ["Let me see.", "⠋ running slow, quick 3 s"]
    shown.feed(QUICK)
    assert drawn(stage, 12.0) == ["Let me see.", LINES[0], "⠋ running slow 12 s"]
    shown.feed(SLOW)
    assert drawn(stage, 13.0) == ["Let me see.", *LINES]
    for event in (AGAIN, TextDelta("Sorry."), Finished(("stop",))):
        shown.feed(event)
    shown.close(None)
    assert stage.rows == ["Let me see.", *LINES, "Sorry."]


@pytest.mark.parametrize(
    ("stage", "how"), [(Stage(), {"plain": True}), (Stage(environ={"TERM": "dumb"}), {}), (Stage(tty=False), {})]
)
def test_nothing_moves_where_nothing_should(stage: Stage, how: dict[str, Any]) -> None:
    shown = renderer(stage, **how)
    for event in [*CALLS, *STARTED]:
        shown.feed(event)
    assert stage.tickers.running == []
    for event in (QUICK, SLOW, AGAIN, TextDelta("Sorry."), Finished(("stop",))):
        shown.feed(event)
    shown.close(None)
    assert "".join(part for part in (stage.stdout, stage.stderr) if part).count("running") == 0
    if stage.tty:
        assert stage.rows == ["Let me see.", *LINES, "Sorry."]
    else:
        assert (stage.stdout, stage.stderr.splitlines()) == ("Let me see.\nSorry.\n", LINES)


def test_a_terminal_for_ascii_alone_gets_an_arrow_of_its_own() -> None:
    stage = Stage(environ={"TERM": "xterm", "LC_ALL": "C"})
    assert fed(stage, *CALLS[1:], *STARTED, QUICK, SLOW).rows[0] == "tool quick {} -> 1 B, 0.3 s"


def test_quiet_shows_the_answer_alone() -> None:
    stage = fed(Stage(tty=False, quiet=True), *CALLS, *STARTED, QUICK, SLOW)
    assert (stage.stdout, stage.stderr) == ("Let me see.\n", "")


@pytest.mark.parametrize("quiet", [False, True])
def test_verbose_shows_arguments_and_results_whole_and_safe(quiet: bool) -> None:
    long = "\n".join(["\x1b[2Jx", *map(str, range(WHOLE_SHOWN))])
    events = (*CALLS[1:3], *STARTED, ToolReturned("b", "quick", "ok", long, 0.0), SLOW)
    told = fed(Stage(tty=False, quiet=quiet), *events, verbose=True).stderr.splitlines()
    assert told[:3] == ["tool quick {} → 695 B, 0.0 s", "  * arguments: {}", "  ␛[2Jx"]
    assert told[200:203] == ["  197", "  … 2 more lines", 'tool slow {"x": 1} → failed, 14 B, 12.0 s']
    assert told[203:206] == ['  * arguments: {"x": 1}', "  It is", "  broken."]


def test_a_call_that_did_not_run_says_why_and_takes_no_time() -> None:
    events = (ToolCalled("a", "f\x1b", "x" * 200), ToolReturned("a", "f\x1b", "refused", "No.\n" * 100))
    (line,) = fed(Stage(tty=False), *events).stderr.splitlines()
    assert line == f"tool f␛ {'x' * 99}… → refused: {('No. ' * 50)[:199]}…"


def test_arguments_are_shown_as_they_ran() -> None:
    started = ToolStarted("a", "slow", '{"x": 2}')
    (line,) = fed(Stage(tty=False), CALLS[1], started, ToolReturned("a", "slow", "ok", "", 0.0)).stderr.splitlines()
    assert line == 'tool slow {"x": 2} → 0 B, 0.0 s'


def test_calls_that_nobody_carried_out_are_named_at_the_end() -> None:
    stage = Stage(tty=False)
    shown = renderer(stage)
    for event in CALLS:
        shown.feed(event)
    assert stage.stderr == ""
    shown.close(LimitError("enough"))
    assert stage.stderr.splitlines() == ['tool call slow {"x": 1}', "tool call quick {}"]


def test_of_very_many_calls_that_nobody_carried_out_a_few_are_named_and_the_rest_counted() -> None:
    stage = Stage(tty=False)
    shown = renderer(stage)
    for number in range(5000):
        shown.feed(ToolCalled(f"call-{number}", "look", f'{{"at": {number}}}'))
    shown.close(LimitError("enough"))
    named = [f'tool call look {{"at": {number}}}' for number in range(20)]
    assert stage.stderr.splitlines() == [*named, "… 4,980 more tool calls"]


def test_sizes_are_written_as_people_do() -> None:
    assert [size(count) for count in (0, 999, 1000, 65_536)] == ["0 B", "999 B", "1.0 kB", "65.5 kB"]
