"""Server-sent events by the rules of the standard, in one piece, byte by byte, and cut anywhere."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.sse import SseDecoder
from glmcli.errors import ServerError

CASES: dict[str, tuple[bytes, list[str]]] = {
    "one event": (b"data: a\n\n", ["a"]),
    "two events": (b"data: a\n\ndata: b\n\n", ["a", "b"]),
    "no blank after the colon": (b"data:a\n\n", ["a"]),
    "only one blank is taken off": (b"data:  a\n\n", [" a"]),
    "a tab is no blank": (b"data:\ta\n\n", ["\ta"]),
    "colons in the value": (b"data: a: b:c\n\n", ["a: b:c"]),
    "several data lines": (b"data: a\ndata: b\n\n", ["a\nb"]),
    "an empty data line between": (b"data: a\ndata:\ndata: b\n\n", ["a\n\nb"]),
    "data without a colon is an empty line": (b"data\n\n", [""]),
    "data without a colon, twice": (b"data\ndata\n\n", ["\n"]),
    "an empty value": (b"data:\n\n", [""]),
    "an empty value with a blank": (b"data: \n\n", [""]),
    "trailing blanks stay": (b"data: a  \n\n", ["a  "]),
    "more blank lines dispatch nothing": (b"\n\ndata: a\n\n\n\n", ["a"]),
    "comment": (b": hello\n\ndata: a\n\n", ["a"]),
    "comment inside an event": (b"data: a\n: x\ndata: b\n\n", ["a\nb"]),
    "lone colon": (b":\ndata: a\n\n", ["a"]),
    "comment that looks like data": (b":data: x\n\n", []),
    "event, id and retry say nothing here": (b"event: chunks\nid: 1\nretry: 5\ndata: a\n\n", ["a"]),
    "a block without data": (b"event: ping\n\ndata: a\n\n", ["a"]),
    "an id alone": (b"id: 1\n\n", []),
    "unknown field": (b"foo: x\ndata: a\n\n", ["a"]),
    "the field name is case-sensitive": (b"Data: x\nDATA: y\ndata: a\n\n", ["a"]),
    "a blank before the name": (b" data: x\ndata: a\n\n", ["a"]),
    "a blank before the colon": (b"data : x\ndata: a\n\n", ["a"]),
    "a name that begins like it": (b"database: x\ndata: a\n\n", ["a"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
    "CR": (b"data: a\r\rdata: b\r\r", ["a", "b"]),
    "CR LF mixed": (b"data: a\r\ndata: b\n\rdata: c\r\r", ["a\nb", "c"]),
    "LF CR is two line ends": (b"data: a\n\rdata: b\n\n", ["a", "b"]),
    "CR CR LF is two line ends": (b"data: a\r\r\ndata: b\n\n", ["a", "b"]),
    "U+2028 and U+2029 are data": ("data: a\u2028b\u2029c\n\n".encode(), ["a\u2028b\u2029c"]),
    "U+0085 is data": ("data: a\u0085b\n\n".encode(), ["a\u0085b"]),
    "VT, FF, FS, GS, RS are data": (b"data: a\x0b\x0c\x1c\x1d\x1eb\n\n", ["a\x0b\x0c\x1c\x1d\x1eb"]),
    "NUL is data": (b"data: a\0b\n\n", ["a\0b"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", ["b"]),
    "a byte order mark later on": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", ["a"]),
    "a byte order mark in the data": (b"data: \xef\xbb\xbfa\n\n", ["\ufeffa"]),
    "a byte order mark before a comment": (b"\xef\xbb\xbf: x\ndata: a\n\n", ["a"]),
    "a byte order mark alone on its line": (b"\xef\xbb\xbf\ndata: a\n\n", ["a"]),
    "a bad byte": (b"data: a\xffb\n\n", ["a\ufffdb"]),
    "a character cut by the line end": (b"data: \xf0\x9f\x8c\ndata: b\n\n", ["\ufffd\nb"]),
    "an encoded surrogate": (b"data: \xed\xa0\x80\n\n", ["\ufffd\ufffd\ufffd"]),
    "an overlong slash": (b"data: \xc0\xaf\n\n", ["\ufffd\ufffd"]),
    "four-byte characters": ("data: 🌊é日🇫🇷\n\n".encode(), ["🌊é日🇫🇷"]),
    "no bytes": (b"", []),
    "no event": (b"\n\n\n", []),
    "an event that nothing closes is dropped": (b"data: a\n\ndata: b\n", ["a"]),
    "a line that nothing ends is dropped": (b"data: a\n\ndata: b", ["a"]),
    "padding of a chat stream": (b': ping\n\ndata: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}', "[DONE]"]),
}
LENIENT: dict[str, tuple[bytes, list[str]]] = {
    "[DONE] without a blank line": (b"data: a\n\ndata: [DONE]\n", ["a", "[DONE]"]),
    "[DONE] without a line end": (b"data: a\n\ndata: [DONE]", ["a", "[DONE]"]),
    "[DONE] cut short": (b"data: a\n\ndata: [DONE", ["a"]),
    "a whole object": (b'data: {"a": 1}', ['{"a": 1}']),
    "a whole object over two lines": (b'data: {"a":\ndata: 1}', ['{"a":\n1}']),
    "an object cut short": (b'data: {"a": 1', []),
    "a number may be cut short, so it is dropped": (b"data: 12", []),
    "nesting without end": (b"data: " + b'{"a":' * 100_000, []),
    "only a comment": (b": x", []),
}


def decoded(*chunks: bytes) -> list[str]:
    decoder = SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


def reference(body: bytes) -> list[str]:
    """The standard's algorithm over the whole text, written for plainness."""
    text = body.decode(errors="replace").removeprefix("\ufeff")
    events, data = [], ""
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, colon, value = line.partition(":")
        if not line:
            if data:
                events.append(data.removesuffix("\n"))
            data = ""
        elif name == "data":
            data += (value.removeprefix(" ") if colon else "") + "\n"
    return events


