"""`--body`: a whole request body from a file or stdin, and what flags change in it (interface §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.test_options import MESSAGES, PARAMS_HINT, body_of
from tests.support.cli import Glm
from tests.support.served import ACCOUNT, saying, serving


def whole_body(glm: Glm, body: Any, *argv: str, **how: Any) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return body_of(glm, "--body", "-", *argv, stdin=text, **how)


def test_a_whole_body_gets_stream_and_nothing_else(glm: Glm) -> None:
    glm.configure('system = "x"\n[defaults]\ntop_p = 0.5\n')
    assert whole_body(glm, {"prompt": "hi"}) == {"prompt": "hi", "stream": True}
    assert whole_body(glm, {"messages": MESSAGES}, "--no-stream") == {"messages": MESSAGES}
    streamed = {"messages": MESSAGES, "stream": True, "stream_options": {"include_usage": False}}
    assert whole_body(glm, streamed, "--no-stream") == {"messages": MESSAGES, "stream": False}


def test_a_whole_body_gets_what_flags_say(glm: Glm) -> None:
    body = {"messages": MESSAGES, "temperature": 1.5, "seed": 1, "chat_template_kwargs": {"clear_thinking": True}}
    argv = ("--temperature", "0.5", "-o", "seed=null", "--no-think", "-s", "Be brief.", "more")
    assert whole_body(glm, body, *argv) == {
        "messages": [{"role": "system", "content": "Be brief."}, *MESSAGES, {"role": "user", "content": "more"}],
        "stream": True,
        "temperature": 0.5,
        "chat_template_kwargs": {"clear_thinking": True, "enable_thinking": False},
    }


def test_a_system_prompt_of_the_flags_takes_the_place_of_the_bodys(glm: Glm, tmp_path: Any) -> None:
    body = {"messages": [{"role": "system", "content": "old"}, *MESSAGES]}
    (tmp_path / "new").write_text("new\n")
    for flags in (("-s", "new"), ("--system-file", str(tmp_path / "new"))):
        assert whole_body(glm, body, *flags)["messages"] == [{"role": "system", "content": "new"}, *MESSAGES]
    assert whole_body(glm, body, "-s", "")["messages"] == MESSAGES


def test_a_body_comes_back_from_a_dry_run_byte_for_byte(glm: Glm, tmp_path: Any) -> None:
    first = glm("run", "grüße \U0001f600", "-s", "x", "--stop", "a", "-o", "temprature=0.10", "--dry-run")
    path = tmp_path / "body.json"
    path.write_bytes(first.raw)
    second = glm("run", "--body", str(path), "--dry-run")
    assert second.raw == first.raw


def test_the_model_of_a_body_goes_into_the_address_and_stays_in_the_body(glm: Glm) -> None:
    with serving(saying("x")) as served:
        for argv, model in (((), "mine"), (("-m", "other"), "other")):
            body = json.dumps({"model": "mine", "messages": MESSAGES}).encode()
            result = glm("run", "--body", "-", "--jsonl", *argv, stdin=body, env=served.env)
            assert json.loads(result.stdout.splitlines()[0])["model"] == model
            assert served.requests[-1].target == f"/accounts/{ACCOUNT}/ai/run/{model}"
            assert served.bodies[-1] == {"model": model, "messages": MESSAGES, "stream": True}


def test_a_body_without_a_model_gets_none_for_workers_ai_and_one_where_the_endpoint_wants_it(glm: Glm) -> None:
    glm.configure('[profiles.w]\nendpoint = "workers-ai-openai"\n')
    assert "model" not in whole_body(glm, {"messages": MESSAGES}, "-m", "x")
    assert whole_body(glm, {"messages": MESSAGES}, "--profile", "w")["model"] == "@cf/zai-org/glm-4.7-flash"
    assert whole_body(glm, {"messages": MESSAGES, "model": "y"}, "--profile", "w")["model"] == "y"


@pytest.mark.parametrize(
    ("body", "argv", "message"),
    [
        (b"[1]", [], "the request body is not a JSON object (from --body -)"),
        (b'{"a":', [], "not JSON: line 1, column 6: expecting value (from --body -)"),
        (b"", [], "not JSON: line 1, column 1: expecting value (from --body -)"),
        (
            b"{}",
            [],
            f"/messages: is missing, and so is prompt; one of them is wanted (from --body - line 1)\n{PARAMS_HINT}",
        ),
        (
            b'{"messages": [{"role": "nobody", "content": "x"}]}',
            [],
            '/messages/0/role: "nobody" is not one of developer, system, user, assistant, tool, function'
            f" (from --body - line 1)\n{PARAMS_HINT}",
        ),
        (
            b'{"prompt": "hi", "temperature": 9}',
            ["--top-p", "7"],
            "/temperature: 9 is above the maximum 2 (from --body - line 1)\n"
            f"/top_p: 7 is above the maximum 1 (from --top-p)\n{PARAMS_HINT}",
        ),
        (
            b'{"prompt": "hi"}',
            ["more"],
            "the body of --body - holds no messages to add to\n"
            "Leave out the prompt and the system prompt, or give the body messages.",
        ),
        (b"{}", ["--prompt-form"], "--body brings a form of its own\nLeave out --prompt-form."),
        (b"{}", ["-c"], "--body brings a conversation of its own\nLeave out --body, or --continue and --session."),
    ],
)
def test_a_body_that_cannot_be_sent_says_why(glm: Glm, body: bytes, argv: list[str], message: str) -> None:
    assert glm("run", "--body", "-", *argv, stdin=body).answer == ("", f"{message}\n", 2)


def test_a_body_file_that_is_missing_is_named(glm: Glm) -> None:
    assert glm("run", "--body", "/missing").answer == (
        "",
        "/missing cannot be read: no such file or directory (from --body)\nCheck the path.\n",
        2,
    )
