"""Several calls at once, and their results in order."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from glmcli.tools.concurrently import concurrently


def test_calls_run_at_once_and_their_results_keep_the_order() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def call(number: int) -> int:
        meeting.wait()
        return number

    assert concurrently([partial(call, number) for number in range(3)]) == [0, 1, 2]


def test_no_more_run_at_once_than_may() -> None:
    lock = threading.Lock()
    running = []
    most = []

    def call() -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        with lock:
            running.pop()

    concurrently([call] * 20, at_once=2)
    assert max(most) <= 2
    assert len(most) == 20


def test_one_call_needs_no_thread() -> None:
    assert concurrently([threading.current_thread]) == [threading.current_thread()]
    assert concurrently([]) == []


def test_the_first_failure_is_raised_when_all_have_ended() -> None:
    ended = threading.Event()

    def late() -> None:
        raise ValueError("second") if ended.wait(20) else TimeoutError

    def fail() -> None:
        ended.set()
        raise KeyError("third")

    with pytest.raises(ValueError, match="second"):
        concurrently([lambda: None, late, fail])
