"""What is typed while an answer comes: seen, kept whatever happens, sent by its Enter when the answer is whole."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event

import pytest

from glmcli.demo.server import Wait
from tests.cli.test_tool_calls import call, calling, result
from tests.pty.conftest import Start
from tests.support.served import Script, cut, delta, failing, saying, serving, stream

UP, LEFT, ENTER, BACKSPACE = "\x1b[A", "\x1b[D", "\r", "\x7f"
CTRL_C, CTRL_D, CTRL_O, CTRL_Z = "\x03", "\x04", "\x0f", "\x1a"
FOUND = "that were typed but not sent when glm ended"
ASKED = "run it? y once"


def waiting(on: Event, *more: str) -> Script:
    """An answer that has begun with "One" and goes on when it is told to."""
    return cut("One", end=[Wait(on), *saying(*(more or (" two.",)))[1:]])


def thinking(on: Event, then: Event) -> Script:
    first, *_ = stream(delta(reasoning_content="A thought."))
    begun = stream(delta(reasoning_content="A thought."), usage=False, end=[Wait(on)])
    answer = cut("One", end=[Wait(then), *saying(" two.")[1:]])
    return [first, *begun[1:], *answer[1:]]


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50), (30, 8)])
def test_it_stands_below_the_answer_and_leaves_no_trace(started: Start, columns: int, lines: int) -> None:
    on = Event()
    long = "".join(f"- item {number}\n" for number in range(60))
    with serving(waiting(on, "\n\n", long)) as server:
        chat = started("chat", env=server.env, columns=columns, lines=lines)
        chat.prompted().type("Hi" + ENTER).until("One").type("draft 日本\x1b[200~two\rlines\x1b[201~x" + BACKSPACE)
        chat.until("One\n> draft 日本two⏎lines")
        on.set()
        chat.until("> draft 日本two\n  lines")
        rows = [row for row in chat.rows if row]
        answer = rows[rows.index("> Hi") + 1 : rows.index("> draft 日本two")]
        assert answer == ["One", *(f" • item {number}" for number in range(60))]
        chat.type(CTRL_C + CTRL_D)
        assert chat.end() == 0
        assert chat.as_found


def test_enter_queues_and_what_is_queued_is_sent_in_order(started: Start) -> None:
    on, then = Event(), Event()
    with serving(waiting(on), waiting(then), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("Second" + ENTER).until("One\nqueued: Second")
        chat.type("Third" + ENTER).until("One\n2 queued, the last: Third")
        chat.type("Fou").until("One\n2 queued > Fou")
        on.set()
        chat.until("> Second\nOne\n1 queued > Fou").type("rth")
        then.set()
        chat.until("Three.").prompted("Fourth").type(CTRL_C + CTRL_D)
        assert chat.end() == 0
        assert [body["messages"][-1]["content"] for body in server.bodies] == ["First", "Second", "Third"]
        assert "queued" not in chat.text


def test_up_takes_back_what_is_queued(started: Start) -> None:
    on = Event()
    with serving(waiting(on), saying("Three.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("Secund" + ENTER).until("queued: Secund").type(UP).until("One\n> Secund")
        chat.type(BACKSPACE * 3 + "ond" + ENTER).until("queued: Second")
        on.set()
        chat.until("Three.")
        assert server.bodies[1]["messages"][-1]["content"] == "Second"


def test_keys_that_only_the_prompt_knows_reach_it_in_order(started: Start) -> None:
    on = Event()
    with serving(waiting(on)) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("ac" + LEFT + "b").until("> ac<left>b")
        on.set()
        chat.prompted("abc")


def test_a_stop_puts_what_is_queued_into_the_prompt(started: Start) -> None:
    with serving(waiting(Event())) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("Second" + ENTER + "Third" + ENTER).until("2 queued").type(CTRL_C)
        chat.until("> Second\n  Third")
        assert len(server.bodies) == 1
        assert "queued" not in chat.text


def test_a_failure_sends_nothing_of_it(started: Start) -> None:
    on = Event()
    with serving([Wait(on), *failing(400, 5006, "bad")]) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("waiting for the model")
        chat.type("Second" + ENTER).until("queued: Second")
        on.set()
        chat.prompted("Second")
        assert len(server.bodies) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT])
def test_no_end_loses_what_was_shown(started: Start, number: int) -> None:
    with serving(waiting(Event())) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("Second" + ENTER + "Third\x1b[200~,\rlast").until("1 queued > Third,⏎last")
        chat.signal(number).end()
        again = started("chat", env=server.env)
        again.until(f"2 messages {FOUND}").prompted().type(UP).until("> Third,\n  last")
        again.type(UP + UP).prompted("Second").type(CTRL_C + CTRL_D)
        assert again.end() == 0
        third = started("chat", env=server.env)
        assert FOUND not in third.prompted().text


def test_what_waits_for_its_turn_is_kept_too(started: Start) -> None:
    on = Event()
    with serving(waiting(on), waiting(Event())) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One")
        chat.type("Second" + ENTER + "Third").until("1 queued > Third")
        on.set()
        chat.until("> Second\nOne\n> Third").kill()
        again = started("chat", env=server.env)
        again.until("a message that was typed but not sent").prompted().type(UP).prompted("Third")


def test_without_a_log_it_leaves_no_trace(started: Start, tmp_path: Path) -> None:
    with serving(waiting(Event())) as server:
        chat = started("chat", "--no-log", env=server.env)
        chat.prompted().type("First" + ENTER).until("One").type("secret").until("> secret").kill()
        assert not (tmp_path / "glmcli").exists() or list((tmp_path / "glmcli").iterdir()) == []


def test_ctrl_o_shows_the_thinking_while_it_answers_and_is_not_typed(started: Start) -> None:
    on, then = Event(), Event()
    with serving(thinking(on, then)) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi" + ENTER).until("A thought.").type(CTRL_O + "x").until("> x")
        on.set()
        chat.until("One\nA thought.\n> x").type(CTRL_O).until("One\n> x").type(CTRL_O).until("One\nA thought.\n> x")
        then.set()
        chat.until("One two.").prompted("x")
        assert "A thought." not in chat.text


@pytest.mark.parametrize("how", [["--raw"], ["--plain"]])
def test_where_nothing_may_move_it_is_not_seen_but_kept(started: Start, tmp_path: Path, how: list[str]) -> None:
    with serving(cut("One\n\nTwo\n\n", end=[Wait(Event())])) as server:
        chat = started("chat", *how, env=server.env)
        chat.prompted().type("Hi" + ENTER).until("One").type("draft")
        chat.until(lambda: [it.read_text() for it in (tmp_path / "glmcli" / "unsent").iterdir()] == ["draft"])
        assert "draft" not in chat.text
        chat.kill()
        again = started("chat", env=server.env)
        again.until("a message that was typed").prompted().type(UP).prompted("draft")


def test_a_question_of_a_tool_is_not_answered_by_it(started: Start, tmp_path: Path) -> None:
    path = tmp_path / "greet.py"
    path.write_text('def greet(name: str) -> str:\n    """Greet somebody."""\n    return f"Hello {name}"\n')
    on, then = Event(), Event()
    asks = [*calling(call('{"name": "Ann"}', name="greet"))]
    with serving([Wait(on), *asks], [Wait(then), *saying("Done.")], saying("More.")) as server:
        chat = started("chat", "--functions", str(path), env=server.env, columns=200)
        chat.prompted().type("Greet Ann" + ENTER).until("waiting for the model")
        chat.type("yes" + ENTER + "y").until("1 queued > y")
        on.set()
        chat.until(ASKED)
        assert "queued" not in chat.text
        chat.type("n").until("1 queued > y").type("!").until("1 queued > y!")
        then.set()
        chat.until("More.").prompted("y!")
        declined = server.bodies[1]["messages"][-1]["content"]
        assert declined.startswith("The call was not carried out")
        assert server.bodies[2]["messages"][-1]["content"] == "yes"
        assert result("Hello Ann") not in server.bodies[1]["messages"]


def test_after_fg_it_is_seen_again_and_goes_on(started: Start) -> None:
    on = Event()
    with serving(waiting(on)) as server:
        chat = started(shell='set -m; "$@" chat; echo suspended; read on; fg >/dev/null', env=server.env)
        chat.prompted().type("Count" + ENTER).until("One").type("dra").until("> dra").type(CTRL_Z).until("suspended")
        assert chat.as_found
        chat.type("\n").until(lambda: not chat.echoing).type("ft").until("> draft")
        on.set()
        chat.until("two.").prompted("draft").type(CTRL_C + CTRL_D)
        assert chat.end() == 0
        assert chat.as_found


def test_in_the_background_it_takes_no_key_from_the_shell(started: Start) -> None:
    on = Event()
    shell = 'set -m; "$@" chat; bg >/dev/null; read line; echo "the shell read $line"; fg >/dev/null'
    with serving(waiting(on, " two\n\n", "Three")) as server:
        chat = started(shell=shell, env=server.env)
        chat.prompted().type("Count" + ENTER).until("One").type(CTRL_Z).until(lambda: chat.echoing)
        chat.type("mine\n").until("the shell read mine")
        on.set()
        chat.until("Three").prompted()


def test_a_window_that_is_resized_while_somebody_types(started: Start) -> None:
    on = Event()
    words = "one two three four five six seven eight nine ten eleven twelve"
    with serving(cut(words, end=[Wait(on), *saying(" thirteen.\n\nEnd.")[1:]])) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Count" + ENTER).until("twelve").type("draft").until("> draft").resize(40, 12)
        chat.type("ed").until("> drafted")
        on.set()
        chat.until("End.").prompted("drafted")


def test_more_than_the_kernel_holds_is_not_lost(started: Start) -> None:
    on = Event()
    text = " ".join(f"word{number}" for number in range(1000))
    with serving(waiting(on), saying("Much.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One").type(text).until("word999").type(ENTER).until("queued: ")
        on.set()
        chat.until("Much.")
        assert server.bodies[1]["messages"][-1]["content"] == text


def test_what_is_typed_behind_the_command_that_leaves_is_in_the_history_of_the_next_chat(started: Start) -> None:
    on = Event()
    with serving(waiting(on)) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("First" + ENTER).until("One").type("/exit" + ENTER + "Second").until("1 queued > Second")
        on.set()
        assert chat.end() == 0
        again = started("chat", env=server.env)
        again.until("a message that was typed").prompted().type(UP).prompted("Second")
