"""The world of a real process: its terminal, streams, sizes and ids."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from glmcli.world import World, chance, new_id, readable, terminal_id


def test_ids_sort_by_time_and_differ() -> None:
    first, second = new_id(), new_id()
    assert re.fullmatch("[0-9a-f]{24}", first)
    assert first[:12] <= second[:12]
    assert first != second


def test_chance_lies_between_0_and_1() -> None:
    assert 0 <= chance() < 1


def test_a_pipe_is_readable_when_something_came_or_it_ended() -> None:
    read, write = os.pipe()
    try:
        assert not readable(read, 0)
        os.write(write, b"x")
        assert readable(read, None)
        os.read(read, 1)
        os.close(write)
        assert readable(read, 0)
    finally:
        os.close(read)


REPORT = """
import json, sys
from glmcli.world import World, terminal_id
world = World.real()
with open(sys.argv[1], "w") as report:
    json.dump(
        [world.stdin_tty, world.stdout_tty, world.stderr_tty, world.size(), world.terminal_id(), world.stdin is None],
        report,
    )
"""


def reported(path: Path, **streams: object) -> list[object]:
    """What a process with these streams sees."""
    subprocess.run([sys.executable, "-c", REPORT, str(path)], check=True, **streams)  # type: ignore[call-overload]
    report: list[object] = json.loads(path.read_text())
    return report


def test_pipes_are_no_terminal(tmp_path: Path) -> None:
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    assert reported(tmp_path / "report", **quiet) == [False, False, False, [80, 24], None, False]


def test_a_terminal_is_known_by_its_device_and_the_start_of_its_session(tmp_path: Path) -> None:
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    try:
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
        device = os.ttyname(follower)
        everything = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
        report = reported(tmp_path / "report", start_new_session=True, **everything)
        other = reported(tmp_path / "other", start_new_session=True, stdin=follower, stdout=subprocess.DEVNULL)
    finally:
        os.close(leader)
        os.close(follower)
    assert report[:4] == [True, True, True, [101, 33]]
    assert re.fullmatch(rf"{device}:\d+:\d+", str(report[4]))
    assert str(other[4]).startswith(f"{device}:")
    assert other[4] != report[4]


def test_a_session_whose_start_cannot_be_read_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "ttyname", lambda descriptor: "/dev/pts/9")
    monkeypatch.setattr(os, "getsid", lambda process: 999_999_999)
    assert terminal_id() == "/dev/pts/9:999999999:"


def test_closed_streams_read_nothing_and_fail_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"):
        monkeypatch.setattr(sys, name, None)
    world = World.real()
    assert world.stdin is None
    assert (world.stdin_tty, world.stdout_tty, world.stderr_tty) == (False, False, False)
    assert world.size() == (80, 24)
    with pytest.raises(ValueError, match="closed file"):
        world.stdout.write(b"x")


def test_a_stream_that_was_closed_in_python_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.TextIOWrapper(io.BytesIO())
    buffer = closed.buffer
    monkeypatch.setattr(sys, "stdout", closed)
    monkeypatch.setattr(sys, "__stdout__", closed)
    buffer.close()
    assert not World.real().stdout_tty
