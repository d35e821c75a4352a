"""The Workers AI protocol as a server speaks it (wire-protocol §1, §2, §3, §5): which request gets which answer.

It shares no code with the client, so that a misreading on one side is not repeated on the other. For scripts under
test, these stand-ins mean something:

    any token            is valid, but one that
      starts with `bad`    is refused with 401 and code 10000 (1000 by the verify paths)
      starts with `cfat_`  is owned by an account: refused by /user/tokens/verify, as an account's token is
      starts with `none`   sees no accounts;  one that starts with `many` sees three, every other one sees one
    any account          exists; the account `none` has no models to list
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote

from glmcli.demo import dialects
from glmcli.demo.answer import CONTEXT, compose
from glmcli.demo.reply import Reply
from glmcli.demo.server import Request
from glmcli.demo.verdict import refusal, schema

MODELS = {
    "@cf/zai-org/glm-4.7-flash": "A fast multilingual text model; here its demo stand-in.",
    "@cf/demo/echo": "Exists only here, to test switching models.",
}
TASK = {
    "id": "c329a1f9-323d-4e91-b2aa-582dd4188d34",
    "name": "Text Generation",
    "description": "Continues text; here it repeats it.",
}
PROPERTIES = [
    {"property_id": "context_window", "value": str(CONTEXT)},
    {
        "property_id": "price",
        "value": [
            {"unit": "per M input tokens", "price": 0.06, "currency": "USD"},
            {"unit": "per M output tokens", "price": 0.4, "currency": "USD"},
        ],
    },
    {"property_id": "function_calling", "value": "true"},
]
OUTPUT_SCHEMA = {
    "oneOf": [
        {"type": "object", "required": ["id", "object", "created", "model", "choices"]},
        {"type": "string", "contentType": "text/event-stream", "format": "binary"},
    ]
}
_BEARER = re.compile(r"Bearer [A-Za-z0-9._~+/-]+=*", re.IGNORECASE).fullmatch


class _Refused(Exception):
    """A request that gets an error body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.reply = Reply(status, dialects.to_json(body))


def _refused(status: int, *errors: dict[str, Any]) -> _Refused:
    """Refused by the API itself."""
    return _Refused(status, {"result": None, "success": False, "errors": errors, "messages": []})


def _refused_behind(code: int, message: str) -> _Refused:
    """Refused by what stands behind the API, whose body has another order and another empty result."""
    return _Refused(
        400, {"errors": [{"message": message, "code": code}], "success": False, "result": {}, "messages": []}
    )


def _envelope(result: Any, *, messages: Sequence[Any] = (), **more: Any) -> bytes:
    return dialects.to_json({"result": result, "success": True, "errors": [], "messages": messages, **more})


def _error(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, **more}


class WorkersAi:
    """Answers requests; holds nothing between two of them.

    now: seconds since the epoch. random: for ids and padding.
    """

    def __init__(self, *, now: Callable[[], float] = time.time, random: Random | None = None) -> None:
        self._now = now
        self._random = random or Random()

    def reply(self, request: Request) -> Reply:
        """What a request is answered."""
        try:
            reply = self._routed(request)
        except _Refused as refused:
            reply = refused.reply
        return replace(reply, headers={**reply.headers, "cf-ray": f"{self._hex(16)}-DEMO", "server": "glm demo"})

    def _routed(self, request: Request) -> Reply:
        path, _, question = request.target.partition("?")
        query = {name: values[-1] for name, values in parse_qs(question).items()}
        match request.method, unquote(path).split("/")[1:]:
            case "GET", ["client", "v4", "user", "tokens", "verify"]:
                return self._verify(request, by_user=True)
            case "GET", ["client", "v4", "accounts", _, "tokens", "verify"]:
                return self._verify(request, by_user=False)
            case "GET", ["client", "v4", "accounts"]:
                return _page(_accounts(_token(request)), query)
            case "GET", ["client", "v4", "accounts", account, "ai", "models", "search"]:
                _token(request)
                return _page(_models(account, query), query)
            case "GET", ["client", "v4", "accounts", _, "ai", "models", "schema"]:
                _token(request)
                _model(query.get("model"))
                return Reply(200, _envelope({"input": schema(), "output": OUTPUT_SCHEMA}))
            case "GET", ["client", "v4", "accounts", _, "ai", "v1", "models"]:
                _token(request)
                listed = [{"id": name, "object": "model", "created": 0, "owned_by": "demo"} for name in MODELS]
                return Reply(200, dialects.to_json({"object": "list", "data": listed}))
            case "POST", ["client", "v4", "accounts", _, "ai", "v1", "chat", "completions"]:
                _token(request)
                body = _json(request)
                return self._completion(request, body, _model(body.get("model") if isinstance(body, dict) else None))
            case "POST", ["client", "v4", "accounts", _, "ai", "run", *model] if model:
                _token(request)
                return self._completion(request, _json(request), _model("/".join(model)), on_run_path=True)
            case _:
                raise _no_route(path)

    def _completion(self, request: Request, body: Any, model: str, *, on_run_path: bool = False) -> Reply:
        reason = refusal(body)
        if reason is not None:
            raise self._upstream(5006, f"Bad input: Error: {reason}")
        try:
            answer = compose(body, same_session="x-session-affinity" in request.headers)
        except ValueError as refused:
            raise self._upstream(8007, str(refused)) from None
        headers = {"cf-ai-req-id": self._uuid(), "cf-ai-neurons": str(dialects.usage(answer)["neurons"])}
        alternatives = int(body.get("top_logprobs") or 0) if body.get("logprobs") else None
        stamp = dialects.Stamp(self._hex(32), int(self._now()), model)
        if body.get("stream"):
            if on_run_path:
                events = dialects.run_stream(answer, stamp, alternatives, self._random)
            else:
                stamp = dialects.Stamp(f"id-{stamp.created * 1000}", stamp.created, model)
                events = dialects.chat_stream(answer, stamp, alternatives)
            return Reply(200, events, headers)
        stamp = dialects.Stamp(f"chatcmpl-{stamp.id[:8]}", stamp.created, model)
        completion = dialects.completion(answer, stamp, alternatives)
        return Reply(200, _envelope(completion) if on_run_path else dialects.to_json(completion), headers)

    def _verify(self, request: Request, *, by_user: bool) -> Reply:
        token = _bearer(request)
        if token.startswith("bad") or (by_user and token.startswith("cfat_")):
            raise _refused(401, _error(1000, "Invalid API Token"))
        message = {"code": 10000, "message": "This API Token is valid and active", "type": None}
        result = {"id": _id(0), "status": "active"}
        return Reply(200, _envelope(result, messages=[message]))

    def _upstream(self, code: int, text: str) -> _Refused:
        """A refusal of the model's server, with the prefixes and the id that come around its text."""
        return _refused_behind(code, f"AiError: AiError: {text} ({self._uuid()})")

    def _hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def _uuid(self) -> str:
        return "-".join(self._hex(length) for length in (8, 4, 4, 4, 12))


