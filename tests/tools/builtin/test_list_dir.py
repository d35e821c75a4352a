"""The tool list_dir."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glmcli.tools.builtin.list_dir import MOST, list_dir_tool
from glmcli.tools.builtin.roots import Roots
from glmcli.tools.tool import Result, Tool
from tests.tools.builtin.called import call, refusal, told


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return list_dir_tool(Roots([tmp_path], cwd=tmp_path))


def test_a_folder_is_listed_by_name_with_kinds_and_sizes(tmp_path: Path, tool: Tool) -> None:
    for folder in ("b/c/d", ".git/objects", "node_modules/left-pad"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "b" / "c" / "deep.txt").write_text("12345")
    (tmp_path / "a.txt").write_text("ä")
    (tmp_path / "out").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "odd\nname\x1b[1m").touch()
    (tmp_path / os.fsdecode(b"latin-\xe9")).touch()
    first = r".git/|a.txt  2|b/|latin-\xe9  0|node_modules/|'odd\nname\x1b[1m'  0|out -> /etc|pipe  a named pipe"
    assert call(tool) == Result("\n".join(["., 8 entries:", *first.split("|")]), foreign=True)
    deep = first.replace("|b/|", "|b/|b/c/|b/c/d/|b/c/deep.txt  5|")
    assert told(tool, depth=8) == "\n".join(["., 11 entries:", *deep.split("|")])
    assert told(tool, path="b") == "b, 1 entry:\nc/"
    assert told(tool, path="b/c/d") == "b/c/d is empty."


def test_what_is_no_folder_is_refused(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "f").touch()
    assert refusal(tool, path="f") == "f is no folder, or a part of it is none."
    assert refusal(tool, path="x") == "x cannot be opened: no such file or directory."


def test_a_large_folder_is_cut(tmp_path: Path, tool: Tool) -> None:
    for number in range(MOST + 1):
        (tmp_path / f"{number:04}").touch()
    head, *rows = told(tool).split("\n")
    assert head == f"., the first {MOST} entries; look into a folder of it for more:"
    assert rows == [f"{number:04}  0" for number in range(MOST)]
