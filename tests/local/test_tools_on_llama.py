"""Turns with tools against llama.cpp's server: a real grammar and parser of calls, which nobody here wrote, between us
and a model that calls, gets the result, and answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Glm, Result
from tests.support.local_server import Parrot

DONE = "The tool replied, so here is the result: all done.\n\n"
THOUGHT = "The user wrote something. I will answer briefly.\n"
FORECAST = '''
def forecast(city: str, days: int, deep: bool) -> dict:
    """The weather of the next days."""
    return {"city": city, "days": [20 + day for day in range(days)], "deep": deep}
'''

Run = Callable[..., Result]


@pytest.fixture
def run(glm: Glm, parrot: Parrot) -> Run:
    glm.configure('[profiles.default]\nendpoint = "workers-ai-openai"\n')
    return lambda *argv: glm("run", "-y", *argv, env=parrot.environ)


@pytest.fixture
def forecast(tmp_path: Path) -> str:
    path = tmp_path / "forecast.py"
    path.write_text(FORECAST)
    return str(path)


@pytest.mark.parametrize("flags", [(), ("--tool-choice", "required"), ("--tool-choice", "forecast"), ("--no-stream",)])
def test_a_function_is_called_with_arguments_of_its_types_and_its_result_is_answered(
    flags: tuple[str, ...], run: Run, forecast: str, glm: Glm
) -> None:
    ran = run("--functions", forecast, *flags, "Will it rain?")
    assert (ran.stdout, ran.status) == (DONE, 0)
    assert ran.stderr.startswith('tool forecast {"city": "sample", "days": 7, "deep": true} → ')
    user, called, returned, answered = glm.stored()
    assert (user[1], called[0], answered[1]) == ("Will it rain?", "assistant", DONE)
    assert json.loads(returned[1]) == {"city": "sample", "days": [20, 21, 22, 23, 24, 25, 26], "deep": True}


def test_the_calculator_says_what_it_cannot_reckon_and_the_model_answers_all_the_same(run: Run) -> None:
    ran = run("-T", "calculator", "--tool-choice", "required", "--jsonl", "What is 2+1?")
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.status == 0
    kinds = list(dict.fromkeys(event["type"] for event in events))
    assert kinds == ["started", "reasoning_delta", "tool_called", "usage", "tool_returned", "text_delta", "finished"]
    (called,) = (event for event in events if event["type"] == "tool_called")
    (returned,) = (event for event in events if event["type"] == "tool_returned")
    assert json.loads(called["arguments"]) == {"expression": "sample"}
    assert (returned["id"], returned["status"]) == (called["id"], "failed")
    assert "".join(event["text"] for event in events if event["type"] == "text_delta") == DONE


def test_the_server_reads_the_thinking_and_the_result_of_the_first_round(run: Run, forecast: str) -> None:
    whole = json.loads(run("--functions", forecast, "--json", "Will it rain?").stdout)
    (first,) = whole["glm"]["rounds"]
    assert first["choices"][0]["message"]["reasoning_content"] == THOUGHT
    # A byte is about a token to this model: the second prompt holds the first one, the call and its result.
    assert whole["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"] + 100


def test_a_session_goes_on_after_its_tools(run: Run, forecast: str) -> None:
    assert run("--functions", forecast, "Will it rain?").status == 0
    assert run("-c", "And then?").stdout == DONE
