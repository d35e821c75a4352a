"""A hostile model, or a hostile clipboard, at the question whether a call may run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_tool_calls import call, calling, result
from tests.pty.conftest import Start
from tests.support.served import saying, serving

ASKED = "N no"
DECLINED = "The call was not carried out: the user declined it."


def shell(command: str) -> dict[str, object]:
    return call(json.dumps({"command": command}), name="shell")


def test_pasted_text_is_no_answer(started: Start, tmp_path: Path) -> None:
    with serving(calling(shell("touch run")), saying("No.")) as server:
        run = started("run", "-T", "shell", "Run", env=server.env, columns=200, cwd=tmp_path)
        run.until(ASKED).type("\x1b[200~yes, \x1b[31m by all means\r\x1b[201~n")
        assert run.end() == 0
        assert server.bodies[1]["messages"][-1] == result(DECLINED)
    assert not (tmp_path / "run").exists()


def test_what_asks_stays_in_sight_however_long_a_line_is(started: Start, tmp_path: Path) -> None:
    long = "echo " + "ab " * 15_000 + "; touch run"
    with serving(calling(shell(long)), saying("No.")) as server:
        run = started("run", "-T", "shell", "Run", env=server.env, columns=80, cwd=tmp_path)
        run.until(ASKED)
        assert "shell wants to run" in "\n".join(run.screen.visible)
        assert "more lines: v shows all" in run.text
        run.type("v").until("; touch run").type("n")
        assert run.end() == 0


@pytest.mark.parametrize(
    "blank", ["\u00a0", "\u3000", "\u2003", "\u2800", "\u3164", "\uffa0", " \u200c", " \u200e", " \ufe0f"]
)
def test_no_kind_of_blank_pushes_something_out_of_sight(blank: str, started: Start, tmp_path: Path) -> None:
    with serving(calling(shell(f"echo hi{blank * 300}; touch run")), saying("No.")) as server:
        run = started("run", "-T", "shell", "Run", env=server.env, columns=80, cwd=tmp_path)
        run.until(ASKED).type("n")
        assert run.end() == 0
        shown = next(row for row in run.rows if "echo hi" in row)
        assert shown.endswith('; touch run"')


def test_of_a_tool_that_always_asks_no_approval_of_a_folder_is_offered(started: Start, tmp_path: Path) -> None:
    write = call('{"path": "a.txt", "content": "a"}', name="write_file")
    with serving(calling(write), saying("No.")) as server:
        run = started("run", "-T", "write_file", "Write", env=server.env, columns=200, cwd=tmp_path)
        run.until("run it? y once · e edit · r no, and why · N no").type("n")
        assert run.end() == 0
