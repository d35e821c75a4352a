from __future__ import annotations

import re
from typing import Any

import pytest

from glmcli.api.events import ReasoningDelta, Requested, TextDelta
from glmcli.errors import GlmError, Interrupted
from glmcli.ui.live import FRAME, LiveMarkdown
from glmcli.ui.region import BEGIN, END, Line, Region
from glmcli.ui.renderers import choose
from tests.support.screen import Screen
from tests.ui.drawing import Stage

ERASED = "\x1b[K\x1b[E\x1b[J\x1b[F"
"""The row by itself, then all below it."""


def plain(**how: Any) -> Stage:
    return Stage(**{"environ": {"NO_COLOR": "1", "TERM": "xterm"}, **how})


def drawing(stage: Stage) -> LiveMarkdown:
    return LiveMarkdown(stage.terminal, tickers=stage.tickers)


def test_the_first_text_is_drawn_at_once_and_later_text_at_the_next_frame() -> None:
    stage = plain()
    renderer = drawing(stage)
    shown = []
    for now, text in [(0.0, "one"), (0.01, " two"), (FRAME, " three"), (FRAME + 0.01, " four")]:
        stage.clock.now = now
        renderer.feed(TextDelta(text))
        shown.append(stage.rows)
    stage.clock.now = 5
    stage.tickers.tick()
    shown.append(stage.rows)
    assert shown == [["one"], ["one"], ["one two three"], ["one two three"], ["one two three four"]]


def test_a_frame_without_news_draws_nothing() -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(TextDelta("one"))
    before = stage.stdout
    stage.clock.now = 5
    stage.tickers.tick()
    renderer.feed(TextDelta("\n"))
    assert stage.stdout == before
    renderer.close(None)
    assert (stage.stdout, stage.tickers.running, stage.terminal.overlay) == (before, [], None)


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.125, [0, 9, 18, 27]), (0.001953125, [0, 59]), (0.03125, [0, 11, 22])]
)
def test_dear_frames_are_rarer(seconds: float, frames: list[int]) -> None:
    stage = plain()
    stage.clock.step = seconds  # at each look at the clock: a frame, between two looks, takes that long
    renderer = drawing(stage)
    drawn = []
    for _ in range(30 if seconds > 0.01 else 100):
        before = stage.stdout
        renderer.feed(TextDelta("x"))
        drawn.append(stage.stdout != before)
    assert [at for at, it in enumerate(drawn) if it] == frames


def test_each_frame_is_one_write_of_what_changed() -> None:
    stage = plain()
    renderer = drawing(stage)
    writes = []
    for text in ["# Head\n\nopen", " text", "\n\n- a\n- b"]:
        stage.clock.now += 1
        before = len(stage.stdout)
        renderer.feed(TextDelta(text))
        writes.append(stage.stdout[before:])
    assert writes == [
        f"{BEGIN}Head\n\nopen\n{END}",
        "\x1b[F\x1b[4C\x1b[J text\n",
        f"{BEGIN}\n • a\n • b\n{END}",
    ]
    assert stage.rows == ["Head", "", "open text", "", " • a", " • b"]


def test_an_open_item_is_printed_as_far_as_it_is_done() -> None:
    stage = plain(size=(40, 12))
    renderer = drawing(stage)
    renderer.feed(TextDelta("- item\n" + "".join(f"  - sub {i}\n" for i in range(30))))
    whole = [" • item", *(f"    • sub {i}" for i in range(30))]
    assert stage.rows == whole
    renderer.close(None)
    assert (stage.rows, stage.stdout.count("sub 7")) == (whole, 1)


def test_a_paragraph_that_cannot_be_cut_leaves_a_third_of_the_screen_and_shows_its_beginning_and_its_newest_words() -> (
    None
):
    stage = plain(size=(40, 12))
    stage.terminal.write("before\n")
    renderer = drawing(stage)
    renderer.feed(TextDelta("*open " + "".join(f"{i:02} {'x' * 37}\n" for i in range(30))))
    rows = [f"{'x' * 37} {i:02}" for i in range(1, 30)]
    assert stage.rows == ["before", "*open 00", *rows[:6], f"… {'x' * 18}"]
    renderer.close(None)
    assert stage.rows == ["before", "*open 00", *rows, "x" * 37]


