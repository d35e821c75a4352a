from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.events import (
    Event,
    Finished,
    Requested,
    Responded,
    TextDelta,
    ToolCalled,
)
from glmcli.errors import GlmError, IncompleteError, UsageError
from glmcli.ui.output_file import OutputFile
from glmcli.ui.plain import PlainText
from glmcli.ui.renderer import Renderer, Together
from glmcli.ui.renderers import choose
from glmcli.ui.text import PipeText, RawText, TerminalText
from tests.ui.drawing import Stage

REQUEST = Requested("POST", "https://x.y/run", (("authorization", "Bearer ***"),), b'{"a":\n1}')
RESPONSE = Responded(200, (("cf-ray", "r\x1b"),))
STOP = Finished(("stop",))


def show(stage: Stage, events: list[Event], error: GlmError | None = None, **how: Any) -> Stage:
    renderer = choose(stage.terminal, tickers=stage.tickers, **how)
    for event in events:
        renderer.feed(event)
    renderer.close(error)
    return stage


def plain(**how: Any) -> Stage:
    return Stage(environ={"NO_COLOR": "1", "TERM": "xterm"}, **how)


ANSWER: list[Event] = [
    REQUEST,
    RESPONSE,
    TextDelta("a\x1b"),
    TextDelta("b\r\n"),
    TextDelta("other", 1),
    TextDelta("c"),
    STOP,
]


def test_a_pipe_gets_choice_0_as_it_came_and_one_final_line_feed() -> None:
    stage = show(Stage(tty=False), ANSWER)
    assert (stage.stdout, stage.stderr) == ("a\x1bb\r\nc\n", "")


@pytest.mark.parametrize(("text", "printed"), [("x", "x\n"), ("x\n", "x\n"), ("x\n\n", "x\n\n"), ("", "")])
def test_a_final_line_feed_is_added_only_where_there_is_none(text: str, printed: str) -> None:
    assert show(Stage(tty=False), [TextDelta(text), STOP]).stdout == printed
    assert show(Stage(tty=False), [TextDelta(text)], IncompleteError("cut")).stdout == printed


@pytest.mark.parametrize("how", [{"raw": True}, {"plain": True}, {"markdown": False}])
def test_a_pipe_is_a_pipe_whatever_is_asked_of_a_terminal(how: dict[str, Any]) -> None:
    assert show(Stage(tty=False), [TextDelta("# x")], **how).stdout == "# x\n"


@pytest.mark.parametrize("how", [{"raw": True}, {"markdown": False}])
def test_raw_text_on_a_terminal_is_the_clean_source_as_it_comes(how: dict[str, Any]) -> None:
    stage = plain()
    renderer = choose(stage.terminal, tickers=stage.tickers, **how)
    renderer.feed(TextDelta("# a\x1b"))
    assert stage.stdout == "# a␛"
    renderer.feed(TextDelta(" **b**\r"))
    renderer.close(None)
    assert stage.stdout == "# a␛ **b**␍\n"


@pytest.mark.parametrize("how", [{"plain": True}, {"TERM": "dumb"}], ids=str)
def test_plain_text_and_that_of_a_dumb_terminal_is_rendered_in_whole_lines(how: dict[str, Any]) -> None:
    stage = Stage(environ={"NO_COLOR": "1", "TERM": how.get("TERM", "xterm")})
    renderer = choose(stage.terminal, plain="plain" in how, tickers=stage.tickers)
    seen = []
    for piece in ["# a", "b\n- *c", "*d\n- e", "f", "\n- ", "g"]:
        renderer.feed(TextDelta(piece))
        seen.append(stage.stdout)
    renderer.close(None)
    assert seen == ["", "", "ab\n", "ab\n", "ab\n\n • cd\n", "ab\n\n • cd\n"]
    assert stage.stdout == "ab\n\n • cd\n • ef\n • g\n"


@pytest.mark.parametrize("how", [{"raw": True}, {"markdown": False}], ids=str)
def test_a_dumb_terminal_shows_the_source_where_that_is_asked_for(how: dict[str, Any]) -> None:
    assert show(Stage(environ={"TERM": "dumb"}), [TextDelta("# *a*")], **how).stdout == "# *a*\n"


