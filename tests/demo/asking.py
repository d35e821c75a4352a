"""Asks the demo endpoint without a socket: requests as they come, replies as they would go out."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from glmcli.demo.reply import Reply
from glmcli.demo.server import Request
from glmcli.demo.workers_ai import WorkersAi

MODEL = "@cf/zai-org/glm-4.7-flash"
RUN = f"/client/v4/accounts/{'0' * 32}/ai/run/{MODEL}"
CHAT = f"/client/v4/accounts/{'0' * 32}/ai/v1/chat/completions"
HI = {"messages": [{"role": "user", "content": "hi"}]}
TOOL = {"type": "function", "function": {"name": "clock"}}
GRAMMAR = {"type": "custom", "custom": {"name": "grammar"}}
BRIEF = {**HI, "chat_template_kwargs": {"enable_thinking": False}, "stop": [" **demo"]}


def request(method: str, target: str, body: bytes = b"", **headers: str | None) -> Request:
    named: dict[str, str | None] = {"authorization": "Bearer token", **headers}
    return Request(method, target, {name: value for name, value in named.items() if value is not None}, [], body, 0)


def reply(method: str, target: str, body: Any = None, **headers: Any) -> Reply:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    server = WorkersAi(now=lambda: 1791000000.9, random=Random(1))
    return server.reply(request(method, target, raw, **headers))


def answer(method: str, target: str, body: Any = None, **headers: Any) -> tuple[int, Any]:
    replied = reply(method, target, body, **headers)
    assert isinstance(replied.body, bytes)
    return replied.status, json.loads(replied.body)


def events(target: str, body: dict[str, Any], **headers: Any) -> list[str]:
    """The events of a stream, ids and padding made equal."""
    replied = reply("POST", target, {**body, "stream": True}, **headers)
    assert replied.status == 200
    assert not isinstance(replied.body, bytes)
    texts = [event.decode() for event in replied.body]
    texts = [re.sub(r'^data: {"id":"[0-9a-f]{32}"', 'data: {"id":"ID"', text) for text in texts]
    return [re.sub(r'"p":"[a-z0-9]{1,12}"', '"p":"PAD"', text) for text in texts]


def error(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"result": None, "success": False, "errors": [{"code": code, "message": message, **more}], "messages": []}