def _no_route(path: str) -> _Refused:
    return _refused(
        404,
        _error(7003, f"Could not route to {path}, perhaps your object identifier is invalid?"),
        _error(7000, "No route for that URI"),
    )


def _accounts(token: str) -> list[dict[str, Any]]:
    number = 0 if token.startswith("none") else 3 if token.startswith("many") else 1
    return [{"id": _id(at), "name": f"Demo account {at}", "type": "standard"} for at in range(1, number + 1)]


def _models(account: str, query: dict[str, str]) -> list[dict[str, Any]]:
    wanted = query.get("search", "").lower()
    return [
        {
            "id": _id(at),
            "source": 1,
            "name": name,
            "description": description,
            "task": TASK,
            "tags": [],
            "properties": PROPERTIES,
        }
        for at, (name, description) in enumerate(MODELS.items(), 1)
        if account != "none"
        and wanted in f"{name} {description}".lower()
        and query.get("task", TASK["name"]) == TASK["name"]
        and query.get("author", "") in name
    ]


def _id(number: int) -> str:
    return f"de30{number:028x}"


def _bearer(request: Request) -> str:
    """The token. Raises _Refused for a header that holds none, wherever it would have been valid."""
    header = request.headers.get("authorization")
    if header is None:
        raise _refused(401, _error(10000, "Authentication error"))
    if not _BEARER(header):
        chain = [_error(6111, "Invalid format for Authorization header")]
        raise _refused(400, _error(6003, "Invalid request headers", error_chain=chain))
    return header.partition(" ")[2]


def _token(request: Request) -> str:
    token = _bearer(request)
    if token.startswith("bad"):
        raise _refused(401, _error(10000, "Authentication error"))
    return token


def _model(name: Any) -> str:
    if not isinstance(name, str) or name not in MODELS:
        raise _refused_behind(5007, f"No such model {name} or task")
    return name


def _json(request: Request) -> Any:
    def number(text: str) -> Any:
        raise ValueError(f"{text} is no JSON")

    if not request.body:
        raise _refused_behind(3003, "The body is missing")
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=number)
    except (ValueError, RecursionError) as fault:
        raise _refused_behind(5004, f"The body is not valid JSON: {fault}") from None


def _page(items: list[Any], query: dict[str, str]) -> Reply:
    """One page of a list, with its `result_info`; a number that is none counts as not given."""

    def asked(name: str, default: int) -> int:
        text = query.get(name, "")
        return max(1, int(text)) if text.isdecimal() and len(text) < 10 else default

    number, size = asked("page", 1), asked("per_page", 50)
    result = items[(number - 1) * size : number * size]
    info = {
        "page": number,
        "per_page": size,
        "count": len(result),
        "total_count": len(items),
        "total_pages": -(-len(items) // size),
    }
    return Reply(200, _envelope(result, result_info=info))
