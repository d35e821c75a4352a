"""Halves of characters, as JSON can carry them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.unicode import Joiner, well_formed

WAVE = "\ud83c", "\udf0a"  # 🌊 in two escapes


def joined(*pieces: str) -> str:
    joiner = Joiner()
    return "".join([joiner.feed(piece) for piece in pieces] + [joiner.flush()])


def test_two_halves_in_two_deltas_are_one_character() -> None:
    assert joined("a" + WAVE[0], WAVE[1] + "b") == "a🌊b"
    assert joined(WAVE[0], WAVE[1]) == "🌊"


def test_a_half_alone_is_replaced() -> None:
    assert joined("a" + WAVE[0], "b") == "a\ufffdb"
    assert joined("a" + WAVE[0]) == "a\ufffd"
    assert joined(WAVE[1] + "é") == "\ufffdé"
    assert joined(WAVE[0] + WAVE[0], WAVE[1]) == "\ufffd🌊"


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["a", "é", *WAVE, "🌊"]), max_size=10))
def test_the_pieces_give_what_the_whole_gives(pieces: list[str]) -> None:
    whole = well_formed("".join(pieces))
    assert joined(*pieces) == whole
    assert whole.encode().decode() == whole
