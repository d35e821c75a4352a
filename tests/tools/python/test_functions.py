"""Files of typed functions as tools: real files, real child processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from glmcli.errors import UsageError
from glmcli.tools.definitions import Definition, faults
from glmcli.tools.python.docstrings import read
from glmcli.tools.python.functions import read_functions
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop, Tool

Write = Callable[[str], Path]
WEATHER = '''
    from dataclasses import dataclass
    from typing import Literal

    SAFE = ("dice",)

    @dataclass
    class Place:
        """A point.

        Attributes:
            latitude: Degrees north.
        """
        latitude: float

    def forecast(place: Place, unit: Literal["celsius", "fahrenheit"] = "celsius", at: Place | None = None) -> str:
        """The weather
        of one day.

        More about it.

        Args:
            place: Where.
            unit: Of the
                temperature.
        """
        return f"{place.latitude} {unit}"

    def dice() -> int:
        return 4
    '''


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(source: str) -> Path:
        path = tmp_path / "my_tools.py"
        path.write_text(dedent(source))
        return path

    return write


def tools(path: Path, **options: Any) -> dict[str, Tool]:
    where: dict[str, Any] = {"cwd": path.parent, "environ": {"PATH": os.defpath}}
    return {tool.name: tool for tool in read_functions(path, **where | options)}


def call(tool: Tool, stop: Stop | None = None, **arguments: Any) -> Result:
    assert tool.run is not None
    return tool.run(arguments, stop or Stop())


def problem(path: Path) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        tools(path)
    return caught.value.message.removeprefix(str(path.parent) + "/"), caught.value.hint


def test_a_file_becomes_tools_with_descriptions_from_its_docstrings(write: Write) -> None:
    path = write(WEATHER)
    found = tools(path)
    point = {
        "type": "object",
        "properties": {"latitude": {"type": "number", "description": "Degrees north."}},
        "required": ["latitude"],
        "additionalProperties": False,
    }
    assert found["forecast"].definition == {
        "type": "function",
        "function": {
            "name": "forecast",
            "description": "The weather of one day.\n\nMore about it.",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {**point, "description": "Where."},
                    "unit": {
                        "type": "string",
                        "enum": ["celsius", "fahrenheit"],
                        "default": "celsius",
                        "description": "Of the temperature.",
                    },
                    "at": {"anyOf": [{**point, "description": "A point."}, {"type": "null"}], "default": None},
                },
                "required": ["place"],
                "additionalProperties": False,
            },
        },
    }
    assert [(tool.name, tool.source, tool.approval) for tool in found.values()] == [
        ("forecast", str(path), Approval.EACH),
        ("dice", str(path), Approval.UNASKED),
    ]
    assert [faults(Definition(tool.definition, path)) for tool in found.values()] == [[], []]
    assert call(found["forecast"], place={"latitude": 1}) == Result("1.0 celsius")


def test_what_runs_is_what_was_read_even_if_the_file_changes(write: Write) -> None:
    path = write("def f() -> str: return 'approved'")
    tool = tools(path)["f"]
    write("def f() -> str: return 'swapped'")
    swapped = tools(path)["f"]
    assert (call(tool), call(swapped)) == (Result("approved"), Result("swapped"))
    assert tool.definition == swapped.definition
    assert tool.hash != swapped.hash


def test_a_function_sees_of_the_environment_what_the_file_names_and_never_the_token(write: Write) -> None:
    path = write(
        """
        import os
        ENVIRONMENT = ("WEATHER_KEY", "CLOUDFLARE_API_TOKEN", "OTHER_KEY")
        KEY = os.environ["WEATHER_KEY"]
        def f() -> list[str]: return [KEY, *sorted(set(os.environ) - {"LC_CTYPE"})]
        """
    )
    environ = {"PATH": "/bin", "WEATHER_KEY": "k", "CLOUDFLARE_API_TOKEN": "t", "OTHER_KEY": "o", "MORE": "m"}
    tool = tools(path, environ=environ, secrets=["OTHER_KEY"])["f"]
    assert call(tool) == Result('["k", "PATH", "WEATHER_KEY"]')


def test_a_function_runs_in_the_working_directory_and_imports_from_beside_the_file(
    write: Write, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'beside'")
    (tmp_path / "work").mkdir()
    path = write("import beside, os\ndef f() -> str: return beside.WORD + ' ' + os.getcwd()")
    assert call(tools(path, cwd=tmp_path / "work")["f"]) == Result(f"beside {tmp_path / 'work'}")


def test_a_call_that_takes_too_long_is_ended(write: Write) -> None:
    tool = tools(write("import time\nTIMEOUT = 0.6\ndef f() -> None: time.sleep(60)"))["f"]
    assert call(tool) == Result("f timed out after 0.6 s and was ended.", failed=True)


def test_a_file_that_does_not_come_to_its_end_is_ended(write: Write) -> None:
    with pytest.raises(UsageError, match=r"cannot be loaded: Python timed out after 0\.6 s and was ended$"):
        tools(write("while True: pass"), timeout=0.6)


def test_a_call_that_the_user_stops_is_ended(write: Write) -> None:
    tool = tools(write("import time\ndef f() -> None: time.sleep(60)"))["f"]
    stop = Stop()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    assert call(tool, stop) == Result("f was stopped by the user before it ended.", failed=True)
    timer.join()


def test_a_process_that_dies_is_told_with_the_end_of_what_it_said(write: Write) -> None:
    tool = tools(write("import os\ndef f() -> None:\n    print('last words', flush=True)\n    os._exit(3)"))["f"]
    assert call(tool) == Result("f failed with exit status 3.\n[the end of its stderr]\nlast words", failed=True)
    tool = tools(write("import os\ndef f() -> None: os._exit(0)"))["f"]
    assert call(tool) == Result("f ended its program before it returned.", failed=True)


def test_a_long_result_keeps_its_head_and_its_tail(write: Write) -> None:
    text = call(tools(write("def f() -> str: return 'a' * 100_000 + 'b' * 100_000"))["f"]).text
    assert (text[:3], text[-3:], "bytes left out" in text, len(text.encode()) <= OUTPUT_LIMIT + 16) == (
        "aaa",
        "bbb",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("x = (\n", "my_tools.py line 1: not valid Python: '(' was never closed", ""),
        ("a = 1\nimport nowhere_to_be_found\n", "my_tools.py line 2: cannot be loaded: ModuleNotFoundError: No module "
         "named 'nowhere_to_be_found'", ""),
        ("def f(): ...\n\ndef f(): ...\n", "my_tools.py line 3: f is defined a second time, first in line 1",
         "Rename one of them."),
        ("def f(a: int,\n      b): ...\n",
         "my_tools.py line 2: parameter b of f: has no type; write b: str, or b: Any for any value", ""),
        ("def f():\n    def g(a): ...\ndef g(a): ...\n",
         "my_tools.py line 3: parameter a of g: has no type; write a: str, or a: Any for any value", ""),
        ("x = 1\n", "my_tools.py: holds no function that could be a tool",
         "Define one, with a name without _ before it."),
        ("SAFE = ('g',)\ndef f(): ...\n", "my_tools.py: SAFE names g, which is no function here", "There are: f."),
        ("SAFE = ('f')\ndef f(): ...\n",
         "my_tools.py line 1: SAFE is read without running the file, so it must be written out",
         'Write it as SAFE = ("name", "another").'),
        ("T = 3\nTIMEOUT: float = T\n",
         "my_tools.py line 2: TIMEOUT is read without running the file, so it must be written out",
         "Write it as TIMEOUT = 5, in seconds."),
        ("def é(): ...\n", "my_tools.py line 1: the function é cannot be a tool",
         "Use 1 to 64 ASCII letters, digits and _."),
        ("import os\nprint('no', flush=True, file=__import__('sys').stderr)\nos._exit(3)\n",
         "my_tools.py: cannot be loaded: Python failed with exit status 3", "no"),
        ("print('hi')\ndef f(): ...\n", "my_tools.py line 1: prints while it is loaded; put that into a function", ""),
        ("exit(2)\n", "my_tools.py line 1: ends the program while it is loaded (status 2); put that into a function",
         ""),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_where_and_why(write: Write, source: str, message: str, hint: str) -> None:
    assert problem(write(source)) == (message, hint)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert problem(tmp_path / "missing.py") == (
        "missing.py cannot be read: no such file or directory",
        "Check the path.",
    )


def test_overloads_are_no_second_definition(write: Write) -> None:
    path = write("from typing import overload\n@overload\ndef f(a: int) -> int: ...\ndef f(a: int) -> int: return a\n")
    assert call(tools(path)["f"], a=1) == Result("1")


@pytest.mark.parametrize(
    "docstring",
    [
        "Gives the weather of\na city.\n\nUnits:\n- metric\n\nArgs:\n    city: The city,\n        anywhere.\n"
        "    days (int): 1 to 7.\n",
        "Gives the weather of\na city.\n\nUnits:\n- metric\n\n:param city: The city,\n    anywhere.\n"
        ":param int days: 1 to 7.\n:returns: x",
        "Gives the weather of\na city.\n\nUnits:\n- metric\n\nParameters\n----------\n"
        "city : str\n    The city,\n    anywhere.\ndays : int, optional\n    1 to 7.\n",
    ],
    ids=["Google", "reST", "NumPy"],
)
def test_docstrings_of_every_style_describe_parameters(docstring: str) -> None:
    description = "Gives the weather of a city.\n\nUnits:\n- metric"
    assert read(docstring) == (description, {"city": "The city, anywhere.", "days": "1 to 7."})


@pytest.mark.parametrize(
    ("docstring", "description"),
    [("", ""), ("One: two\n\nthree\n  four", "One: two\n\nthree\n  four"), ("Runs `a: b`.\n- c", "Runs `a: b`. - c")],
)
def test_a_docstring_without_parameters_is_a_description(docstring: str, description: str) -> None:
    assert read(docstring) == (description, {})
