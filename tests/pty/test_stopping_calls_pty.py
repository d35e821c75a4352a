"""Ctrl-C on a real terminal while tools run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_tool_calls import call, calling, result
from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import saying, serving
from tests.tools.lifeline import HOLD, Lifeline

SLOW = calling(call("{}", name="slow"))
STOPPED = "The user stopped the call before it ended."


@pytest.fixture
def lifeline(glm: Glm, tmp_path: Path) -> Iterator[Lifeline]:
    """Held by the tool `slow`, which no interrupt of the keyboard ends by itself."""
    folder = glm.folder / "tools"
    folder.mkdir(parents=True)
    script = f"trap '' INT; {HOLD} while :; do sleep 1000; done"
    definition = {"type": "function", "function": {"name": "slow"}, "command": ["sh", "-c", script]}
    (folder / "slow.json").write_text(json.dumps({**definition, "cwd": str(tmp_path)}))
    with Lifeline(tmp_path) as lifeline:
        yield lifeline


def test_ctrl_c_ends_the_run_and_the_tool_and_leaves_no_status_line(
    glm: Glm, started: Start, lifeline: Lifeline
) -> None:
    with serving(SLOW, saying("never")) as server:
        run = started("run", "-y", "-T", "slow", "Do it", env=server.env)
        lifeline.wait_until_held()
        run.until("running slow").type("\x03")
        assert run.end() == 130
        lifeline.wait_until_let_go()
        assert run.as_found
        assert run.rows == [f"tool slow {{}} → cancelled: {STOPPED}", "interrupted"]
        assert len(server.requests) == 1
    assert glm.stored()[-1] == ("tool", STOPPED, "complete")


def test_ctrl_c_in_the_chat_ends_the_tool_and_the_chat_goes_on(started: Start, lifeline: Lifeline) -> None:
    with serving(SLOW, saying("Fine.")) as server:
        chat = started("chat", "-y", "-T", "slow", env=server.env)
        chat.prompted().type("Do it\r")
        lifeline.wait_until_held()
        chat.until("running slow").type("\x03").until("interrupted; what came is kept").prompted()
        lifeline.wait_until_let_go()
        chat.type("And now?\r").until("Fine.").prompted().type("\x04")
        assert chat.end() == 0
        assert "running slow" not in chat.text
        assert server.bodies[1]["messages"][2:] == [result(STOPPED), {"role": "user", "content": "And now?"}]
