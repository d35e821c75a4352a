"""`glm run`: what goes to stdout and what to stderr, on terminals and in pipes, as text and as JSON (interface §4)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import Glm
from tests.support.screen import seen
from tests.support.served import (
    PATH,
    TOKEN,
    completion,
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
        f"cannot write {tmp_path}: Is a directory\nGive --output a file that can be written.\n",
        2,
    )


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
    assert result.answer == ("Hel\n", "the answer was cut at the output limit\nTry again with --max-tokens 4096.\n", 8)


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


def test_a_dry_run_for_jsonl_is_one_line(glm: Glm) -> None:
    whole = glm("run", "hi", "--dry-run", "--json").stdout
    line = glm("run", "hi", "--dry-run", "--jsonl").stdout
    assert (line.count("\n"), json.loads(line)) == (1, json.loads(whole))


@pytest.mark.parametrize("flag", ["--dry-run", "--curl"])
def test_output_holds_what_is_shown_in_place_of_an_answer(glm: Glm, tmp_path: Path, flag: str) -> None:
    file = tmp_path / "shown"
    result = glm("run", "hi", flag, "--output", str(file))
    assert (file.read_bytes(), result.stderr, result.status) == (result.raw, "", 0)


def test_two_forms_of_the_request_are_one_too_many(glm: Glm) -> None:
    assert glm("run", "hi", "--dry-run", "--curl").answer == (
        "",
        "--dry-run and --curl print two forms of the request\nLeave one of them out.\n",
        2,
    )


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
