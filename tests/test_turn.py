"""One turn: in which order the parts of the program see an event, and what is kept however it ends."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from glmcli.api.client import Client
from glmcli.api.completion import Completion
from glmcli.api.events import Event, Finished, TextDelta
from glmcli.errors import GlmError, IncompleteError, Interrupted, Terminated
from glmcli.turn import run_turn, status_of


class Scripted:
    """Stands in the place of a client: yields these events, then raises."""

    def __init__(self, *events: Event, raises: BaseException | None = None) -> None:
        self._events = events
        self._raises = raises
        self.closed = False
        self.session_id: str | None = None

    def stream(self, body: dict[str, Any], *, session_id: str | None = None) -> Generator[Event, None, None]:
        self.session_id = session_id
        try:
            yield from self._events
            if self._raises is not None:
                raise self._raises
        finally:
            self.closed = True


class Log:
    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    def feed(self, event: Event) -> None:
        self.seen.append(("log", event))

    def finish(self, completion: Completion, status: str, error: GlmError | None, *, pending: bool = False) -> None:
        self.seen.append(("finish", completion.text(), status, error))

    def returned(self, result: dict[str, Any]) -> None:
        self.seen.append(("returned", result))

    def begin_next(self) -> None:
        self.seen.append("next")


HEL, LO, STOP = TextDelta("Hel"), TextDelta("lo"), Finished(("stop",))


def turn(client: Scripted, show: Any, log: Log | None) -> tuple[Completion, GlmError | None]:
    fake: Any = client
    real: Client = fake
    return run_turn(real, {}, show, log=log, session_id="s")


def test_an_event_is_logged_before_it_is_shown_so_that_nothing_shown_is_lost() -> None:
    seen: list[Any] = []
    client = Scripted(HEL, LO, STOP)
    completion, error = turn(client, lambda event: seen.append(("show", event)), Log(seen))
    assert seen == [
        ("log", HEL),
        ("show", HEL),
        ("log", LO),
        ("show", LO),
        ("log", STOP),
        ("show", STOP),
        ("finish", "Hello", "complete", None),
    ]
    assert (completion.text(), error, client.closed, client.session_id) == ("Hello", None, True, "s")


def test_a_turn_needs_no_log() -> None:
    completion, error = turn(Scripted(HEL, STOP), lambda event: None, None)
    assert (completion.text(), error) == ("Hel", None)


@pytest.mark.parametrize("logged", [True, False])
@pytest.mark.parametrize(
    ("fault", "status"),
    [(IncompleteError("cut"), "error"), (KeyboardInterrupt(), "interrupted"), (Terminated(), "interrupted")],
)
def test_what_came_is_kept_however_it_ends(fault: BaseException, status: str, logged: bool) -> None:
    seen: list[Any] = []
    client = Scripted(HEL, raises=fault)
    completion, error = turn(client, lambda event: None, Log(seen) if logged else None)
    assert completion.text() == "Hel"
    assert client.closed
    assert error is not None
    assert status_of(error) == status
    if isinstance(fault, KeyboardInterrupt):
        assert isinstance(error, Interrupted)
        assert error.message == ("terminated" if isinstance(fault, Terminated) else "interrupted")
    else:
        assert error is fault
    if logged:
        assert seen[-1] == ("finish", "Hel", status, error)


def test_an_end_without_a_finish_is_a_cut() -> None:
    _, error = turn(Scripted(HEL), lambda event: None, None)
    assert isinstance(error, IncompleteError)


@pytest.mark.parametrize("logged", [True, False])
@pytest.mark.parametrize("fault", [BrokenPipeError(), RuntimeError("a bug")])
def test_what_the_screen_raises_is_raised_after_the_log_is_settled(fault: Exception, logged: bool) -> None:
    seen: list[Any] = []

    def show(event: Event) -> None:
        raise fault

    client = Scripted(HEL, LO)
    with pytest.raises(type(fault)):
        turn(client, show, Log(seen) if logged else None)
    assert client.closed
    if logged:
        assert seen == [("log", HEL), ("finish", "Hel", "interrupted", None)]


def test_a_screen_that_cannot_be_written_is_the_reason_of_the_turn() -> None:
    fault = GlmError("the disk is full")

    def show(event: Event) -> None:
        raise fault

    assert turn(Scripted(HEL), show, None)[1] is fault
