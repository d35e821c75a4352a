"""Commands of the user's on a real terminal: `!command` has the terminal while it runs, and gives it back."""

from __future__ import annotations

import base64

from tests.pty.conftest import Start
from tests.support.served import saying, serving


def test_a_command_has_the_terminal_and_gives_it_back(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "SHELL": "/bin/sh"})
        chat.prompted().type("!read name; echo hello $name\r").until(lambda: chat.echoing and chat.cooked)
        chat.type("there\r").until("exit status 0; the output (1 line)").prompted()
        assert not chat.echoing
        chat.type("Who?\r").until("Yes.").prompted().type("\x04")
        assert chat.end() == 0
        assert chat.as_found
        assert server.bodies[0]["messages"][0]["content"] == (
            "``` $ read name; echo hello $name (exit status 0)\nhello there\n```\n\nWho?"
        )


def test_ctrl_c_ends_the_command_and_not_the_chat(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "SHELL": "/bin/sh"})
        chat.prompted().type("!echo begun; sleep 60; echo not this\r").until("\nbegun").type("\x03")
        chat.until("the output (1 line) goes along").prompted().type("/file none\r").until("1 dropped").prompted()
        chat.type("Hi\r").until("Yes.").prompted().type("\x04")
        assert chat.end() == 0
        assert server.bodies[0]["messages"][0]["content"] == "Hi"


def test_what_is_said_of_a_stopped_command_has_a_line_of_its_own(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env={**server.env, "SHELL": "/bin/sh"})
        chat.prompted().type("!echo begun; exec sleep 60\r").until("\nbegun").type("\x03")
        chat.until("\nbegun\nended by SIGINT; the output (1 line) goes along").prompted()
        assert "^C" not in chat.text


def test_an_answer_is_copied_by_the_terminal(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "SSH_TTY": "/dev/pts/9"})
        chat.prompted().type("Hi\r").until("Yes.").prompted().type("/copy\r")
        chat.until("copied the last answer: 1 line, 4 characters, by the terminal, OSC 52").prompted().type("\x04")
        assert chat.end() == 0
        assert b"\x1b]52;c;" + base64.b64encode(b"Yes.") + b"\x07" in chat.raw
