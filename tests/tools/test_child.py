"""One child process: real ones, with nothing to wait for but what they do."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from glmcli.tools import child
from glmcli.tools.child import Finished, result_of, run_child
from glmcli.tools.tool import Result, Stop
from tests.tools.lifeline import HOLD, Lifeline

PATH = os.environ["PATH"]
Run = Callable[..., Finished]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program in the folder of the test, with no grace unless one is given."""

    def run(*argv: str, stop: Stop | None = None, environ: dict[str, str] | None = None, **more: Any) -> Finished:
        more = {"cwd": tmp_path, "grace": 0.0, **more}
        return run_child(argv, environ=environ or {"PATH": PATH}, stop=stop or Stop(), **more)

    return run


@pytest.fixture
def sh(run: Run) -> Run:
    return lambda script, **more: run("sh", "-c", script, **more)


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Lifeline]:
    with Lifeline(tmp_path) as lifeline:
        yield lifeline


@pytest.fixture
def stop_when_held(lifeline: Lifeline) -> Iterator[Stop]:
    """A stop that another thread sets once the child holds the lifeline."""
    stop = Stop()

    def watch() -> None:
        lifeline.wait_until_held()
        stop.set()

    thread = threading.Thread(target=watch)
    thread.start()
    yield stop
    thread.join()


def test_output_errors_and_status_come_back_apart(sh: Run) -> None:
    finished = sh("echo out; echo err >&2; exit 3")
    assert (finished.stdout.whole, finished.stderr.whole, finished.status) == (b"out\n", b"err\n", 3)
    assert (finished.timed_out, finished.stopped, finished.problem) == (False, False, "")


@pytest.mark.parametrize("number", [9, 11, 13, 15], ids=["KILL", "SEGV", "PIPE", "TERM"])
def test_a_signal_that_ended_the_child_is_its_status(sh: Run, number: int) -> None:
    assert sh(f"kill -{number} $$").status == -number


def test_the_child_sees_the_environment_and_the_folder_it_is_given_and_nothing_else(run: Run, tmp_path: Path) -> None:
    given = {"PATH": PATH, "LANG": "C.UTF-8", "ODD": "\udcff"}
    code = "import os; print([ascii(dict(os.environ)), os.getcwd()])"
    finished = run(sys.executable, "-c", code, environ=given)
    assert finished.stdout.text() == f"{[ascii(given), str(tmp_path)]}\n"


def test_without_input_the_child_reads_from_dev_null(run: Run) -> None:
    assert run("cat").stdout.whole == b""


def test_much_input_and_much_output_at_once_do_not_block_each_other(run: Run) -> None:
    data = bytes(range(256)) * 10_000
    assert run("cat", stdin=data, limit=len(data)).stdout.whole == data


@pytest.mark.parametrize("script", ["exit 0", "exec 0<&-; exec true", "echo >&2"])
def test_a_child_that_does_not_read_its_input_ends_as_it_likes(sh: Run, script: str) -> None:
    assert sh(script, stdin=b"x" * 1_000_000).status == 0


def test_endless_output_is_read_until_the_time_is_up_and_its_head_and_tail_kept(run: Run) -> None:
    finished = run("yes", timeout=0.2, limit=1000)
    head, gap, tail = finished.stdout.text().partition("[…")
    assert finished.timed_out
    assert (head[:4], gap, tail[-4:]) == ("y\ny\n", "[…", "y\ny\n")
    assert len(finished.stdout.text().encode()) <= 1000 < finished.stdout.total


@pytest.mark.parametrize("timeout", [0.0, 0.001, 0.02, 0.05])
def test_a_timeout_ends_the_child_however_far_it_has_come(run: Run, timeout: float) -> None:
    finished = run("sleep", "1000", timeout=timeout)
    assert (finished.timed_out, finished.stopped, finished.problem) == (True, False, "")


def test_stop_from_another_thread_lets_the_child_end_in_its_own_way(sh: Run, stop_when_held: Stop) -> None:
    finished = sh(f"trap 'echo bye; exit 7' TERM; {HOLD} sleep 1000 & wait", stop=stop_when_held, grace=100.0)
    assert (finished.stdout.whole, finished.status) == (b"bye\n", 7)
    assert (finished.stopped, finished.timed_out) == (True, False)


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(
    sh: Run, stop_when_held: Stop, lifeline: Lifeline
) -> None:
    finished = sh(f"trap '' TERM; {HOLD} while :; do sleep 1000; done", stop=stop_when_held)
    lifeline.wait_until_let_go()
    assert (finished.stopped, finished.status) == (True, -9)


def test_a_child_that_halts_its_supervisor_is_killed_all_the_same(
    sh: Run, stop_when_held: Stop, lifeline: Lifeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.0)
    finished = sh(f"kill -STOP $PPID; {HOLD} exec sleep 1000", stop=stop_when_held)
    lifeline.wait_until_let_go()
    assert (finished.stopped, finished.status) == (True, -9)


