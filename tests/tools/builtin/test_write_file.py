"""The tool write_file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from glmcli.tools.builtin.roots import Roots
from glmcli.tools.builtin.write_file import write_file_tool
from glmcli.tools.tool import Tool
from tests.tools.builtin.called import refusal, told


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return write_file_tool(Roots([tmp_path], cwd=tmp_path))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(it.name for it in folder.iterdir())


def test_a_file_is_made_replaced_and_extended(tmp_path: Path, tool: Tool) -> None:
    assert told(tool, path="f", content="ä\n") == "Created f (3 bytes)."
    assert (tmp_path / "f").read_bytes() == b"\xc3\xa4\n"
    assert told(tool, path="f", content="x") == "Replaced f: 1 byte, where there were 3."
    assert told(tool, path="f", content="yz", append=True) == "Added 2 bytes to f, which has 3 bytes now."
    assert (tmp_path / "f").read_bytes() == b"xyz"
    assert told(tool, path="g", content="", append=True) == "Created g (0 bytes)."
    assert names(tmp_path) == ["f", "g"]


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path: Path, tool: Tool) -> None:
    old = os.umask(0o022)
    try:
        told(tool, path="new", content="x")
        (tmp_path / "script").touch()
        (tmp_path / "script").chmod(0o755)
        told(tool, path="script", content="x")
    finally:
        os.umask(old)
    assert (mode(tmp_path / "new"), mode(tmp_path / "script")) == (0o644, 0o755)


def test_folders_are_made_only_when_asked_for(tmp_path: Path, tool: Tool) -> None:
    assert (
        refusal(tool, path="a/b/f", content="x") == "The folder of a/b/f does not exist; with make_folders it is made."
    )
    assert not (tmp_path / "a").exists()
    assert told(tool, path="a/b/f", content="x", make_folders=True) == "Created a/b/f (1 byte)."
    assert (tmp_path / "a" / "b" / "f").read_text() == "x"


def test_a_symlink_within_the_root_keeps_its_place(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub/f")
    assert told(tool, path="link", content="x") == "Created link (1 byte)."
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "sub" / "f").read_text() == "x"


def test_what_is_no_file_or_read_only_is_left_alone(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "fixed").write_text("x")
    (tmp_path / "fixed").chmod(0o444)
    assert refusal(tool, path="sub", content="x") == "sub is a folder, not a file."
    assert refusal(tool, path=".", content="x") == ". is a folder."
    assert refusal(tool, path="pipe", content="x") == "pipe is a named pipe, not a file."
    assert refusal(tool, path="fixed", content="y") == "fixed is read-only."
    assert refusal(tool, path="fixed/f", content="y") == "fixed/f is no folder, or a part of it is none."
    assert (tmp_path / "fixed").read_text() == "x"


def test_half_characters_are_refused(tmp_path: Path, tool: Tool) -> None:
    assert refusal(tool, path="f", content="\ud800") == (
        "The content holds halves of characters (lone surrogates), which UTF-8 cannot write."
    )
    assert names(tmp_path) == []


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refusal(tool, path="f", content="new") == (
        "f cannot be written: no space left on device. Nothing was changed."
    )
    assert (names(tmp_path), (tmp_path / "f").read_text()) == (["f"], "old")
