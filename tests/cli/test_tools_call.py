"""`glm tools call`: arguments in every form, and what becomes of the result."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.support.cli import Glm

TRIP = '''
from typing import Literal

def forecast(city: str, days: int = 3, unit: Literal["c", "f"] = "c", more: dict[str, list[int]] | None = None) -> dict:
    """The weather of a city."""
    return {"city": city, "days": days, "unit": unit, "more": more}

def fail(why: str) -> None:
    """Fails."""
    raise ValueError(why)

def long() -> str:
    """Says much."""
    return "a" * 100_000

def wait(path: str) -> None:
    """Waits."""
    import os, pathlib, time
    pathlib.Path(path).write_text(str(os.getpid()))
    time.sleep(600)
'''
SHOWS = "`glm tools show {}` shows what it takes.\n"


@pytest.fixture
def tools(glm: Glm) -> Path:
    folder = glm.folder / "tools"
    folder.mkdir(parents=True)
    (folder / "trip.py").write_text(TRIP)
    program = folder / "broken.sh"
    program.write_text("#!/bin/sh\necho no luck >&2\nexit 3\n")
    program.chmod(0o755)
    (folder / "broken.json").write_text('{"type": "function", "function": {"name": "broken"}}')
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": 'start: "a"+ " b"?'}}
    say = {"type": "custom", "custom": {"name": "say", "format": grammar}, "command": ["cat"]}
    only = {"type": "function", "function": {"name": "only"}}
    (folder / "more.json").write_text(json.dumps([say, only]))
    return folder


def answered(city: str = "Bern", days: int = 3, unit: str = "c", more: object = None) -> str:
    return json.dumps({"city": city, "days": days, "unit": unit, "more": more}) + "\n"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["city=Bern"], answered()),
        (["city=Bern", "days=5", "unit=f"], answered(days=5, unit="f")),
        (["city=12"], answered(city="12")),
        (["city=a=b "], answered(city="a=b ")),
        (['city="quoted"'], answered(city='"quoted"')),
        (["city=null", "more=null"], answered(city="null")),
        (["city=Bern", 'more={"a": [1]}'], answered(more={"a": [1]})),
        (["--args", '{"city": "Bern", "days": 1}'], answered(days=1)),
    ],
)
def test_arguments_are_texts_where_the_schema_wants_them_and_else_json(
    arguments: list[str], wanted: str, glm: Glm, tools: Path
) -> None:
    assert glm("tools", "call", "forecast", *arguments).answer == (wanted, "", 0)


def test_arguments_may_be_in_a_file_or_on_stdin(glm: Glm, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "args.json").write_text('{"city": "Bern"}')
    assert glm("tools", "call", "forecast", "--args", f"@{tmp_path / 'args.json'}").answer == (answered(), "", 0)
    assert glm("tools", "call", "forecast", "--args", "@-", stdin=b'{"city": "Bern"}').answer == (answered(), "", 0)
    assert glm("tools", "call", "say", "--args", "@-", stdin=b"aa").answer == ("aa\n", "", 0)
    assert glm("tools", "call", "forecast", "--args", "@none.json").answer == (
        "",
        "none.json cannot be read: no such file or directory\nCheck the path.\n",
        2,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["forecast", "days=x"],
            "The arguments do not fit the schema of forecast:\n"
            '/days: "x" is not of type integer\n/city: is missing\n' + SHOWS.format("forecast"),
        ),
        (
            ["forecast", "city=Bern", "days=1.5", 'more={"a": ["b"]}'],
            "The arguments do not fit the schema of forecast:\n"
            '/days: 1.5 is not of type integer\n/more/a/0: "b" is not of type integer\n' + SHOWS.format("forecast"),
        ),
        (
            ["forecast", "city"],
            "the argument 'city' is not of the form NAME=VALUE\n" + SHOWS.format("forecast"),
        ),
        (["forecast", "city=a", "city=b"], "city is given twice\nA list is written as JSON: city='[1, 2]'.\n"),
        (
            ["forecast", "city=a", "--args", "{}"],
            "--args and NAME=VALUE are two forms of the arguments\nLeave one of them out.\n",
        ),
        (
            ["say", "a", "c"],
            'The input does not fit the tool say: line 1, column 2: " c" does not fit the grammar; expected: " b", '
            '"a"\n' + SHOWS.format("say"),
        ),
        (
            ["only"],
            "only is only defined: nothing here carries it out\n"
            "Give its definition a command, or put an executable file beside it.\n",
        ),
        (["trip"], "trip holds several tools\nName one: forecast, fail, long, wait.\n"),
        (["forcast"], "there is no tool forcast\nDid you mean forecast?\n"),
    ],
)
def test_what_cannot_be_called_is_told(arguments: list[str], said: str, glm: Glm, tools: Path) -> None:
    assert glm("tools", "call", *arguments).answer == ("", said, 2)


def test_words_are_the_input_of_a_custom_tool(glm: Glm, tools: Path) -> None:
    assert glm("tools", "call", "say", "aa", "b").answer == ("aa b\n", "", 0)


def test_a_tool_that_fails_says_why_on_stderr(glm: Glm, tools: Path) -> None:
    assert glm("tools", "call", "broken").answer == (
        "",
        "broken failed with exit status 3.\n[the end of its stderr]\nno luck\n",
        9,
    )
    assert glm("tools", "call", "fail", "why=the reason").answer == (
        "",
        "fail failed: ValueError: the reason (trip.py line 10: raise ValueError(why))\n",
        9,
    )


def test_a_long_result_is_what_the_model_would_get(glm: Glm, tools: Path) -> None:
    result = glm("tools", "call", "long")
    assert (len(result.stdout) < 66_000, "bytes left out" in result.stdout, result.status) == (True, True, 0)


def test_a_tool_is_looked_for_in_a_file_of_functions(glm: Glm, tools: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("def twice(n: int) -> int:\n    return 2 * n\n")
    assert glm("tools", "call", "twice", "n=4", "--functions", str(path)).answer == ("8\n", "", 0)
    assert glm("tools", "call", "thrice", "--functions", str(path)).answer == (
        "",
        f"{path} has no tool thrice\nName one: twice.\n",
        2,
    )


def test_a_file_of_one_tool_is_that_tool(glm: Glm, tools: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("def twice(n: int) -> int:\n    return 2 * n\n")
    assert glm("tools", "call", str(path), "n=4").answer == ("8\n", "", 0)


def test_file_tools_stay_inside_the_roots(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("inside\n")
    inside = glm("tools", "call", "read_file", "path=a.txt", "--root", str(tmp_path))
    assert (inside.stdout.splitlines()[-1], inside.status) == ("inside", 0)
    outside = glm("tools", "call", "read_file", "path=/etc/passwd", "--root", str(tmp_path))
    assert outside.answer == (
        "",
        f"/etc/passwd lies outside the folders that are open to the tools: {tmp_path}.\n"
        "`glm tools show read_file` shows what it takes; --root opens a folder.\n",
        2,
    )


def test_a_root_that_is_no_folder_is_told_before_anything_else(glm: Glm, tmp_path: Path) -> None:
    told = f"there is no folder {tmp_path / 'gone'} for the file tools\n--root DIR names another.\n"
    root = ("--root", str(tmp_path / "gone"))
    assert glm("tools", "call", "list_dir", *root).answer == ("", told, 2)
    assert glm("run", "-T", "list_dir", *root, "What is there?").answer == ("", told, 2)


def test_a_tool_of_a_server_is_called_by_its_whole_name(glm: Glm) -> None:
    glm.folder.mkdir()
    server = Path(__file__).parents[1] / "tools" / "mcp_server.py"
    entry = {"command": sys.executable, "args": [str(server)]}
    (glm.folder / "mcp.json").write_text(json.dumps({"mcpServers": {"test": entry}}))
    result = glm("tools", "call", "test__echo", "text=hello")
    assert (result.stdout, result.status) == ("hello\n", 0)


def test_ctrl_c_ends_the_tool_too(glm: Glm, tools: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with glm.process("tools", "call", "wait", f"path={mark}") as process:
        while not (mark.exists() and mark.read_text()):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"interrupted\n")
    assert process.returncode == 130
    pid = int(mark.read_text())
    while Path(f"/proc/{pid}").exists() and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        pass  # it has been killed; whoever adopted it has yet to notice
