"""Every exit status of interface §5, provoked by a server, a disk or a signal that does what real ones do."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from glmcli.demo.connection import Close, Request, Reset, Stall, Wait
from glmcli.demo.framing import LAST_CHUNK, whole
from glmcli.errors import EXIT_STATUSES, Terminated
from tests.support.cli import Glm
from tests.support.served import (
    PATH,
    TOKEN,
    Script,
    cut,
    delta,
    failing,
    json_answer,
    saying,
    serving,
    stream,
)


def told(glm: Glm, *scripts: Script, argv: tuple[str, ...] = ("run", "hi"), **world: Any) -> tuple[int, str, str, int]:
    """The status, stdout and stderr with the server's address as HOST, and the number of requests."""
    with serving(*scripts) as served:
        result = glm(*argv, env=served.env, **world)
        return result.status, result.stdout, result.stderr.replace(served.host, "HOST"), len(served.requests)


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
        "Workers AI has no capacity free for this model: wait a moment and try again\n",
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
        "try again at 2023-11-14 22:25:00 UTC\n",
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
        "check that the server runs, and its port\n",
        6,
    )


def test_6_no_retries_when_none_are_wanted(glm: Glm) -> None:
    status, _, err, requests = told(glm, [Close()], argv=("run", "hi", "--retries", "0"))
    assert (status, requests) == (6, 1)
    assert err == ("the connection to HOST broke before an answer began\ncheck the network, and try again\n")


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
        "wait longer with --first-byte-timeout SEC, or ask for less with --max-tokens\n",
        1,
    )


def test_7_a_server_that_fails_three_times(glm: Glm) -> None:
    assert told(glm, failing(500, 1, "oops")) == (
        7,
        "",
        "retrying in 0.5 s (attempt 2 of 3): the server failed (HTTP 500, code 1): oops\n"
        "retrying in 1.0 s (attempt 3 of 3): the server failed (HTTP 500, code 1): oops\n"
        "the server failed (HTTP 500, code 1): oops\n"
        "the fault is not yours: try again later\n",
        3,
    )


def test_7_a_web_page_with_status_200(glm: Glm) -> None:
    page: Script = [whole(200, {"content-type": "text/html"}, b"<html><title>Sign in</title></html>")]
    assert told(glm, page) == (
        7,
        "",
        "HOST answered with a web page, not with an answer\n"
        "a login page of the network or a proxy may stand in between; check the base URL too\n",
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
        "check the base URL: a sign-in page or a proxy may stand in the way\n",
        7,
    )


@pytest.mark.parametrize(
    ("end", "message", "hint"),
    [
        (Close(), "the connection to HOST broke before the answer was complete", "what came is kept; try again"),
        (Reset(), "the connection to HOST broke before the answer was complete", "what came is kept; try again"),
        (
            LAST_CHUNK,
            "the stream was cut: it ended without a finish reason",
            "what came is kept; send the request again for a whole answer",
        ),
    ],
)
def test_8_a_dropped_stream_keeps_the_partial_answer(glm: Glm, end: Any, message: str, hint: str) -> None:
    seen = Event()

    def respond(request: Request) -> Script:
        return cut("Hel", "lo", end=[Wait(seen), end])

    with serving(respond=respond) as served:
        out = _Watched(5, seen)
        result = glm("run", "hi", env=served.env, stdout=out)
        err = result.stderr.replace(served.host, "HOST")
    assert (out.getvalue(), err, result.status) == (b"Hello\n", f"{message}\n{hint}\n", 8)
    assert _stored(glm) == [("user", "hi", "complete"), ("assistant", "Hello", "error")]


def test_8_a_cut_answer_is_part_of_what_is_sent_on(glm: Glm) -> None:
    with serving(cut("Hel", end=[LAST_CHUNK]), saying("more")) as served:
        assert glm("run", "hi", env=served.env).status == 8
        assert glm("run", "-c", "go on", env=served.env).status == 0
        assert served.bodies[1]["messages"] == [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "Hel"},
            {"role": "user", "content": "go on"},
        ]


