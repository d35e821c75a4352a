"""What is said beside the answer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from glmcli.api.events import (
    Annotation,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.errors import IncompleteError, UnusableError
from glmcli.ui.renderers import choose
from glmcli.ui.usage_line import usage_line
from tests.ui.drawing import Stage
from tests.ui.test_renderers import ANSWER, REQUEST, RESPONSE, STOP, plain, show

THINKING: list[Event] = [
    REQUEST,
    ReasoningDelta("Let me \x1b"),
    ReasoningDelta("other", 1),
    ReasoningDelta("think."),
    TextDelta("Hi"),
    STOP,
]
THOUGHT = ["thinking:", "Let me ␛think.", "thought for 0 s (~4 tokens)"]


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
        ["Let me ␛", "⠋ thinking… 4 s, ~2 tokens"],
        ["Let me ␛think.", "⠋ thinking… 8 s, ~4 tokens"],
    ]
    assert stage.rows == ["thought for 12 s (~4 tokens)", "Hi"]


def test_reasoning_comes_dim_on_the_terminal_beside_a_piped_answer() -> None:
    stage = show(Stage(tty=False, err_tty=True), THINKING)
    assert (stage.stdout, stage.stderr) == ("Hi\n", "\x1b[2mLet me ␛\x1b[0m\x1b[2mthink.\x1b[0m\n")


def test_reasoning_and_a_raw_answer_on_one_terminal_are_kept_apart() -> None:
    shown = show(plain(), THINKING, raw=True).rows
    assert shown == [
        *THOUGHT,
        "",
        "Hi",
        "thinking of choice 2:",
        "other",
    ]


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
    shown = show(plain(), THINKING, show_reasoning=True).rows
    assert shown == [
        *THOUGHT,
        "",
        "Hi",
        "thinking of choice 2:",
        "other",
    ]


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
    events: list[Event] = [
        ToolCalled("1", "get_weather", '{"city":\n"Oslo"}'),
        ToolCalled("2", "f", "x" * 500),
        ToolCalled("3", "shell", "ls -l", "custom", 1),
        ToolCalled("", "now", "{}", "function_call"),
    ]
    assert show(Stage(tty=False), events).stderr.splitlines() == [
        'tool call get_weather {"city":␊"Oslo"}',
        f"tool call f {'x' * 299}…",
        "choice 2: custom tool call shell ls -l",
        "function call now {}",
    ]


def test_a_refusal_is_shown_once() -> None:
    events: list[Event] = [RefusalDelta("I can"), RefusalDelta("not."), RefusalDelta("x", 1), STOP]
    other = "choice 2: the model refused: x\n"
    assert show(Stage(tty=False), events).stderr == f"the model refused: I cannot.\n{other}"
    assert show(Stage(tty=False), events, UnusableError("the model refused: I cannot.")).stderr == other


def test_an_end_for_an_unknown_reason_is_named() -> None:
    stage = show(Stage(tty=False), [TextDelta("Hi"), TextDelta("Ho", 1), Finished(("odd\n", "stop", None, "eos"))])
    assert (stage.stdout, stage.stderr.splitlines()) == (
        "Hi\n",
        [
            "the answer ended for a reason that is not known: odd␊",
            "choice 4: the answer ended for a reason that is not known: eos",
        ],
    )


def test_messages_of_the_platform_are_passed_on() -> None:
    messages = ["soon\n gone", {"code": 1, "message": "moved"}, {"code": 2}]
    events: list[Event] = [Metadata({"messages": messages}), Metadata({"messages": "x"}), STOP]
    assert show(Stage(tty=False), events).stderr.splitlines() == [
        "the server says: soon␊ gone",
        "the server says: moved",
        "the server says: {'code': 2}",
        "the server says: x",
    ]


SOURCES: list[Event] = [
    TextDelta("As is known."),
    Annotation({"type": "url_citation", "url_citation": {"url": "https://a.b/\x1b", "title": "A\nB"}}),
    Annotation({"type": "url_citation", "url": "https://c.d/", "start_index": 0, "end_index": 5}),
    Annotation({"type": "file"}),
    Annotation({}),
    Annotation({"url": "other choice"}, 1),
    STOP,
]
LISTED = ["[1] A␊B <https://a.b/␛>", "[2] https://c.d/ (characters 0-5)", "[3] file", "[4] source"]


def test_sources_are_listed_after_the_answer() -> None:
    stage = show(Stage(tty=False), SOURCES)
    assert (stage.stdout, stage.stderr.splitlines()) == ("As is known.\n", LISTED)
    others = ["", "sources of choice 2:", "[1] other choice"]
    assert show(plain(), SOURCES).rows == ["As is known.", "", *LISTED, *others]


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
        "* finish_reason: stop",
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
        "usage: 1010 in (100 cached), 201 out, $0.000141, 13.00 neurons, first token after 0.50 s, 66.7 tokens/s\n"
    )


def test_prices_that_do_not_apply_are_left_out() -> None:
    stage = show(Stage(tty=False), [Usage(5, 1, 6), Usage(5, 1, 6, neurons=1.0), STOP], usage=True, priced=False)
    assert stage.stderr == "usage: 10 in (0 cached), 2 out\n"
    assert show(Stage(tty=False), [Usage(1000, 0, 1000), STOP], usage=True).stderr == (
        "usage: 1000 in (0 cached), 0 out, $0.000060, 5.50 neurons\n"
    )
    assert show(Stage(tty=False), [STOP], usage=True).stderr == ""


def test_the_account_has_the_details_that_the_server_gives() -> None:
    raw = {
        "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 2},
        "completion_tokens_details": {
            "reasoning_tokens": 3,
            "audio_tokens": 4,
            "accepted_prediction_tokens": 5,
            "rejected_prediction_tokens": 6,
        },
    }
    one, odd = Usage(10, 20, 30, 1, raw=raw), Usage(1, 1, 2, raw={"completion_tokens_details": {"audio_tokens": None}})
    assert show(Stage(tty=False), [one, one, odd, STOP], usage=True, priced=False).stderr == (
        "usage: 21 in (2 cached, 4 audio), "
        "41 out (6 reasoning, 8 audio, 10 of the prediction accepted, 12 of the prediction rejected)\n"
    )


def test_nothing_but_the_answer_is_shown_with_the_format_none() -> None:
    stage = show(Stage(tty=False), [*ANSWER, ToolCalled("1", "f", "{}"), LogProbs(())], format="none")
    assert (stage.stdout, stage.stderr) == ("", "tool call f {}\n")


def test_quiet_leaves_the_answer_alone() -> None:
    events = [REQUEST, Retrying(2, 3, 1, "x"), *THINKING, ToolCalled("1", "f", "{}")]
    assert show(plain(quiet=True), events, raw=True, usage=True, include=True).rows == ["Hi"]


def test_the_rate_of_an_answer_in_one_piece_is_that_of_the_whole_wait() -> None:
    line = usage_line(Usage(10, 100, 110), first_token=2.0, writing=0.0001, priced=False)
    assert line == "usage: 10 in (0 cached), 100 out, first token after 2.00 s, 50.0 tokens/s"
