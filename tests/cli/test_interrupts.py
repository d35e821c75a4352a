"""When a signal becomes an exception: never in what it would leave half done, and once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from glmcli.cli.interrupts import LIMIT, ONE, Interrupts, when_continued
from glmcli.errors import Terminated


def raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGTERM, raise_terminated)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def inside(module: str) -> Callable[[int], list[str]]:
    """A function of that module, which is sent a signal and goes on for a while."""
    source = """
def at_work(number):
    done = ["begun"]
    signal.raise_signal(number)
    done.append("ended")
    return done
"""
    names: dict[str, object] = {"__name__": module, "signal": signal}
    exec(source, names)
    return names["at_work"]  # type: ignore[return-value]


def wait() -> None:
    """Until a signal comes; for a long time, where none does."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        pass


def test_a_signal_is_raised_where_it_does_no_harm() -> None:
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        inside("glmcli.cli.repl")(signal.SIGINT)
    with Interrupts(), pytest.raises(Terminated):
        inside("prompt_toolkit.application")(signal.SIGTERM)


@pytest.mark.parametrize("module", ["_frozen_importlib", "glmcli.store.database", "asyncio.runners", "glmcli.ui.live"])
def test_a_signal_waits_until_what_it_would_harm_is_over(module: str) -> None:
    with Interrupts() as interrupts:
        assert inside(module)(signal.SIGINT) == ["begun", "ended"]
        with pytest.raises(KeyboardInterrupt):
            wait()
        interrupts.rearm()


def test_sigterm_waits_for_an_import_alone() -> None:
    with Interrupts():
        assert inside("importlib._bootstrap")(signal.SIGTERM) == ["begun", "ended"]
        with pytest.raises(Terminated):
            wait()


def test_ctrl_c_for_what_is_over_is_dropped_and_sigterm_is_not() -> None:
    with Interrupts() as interrupts:
        assert inside("glmcli.store.database")(signal.SIGINT) == ["begun", "ended"]
        interrupts.rearm()
        assert inside("glmcli.store.database")(signal.SIGTERM) == ["begun", "ended"]
        interrupts.rearm()
        with pytest.raises(Terminated):
            wait()


def test_what_hangs_is_interrupted_all_the_same() -> None:
    clock = Clock()
    at_work = inside("glmcli.store.database")
    with Interrupts(clock):
        at_work(signal.SIGINT)
        clock.now += LIMIT
        with pytest.raises(KeyboardInterrupt):
            at_work(signal.SIGINT)


def test_presses_at_once_are_one() -> None:
    clock = Clock()
    with Interrupts(clock) as interrupts:
        with pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            interrupts.rearm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        clock.now += ONE
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_come_back_and_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts():
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not raise_terminated
    assert signal.getsignal(signal.SIGTERM) is raise_terminated
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_inner_one_takes_the_place_of_an_outer_one() -> None:
    with Interrupts():
        outer = signal.getsignal(signal.SIGINT)
        with Interrupts() as interrupts:
            for _ in range(2):  # to the outer one these would be one
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)
                interrupts.rearm()
        assert signal.getsignal(signal.SIGINT) == outer


def test_nobody_draws_between_a_stop_and_the_word_that_it_goes_on() -> None:
    lock, told = threading.RLock(), list[str]()

    def locked() -> str:
        found = list[bool]()
        looking = threading.Thread(target=lambda: found.append(lock.acquire(blocking=False)))
        looking.start()
        looking.join()
        if found[0]:
            return "free"
        return "held"

    def stop(number: int, frame: object) -> None:
        told.append(f"stopped, {locked()}")
        signal.raise_signal(signal.SIGCONT)

    before = signal.signal(signal.SIGTSTP, stop)
    try:
        with when_continued(lambda: told.append(f"goes on, {locked()}"), lock):
            signal.raise_signal(signal.SIGTSTP)
            signal.raise_signal(signal.SIGTSTP)
        assert signal.getsignal(signal.SIGTSTP) is stop
    finally:
        signal.signal(signal.SIGTSTP, before)
    assert told == ["stopped, held", "goes on, held"] * 2
    assert lock.acquire(blocking=False)
