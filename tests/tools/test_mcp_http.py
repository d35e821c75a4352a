"""MCP servers behind HTTP that go wrong, and what is sent to them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from glmcli.demo.connection import Action, Request, Stall
from glmcli.demo.framing import whole
from glmcli.demo.server import LoopbackServer
from glmcli.errors import ConfigError
from glmcli.tools.mcp_config import Server
from glmcli.tools.tool import Result, Stop
from tests.api.tls_server import CERTIFICATE, tls_server
from tests.tools.bare_mcp_server import TOOL
from tests.tools.mcp_client import client

JSON = {"content-type": "application/json"}


class Played:
    """A server that answers in JSON. calls: what becomes of the calls, in their order."""

    def __init__(self, *calls: bytes) -> None:
        self.calls = iter(calls)
        self.sessions = 0

    def __call__(self, request: Request) -> Iterable[bytes | Action]:
        if request.method != "POST":
            return [whole(405, {}, b"")]
        message = json.loads(request.body)
        if "id" not in message:
            return [whole(202, {}, b"")]
        return [self._answer(message)]

    def _answer(self, message: Any) -> bytes:
        if message["method"] == "tools/call":
            answer = next(self.calls)
            return answer if answer.startswith(b"HTTP") else self._result(message, json.loads(answer))
        if message["method"] == "tools/list":
            return self._result(message, {"tools": [TOOL]})
        self.sessions += 1
        version = message["params"]["protocolVersion"]
        server = {"name": "played", "version": "1"}
        greeting = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
        return self._result(message, greeting, {"mcp-session-id": f"session-{self.sessions}"})

    def _result(self, message: Any, result: Any, headers: dict[str, str] | None = None) -> bytes:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        return whole(200, {**JSON, **(headers or {})}, json.dumps(answer).encode())


def seen(text: str) -> bytes:
    return json.dumps({"content": [{"type": "text", "text": text}]}).encode()


def failure(url: str, folder: Path, **how: Any) -> tuple[str, str]:
    with client(Server(url=url), folder, **how) as it, pytest.raises(ConfigError) as raised:
        it.tools()
    return raised.value.message.replace(url, "URL"), raised.value.hint


def answering(status: int, headers: dict[str, str], body: bytes = b"") -> LoopbackServer:
    return LoopbackServer(lambda request: [whole(status, headers, body)])


def test_headers_carry_variables_and_every_request_of_a_session_has_its_id(tmp_path: Path) -> None:
    with LoopbackServer(Played(seen("one"))) as server:
        declared = Server(url=f"{server.url}/mcp?key=1", headers={"Authorization": "Bearer ${MY_KEY}"})
        with client(declared, tmp_path, environ={"MY_KEY": "of mine", "HTTP_PROXY": "http://127.0.0.1:9"}) as it:
            assert it.call("look") == Result("one", foreign=True)
    assert {(it.target, it.headers["authorization"]) for it in server.requests} == {("/mcp?key=1", "Bearer of mine")}
    sessions = [(request.method, request.headers.get("mcp-session-id")) for request in server.requests]
    assert (sessions[0], sessions[-1]) == (("POST", None), ("DELETE", "session-1"))
    assert {session for _, session in sessions[1:]} == {"session-1"}


def test_a_session_that_the_server_has_forgotten_is_begun_anew_by_the_next_call(tmp_path: Path) -> None:
    played = Played(seen("one"), whole(404, {}, b""), seen("two"))
    with LoopbackServer(played) as server, client(Server(url=server.url), tmp_path) as it:
        look = it.tool("look").run
        assert look is not None
        assert [look({}, Stop()).text for _ in range(3)] == [
            "one",
            "The MCP server it has forgotten the session; the next call begins a new one",
            "two",
        ]
    assert played.sessions == 2


def test_an_error_of_http_fails_the_call_and_not_the_session(tmp_path: Path) -> None:
    played = Played(whole(500, {}, b"<html>"), seen("two"))
    with LoopbackServer(played) as server, client(Server(url=server.url), tmp_path) as it:
        assert it.call("look") == Result("The MCP server it answers HTTP 500", failed=True, foreign=True)
        assert it.call("look") == Result("two", foreign=True)
    assert played.sessions == 1


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with LoopbackServer(Played()) as server:
        url = server.url
    assert failure(url, tmp_path) == (
        "the MCP server it (URL) cannot be reached: connection refused",
        "Is it running? Check its address.",
    )


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "refuses (HTTP 401)", 'Put its credentials into "headers", as Authorization for example.'),
        (403, "refuses (HTTP 403)", 'Put its credentials into "headers", as Authorization for example.'),
        (404, "answers HTTP 404", "Check the URL; often it ends with /mcp."),
        (502, "answers HTTP 502", ""),
    ],
)
def test_a_refusal_says_what_to_do(status: int, message: str, hint: str, tmp_path: Path) -> None:
    with answering(status, {}) as server:
        assert failure(server.url, tmp_path) == (f"the MCP server it (URL) {message}", hint)


def test_a_page_is_no_answer(tmp_path: Path) -> None:
    with answering(200, {"content-type": "text/html"}, b"<html>Log in") as server:
        assert failure(server.url, tmp_path) == (
            "the MCP server it (URL) refuses: Unexpected content type: text/html",
            "",
        )


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    with LoopbackServer(Played()) as other, answering(307, {"location": f"{other.url}/x"}) as server:
        said, _ = failure(server.url, tmp_path)
        assert said == (
            f"the MCP server it (URL) refuses: Redirect to {other.url}/x not followed; "
            "use that URL as the endpoint if it is the intended server"
        )
    assert other.requests == []


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with LoopbackServer(lambda request: [Stall()]) as server:
        assert failure(server.url, tmp_path, start_limit=0.2) == (
            "the MCP server it (URL) did not answer `initialize` within 0.2 s",
            "",
        )


def test_a_server_must_show_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    with tls_server(whole(401, {"connection": "close"}, b"")) as port:
        url = f"https://localhost:{port}/mcp"
        said, hint = failure(url, tmp_path)
        assert said.startswith("the MCP server it (URL) cannot be reached: its certificate is not trusted: self")
        assert (
            hint == "Name a file with the certificate of who signed it in SSL_CERT_FILE, or in the setting ca_bundle."
        )
        for how in ({"ca_bundle": str(CERTIFICATE)}, {"environ": {"SSL_CERT_FILE": str(CERTIFICATE)}}):
            assert failure(url, tmp_path, **how)[0] == "the MCP server it (URL) refuses (HTTP 401)"
