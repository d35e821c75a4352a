"""The menu to pick one of several things from, by arrows and by letters."""

from __future__ import annotations

import pytest

from glmcli.cli.keyboard.picking import Narrowing
from tests.cli.typed_keys import CTRL_C, CTRL_D, ENTER, Keyboard, Pipe

DOWN, ESCAPE, BACKSPACE = "\x1b[B", "\x1b", "\x7f"
OFFERS = [("id1", "id1  now  [trip] Why is it?"), ("id2", "id2  1 h ago  Trip to Rome"), ("id3", "id3  2 d ago  Other")]


def picked(pipe: Pipe, keys: str) -> str:
    pipe.typed.send_text(keys)
    return Keyboard(pipe, None).pick("go on with: ", OFFERS)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (ENTER, ""),
        ("rome" + ENTER, "id2"),
        ("to trip" + ENTER, "id2"),
        ("trip" + ENTER, "id1"),
        ("id3" + ENTER, "id3"),
        ("7" + ENTER, "7"),
        (" " + ENTER, ""),
        ("rox" + BACKSPACE + ENTER, "id2"),
    ],
)
def test_letters_narrow_it_down(pipe: Pipe, keys: str, key: str) -> None:
    assert picked(pipe, keys) == key


def test_the_offers_have_every_typed_word_in_them() -> None:
    narrowing = Narrowing(OFFERS)
    assert [[key for key, _ in narrowing.fitting(typed)] for typed in ("", "TRIP", "trip is", "nothing")] == [
        ["id1", "id2", "id3"],
        ["id1", "id2"],
        ["id1"],
        [],
    ]


@pytest.mark.parametrize(("keys", "end"), [(ESCAPE, EOFError), (CTRL_D, EOFError), (CTRL_C, KeyboardInterrupt)])
def test_it_can_be_left(pipe: Pipe, keys: str, end: type[BaseException]) -> None:
    with pytest.raises(end):
        picked(pipe, keys)


def test_the_terminal_is_lent_meanwhile(pipe: Pipe) -> None:
    picked(pipe, ENTER)
    assert pipe.modes == ["lent", "not lent"]
