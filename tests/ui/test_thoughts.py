from __future__ import annotations

from typing import Any

from glmcli.api.events import ReasoningDelta, TextDelta
from glmcli.ui.renderers import choose
from glmcli.ui.thinking import Thinking
from tests.ui.drawing import Stage


def stage_of(**how: Any) -> Stage:
    return Stage(**{"environ": {"NO_COLOR": "1", "TERM": "xterm"}, "size": (30, 12), **how})


def thinking(stage: Stage, text: str) -> Thinking:
    renderer = Thinking(stage.terminal, "fold", tickers=stage.tickers)
    for word in text.split(" "):
        stage.clock.now += 1
        renderer.feed(ReasoningDelta(f"{word} "))
        stage.tickers.tick()
    return renderer


WORDS = " ".join(f"thought{i}" for i in range(200))


def test_the_last_rows_are_seen_and_then_folded_to_one() -> None:
    stage = stage_of()
    renderer = thinking(stage, WORDS)
    assert len(stage.rows) == 4
    assert "thought199" in stage.rows[2]
    assert stage.rows[3] == "⠋ thinking… 199 s, ~523 toke…"
    renderer.feed(TextDelta("x"))
    assert stage.rows == ["thought for 199 s (~523", "tokens)"]
    assert stage.tickers.running == []


def test_a_low_terminal_shows_the_count_alone() -> None:
    stage = stage_of(size=(60, 8))
    thinking(stage, WORDS)
    assert stage.rows == ["⠋ thinking… 199 s, ~523 tokens"]


def test_ascii_and_colours() -> None:
    stage = stage_of(environ={"TERM": "xterm", "LC_ALL": "C"}, size=(60, 12))
    thinking(stage, "a")
    assert stage.rows == ["| thinking... 0 s, ~1 tokens"]
    stage = stage_of(environ={"TERM": "xterm"}, size=(60, 12))
    thinking(stage, "a b")
    assert "\x1b[2ma b" in stage.stdout


def test_hidden_quiet_dumb_and_plain_have_no_view() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {"hide_reasoning": True}),
        ({"quiet": True}, {}),
        ({"environ": {"TERM": "dumb"}}, {"format": "json"}),
        ({}, {"format": "json", "plain": True}),
        ({"tty": False}, {}),
    ]
    for how, options in cases:
        stage = stage_of(**how)
        renderer = choose(stage.terminal, tickers=stage.tickers, **options)
        renderer.feed(ReasoningDelta("a secret thought"))
        stage.tickers.tick()
        assert "secret" not in stage.stdout + stage.stderr


def test_a_window_that_becomes_small_leaves_nothing_behind_that_can_be_reached() -> None:
    stage = stage_of(size=(60, 12))
    renderer = thinking(stage, WORDS)
    stage.size = (20, 12)
    renderer.close(None)
    assert stage.tickers.running == []
    assert stage.terminal.overlay is None
