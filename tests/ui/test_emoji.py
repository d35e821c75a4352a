"""Emoji of several characters, which some terminals draw as one and others apart: no row is drawn twice for that."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from glmcli.api.events import TextDelta
from glmcli.ui.columns import chopped, most_width_of
from glmcli.ui.live import LiveMarkdown
from tests.support.screen import Screen
from tests.ui.drawing import Stage

FAMILY, SKIN, FLAG, HEART, KEYCAP = "👩‍👩‍👧", "👍🏽", "🇩🇪", "❤️", "1️⃣"
JOINED = re.compile("|".join([FAMILY, SKIN, FLAG, HEART, KEYCAP]))


def apart(text: str) -> str:
    """Each character by itself; the frame of a key, of which the emulator knows nothing, is left out."""
    return text.replace("\u20e3", "")


def joined(text: str) -> str:
    """Each as one wide character."""
    return JOINED.sub("😀", text)


def wide(text: str) -> str:
    """Apart, and everything that can be a picture is one: flags take four columns, hearts two."""
    return re.sub("[\U0001f1e6-\U0001f1ff]|❤️|1️⃣", "😀", text)


@pytest.mark.parametrize("draws", [apart, joined, wide])
@pytest.mark.parametrize("emoji", [FAMILY, SKIN, FLAG, HEART, KEYCAP, FAMILY + SKIN + FLAG + HEART])
def test_the_rows_do_not_drift(emoji: str, draws: Callable[[str], str]) -> None:
    text = "*open " + "".join(f"{emoji * (i % 4)} w{chr(97 + i)} {emoji}" for i in range(20))
    for width in (20, 23, 31, 52):
        stage = Stage(size=(width, 30), environ={"NO_COLOR": "1", "TERM": "xterm"})
        stage.terminal.write("before\n")
        renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
        for at in range(0, len(text), 9):
            stage.clock.now += 1
            renderer.feed(TextDelta(text[at : at + 9]))
        renderer.close(None)
        rows = Screen(width, 30).feed(draws(stage.stdout).encode()).rows
        assert re.sub("[^a-z]", "", "".join(rows)) == re.sub("[^a-z]", "", f"before {text}")


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("abc", 3, ["abc"]),
        (FAMILY, 6, [FAMILY]),
        (FLAG + FLAG, 4, [FLAG, FLAG]),
        (HEART + HEART, 3, [HEART, HEART]),
        ("e\u0301e\u0301", 1, ["e\u0301", "e\u0301"]),
    ],
)
def test_a_text_is_chopped_so_that_it_fits_every_terminal(text: str, columns: int, rows: list[str]) -> None:
    assert list(chopped(text, columns)) == rows
    assert all(most_width_of(row) <= columns for row in rows)
