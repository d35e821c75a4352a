"""Head and tail of an output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.tools.kept import Kept, kept


def fed(data: bytes, limit: int, chunk: int = 7) -> Kept:
    keeper = Kept(limit)
    for start in range(0, len(data), chunk):
        keeper.add(data[start : start + chunk])
    return keeper


def test_what_fits_is_kept_as_it_is() -> None:
    keeper = fed(b"x" * 100, 100)
    assert (keeper.text(), keeper.whole, keeper.total) == ("x" * 100, b"x" * 100, 100)


def test_of_more_the_head_and_the_tail_are_kept_and_the_rest_is_counted() -> None:
    keeper = fed(b"a" * 5000 + b"m" * 12345 + b"z" * 5000, 104)
    assert keeper.text() == f"{'a' * 20}\n[… 22,305 bytes left out …]\n{'z' * 20}"
    assert keeper.whole is None


def test_characters_are_not_cut() -> None:
    assert kept("€" * 1000, 104) == f"{'€' * 6}\n[… 2,964 bytes left out …]\n{'€' * 6}"


def test_bytes_that_are_no_utf_8_and_nul_are_replaced() -> None:
    assert fed(b"a\xff\0\xe2\x82", 100).text() == "a���"


def test_a_smaller_limit_cuts_what_was_kept_once_more() -> None:
    assert fed(b"a" * 500 + b"z" * 500, 1000).text(104) == f"{'a' * 20}\n[… 960 bytes left out …]\n{'z' * 20}"
    assert fed(b"a" * 5000 + b"z" * 5000, 1000).text(104) == f"{'a' * 20}\n[… 9,960 bytes left out …]\n{'z' * 20}"


@pytest.mark.parametrize("limit", [100, 10_000])
def test_the_end_is_the_last_of_it_without_blanks_around(limit: int) -> None:
    assert fed(b"head" * 100 + "€uro\n".encode(), limit).end(6) == "uro"
    assert fed(b" all of it\n", limit).end(20) == "all of it"


@given(st.binary(max_size=600), st.integers(64, 300), st.integers(1, 50))
def test_however_it_comes_the_text_is_the_same(data: bytes, limit: int, chunk: int) -> None:
    assert fed(data, limit, chunk).text() == fed(data, limit, len(data) + 1).text()


@given(st.text(max_size=600), st.integers(64, 300))
def test_a_text_is_whole_or_within_the_limit_without_a_broken_character(text: str, limit: int) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\0", "").replace("�", "")
    cut = kept(text, limit)
    if len(text.encode()) <= limit:
        assert cut == text
    else:
        head, _, rest = cut.partition("\n[… ")
        _, _, tail = rest.partition(" bytes left out …]\n")
        assert len(cut.encode()) <= limit
        assert text.startswith(head)
        assert text.endswith(tail)
        assert "�" not in cut


def test_memory_stays_bounded() -> None:
    keeper = Kept(1000)
    most = 0
    for _ in range(1000):
        keeper.add(b"x" * 900)
        most = max(most, len(keeper._head) + len(keeper._tail))
    assert (keeper.total, most <= 3000) == (900_000, True)
