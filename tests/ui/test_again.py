"""An earlier answer is shown as it was when it came, as far as it has room."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.events import TextDelta
from glmcli.ui.again import show_again
from glmcli.ui.renderers import choose
from tests.ui.drawing import Stage

ANSWER = (
    "# Head\n\nSome *words*.\n\n- one\n- two\n- three\n\n```py\nimport a\n\nb = 1\n```\n\n"
    "| c | d |\n|---|---|\n| e | f |\n"
)


def again(text: str, **how: Any) -> list[str]:
    stage = Stage(size=(40, 24), environ={"NO_COLOR": "1", "TERM": how.pop("TERM", "xterm")})
    show_again(stage.terminal, text, **how)
    return stage.stdout.splitlines()


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}, {"markdown": False}, {"theme": "light"}], ids=str)
@pytest.mark.parametrize("kind", ["xterm", "dumb"])
def test_it_is_what_was_shown_when_it_came(how: dict[str, Any], kind: str) -> None:
    came, later = (Stage(size=(40, 50), environ={"TERM": kind}) for _ in range(2))
    renderer = choose(came.terminal, tickers=came.tickers, **how)
    renderer.feed(TextDelta(ANSWER))
    renderer.close(None)
    show_again(later.terminal, ANSWER, **how)
    assert later.rows == came.rows
    assert later.stdout == came.stdout.replace("\x1b[?2026h", "").replace("\x1b[?2026l", "")


def test_of_a_long_answer_the_end_is_shown_from_a_block_on_and_how_much_stands_above() -> None:
    table = ["c  d", "────", "e  f"]
    code = ["import a", "", "b = 1", "", *table]
    assert again(ANSWER, most=4) == ["… 11 lines above", *table]
    assert again(ANSWER, most=9) == ["… 7 lines above", *code]
    assert again(ANSWER, most=11) == ["… 7 lines above", *code]
    assert again(ANSWER, most=12) == ["… 3 lines above", " • one", " • two", " • three", "", *code]
    assert again(ANSWER, most=16) == ["Head", "", "Some words.", "", " • one", " • two", " • three", "", *code]


def test_a_long_block_is_shown_from_one_of_its_parts_on() -> None:
    items = "".join(f"- item {i}\n" for i in range(30))
    assert again(f"text\n\n{items}", most=3) == ["… 29 lines above", " • item 27", " • item 28", " • item 29"]
    words = " ".join(f"word{i}" for i in range(100))
    assert again(words, most=2) == [
        "… 18 lines above",
        "word92 word93 word94 word95 word96",
        "word97 word98 word99",
    ]
    assert again("a\nb\nc", most=2, raw=True) == ["… 1 line above", "b", "c"]


def test_what_the_terminal_wraps_counts_as_the_rows_that_it_takes() -> None:
    assert again(f"one\n\ntwo\n\n```\n{'x' * 100}\n```\n", most=4) == ["… 3 lines above", "x" * 100]


@pytest.mark.parametrize("text", ["", "\n\n", "[a]: http://x.y"])
def test_nothing_to_see_is_nothing_shown(text: str) -> None:
    assert again(text, most=5) == []
