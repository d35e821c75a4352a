from __future__ import annotations

from threading import Event

import pytest

from glmcli.errors import GlmError
from glmcli.ui.columns import fit
from glmcli.ui.status import Status, ThreadTicker, busy
from tests.support.screen import seen
from tests.ui.drawing import Clock, Stage


def test_a_line_counts_and_leaves_without_a_trace() -> None:
    stage = Stage(tty=False, err_tty=True)
    status = Status(stage.terminal, stage.tickers)
    status.start(lambda seconds: f"waiting {seconds:.0f} s")
    drawn = []
    for now in (0.3, 0.4, 1.25):
        stage.clock.now = now
        stage.tickers.tick()
        drawn.append(seen(stage.err.getvalue()))
    status.stop()
    stage.tickers.tick()
    assert drawn == [[], ["⠼ waiting 0 s"], ["⠹ waiting 1 s"]]
    assert seen(stage.err.getvalue()) == []
    assert (stage.stdout, stage.tickers.running, stage.terminal.overlay) == ("", [], None)


def test_a_note_stands_above_the_line() -> None:
    stage = Stage()
    status = Status(stage.terminal, stage.tickers)
    status.start(lambda seconds: "busy", delay=0)
    stage.terminal.note("note")
    assert stage.rows == ["note", "⠋ busy"]
    status.start(lambda seconds: "still busy")
    assert stage.rows == ["note", "⠋ still busy"]


def test_the_line_never_covers_text() -> None:
    stage = Stage()
    stage.terminal.write("half a line")
    Status(stage.terminal, stage.tickers).start(lambda seconds: "busy", delay=0)
    assert stage.rows == ["half a line"]


def test_a_narrow_terminal_gets_the_beginning_of_the_line() -> None:
    stage = Stage(size=(12, 5), environ={"NO_COLOR": "1", "TERM": "xterm"})
    Status(stage.terminal, stage.tickers).start(lambda seconds: "many words\nmore", delay=0)
    assert stage.rows == ["⠋ many wor…"]


@pytest.mark.parametrize(
    "stage",
    [Stage(tty=False), Stage(environ={"TERM": "dumb"}), Stage(environ={}), Stage(quiet=True)],
    ids=["no terminal", "dumb terminal", "terminal without a name", "quiet"],
)
def test_there_is_no_line_where_it_cannot_or_should_not_be(stage: Stage) -> None:
    with busy(stage.terminal, "busy", stage.tickers):
        stage.clock.now = 5
        stage.tickers.tick()
        assert stage.tickers.running == []
    assert (stage.stdout, stage.stderr) == ("", "")


def test_busy_shows_words_and_seconds_while_its_block_runs() -> None:
    stage = Stage(clock=Clock(now=7))
    with busy(stage.terminal, "starting the local model", stage.tickers):
        stage.clock.now = 10
        stage.tickers.tick()
        assert stage.rows == ["⠋ starting the local model 3 s"]
    assert stage.rows == []


def test_a_thread_ticks_until_it_is_stopped() -> None:
    ticked = Event()
    ticker = ThreadTicker(ticked.set, seconds=0)
    ticker.stop()
    ticker.start()
    ticker.start()
    assert ticked.wait(10)
    ticker.stop()
    ticker.stop()


@pytest.mark.parametrize("error", [BrokenPipeError(), GlmError("disk full")])
def test_a_thread_ends_at_trouble_with_the_terminal(error: Exception) -> None:
    calls: list[int] = []
    ended = Event()

    def tick() -> None:
        calls.append(1)
        ended.set()
        raise error

    ticker = ThreadTicker(tick, seconds=0)
    ticker.start()
    assert ended.wait(10)
    ticker.stop()
    assert calls == [1]


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
        ("x", 0, ""),
        ("", 0, ""),
    ],
)
def test_what_fits(text: str, columns: int, shown: str) -> None:
    assert fit(text, columns) == shown
