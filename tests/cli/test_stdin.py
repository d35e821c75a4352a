"""stdin: what is read, what is awaited, and what is refused (interface §2)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glmcli.cli import stdin
from glmcli.errors import UsageError
from glmcli.world import World
from tests.support.cli import piped


def world_of(source: object, **more: object) -> World:
    with Path(os.devnull).open("wb") as sink:
        return World(source, sink, sink, **more)  # type: ignore[arg-type]


@contextmanager
def silent_pipe() -> Iterator[object]:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source:
        yield source
        os.close(write)


def test_a_pipe_a_file_and_a_socket_hold_input_and_a_terminal_or_dev_null_does_not(tmp_path: Path) -> None:
    import socket

    document = tmp_path / "document"
    document.write_text("text")
    left, right = socket.socketpair()
    with piped(b"x") as pipe, document.open("rb") as file, Path(os.devnull).open("rb") as null, left, right:
        socket_file = left.makefile("rb")
        assert [stdin.has_input(world_of(it)) for it in (pipe, file, socket_file, null, None)] == [
            True,
            True,
            True,
            False,
            False,
        ]
        assert not stdin.has_input(world_of(pipe, stdin_tty=True))
        pipe.read()
        socket_file.close()


def test_a_closed_stdin_holds_no_input() -> None:
    with piped(b"x") as pipe:
        pipe.read()
    assert not stdin.has_input(world_of(pipe))


def test_it_is_read_to_the_end_without_its_byte_order_mark() -> None:
    notes: list[str] = []
    with piped("\ufeffgrüße\n".encode() * 1) as pipe:
        assert stdin.read(world_of(pipe), notes.append, timeout=5) == "grüße\n"
    assert notes == []


def test_a_silent_pipe_is_spoken_of_after_three_seconds_and_given_up_at_the_limit() -> None:
    waits: list[float | None] = []
    notes: list[str] = []

    def never(descriptor: int, seconds: float | None) -> bool:
        waits.append(seconds)
        return False

    with silent_pipe() as pipe, pytest.raises(UsageError) as caught:
        stdin.read(world_of(pipe, readable=never), notes.append, timeout=60, optional=True)

    assert waits == [3.0, 57.0]
    assert notes == ["waiting for stdin, which is open and silent; --no-stdin does not look at it, Ctrl-C ends"]
    assert caught.value.message == "nothing came on stdin within 60 s; nothing was sent"
    assert caught.value.hint == "--no-stdin does not look at stdin, --stdin-timeout 0 waits for ever."


def test_a_limit_of_zero_waits_for_ever() -> None:
    waits: list[float | None] = []

    def later(descriptor: int, seconds: float | None) -> bool:
        waits.append(seconds)
        return len(waits) == 2

    with piped(b"at last") as pipe:
        assert stdin.read(world_of(pipe, readable=later), lambda line: None, timeout=0) == "at last"
    assert waits == [3.0, None]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok \xff", "stdin is not UTF-8 text: byte 0xff at offset 3"),
        (b"cut \xe2\x82", "stdin is not UTF-8 text: byte 0xe2 at offset 4"),
        (b"a\0b", "stdin holds NUL bytes, so it is not text"),
    ],
)
def test_bytes_that_are_no_text_are_refused(data: bytes, message: str) -> None:
    with piped(data) as pipe, pytest.raises(UsageError) as caught:
        stdin.read(world_of(pipe), lambda line: None, timeout=5)
    assert caught.value.message == message


def test_a_missing_stdin_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="stdin is closed"):
        stdin.read(world_of(None), lambda line: None, timeout=5)
