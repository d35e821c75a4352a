"""What the servers of the tests say: whole answers as bytes, as Workers AI gives them. And how `glm` finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glmcli.demo.connection import Action, Request, Respond
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import LoopbackServer, in_turn
from tests.support.cli import Glm

TOKEN = "secret-token-of-the-tests-0123456789"
ACCOUNT = "0123456789abcdef0123456789abcdef"
PATH = f"/accounts/{ACCOUNT}/ai/run/@cf/zai-org/glm-4.7-flash"
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}

Script = list[bytes | Action]


class Served:
    """A loopback server in the place of the API. env: makes `glm` ask it."""

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server
        self.env = {"GLM_BASE_URL": server.url, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}

    @property
    def requests(self) -> list[Request]:
        return self.server.requests

    @property
    def bodies(self) -> list[Any]:
        """The JSON that came, request by request."""
        return [json.loads(request.body) for request in self.requests]

    @property
    def host(self) -> str:
        return self.server.url.removeprefix("http://")


@contextmanager
def serving(*scripts: Script, respond: Respond | None = None) -> Iterator[Served]:
    """Plays the first script to the first request, and so on; the last one again and again."""
    with LoopbackServer(respond or in_turn(*scripts)) as server:
        yield Served(server)


def delta(index: int = 0, finish: str | None = None, **parts: Any) -> dict[str, Any]:
    """One `chat.completion.chunk` with one choice."""
    return {
        "id": "chat-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "@cf/zai-org/glm-4.7-flash",
        "choices": [{"index": index, "delta": parts, "finish_reason": finish}],
    }


def stream(*chunks: dict[str, Any], usage: bool = True, done: bool = True, end: Script | None = None) -> Script:
    """A streamed answer of these chunks, each sent by itself. end: what comes in place of its proper end."""
    events = [*chunks, *([{**delta(), "choices": [], "usage": USAGE}] if usage else [])]
    script: Script = [
        head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked", "cf-ray": "ray-1"})
    ]
    script += [chunk(f"data: {json.dumps(event)}\n\n".encode()) for event in events]
    if end is not None:
        return [*script, *end]
    return [*script, *([chunk(b"data: [DONE]\n\n")] if done else []), LAST_CHUNK]


def saying(*texts: str, finish: str = "stop", **how: Any) -> Script:
    """A streamed answer of these pieces of text."""
    return stream(*(delta(content=text) for text in texts), delta(finish=finish), **how)


def cut(*texts: str, end: Script) -> Script:
    """A streamed answer that ends, after these pieces of text, without a finish reason."""
    return stream(*(delta(content=text) for text in texts), usage=False, end=end)


def json_answer(payload: Any, status: int = 200, **headers: str) -> Script:
    """One JSON document as the answer."""
    return [whole(status, {"content-type": "application/json", **headers}, json.dumps(payload).encode())]


def failing(status: int, code: int, message: str, **headers: str) -> Script:
    """A failure in the envelope of Cloudflare."""
    return json_answer(
        {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []},
        status,
        **headers,
    )


def completion(text: str, **more: Any) -> dict[str, Any]:
    """A whole `chat.completion` in the envelope of Workers AI."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    whole_answer = {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "@cf/zai-org/glm-4.7-flash",
        "choices": [choice],
        "usage": USAGE,
        **more,
    }
    return {"result": whole_answer, "success": True, "errors": [], "messages": []}


def told(glm: Glm, *scripts: Script, argv: tuple[str, ...] = ("run", "hi"), **world: Any) -> tuple[int, str, str, int]:
    """The status, stdout and stderr with the server's address as HOST, and the number of requests."""
    with serving(*scripts) as served:
        result = glm(*argv, env=served.env, **world)
        return result.status, result.stdout, result.stderr.replace(served.host, "HOST"), len(served.requests)
