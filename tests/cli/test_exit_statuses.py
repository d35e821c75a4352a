"""Every exit status of interface §5, provoked by a server, a disk or a signal that does what real ones do."""

from __future__ import annotations

import json
import socket

import pytest

from glmcli.demo.connection import Close, Stall
from glmcli.demo.framing import whole
from glmcli.errors import EXIT_STATUSES
from tests.support.cli import Glm
from tests.support.served import (
    PATH,
    TOKEN,
    Script,
    delta,
    failing,
    json_answer,
    saying,
    serving,
    stream,
    told,
)


def test_0_the_answer_is_complete(glm: Glm) -> None:
    assert told(glm, saying("Hel", "lo")) == (0, "Hello\n", "", 1)


def test_an_answer_is_complete_by_done_alone(glm: Glm) -> None:
    assert told(glm, stream(delta(content="Hello"), usage=False)) == (0, "Hello\n", "", 1)


def test_1_a_bug_is_one_line_and_a_way_to_see_more(glm: Glm) -> None:
    def broken() -> float:
        raise RuntimeError("a\nbug")

    with serving(saying("x")) as served:
        result = glm("run", "hi", "-u", env=served.env, monotonic=broken)
    assert result.answer == (
        "",
        "unexpected RuntimeError: a bug\n"
        "This is a bug of glm. Run the same again with --debug to see where, and report it.\n",
        1,
    )


def test_1_a_bug_is_the_error_of_json_too(glm: Glm) -> None:
    def broken() -> float:
        raise RuntimeError("a bug")

    with serving(saying("x")) as served:
        result = glm("run", "hi", "-u", "--json", env=served.env, monotonic=broken)
    assert result.status == 1
    assert json.loads(result.stdout)["error"]["exit_code"] == 1


def test_debug_shows_where_a_bug_is(glm: Glm) -> None:
    def broken() -> float:
        raise RuntimeError("a bug")

    with serving(saying("x")) as served, pytest.raises(RuntimeError, match="a bug"):
        glm("run", "hi", "-u", "--debug", env=served.env, monotonic=broken)


def test_2_an_invalid_request_names_pointer_value_limit_and_flag_and_no_connection_is_made(glm: Glm) -> None:
    assert told(glm, saying("x"), argv=("run", "hi", "--temperature", "3")) == (
        2,
        "",
        "/temperature: 3 is above the maximum 2 (from --temperature)\n"
        "`glm config params` lists every field and what it may be.\n",
        0,
    )


def test_2_comes_before_3_so_a_request_is_judged_without_credentials(glm: Glm) -> None:
    assert glm("run", "hi", "--temperature", "3").status == 2


def test_3_without_credentials_three_lines_say_what_to_do(glm: Glm) -> None:
    assert glm("run", "hi").answer == (
        "",
        "no API token: log in with `glm config login`, or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID,\n"
        "or try `--profile local`: a small model that runs on this machine,\n"
        "or `--profile demo`: made-up answers, no model and no account.\n",
        3,
    )


def test_3_without_an_account(glm: Glm) -> None:
    result = glm("run", "hi", env={"CLOUDFLARE_API_TOKEN": TOKEN})
    assert result.answer == (
        "",
        "no account id for Cloudflare\n"
        "Set CLOUDFLARE_ACCOUNT_ID, or run `glm config set account_id ID`; `glm config login` lists the accounts.\n",
        3,
    )


def test_3_a_token_that_is_none_is_not_sent_and_not_shown(glm: Glm) -> None:
    with serving(saying("x")) as served:
        result = glm("run", "hi", env={**served.env, "CLOUDFLARE_API_TOKEN": "two words of a token"})
        assert served.requests == []
    assert (result.stdout, result.status) == ("", 3)
    assert result.stderr.startswith("CLOUDFLARE_API_TOKEN: the API token holds a blank")


def test_3_plain_http_to_another_machine(glm: Glm) -> None:
    result = glm("run", "hi", env={"GLM_BASE_URL": "http://example.com", "CLOUDFLARE_API_TOKEN": TOKEN})
    assert result.status == 3
    assert result.stderr.startswith("GLM_BASE_URL: http://example.com is plain http")


