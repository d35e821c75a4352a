"""The tool read_file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.tools.builtin.read_file import LONGEST_LINE, MOST, read_file_tool
from glmcli.tools.builtin.roots import Roots
from glmcli.tools.tool import OUTPUT_LIMIT, Result, Stop, Tool
from tests.tools.builtin.called import call, refusal, told


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return read_file_tool(Roots([tmp_path], cwd=tmp_path))


@pytest.mark.parametrize(
    ("content", "arguments", "text"),
    [
        (b"one\ntwo\n", {}, "f, whole:\none\ntwo"),
        (b"one\ntwo", {}, "f, whole:\none\ntwo"),
        (b"\n", {}, "f, whole:\n"),
        (b"one\r\ntwo\r\n", {}, "f, whole:\none\r\ntwo\r"),
        (b"\xef\xbb\xbf\xc3\xa4", {}, "f, whole:\nä"),
        (b"1\n2\n3\n4", {"start_line": 2, "end_line": 3}, "f, lines 2 to 3; more follows from line 4 on:\n2\n3"),
        (b"1\n2\n3\n4", {"start_line": 3}, "f, lines 3 to 4:\n3\n4"),
        (b"1\n2\n3\n4", {"end_line": 1}, "f, lines 1 to 1; more follows from line 2 on:\n1"),
        (b"1\n2\n", {"end_line": 9}, "f, whole:\n1\n2"),
        (b"h\xe9", {}, "f, whole; it is not all UTF-8; what could not be read is shown as \ufffd:\nh\ufffd"),
    ],
)
def test_the_lines_of_a_file_come_under_a_line_that_says_which(
    content: bytes, arguments: dict[str, Any], text: str, tmp_path: Path, tool: Tool
) -> None:
    (tmp_path / "f").write_bytes(content)
    assert call(tool, path="f", **arguments) == Result(text, foreign=True)


@pytest.mark.parametrize(
    ("content", "arguments", "text"),
    [
        (b"a\0b", {}, "f is a binary file, or text in UTF-16 (3 bytes): it cannot be read as text."),
        (b"1\n2", {"start_line": 3}, "f has no line 3: it ends with line 2."),
        (b"1\n2", {"start_line": 2, "end_line": 1}, "end_line 1 comes before start_line 2."),
    ],
)
def test_what_cannot_be_shown_is_refused(
    content: bytes, arguments: dict[str, int], text: str, tmp_path: Path, tool: Tool
) -> None:
    (tmp_path / "f").write_bytes(content)
    assert refusal(tool, path="f", **arguments) == text


def test_an_empty_file_is_told(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "f").touch()
    assert told(tool, path="f") == "f is empty."


def test_a_large_file_comes_in_parts_that_fit(tmp_path: Path, tool: Tool) -> None:
    lines = [f"line {number} of many" for number in range(1, 10_001)]
    (tmp_path / "f").write_text("\n".join(lines))
    read: list[str] = []
    while len(read) < len(lines):
        text = told(tool, path="f", start_line=len(read) + 1)
        assert len(text.encode()) <= OUTPUT_LIMIT
        head, *part = text.split("\n")
        first, read = len(read) + 1, read + part
        more = f"; more follows from line {len(read) + 1} on" if len(read) < len(lines) else ""
        assert head == f"f, lines {first} to {len(read)}{more}:"
    assert read == lines


def test_a_line_without_end_is_cut_between_characters(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "f").write_text("ä" * MOST + "\nend")
    kept = "xä" if LONGEST_LINE % 2 else "ä" * (LONGEST_LINE // 2)
    assert told(tool, path="f") == (
        f"f, whole; lines of more than {LONGEST_LINE} bytes are cut, and say how long they are:\n"
        f"{kept}… [{2 * MOST} bytes]\nend"
    )


def test_reading_can_be_stopped(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "f").write_text("one")
    stop = Stop()
    stop.set()
    assert call(tool, stop, path="f") == Result("f was not read to its end: stopped.", failed=True)


def test_a_file_of_the_system_without_a_size_is_read() -> None:
    tool = read_file_tool(Roots([Path("/proc/sys/kernel")], cwd=Path("/proc/sys/kernel")))
    assert told(tool, path="ostype") == "ostype, whole:\nLinux"


def test_a_file_of_nothing_but_lines_is_given_up_in_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\n" * (1 << 18))
    times = iter([0.0, 1.0, 2.0, 20.5])
    tool = read_file_tool(Roots([tmp_path], cwd=tmp_path), lambda: next(times))
    assert refusal(tool, path="a", start_line=10**9) == (
        "a was not read that far: stopped after 20 s, before line 131073."
    )