def test_a_heading_that_was_printed_in_part_as_a_paragraph_goes_on_as_one() -> None:
    def drawn(end: str) -> str:
        stage = Stage(size=(40, 12))
        renderer = drawing(stage)
        for word in range(60):
            stage.clock.now += 1
            renderer.feed(TextDelta(f"word{word} "))
        renderer.feed(TextDelta(end))
        renderer.close(None)
        return re.sub("\x1b\\[[^m]*[a-ln-zA-Z]", "", stage.stdout)

    assert "\x1b[" not in drawn("\n===\nend")
    assert "\x1b[1" in drawn("\n\nhead\n===\nend")


def test_a_long_open_table_shows_its_beginning_and_its_newest_row() -> None:
    stage = plain(size=(40, 12))
    renderer = drawing(stage)
    renderer.feed(TextDelta("|a|b|\n|-|-|\n"))
    for i in range(30):
        stage.clock.now += 1
        renderer.feed(TextDelta(f"|{i}|x|\n"))
    assert stage.rows == ["a  b", "────", *(f"{i}  x" for i in range(4)), "… 29|x"]


@pytest.mark.parametrize(
    ("lines", "rows"),
    [(12, ["", "a  b", "----", "1  2", "3  4", "... 5"]), (8, ["", "a  b", "----", "1  2", "... 5"]), (5, ["... 5"])],
)
def test_a_low_window_shows_less_of_a_table(lines: int, rows: list[str]) -> None:
    stage = plain(size=(40, lines), environ={"NO_COLOR": "1", "TERM": "xterm", "LC_ALL": "C"})
    renderer = drawing(stage)
    renderer.feed(TextDelta("text\n\n|a|b|\n|-|-|\n|1|2|\n|3|4|\n|5|"))
    assert stage.rows == ["text", *rows]


@pytest.mark.parametrize("undecided", ["-", "==", "```", "``", "1.", "#", "> ", "| "])
def test_a_line_that_may_be_markup_is_not_shown_too_early(undecided: str) -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(TextDelta(f"text\n{undecided}"))
    assert stage.rows == ["text"]


def test_the_fence_that_may_close_code_is_not_shown() -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(TextDelta("```\ncode\n```"))
    assert stage.rows == ["code"]


def test_a_very_long_line_of_code_shows_its_beginning_and_its_end() -> None:
    stage = plain(size=(50, 10))
    renderer = drawing(stage)
    renderer.feed(TextDelta("```json\n" + "x" * 5000 + "end"))
    assert stage.rows == [*["x" * 50] * 5, f"… {'x' * 15}end"]
    renderer.close(None)
    assert "".join(stage.rows) == "x" * 5000 + "end"


def test_notes_stand_above_the_open_block() -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(TextDelta("done\n\nopen\n"))
    stage.terminal.note("note")
    assert stage.rows == ["done", "note", "", "open"]
    stage.clock.now = 1
    renderer.feed(TextDelta("block"))
    stage.terminal.note("two")
    renderer.close(None)
    assert stage.rows == ["done", "note", "two", "", "open block"]


def test_an_interrupt_leaves_what_came_and_a_fresh_line() -> None:
    stage = plain()
    renderer = choose(stage.terminal, tickers=stage.tickers)
    renderer.feed(TextDelta("**half"))
    stage.clock.now = 0.01
    renderer.feed(TextDelta(" an answer"))
    stage.out.write(b"^C")
    renderer.close(Interrupted())
    screen = Screen().feed(stage.out.getvalue())
    assert (screen.rows, screen.cursor) == (["**half an answer"], (0, 1))


def test_the_echo_of_an_interrupt_does_not_stay() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["whole"]),
        ({"raw": True}, ["whole^C"]),
        ({"plain": True}, ["^Cwhole"]),
    ]
    for how, rows in cases:
        stage = plain()
        renderer = choose(stage.terminal, tickers=stage.tickers, **how)
        renderer.feed(TextDelta("whole"))
        stage.out.write(b"^C")
        renderer.close(Interrupted())
        assert stage.rows == rows


def test_an_answer_begins_on_a_fresh_line() -> None:
    stage = plain()
    stage.terminal.write_error("prompt> ")
    drawing(stage).feed(TextDelta("answer"))
    assert stage.rows == ["prompt>", "answer"]


def test_rows_that_a_narrower_window_wraps_stay_and_those_below_are_drawn_again() -> None:
    stage = plain(size=(40, 12))
    renderer = drawing(stage)
    renderer.feed(TextDelta("# H\n\na paragraph of words that just fits here and *more*"))
    drawn = len(stage.out.getvalue())
    stage.size, stage.clock.now = (20, 12), 1.0
    renderer.feed(TextDelta(" and some words more"))
    assert stage.out.getvalue()[drawn:].decode() == f"{BEGIN}\x1b[1F{ERASED}and more and some\nwords more\n{END}"


