"""What a person is asked before a call runs, and what each key does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.test_tool_calls import call, calling, result
from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import saying, serving

ASKED = "run it? y once · s this session · a always … · e edit · r no, and why · N no"
GREET = '''
def greet(name: str, times: int = 1) -> str:
    """Greet somebody."""
    return ", ".join([f"Hello {name}"] * times)
'''
CALL = call('{"name": "Ann"}', name="greet")


@pytest.fixture
def functions(tmp_path: Path) -> str:
    path = tmp_path / "greet.py"
    path.write_text(GREET)
    return str(path)


def asking(functions: str) -> list[str]:
    return [f"greet wants to run ({functions})", '  name = "Ann"', ASKED]


def test_y_runs_the_call_once(started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("Done.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("y")
        assert run.end() == 0
        took = run.rows[-2].partition("→ ")[2]
        assert run.rows == [*asking(functions), "> yes", f'tool greet {{"name": "Ann"}} → {took}', "Done."]
        assert took.startswith("9 B, ")
        assert run.as_found
        assert server.bodies[1]["messages"][-1] == result("Hello Ann")


@pytest.mark.parametrize("key", ["\r", "n", "\x1b", "\x04"])
def test_enter_escape_n_and_ctrl_d_are_a_no_that_the_model_reads(key: str, started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("As you like.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type(key)
        assert run.end() == 0
        declined = "The call was not carried out: the user declined it."
        assert run.rows == [
            *asking(functions),
            "> no",
            f'tool greet {{"name": "Ann"}} → declined: {declined}',
            "As you like.",
        ]
        assert server.bodies[1]["messages"][-1] == result(declined)


def test_a_slip_of_the_finger_is_no_answer(started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("Done.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("q\x1b[A7y")
        assert run.end() == 0
        assert server.bodies[1]["messages"][-1] == result("Hello Ann")


def test_r_says_no_and_why(started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("Sorry.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("r").until("why?").type("She left.\r")
        assert run.end() == 0
        text = "The call was not carried out: the user declined it. The user says: She left."
        assert server.bodies[1]["messages"][-1] == result(text)


def test_e_changes_the_arguments_which_are_checked_shown_and_told_to_the_model(started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("Done.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("e").until('arguments: {"name": "Ann"}').type('\x15{"name": "Bob", "times": "x"}\r')
        run.until('/times: "x" is not of type integer').until(lambda: run.text.count(ASKED) == 2)
        run.type("e").until(lambda: run.text.count("arguments: {") == 2).type('\x15{"name": "Bob", "times": 2}\r')
        run.until("  times = 2").until(lambda: run.text.count(ASKED) == 3).type("y")
        assert run.end() == 0
        changed = 'The user changed the arguments to {"name": "Bob", "times": 2}\nHello Bob, Hello Bob'
        assert server.bodies[1]["messages"][-1] == result(changed)


def test_ctrl_c_at_the_question_ends_the_turn_and_the_call_has_a_result(
    glm: Glm, started: Start, functions: str
) -> None:
    with serving(calling(CALL), saying("never")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("\x03")
        assert run.end() == 130
        assert run.as_found
        assert len(server.requests) == 1
    assert glm.stored()[-1] == ("tool", "The user stopped the call before it ended.", "complete")


def test_s_approves_the_tool_until_the_chat_ends(started: Start, functions: str) -> None:
    bob = call('{"name": "Bob"}', name="greet", id="b")
    with serving(calling(CALL), calling(bob), saying("Both.")) as server:
        chat = started("chat", "--functions", functions, env=server.env, columns=200)
        chat.prompted().type("Greet them\r").until(ASKED).type("s").until("Both.").prompted().type("\x04")
        assert chat.end() == 0
        assert chat.text.count(ASKED) == 1
        assert server.bodies[2]["messages"][-1] == result("Hello Bob", "b")


def test_what_was_typed_before_the_question_is_no_answer_to_it_and_waits_for_the_next_prompt(
    started: Start, functions: str
) -> None:
    with serving(calling(CALL), saying("Done.")) as server:
        chat = started("chat", "--functions", functions, env=server.env, columns=200)
        chat.prompted().type("Greet Ann\ryes").until(ASKED).type("y").until("Done.").prompted("yes").type("\x03\x04")
        assert chat.end() == 0
        assert server.bodies[1]["messages"][-1] == result("Hello Ann")


def test_a_approves_for_good_what_fits_a_pattern_and_nothing_else(glm: Glm, started: Start, functions: str) -> None:
    with serving(calling(CALL), saying("Done.")) as server:
        run = started("run", "--functions", functions, "Greet Ann", env=server.env, columns=200)
        run.until(ASKED).type("a").until("always: ").type("p").until("name: Ann").type("\x15A*\r")
        assert run.end() == 0
        assert server.bodies[1]["messages"][-1] == result("Hello Ann")
    (rule,) = tomllib.loads((glm.folder / "approvals.toml").read_text())["rule"]
    assert (rule["tool"], rule["source"], rule["arguments"]) == ("greet", functions, {"name": "A*"})
    amy, bob = (calling(call(json.dumps({"name": name}), name="greet")) for name in ("Amy", "Bob"))
    with serving(amy, saying("Done.")) as server:
        assert glm("run", "--functions", functions, "Greet Amy", env=server.env).status == 0
    with serving(bob, saying("Done.")) as server:
        assert glm("run", "--functions", functions, "Greet Bob", env=server.env).status == 10
    path = Path(functions)
    path.write_text(path.read_text().replace("Hello", "Bye"))
    with serving(amy, saying("Done.")) as server:
        assert glm("run", "--functions", functions, "Greet Amy", env=server.env).status == 10


def test_a_long_call_is_counted_before_the_question_and_shown_on_demand(started: Start, functions: str) -> None:
    lines = "\n".join(f"line {number}\u202e" for number in range(40))
    long = call(json.dumps({"name": lines}), name="greet")
    with serving(calling(long), saying("No.")) as server:
        run = started("run", "--functions", functions, "Greet", env=server.env)
        run.until("… 29 more lines: v shows all").until("run it?").type("v").until("| line 39<U+202E>")
        run.until(lambda: run.rows[-1].startswith("run it?") or "N no" in run.rows[-1]).type("n")
        assert run.end() == 0
