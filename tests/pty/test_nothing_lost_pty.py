"""What was typed survives whatever ends the process, and what was answered survives a shell in between."""

from __future__ import annotations

import signal
from threading import Event

import pytest

from glmcli.demo.server import Wait
from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import cut, delta, saying, serving, stream

UP, ENTER, CTRL_D, CTRL_O, CTRL_Z = "\x1b[A", "\r", "\x04", "\x0f", "\x1a"
FOUND = "a message that was typed but not sent when glm ended: the Up key brings it back\n"


def test_a_draft_survives_kill_9_and_comes_back_once(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("half a \x1b\rdraft").until("> half a\n  draft").kill()
        again = started("chat", env=server.env)
        again.until(FOUND).prompted().type(UP).until("> half a\n  draft").type("\x03\x04")
        assert again.end() == 0
        third = started("chat", env=server.env)
        third.prompted()
        assert FOUND not in third.text


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_draft_survives_the_end_of_the_terminal(started: Start, number: int) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("draft").prompted("draft").signal(number)
        assert chat.end() == 143
        again = started("chat", env=server.env)
        again.prompted().type(UP).prompted("draft")
        assert FOUND not in again.text


def test_without_a_log_a_draft_leaves_no_trace(started: Start, glm: Glm) -> None:
    with serving() as server:
        chat = started("chat", "--no-log", env=server.env)
        chat.prompted().type("secret").prompted("secret").kill()
        assert not glm.folder.exists() or list(glm.folder.iterdir()) == []


def test_kill_ends_a_suspended_chat_and_keeps_the_draft(started: Start) -> None:
    shell = 'set -m; "$@" chat; kill %1; bg %1; wait %1; echo "ended with $?"; stty -a; read on'
    with serving() as server:
        chat = started(shell=shell, env=server.env)
        chat.prompted().type("draft").prompted("draft").type(CTRL_Z).until("ended with 143").until(" echo ")
        assert chat.modes == chat.found
        again = started("chat", env=server.env)
        again.until(FOUND).prompted().type(UP).prompted("draft")


def test_kill_ends_a_chat_that_was_suspended_in_an_answer_and_keeps_what_came(started: Start, glm: Glm) -> None:
    shell = 'set -m; "$@" chat; kill %1; bg %1; wait %1; echo "ended with $?"; read on'
    with serving(cut("One two", end=[Wait(Event())])) as server:
        chat = started(shell=shell, env=server.env)
        chat.prompted().type("Count" + ENTER).until("One two").type(CTRL_Z).until("ended with 143")
        assert glm("sessions", "show").stdout.endswith("\nuser:\nCount\n\nassistant (interrupted):\nOne two\n")


def test_after_fg_an_answer_goes_on_below_what_the_shell_wrote(started: Start) -> None:
    on = Event()
    with serving(cut("One", end=[Wait(on), *saying(" two.\n\nEnd.")[1:]])) as server:
        chat = started(shell='set -m; "$@" chat; echo suspended; read on; fg', env=server.env)
        chat.prompted().type("Count" + ENTER).until("One").type(CTRL_Z).until("suspended")
        assert chat.as_found
        chat.type("\n").until(lambda: not chat.echoing)
        on.set()
        chat.until("End.").prompted()
        rows = [row.strip() for row in chat.rows if row.strip()]
        assert rows[3:5] == ["One", "suspended"]
        assert rows[6:9] == ["two.", "End.", ">"]  # below the line that names the job


def test_ctrl_o_shows_the_thinking_of_an_answer_of_an_earlier_run(started: Start, glm: Glm) -> None:
    thought = stream(delta(reasoning_content="A greeting."), delta(content="Hello."), delta(finish="stop"))
    with serving(thought) as server:
        glm("run", "Hi", env=server.env)
        chat = started("chat", "-c", env=server.env)
        chat.until("Hello.").prompted().type(CTRL_O).until("A greeting.\n>").type(CTRL_O)
        chat.until(lambda: "A greeting." not in chat.text).prompted()


def test_what_is_typed_before_the_prompt_is_there_is_sent_by_its_enter(started: Start) -> None:
    with serving(saying("One."), saying("Two.")) as server:
        chat = started("chat", env=server.env)
        chat.type("First\rSecond\rThird, not sent")
        chat.until("Two.").prompted("Third, not sent").type("\x03\x04")
        assert chat.end() == 0
        assert [body["messages"][-1]["content"] for body in server.bodies] == ["First", "Second"]
