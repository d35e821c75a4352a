"""Exchanges kept in a file and played from it, so that a script can be tested against the same answers again and again.

One JSON object a line, for people to read and to edit:

    {"method": "POST", "target": "/client/v4/…", "request": {…}, "status": 200, "headers": {…}, "events": ["data: …"]}

`request` is the body as JSON, as text where it is none, null where there is none. The answer stands under `events`,
one text for each as it is sent, or under `body`. No header of a request is kept, hence no token.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from glmcli.demo.reply import Reply, ReplyTo
from glmcli.demo.server import Request
from glmcli.errors import UsageError


def recording(reply_to: ReplyTo, file: Path) -> ReplyTo:
    """The same replies; each exchange is added to the file when it is over. Raises UsageError if it cannot be written.

    A stream that the client leaves is not kept.
    """
    lock = Lock()

    def write(request: Request, reply: Reply, **answer: Any) -> None:
        exchange = {
            "method": request.method,
            "target": request.target,
            "request": _readable(request.body),
            "status": reply.status,
            "headers": reply.headers,
            **answer,
        }
        line = (json.dumps(exchange) + "\n").encode()
        with lock, file.open("ab") as kept:
            kept.write(line)

    def events(request: Request, reply: Reply, body: Iterator[bytes]) -> Iterator[bytes]:
        sent = []
        for event in body:
            sent.append(event.decode())
            yield event
        write(request, reply, events=sent)

    def recorded(request: Request) -> Reply:
        reply = reply_to(request)
        if isinstance(reply.body, bytes):
            write(request, reply, body=reply.body.decode())
            return reply
        return Reply(reply.status, events(request, reply, reply.body), reply.headers)

    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", hint="Give --record a file to write to.") from None
    return recorded


def replaying(file: Path) -> ReplyTo:
    """The replies kept in the file: to a request of the same method, target and body, the first one kept for it, then
    the second, and the last one again and again. Raises UsageError, with the line, for a file that is no recording."""
    kept: dict[str, list[dict[str, Any]]] = {}
    try:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.strip():
                exchange = _exchange(line, f"{file} line {number}")
                kept.setdefault(_key(exchange["method"], exchange["target"], exchange["request"]), []).append(exchange)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", hint="Record one with --record FILE.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not text in UTF-8", hint="Record one with --record FILE.") from None

    def replayed(request: Request) -> Reply:
        found = kept.get(_key(request.method, request.target, _readable(request.body)))
        if found is None:
            error = {"code": 404, "message": "no recorded reply matches this method, path and body"}
            body = {"result": None, "success": False, "errors": [error], "messages": []}
            return Reply(404, json.dumps(body).encode())
        exchange = found.pop(0) if len(found) > 1 else found[0]
        if "body" in exchange:
            return Reply(exchange["status"], exchange["body"].encode(), exchange["headers"])
        return Reply(exchange["status"], (event.encode() for event in exchange["events"]), exchange["headers"])

    return replayed


def _exchange(line: str, place: str) -> dict[str, Any]:
    """Raises UsageError for what cannot be played."""
    shapes = {"method": str, "target": str, "status": int, "headers": dict}
    try:
        exchange = json.loads(line)
        playable = (
            all(isinstance(exchange[name], shape) for name, shape in shapes.items())
            and "request" in exchange
            and all(isinstance(text, str) for text in (exchange.get("events") or [exchange["body"]]))
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        playable = False
    if not playable:
        hint = "A line needs method, target, request, status, headers, and events or body."
        raise UsageError(f"{place} is no recorded exchange", hint=hint)
    checked: dict[str, Any] = exchange
    return checked


def _key(method: str, target: str, request: Any) -> str:
    return json.dumps([method, target, request], sort_keys=True)


def _readable(body: bytes) -> Any:
    """The body as JSON if it is some, else as text."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
