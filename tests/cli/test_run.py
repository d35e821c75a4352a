"""`glm run`: what goes to stdout and what to stderr, on terminals and in pipes, as text and as JSON (interface §4)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from glmcli.demo.framing import whole
from glmcli.local.weights import name_file
from tests.local.parrot import parrot
from tests.support.cli import Glm
from tests.support.local_server import environment, needs_engine
from tests.support.screen import seen
from tests.support.served import (
    ACCOUNT,
    PATH,
    TOKEN,
    USAGE,
    completion,
    cut,
    delta,
    failing,
    json_answer,
    saying,
    serving,
    stream,
)

ODD = "a\x1b[31mb\x07\u202e<U+>  \r\nc\td"
"""Text that would move a terminal's cursor and colours."""

THINKING = stream(
    delta(reasoning_content="hm, "), delta(reasoning_content="so"), delta(content="Yes"), delta(finish="stop")
)


def test_a_pipe_gets_the_bytes_of_the_answer_as_the_model_sent_them_and_one_final_newline(glm: Glm) -> None:
    with serving(saying(*ODD)) as served:
        result = glm("run", "hi", env=served.env)
    assert (result.raw, result.stderr, result.status) == (ODD.encode() + b"\n", "", 0)


@pytest.mark.parametrize("text", ["one\n", "two\n\n", "\n"])
def test_an_answer_that_ends_its_line_gets_no_newline_of_ours(glm: Glm, text: str) -> None:
    with serving(saying("x", text)) as served:
        assert glm("run", "hi", env=served.env).raw == f"x{text}".encode()


@pytest.mark.parametrize(
    ("out", "err", "stdout", "stderr"),
    [
        (False, False, "**Yes**\n", ""),
        (False, True, "**Yes**\n", "hm, so\n"),
        (True, False, None, ""),
        (True, True, None, "thought for"),
    ],
)
def test_each_stream_is_judged_by_itself(glm: Glm, out: bool, err: bool, stdout: str | None, stderr: str) -> None:
    script = stream(delta(reasoning_content="hm, so"), delta(content="**Yes**"), delta(finish="stop"))
    with serving(script) as served:
        result = glm("run", "hi", env=served.env, tty=out, stderr_tty=err)
    plain = "".join(_without_styles(result.stderr))
    if stdout is not None:
        assert result.stdout == stdout
        assert plain == stderr
    else:
        assert seen(result.raw) == ["Yes"]
        assert stderr in plain
        assert bool(plain) is bool(stderr)
    assert result.status == 0


def _without_styles(text: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", text)


@pytest.mark.parametrize("flag", ["--raw", "--plain", None])
def test_a_terminal_is_shown_the_control_characters_of_foreign_text(glm: Glm, flag: str | None) -> None:
    with serving(saying(ODD)) as served:
        result = glm("run", "hi", *([flag] if flag else []), env=served.env, tty=True)
    assert "\x1b[31m" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "␛[31mb␇<U+202E>" in result.stdout


def test_raw_shows_the_markdown_source(glm: Glm) -> None:
    with serving(saying("# Title\n", "**bold**")) as served:
        assert glm("run", "hi", "-r", env=served.env, tty=True).stdout == "# Title\n**bold**\n"


@pytest.mark.parametrize("flags", [(), ("--hide-reasoning",), ("-R", "--show-reasoning")])
def test_reasoning_is_not_in_a_file_unless_it_is_wanted_there(glm: Glm, flags: tuple[str, ...]) -> None:
    with serving(THINKING) as served:
        assert glm("run", "hi", *flags, env=served.env).answer == ("Yes\n", "", 0)


def test_show_reasoning_puts_it_into_a_stderr_that_is_a_file(glm: Glm) -> None:
    with serving(THINKING) as served:
        assert glm("run", "hi", "--show-reasoning", env=served.env).answer == ("Yes\n", "hm, so\n", 0)


def test_no_stream_asks_for_one_json_answer(glm: Glm) -> None:
    with serving(json_answer(completion("Hello"))) as served:
        assert glm("run", "hi", "--no-stream", env=served.env).answer == ("Hello\n", "", 0)
        [body] = served.bodies
        assert "stream" not in body
        assert "stream_options" not in body
        assert served.requests[0].headers["accept"] == "application/json"


def test_output_writes_the_answer_there_too(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    with serving(saying("Hel", "lo")) as served:
        assert glm("run", "hi", "--output", str(path), env=served.env).answer == ("Hello\n", "", 0)
    assert path.read_text() == "Hello\n"


def test_an_output_file_that_cannot_be_written_costs_nothing(glm: Glm, tmp_path: Path) -> None:
    with serving(saying("Hello")) as served:
        result = glm("run", "hi", "--output", str(tmp_path), env=served.env)
        assert served.requests == []
    assert result.answer == (
        "",
        f"cannot write {tmp_path}: Is a directory\ngive --output a file that can be written\n",
        2,
    )


# JSON


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
        "hint": "what came is kept; send the request again for a whole answer",
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
            "hint": "check the model name",
            "status": 404,
            "code": 5007,
            "exit_code": 4,
            "request_id": "r",
        }
    }
    assert result.stderr == "the request was refused (HTTP 404, code 5007): no such model\ncheck the model name\n"


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


