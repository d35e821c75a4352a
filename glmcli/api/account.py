"""Questions about credentials: is this token good, which accounts and which models does it open (wire-protocol §1.2).

For `config login` and `config doctor`. Nothing that runs a prompt may depend on it: a token that may only run models
is refused here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from glmcli import __version__
from glmcli.api import faults
from glmcli.api.endpoint import Endpoint, check_account, check_base_url, check_token, redact
from glmcli.api.http import Http, host_of
from glmcli.errors import AccessError, GlmError, RefusedError, ServerError

PAGE = 50
MAX_PAGES = 20


@dataclass(frozen=True)
class TokenState:
    """status: active, disabled or expired. owner: "user" or "account". Times: ISO 8601, None where unsaid."""

    id: str
    status: str
    owner: str
    expires_on: str | None = None
    not_before: str | None = None


@dataclass(frozen=True)
class Account:
    id: str
    name: str


@dataclass(frozen=True)
class Model:
    """name: what requests call it. task: as "Text Generation"; empty where the server does not say."""

    name: str
    description: str = ""
    task: str = ""


class Directory:
    """What one token can see at one Cloudflare API address. Raises GlmError everywhere, as requests to models do."""

    def __init__(self, http: Http, base: str, token: str, *, now: Callable[[], float] = time.time) -> None:
        self._http = http
        self._base = check_base_url(base)
        self._token = check_token(token)
        self._now = now

    def verify_token(self, account: str | None = None) -> TokenState:
        """The state of the token. One that belongs to an account is known to that account only, so with an account
        it is asked for there as well. Raises AccessError for a token that nobody knows."""
        try:
            return _token_state(self._get("/user/tokens/verify"), "user")
        except (AccessError, RefusedError):
            if account is None:
                raise
        return _token_state(self._get(f"/accounts/{check_account(account)}/tokens/verify"), "account")

    def accounts(self) -> list[Account]:
        """The accounts that the token may list; none for a narrow token, which may work all the same."""
        found = [Account(_text(item.get("id")), _text(item.get("name"))) for item in self._pages("/accounts", {})]
        return [account for account in found if account.id]

    def models(self, account: str, search: str = "") -> list[Model]:
        """The models of Workers AI whose name or description holds the words; all of them for no words."""
        query = {"search": search} if search else {}
        found = []
        for item in self._pages(f"/accounts/{check_account(account)}/ai/models/search", query):
            task = item.get("task")
            name = _text(task.get("name")) if isinstance(task, dict) else ""
            found.append(Model(_text(item.get("name")), _text(item.get("description")), name))
        return [model for model in found if model.name]

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        for page in range(1, MAX_PAGES + 1):
            answer = self._get(f"{path}?{urlencode({**query, 'per_page': PAGE, 'page': page})}")
            result = answer.get("result")
            items = [item for item in result if isinstance(item, dict)] if isinstance(result, list) else []
            yield from items
            info = answer.get("result_info")
            total = info.get("total_count") if isinstance(info, dict) else None
            # Not every list says how long it is; a page that is not full is the last one then.
            if page * PAGE >= total if isinstance(total, int) else len(items) < PAGE:
                return

    def _get(self, path: str) -> dict[str, Any]:
        return _get(self._http, self._base + path, self._token, self._now)


def served_models(http: Http, endpoint: Endpoint, *, now: Callable[[], float] = time.time) -> list[Model]:
    """What an OpenAI-compatible server says it serves. Raises GlmError; RefusedError where it does not say."""
    answer = _get(http, f"{endpoint.base_url}/models", endpoint.token, now)
    data = answer.get("data")
    names = [_text(item.get("id")) for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return [Model(name) for name in names if name]


def _get(http: Http, url: str, token: str | None, now: Callable[[], float]) -> dict[str, Any]:
    headers = [("Accept", "application/json"), ("Accept-Encoding", "identity"), ("User-Agent", f"glm/{__version__}")]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    try:
        status, received, body = http.get(url, headers)
        if not 200 <= status < 300:
            raise faults.from_response(status, received, body, now=now())
        answer = _object(body, host_of(url))
        fault = faults.from_payload(answer, status)
        if fault is not None:
            raise fault
    except GlmError as error:
        error.message = redact(error.message, token)
        error.hint = redact(error.hint, token)
        error.args = (error.message,)
        raise
    return answer


def _object(body: bytes, where: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServerError(f"{where} did not answer in JSON", hint="Check the base URL.")
    return answer


def _token_state(answer: dict[str, Any], owner: str) -> TokenState:
    result = answer.get("result")
    if not isinstance(result, dict) or not _text(result.get("status")):
        raise ServerError("the answer does not say whether the token is active", hint="Try again.")
    return TokenState(
        id=_text(result.get("id")),
        status=_text(result.get("status")),
        owner=owner,
        expires_on=_text(result.get("expires_on")) or None,
        not_before=_text(result.get("not_before")) or None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
