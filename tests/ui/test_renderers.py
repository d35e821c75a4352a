from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.events import (
    Annotation,
    Event,
    Finished,
    LogProbs,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Responded,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.errors import GlmError, IncompleteError, UnusableError, UsageError
from glmcli.ui.output_file import OutputFile
from glmcli.ui.renderer import Renderer, Together
from glmcli.ui.renderers import choose
from glmcli.ui.text import PipeText, PlainText, RawText, TerminalText
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


@pytest.mark.parametrize("environ", [{"TERM": "xterm"}, {"TERM": "dumb"}])
def test_plain_text_comes_in_whole_lines(environ: dict[str, str]) -> None:
    stage = Stage(environ=environ)
    renderer = choose(stage.terminal, plain=environ["TERM"] != "dumb", tickers=stage.tickers)
    seen = []
    for piece in ["# a", "b\nc", "d\ne\nf", "\n", "g", "h"]:
        renderer.feed(TextDelta(piece))
        seen.append(stage.stdout)
    renderer.close(None)
    assert seen == ["", "# ab\n", "# ab\ncd\ne\n", "# ab\ncd\ne\nf\n", "# ab\ncd\ne\nf\n", "# ab\ncd\ne\nf\n"]
    assert stage.stdout == "# ab\ncd\ne\nf\ngh\n"


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


def test_text_that_terminals_show_must_say_how() -> None:
    text = TerminalText(Stage().terminal)
    with pytest.raises(NotImplementedError):
        text.show("x")
    with pytest.raises(NotImplementedError):
        text.end()


# What is said beside the answer

THINKING: list[Event] = [
    REQUEST,
    ReasoningDelta("Let me \x1b"),
    ReasoningDelta("other", 1),
    ReasoningDelta("think."),
    TextDelta("Hi"),
    STOP,
]


def test_reasoning_is_folded_beside_a_live_answer() -> None:
    stage = plain()
    renderer = choose(stage.terminal, tickers=stage.tickers)
    shown = []
    for now, event in zip(itertools.count(0, 4), THINKING, strict=False):
        stage.clock.now = now
        renderer.feed(event)
        stage.tickers.tick()
        shown.append(stage.rows)
    renderer.close(None)
    assert shown[:4] == [
        [],
        ["⠋ thinking… 0 s, ~2 tokens"],
        ["⠋ thinking… 4 s, ~2 tokens"],
        ["⠋ thinking… 8 s, ~4 tokens"],
    ]
    assert stage.rows == ["thought for 12 s (~4 tokens)", "Hi"]


def test_reasoning_comes_dim_on_the_terminal_beside_a_piped_answer() -> None:
    stage = show(Stage(tty=False, err_tty=True), THINKING)
    assert (stage.stdout, stage.stderr) == ("Hi\n", "\x1b[2mLet me ␛\x1b[0m\x1b[2mthink.\x1b[0m\n")


def test_reasoning_and_a_raw_answer_on_one_terminal_are_kept_apart() -> None:
    assert show(plain(), THINKING, raw=True).rows == ["Let me ␛think.", "", "Hi"]


@pytest.mark.parametrize(
    ("stage", "how", "said"),
    [
        (Stage(tty=False), {}, ""),
        (Stage(tty=False), {"show_reasoning": True}, "Let me ␛think.\n"),
        (Stage(tty=False, quiet=True), {"show_reasoning": True}, ""),
        (Stage(tty=False, err_tty=True), {"hide_reasoning": True}, ""),
        (Stage(tty=False, err_tty=True), {"hide_reasoning": True, "show_reasoning": True}, ""),
    ],
)
def test_when_reasoning_is_shown_without_a_terminal(stage: Stage, how: dict[str, Any], said: str) -> None:
    show(stage, THINKING, **how)
    assert (stage.stdout, stage.stderr) == ("Hi\n", said)


def test_reasoning_can_be_shown_in_full_beside_a_live_answer() -> None:
    assert show(plain(), THINKING, show_reasoning=True).rows == ["Let me ␛think.", "", "Hi"]


def test_hidden_reasoning_leaves_the_wait_alone() -> None:
    stage = plain()
    renderer = choose(stage.terminal, hide_reasoning=True, tickers=stage.tickers)
    renderer.feed(REQUEST)
    renderer.feed(ReasoningDelta("x"))
    stage.clock.now = 30
    stage.tickers.tick()
    assert stage.rows == ["⠋ waiting for the model 30 s"]
    renderer.close(IncompleteError("cut"))
    assert stage.rows == []


def test_a_retry_is_said_and_waited_for() -> None:
    stage = plain()
    renderer = choose(stage.terminal, tickers=stage.tickers)
    renderer.feed(REQUEST)
    renderer.feed(Retrying(2, 3, 2.14, "HTTP 503\x1b"))
    stage.clock.now = 1
    stage.tickers.tick()
    assert stage.rows == ["retrying in 2.1 s (attempt 2 of 3): HTTP 503␛", "⠋ waiting to try again 1 s"]
    renderer.close(None)
    assert stage.rows == ["retrying in 2.1 s (attempt 2 of 3): HTTP 503␛"]


def test_a_tool_call_is_one_line() -> None:
    events: list[Event] = [ToolCalled("1", "get_weather", '{"city":\n"Oslo"}'), ToolCalled("2", "f", "x" * 500)]
    assert show(Stage(tty=False), events).stderr == (
        'tool call get_weather {"city":␊"Oslo"}\n' + "tool call f " + "x" * 299 + "…\n"
    )
    assert show(Stage(tty=False), events, tool_calls=False).stderr == ""


def test_a_refusal_is_shown_once() -> None:
    events: list[Event] = [RefusalDelta("I can"), RefusalDelta("not."), RefusalDelta("x", 1), STOP]
    assert show(Stage(tty=False), events).stderr == "the model refused: I cannot.\n"
    assert show(Stage(tty=False), events, UnusableError("the model refused: I cannot.")).stderr == ""


SOURCES: list[Event] = [
    TextDelta("As is known."),
    Annotation({"type": "url_citation", "url_citation": {"url": "https://a.b/\x1b", "title": "A\nB"}}),
    Annotation({"type": "url_citation", "url": "https://c.d/"}),
    Annotation({"type": "file"}),
    Annotation({}),
    Annotation({"url": "other choice"}, 1),
    STOP,
]
LISTED = ["[1] A␊B <https://a.b/␛>", "[2] https://c.d/", "[3] file", "[4] source"]


def test_sources_are_listed_after_the_answer() -> None:
    stage = show(Stage(tty=False), SOURCES)
    assert (stage.stdout, stage.stderr.splitlines()) == ("As is known.\n", LISTED)
    assert show(plain(), SOURCES).rows == ["As is known.", "", *LISTED]


def test_the_exchange_is_shown_in_curls_manner() -> None:
    long = Requested("POST", "https://x", (), b"x" * 20_000)
    stage = show(Stage(tty=False), [REQUEST, RESPONSE, TextDelta("Hi"), STOP], verbose=True)
    assert stage.stderr.splitlines() == [
        "> POST https://x.y/run",
        "> authorization: Bearer ***",
        ">",
        '> {"a":',
        "> 1}",
        "< HTTP 200",
        "< cf-ray: r␛",
        "<",
    ]
    assert show(Stage(tty=False), [long], verbose=True).stderr.splitlines()[-1] == "> … 3616 more bytes"
    assert show(Stage(tty=False), [Requested("GET", "u", (), b"")], verbose=True).stderr == "> GET u\n>\n"


def test_the_headers_alone_are_shown_with_include() -> None:
    assert show(Stage(tty=False), [REQUEST, RESPONSE, STOP], include=True).stderr == "HTTP 200\ncf-ray: r␛\n\n"


def test_the_account_of_several_answers_is_one_sum() -> None:
    stage = Stage(tty=False)
    renderer = choose(stage.terminal, usage=True, tickers=stage.tickers)
    times: list[tuple[float, Event]] = [
        (1, REQUEST), (1.5, ReasoningDelta("x")), (3, TextDelta("y")), (3, Usage(1000, 200, 1200, 100, neurons=12.5)),
        (3, STOP), (4, REQUEST), (5.5, TextDelta("z")), (6, Usage(10, 1, 11, neurons=0.5)), (6, STOP),
    ]  # fmt: skip
    for now, event in times:
        stage.clock.now = now
        renderer.feed(event)
    renderer.close(None)
    assert stage.stderr == (
        "usage: 1010 in (100 cached), 201 out, $0.000141, 13.00 neurons, first token after 0.50 s, 50.0 tokens/s\n"
    )


def test_prices_that_do_not_apply_are_left_out() -> None:
    stage = show(Stage(tty=False), [Usage(5, 1, 6), Usage(5, 1, 6, neurons=1.0), STOP], usage=True, priced=False)
    assert stage.stderr == "usage: 10 in (0 cached), 2 out\n"
    assert show(Stage(tty=False), [Usage(1000, 0, 1000), STOP], usage=True).stderr == (
        "usage: 1000 in (0 cached), 0 out, $0.000060, 5.50 neurons\n"
    )
    assert show(Stage(tty=False), [STOP], usage=True).stderr == ""


def test_nothing_but_the_answer_is_shown_with_the_format_none() -> None:
    stage = show(Stage(tty=False), [*ANSWER, ToolCalled("1", "f", "{}"), LogProbs(())], format="none")
    assert (stage.stdout, stage.stderr) == ("", "tool call f {}\n")


def test_quiet_leaves_the_answer_alone() -> None:
    events = [REQUEST, Retrying(2, 3, 1, "x"), *THINKING, ToolCalled("1", "f", "{}")]
    assert show(plain(quiet=True), events, raw=True, usage=True, include=True).rows == ["Hi"]


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
