"""JSON that was asked for, as it is shown: nothing before it is known to fit, then the JSON alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.events import (
    Event,
    Finished,
    Parsed,
    ReasoningDelta,
    Retrying,
    SchemaMismatch,
    TextDelta,
    Usage,
)
from glmcli.errors import IncompleteError, UnusableError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import REQUEST, RESPONSE, STOP, plain, show

JSON = '{"a": "é", "b": [1]}'
LAID_OUT = '{\n  "a": "é",\n  "b": [\n    1\n  ]\n}\n'
ANSWER: list[Event] = [REQUEST, RESPONSE, TextDelta("It is "), TextDelta(JSON), STOP]
FITS = Parsed(JSON, json.loads(JSON))
LINES = Parsed('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}])
WRONG: list[Event] = [TextDelta("Sorry."), STOP, SchemaMismatch((("", "is no JSON"),), repairing=False)]
ASKED_AGAIN: list[Event] = [TextDelta("Sorry."), STOP, SchemaMismatch((("/a", "is missing"),), repairing=True)]


def shown(events: list[Event], stage: Stage | None = None, **how: Any) -> Stage:
    return show(stage or Stage(tty=False), events, structured=True, **how)


def test_a_pipe_gets_the_json_alone_once_it_fits() -> None:
    stage = shown([*ANSWER, FITS])
    assert (stage.stdout, stage.stderr) == (f"{JSON}\n", "")


@pytest.mark.parametrize("events", [ANSWER, WRONG, [*ASKED_AGAIN, *WRONG]])
def test_a_pipe_gets_nothing_that_does_not_fit(events: list[Event]) -> None:
    assert shown(events, error=UnusableError("no")).stdout == ""


def test_a_pipe_gets_items_one_a_line() -> None:
    assert shown([*ANSWER, LINES]).stdout == '{"a": 1}\n{"a": 2}\n'
    assert shown([*ANSWER, Parsed("", [])]).stdout == ""


def test_an_answer_that_was_asked_for_again_is_not_shown() -> None:
    stage = shown([*ASKED_AGAIN, *ANSWER, FITS])
    assert (stage.stdout, stage.stderr) == (
        f"{JSON}\n",
        "the answer does not fit; asking again: /a: is missing\n",
    )
    terminal = shown([*ASKED_AGAIN, *ANSWER, FITS], plain(err_tty=False), plain=True)
    assert terminal.rows == LAID_OUT.splitlines()


def test_of_a_choice_that_is_not_the_first_its_number_is_told() -> None:
    mismatch = SchemaMismatch((("", "is no JSON"), ("/b", "is missing")), repairing=True, index=1)
    stage = shown([mismatch], format="none", tools=False)
    assert stage.stderr == "choice 2: the answer does not fit; asking again: /: is no JSON; /b: is missing\n"


def test_what_came_before_a_retry_is_not_shown() -> None:
    again = Retrying(2, 3, 0.0, "cut")
    assert shown([TextDelta("half"), again, *WRONG], plain(err_tty=False), plain=True).rows == ["Sorry."]


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}])
def test_a_terminal_shows_it_laid_out_and_without_fences(how: dict[str, Any]) -> None:
    assert shown([*ANSWER, FITS], Stage(err_tty=False), **how).rows == LAID_OUT.splitlines()


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}])
def test_a_terminal_shows_items_one_a_line(how: dict[str, Any]) -> None:
    assert shown([*ANSWER, LINES], Stage(err_tty=False), **how).rows == ['{"a": 1}', '{"a": 2}']


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}])
def test_a_terminal_shows_what_does_not_fit_after_all(how: dict[str, Any]) -> None:
    assert shown(WRONG, Stage(err_tty=False), error=UnusableError("no"), **how).rows == ["Sorry."]


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}, {"markdown": False}])
def test_marks_of_markdown_in_it_are_what_they_are(how: dict[str, Any]) -> None:
    marked = '{"*a*": "# `b` **c** <d>"}'
    rows = shown([*ANSWER, Parsed(marked, json.loads(marked))], Stage(err_tty=False), **how).rows
    assert rows == ["{", '  "*a*": "# `b` **c** <d>"', "}"]


def test_a_terminal_shows_what_came_of_a_cut_answer() -> None:
    cut = shown([TextDelta('{"a": '), TextDelta("1")], Stage(err_tty=False), error=IncompleteError("cut"))
    assert cut.rows == ['{"a": 1']


def test_of_several_choices_each_is_shown_that_fits() -> None:
    both: list[Event] = [TextDelta("x"), TextDelta("y", 1), Finished(("stop", "stop"))]
    parsed = [Parsed('{"a": 1}', {"a": 1}), Parsed('{"a": 2}', {"a": 2}, 1)]
    assert shown([*both, *parsed], choices=2).stdout == '{"a": 1}\n'
    terminal = shown([*both, *parsed], Stage(err_tty=False), choices=2, raw=True)
    assert terminal.rows == ["choice 1 of 2", "{", '  "a": 1', "}", "", "choice 2 of 2", "{", '  "a": 2', "}"]


def test_thinking_and_accounts_are_shown_as_ever() -> None:
    stage = shown([ReasoningDelta("hm"), *ANSWER, Usage(1, 2, 3), FITS], show_reasoning=True, usage=True)
    assert stage.stdout == f"{JSON}\n"
    assert stage.stderr.startswith("hm\nusage: 1 in (0 cached), 2 out, ")


def test_the_file_of_output_gets_the_json_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    shown([*ASKED_AGAIN, *ANSWER, FITS], Stage(), output=path)
    assert path.read_text() == f"{JSON}\n"


def test_json_of_a_terminal_cannot_do_harm() -> None:
    bad = '{"a": "\x1b[2J\u202e"}'
    stage = shown([*ANSWER, Parsed(bad, {"a": "\x1b[2J\u202e"})], Stage(err_tty=False), raw=True)
    assert "\x1b[2J" not in stage.stdout
    assert "\u202e" not in stage.stdout


# For programs


def test_json_holds_what_the_first_choice_says() -> None:
    stage = shown([*ANSWER, FITS, Parsed("{}", {}, 1)], format="json", extras=lambda: {"session": "s"})
    document = json.loads(stage.stdout)
    assert document["glm"] == {"session": "s", "parsed": {"a": "é", "b": [1]}}
    assert document["choices"][0]["message"]["content"] == f"It is {JSON}"


def test_json_of_a_false_that_fits_tells_it() -> None:
    document = json.loads(shown([*ANSWER, Parsed("false", False)], format="json").stdout)
    assert document["glm"] == {"parsed": False}


def test_json_holds_the_answers_that_did_not_fit() -> None:
    document = json.loads(shown([*ASKED_AGAIN, *ANSWER, FITS], format="json").stdout)
    rounds = document["glm"].pop("rounds")
    assert [it["choices"][0]["message"]["content"] for it in rounds] == ["Sorry."]
    assert document["glm"] == {"parsed": {"a": "é", "b": [1]}}


def test_jsonl_tells_each_step() -> None:
    stage = shown([*ASKED_AGAIN, TextDelta(JSON), STOP, FITS], format="jsonl")
    assert [json.loads(line) for line in stage.stdout.splitlines()] == [
        {"type": "started", "version": 1},
        {"type": "text_delta", "index": 0, "text": "Sorry."},
        {
            "type": "schema_mismatch",
            "index": 0,
            "errors": [{"path": "/a", "message": "is missing"}],
            "repairing": True,
        },
        {"type": "text_delta", "index": 0, "text": JSON},
        {"type": "parsed", "index": 0, "value": {"a": "é", "b": [1]}},
        {"type": "finished", "reason": "stop", "reasons": ["stop"]},
    ]