def test_live_rows_are_drawn_again_after_a_window_became_wider() -> None:
    stage = plain(size=(20, 12))
    renderer = drawing(stage)
    renderer.feed(TextDelta("a paragraph of words that wraps"))
    stage.size, stage.clock.now = (60, 12), 1.0
    renderer.feed(TextDelta(" no more"))
    renderer.close(None)
    assert stage.rows == ["a paragraph of words that wraps no more"]


def test_two_answers_are_drawn_one_after_the_other() -> None:
    stage = plain()
    renderer = drawing(stage)
    for text in ("one\n\n", "two"):
        renderer.feed(TextDelta(text))
        renderer.end()
    renderer.close(None)
    assert stage.rows == ["one", "two"]


def test_rich_is_imported_while_the_model_is_waited_for() -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(Requested("POST", "https://x", (), b""))
    renderer.feed(ReasoningDelta("hm"))
    renderer.feed(TextDelta("answer"))
    renderer.close(None)
    assert stage.rows == ["answer"]


def test_trouble_with_the_terminal_ends_the_drawing() -> None:
    stage = plain()
    renderer = drawing(stage)
    stage.out.close()
    with pytest.raises(GlmError, match="cannot write to standard output"):
        renderer.feed(TextDelta("x"))


def test_a_region_that_is_hidden_twice_is_shown_once() -> None:
    stage = plain()
    region = Region(stage.terminal)
    region.paint([], [Line("row", 3)])
    with stage.terminal.above():
        stage.terminal.write("above\n")
    region.hide()
    region.hide()
    region.show()
    assert stage.rows == ["above"]
    region.paint([Line("done", 4)], [])
    assert stage.rows == ["above", "done"]


def test_no_frame_erases_the_screen_from_its_first_cell_which_tmux_would_keep_in_its_scrollback() -> None:
    stage = plain(size=(20, 12))
    renderer = drawing(stage)
    for text in ["a", " *b*", " c\n\n", "- d", "\n- e *f*"]:
        stage.clock.now += 1
        renderer.feed(TextDelta(text))
    renderer.close(None)
    assert f"\x1b[1F{ERASED}" in stage.stdout
    assert "F\x1b[J" not in stage.stdout


def test_plain_words_are_put_behind_the_last_row() -> None:
    stage = plain(size=(20, 12))
    renderer = drawing(stage)
    writes = []
    for text in ["# Head\n\nopen", " text", " ", "here", ", and", " more", " *x"]:
        stage.clock.now += 1
        before = len(stage.stdout)
        renderer.feed(TextDelta(text))
        writes.append(stage.stdout[before:])
    assert writes == [
        f"{BEGIN}Head\n\nopen\n{END}",
        "\x1b[F\x1b[4C\x1b[J text\n",
        "",
        "\x1b[F\x1b[9C\x1b[J here\n",
        "\x1b[F\x1b[14C\x1b[J, and\n",
        f"{BEGIN}more\n{END}",
        f"{BEGIN}\x1b[1F{ERASED}more *x\n{END}",
    ]
    assert stage.rows == ["Head", "", "open text here, and", "more *x"]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("| a |\n|---|\n| b", "c"),
        ("```py\nde", "f"),
        ("- a\n\n      de", "f"),
        ("**a**", "b"),
        ("`a`", "b"),
        ("a  ", "b"),
        ("seen\n\n[a]: seen", "more"),
        ("a", "日"),
        ("a", "b  c"),
        ("", "a"),
    ],
)
def test_what_may_change_more_than_the_end_of_the_last_row_is_drawn_anew(text: str, more: str) -> None:
    stage = plain()
    renderer = drawing(stage)
    renderer.feed(TextDelta(text))
    stage.clock.now += 1
    before = len(stage.stdout)
    renderer.feed(TextDelta(more))
    assert stage.stdout[before:].startswith(BEGIN) or more == "more"
    other = plain()
    drawing(other).feed(TextDelta(text + more))
    assert stage.rows == other.rows


def test_a_region_extends_a_live_row_where_there_is_one_with_room() -> None:
    stage = plain(size=(10, 12))
    region = Region(stage.terminal)
    assert not region.extend("x", 1)
    region.paint([], [Line("a row", 5), Line("", 0)])
    assert not region.extend("x", 1)
    region.paint([], [Line("a row", 5)])
    assert not region.extend("123456", 6)
    assert region.extend("12345", 5)
    stage.size = (40, 12)
    assert not region.extend("x", 1)
    assert stage.rows == ["a row12345"]
