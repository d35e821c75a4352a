"""`glm run` on a real terminal: the answer row for row, the ways to show it, and the streams kept apart."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

from glmcli.demo.server import Wait
from glmcli.store import StoredMessage
from tests.pty.conftest import Start
from tests.support.served import cut, delta, saying, serving, stream

Stored = Callable[[], list[StoredMessage]]

SOURCE = "# Title\n\nSome **bold** words.\n\n- one\n- two\n\n```python\nprint(1)\n```\n"
DRAWN = ["Title", "", "Some bold words.", "", " • one", " • two", "", "print(1)"]
THINKING = stream(delta(reasoning_content="Let me see."), delta(content="Yes."), delta(finish="stop"))


def pieces(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def test_markdown_is_drawn_while_it_comes_row_for_row(started: Start) -> None:
    with serving(saying(*pieces(SOURCE))) as server:
        run = started("run", "Hi", env=server.env)
        assert run.end() == 0
        assert [row.rstrip() for row in run.rows] == DRAWN
        assert run.as_found


def test_a_long_answer_scrolls_and_is_drawn_once(started: Start) -> None:
    text = "\n\n".join(f"paragraph {number} of many" for number in range(60))
    with serving(saying(*pieces(text))) as server:
        run = started("run", "Hi", env=server.env, lines=10)
        assert run.end() == 0
        assert [row for row in run.rows if row] == text.split("\n\n")


def test_raw_shows_the_source(started: Start) -> None:
    with serving(saying(*pieces(SOURCE))) as server:
        run = started("run", "--raw", "Hi", env=server.env)
        assert run.end() == 0
        assert run.rows == SOURCE.strip().split("\n")


def test_plain_renders_line_by_line_and_moves_no_cursor(started: Start) -> None:
    with serving(saying(*pieces(SOURCE))) as server:
        run = started("run", "--plain", "--color", "never", "Hi", env=server.env)
        assert run.end() == 0
        assert [row.rstrip() for row in run.rows] == DRAWN
        assert b"\x1b" not in run.raw


def test_thinking_is_folded_and_r_hides_it(started: Start) -> None:
    with serving(THINKING) as server:
        run = started("run", "Hi", env=server.env)
        assert run.end() == 0
        assert run.rows == ["thought for 0 s (~3 tokens)", "Yes."]
        hidden = started("run", "-R", "Hi", env=server.env)
        assert hidden.end() == 0
        assert hidden.rows == ["Yes."]


def test_a_piped_answer_leaves_the_thinking_on_the_terminal(started: Start, tmp_path: Path) -> None:
    with serving(THINKING) as server:
        run = started(shell=f'"$@" run Hi > {tmp_path}/out', env=server.env)
        assert run.end() == 0
        assert run.rows == ["Let me see."]
        assert b"\x1b[2mLet me see.\x1b[0m" in run.raw
        assert (tmp_path / "out").read_bytes() == b"Yes.\n"


def test_ctrl_c_keeps_what_came_and_restores_the_terminal(started: Start, stored: Stored) -> None:
    with serving(cut("One two", end=[Wait(Event())])) as server:
        run = started("run", "Count", env=server.env)
        run.until("One two").type("\x03")
        assert run.end() == 130
        assert run.as_found
        assert "Traceback" not in run.text
        assert [(it.text, it.status) for it in stored()] == [("Count", "complete"), ("One two", "interrupted")]


def test_ctrl_c_before_anything_came(started: Start) -> None:
    with serving([Wait(Event())]) as server:
        run = started("run", "Count", env=server.env)
        run.until("waiting for the model").type("\x03")
        assert run.end() == 130
        assert run.as_found
        assert "waiting" not in run.text


def test_sigterm_keeps_what_came(started: Start, stored: Stored) -> None:
    with serving(cut("One two", end=[Wait(Event())])) as server:
        run = started("run", "Count", env=server.env)
        run.until("One two").signal(signal.SIGTERM)
        assert run.end() == 143
        assert run.as_found
        assert [(it.text, it.status) for it in stored()][1] == ("One two", "interrupted")


def test_a_reader_that_has_seen_enough_is_silent_success(started: Start, tmp_path: Path) -> None:
    with serving(saying(*(f"line {number}\n" for number in range(20_000)))) as server:
        shell = f'{{ "$@" run Hi; echo $? > {tmp_path}/status; }} | head -1'
        run = started(shell=shell, env=server.env)
        assert run.end() == 0
        assert run.rows == ["line 0"]
        assert (tmp_path / "status").read_text() == "0\n"


def test_glm_alone_is_chat_on_a_terminal(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started(env=server.env)
        chat.prompted().type("exit\r")
        assert chat.end() == 0
