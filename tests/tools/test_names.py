"""The names of the tools that a file may hold, none of it run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmcli.tools.names import names_in

PYTHON = """
raise SystemExit("this would run")
from os import path

def forecast(city: str) -> str: ...
async def dice() -> int: ...
def _helper(): ...
class Place:
    def method(self): ...
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (PYTHON, ["forecast", "dice"]),
        ('__all__ = ["dice"]\n' + PYTHON, ["dice"]),
        ('__all__: list[str] = ["forecast"]\n' + PYTHON, ["forecast"]),
        ("__all__ = made()\n" + PYTHON, ["forecast", "dice"]),
        ("def f(:", []),
        ("x = '\\d'\ndef f(): ...", ["f"]),
        ("", []),
    ],
)
def test_functions_of_a_python_file(text: str, wanted: list[str], tmp_path: Path) -> None:
    path = tmp_path / "tools.py"
    path.write_text(text)
    assert names_in(path) == wanted


def test_definitions_of_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    functions = [{"type": "function", "function": {"name": name}} for name in ("a", "b", "a")]
    path.write_text(json.dumps([*functions, {"type": "function"}, 3]))
    assert names_in(path) == ["a", "b"]


@pytest.mark.parametrize("name", ["none.py", "none.json", "folder.py", "broken.json"])
def test_what_cannot_be_read_has_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "broken.json").write_text("{")
    assert names_in(tmp_path / name) == []
