"""Plays one request to the model against a loopback server that follows a script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from glmcli.api import endpoint as endpoints
from glmcli.api.client import Client, Patience
from glmcli.api.endpoint import Endpoint
from glmcli.api.events import Event, Retrying, TextDelta
from glmcli.api.http import Http
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, LoopbackServer, Request, in_turn
from glmcli.errors import GlmError

TOKEN = "a-token-of-mine"
NOW = 1_800_000_000.0
SSE = {"content-type": "text/event-stream", "transfer-encoding": "chunked", "cf-ray": "ray-1"}
JSON = {"content-type": "application/json", "cf-ray": "ray-1"}
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
WHOLE: dict[str, Any] = {**ASK, "stream": False}
DONE = b"data: [DONE]\n\n"
Step = bytes | Action


def delta(**values: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": values}]}).encode() + b"\n\n"


def stop(reason: str = "stop") -> bytes:
    payload = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def sse(*events: bytes, headers: dict[str, str] = SSE) -> list[Step]:
    return [head(200, headers), *(chunk(event) for event in events), LAST_CHUNK]


def envelope(content: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return json.dumps({"result": {"choices": [choice]}, "success": True, "errors": [], "messages": []}).encode()


def refusal(status: int, code: int, message: str, **headers: str) -> list[Step]:
    body = json.dumps({"success": False, "result": None, "errors": [{"code": code, "message": message}]}).encode()
    return [whole(status, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)]


ANSWER = sse(delta(content="Hi"), stop(), DONE)


@dataclass
class Played:
    """What one call to the model did."""

    events: list[Event] = field(default_factory=list)
    error: GlmError | None = None
    requests: list[Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def retries(self) -> list[Retrying]:
        return [event for event in self.events if isinstance(event, Retrying)]


@contextmanager
def client_of(
    server: LoopbackServer,
    patience: Patience | None = None,
    *,
    slept: list[float] | None = None,
    place: Endpoint | None = None,
) -> Iterator[Client]:
    place = place or endpoints.workers_ai(server.url + "/client/v4", "account", TOKEN, "@cf/zai-org/glm-4.7-flash")
    with Http(environ={}) as http:
        yield Client(
            place,
            http=http,
            patience=patience or Patience(),
            sleep=(slept if slept is not None else []).append,
            random=lambda: 0.5,
            now=lambda: NOW,
        )


def play(
    *answers: Iterable[Step],
    body: dict[str, Any] = ASK,
    patience: Patience | None = None,
    session_id: str | None = None,
) -> Played:
    """Sends one body to a server that gives these answers in turn, the last one again and again."""
    played = Played()
    with LoopbackServer(in_turn(*answers)) as server, client_of(server, patience, slept=played.slept) as client:
        try:
            for event in client.stream(body, session_id=session_id):
                played.events.append(event)
        except GlmError as error:
            played.error = error
        played.requests = list(server.requests)
    return played