def test_8_never_after_a_delta_is_a_request_sent_again(glm: Glm) -> None:
    thinking = stream(delta(reasoning_content="hm"), usage=False, end=[Close()])
    status, out, err, requests = told(glm, thinking, saying("second"))
    assert (status, out, requests) == (8, "", 1)
    assert "retrying" not in err


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (saying("Hel", finish="length"), "the answer was cut at the output limit", "try again with --max-tokens 4096"),
        (
            stream(delta(reasoning_content="hm"), delta(finish="length")),
            "thinking used up the output limit before an answer began",
            "try again with a larger limit (--max-tokens 4096) or without thinking (--no-think)",
        ),
        (
            stream(delta(reasoning_content="hm"), delta(finish="stop")),
            "the model only thought and gave no answer",
            "try again without thinking (--no-think) or with a larger limit (--max-tokens 4096)",
        ),
        (stream(delta(finish="stop")), "the answer is empty", "try again, or ask in other words"),
    ],
)
def test_8_an_answer_that_is_no_whole_one_names_its_cure(glm: Glm, script: Script, message: str, hint: str) -> None:
    status, out, err, requests = told(glm, script)
    assert (status, out, err, requests) == (8, "Hel\n" if "cut" in message else "", f"{message}\n{hint}\n", 1)


def test_8_silence_in_the_middle_of_an_answer(glm: Glm) -> None:
    assert told(glm, cut("Hel", end=[Stall()]), argv=("run", "hi", "--timeout", "0.2")) == (
        8,
        "Hel\n",
        "HOST sent nothing more within 0.2 s\nwhat came is kept; wait longer with --timeout SEC\n",
        1,
    )


def test_8_a_stream_without_events_is_tried_once_more(glm: Glm) -> None:
    empty = "HOST sent an empty answer: a stream without events"
    assert told(glm, stream(usage=False, done=False)) == (
        8,
        "",
        f"retrying in 0.5 s (attempt 2 of 3): {empty}\n{empty}\ntry again\n",
        2,
    )


def test_9_a_refusal(glm: Glm) -> None:
    status, out, err, _ = told(glm, stream(delta(refusal="I will not."), delta(finish="stop")))
    assert (status, out) == (9, "")
    assert "the model refused: I will not.\n" in err


def test_9_a_filtered_answer_keeps_what_came(glm: Glm) -> None:
    assert told(glm, saying("Well", finish="content_filter")) == (
        9,
        "Well\n",
        "the answer was filtered (finish reason content_filter)\nput the request otherwise\n",
        1,
    )


