"""The tool search_files."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from glmcli.tools.builtin import search_files
from glmcli.tools.builtin.roots import Roots
from glmcli.tools.builtin.search_files import MOST, SHOWN, search_files_tool
from glmcli.tools.tool import Result, Stop, Tool
from tests.tools.builtin.called import call, refusal, told


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A folder with something of everything."""
    files = {
        "a.py": b"import os\ndef main():\n    return os\n",
        "sub/b.py": b"def other(): pass\r\n",
        "sub/deep/c.md": "Überblick: main\n".encode(),
        "sub/deep/latin.txt": b"d\xe9f main\n",
        ".git/config": b"main\n",
        "node_modules/x.py": b"main\n",
        ".env": b"main=1\n",
        "image.png": b"\x89PNG\0main",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "outside").symlink_to("/etc")
    return search_files_tool(Roots([tmp_path], cwd=tmp_path))


MAIN = "a.py:2: def main():\nsub/deep/c.md:1: Überblick: main\nsub/deep/latin.txt:1: d\ufffdf main"
LEFT_OUT = "1 that may hold secrets; 1 binary"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"pattern": "main"}, f"3 lines in 4 files; {LEFT_OUT}:\n{MAIN}"),
        (
            {"pattern": r"^def \w+\("},
            f"2 lines in 4 files; {LEFT_OUT}:\na.py:2: def main():\nsub/b.py:1: def other(): pass",
        ),
        (
            {"pattern": "üBER", "ignore_case": True, "glob": "*.md"},
            "1 line in 1 file:\nsub/deep/c.md:1: Überblick: main",
        ),
        (
            {"pattern": "()", "literal": True, "glob": "*.py"},
            "2 lines in 2 files:\na.py:2: def main():\nsub/b.py:1: def other(): pass",
        ),
        (
            {"pattern": "MAIN", "literal": True, "ignore_case": True, "path": "a.py"},
            "1 line in 1 file:\na.py:2: def main():",
        ),
        ({"pattern": "def", "path": "sub"}, "1 line in 3 files:\nsub/b.py:1: def other(): pass"),
        ({"pattern": "def", "path": "./sub/"}, "1 line in 3 files:\n./sub/b.py:1: def other(): pass"),
        ({"pattern": "main", "glob": "sub/**/*.md"}, "1 line in 1 file:\nsub/deep/c.md:1: Überblick: main"),
        ({"pattern": "def", "glob": "sub/**/*.py"}, "1 line in 1 file:\nsub/b.py:1: def other(): pass"),
        ({"pattern": "def", "glob": "**/b.py"}, "1 line in 1 file:\nsub/b.py:1: def other(): pass"),
        ({"pattern": "main", "path": ".env"}, "1 line in 1 file:\n.env:1: main=1"),
    ],
)
def test_lines_are_found_by_pattern_place_and_name(arguments: dict[str, Any], text: str, tool: Tool) -> None:
    assert call(tool, **arguments) == Result(text, foreign=True)


def test_nothing_found_is_said(tool: Tool) -> None:
    assert call(tool, pattern="absent") == Result(f"Nothing found in 4 files; {LEFT_OUT}.")


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "(a{1000}){1000}"])
def test_a_pattern_that_could_run_away_or_is_none_is_refused(pattern: str, tool: Tool) -> None:
    assert refusal(tool, pattern=pattern) == (
        f"{pattern!r} is no regular expression that can be searched for: mind the brackets, do without lookaround and "
        "backreferences, or set literal to true to search for it as it stands."
    )


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){50}b$", "(x+x+)+y"])
def test_a_pattern_that_would_take_years_with_backtracking_takes_no_time(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(("a" * 5000 + "x" * 5000 + "!\n") * 10)
    began = time.process_time()
    assert told(search_files_tool(Roots([tmp_path], cwd=tmp_path)), pattern=pattern) == "Nothing found in 1 file."
    assert time.process_time() - began < 2


def test_patterns_have_a_length(tool: Tool) -> None:
    assert refusal(tool, pattern="") == "The pattern is empty, or has more than 1000 characters."
    assert refusal(tool, pattern="x" * 1001) == "The pattern is empty, or has more than 1000 characters."
    assert refusal(tool, pattern="x", glob="x" * 1001) == "The glob has more than 1000 characters."


def test_a_glob_takes_no_time_either(tool: Tool) -> None:
    began = time.process_time()
    assert told(tool, pattern="main", glob="*a" * 200 + "b") == "Nothing found in 0 files."
    assert time.process_time() - began < 2


def test_the_result_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(("x" * 1000 + "\n") * (MOST + 50))
    head, *rows = told(search_files_tool(Roots([tmp_path], cwd=tmp_path)), pattern="x").split("\n")
    assert head == f"The first {MOST} lines (narrow the search for others) in 1 file:"
    assert rows == [f"f:{number}: {'x' * SHOWN}…" for number in range(1, MOST + 1)]


def test_a_huge_file_is_searched_at_its_beginning_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_files, "LARGEST", 1 << 20)
    (tmp_path / "f").write_text("y\n" + "x" * (3 << 20) + "\ny\n")
    assert told(search_files_tool(Roots([tmp_path], cwd=tmp_path)), pattern="y") == (
        "1 line in 1 file; 1 searched only up to 1 MiB:\nf:1: y"
    )


def test_a_search_ends_when_its_time_is_up_or_when_it_is_stopped(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02}").write_text("x")
    clock = count()
    slow = search_files_tool(Roots([tmp_path], cwd=tmp_path), monotonic=lambda: float(next(clock)))
    head, *rows = told(slow, pattern="x").split("\n")
    late = "stopped before the end, after at most 20 s: search a smaller folder"
    assert head == f"{len(rows)} lines in {len(rows)} files; {late}:"
    assert 1 < len(rows) < 20
    stop = Stop()
    stop.set()
    assert call(slow, stop, pattern="x") == Result(f"Nothing found in 0 files; {late}.")
