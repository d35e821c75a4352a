from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.ui.clean import Cleaner, clean, escaped_in_json, one_line, utf8

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain text, tab\tand\nline feed", "plain text, tab\tand\nline feed"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\x00b\x7fc\x0bd\x0ee", "a␀b␡c␋d␎e"),
        ("\x9b31m\x85", "<U+009B>31m<U+0085>"),
        ("\u202eevil\u2066x\u2069", "<U+202E>evil<U+2066>x<U+2069>"),
        ("\u200b\u2060\ufeff\u00ad\u180e\ufff9", "<U+200B><U+2060><U+FEFF><U+00AD><U+180E><U+FFF9>"),
        ("\U000e0041\U000e0101", "<U+E0041><U+E0101>"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\r\nb\rc\r", "a\nb␍c␍"),
        ("\ud800x", "\ufffdx"),
        (
            "👩\u200d👩\u200d👧 e\u0301 ❤\ufe0f \u200e\u200f\u061c \u200c",
            "👩\u200d👩\u200d👧 e\u0301 ❤\ufe0f \u200e\u200f\u061c \u200c",
        ),
        (SCOTLAND, SCOTLAND),
        (f"{SCOTLAND}\U000e0067", f"{SCOTLAND}<U+E0067>"),
        ("\U0001f3f4 \U000e0067", "\U0001f3f4 <U+E0067>"),
        (f"{SCOTLAND}\x1b{SCOTLAND}", f"{SCOTLAND}␛{SCOTLAND}"),
        ("", ""),
    ],
)
def test_what_is_shown_of_foreign_text(given: str, shown: str) -> None:
    assert clean(given) == shown


FOREIGN = st.text(
    st.sampled_from("ab \n\t\r\x1b[]m\x07\x9b\u202e\u200b\U0001f3f4\U000e0067\U000e007f\U000e0001\ud800\u2028é"),
    max_size=12,
)


@given(FOREIGN, st.data())
def test_no_way_of_cutting_the_text_changes_what_is_shown(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    cleaner = Cleaner()
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(map(cleaner.feed, pieces)) + cleaner.feed("", final=True) == clean(text)


@given(FOREIGN)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_one_line_stays_one_line() -> None:
    assert one_line("a\nb\tc\r\nd\x1b") == "a␊b c␊d␛"


def test_bytes_are_exact_but_for_lone_surrogates() -> None:
    assert utf8("é\x1b\udc80") == "é\x1b\ufffd".encode()


@given(st.text(max_size=20))
def test_json_means_the_same_after_escaping(text: str) -> None:
    assert json.loads(escaped_in_json(json.dumps(text, ensure_ascii=False))) == text


def test_json_holds_nothing_that_could_fool_a_terminal() -> None:
    text = '"\x7f\x9b\u202e\u2028\U000e0041\ud800é"'
    assert escaped_in_json(text) == '"\\u007f\\u009b\\u202e\\u2028\\udb40\\udc41\\ud800é"'
