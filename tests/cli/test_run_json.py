"""Answers for programs: --json and --jsonl, several choices, failures (interface §4)."""

from __future__ import annotations

import json

import pytest

from glmcli.demo.connection import Close
from glmcli.demo.framing import LAST_CHUNK
from tests.support.cli import Glm
from tests.support.screen import seen
from tests.support.served import (
    USAGE,
    Script,
    cut,
    delta,
    failing,
    saying,
    serving,
    stream,
    told,
)

THINKING = stream(
    delta(reasoning_content="hm, "), delta(reasoning_content="so"), delta(content="Yes"), delta(finish="stop")
)


def test_json_is_the_whole_completion_with_our_part_under_glm(glm: Glm) -> None:
    with serving(saying("Hel", "lo")) as served:
        result = glm("run", "hi", "--json", env=served.env, new_id=lambda: "0" * 24)
        assert served.bodies[0]["stream"] is True
    assert (result.stderr, result.status) == ("", 0)
    assert json.loads(result.stdout) == {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "@cf/zai-org/glm-4.7-flash",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": USAGE,
        "glm": {"session": "0" * 24, "profile": "default", "cost": pytest.approx(1.62e-6), "warnings": []},
    }


def test_json_of_a_cut_answer_holds_what_came_and_the_error(glm: Glm) -> None:
    from glmcli.demo.framing import LAST_CHUNK

    with serving(cut("Hel", end=[LAST_CHUNK])) as served:
        result = glm("run", "hi", "--json", env=served.env)
    document = json.loads(result.stdout)
    assert document["choices"][0]["message"]["content"] == "Hel"
    assert document["error"] == {
        "type": "incomplete",
        "message": "the stream was cut: it ended without a finish reason",
        "hint": "What came is kept; send the request again for a whole answer.",
        "status": 200,
        "code": None,
        "exit_code": 8,
        "request_id": "ray-1",
    }
    assert result.status == 8


def test_json_holds_the_error_alone_when_nothing_came(glm: Glm) -> None:
    with serving(failing(404, 5007, "no such model", **{"cf-ray": "r"})) as served:
        result = glm("run", "hi", "--json", env=served.env)
    assert json.loads(result.stdout) == {
        "error": {
            "type": "refused",
            "message": "the request was refused (HTTP 404, code 5007): no such model",
            "hint": "Check the model name.",
            "status": 404,
            "code": 5007,
            "exit_code": 4,
            "request_id": "r",
        }
    }
    assert result.stderr == "the request was refused (HTTP 404, code 5007): no such model\nCheck the model name.\n"


@pytest.mark.parametrize(
    ("argv", "message", "type"),
    [
        (
            ["run", "hi", "--temperature", "3"],
            "/temperature: 3 is above the maximum 2 (from --temperature)",
            "invalid_request",
        ),
        (["run", "hi", "-o", "x"], "-o 'x' is not of the form NAME=VALUE", "usage"),
        (["run", "hi", "--nonsense"], "no such option --nonsense", "usage"),
        (["run"], "there is no prompt", "usage"),
        (["--profile", "nope", "run", "hi"], '--profile: there is no profile "nope"', "config"),
    ],
)
def test_programs_get_json_for_failures_before_anything_is_sent(
    glm: Glm, argv: list[str], message: str, type: str
) -> None:
    started = {"type": "started", "version": 1, "session": None, "profile": None, "model": None}
    for flag in ("--json", "--jsonl"):
        result = glm(*argv, flag)
        *before, last = (json.loads(line) for line in result.stdout.splitlines())
        assert before == ([started] if flag == "--jsonl" else [])
        error = last["error"]
        assert (error["message"], error["type"], error["exit_code"]) == (message, type, result.status)
        assert last == ({"type": "error", "error": error} if flag == "--jsonl" else {"error": error})
        assert result.stderr.splitlines()[0] == message


@pytest.mark.parametrize("spelling", [["--output-format", "json"], ["--output-format=json"], ["--json"]])
def test_json_has_a_second_name(glm: Glm, spelling: list[str]) -> None:
    with serving(saying("x")) as served:
        assert json.loads(glm("run", "hi", *spelling, env=served.env).stdout)["object"] == "chat.completion"
    assert json.loads(glm("run", "", *spelling).stdout)["error"]["exit_code"] == 2