def test_a_call_that_was_stopped_before_it_began_starts_nothing(sh: Run, tmp_path: Path) -> None:
    stop = Stop()
    stop.set()
    assert sh("touch ran", stop=stop).stopped
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "start",
    [
        "sleep 1000 &",
        pytest.param(
            "mkfifo left; setsid sh -c 'echo >left; sleep 1000' & read _ <left;",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux adopts"),
        ),
        "(trap '' HUP TERM; sleep 1000 & sleep 1000) &",
    ],
)
def test_what_the_child_leaves_running_neither_holds_us_up_nor_survives(
    sh: Run, lifeline: Lifeline, start: str
) -> None:
    finished = sh(f"{HOLD} {start} echo done")
    lifeline.wait_until_held()
    lifeline.wait_until_let_go()
    assert (finished.stdout.whole, finished.status) == (b"done\n", 0)


def test_an_interrupt_of_ours_kills_the_child(sh: Run, lifeline: Lifeline) -> None:
    class Interrupting(Stop):
        @contextmanager
        def watched(self, end: Callable[[], None]) -> Iterator[None]:
            lifeline.wait_until_held()
            raise KeyboardInterrupt
            yield

    with pytest.raises(KeyboardInterrupt):
        sh(f"{HOLD} sleep 1000", stop=Interrupting())
    lifeline.wait_until_let_go()


def test_a_stop_that_comes_after_the_end_hits_nothing(run: Run) -> None:
    endings: list[Callable[[], None]] = []

    class Late(Stop):
        @contextmanager
        def watched(self, end: Callable[[], None]) -> Iterator[None]:
            endings.append(end)
            yield

    assert run("true", stop=Late()).status == 0
    assert [end() for end in endings] == [None]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no list of descriptors")
def test_no_descriptor_stays_open(run: Run) -> None:
    def descriptors() -> list[str]:
        return sorted(os.listdir("/dev/fd"))  # noqa: PTH208 - the names, not what they link to

    run("true")
    before = descriptors()
    run("cat", stdin=b"x")
    run("nothing-of-this-name")
    run("true", cwd=Path("/nothing"))
    assert descriptors() == before


def test_a_status_of_127_of_the_childs_own_is_no_problem_of_starting_it(sh: Run) -> None:
    finished = sh("exit 127")
    assert (finished.status, finished.problem) == (127, "")


def test_a_program_that_is_not_there_is_named_with_the_path(run: Run) -> None:
    finished = run("nothing-of-this-name", environ={"PATH": "/a:/b"})
    assert result_of(finished, "weather") == Result(
        "weather could not be started: there is no nothing-of-this-name in /a:/b.", failed=True
    )


@pytest.mark.parametrize(
    ("content", "mode", "problem"),
    [
        (None, 0o700, "no such file or directory"),
        ("#!/bin/sh\n", 0o600, "permission denied"),
        ("#!/nothing/sh\n", 0o700, "the interpreter that its first line (#!) names is not there"),
        ("echo\n", 0o700, "it is no program: a script begins with #! and its interpreter"),
    ],
)
def test_why_a_program_did_not_start_is_told(
    run: Run, tmp_path: Path, content: str | None, mode: int, problem: str
) -> None:
    if content is not None:
        (tmp_path / "program").write_text(content)
        (tmp_path / "program").chmod(mode)
    assert run(str(tmp_path / "program")).problem == problem


def test_a_missing_folder_and_a_nul_byte_are_problems_too(run: Run, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert run("true", cwd=nowhere).problem == f"its working directory {nowhere} is not there, or not ours to enter"
    assert run("echo", "\0").problem == "its arguments or its environment hold a NUL byte"


def test_a_python_that_is_gone_is_a_problem_and_no_crash(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/python")
    assert run("true").problem == "no such file or directory"


def test_a_supervisor_that_fails_is_a_problem(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(child, "_SUPERVISOR", tmp_path / "gone.py")
    assert run("true").problem == "its supervisor did not start"


def test_the_result_of_success_is_the_output_alone(sh: Run) -> None:
    assert result_of(sh("echo out; echo err >&2"), "weather") == Result("out\n")


def test_the_result_of_failure_tells_the_status_the_errors_and_the_output(sh: Run) -> None:
    assert result_of(sh("echo out; echo err >&2; exit 3"), "weather") == Result(
        "weather failed with exit status 3.\n[the end of its stderr]\nerr\n[its stdout]\nout", failed=True
    )


@pytest.mark.parametrize(
    ("script", "timeout", "text"),
    [
        ("kill -SEGV $$", 60.0, "weather was ended by SIGSEGV."),
        ("sleep 1000", 0.01, "weather timed out after 0.01 s and was ended."),
    ],
)
def test_the_result_of_a_violent_end_says_which(sh: Run, script: str, timeout: float, text: str) -> None:
    assert result_of(sh(script, timeout=timeout), "weather") == Result(text, failed=True)


def test_a_failure_with_much_output_stays_within_the_limit(sh: Run) -> None:
    text = result_of(sh("yes out | head -c 9000; yes err | head -c 9000 >&2; exit 1"), "weather", 6000).text
    assert len(text.encode()) <= 6000
    assert text.count("bytes left out") == 1
