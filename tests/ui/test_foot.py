"""The rows below all that moves: what is typed ahead, and the thinking where it is unfolded."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import ReasoningDelta, Requested, TextDelta
from glmcli.ui.columns import ended
from glmcli.ui.foot import Foot, foot_of
from glmcli.ui.renderer import Renderer
from glmcli.ui.renderers import choose
from tests.support.screen import Kind, Screen
from tests.ui.drawing import Stage
from tests.ui.test_screens import ANSWER

THOUGHT = " ".join(f"thought{number}" for number in range(200))


def opened(**how: Any) -> tuple[Stage, Foot, Renderer]:
    stage = Stage(**{"environ": {"NO_COLOR": "1", "TERM": "xterm"}, "size": (60, 12), **how})
    foot = Foot(stage.terminal)
    foot.open()
    return stage, foot, choose(stage.terminal, tickers=stage.tickers)


def later(stage: Stage, seconds: float = 1.0) -> None:
    stage.clock.now += seconds
    stage.tickers.tick()


def test_what_is_typed_stands_below_all_that_moves() -> None:
    stage, foot, renderer = opened()
    shown = []
    foot.type("> ", "a")
    shown.append(stage.rows)
    renderer.feed(Requested("POST", "https://x.y", (), b""))
    later(stage)
    shown.append(stage.rows)
    renderer.feed(ReasoningDelta("So."))
    later(stage)
    shown.append(stage.rows)
    renderer.feed(TextDelta("one"))
    foot.type("> ", "ab")
    shown.append(stage.rows)
    later(stage)
    renderer.feed(TextDelta(" two"))
    shown.append(stage.rows)
    stage.terminal.note("a note")
    shown.append(stage.rows)
    renderer.close(None)
    shown.append(stage.rows)
    foot.type("", "")
    shown.append(stage.rows)
    assert shown == [
        ["> a"],
        ["⠋ waiting for the model 1 s", "> a"],
        ["So.", "⠋ thinking… 1 s, ~1 tokens", "> a"],
        ["thought for 1 s (~1 tokens)", "one", "> ab"],
        ["thought for 1 s (~1 tokens)", "one two", "> ab"],
        ["thought for 1 s (~1 tokens)", "a note", "one two", "> ab"],
        ["thought for 1 s (~1 tokens)", "a note", "one two", "> ab"],
        ["thought for 1 s (~1 tokens)", "a note", "one two"],
    ]
    foot.close()
    assert stage.terminal.foot is None


@pytest.mark.parametrize("size", [(80, 24), (30, 8), (20, 3), (10, 2)], ids=str)
def test_nothing_of_it_is_left_in_what_an_answer_leaves(size: tuple[int, int]) -> None:
    without = Stage(environ={"TERM": "xterm"}, size=size)
    alone = choose(without.terminal, tickers=without.tickers)
    stage, foot, renderer = opened(environ={"TERM": "xterm"}, size=size)
    screen, drawn = Screen(*size), 0
    for at in range(0, len(ANSWER), 7):
        for on, to in ((without, alone), (stage, renderer)):
            on.clock.now += 1
            to.feed(TextDelta(ANSWER[at : at + 7]))
        foot.type("> ", f"typed {at}日本語👩‍👩‍👧")
        if at % 35 == 0:
            foot.fold()
        screen.feed(stage.out.getvalue()[drawn:])
        drawn = stage.out.tell()
        assert not [row for row in screen.scrolled if "typed" in row or "no thinking" in row]
    foot.close()
    alone.close(None)
    renderer.close(None)
    assert screen.feed(stage.out.getvalue()[drawn:]).rows == Screen(*size).feed(without.out.getvalue()).rows


def test_a_key_draws_its_row_and_no_other() -> None:
    stage, foot, renderer = opened(size=(60, 12))
    renderer.feed(TextDelta("many words\n\n- of an\n- answer"))
    foot.type("> ", "a")
    before = stage.stdout
    foot.type("> ", "ab")
    assert stage.stdout[len(before) :] == "\x1b[?2026h\x1b[1F\x1b[K\x1b[E\x1b[J\x1b[F> ab\n\x1b[?2026l"
    before = stage.stdout
    foot.type("> ", "ab")
    assert stage.stdout == before


def test_plain_words_are_added_above_it_without_drawing_it_anew() -> None:
    stage, foot, renderer = opened()
    renderer.feed(TextDelta("one"))
    foot.type("> ", "a")
    before = stage.stdout
    later(stage)
    renderer.feed(TextDelta(" two"))
    assert stage.stdout[len(before) :] == "\x1b[2F\x1b[3C two\x1b[2E"
    assert stage.rows == ["one two", "> a"]


@pytest.mark.parametrize(
    ("columns", "environ", "row"),
    [
        (30, {}, "> …forty of them stand in one"),
        (30, {"LC_ALL": "C"}, "> ...rty of them stand in one"),
        (200, {}, "> one⏎two⏎  a sentence that is so long that forty of them stand in one"),
        (3, {}, ">"),
        (2, {}, ">"),
    ],
)
def test_a_long_text_shows_its_end(columns: int, environ: dict[str, str], row: str) -> None:
    stage, foot, _ = opened(size=(columns, 12), environ={"NO_COLOR": "1", "TERM": "xterm", **environ})
    foot.type("> ", "one\ntwo\n\t\ta sentence that is so long that forty of them stand in one")
    assert stage.rows == [row]


def test_nothing_that_is_typed_obeys() -> None:
    stage, foot, _ = opened()
    foot.type("> ", "a\x1b[2J\u202eb")
    assert stage.rows == ["> a␛[2J<U+202E>b"]


def test_ctrl_o_unfolds_the_thinking_where_it_is_and_folds_it_again() -> None:
    stage, foot, renderer = opened(size=(40, 12))
    renderer.feed(ReasoningDelta(THOUGHT))
    foot.type("> ", "a")
    later(stage)
    folded = stage.rows
    foot.fold()
    later(stage)
    unfolded = stage.rows
    foot.fold()
    later(stage)
    assert [len(folded), len(unfolded), len(stage.rows)] == [5, 9, 5]
    assert unfolded[-3].endswith("thought199")
    assert unfolded[-2:] == ["⠋ thinking… 2 s, ~523 tokens", "> a"]


def test_while_it_answers_the_thinking_stands_below_the_answer() -> None:
    stage, foot, renderer = opened(size=(40, 12))
    renderer.feed(ReasoningDelta(THOUGHT))
    renderer.feed(TextDelta("Hello."))
    foot.type("> ", "a")
    foot.fold()
    assert stage.rows == [
        "thought for 0 s (~523 tokens)",
        "Hello.",
        "… more above; /reasoning shows all",
        "thought196 thought197 thought198",
        "thought199",
        "> a",
    ]
    foot.fold()
    assert stage.rows == ["thought for 0 s (~523 tokens)", "Hello.", "> a"]


def test_hidden_thinking_is_seen_when_it_is_asked_for() -> None:
    stage, foot, _ = opened(size=(40, 12))
    renderer = choose(stage.terminal, tickers=stage.tickers, hide_reasoning=True)
    renderer.feed(Requested("POST", "https://x.y", (), b""))
    foot.fold()
    later(stage)
    before = stage.rows
    renderer.feed(ReasoningDelta("A secret."))
    later(stage)
    assert before == ["⠋ waiting for the model 1 s", "no thinking so far"]
    assert stage.rows == ["⠋ waiting for the model 2 s", "A secret."]


def test_no_line_is_ended_for_it() -> None:
    stage, foot, _ = opened()
    stage.terminal.write("half")
    foot.type("> ", "a")
    stage.terminal.write(" a line")
    assert stage.rows == ["half a line"]
    stage.terminal.write("\n")
    assert stage.rows == ["half a line", "> a"]


@pytest.mark.parametrize("kind", ["vte", "tmux", "xterm"])
@pytest.mark.parametrize("size", [(40, 12), (40, 5), (100, 30), (12, 4)], ids=str)
def test_a_resized_window_keeps_it_last_and_repeats_no_word(kind: Kind, size: tuple[int, int]) -> None:
    environ = {"NO_COLOR": "1", "TERM": "xterm"} | ({"XTERM_VERSION": "1"} if kind == "xterm" else {})
    stage, foot, renderer = opened(size=(80, 20), environ=environ)
    screen = Screen(80, 20)
    renderer.feed(TextDelta("Some words of an answer"))
    foot.type("> ", "typed")
    screen.feed(stage.out.getvalue())
    seen = len(stage.out.getvalue())
    screen.resize(*size, kind=kind)
    stage.size = size
    foot.type("> ", "typed!")
    later(stage)
    renderer.feed(TextDelta(" that goes on."))
    later(stage)
    screen.feed(stage.out.getvalue()[seen:])
    assert screen.rows[-1] == "> typed!"
    assert " ".join(" ".join(screen.rows[:-1]).split()).replace(" ", "") == "Somewordsofananswerthatgoeson."


def test_after_another_had_the_terminal_it_stands_below() -> None:
    stage, foot, renderer = opened()
    renderer.feed(TextDelta("One"))
    foot.type("> ", "a")
    stage.out.write(b"shell\n")
    stage.terminal.displace()
    later(stage)
    renderer.feed(TextDelta(" two"))
    later(stage)
    assert stage.rows == ["One", "> a", "shell", "two", "> a"]


def test_it_is_dim_where_there_are_colours() -> None:
    stage, foot, _ = opened(environ={"TERM": "xterm"})
    foot.type("> ", "a")
    assert "\x1b[2m> a\x1b[0m" in stage.stdout


def test_where_nothing_can_move_there_is_none() -> None:
    cases: list[tuple[dict[str, Any], dict[str, bool]]] = [
        ({}, {"source": True}),
        ({}, {"plain": True}),
        ({"environ": {"TERM": "dumb"}}, {}),
        ({"tty": False}, {}),
    ]
    for how, options in cases:
        assert foot_of(Stage(**how).terminal, **{"source": False, "plain": False, **options}) is None
    for stage in (Stage(), Stage(tty=False, err_tty=True)):
        assert foot_of(stage.terminal, source=False, plain=False) is not None


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "…nger"),
        ("日本語", 5, "…本語"),
        ("日本語", 4, "…語"),
        ("x", 0, ""),
        ("", 0, ""),
    ],
)
def test_the_end_that_fits(text: str, columns: int, shown: str) -> None:
    assert ended(text, columns) == shown
