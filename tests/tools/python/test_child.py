"""The child process of a file of functions: what it answers, and what its streams carry."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from glmcli.tools.python import child as program
from glmcli.tools.python.child import answer
from glmcli.tools.python.values import jsonable

PATH = "/home/me/tools.py"


@pytest.fixture(autouse=True)
def _no_module_stays() -> Iterator[None]:
    yield
    sys.modules.pop(program.MODULE, None)


def called(source: str, function: str = "f", **arguments: Any) -> tuple[str, str]:
    return answer({"path": PATH, "call": function, "arguments": arguments}, dedent(source).encode())


def functions(source: str) -> Any:
    word, text = answer({"path": PATH}, dedent(source).encode())
    assert word == "functions"
    found = json.loads(text)
    assert found["modules"] == {}
    return found["functions"]


def fault(source: str) -> dict[str, Any]:
    word, text = answer({"path": PATH}, dedent(source).encode())
    assert word == "fault"
    return dict(json.loads(text))


def child(request: dict[str, Any], source: str, cwd: Path) -> "subprocess.CompletedProcess[bytes]":
    path = cwd / "tools.py"
    return subprocess.run(
        [sys.executable, "-P", program.__file__],
        input=json.dumps({"path": str(path), **request}).encode() + b"\n" + dedent(source).encode(),
        capture_output=True,
        cwd=cwd,
        check=True,
    )


def test_the_functions_are_told_with_docstring_and_parameters() -> None:
    source = '''
        def f(city: str, days: int = 3) -> str:
            """The weather.

            Of a city.
            """
        '''
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3}},
        "required": ["city"],
        "additionalProperties": False,
    }
    assert functions(source) == [{"name": "f", "docstring": "The weather.\n\nOf a city.", "parameters": parameters}]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from math import sqrt\nfrom json import dumps\ndef f() -> str: ...\n", ["f"]),
        ("def _hidden(): ...\ndef f() -> str: ...\n", ["f"]),
        ("__all__ = ['g']\ndef f(): ...\ndef g(): ...\n", ["g"]),
        ("class C:\n    def __call__(self): ...\nmade = C()\nshort = lambda: 1\n", []),
        ("import functools\n@functools.cache\ndef f() -> int: ...\n", ["f"]),
        ("import functools\ndef _twice(f):\n    @functools.wraps(f)\n    def g(*a, **k): ...\n    return g\n"
         "@_twice\ndef f(a: int): ...\n", ["f"]),
        ("async def b(): ...\ndef a(): ...\n", ["b", "a"]),
    ],
)  # fmt: skip
def test_tools_are_the_public_functions_that_the_file_defines(source: str, names: list[str]) -> None:
    assert [it["name"] for it in functions(source)] == names


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f(a): ...", ("has no type; write a: str, or a: Any for any value", "f", "a")),
        ("def f(*a: int): ...", ("*a has no names to give; write parameters with names, or one list", "f", "a")),
        ("def f(**a: int): ...", ("**a has no names to give; write parameters with names, or one list", "f", "a")),
        ("def f(a: int, /): ...", ("arguments have names here; take the / out of the signature", "f", "a")),
        (
            "def f(a: 'Missing'): ...",
            ("name 'Missing' is not defined; import it, and not only under TYPE_CHECKING", "f", "a"),
        ),
    ],
)
def test_a_parameter_that_cannot_be_told_is_named(source: str, wanted: tuple[str, str, str]) -> None:
    message, function, parameter = wanted
    assert fault(source) == {"message": message, "line": None, "function": function, "parameter": parameter}


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        (
            "x = 1\nimport missing_module\n",
            "cannot be loaded: ModuleNotFoundError: No module named 'missing_module'",
            2,
        ),
        ("def f():\n    return 1 / 0\nf()\n", "cannot be loaded: ZeroDivisionError: division by zero", 2),
        ("a = 1\na a\n", "cannot be loaded: SyntaxError: invalid syntax (tools.py, line 2)", 2),
        ("\nraise SystemExit(3)\n", "ends the program while it is loaded (status 3); put that into a function", 2),
        ("\n\nprint('hi')\n", "prints while it is loaded; put that into a function", 3),
    ],
)
def test_a_file_that_cannot_be_loaded_says_why_and_where(source: str, message: str, line: int) -> None:
    assert fault(source) == {"message": message, "line": line, "function": None, "parameter": None}


@pytest.mark.parametrize(
    ("source", "arguments", "wanted"),
    [
        ("def f() -> str: return 'as it is'", {}, ("result", "as it is")),
        ("def f() -> None: ...", {}, ("result", "done")),
        ("def f() -> int | None: ...", {}, ("result", "null")),
        ("def f(a: int = 3): return [a, 'é']", {}, ("result", '[3, "é"]')),
        ("async def f(a: int): return a + 1", {"a": 1}, ("result", "2")),
        ("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 1", {}, ("result", "1")),
        (
            "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
            "def f(p: P): return type(p).__name__, p",
            {"p": {"x": 1}},
            ("result", '["P", {"x": 1}]'),
        ),
        ("from datetime import date\ndef f(d: date): return d.year", {"d": "2026-01-31"}, ("result", "2026")),
        (
            "from datetime import date\ndef f(d: date): ...",
            {"d": "soon"},
            ("failed", 'The arguments do not fit. /d: "soon" is not a date such as 2026-01-31'),
        ),
        (
            "import json\ndef f():\n    return json.loads('{')",
            {},
            (
                "failed",
                "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) "
                "(tools.py line 3: return json.loads('{'))",
            ),
        ),
        ("def f():\n    assert False", {}, ("failed", "AssertionError (tools.py line 2: assert False)")),
        (
            "import sys\ndef f():\n    sys.exit(3)",
            {},
            ("failed", "The function ended its program with status 3 (tools.py line 3: sys.exit(3))."),
        ),
        ("def f(): return object()", {}, ("failed", "TypeError: a value of type object cannot be written as JSON")),
    ],
)
def test_a_call_comes_to_a_result_or_says_what_went_wrong(
    source: str, arguments: dict[str, Any], wanted: tuple[str, str]
) -> None:
    assert called(source, **arguments) == wanted


class Color(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    when: date


class Pair(NamedTuple):
    left: int


class Array:
    def tolist(self) -> list[int]:
        return [1, 2]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Color.RED, "red"),
        (Point(1, date(2026, 1, 31)), {"x": 1, "when": "2026-01-31"}),
        (Pair(1), {"left": 1}),
        ((1, 2), [1, 2]),
        ({"b", "a"}, ["a", "b"]),
        ((it for it in "ab"), ["a", "b"]),
        ({1: b"a\xff", Color.RED: {}}, {"1": "a�", "red": {}}),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31T00:00:00+00:00"),
        (timedelta(hours=1), "1:00:00"),
        (PurePosixPath("/a"), "/a"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.10"), "1.10"),
        (Array(), [1, 2]),
    ],
)
def test_what_a_function_returns_becomes_json(value: Any, wanted: Any) -> None:
    assert jsonable(value) == wanted


def test_nothing_but_the_answer_reaches_stdout(tmp_path: Path) -> None:
    source = """
        import os, subprocess, sys
        def f():
            print("printed")
            os.write(1, b"written\\n")
            subprocess.run(["echo", "echoed"], check=True)
            return repr(sys.stdin.read())
        """
    finished = child({"call": "f", "arguments": {}}, source, tmp_path)
    assert (finished.stdout, sorted(finished.stderr.splitlines())) == (
        b"result\n''",
        [b"echoed", b"printed", b"written"],
    )


def test_the_folder_of_the_file_comes_first_where_modules_are_looked_for_and_ours_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "calling.py").write_text("NAME = 'beside the file'")
    source = """
        import calling, sys
        def f():
            ours = sorted(it for it in sys.modules if it.startswith("glmcli"))
            return [calling.NAME, sys.path[0], ours, sys.argv[0] in sys.path]
        """
    finished = child({"call": "f", "arguments": {}}, source, tmp_path)
    ours = [
        "glmcli",
        "glmcli.tools",
        "glmcli.tools.python",
        "glmcli.tools.python.beside",
        "glmcli.tools.python.fields",
        "glmcli.tools.python.forms",
        "glmcli.tools.python.values",
    ]
    assert finished.stdout.startswith(b"result\n")
    assert json.loads(finished.stdout.removeprefix(b"result\n")) == ["beside the file", str(tmp_path), ours, False]


def test_a_library_that_prints_when_it_is_imported_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "talkative.py").write_text("print('hello')")
    finished = child({}, "import talkative\ndef f() -> None: ...\n", tmp_path)
    assert (finished.stdout.partition(b"\n")[0], finished.stderr) == (b"functions", b"hello\n")