# What is said beside the answer


def test_usage_is_one_line_on_stderr(glm: Glm) -> None:
    ticks = iter(range(1000))
    with serving(saying("Hel", "lo")) as served:
        result = glm("run", "hi", "-u", env=served.env, monotonic=lambda: float(next(ticks)))
    assert result.stdout == "Hello\n"
    [line] = result.stderr.splitlines()
    assert line.startswith("usage: 7 in (0 cached), 3 out, $0.000002, 0.15 neurons, first token after ")
    assert line.endswith(" tokens/s")


def test_include_shows_the_headers_of_the_answer(glm: Glm) -> None:
    with serving(saying("Hello")) as served:
        result = glm("run", "hi", "-i", env=served.env)
    assert result.answer == (
        "Hello\n",
        "HTTP 200\ncontent-type: text/event-stream\ntransfer-encoding: chunked\ncf-ray: ray-1\n\n",
        0,
    )


@pytest.mark.parametrize("argv", [("run", "hi", "-v"), ("-v", "run", "hi"), ("--verbose", "run", "hi")])
def test_verbose_shows_the_exchange_with_the_secrets_hidden(glm: Glm, argv: tuple[str, ...]) -> None:
    with serving(saying("Hello")) as served:
        result = glm(*argv, env=served.env, new_id=lambda: "0" * 24)
    assert (result.stdout, result.status) == ("Hello\n", 0)
    lines = result.stderr.splitlines()
    assert lines[0] == f"> POST {served.server.url}{PATH}"
    assert "> Authorization: [redacted]" in lines
    assert f"> x-session-affinity: {'0' * 24}" in lines
    assert f"> {served.requests[0].body.decode()}" in lines
    assert "< HTTP 200" in lines


def test_quiet_leaves_the_answer_and_errors(glm: Glm) -> None:
    with serving(failing(500, 1, "oops"), saying("Hel", finish="length")) as served:
        result = glm("-q", "run", "hi", "-o", "temprature=1", env=served.env)
    assert result.answer == ("Hel\n", "the answer was cut at the output limit\ntry again with --max-tokens 4096\n", 8)


def test_color_never_and_always_hold_for_answers_and_errors(glm: Glm) -> None:
    with serving(saying("**x**"), saying("**x**"), saying("x", finish="length")) as served:
        assert "\x1b[1m" not in glm("run", "hi", "--color", "never", env=served.env, tty=True).stdout
        assert "\x1b[" in glm("run", "hi", "--color", "always", env=served.env, tty=True).stdout
        assert "\x1b[" in glm("run", "hi", "--color", "always", env=served.env).stderr
    assert "\x1b[" not in glm("run", "--color=never", tty=True).stderr
    assert "\x1b[" in glm("run", "--color", "always").stderr
    assert "\x1b[" not in glm("run", tty=True, env={"NO_COLOR": "1"}).stderr


# What is shown instead of being sent


