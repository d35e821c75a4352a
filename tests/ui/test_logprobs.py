"""The table of log probabilities."""

from __future__ import annotations

from math import log
from typing import Any

import pytest

from glmcli.api.events import Event, Finished, LogProbs, TextDelta
from glmcli.errors import IncompleteError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import plain, show

STOP = Finished(("stop",))


def token(text: Any, probability: float, *others: tuple[str, float], raw: Any = None) -> dict[str, Any]:
    top = [{"token": other, "logprob": log(one), "bytes": None} for other, one in others]
    return {"token": text, "logprob": log(probability), "bytes": raw, "top_logprobs": top}


def table(*tokens: Any, **how: Any) -> list[str]:
    return show(plain(**how), [TextDelta("Hi"), LogProbs(tokens), STOP], raw=True).rows[1:]


def test_the_table_follows_the_answer() -> None:
    events: list[Event] = [
        TextDelta("Hello "),
        LogProbs((token("Hello", 0.95, ("Hello", 0.95), ("Hi", 0.04)),)),
        TextDelta("you"),
        LogProbs((token(" you", 0.5), token("\n\t", 0.00001, ("world", 0.25), ("sea", 0.1)))),
        STOP,
    ]
    wanted = [
        "Hello you",
        "",
        "log probabilities",
        "token  probability  alternatives",
        "Hello      95.00 %  Hi 4.00 %",
        "␣you       50.00 %",
        "␊␉        < 0.01 %  world 25.00 %   sea 10.00 %",
    ]
    assert show(plain(), events, raw=True).rows == wanted
    assert show(plain(), events, plain=True).rows == wanted
    assert show(plain(), events).rows == wanted


def test_rows_are_shaded_by_how_sure_the_model_was() -> None:
    tokens = (token("a", 1.0), token("b", 0.7), token("c", 0.4), token("d", 0.1, ("e", 0.2)), {"token": "f"})
    stage = show(Stage(), [LogProbs(tokens), STOP], raw=True)
    assert stage.stdout.splitlines() == [
        "",
        "\x1b[1mlog probabilities\x1b[0m",
        "\x1b[2mtoken  probability  alternatives\x1b[0m",
        "\x1b[32ma         100.00 %\x1b[0m",
        "\x1b[36mb          70.00 %\x1b[0m",
        "\x1b[33mc          40.00 %\x1b[0m",
        "\x1b[31md          10.00 %\x1b[0m  \x1b[2me 20.00 %\x1b[0m",
        "f                ?",
    ]


def test_parts_of_characters_are_shown_as_their_bytes_and_long_or_wide_tokens_keep_their_column() -> None:
    assert table(
        token("\ufffd", 0.5, raw=[0xF0, 0x9F]),
        token("é", 0.5, raw=[0xC3, 0xA9]),
        token("日本", 0.5),
        token("x" * 99, 0.5),
        token("\x1b[31m", 0.5, ("\x9b\u202e", 0.5)),
    )[3:] == [
        "<F0 9F>                       50.00 %",
        "é                             50.00 %",
        "日本                          50.00 %",
        "xxxxxxxxxxxxxxxxxxxxxxx…      50.00 %",
        "␛[31m                         50.00 %  <U+009B><U+202E> 50.00 %",
    ]


def test_many_alternatives_are_wrapped_below_each_other() -> None:
    others = [(f"word{n}", 0.1) for n in range(5)]
    assert table(token("a", 0.5, *others), size=(48, 24))[3:] == [
        "a          50.00 %  word0 10.00 %",
        "                    word1 10.00 %",
        "                    word2 10.00 %",
        "                    word3 10.00 %",
        "                    word4 10.00 %",
    ]
    assert table(token("a", 0.5, *others), size=(80, 24))[3:] == [
        "a          50.00 %  word0 10.00 %   word1 10.00 %   word2 10.00 %",
        "                    word3 10.00 %   word4 10.00 %",
    ]


def test_two_parts_of_characters_with_the_same_text_are_two_tokens() -> None:
    same, other = ({"token": "\ufffd", "logprob": -1, "bytes": [byte]} for byte in (0xE2, 0xE3))
    assert table({**same, "top_logprobs": [same, other]})[3:] == ["<E2>       36.79 %  <E3> 36.79 %"]


@pytest.mark.parametrize(
    ("odd", "row"),
    [
        (None, "None             ?"),
        ("a", "a                ?"),
        ({}, "None             ?"),
        ({"token": "a", "logprob": "x", "bytes": ["x"], "top_logprobs": 3}, "a                ?"),
        ({"token": "a", "logprob": float("nan"), "bytes": [999]}, "a                ?"),
        ({"token": "a", "logprob": -(10**400)}, "a                ?"),
        ({"token": "a", "logprob": 9, "top_logprobs": [None]}, "a         100.00 %  None ?"),
        ({"token": "a", "logprob": -9999.0}, "a         < 0.01 %"),
    ],
)
def test_what_is_no_log_probability_is_shown_as_far_as_it_goes(odd: Any, row: str) -> None:
    assert table(odd)[3:] == [row]


def test_every_choice_and_the_refusal_have_a_table_of_their_own() -> None:
    one = (token("a", 1.0),)
    events: list[Event] = [LogProbs(one, 1), LogProbs(one, 0, "refusal"), LogProbs(one), STOP]
    rows = show(plain(), events, raw=True).rows
    assert [row for row in rows if row.startswith("log")] == [
        "log probabilities",
        "log probabilities of the refusal",
        "log probabilities of choice 2",
    ]


def test_the_table_of_a_cut_answer_is_shown_as_far_as_it_came() -> None:
    stage = show(plain(), [TextDelta("Hi"), LogProbs((token("Hi", 1.0),))], IncompleteError("cut"), raw=True)
    assert stage.rows[-1] == "Hi        100.00 %"


def test_a_pipe_gets_the_answer_alone_and_one_note() -> None:
    logprobs = LogProbs((token("a", 1.0),))
    stage = show(Stage(tty=False), [TextDelta("a"), logprobs, STOP, TextDelta("b"), logprobs, STOP])
    assert (stage.stdout, stage.stderr) == ("a\nb\n", "log probabilities came too: --json and --jsonl print them\n")


def test_no_log_probabilities_no_table() -> None:
    assert show(plain(), [TextDelta("Hi"), STOP], raw=True).rows == ["Hi"]


def test_a_list_without_tokens_is_no_table() -> None:
    assert table() == []
