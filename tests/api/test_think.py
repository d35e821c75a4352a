"""`<think>` tags in the text of an answer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.think import ThinkSplitter

CASES: dict[str, tuple[str, str, str]] = {  # text; reasoning and text that it holds
    "no tag": ("Hello, you.", "", "Hello, you."),
    "a leading block": ("<think>I see.</think>Hello", "I see.", "Hello"),
    "blanks before it and line breaks after it go": (
        "\n \n<think>\nI see.\n</think>\n\nHello\n",
        "\nI see.\n",
        "Hello\n",
    ),
    "blanks after it stay": ("<think></think>\n    code", "", "    code"),
    "a block that never ends": ("<think>I see. <b", "I see. <b", ""),
    "a block with other tags": ("<think>if a < b: </thin></think>no", "if a < b: </thin>", "no"),
    "only a block": ("<think>I see.</think>", "I see.", ""),
    "a second block is text": ("<think>a</think>b<think>c</think>d", "a", "b<think>c</think>d"),
    "a block that is not leading is text": ("Use <think>x</think>.", "", "Use <think>x</think>."),
    "a lone closing tag": ("I see.</think>Hello", "", "I see.Hello"),
    "a lone closing tag between lines": ("I see.\n</think>\n\nHello", "", "I see.\n\n\nHello"),
    "a lone closing tag at the start": ("</think>\n\nHello", "", "Hello"),
    "a lone closing tag at the end": ("Hello</think>", "", "Hello"),
    "only a closing tag": ("</think>", "", ""),
    "a closing tag and line breaks": ("</think>\n\n", "", ""),
    "a second closing tag is text": ("a</think>b</think>c", "", "ab</think>c"),
    "a closing tag in backticks": ("Close it with `</think>`.", "", "Close it with `</think>`."),
    "a closing tag in a string": ('re.split("</think>", s)', "", 're.split("</think>", s)'),
    "a closing tag before a quote": ("r'.*</think>'", "", "r'.*</think>'"),
    "a closing tag after a quote, at the end": ("'</think>", "", "'</think>"),
    "half a tag at the start": ("<thi", "", "<thi"),
    "half a closing tag at the end": ("Hello </thin", "", "Hello </thin"),
    "a tag of another kind": ("<b>Hello</b> <thinking>", "", "<b>Hello</b> <thinking>"),
    "comparisons": ("a < b <c << d", "", "a < b <c << d"),
    "only blanks": (" \n ", "", " \n "),
    "more blanks than any model sends": (" " * 65 + "<think>a</think>", "", " " * 65 + "<think>a</think>"),
}


def split(*pieces: str) -> tuple[str, str]:
    splitter = ThinkSplitter()
    found = [part for piece in pieces if piece for part in _fed(splitter, piece)] + splitter.stop()
    assert all(text for _, text in found)
    assert splitter.plain
    return "".join(text for thought, text in found if thought), "".join(text for thought, text in found if not thought)


def _fed(splitter: ThinkSplitter, piece: str) -> list[tuple[bool, str]]:
    return [(False, piece)] if splitter.passes(piece) else splitter.feed(piece)


@pytest.mark.parametrize(("text", "reasoning", "rest"), CASES.values(), ids=CASES)
def test_reasoning_is_taken_out_however_the_text_is_cut(text: str, reasoning: str, rest: str) -> None:
    assert split(text) == (reasoning, rest)
    assert split(*text) == (reasoning, rest)
    for cut in range(len(text)):
        assert split(text[:cut], text[cut:]) == (reasoning, rest)


parts = st.sampled_from(["<think>", "</think>", "<", "</thi", "nk>", "\n", "a", "`", '"', " ", ">"])


@settings(max_examples=300)
@given(st.lists(parts, max_size=12).map("".join), st.lists(st.integers(0, 60), max_size=5))
def test_any_cut_gives_the_same_as_none(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert split(*(text[a:b] for a, b in pairwise(places))) == split(text)


def test_text_is_given_out_at_once_unless_it_may_be_a_tag() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("Hello <") == [(False, "Hello ")]
    assert not splitter.passes("b")
    assert splitter.feed("b") == [(False, "<b")]
    assert splitter.passes("more")
