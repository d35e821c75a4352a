"""A window that is resized in mid-answer: every word of the answer stands on the terminal once, in order.

Rows may be broken in other places than one print would break them, since what is printed is the terminal's to wrap.
"""

from __future__ import annotations

import itertools
import random
import re
from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.events import TextDelta
from glmcli.ui.live import LiveMarkdown
from glmcli.ui.segments import SHORT
from tests.support.screen import Kind, Screen
from tests.ui.drawing import Stage

WORDS = "".join(f"w{i} " for i in range(130))
CORPORA = {
    "paragraph": WORDS,
    "marked paragraph": "".join(f"w{i}{'x' * (i % 7)} **b{i}** `c{i}` *e{i}* " for i in range(50)),
    "paragraphs": "".join(f"w{i}{chr(10) * 2 if i % 17 == 0 else ' '}" for i in range(120)),
    "list": "".join(f"- item {i} {WORDS[:60]}\n" for i in range(40)),
    "nested lists": "".join(f"{'  ' * (i % 4)}- sub{i} of the list\n" for i in range(50)),
    "one item": "1. first " + WORDS + "\n\n   " + WORDS,
    "fence": "```py\n" + "".join(f"line{i} = {i} + 1\n" for i in range(50)) + "```\nend",
    "fence in an item": "- a\n\n  ```\n" + "".join(f"  line{i} x\n" for i in range(50)) + "  ```\n- end",
    "quote": "".join(f"> quoted{i} words\n" for i in range(50)),
    "wide": "漢字仮名 " * 60,
    "paragraph with an open mark": "*open " + WORDS,
    "paragraph with an open bracket": "a [bracket " + WORDS,
    "links at the ends of rows": "".join(f"some words [link{i}](http://example.com/{i}) " for i in range(60)),
    "marks that close late": f"**{WORDS.strip()}** and *{WORDS.strip()}* end",
    "crooked list": "".join(f"-\titem{i} of it\n\n\tmore{i}\n" for i in range(30)),
    "line of code without end": "```\n" + "".join(f"x{i}" for i in range(700)) + "\n```\nend",
    "table": "text\n\n| a | b |\n|---|---|\n" + "".join(f"| r{i} | c{i} |\n" for i in range(40)) + "\nend " + WORDS,
    "table of wide rows": "| head | other |\n|---|---|\n"
    + "".join(f"| {WORDS[: 20 + i]}| c{i} {WORDS[:70]}|\n" for i in range(8))
    + "\nend",
    "table in an item": "- item\n\n  | a | b |\n  |---|---|\n"
    + "".join(f"  | r{i} | c{i} |\n" for i in range(30))
    + "- end",
    "emoji": "👩‍👩‍👧 family ❤️ heart 🇩🇪 flag 👍🏽 skin " * 25,
}


def letters(rows: list[str]) -> str:
    return "".join(filter(str.isalnum, "".join(rows)))


def resized(text: str, sizes: list[tuple[int, int]], seed: int, *, kind: Kind = "vte", **environ: str) -> list[str]:
    """The rows after an answer during which the window took these sizes in turn, at any moments."""
    size = sizes[0]
    stage = Stage(size=size, environ={"NO_COLOR": "1", "TERM": "xterm", **environ})
    screen = Screen(*size).feed(b"a prompt\nand more of it\n")
    renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
    at = iter(range(0, len(text) + 32, 32))
    moments = sorted(random.Random(seed).choices(range(len(text)), k=len(sizes) - 1))
    fed = 0
    for begin, end in itertools.pairwise(at):
        stage.clock.now += 1
        renderer.feed(TextDelta(text[begin:end]))
        screen.feed(stage.out.getvalue()[fed:])
        fed = len(stage.out.getvalue())
        while moments and moments[0] < end:
            moments.pop(0)
            stage.size = sizes[len(sizes) - len(moments) - 1]
            screen.resize(*stage.size, kind=kind)
            if seed % 2:  # the ticker may be quicker than the next token, or not
                stage.clock.now += 1
                stage.tickers.tick()
                screen.feed(stage.out.getvalue()[fed:])
                fed = len(stage.out.getvalue())
    renderer.close(None)
    return screen.feed(stage.out.getvalue()[fed:]).rows


def same(name: str, rows: list[str]) -> bool:
    """Whether the rows hold every letter of the answer once, in order; cells that are wrapped have an order of their
    own."""
    found, wanted = letters(rows), source(CORPORA[name])
    return sorted(found) == sorted(wanted) if name == "table of wide rows" else found == wanted


def source(text: str) -> str:
    return letters(["a prompt and more of it", re.sub("```py", "", text)])


SIZES = [[(80, 24), (40, 24)], [(40, 12), (100, 30)], [(100, 30), (25, 10), (120, 40), (60, 8)], [(80, 24), (20, 5)]]
KINDS: list[Kind] = ["vte", "tmux"]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("name", CORPORA)
def test_every_word_stands_there_once(name: str, sizes: list[tuple[int, int]]) -> None:
    for seed, kind in enumerate(KINDS):
        assert same(name, resized(CORPORA[name], sizes, seed, kind=kind))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(CORPORA)),
    st.lists(st.tuples(st.integers(20, 200), st.integers(4, 50)), min_size=2, max_size=6),
    st.integers(0, 2**32),
    st.sampled_from(KINDS),
)
def test_any_sizes_at_any_moments(name: str, sizes: list[tuple[int, int]], seed: int, kind: Kind) -> None:
    assert same(name, resized(CORPORA[name], sizes, seed, kind=kind))


@pytest.mark.parametrize("name", ["paragraph with an open mark", "line of code without end", "table"])
def test_where_a_very_narrow_window_leaves_the_newest_words_standing_nothing_else_is_lost_or_stands_twice(
    name: str,
) -> None:
    wanted = source(CORPORA[name])
    for sizes in ([(80, 12), (9, 12)], [(80, 12), (12, 12), (70, 20)]):
        for seed in range(4):
            found = letters(resized(CORPORA[name], sizes, seed))
            changes = SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes()
            more = [it for it in changes if it[0] != "equal"]
            assert all(it[0] == "insert" and it[4] - it[3] < SHORT for it in more)


@pytest.mark.parametrize("name", CORPORA)
def test_a_terminal_that_does_not_wrap_anew_and_becomes_wider_or_lower(name: str) -> None:
    for seed in range(2):
        assert same(name, resized(CORPORA[name], [(40, 30), (60, 8), (90, 20)], seed, kind="xterm"))


def test_a_terminal_that_cuts_rows_off_loses_nothing_that_fits() -> None:
    """Whether it is known for that or not; the live rows that it has cut off are drawn again where it is."""
    wide = " that is far too wide for the window"
    lines = "".join(f"line{i} of a paragraph{wide * (i % 6 == 5)}  \n" for i in range(30))
    kept = []
    for environ in ({"XTERM_VERSION": "XTerm(390)"}, {}):
        shown = [" ".join(resized(lines, [(80, 24), (30, 24)], seed, kind="xterm", **environ)) for seed in range(4)]
        for text in shown:
            assert [text.count(f"line{i} of a paragraph") for i in range(30)] == [1] * 30
        kept.append(sum(text.count(wide[:20]) for text in shown))
    assert kept == [13, 10]
