from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.events import ReasoningDelta, TextDelta
from glmcli.ui.breaking import Breaking
from glmcli.ui.columns import width_of, wrapped
from glmcli.ui.renderers import choose
from tests.ui.drawing import Stage


def test_a_row_comes_when_the_word_behind_it_has_no_room() -> None:
    breaking = Breaking()
    rows = [breaking.feed(piece, 10) for piece in ["one two", " thr", "ee ", "four", "\nfive\n\nsi", "x"]]
    assert rows == [[], ["one two"], [], [], ["three four", "five", ""], []]
    assert [breaking.feed("", 10, final=True), breaking.feed("", 10, final=True)] == [["six"], []]


@given(st.lists(st.text("ab 日\n\x1b", max_size=12), max_size=12), st.integers(2, 12))
def test_the_rows_are_those_of_the_whole_text(pieces: list[str], columns: int) -> None:
    breaking = Breaking()
    rows = [row for piece in pieces for row in breaking.feed(piece, columns)] + breaking.feed("", columns, final=True)
    assert all(width_of(row) <= columns for row in rows)
    assert "".join("".join(rows).split()) == "".join("".join(pieces).replace("\x1b", "␛").split())


@given(st.text("ab ", max_size=60), st.integers(0, 60))
def test_where_a_line_is_cut_does_not_matter(line: str, at: int) -> None:
    breaking = Breaking()
    rows = [*breaking.feed(line[:at], 9), *breaking.feed(line[at:], 9), *breaking.feed("", 9, final=True)]
    assert [row.strip() for row in rows if row.strip()] == [row.strip() for row in wrapped(line, 9) if row.strip()]


@pytest.mark.parametrize("how", [{"plain": True}, {"TERM": "dumb"}], ids=str)
def test_thinking_that_is_shown_line_by_line_is_broken_between_words(how: dict[str, str]) -> None:
    stage = Stage(size=(30, 24), environ={"NO_COLOR": "1", "TERM": how.get("TERM", "xterm")})
    renderer = choose(stage.terminal, plain="plain" in how, tickers=stage.tickers)
    for words in ("I", "think of", "many words", "that", "need rows.\nThen", "I answer."):
        renderer.feed(ReasoningDelta(f"{words} "))
    renderer.feed(TextDelta("Yes."))
    renderer.close(None)
    assert stage.stdout.splitlines() == [
        "thinking:", "I think of many words that", "need rows.", "Then I answer.",
        "thought for 0 s (~14 tokens)", "", "Yes.",
    ]  # fmt: skip