@pytest.mark.parametrize("how", [{"raw": True}, {"plain": True}, {}])
def test_every_choice_stands_under_a_header_on_a_terminal(how: dict[str, Any]) -> None:
    events: list[Event] = [
        TextDelta("two", 1), TextDelta("one"), TextDelta("three", 2), TextDelta(" more", 1), TextDelta("\n"), STOP,
    ]  # fmt: skip
    stage = show(plain(), events, choices=3, **how)
    assert stage.rows == ["choice 1 of 3", "one", "", "choice 2 of 3", "two more", "", "choice 3 of 3", "three"]


def test_choices_nobody_asked_for_are_shown_as_well() -> None:
    assert show(plain(), [TextDelta("one"), TextDelta("two", 1)], raw=True).rows == ["one", "", "choice 2", "two"]


def test_answers_between_tool_calls_each_end_their_line() -> None:
    events: list[Event] = [TextDelta("Let me see."), ToolCalled("1", "f", "{}"), STOP, TextDelta("It is 3."), STOP]
    assert show(Stage(tty=False), events).stdout == "Let me see.\nIt is 3.\n"
    assert show(plain(), events, raw=True).rows == ["Let me see.", "tool call f {}", "It is 3."]
    assert show(plain(), events).rows == ["Let me see.", "tool call f {}", "It is 3."]


def test_text_that_terminals_show_must_say_how() -> None:
    text = TerminalText(Stage().terminal)
    with pytest.raises(NotImplementedError):
        text.show("x")
    with pytest.raises(NotImplementedError):
        text.end()


# Into a file


def test_the_answer_goes_into_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "answer.md"
    path.write_text("old and longer than the new one")
    stage = show(Stage(tty=False), ANSWER, output=path)
    assert (stage.stdout, path.read_bytes()) == ("a\x1bb\r\nc\n", b"a\x1bb\r\nc\n")


def test_a_file_is_as_it_was_if_no_answer_came(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    for path in (old, new):
        show(Stage(tty=False), [REQUEST], IncompleteError("cut"), output=path)
    assert (old.read_text(), new.exists()) == ("old", False)


def test_a_cut_answer_is_kept_in_the_file(tmp_path: Path) -> None:
    show(Stage(tty=False), [TextDelta("half")], IncompleteError("cut"), output=tmp_path / "x")
    assert (tmp_path / "x").read_text() == "half\n"


def test_a_device_is_written_and_left_in_its_place() -> None:
    show(Stage(tty=False), [TextDelta("x\n"), STOP], output=Path(os.devnull))
    assert Path(os.devnull).exists()


def test_a_file_that_cannot_be_written_is_known_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        choose(Stage(tty=False).terminal, output=tmp_path / "no" / "where")
    assert caught.value.message == f"cannot write {tmp_path}/no/where: No such file or directory"


def test_a_full_disk_under_the_file_is_one_clear_message() -> None:
    file = OutputFile(Path("/dev/full"))
    with pytest.raises(GlmError, match="cannot write /dev/full: No space left on device") as caught:
        file.feed(TextDelta("x"))
    file.close(caught.value)


# Together


class Failing:
    def __init__(self, closed: list[str], name: str) -> None:
        self._closed = closed
        self._name = name

    def feed(self, event: Event) -> None: ...

    def close(self, error: GlmError | None) -> None:
        self._closed.append(self._name)
        if self._name != "last":
            raise BrokenPipeError


def test_all_are_closed_even_if_one_fails() -> None:
    closed: list[str] = []
    renderers: list[Renderer] = [Failing(closed, name) for name in ("first", "second", "last")]
    with pytest.raises(BrokenPipeError):
        Together(renderers).close(None)
    assert closed == ["first", "second", "last"]


def test_closing_twice_prints_nothing_more() -> None:
    for kind, tty in ((PipeText, False), (RawText, True), (PlainText, True)):
        stage = plain(tty=tty)
        renderer = kind(stage.terminal)
        renderer.feed(TextDelta("x"))
        renderer.close(None)
        renderer.close(None)
        assert stage.stdout == "x\n"
