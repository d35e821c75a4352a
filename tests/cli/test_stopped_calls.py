"""Turns with tools that something stops in the middle: signals, kills, readers that leave, a disk that is full. No call
is without a result afterwards, or it is open and is carried out when the session goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_tool_calls import call, calling, result
from tests.support.cli import Glm
from tests.support.served import Served, saying, serving
from tests.tools.lifeline import HOLD, Lifeline

HANGS_ONCE = f"[ -e again ] && echo second && exit; touch again; {HOLD} exec sleep 1000"
NO_RESULT = "There is no result: the call was not carried out."
NEXT = {"role": "user", "content": "And now?"}

Define = Callable[..., None]


@pytest.fixture
def define(glm: Glm, tmp_path: Path) -> Define:
    """Makes a tool of a shell script, which runs in the folder of the test."""
    folder = glm.folder / "tools"
    folder.mkdir(parents=True)

    def define(name: str, script: str, **keys: Any) -> None:
        definition = {"type": "function", "function": {"name": name}, "command": ["sh", "-c", script], **keys}
        (folder / f"{name}.json").write_text(json.dumps({**definition, "cwd": str(tmp_path)}))

    return define


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Lifeline]:
    with Lifeline(tmp_path) as lifeline:
        yield lifeline


def one(name: str, id: str = "a", index: int = 0) -> dict[str, Any]:
    return call("{}", name=name, id=id, index=index)


def roles(body: Any) -> list[str]:
    return [message["role"] for message in body["messages"]]


def started(glm: Glm, served: Served, *argv: str, **how: Any) -> subprocess.Popen[bytes]:
    return glm.process("run", "-y", *argv, "Do it.", env=served.env, **how)


@pytest.mark.parametrize(
    ("number", "status", "word", "text"),
    [
        (signal.SIGINT, 130, "interrupted", "The user stopped the call before it ended."),
        (signal.SIGTERM, 143, "terminated", "The call was stopped before it ended."),
    ],
)
def test_a_signal_stops_the_call_which_has_a_result_and_the_session_goes_on(
    number: signal.Signals, status: int, word: str, text: str, glm: Glm, define: Define, lifeline: Lifeline
) -> None:
    define("slow", f"{HOLD} sleep 1000")
    with serving(calling(one("slow")), saying("Fine.")) as served:
        process = started(glm, served, "-T", "slow")
        lifeline.wait_until_held()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        lifeline.wait_until_let_go()
        assert (out, err.decode(), process.returncode) == (b"", f"tool slow {{}} → cancelled: {text}\n{word}\n", status)
        assert glm.stored()[1:] == [("assistant", "", "complete"), ("tool", text, "complete")]
        assert glm("run", "-c", "And now?", env=served.env).stdout == "Fine.\n"
    assert served.bodies[1]["messages"][2:] == [result(text, "a"), NEXT]


def test_a_kill_ends_the_call_too_which_is_carried_out_when_the_session_goes_on(
    glm: Glm, define: Define, lifeline: Lifeline
) -> None:
    define("slow", HANGS_ONCE)
    with serving(calling(one("slow"), reasoning="Hm."), saying("Done.")) as served:
        process = started(glm, served, "-T", "slow")
        lifeline.wait_until_held()
        process.kill()
        process.communicate(timeout=30)
        lifeline.wait_until_let_go()
        ran = glm("run", "-c", "-y", env=served.env)
    assert (ran.stdout, ran.status) == ("Done.\n", 0)
    assert served.bodies[1]["messages"] == [
        {"role": "user", "content": "Do it."},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "slow", "arguments": "{}"}}],
            "reasoning": "Hm.",
        },
        result("second\n", "a"),
    ]


def test_a_call_that_had_returned_before_a_kill_is_not_carried_out_again(
    glm: Glm, define: Define, lifeline: Lifeline
) -> None:
    define("slow", HANGS_ONCE)
    define("quick", "echo x >> ran; wc -l < ran")
    with serving(calling(one("slow"), one("quick", "b", 1)), saying("Done.")) as served:
        process = started(glm, served, "-T", "slow", "-T", "quick")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"tool quick {} ")
        lifeline.wait_until_held()
        process.kill()
        process.communicate(timeout=30)
        lifeline.wait_until_let_go()
        ran = glm("run", "-c", "-y", env=served.env)
        glm("run", "-c", "And now?", env=served.env)
    assert (ran.stdout, ran.status) == ("Done.\n", 0)
    results = [result("second\n", "a"), result("1\n", "b")]
    assert [body["messages"][2:4] for body in served.bodies[1:]] == [results, results]


def test_a_kill_leaves_a_session_that_can_be_asked_something_else(glm: Glm, define: Define, lifeline: Lifeline) -> None:
    define("slow", HANGS_ONCE)
    with serving(calling(one("slow")), saying("Fine.")) as served:
        process = started(glm, served, "-T", "slow")
        lifeline.wait_until_held()
        process.kill()
        process.communicate(timeout=30)
        assert glm("run", "-c", "And now?", env=served.env).stdout == "Fine.\n"
    assert served.bodies[1]["messages"][2:] == [result(NO_RESULT, "a"), NEXT]


def test_a_reader_that_leaves_between_the_rounds_is_silent_success_and_the_session_goes_on(
    glm: Glm, define: Define, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "gone")
    define("slow", "cat gone")
    with serving(calling(one("slow"), content="Let me see."), saying("Done."), saying("Fine.")) as served:
        process = started(glm, served, "-T", "slow")
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(12) == b"Let me see.\n"
        process.stdout.close()
        (tmp_path / "gone").write_text("")
        assert process.stderr.read().startswith(b"tool slow {} ")
        assert process.wait(30) == 0
        process.stderr.close()
        assert [status for _, _, status in glm.stored()] == ["complete", "complete", "complete", "interrupted"]
        assert glm("run", "-c", "And now?", env=served.env).status == 0
    assert roles(served.bodies[2]) == ["user", "assistant", "tool", "assistant", "user"]


def test_a_reader_of_jsonl_that_leaves_while_a_call_runs_leaves_no_call_without_a_result(
    glm: Glm, define: Define, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "gone")
    define("slow", "cat gone")
    define("quick", "echo quick")
    with serving(calling(one("slow"), one("quick", "b", 1)), saying("never")) as served:
        process = started(glm, served, "-T", "slow", "-T", "quick", "--jsonl", "--no-parallel-tool-calls")
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(4):  # started, two calls, usage
            process.stdout.readline()
        process.stdout.close()
        (tmp_path / "gone").write_text("gone\n")
        process.stderr.read()
        assert process.wait(30) == 0
        process.stderr.close()
    assert len(served.requests) == 1
    assert [(role, text) for role, text, _ in glm.stored()][2:] == [
        ("tool", "gone\n"),
        ("tool", "The call was stopped before it ended."),
    ]


def test_a_disk_that_is_full_in_the_middle_of_a_turn_costs_no_answer(glm: Glm, define: Define) -> None:
    define("long", "head -c 60000 /dev/zero | tr '\\0' x")
    with serving(saying("Hello.")) as served:
        glm("run", "hi", env=served.env)
    store = glm.folder / "sessions.db"
    room = store.stat().st_size + 30_000
    with serving(calling(one("long")), saying("Done.")) as served:
        process = started(
            glm, served, "-T", "long", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        )
        out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"Done.\n", 11)
    why = f"the session store {store}: disk I/O error"
    warning, tool, *failure = err.decode().splitlines()
    assert warning == f"warning: {why}; this conversation is not stored any further"
    assert tool.startswith("tool long {} → 60.0 kB, ")
    assert failure == ["Free some space on that disk, and check that it works."]
    assert len(served.bodies[1]["messages"][2]["content"]) == 60_000


def test_a_call_that_hangs_ends_at_its_limit_and_holds_up_no_other(glm: Glm, define: Define) -> None:
    define("slow", "exec sleep 1000", timeout=0.05)
    define("quick", "echo quick")
    with serving(calling(one("slow"), one("quick", "b", 1)), saying("Done.")) as served:
        ran = glm("run", "-y", "-T", "slow", "-T", "quick", "Do it.", env=served.env)
    assert (ran.stdout, ran.status) == ("Done.\n", 0)
    slow, quick = served.bodies[1]["messages"][2:]
    assert slow == result("slow timed out after 0.05 s and was ended.", "a")
    assert quick == result("quick\n", "b")


def test_json_of_a_turn_that_was_stopped_in_its_calls_is_the_answer_that_called(
    glm: Glm, define: Define, lifeline: Lifeline
) -> None:
    define("slow", f"{HOLD} sleep 1000")
    with serving(calling(one("slow"), content="Let me see.")) as served:
        process = started(glm, served, "-T", "slow", "--json")
        lifeline.wait_until_held()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    whole = json.loads(out)
    assert whole["choices"][0]["message"]["content"] == "Let me see."
    assert whole["choices"][0]["message"]["tool_calls"][0]["id"] == "a"
    assert whole["error"]["type"] == "interrupted"
    assert "rounds" not in whole["glm"]


def test_a_session_that_stopped_in_a_call_of_a_tool_that_runs_elsewhere_says_so(glm: Glm, define: Define) -> None:
    (glm.folder / "tools" / "book.json").write_text('{"type": "function", "function": {"name": "book"}}')
    with serving(calling(one("book"))) as served:
        assert glm("run", "-T", "book", "Do it.", env=served.env).status == 0
        ran = glm("run", "-c", env=served.env)
    assert ran.answer == (
        "",
        "the session stopped in a call of book, and that tool is only defined, not run, here\n"
        "Ask something else: then the call is not carried out.\n",
        2,
    )
