"""`glm chat` on a real terminal: what a person sees, types and interrupts, and what is left when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from threading import Event

from glmcli.demo.server import Wait
from glmcli.store import StoredMessage
from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import cut, saying, serving
from tests.support.tty import GLM, ROOT

Stored = Callable[[], list[StoredMessage]]

GREETING = ["@cf/zai-org/glm-4.7-flash, profile default", "/help lists commands and keys, Ctrl-D leaves", ""]
KEPT = "this session is kept; go on with it: glm chat -c"


def test_a_question_its_answer_and_ctrl_d(started: Start, stored: Stored) -> None:
    with serving(saying("Hello ", "**there**.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi\r").until("Hello there.").prompted().type("\x04")
        assert chat.end() == 0
        assert chat.rows == [*GREETING, "> Hi", "Hello there.", "", ">", KEPT]
        assert chat.as_found
        assert [it.text for it in stored()] == ["Hi", "Hello **there**."]


def test_a_conversation_that_goes_on_shows_its_end_as_it_was_shown(started: Start) -> None:
    with serving(saying("# Head\n\n- [x] **one**\n")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi\r").until("☑ one").prompted().type("\x04")
        assert chat.end() == 0
        for flags, rows in ([], ["Head", "", " ☑ one"]), (["--raw"], ["# Head", "", "- [x] **one**"]):
            chat = started("chat", "-c", *flags, env=server.env)
            chat.prompted().type("/raw off\r").until("Markdown is rendered").prompted()
            chat.type("/branch 1\r").until("☑ one").prompted().type("\x04")
            assert chat.end() == 0
            assert chat.rows[4:-1] == [
                "> Hi", *rows, "",
                "> /raw off", "Markdown is rendered", "",
                "> /branch 1", "> Hi", "Head", "", " ☑ one", "", ">",
            ]  # fmt: skip


def test_ctrl_c_stops_the_answer_keeps_it_and_retry_asks_again(started: Start, stored: Stored) -> None:
    with serving(cut("One two", end=[Wait(Event())]), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count\r").until("One two").type("\x03")
        chat.until("interrupted; what came is kept: /continue goes on, /retry asks again").prompted()
        assert [(it.text, it.status) for it in stored()] == [("Count", "complete"), ("One two", "interrupted")]
        chat.type("/retry\r").until("Three.").prompted().type("\x04")
        assert chat.end() == 0
        assert [it.text for it in stored()] == ["Count", "One two", "Three."]
        assert "^C" not in chat.text


def test_ctrl_c_before_an_answer_says_that_there_is_none(started: Start) -> None:
    with serving([Wait(Event())], saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count\r").until("waiting for the model").type("\x03")
        chat.until("interrupted before an answer began: /retry asks again").prompted()
        chat.type("/retry\r").until("Three.")


def test_ctrl_c_hints_again_after_something_was_typed(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        hint = "Ctrl-C again leaves; so do Ctrl-D and /exit\n>"
        chat.prompted().type("\x03").until(hint).type("never mind").prompted("never mind").type("\x03").prompted()
        chat.type("\x03").until(f"> never mind\n>\n{hint}").type("\x03")
        assert chat.end() == 0


def test_what_is_typed_while_it_answers_waits_for_the_next_prompt(started: Start) -> None:
    on = Event()
    with serving(cut("One", end=[Wait(on), *saying(" two.")[1:]]), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\r").until("One")
        chat.type("Second\rThird, not sent")
        assert not chat.echoing
        on.set()
        chat.until("Three.").prompted("Third, not sent").type("\x03\x04")
        assert chat.end() == 0
        rows = [row for row in chat.rows if row]
        assert rows[3:] == ["One two.", "> Second", "Three.", "> Third, not sent", ">", KEPT]
        assert [body["messages"][-1]["content"] for body in server.bodies] == ["First", "Second"]


def test_what_is_typed_before_an_answer_is_stopped_is_not_thrown_away(started: Start) -> None:
    with serving(cut("One", end=[Wait(Event())])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\r").until("One").type("Second").type("\x03").prompted("Second")


def test_what_is_sent_before_an_answer_is_stopped_comes_back_unsent(started: Start) -> None:
    with serving(cut("One", end=[Wait(Event())]), saying("Two.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\r").until("One").type("Secund\x7f\x7f\x7fond\rThird\r").type("\x03")
        chat.until("> Second\n  Third").type("!\r").until("Two.").prompted()
        assert [body["messages"][-1]["content"] for body in server.bodies] == ["First", "Second\nThird!"]


def test_what_is_read_with_the_first_message_comes_back_unsent_too(started: Start) -> None:
    with serving(cut("One", end=[Wait(Event())])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\rSecond\r\x1b[200~Third\rFourth\x1b[201~\r").until("One").type("\x03")
        chat.until("> Second\n  Third\n  Fourth")
        assert len(server.bodies) == 1


def test_a_paste_that_is_cut_by_the_stop_comes_back_as_far_as_it_came(started: Start) -> None:
    with serving(cut("One", end=[Wait(Event())])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\r").until("One").type("\x1b[200~Second\rThird").type("\x03")
        chat.until("> Second\n  Third")


def test_what_is_typed_while_the_message_of_the_command_line_is_stopped_comes_back_unsent(started: Start) -> None:
    with serving(cut("One", end=[Wait(Event())])) as server:
        chat = started("chat", "First", env=server.env)
        chat.until("One").type("Second\rThird\r").type("\x03").until("> Second\n  Third")
        assert len(server.bodies) == 1


def test_a_paste_never_sends_not_even_while_it_answers(started: Start) -> None:
    on = Event()
    with serving(cut("One", end=[Wait(on), *saying(" two.")[1:]]), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First\r").until("One")
        assert chat.raw.rfind(b"\x1b[?2004h") > chat.raw.rfind(b"\x1b[?2004l")
        chat.type("\x1b[200~two\rlines\x1b[201~")
        on.set()
        chat.until("> two\n  lines").type("!\r").until("Three.")
        assert server.bodies[1]["messages"][-1]["content"] == "two\nlines!"


def test_ctrl_c_twice_leaves(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("draft\x03").until("> draft\n>")
        chat.type("\x03").until("Ctrl-C again leaves").prompted().type("\x03")
        assert chat.end() == 0
        assert chat.as_found


def test_a_window_that_is_resized_while_it_answers(started: Start) -> None:
    on = Event()
    words = "one two three four five six seven eight nine ten eleven twelve"
    with serving(cut(words, end=[Wait(on), *saying(" thirteen.\n\nEnd.")[1:]])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count\r").until("twelve").resize(40, 12)
        on.set()
        chat.until("End.").prompted().type("More?")
        chat.prompted("More?")


def test_sigterm_at_the_prompt_restores_the_terminal(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("draft").prompted("draft").signal(signal.SIGTERM)
        assert chat.end() == 143
        assert chat.as_found
        assert "Traceback" not in chat.text


def test_sigterm_in_an_answer_keeps_it_and_restores_the_terminal(started: Start, stored: Stored) -> None:
    with serving(cut("One two", end=[Wait(Event())])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count\r").until("One two").signal(signal.SIGTERM)
        assert chat.end() == 143
        assert chat.as_found
        assert [(it.text, it.status) for it in stored()][1] == ("One two", "interrupted")


def test_ctrl_c_from_outside_at_the_prompt_clears_the_line(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("draft").prompted("draft").signal(signal.SIGINT)
        chat.prompted().type("\x1b[A").prompted("draft").type("\x03\x04")
        assert chat.end() == 0


def test_kill_9_in_an_answer_loses_nothing_that_was_shown(started: Start, glm: Glm) -> None:
    with serving(cut("One two", end=[Wait(Event())]), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count\r").until("One two").kill()
        shown = glm("sessions", "show")
        assert "Count" in shown.stdout
        assert "One two" in shown.stdout
        assert glm("run", "-c", "go on", env=server.env).stdout == "Three.\n"
        assert [message["content"] for message in server.bodies[1]["messages"]] == ["Count", "One two", "go on"]
        assert (glm.folder / "history").read_text().endswith("+Count\n")


def test_a_terminal_that_the_shell_had_in_between_is_quiet_again(started: Start) -> None:
    on = Event()
    more = saying(" two")[1:-2]
    with serving(cut("One", end=[Wait(on), *more, Wait(Event())])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi\r").until("One").signal(signal.SIGSTOP)
        termios.tcsetattr(chat._slave, termios.TCSANOW, chat.found)
        chat.signal(signal.SIGCONT)
        on.set()
        chat.until("One\ntwo").until(lambda: not chat.echoing).type("typed\x03").prompted("typed")


def test_the_editor_gives_the_message_back(started: Start, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf " by hand\\nand more" >> "$1"\nexit ${FAULT:-0}\n')
    editor.chmod(0o755)
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "VISUAL": str(editor)})
        chat.prompted().type("Written\x18\x05").until("> Written by hand\n  and more").type("\r").until("Yes.")
        assert server.bodies[0]["messages"][0]["content"] == "Written by hand\nand more"


def test_an_editor_that_fails_sends_nothing(started: Start, tmp_path: Path) -> None:
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "VISUAL": "false"})
        chat.prompted().type("Draft\x18\x05").prompted("Draft").type("!").prompted("Draft!").type("\x03\x04")
        assert chat.end() == 0
        assert server.requests == []


def test_a_pipe_is_read_first_then_the_terminal(started: Start) -> None:
    with serving(saying("A list."), saying("Two.")) as server:
        chat = started(shell='printf "one\\ntwo\\n" | "$@" chat "What is this?"', env=server.env)
        chat.until("A list.").prompted().type("How long?\r").until("Two.").prompted().type("\x04")
        assert chat.end() == 0
        contents = [message["content"] for message in server.bodies[1]["messages"]]
        assert contents == ["one\ntwo\n\nWhat is this?", "A list.", "How long?"]
        assert chat.as_found


def test_answers_may_go_to_a_file(started: Start, tmp_path: Path) -> None:
    with serving(saying("One.")) as server:
        chat = started(shell=f'"$@" chat > {tmp_path}/out', env=server.env)
        chat.prompted().type("Hi\r").until(lambda: len(chat.rows) > len(GREETING) + 1).prompted().type("\x04")
        assert chat.end() == 0
        assert (tmp_path / "out").read_bytes() == b"One.\n"


def test_without_a_terminal_nothing_is_read_and_nothing_is_paid(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"a document")
    with serving(saying("One.")) as server:
        done = subprocess.run(
            [*GLM, "chat", "What is this?"],
            stdin=read,
            capture_output=True,
            text=True,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, **server.env},
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("", 2)
        assert done.stderr == (
            "glm chat needs a terminal to talk through, and there is none\n"
            "For one answer without a terminal use: glm run\n"
        )
        assert os.read(read, 100) == b"a document"
        assert server.requests == []
    os.close(read)
    os.close(write)


def test_missing_credentials_are_said_before_the_first_prompt(started: Start) -> None:
    chat = started("chat", env={})
    assert chat.end() == 3
    assert chat.rows[0].startswith("no API token: log in with `glm config login`")
    assert not any(row.startswith(">") for row in chat.rows)


def test_a_dumb_terminal_gets_no_control_sequences(started: Start) -> None:
    with serving(saying("Hello.")) as server:
        chat = started("chat", env={**server.env, "TERM": "dumb"})
        chat.until(lambda: chat.rows[-1:] == [">"]).type("Hi\r").until("Hello.")
        chat.until(lambda: chat.rows[-1] == ">").type("\x04")
        assert chat.end() == 0
        assert b"\x1b" not in chat.raw


def test_usage_of_a_resumed_session_counts_what_was_paid_before(started: Start) -> None:
    with serving(saying("One."), saying("Two.")) as server:
        first = started("chat", "Hi", env=server.env)
        first.until("One.").prompted().type("/retry\r").until("Two.").prompted().type("/exit\r")
        assert first.end() == 0
        again = started("chat", "-c", env=server.env)
        again.until("> Hi\nTwo.").prompted().type("/usage\r").until("2 answers: 14 tokens in (0 cached), 6 out")
        again.prompted().type("/new\r").until("a new session").prompted().type("/usage\r").until("no answer yet")
