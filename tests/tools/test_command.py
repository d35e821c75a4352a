"""Tools that are programs beside a JSON definition: real programs, called as the model would call them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import UsageError
from glmcli.tools.command import read_tools
from glmcli.tools.tool import Approval, Result, Stop, Tool

ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WEATHER_KEY": "w", "OTHER": "o", "CF_API_TOKEN": "secret"}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SQL = {"type": "custom", "custom": {"name": "sql", "format": {"type": "text"}}}


def tool(folder: Path, script: str, definition: dict[str, Any] = WEATHER, **keys: Any) -> Tool:
    """The tool of `weather.json`, carried out by a script beside it."""
    (folder / "weather.sh").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "weather.sh").chmod(0o700)
    (folder / "weather.json").write_text(json.dumps({**definition, **keys}))
    (found,) = read_tools(folder / "weather.json", folder, ENVIRON)
    return found


def called(tool: Tool, arguments: Any) -> Result:
    assert tool.run is not None
    return tool.run(arguments, Stop())


def test_a_function_gets_its_arguments_as_a_line_of_json_and_its_output_is_the_result(tmp_path: Path) -> None:
    it = tool(tmp_path, 'read -r line; echo "got $line"')
    assert called(it, {"city": "Köln", "days": 3}) == Result('got {"city": "Köln", "days": 3}\n')
    assert (it.name, it.definition, it.source) == ("weather", WEATHER, str(tmp_path / "weather.json"))


def test_a_custom_tool_gets_its_input_as_it_is(tmp_path: Path) -> None:
    assert called(tool(tmp_path, "cat", SQL), "select 'é'\n\n") == Result("select 'é'\n\n")


def test_nothing_that_the_model_wrote_becomes_an_argument_or_is_read_by_a_shell(tmp_path: Path) -> None:
    it = tool(tmp_path, 'echo "$# $*"; cat', command=["./weather.sh", "--fixed", "$HOME"])
    assert called(it, {"x": "$(touch ran); --help"}) == Result('2 --fixed $HOME\n{"x": "$(touch ran); --help"}\n')
    assert not (tmp_path / "ran").exists()


def test_half_of_a_surrogate_pair_and_nul_reach_the_program_as_escapes(tmp_path: Path) -> None:
    assert called(tool(tmp_path, "cat"), {"x": "\ud800\0"}) == Result('{"x": "\\ud800\\u0000"}\n')


def test_odd_bytes_and_nul_of_the_output_are_replaced(tmp_path: Path) -> None:
    assert called(tool(tmp_path, r"printf 'a\377\000b'"), {}) == Result("a��b")


def test_a_failure_is_told_with_its_status_and_the_end_of_stderr(tmp_path: Path) -> None:
    it = tool(tmp_path, "echo no such city >&2; exit 4")
    assert called(it, {}) == Result(
        "weather failed with exit status 4.\n[the end of its stderr]\nno such city", failed=True
    )


def test_the_time_limit_is_that_of_the_definition(tmp_path: Path) -> None:
    it = tool(tmp_path, "sleep 1000", timeout=0.05)
    assert called(it, {}) == Result("weather timed out after 0.05 s and was ended.", failed=True)


def test_the_program_sees_the_variables_that_are_declared_and_no_token(tmp_path: Path) -> None:
    it = tool(tmp_path, "env | grep -v -e ^PWD -e ^_ | sort", environment=["WEATHER_KEY"])
    assert called(it, {}) == Result(f"LANG=C.UTF-8\nPATH={ENVIRON['PATH']}\nWEATHER_KEY=w\n")


def test_a_secret_of_ours_is_not_passed_on_even_if_it_is_declared(tmp_path: Path) -> None:
    tool(tmp_path, 'echo "<$WEATHER_KEY>"', environment=["WEATHER_KEY"])
    (it,) = read_tools(tmp_path / "weather.json", tmp_path, ENVIRON, secrets=["WEATHER_KEY"])
    assert called(it, {}) == Result("<>\n")


def test_it_runs_in_the_working_directory_unless_the_definition_names_another(tmp_path: Path) -> None:
    (tmp_path / "tools" / "inner").mkdir(parents=True)
    tool(tmp_path / "tools", "pwd")
    (it,) = read_tools(tmp_path / "tools" / "weather.json", tmp_path, ENVIRON)
    assert called(it, {}) == Result(f"{tmp_path}\n")
    assert called(tool(tmp_path / "tools", "pwd", cwd="inner"), {}) == Result(f"{tmp_path}/tools/inner\n")


def test_a_program_of_the_path_needs_no_file_beside_the_definition(tmp_path: Path) -> None:
    (tmp_path / "echo.json").write_text(json.dumps({**WEATHER, "command": ["echo", "hi"]}))
    (it,) = read_tools(tmp_path / "echo.json", tmp_path, ENVIRON)
    assert called(it, {}) == Result("hi\n")


def test_a_program_that_the_path_does_not_have_is_told_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text(json.dumps({**WEATHER, "command": ["nothing-of-this-name"]}))
    (it,) = read_tools(tmp_path / "gone.json", tmp_path, {**ENVIRON, "PATH": "/a:/b"})
    assert called(it, {}) == Result(
        "weather could not be started: there is no nothing-of-this-name in /a:/b.", failed=True
    )


def test_who_wrote_the_file_says_whether_it_runs_unasked(tmp_path: Path) -> None:
    assert tool(tmp_path, "true").approval is Approval.EACH
    assert tool(tmp_path, "true", safe=True).approval is Approval.UNASKED


def test_a_definition_alone_does_not_run_here(tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_text(json.dumps([WEATHER, SQL]))
    assert [(it.name, it.run) for it in read_tools(tmp_path / "raw.json", tmp_path, ENVIRON)] == [
        ("weather", None),
        ("sql", None),
    ]


@pytest.mark.parametrize(
    "keys",
    [{"timeout": 5}, {"environment": ["OTHER"]}, {"cwd": ".."}, {"command": ["./weather.sh", "-v"]}],
    ids=lambda keys: next(iter(keys)),
)
def test_what_runs_and_how_is_part_of_what_is_approved(tmp_path: Path, keys: dict[str, Any]) -> None:
    before = tool(tmp_path, "true").hash
    assert tool(tmp_path, "true").hash == before
    assert tool(tmp_path, "true", **keys).hash != before


def test_another_content_of_the_program_is_another_tool(tmp_path: Path) -> None:
    assert tool(tmp_path, "true").hash != tool(tmp_path, "false").hash


def test_another_content_of_the_script_that_an_interpreter_runs_is_another_tool(tmp_path: Path) -> None:
    def hash_of(script: str) -> str:
        (tmp_path / "weather.py").write_text(script)
        (tmp_path / "py.json").write_text(json.dumps({**WEATHER, "command": ["sh", "-e", "weather.py"]}))
        return read_tools(tmp_path / "py.json", tmp_path, ENVIRON)[0].hash

    assert hash_of("echo one") != hash_of("echo two")


def test_a_program_that_was_swapped_after_it_was_read_does_not_run(tmp_path: Path) -> None:
    it = tool(tmp_path, "echo one")
    (tmp_path / "weather.sh").write_text("#!/bin/sh\ntouch ran\n")
    assert called(it, {}) == Result("weather was not run: its program has changed since it was read.", failed=True)
    assert not (tmp_path / "ran").exists()


def test_a_fault_of_a_definition_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps([WEATHER, {**WEATHER, "command": "date", "safe": 1}]))
    with pytest.raises(UsageError) as caught:
        read_tools(tmp_path / "bad.json", tmp_path, ENVIRON)
    assert caught.value.message == (
        "bad.json[1]: /command: is not a list of strings, the program first: no shell reads it (and 1 more)"
    )
    assert caught.value.hint == f"`glm tools check {tmp_path / 'bad.json'}` shows all."