def test_a_word_of_the_prompt_is_no_wish_for_json(glm: Glm) -> None:
    assert glm("run", "--strict", "-o", "nonsense=1", "--", "--json").stdout == ""


def test_jsonl_is_one_event_a_line_and_the_first_tells_the_version(glm: Glm) -> None:
    with serving(THINKING) as served:
        result = glm("run", "hi", "--jsonl", env=served.env, new_id=lambda: "0" * 24)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "type": "started",
            "version": 1,
            "session": "0" * 24,
            "profile": "default",
            "model": "@cf/zai-org/glm-4.7-flash",
        },
        {"type": "reasoning_delta", "index": 0, "text": "hm, "},
        {"type": "reasoning_delta", "index": 0, "text": "so"},
        {"type": "text_delta", "index": 0, "text": "Yes"},
        {"type": "usage", **USAGE, "cached_tokens": 0, "neurons": None},
        {"type": "finished", "reason": "stop", "reasons": ["stop"]},
    ]
    assert (result.stderr, result.status) == ("", 0)


def test_jsonl_tells_retries_and_how_it_ended(glm: Glm) -> None:
    with serving(failing(500, 1, "oops")) as served:
        result = glm("run", "hi", "--output-format", "stream-json", "--retries", "1", env=served.env)
    types = [json.loads(line)["type"] for line in result.stdout.splitlines()]
    assert (types, result.status) == (["started", "retrying", "error"], 7)


def test_json_and_jsonl_at_once_are_refused(glm: Glm) -> None:
    assert glm("run", "hi", "--json", "--jsonl").status == 2


# n > 1

TWO = stream(delta(content="A"), delta(1, content="B"), delta(finish="stop"), delta(1, finish="stop"))


def test_of_several_choices_a_pipe_gets_the_first_with_a_warning(glm: Glm) -> None:
    with serving(TWO) as served:
        assert glm("run", "hi", "--n", "2", env=served.env).answer == (
            "A\n",
            "warning: only the first choice is printed; --json gives all of them\n",
            0,
        )


def test_of_several_choices_json_gives_all(glm: Glm) -> None:
    with serving(TWO) as served:
        result = glm("run", "hi", "--n", "2", "--json", env=served.env)
    assert [it["message"]["content"] for it in json.loads(result.stdout)["choices"]] == ["A", "B"]
    assert result.stderr == ""


def test_of_several_choices_a_terminal_shows_each_under_a_header(glm: Glm) -> None:
    with serving(TWO) as served:
        result = glm("run", "hi", "--n", "2", env=served.env, tty=True, stderr_tty=False)
    assert seen(result.raw) == ["choice 1 of 2", "A", "", "choice 2 of 2", "B"]
    assert result.stderr == ""


def test_warnings_are_in_the_json_too(glm: Glm) -> None:
    with serving(saying("x")) as served:
        result = glm("run", "hi", "--json", "-o", "temprature=1", env=served.env)
    warning = "/temprature: is not a key of the schema; did you mean temperature? (from -o temprature)"
    assert json.loads(result.stdout)["glm"]["warnings"] == [warning]
    assert result.stderr == f"warning: {warning}\n"


@pytest.mark.parametrize(
    ("script", "status", "exit_code"),
    [
        (saying("Hel", finish="length"), 200, 8),
        (cut("Hel", end=[LAST_CHUNK]), 200, 8),
        (failing(400, 5007, "no such model"), 400, 4),
        ([Close()], None, 6),
    ],
)
@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_an_error_has_the_http_status_where_a_status_line_came(
    glm: Glm, script: Script, status: int | None, exit_code: int, form: str
) -> None:
    code, stdout, _, _ = told(glm, script, argv=("run", "hi", form, "--retries", "0"))
    error = json.loads(stdout.splitlines()[-1])["error"]
    assert (code, error["status"], error["exit_code"]) == (exit_code, status, exit_code)
