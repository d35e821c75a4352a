"""How a run ends that nobody lets finish: signals, readers that leave, full disks (interface §5: 130, 143)."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from glmcli.demo.connection import Stall, Wait
from glmcli.errors import Terminated
from tests.support.cli import Glm
from tests.support.served import (
    cut,
    failing,
    saying,
    serving,
    told,
)


@pytest.mark.parametrize(
    ("fault", "status", "word"), [(KeyboardInterrupt(), 130, "interrupted"), (Terminated(), 143, "terminated")]
)
def test_130_and_143_keep_what_had_come(glm: Glm, fault: BaseException, status: int, word: str) -> None:
    class Interrupted(io.BytesIO):
        def write(self, data: Any) -> int:
            if data == b"lo":
                raise fault
            return super().write(data)

    out = Interrupted()
    with serving(saying("Hel", "lo")) as served:
        result = glm("run", "hi", env=served.env, stdout=out)
        assert (out.getvalue(), result.stderr, result.status) == (b"Hel\n", f"{word}\n", status)
        assert glm.stored() == [("user", "hi", "complete"), ("assistant", "Hello", "interrupted")]


def test_130_is_the_error_of_json(glm: Glm) -> None:
    with serving(cut("Hel", end=[Stall()])) as served:

        def interrupted() -> float:
            raise KeyboardInterrupt

        result = glm("run", "hi", "--json", "-u", env=served.env, monotonic=interrupted)
    assert (json.loads(result.stdout)["error"]["type"], result.status) == ("interrupted", 130)


def test_130_ends_the_wait_for_another_try(glm: Glm) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    retrying = "retrying in 0.5 s (attempt 2 of 3): the server failed (HTTP 500, code 1): oops\n"
    assert told(glm, failing(500, 1, "oops"), sleep=interrupted) == (130, "", f"{retrying}interrupted\n", 1)


def test_130_before_anything_is_sent(glm: Glm) -> None:
    def interrupted(descriptor: int, seconds: float | None) -> bool:
        raise KeyboardInterrupt

    assert glm("run", "hi", stdin=b"", readable=interrupted).answer == ("", "interrupted\n", 130)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)], ids=str
)
def test_a_signal_ends_a_real_process_with_its_status_and_what_had_come(
    glm: Glm, number: signal.Signals, status: int
) -> None:
    with serving(cut("Hel", end=[Stall()])) as served:
        process = glm.process("run", "hi", env=served.env)
        assert process.stdout is not None
        assert process.stderr is not None
        begun = process.stdout.read(3)
        process.send_signal(number)
        rest, err = process.communicate(timeout=30)
    word = "interrupted" if status == 130 else "terminated"
    # The signal may come before the program knows that what it wrote was written, so the final newline is open.
    assert ((begun + rest).rstrip(b"\n"), err.decode(), process.returncode) == (b"Hel", f"{word}\n", status)
    assert glm.stored() == [("user", "hi", "complete"), ("assistant", "Hel", "interrupted")]


def test_a_reader_that_closes_the_pipe_early_is_silent_success(glm: Glm) -> None:
    gone = Event()
    with serving(cut("Hel", end=[Wait(gone), *saying("lo" * 100_000)[1:]])) as served:
        process = glm.process("run", "hi", env=served.env)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(3) == b"Hel"
        process.stdout.close()
        gone.set()
        assert (process.stderr.read(), process.wait(30)) == (b"", 0)
        process.stderr.close()
    assert glm.stored()[1][2] == "interrupted"


def test_a_full_disk_behind_stdout_is_said(glm: Glm) -> None:
    with serving(saying("Hello")) as served, Path("/dev/full").open("wb") as full:
        process = glm.process("run", "hi", env=served.env, stdout=full)
        _, err = process.communicate(timeout=30)
    assert (err.decode(), process.returncode) == (
        "cannot write to standard output: No space left on device\nFree some space, or write somewhere else.\n",
        1,
    )


def test_a_closed_stdout_is_said_before_anything_is_sent(glm: Glm) -> None:
    with serving(saying("Hello")) as served:
        process = glm.process("run", "hi", env=served.env, preexec_fn=lambda: os.close(1), stdout=None)
        _, err = process.communicate(timeout=30)
        assert served.requests == []
    assert (err.decode(), process.returncode) == ("cannot write to standard output: it is closed\n", 1)
