"""Variables in texts: which there are, and that what is filled in stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.templates.text import filled, variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("no variables", []),
        ("$input", ["input"]),
        ("${input}s and $inputs", ["input", "inputs"]),
        ("$b $a $b ${a}", ["b", "a"]),
        ("$_x1-y", ["_x1"]),
        ("$$input $$$input", ["input"]),
        ("it costs $5, or 5$ ($)", []),
        ("${} ${a b} ${a $ {a}", []),
        ("$größe", ["gr"]),
        ("$ä", []),
    ],
)
def test_the_variables_of_a_text(text: str, names: list[str]) -> None:
    assert variables(text) == names


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$a", "1"),
        ("$a$b${a}b", "121b"),
        ("$$a", "$a"),
        ("$$$a", "$1"),
        ("$$$$a", "$$a"),
        ("$5 ${a ${} $", "$5 ${a ${} $"),
        ("\\$a\n$b", "\\1\n2"),
    ],
)
def test_a_text_is_filled_in(text: str, result: str) -> None:
    assert filled(text, {"a": "1", "b": "2"}) == result


PIECES = st.lists(st.sampled_from(["$a-", "${a}", "${b}", "$$", "$", "{", "}", " ", "5", "\n", "é"])).map("".join)


@given(PIECES, st.text(), st.text())
def test_what_is_filled_in_is_never_looked_at_again(text: str, a: str, b: str) -> None:
    # The same text with marks in place of the values, which are put in by the simplest means there are.
    marked = filled(text, {"a": "\ue000", "b": "\ue001"})
    assert "".join({"\ue000": a, "\ue001": b}.get(it, it) for it in marked) == filled(text, {"a": a, "b": b})


@given(st.text())
def test_every_text_can_be_written_so_that_it_stays_as_it_is(text: str) -> None:
    assert variables(text.replace("$", "$$")) == []
    assert filled(text.replace("$", "$$"), {}) == text


@given(st.text(alphabet="$a{} "))
def test_a_text_without_variables_and_double_dollars_stays_as_it_is(text: str) -> None:
    if not variables(text) and "$$" not in text:
        assert filled(text, {}) == text