def test_3_a_mistake_in_the_configuration_names_line_and_nearest_key(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text("# mine\nlgo = false\n")
    assert glm("run", "hi").answer == (
        "",
        'config.toml line 2: unknown key "lgo"; did you mean "log"?\n'
        "`glm config edit` opens the file, `glm config doctor` lists everything that is wrong.\n",
        3,
    )


def test_the_demo_answers_whatever_is_wrong_with_the_configuration(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text("lgo = false\n")
    assert glm("run", "--profile", "demo", "hi").status == 0


@pytest.mark.parametrize(
    ("status", "code", "message", "end", "line", "hint"),
    [
        (401, 10000, "Authentication error", 3, "access denied (HTTP 401, code 10000): Authentication error", "token"),
        (403, 5018, "not allowed", 3, "access denied (HTTP 403, code 5018): not allowed", "may not use this model"),
        (404, 7003, "no route", 4, "the request was refused (HTTP 404, code 7003): no route", "account id"),
        (400, 5006, "bad input", 4, "the request was refused (HTTP 400, code 5006): bad input", "--dry-run"),
        (413, 3006, "too big", 4, "the request was refused (HTTP 413, code 3006): too big", "too large"),
        (429, 3036, "used up", 5, "the quota is used up (HTTP 429, code 3036): used up", "00:00 UTC"),
        (200, 5007, "no model", 7, "the server reported a failure (HTTP 200, code 5007): no model", "model name"),
    ],
)
def test_a_failure_of_the_api_is_told_with_its_code_and_a_way_on_and_not_sent_again(
    glm: Glm, status: int, code: int, message: str, end: int, line: str, hint: str
) -> None:
    ended, out, err, requests = told(glm, failing(status, code, message))
    first, second = err.splitlines()
    assert (ended, out, first, requests) == (end, "", line, 1)
    assert hint in second


def test_3_a_server_that_echoes_the_token_does_not_make_us_print_it(glm: Glm) -> None:
    echo: Script = [whole(401, {"content-type": "text/plain"}, f"bad header: Bearer {TOKEN}".encode())]
    status, _, err, _ = told(glm, echo)
    assert status == 3
    assert err.splitlines()[0] == "access denied (HTTP 401): bad header: Bearer [redacted]"


def test_5_too_many_requests_is_5_after_the_retries(glm: Glm) -> None:
    assert told(glm, failing(429, 3040, "full")) == (
        5,
        "",
        "retrying in 0.5 s (attempt 2 of 3): no capacity (HTTP 429, code 3040): full\n"
        "retrying in 1.0 s (attempt 3 of 3): no capacity (HTTP 429, code 3040): full\n"
        "no capacity (HTTP 429, code 3040): full\n"
        "Workers AI has no capacity free for this model: wait a moment and try again.\n",
        3,
    )
    assert glm.sleeps == [0.5, 1.0]


def test_a_short_retry_after_is_waited_for(glm: Glm) -> None:
    assert told(glm, failing(429, 3040, "full", **{"retry-after": "7"}), saying("Hello")) == (
        0,
        "Hello\n",
        "retrying in 7.0 s (attempt 2 of 3): no capacity (HTTP 429, code 3040): full\n",
        2,
    )
    assert glm.sleeps == [7.0]


def test_5_a_long_retry_after_ends_at_once_and_tells_the_time(glm: Glm) -> None:
    script = failing(429, 3040, "full", **{"retry-after": "700"})
    assert told(glm, script, now=lambda: 1_700_000_000.0) == (
        5,
        "",
        "no capacity (HTTP 429, code 3040): full; the server asks to wait for 700 s, until 2023-11-14 22:25:00 UTC\n"
        "Try again at 2023-11-14 22:25:00 UTC.\n",
        1,
    )
    assert glm.sleeps == []


def test_6_a_refused_connection_is_tried_again(glm: Glm) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    env = {"GLM_BASE_URL": f"http://127.0.0.1:{port}", "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": "0" * 32}
    refused = f"127.0.0.1:{port} refused the connection"
    assert glm("run", "hi", env=env).answer == (
        "",
        f"retrying in 0.5 s (attempt 2 of 3): {refused}\n"
        f"retrying in 1.0 s (attempt 3 of 3): {refused}\n"
        f"{refused}\n"
        "Check that the server runs, and its port.\n",
        6,
    )


def test_6_no_retries_when_none_are_wanted(glm: Glm) -> None:
    status, _, err, requests = told(glm, [Close()], argv=("run", "hi", "--retries", "0"))
    assert (status, requests) == (6, 1)
    assert err == ("the connection to HOST broke before an answer began\nCheck the network, and try again.\n")


def test_6_a_name_that_cannot_be_looked_up(glm: Glm) -> None:
    env = {"GLM_BASE_URL": "https://nowhere.invalid", "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": "0" * 32}
    result = glm("run", "hi", "--retries", "0", env=env)
    assert result.status == 6
    assert "nowhere.invalid" in result.stderr.splitlines()[0]


def test_6_a_time_out_before_the_first_byte_is_not_tried_again_since_the_model_may_be_at_work(glm: Glm) -> None:
    assert told(glm, [Stall()], argv=("run", "hi", "--first-byte-timeout", "0.1")) == (
        6,
        "",
        "no answer from HOST within 0.1 s\n"
        "Wait longer with --first-byte-timeout SEC, or ask for less with --max-tokens.\n",
        1,
    )


def test_7_a_server_that_fails_three_times(glm: Glm) -> None:
    assert told(glm, failing(500, 1, "oops")) == (
        7,
        "",
        "retrying in 0.5 s (attempt 2 of 3): the server failed (HTTP 500, code 1): oops\n"
        "retrying in 1.0 s (attempt 3 of 3): the server failed (HTTP 500, code 1): oops\n"
        "the server failed (HTTP 500, code 1): oops\n"
        "The fault is not yours: try again later.\n",
        3,
    )


def test_7_a_web_page_with_status_200(glm: Glm) -> None:
    page: Script = [whole(200, {"content-type": "text/html"}, b"<html><title>Sign in</title></html>")]
    assert told(glm, page) == (
        7,
        "",
        "HOST answered with a web page, not with an answer\n"
        "A login page of the network or a proxy may stand in between; check the base URL too.\n",
        1,
    )


def test_7_json_that_is_none(glm: Glm) -> None:
    status, out, err, _ = told(glm, [whole(200, {"content-type": "application/json"}, b'{"result": oops}')])
    assert (status, out, err.splitlines()[0]) == (7, "", "HOST sent JSON that cannot be read")


def test_7_a_redirect_is_not_followed_and_its_host_is_named(glm: Glm) -> None:
    with serving(saying("taken")) as thief, serving([whole(302, {"location": f"{thief.server.url}/login"}, b"")]) as it:
        result = glm("run", "hi", env=it.env)
        assert thief.requests == []
    assert result.answer == (
        "",
        f"redirected (HTTP 302) to {thief.host}, which is not followed\n"
        "Check the base URL: a sign-in page or a proxy may stand in the way.\n",
        7,
    )


def test_the_table_of_the_help_is_the_one_in_the_code(glm: Glm) -> None:
    help = " ".join(glm("--help").stdout.split())
    for status, meaning in EXIT_STATUSES.items():
        assert f" {int(status)} {meaning}" in help


def test_the_token_goes_to_the_server_and_nowhere_else(glm: Glm) -> None:
    with serving(json_answer({}, 500), saying("Hello")) as served:
        result = glm("run", "hi", "-v", "-i", "-u", "--jsonl", env=served.env)
        assert [it.headers["authorization"] for it in served.requests] == [f"Bearer {TOKEN}"] * 2
        assert [(it.method, it.target) for it in served.requests] == [("POST", PATH)] * 2
    assert TOKEN not in result.stdout + result.stderr
    for path in glm.folder.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
