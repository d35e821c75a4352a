"""The tool `shell`, with a real one."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from glmcli.tools.builtin.shell import shell_tool
from glmcli.tools.definitions import Definition, faults
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop
from tests.tools.lifeline import HOLD, Lifeline

ENVIRON = {"PATH": os.environ["PATH"], "SHELL": "/bin/false", "CLOUDFLARE_API_TOKEN": "secret", "KEY": "k"}


def run(folder: Path, command: str, stop: Stop | None = None, **more: Any) -> Result:
    tool = shell_tool(folder, ENVIRON)
    assert tool.run is not None
    return tool.run({"command": command, **more}, stop or Stop())


def test_it_always_asks_and_its_definition_is_a_good_one(tmp_path: Path) -> None:
    tool = shell_tool(tmp_path, ENVIRON)
    assert (tool.name, tool.approval, tool.source) == ("shell", Approval.ALWAYS, "built in")
    assert faults(Definition(tool.definition, Path("shell.json"), 0)) == []


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("echo a | tr a b; pwd", "b\n{folder}"),
        ("echo out; echo err >&2", "out\n[stderr]\nerr"),
        ("true", "(no output)"),
        ("-x 2>&-; echo dash", "dash"),
        ("cat", "(no output)"),
        ('echo "<$CLOUDFLARE_API_TOKEN$KEY>"', "<>"),
    ],
)
def test_the_result_is_what_the_command_printed(tmp_path: Path, command: str, text: str) -> None:
    assert run(tmp_path, command) == Result(text.format(folder=tmp_path), foreign=True)


def test_a_failure_says_its_status_first(tmp_path: Path) -> None:
    assert run(tmp_path, "echo out; echo err >&2; exit 2") == Result(
        "The command failed with exit status 2.\nout\n[stderr]\nerr", failed=True, foreign=True
    )


def test_a_command_that_the_shell_does_not_find_fails_in_the_shells_words(tmp_path: Path) -> None:
    result = run(tmp_path, "nothing-of-this-name")
    assert result.failed
    assert result.text.startswith("The command failed with exit status 127.\n[stderr]\n")
    assert "nothing-of-this-name" in result.text


def test_a_stopped_command_ends(tmp_path: Path) -> None:
    stop = Stop()
    with Lifeline(tmp_path) as lifeline:

        def watch() -> None:
            lifeline.wait_until_held()
            stop.set()

        thread = threading.Thread(target=watch)
        thread.start()
        result = run(tmp_path, f"{HOLD} echo begun; sleep 1000", stop)
        thread.join()
        lifeline.wait_until_let_go()
    assert result.text.startswith("The command was stopped by the user before it ended.")


def test_the_time_limit_is_the_callers(tmp_path: Path) -> None:
    assert run(tmp_path, "sleep 1000", timeout=0.05) == Result(
        "The command timed out after 0.05 s and was ended.", failed=True, foreign=True
    )


def test_nul_in_a_command_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "echo \0") == Result("A command cannot hold a NUL character.", failed=True)


def test_much_output_of_both_kinds_stays_within_the_limit(tmp_path: Path) -> None:
    text = run(tmp_path, "yes out | head -c 200000; yes err | head -c 200000 >&2; exit 1").text
    assert len(text.encode()) <= OUTPUT_LIMIT
    assert (text.count("bytes left out"), text.count("[stderr]")) == (2, 1)