@pytest.mark.parametrize(("body", "expected"), [*CASES.values(), *LENIENT.values()], ids=[*CASES, *LENIENT])
def test_a_stream_gives_its_events_however_it_is_cut(body: bytes, expected: list[str]) -> None:
    assert decoded(body) == expected
    if len(body) < 200:
        assert decoded(*(bytes([byte]) for byte in body)) == expected
        for cut in range(len(body) + 1):
            assert decoded(body[:cut], b"", body[cut:]) == expected


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_the_table_agrees_with_the_algorithm_of_the_standard(body: bytes, expected: list[str]) -> None:
    assert reference(body) == expected


pieces = st.sampled_from(
    [b"data", b":", b" ", b"\n", b"\r", b"\r\n", b"a", b"{", b"\xf0\x9f", b"\x8c\x8a", b"\xef\xbb\xbf", b"id", b"\0"]
)


@settings(max_examples=300)
@given(st.lists(pieces, max_size=25).map(b"".join), st.lists(st.integers(0, 60), max_size=6))
def test_any_bytes_cut_anywhere_give_what_the_standard_says(body: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    assert decoded(*(body[a:b] for a, b in pairwise(places))) == reference(body)


def test_nothing_waits_for_the_half_of_a_crlf_that_may_never_come() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r\r") == ["a"]
    assert decoder.feed(b"\ndata: b\r") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\n\r") == ["b"]


def test_a_line_of_many_pieces_is_joined_once() -> None:
    piece = b"x" * 1024
    assert decoded(b"data: ", *[piece] * 4096, b"\n\n") == ["x" * (4096 * 1024)]


def test_many_lines_make_one_event() -> None:
    assert decoded(b"data: x\n" * 100_000, b"\n") == ["\n".join("x" * 100_000)]


@pytest.mark.parametrize("body", [b"data: " + b"x" * 200, b"x" * 200, b"data: x\n" * 100, b"data\n" * 101])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_without_end_is_refused(body: bytes, size: int) -> None:
    decoder = SseDecoder(limit=100)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    with pytest.raises(ServerError, match="one event of the stream is larger than 100 bytes"):
        list(map(decoder.feed, chunks))


def test_the_limit_is_that_of_one_event_not_of_the_stream() -> None:
    decoder = SseDecoder(limit=100)
    for _ in range(50):
        assert decoder.feed(b": a comment of some length, which counts as little as the event before it\n") == []
        assert decoder.feed(b"data: " + b"x" * 80 + b"\n\n") == ["x" * 80]
