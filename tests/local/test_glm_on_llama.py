"""The whole program against a server that nobody here wrote: llama.cpp's, at the path of Workers AI, with a scripted
model that thinks, answers, calls tools and can be made to go on for ever."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from glmcli.errors import ExitStatus
from tests.support.cli import Glm, Result
from tests.support.local_server import Parrot

ANSWER = "Hello! This is a tiny scripted model on a real server. My colour today is {}, and that is all!\n"
THOUGHT = "The user wrote something. I will answer briefly.\n"
WEATHER = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
        }
    ]
)

Run = Callable[..., Result]


@pytest.fixture
def run(glm: Glm, parrot: Parrot) -> Run:
    """`glm run` with the profile that speaks to the parrot."""
    glm.folder.mkdir(parents=True)
    (glm.folder / "config.toml").write_text('[profiles.default]\nendpoint = "workers-ai-openai"\n')
    return lambda *argv, **how: glm("run", *argv, **{"env": parrot.environ, **how})


def events(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_prompt_gets_its_answer_alone_on_stdout(run: Run) -> None:
    result = run("hi")
    colour = next(it for it in ("blue", "green", "red") if it in result.stdout)
    assert result.answer == (ANSWER.format(colour), "", 0)


def test_the_thinking_is_a_channel_of_its_own_and_comes_first(run: Run) -> None:
    lines = events(run("hi", "--jsonl"))
    kinds = [line["type"] for line in lines]
    assert list(dict.fromkeys(kinds)) == ["started", "reasoning_delta", "text_delta", "usage", "finished"]
    assert "".join(str(line["text"]) for line in lines if line["type"] == "reasoning_delta") == THOUGHT
    assert lines[-1] == {"type": "finished", "reason": "stop", "reasons": ["stop"]}


def test_without_thinking_there_is_none(run: Run) -> None:
    message = json.loads(run("hi", "--no-think", "--json").stdout)["choices"][0]["message"]
    assert not message.get("reasoning_content")
    assert message["content"].startswith("Hello!")


def test_whole_and_streamed_answers_are_the_same_object_but_for_what_differs_by_nature(run: Run) -> None:
    def told(*flags: str) -> dict[str, object]:
        completion = json.loads(run("hi", "--json", "--seed", "7", "--temperature", "0", *flags).stdout)
        return {key: completion[key] for key in ("object", "model", "choices")}

    assert told() == told("--no-stream")


def test_the_session_goes_on_and_the_server_gets_all_of_it(run: Run) -> None:
    assert run("hi").status == 0
    result = run("-c", "and again", "--json")
    usage = json.loads(result.stdout)["usage"]
    assert usage["prompt_tokens"] > 100  # a byte is about a token to this model
    assert "continuing session" in result.stderr


def test_markdown_and_letters_of_many_bytes_arrive_whole(run: Run) -> None:
    assert run("#utf8").stdout == "Wave: 🌊 accent é kanji 日本語 🇫🇷 end\n"
    assert '```python\nprint("hi")\n```' in run("#md").stdout


def test_an_answer_that_says_nothing_is_no_success(run: Run) -> None:
    result = run("#empty")
    assert (result.stdout, result.status) == ("", ExitStatus.INCOMPLETE)
    assert result.stderr.startswith("the model only thought and gave no answer\n")


def test_an_endless_answer_ends_at_its_limit_with_a_status_that_says_so(run: Run) -> None:
    result = run("#long", "--max-tokens", "60", "--no-think")
    assert result.stdout.startswith("One two three four five six seven eight nine ten; ")
    assert (result.stderr.splitlines()[0], result.status) == (
        "the answer was cut at the output limit",
        ExitStatus.INCOMPLETE,
    )


def test_a_stop_sequence_ends_the_answer(run: Run) -> None:
    assert run("hi", "--stop", "scripted").answer == ("Hello! This is a tiny \n", "", 0)


def test_two_choices_are_both_in_the_object(run: Run) -> None:
    completion = json.loads(run("hi", "--n", "2", "--json").stdout)
    assert [choice["index"] for choice in completion["choices"]] == [0, 1]
    assert all(choice["message"]["content"].startswith("Hello!") for choice in completion["choices"])


def test_a_tool_call_that_came_in_pieces_is_one_call(run: Run) -> None:
    lines = events(run("weather?", "-o", f"tools={WEATHER}", "--jsonl"))
    (called,) = [line for line in lines if line["type"] == "tool_called"]
    assert {key: called[key] for key in ("kind", "name", "index")} == {
        "kind": "function",
        "name": "get_weather",
        "index": 0,
    }
    assert json.loads(str(called["arguments"])) == {"city": "sample"}


def test_json_that_was_asked_for_is_json(run: Run) -> None:
    assert isinstance(json.loads(run("a person", "--response-format", "json").stdout), dict)


def test_log_probabilities_are_kept_token_by_token(run: Run) -> None:
    completion = json.loads(run("hi", "--logprobs", "--top-logprobs", "2", "--no-think", "--json").stdout)
    tokens = completion["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens).startswith("Hello!")
    assert all(len(token["top_logprobs"]) == 2 for token in tokens)


def test_a_wrong_token_is_a_matter_of_credentials_and_is_never_shown(run: Run, parrot: Parrot) -> None:
    result = run("hi", "-v", env={**parrot.environ, "CLOUDFLARE_API_TOKEN": "wrong-token-0123456789"})
    assert (result.stdout, result.status) == ("", ExitStatus.CONFIG)
    assert "wrong-token" not in result.stderr


def test_a_prompt_over_the_context_is_refused_by_the_server(run: Run) -> None:
    result = run(stdin=b"word " * 40_000)
    assert (result.stdout, result.status) == ("", ExitStatus.REFUSED)
    assert "context" in result.stderr
