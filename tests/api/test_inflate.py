from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.inflate import PIECE, inflate


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=2000), st.integers(1, 50), st.booleans())
def test_what_was_compressed_comes_back_however_it_is_cut(data: bytes, size: int, as_gzip: bool) -> None:
    packed = gzip.compress(data, mtime=0) if as_gzip else zlib.compress(data)
    assert b"".join(inflate(cut(packed, size))) == data


def test_pieces_are_small_however_much_comes_out() -> None:
    data = bytes(3 * PIECE + 7)
    pieces = list(inflate([gzip.compress(data, mtime=0)]))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) == PIECE


def test_several_members_are_one_answer() -> None:
    packed = gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0)
    assert b"".join(inflate([packed])) == b"one two"


@pytest.mark.parametrize("rest", [b"\0\0\0", b"rubbish"])
def test_what_follows_the_compressed_bytes_is_ignored(rest: bytes) -> None:
    assert b"".join(inflate([gzip.compress(b"one", mtime=0) + rest, rest])) == b"one"


def test_no_bytes_are_no_bytes() -> None:
    assert list(inflate([])) == []
    assert list(inflate([b"", b""])) == []


def test_bytes_that_end_too_early_are_noticed() -> None:
    packed = gzip.compress(b"hello", mtime=0)
    for length in range(1, len(packed)):
        with pytest.raises(EOFError):
            list(inflate([packed[:length]]))


def test_bytes_that_are_not_compressed_are_noticed() -> None:
    with pytest.raises(zlib.error):
        list(inflate([b"hello"]))
