from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.ui.columns import bare, chopped, fit, width_of, wrapped


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 4, ["one", "two"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
        ("  indented text", 10, ["  indented", "text"]),
        ("日本語 日本", 5, ["日本", "語", "日本"]),
    ],
)
def test_lines_are_broken_between_words(text: str, columns: int, rows: list[str]) -> None:
    assert list(wrapped(text, columns)) == rows


@given(st.text(alphabet="ab 日e\u0301", max_size=40), st.integers(2, 12))
def test_no_word_is_lost_and_no_row_too_wide(text: str, columns: int) -> None:
    rows = list(wrapped(text, columns))
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(width_of(row) <= columns for row in rows)
    assert "".join(chopped(text, columns)) == text


def test_drawn_text_without_its_colours_and_links() -> None:
    assert bare("\x1b[1ma\x1b[0m \x1b]8;id=1;http://x\x1b\\b\x1b]8;;\x1b\\") == "a b"
    assert bare("plain") == "plain"


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert [fit("abcdef", 6), fit("abcdef", 4), fit("abcdef", 0), fit("abcdef", 5, "...")] == [
        "abcdef",
        "abc…",
        "",
        "ab...",
    ]
