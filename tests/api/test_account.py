from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from glmcli import __version__
from glmcli.api import endpoint as endpoints
from glmcli.api.account import MAX_PAGES, PAGE, Account, Directory, Model, TokenState, served_models
from glmcli.api.http import Http
from glmcli.demo.framing import whole
from glmcli.demo.server import Action, LoopbackServer, Request
from glmcli.errors import AccessError, ConfigError, GlmError, RateLimitError, RefusedError, ServerError

TOKEN = "a-token-of-mine"
ACTIVE = {"id": "t1", "status": "active"}

Answers = dict[str, tuple[int, Any]]


def envelope(result: Any, **more: Any) -> dict[str, Any]:
    return {"success": True, "errors": [], "messages": [], "result": result, **more}


def refused(code: int, message: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}


@contextmanager
def served(answer: Callable[[str], tuple[int, Any]]) -> Iterator[tuple[LoopbackServer, Http]]:
    """A server that answers a path with a status and a JSON value, or bytes."""

    def respond(request: Request) -> list[bytes | Action]:
        status, value = answer(request.target)
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return [whole(status, {"content-type": "application/json"}, body)]

    with LoopbackServer(respond) as server, Http(environ={}) as http:
        yield server, http


@contextmanager
def directory(answers: Answers) -> Iterator[tuple[Directory, LoopbackServer]]:
    with served(lambda target: answers.get(target, (404, refused(7003, "no route")))) as (server, http):
        yield Directory(http, server.url + "/v4/", f" {TOKEN} ", now=lambda: 0.0), server


def test_a_token_of_a_user_is_verified() -> None:
    result = {**ACTIVE, "expires_on": "2030-01-01T00:00:00Z", "not_before": None}
    with directory({"/v4/user/tokens/verify": (200, envelope(result))}) as (it, server):
        assert it.verify_token("abc") == TokenState("t1", "active", "user", "2030-01-01T00:00:00Z", None)
        (request,) = server.requests
    assert request.method == "GET"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"] == f"glm/{__version__}"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_token_of_an_account_is_verified_there(status: int) -> None:
    answers = {
        "/v4/user/tokens/verify": (status, refused(1000, "Invalid API Token")),
        "/v4/accounts/abc/tokens/verify": (200, envelope({"status": "expired"})),
    }
    with directory(answers) as (it, _):
        assert it.verify_token("abc") == TokenState("", "expired", "account")


def test_a_token_that_nobody_knows_is_refused_without_being_shown() -> None:
    answers = {"/v4/user/tokens/verify": (401, refused(1000, f"Invalid API Token {TOKEN}"))}
    with directory(answers) as (it, _), pytest.raises(AccessError) as caught:
        it.verify_token()
    assert TOKEN not in caught.value.message + str(caught.value)
    assert "Invalid API Token" in caught.value.message


def test_too_many_questions_are_not_asked_elsewhere() -> None:
    with directory({"/v4/user/tokens/verify": (429, refused(971, "slow down"))}) as (it, server):
        with pytest.raises(RateLimitError):
            it.verify_token("abc")
        assert len(server.requests) == 1


@pytest.mark.parametrize("result", [None, [], {}, {"status": 5}])
def test_an_answer_without_a_state_is_none(result: Any) -> None:
    with directory({"/v4/user/tokens/verify": (200, envelope(result))}) as (it, _), pytest.raises(ServerError):
        it.verify_token()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"[" * 100_000])
def test_an_answer_that_is_not_json_is_none(body: bytes) -> None:
    with directory({"/v4/user/tokens/verify": (200, body)}) as (it, server):
        with pytest.raises(ServerError) as caught:
            it.verify_token()
        assert caught.value.message == f"{server.url[7:]} did not answer in JSON"


def test_a_failure_under_status_200_is_a_failure() -> None:
    answers = {"/v4/user/tokens/verify": (200, refused(10000, "Authentication error"))}
    with directory(answers) as (it, _), pytest.raises(GlmError, match="Authentication error"):
        it.verify_token()


def test_a_token_that_is_none_is_refused_before_it_is_sent() -> None:
    with Http(environ={}) as http, pytest.raises(ConfigError):
        Directory(http, "http://127.0.0.1:1", "a b")


def test_an_account_that_is_none_is_refused_before_anything_is_sent_for_it() -> None:
    with directory({}) as (it, server):
        with pytest.raises(ConfigError, match="is not an account id"):
            it.models("a/../b")
        assert server.requests == []


def test_accounts_are_listed_page_by_page() -> None:
    pages = [[{"id": f"{page}-{n}", "name": "x"} for n in range(PAGE)] for page in (1, 2)]
    pages[1][0] = {"name": "without an id"}
    answers: Answers = {
        f"/v4/accounts?per_page={PAGE}&page=1": (200, envelope(pages[0])),
        f"/v4/accounts?per_page={PAGE}&page=2": (200, envelope(pages[1], result_info={"total_count": 2 * PAGE})),
    }
    with directory(answers) as (it, server):
        found = it.accounts()
        assert len(server.requests) == 2
    assert found[0] == Account("1-0", "x")
    assert len(found) == 2 * PAGE - 1


@pytest.mark.parametrize("result", [None, [], ["rubbish"], {"id": "x"}])
def test_a_narrow_token_sees_no_accounts(result: Any) -> None:
    with directory({f"/v4/accounts?per_page={PAGE}&page=1": (200, envelope(result))}) as (it, _):
        assert it.accounts() == []


def test_a_list_without_end_is_left() -> None:
    full = envelope([{"id": "x", "name": "y"}] * PAGE)
    with served(lambda _: (200, full)) as (server, http):
        assert len(Directory(http, server.url, TOKEN).accounts()) == PAGE * MAX_PAGES


def test_models_are_searched() -> None:
    items = [
        {"name": "@cf/a/b", "description": "A model", "task": {"name": "Text Generation"}},
        {"name": "@cf/c/d", "task": None},
        {"description": "nameless"},
    ]
    answers: Answers = {
        f"/v4/accounts/abc/ai/models/search?search=glm+4&per_page={PAGE}&page=1": (200, envelope(items))
    }
    with directory(answers) as (it, _):
        assert it.models("abc", "glm 4") == [Model("@cf/a/b", "A model", "Text Generation"), Model("@cf/c/d")]


def test_all_models_are_asked_for_without_words() -> None:
    with directory({f"/v4/accounts/abc/ai/models/search?per_page={PAGE}&page=1": (200, envelope([]))}) as (it, _):
        assert it.models("abc") == []


def test_a_compatible_server_lists_what_it_serves() -> None:
    body = {"object": "list", "data": [{"id": "llama"}, {"id": None}, "rubbish", {"id": "glm"}]}
    with served(lambda target: (200, body)) as (server, http):
        place = endpoints.openai(server.url + "/v1", None, "any")
        assert served_models(http, place) == [Model("llama"), Model("glm")]
        (request,) = server.requests
    assert request.target == "/v1/models"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("body", [{"data": None}, {}])
def test_a_compatible_server_may_list_nothing(body: Any) -> None:
    with served(lambda target: (200, body)) as (server, http):
        assert served_models(http, endpoints.openai(server.url, TOKEN, "any")) == []


def test_a_compatible_server_may_not_offer_a_list() -> None:
    with served(lambda target: (404, {"detail": "Not Found"})) as (server, http), pytest.raises(RefusedError):
        served_models(http, endpoints.openai(server.url, TOKEN, "any"))
