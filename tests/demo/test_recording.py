"""Exchanges written to a file, and played from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmcli.demo.recording import recording, replaying
from glmcli.demo.reply import Reply
from glmcli.demo.server import Request
from glmcli.errors import UsageError


def ask(body: bytes = b"", method: str = "POST", target: str = "/run") -> Request:
    return Request(method, target, {"authorization": "Bearer secret"}, ["authorization: Bearer secret"], body, 0)


def echo(request: Request) -> Reply:
    if request.method == "GET":
        return Reply(404, b'{"no": 1}', {"x": "y"})
    return Reply(200, iter([b"data: \xc3\xa9\n\n", b"data: [DONE]\n\n"]))


def test_what_was_recorded_is_readable_and_holds_no_token(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    reply_to = recording(echo, file)
    assert reply_to(ask(method="GET")).body == b'{"no": 1}'
    assert list(reply_to(ask(b'{"a": 1}')).body) == [b"data: \xc3\xa9\n\n", b"data: [DONE]\n\n"]
    list(reply_to(ask(b"{")).body)
    next(iter(reply_to(ask(b"left")).body))
    stream = {"method": "POST", "target": "/run", "status": 200, "headers": {}}
    events = {"events": ["data: é\n\n", "data: [DONE]\n\n"]}
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {
            "method": "GET",
            "target": "/run",
            "request": None,
            "status": 404,
            "headers": {"x": "y"},
            "body": '{"no": 1}',
        },
        {**stream, "request": {"a": 1}, **events},
        {**stream, "request": "{", **events},
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_recording_plays_the_same_answers_in_their_order_and_the_last_one_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    for answer in (b'"first"', b'"second"'):
        recording(lambda request, answer=answer: Reply(200, answer, {"x": "y"}), file)(ask(b'{"a": 1, "b": 2}'))  # type: ignore[misc]
    list(recording(echo, file)(ask(b"[]")).body)
    file.write_text(file.read_text() + "\n")
    replay = replaying(file)
    same = ask(b'{"b":2,"a":1}')
    assert [replay(same).body for _ in range(3)] == [b'"first"', b'"second"', b'"second"']
    assert replay(same) == Reply(200, b'"second"', {"x": "y"})
    assert list(replay(ask(b"[]")).body) == [b"data: \xc3\xa9\n\n", b"data: [DONE]\n\n"]


@pytest.mark.parametrize("other", [ask(b"[1]"), ask(b"[]", method="GET"), ask(b"[]", target="/other")])
def test_what_was_not_recorded_is_refused(tmp_path: Path, other: Request) -> None:
    file = tmp_path / "kept.jsonl"
    recording(lambda request: Reply(200, b"{}"), file)(ask(b"[]"))
    refused = replaying(file)(other)
    assert refused.status == 404
    assert isinstance(refused.body, bytes)
    assert json.loads(refused.body)["errors"] == [
        {"code": 404, "message": "no recorded reply matches this method, path and body"}
    ]


GOOD: dict[str, Any] = {"method": "GET", "target": "/", "request": None, "status": 200, "headers": {}, "body": ""}


@pytest.mark.parametrize(
    "line", ["{", "5", "{}", json.dumps({**GOOD, "status": "200"}), json.dumps({**GOOD, "body": 1}), "[" * 100_000]
)
def test_a_line_that_is_no_exchange_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + line + "\n")
    with pytest.raises(UsageError) as refused:
        replaying(file)
    assert refused.value.message == f"{file} line 2 is no recorded exchange"
    assert refused.value.hint == "A line needs method, target, request, status, headers, and events or body."


def test_a_file_that_cannot_be_used_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^cannot read .*: No such file or directory$"):
        replaying(tmp_path / "none")
    with pytest.raises(UsageError, match=r"^cannot write .*: Is a directory$"):
        recording(echo, tmp_path)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"is not text in UTF-8$"):
        replaying(binary)
