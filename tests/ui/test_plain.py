"""`--plain`: rendered line by line, for who listens to a screen, and for terminals that cannot move their cursor."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.events import Requested, TextDelta
from glmcli.ui.blocks import Blocks
from glmcli.ui.clean import clean
from glmcli.ui.markdown import Layout, Painter
from glmcli.ui.plain import PlainText
from tests.ui.drawing import Stage
from tests.ui.test_live_is_exact import CORPORA, PIECES


def stage_of(width: int = 40, **environ: str) -> Stage:
    return Stage(size=(width, 24), environ={"TERM": "dumb", **environ})


def lines(text: str, width: int = 40, **environ: str) -> list[str]:
    stage = stage_of(width, **environ)
    renderer = PlainText(stage.terminal)
    renderer.feed(TextDelta(text))
    renderer.close(None)
    return stage.stdout.splitlines()


ANSWER = """# A heading

Some *prose* with `code`, a [link](https://x.y/page) and words.

1. first
   - [x] nested
   ```py
   a_line_of_code_that_is_longer_than_the_screen = 1
   ```

> A quote
> of two lines

| name | size | note |
|:-----|-----:|------|
| one  |    1 | with **many** words to be wrapped |
| two  |      | a<br>b |

***
"""


def test_markdown_is_rendered_as_lines_without_frames() -> None:
    assert lines(ANSWER) == [
        "A heading",
        "",
        "Some prose with code, a link",
        "(https://x.y/page) and words.",
        "",
        " 1. first",
        "     ☑ nested",
        "",
        "    a_line_of_code_that_is_longer_than_the_screen = 1",
        "",
        "> A quote of two lines",
        "",
        "name: one; size: 1; note: with many",
        "  words to be wrapped",
        "name: two; note: a",
        "  b",
        "",
        "---",
    ]


def test_lines_come_as_soon_as_their_words_are_certain() -> None:
    stage = stage_of(20)
    renderer = PlainText(stage.terminal)
    seen = []
    for piece in ["# A", "b\n\nsome w", "ords of a", " paragraph", " that goes on and", " on\n\n- a\n", "- b\n", "- c"]:
        renderer.feed(TextDelta(piece))
        seen.append(stage.stdout.splitlines())
    renderer.close(None)
    rows = ["Ab", "", "some words of a", "paragraph that goes", "on and on", "", " • a", " • b", " • c"]
    assert seen == [rows[:at] for at in (0, 1, 1, 1, 4, 5, 7, 7)]
    assert stage.stdout.splitlines() == rows


def test_the_rows_of_a_table_come_one_by_one() -> None:
    stage = stage_of()
    renderer = PlainText(stage.terminal)
    seen = []
    for piece in ["- x\n  | a | b |\n", "  |---|---|\n", "  | 1 | 2 |\n", "  | 3 | 4 |\n  | 5 |", " 6 |\n", "- y"]:
        renderer.feed(TextDelta(piece))
        seen.append(stage.stdout.splitlines())
    renderer.close(None)
    rows = [" • x", "", "   a: 1; b: 2", "   a: 3; b: 4", "   a: 5; b: 6", "", " • y"]
    assert seen == [rows[:at] for at in (0, 1, 3, 4, 5, 5)]
    assert stage.stdout.splitlines() == rows


def test_a_table_without_rows_is_its_head() -> None:
    assert lines("| a | b |\n|---|---|\n\ntext") == ["a; b", "", "text"]


def test_words_are_broken_by_the_width_at_that_moment() -> None:
    stage = stage_of(20)
    renderer = PlainText(stage.terminal)
    renderer.feed(TextDelta("one two three four five six seven eight nine "))
    stage.size = (60, 24)
    renderer.feed(TextDelta("ten eleven twelve thirteen fourteen fifteen sixteen seventeen"))
    renderer.close(None)
    assert stage.stdout.splitlines() == [
        "one two three four",
        "five six seven eight",
        "nine ten eleven twelve thirteen fourteen fifteen sixteen",
        "seventeen",
    ]


def test_colours_are_those_of_the_terminal_and_nothing_moves() -> None:
    text = "# a\n\n**b** `c`\n\n```py\nimport d\n```\n"
    assert "\x1b[" not in "".join(lines(text)) + "".join(lines(text, TERM="xterm", NO_COLOR="1"))
    drawn = "\n".join(lines(text, TERM="xterm"))
    assert "\x1b[1m" in drawn
    assert re.sub("\x1b\\[[0-9;]*m", "", drawn).split() == ["a", "b", "c", "import", "d"]


def test_notes_stand_between_lines_and_answers_end_theirs() -> None:
    stage = stage_of()
    renderer = PlainText(stage.terminal)
    renderer.feed(Requested("POST", "https://x.y", (), b""))
    renderer.feed(TextDelta("one\n\ntwo words"))
    stage.terminal.note("note")
    renderer.close(None)
    renderer.close(None)
    assert stage.stdout.splitlines() == ["one", "note", "", "two words"]


def whole(text: str, width: int) -> list[str]:
    painter = Painter(width, color=False, plain=True)
    return [painter.text(row) for row in painter.rows([Blocks(clean(text), {})], Layout())]


def cut(text: str, cuts: list[int], width: int) -> list[str]:
    stage = stage_of(width)
    renderer = PlainText(stage.terminal)
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        renderer.feed(TextDelta(text[begin:end]))
    renderer.close(None)
    return stage.stdout.split("\n")[:-1]


@pytest.mark.parametrize("each", [1, 7, 100_000])
@pytest.mark.parametrize("name", CORPORA)
def test_the_lines_are_those_of_one_print(name: str, each: int) -> None:
    text = CORPORA[name]
    if name == "references":
        text = text.replace("see [a] and [b]", "see [a]")  # what is defined after its use cannot be known in time
    if len(text) > 1000:
        each *= 7
    assert cut(text, list(range(each, len(text), each)), 37) == whole(text, 37)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join), st.integers(0, 2**32), st.sampled_from([60, 21]))
def test_any_text_cut_anywhere_leaves_the_lines_of_one_print(text: str, seed: int, width: int) -> None:
    cuts = sorted(random.Random(seed).sample(range(len(text) + 1), min(len(text), 25)))
    assert cut(text, cuts, width) == whole(text, width)
