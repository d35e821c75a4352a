"""The program between us and a child, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmcli.tools import supervisor
from glmcli.tools.child import supervised
from tests.tools.lifeline import HOLD, Lifeline

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux adopts orphans")

RUN_CHILD = """
import os, sys
from pathlib import Path
from glmcli.tools.child import run_child
from glmcli.tools.tool import Stop
run_child(["sh", "-c", sys.argv[1]], cwd=Path.cwd(), environ={"PATH": os.environ["PATH"]}, stop=Stop())
"""
WITHOUT_PIDFD = """
import os, runpy, sys
del os.pidfd_open
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Lifeline]:
    with Lifeline(tmp_path) as lifeline:
        yield lifeline


@pytest.mark.parametrize("script", ["exit 0", "exit 3", "exit 255", "kill -TERM $$", "kill -KILL $$", "kill -ABRT $$"])
def test_it_ends_as_its_program_does(script: str) -> None:
    alone = subprocess.run(["sh", "-c", script], check=False).returncode
    assert subprocess.run(supervised(["sh", "-c", script]), check=False).returncode == alone


def test_the_standard_streams_are_those_of_the_program() -> None:
    data = bytes(range(256)) * 1000
    finished = subprocess.run(
        supervised(["sh", "-c", "cat; echo err >&2"]), input=data, capture_output=True, check=True
    )
    assert (finished.stdout, finished.stderr) == (data, b"err\n")


def test_it_holds_none_of_the_streams_itself() -> None:
    says, told = os.pipe()
    argv = supervised(["sh", "-c", "exec <&- >&-; sleep 1000"], status=told)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[told]) as process:
        os.close(told)
        assert process.stdin is not None
        assert process.stdout is not None
        assert os.read(says, 2) == b"+"
        assert process.stdout.read() == b""
        with pytest.raises(BrokenPipeError):
            os.write(process.stdin.fileno(), b"x")
        process.terminate()
    os.close(says)
    assert process.returncode == -signal.SIGTERM


def test_a_program_that_is_not_there_is_told_on_stderr() -> None:
    finished = subprocess.run(supervised(["/nothing/weather"]), capture_output=True, check=False)
    assert (finished.returncode, finished.stdout) == (127, b"")
    assert finished.stderr == b"glm: /nothing/weather cannot be started: No such file or directory\n"


def test_it_runs_nothing_for_a_parent_that_is_not_its_own(tmp_path: Path) -> None:
    argv = supervised(["touch", str(tmp_path / "ran")])
    argv[4] = str(os.getppid())
    assert subprocess.run(argv, check=False).returncode == 1
    assert not (tmp_path / "ran").exists()


def test_sigterm_goes_on_to_the_program(tmp_path: Path, lifeline: Lifeline) -> None:
    argv = supervised(["sh", "-c", f"trap 'echo term; exit 5' TERM; {HOLD} sleep 1000 & wait"], grace=100)
    with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        lifeline.wait_until_held()
        process.terminate()
        assert process.communicate()[0] == b"term\n"
    assert process.returncode == 5


def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path, lifeline: Lifeline) -> None:
    argv = supervised(["sh", "-c", f"trap '' TERM; {HOLD} while :; do sleep 1000; done"], grace=0)
    with subprocess.Popen(argv, cwd=tmp_path) as process:
        lifeline.wait_until_held()
        process.terminate()
        lifeline.wait_until_let_go()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "script",
    [
        "sleep 1000",
        "sleep 1000 & sleep 1000",
        "trap '' TERM HUP INT; sleep 1000",
        pytest.param("setsid sleep 1000 & sleep 1000", marks=linux),
        pytest.param("setsid sh -c 'setsid sleep 1000 & sleep 1000' & sleep 1000", marks=linux),
    ],
)
def test_kill_9_of_who_started_it_ends_all_that_runs(tmp_path: Path, lifeline: Lifeline, script: str) -> None:
    argv = [sys.executable, "-c", RUN_CHILD, HOLD + script]
    with subprocess.Popen(argv, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        lifeline.wait_until_held()
        process.kill()
        lifeline.wait_until_let_go()


def test_a_parent_that_ends_just_after_the_start_leaves_nothing_behind() -> None:
    says, told = os.pipe()
    os.close(says)  # as its end would
    with subprocess.Popen(supervised(["sleep", "1000"], status=told), pass_fds=[told]) as process:
        os.close(told)
    assert process.returncode == -signal.SIGKILL


def test_the_end_of_the_parent_is_noticed_where_the_system_does_not_tell(tmp_path: Path, lifeline: Lifeline) -> None:
    start = """
import os, subprocess, sys
argv = [sys.executable, "-I", "-S", "-c", sys.argv[1], sys.argv[2], str(os.getpid()), "0", "-", "--", *sys.argv[3:]]
subprocess.run(argv)
"""
    argv = [sys.executable, "-c", start, WITHOUT_PIDFD, supervisor.__file__, "sh", "-c", f"{HOLD} sleep 1000"]
    with subprocess.Popen(argv, cwd=tmp_path) as process:
        lifeline.wait_until_held()
        process.kill()
        lifeline.wait_until_let_go()


def test_it_is_started_with_the_standard_library_alone_and_without_what_is_slow_in_it() -> None:
    argv = supervised(["true"])
    argv[1:1] = ["-X", "importtime"]
    finished = subprocess.run(argv, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines()}
    assert "select" in imported
    assert imported & {"enum", "typing", "re", "subprocess", "pathlib", "site", "glmcli"} == set()