def test_dry_run_prints_the_very_body_that_would_be_sent_and_needs_no_credentials(glm: Glm) -> None:
    shown = glm("run", "hi", "--seed", "7", "--dry-run")
    assert shown.answer == (
        """{
  "messages": [
    {
      "role": "user",
      "content": "hi"
    }
  ],
  "max_tokens": 16384,
  "max_completion_tokens": 16384,
  "seed": 7,
  "stream": true,
  "stream_options": {
    "include_usage": true
  }
}
""",
        "",
        0,
    )
    with serving(saying("x")) as served:
        glm("run", "hi", "--seed", "7", env=served.env)
        assert served.bodies == [json.loads(shown.stdout)]


def test_a_dry_run_stores_nothing(glm: Glm) -> None:
    glm("run", "hi", "--dry-run")
    assert not glm.folder.exists()


def test_curl_prints_a_command_that_runs_and_sends_the_same_bytes(glm: Glm) -> None:
    with serving(saying("Hello")) as served:
        shown = glm("run", "it's $HOME", "--curl", env=served.env)
        assert served.requests == []
        glm("run", "it's $HOME", "--no-log", env=served.env)
        done = subprocess.run(
            ["sh", "-c", shown.stdout],
            env={"CLOUDFLARE_API_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=True,
        )
        ours, theirs = served.requests
        assert (theirs.method, theirs.target, theirs.body) == (ours.method, ours.target, ours.body)
        assert theirs.headers["authorization"] == ours.headers["authorization"]
    assert b'"Hello"' in done.stdout
    assert (shown.stderr, shown.status) == ("", 0)


def test_curl_without_an_account_leaves_it_to_the_shell(glm: Glm) -> None:
    first = glm("run", "hi", "--curl").stdout.splitlines()[0]
    assert first == (
        "curl -sS 'https://api.cloudflare.com/client/v4/accounts/'\"$CLOUDFLARE_ACCOUNT_ID\"'"
        "/ai/run/@cf/zai-org/glm-4.7-flash' \\"
    )


def test_curl_cannot_reach_an_embedded_endpoint(glm: Glm) -> None:
    assert glm("run", "hi", "--curl", "--profile", "demo").answer == (
        "",
        "the embedded endpoints end with the command, so curl cannot reach them\nStart one that stays: glm serve\n",
        2,
    )


# Endpoints (interface §9)


@pytest.mark.parametrize(
    ("profile", "target", "in_body", "limits"),
    [
        ("", PATH, False, {"max_tokens", "max_completion_tokens"}),
        (
            'endpoint = "workers-ai-openai"',
            f"/accounts/{ACCOUNT}/ai/v1/chat/completions",
            True,
            {"max_tokens", "max_completion_tokens"},
        ),
        (
            'endpoint = "ai-gateway"\ngateway = "mine"',
            f"/{ACCOUNT}/mine/workers-ai/@cf/zai-org/glm-4.7-flash",
            False,
            {"max_tokens", "max_completion_tokens"},
        ),
        (
            'endpoint = "openai"\nbase_url = "URL/v1"\nmodel = "m"\napi_key_env = "MY_KEY"',
            "/v1/chat/completions",
            True,
            {"max_tokens"},
        ),
        (
            'endpoint = "openai"\nbase_url = "URL/v1"\nmodel = "m"\nmax_tokens_field = "max_completion_tokens"',
            "/v1/chat/completions",
            True,
            {"max_completion_tokens"},
        ),
    ],
)
def test_each_endpoint_has_its_address_its_place_for_the_model_and_its_output_limit(
    glm: Glm, profile: str, target: str, in_body: bool, limits: set[str]
) -> None:
    with serving(saying("Hello")) as served:
        glm.folder.mkdir()
        (glm.folder / "config.toml").write_text(f"[profiles.p]\n{profile}\n".replace("URL", served.server.url))
        result = glm("run", "hi", "--profile", "p", env={**served.env, "MY_KEY": "key-of-mine"})
        assert result.answer == ("Hello\n", "", 0)
        [request], [body] = served.requests, served.bodies
    assert request.target == target
    assert ("model" in body) is in_body
    assert {name for name in body if name.startswith("max_")} == limits
    assert {body[name] for name in limits} == {16384}
    expected = (
        "Bearer key-of-mine" if "MY_KEY" in profile else None if 'openai"\nbase' in profile else f"Bearer {TOKEN}"
    )
    assert request.headers.get("authorization") == expected


def test_an_authenticated_gateway_gets_its_own_token(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text(
        '[profiles.p]\nendpoint = "ai-gateway"\ngateway = "mine"\ngateway_token_env = "AIG_TOKEN"\n'
    )
    with serving(saying("Hello")) as served:
        missing = glm("run", "hi", "--profile", "p", env=served.env)
        assert served.requests == []
        glm("run", "hi", "--profile", "p", env={**served.env, "AIG_TOKEN": "token-of-the-gateway"})
        assert served.requests[0].headers["cf-aig-authorization"] == "Bearer token-of-the-gateway"
    assert missing.status == 3
    assert missing.stderr.startswith("profile p takes the token of its gateway from $AIG_TOKEN, which is not set\n")


def test_a_gateway_without_a_name_is_asked_for(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text('[profiles.p]\nendpoint = "ai-gateway"\n')
    assert glm("run", "hi", "--profile", "p").answer == (
        "",
        "profile p names no gateway\nglm config set profiles.p.gateway NAME\n",
        3,
    )


def test_an_openai_profile_needs_an_address_and_a_model(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text('[profiles.p]\nendpoint = "openai"\n')
    assert glm("run", "hi", "--profile", "p").answer == ("", "profile p names no model\nName it with --model.\n", 2)
    assert glm("run", "hi", "--profile", "p", "-m", "x").answer == (
        "",
        "profile p has no base_url\nglm config set profiles.p.base_url http://127.0.0.1:8080/v1\n",
        3,
    )


def test_a_stored_token_that_others_can_read_is_warned_about(glm: Glm) -> None:
    from glmcli.credentials import store_token

    with serving(saying("Hello")) as served:
        store_token(glm.folder, "default", TOKEN, ACCOUNT, served.server.url)
        path = glm.folder / "credentials.toml"
        path.chmod(0o644)
        result = glm("run", "hi", env={"GLM_BASE_URL": served.server.url})
    assert (result.stdout, result.status) == ("Hello\n", 0)
    assert result.stderr.startswith(f"warning: {path}: ")
    assert result.stderr.endswith(f"run: chmod 600 {path}\n")


def test_a_stored_token_goes_only_where_it_was_stored_for(glm: Glm) -> None:
    from glmcli.credentials import store_token

    with serving(saying("Hello")) as served:
        store_token(glm.folder, "default", TOKEN, ACCOUNT, "https://api.cloudflare.com/client/v4")
        result = glm("run", "hi", env={"GLM_BASE_URL": served.server.url})
        assert served.requests == []
    assert result.status == 3


def test_the_demo_judges_and_answers_without_credentials(glm: Glm) -> None:
    result = glm("run", "Translate:", "--profile", "demo", stdin=b"hello\n")
    assert (result.stderr, result.status) == ("", 0)
    assert result.stdout.startswith("This is a **demo answer**")
    assert "> hello\n>\n> Translate:\n" in result.stdout


def test_an_answer_in_one_piece_to_a_request_for_a_stream_is_taken(glm: Glm) -> None:
    with serving(
        [whole(200, {"content-type": "application/json"}, json.dumps(completion("Hello")).encode())]
    ) as served:
        assert glm("run", "hi", env=served.env).answer == ("Hello\n", "", 0)


def test_the_local_model_answers_and_says_what_it_is(glm: Glm, tmp_path: Path) -> None:
    needs_engine()
    path = tmp_path / "parrot.gguf"
    path.write_bytes(parrot())
    name_file(glm.folder, path)
    result = glm("run", "hi", "--profile", "local", "--no-think", env=environment())
    assert (result.status, bool(result.stdout.strip())) == (0, True)


def test_the_local_model_must_be_there(glm: Glm, tmp_path: Path) -> None:
    needs_engine()
    path = tmp_path / "gone.gguf"
    path.write_bytes(parrot())
    name_file(glm.folder, path)
    path.unlink()
    result = glm("run", "hi", "--profile", "local", env=environment())
    assert (result.stdout, result.status) == ("", 3)
    assert "gone.gguf" in result.stderr