def test_11_the_answer_is_delivered_though_it_cannot_be_stored(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    path = glm.folder / "sessions.db"
    assert told(glm, saying("Hello")) == (
        11,
        "Hello\n",
        f"warning: the session store {path}: file is not a database; this conversation is not stored any further\n"
        f"the answer was delivered but not stored: the session store {path}: file is not a database\n"
        "Move that file away; a new one is made.\n",
        1,
    )


def test_11_only_where_it_would_be_0(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    assert told(glm, saying("Hel", finish="length"))[0] == 8


def test_3_a_store_that_cannot_be_read_is_no_answer_to_continue(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    assert told(glm, saying("Hello"), argv=("run", "-c", "hi"))[::3] == (3, 0)


class _Watched:
    """Standard output that tells when it got so many bytes."""

    def __init__(self, size: int, seen: Event) -> None:
        self._data = bytearray()
        self._size = size
        self._seen = seen

    def write(self, data: bytes) -> int:
        self._data += data
        if len(self._data) >= self._size:
            self._seen.set()
        return len(data)

    def flush(self) -> None: ...

    def getvalue(self) -> bytes:
        return bytes(self._data)


@pytest.mark.parametrize(
    ("fault", "status", "word"), [(KeyboardInterrupt(), 130, "interrupted"), (Terminated(), 143, "terminated")]
)
def test_130_and_143_keep_what_had_come(glm: Glm, fault: BaseException, status: int, word: str) -> None:
    class Interrupted(io.BytesIO):
        def write(self, data: Any) -> int:
            if data == b"lo":
                raise fault
            return super().write(data)

    out = Interrupted()
    with serving(saying("Hel", "lo")) as served:
        result = glm("run", "hi", env=served.env, stdout=out)
        assert (out.getvalue(), result.stderr, result.status) == (b"Hel\n", f"{word}\n", status)
        assert _stored(glm) == [("user", "hi", "complete"), ("assistant", "Hello", "interrupted")]


def test_130_is_the_error_of_json(glm: Glm) -> None:
    with serving(cut("Hel", end=[Stall()])) as served:

        def interrupted() -> float:
            raise KeyboardInterrupt

        result = glm("run", "hi", "--json", "-u", env=served.env, monotonic=interrupted)
    assert (json.loads(result.stdout)["error"]["type"], result.status) == ("interrupted", 130)


def test_130_ends_the_wait_for_another_try(glm: Glm) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    retrying = "retrying in 0.5 s (attempt 2 of 3): the server failed (HTTP 500, code 1): oops\n"
    assert told(glm, failing(500, 1, "oops"), sleep=interrupted) == (130, "", f"{retrying}interrupted\n", 1)


def test_11_is_the_error_of_json(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    status, out, _, _ = told(glm, saying("Hello"), argv=("run", "hi", "--json"))
    document = json.loads(out)
    assert (status, document["error"]["type"], document["error"]["exit_code"]) == (11, "not_stored", 11)
    assert document["choices"][0]["message"]["content"] == "Hello"
    assert document["glm"]["session"] is None


def test_130_before_anything_is_sent(glm: Glm) -> None:
    def interrupted(descriptor: int, seconds: float | None) -> bool:
        raise KeyboardInterrupt

    assert glm("run", "hi", stdin=b"", readable=interrupted).answer == ("", "interrupted\n", 130)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)], ids=str
)
def test_a_signal_ends_a_real_process_with_its_status_and_what_had_come(
    glm: Glm, number: signal.Signals, status: int
) -> None:
    with serving(cut("Hel", end=[Stall()])) as served:
        process = glm.process("run", "hi", env=served.env)
        assert process.stdout is not None
        assert process.stderr is not None
        begun = process.stdout.read(3)
        process.send_signal(number)
        rest, err = process.communicate(timeout=30)
    word = "interrupted" if status == 130 else "terminated"
    # The signal may come before the program knows that what it wrote was written, so the final newline is open.
    assert ((begun + rest).rstrip(b"\n"), err.decode(), process.returncode) == (b"Hel", f"{word}\n", status)
    assert _stored(glm) == [("user", "hi", "complete"), ("assistant", "Hel", "interrupted")]


def test_a_reader_that_closes_the_pipe_early_is_silent_success(glm: Glm) -> None:
    gone = Event()
    with serving(cut("Hel", end=[Wait(gone), *saying("lo" * 100_000)[1:]])) as served:
        process = glm.process("run", "hi", env=served.env)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(3) == b"Hel"
        process.stdout.close()
        gone.set()
        assert (process.stderr.read(), process.wait(30)) == (b"", 0)
        process.stderr.close()
    assert _stored(glm)[1][2] == "interrupted"


def test_a_full_disk_behind_stdout_is_said(glm: Glm) -> None:
    with serving(saying("Hello")) as served, Path("/dev/full").open("wb") as full:
        process = glm.process("run", "hi", env=served.env, stdout=full)
        _, err = process.communicate(timeout=30)
    assert (err.decode(), process.returncode) == (
        "cannot write to standard output: No space left on device\nfree some space, or write somewhere else\n",
        1,
    )


def test_a_closed_stdout_is_said(glm: Glm) -> None:
    with serving(saying("Hello")) as served:
        process = glm.process("run", "hi", env=served.env, preexec_fn=lambda: os.close(1), stdout=None)
        _, err = process.communicate(timeout=30)
    assert (err.decode(), process.returncode) == ("cannot write to standard output: it is closed\n", 1)


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


def _stored(glm: Glm) -> list[tuple[str, str, str]]:
    """Role, content and status of every message in the store."""
    from glmcli.store import Store
    from glmcli.world import World

    with open(os.devnull, "rb+") as nothing:  # noqa: PTH123
        store = Store.at(glm.folder, World(None, nothing, nothing), create=False)
    try:
        [session] = store.list(10)
        messages = store.messages(session.id)
        return [(it.role, it.message.get("content", ""), it.status) for it in messages]
    finally:
        store.close()
