"""Requests and answers over HTTP, and the way they take."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator

import pytest

from glmcli.api.http import BrokenConnection, Http, host_of, read_up_to
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, Close, LoopbackServer, Reset, Stall, in_turn
from glmcli.errors import ConfigError, IncompleteError, ServerError
from tests.api.exchange import CHUNKED, PLAIN, failure, read, sent
from tests.api.tls_server import CERTIFICATE, tls_server


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(environ={}) as http:
        yield http


def test_a_request_is_sent_as_it_is_given_and_nothing_is_added(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        url = server.url + "/accounts/a/ai/run/@cf/zai-org/glm-4.7-flash"
        assert read(http, url) == b"hello"
        (request,) = server.requests
    assert (request.method, request.target, request.body) == (
        "POST",
        "/accounts/a/ai/run/@cf/zai-org/glm-4.7-flash",
        b"{}",
    )
    assert request.header_lines == [f"Host: {server.url[7:]}", "X-Test: 1", "Content-Length: 2"]


def test_a_response_has_its_status_and_headers_as_they_came(http: Http) -> None:
    headers = {"X-One": "1", "Content-Type": "text/plain", "x-latin": "caf\xe9"}
    with LoopbackServer(in_turn([whole(418, headers, b"tea")])) as server, sent(http, server.url) as response:
        assert response.status == 418
        assert response.headers == [
            ("X-One", "1"),
            ("Content-Type", "text/plain"),
            ("x-latin", "caf\xe9"),
            ("content-length", "3"),
        ]
        assert response.header("content-type") == "text/plain"
        assert response.header("x-none") == ""


def test_a_get_has_no_body(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, {"a": "b"}, b"[1]")])) as server:
        assert http.get(server.url + "/x?y=1", [("A", "B")]) == (200, [("a", "b"), ("content-length", "3")], b"[1]")
        (request,) = server.requests
    assert (request.method, request.target, request.body) == ("GET", "/x?y=1", b"")
    assert "content-length" not in request.headers


def test_cookies_are_not_kept(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, {"set-cookie": "a=b"}, b"")])) as server:
        read(http, server.url)
        read(http, server.url)
        assert "cookie" not in server.requests[1].headers


def test_a_redirect_is_an_answer_like_any_other(http: Http) -> None:
    redirect = whole(307, {"location": "http://127.0.0.1:1/"}, b"")
    with LoopbackServer(in_turn([redirect])) as server, sent(http, server.url) as response:
        assert response.status == 307


def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(http: Http) -> None:
    with (
        pytest.raises(ConfigError) as caught,
        http.stream("POST", "http://127.0.0.1:1", [("X", "secret\n")], first_byte_timeout=1, idle_timeout=1),
    ):
        pass
    assert "secret" not in str(caught.value)


def test_connections_are_kept_for_the_next_request(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        for _ in range(3):
            read(http, server.url)
        assert [request.connection for request in server.requests] == [0, 0, 0]
        http.close()
        read(http, server.url)
        assert server.requests[-1].connection == 1


@pytest.mark.parametrize("action", [Close(), Reset()])
def test_a_kept_connection_that_the_server_drops_is_replaced_unseen(http: Http, action: Action) -> None:
    answer = [whole(200, PLAIN, b"hello")]
    with LoopbackServer(in_turn(answer, [action], answer)) as server:
        assert read(http, server.url) == b"hello"
        assert read(http, server.url) == b"hello"
        assert [request.connection for request in server.requests] == [0, 0, 1]


def test_a_kept_connection_is_replaced_once_only(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")], [Close()])) as server:
        read(http, server.url)
        assert isinstance(failure(lambda: read(http, server.url)), BrokenConnection)
        assert [request.connection for request in server.requests] == [0, 0, 1]


def test_leaving_in_the_middle_of_an_answer_hangs_up_at_once(http: Http) -> None:
    with LoopbackServer(in_turn([head(200, CHUNKED), chunk(b"one"), Stall()])) as server:
        with sent(http, server.url) as response:
            assert next(response.chunks) == b"one"
        assert server.disconnected.wait(10)


def test_no_limit_is_no_limit(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        assert read(http, server.url, first_byte=0, idle=None) == b"hello"
        assert read(http, server.url, first_byte=1e300, idle=float("inf")) == b"hello"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("X-GZIP", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("identity", b"hello"),
    ],
)
def test_an_answer_that_is_compressed_all_the_same_is_unpacked(http: Http, encoding: str, body: bytes) -> None:
    with LoopbackServer(in_turn([whole(200, {"content-encoding": encoding}, body)])) as server:
        assert read(http, server.url) == b"hello"


def test_a_compressed_answer_that_is_cut_is_incomplete(http: Http) -> None:
    body = gzip.compress(b"hello", mtime=0)[:-4]
    with LoopbackServer(in_turn([whole(200, {"content-encoding": "gzip"}, body)])) as server:
        error = failure(lambda: read(http, server.url))
    assert (type(error), error.message) == (IncompleteError, f"the answer of {server.url[7:]} was cut short")


def test_a_broken_compressed_answer_is_no_answer(http: Http) -> None:
    body = bytearray(gzip.compress(b"hello" * 100, mtime=0))
    body[12:20] = b"\xff" * 8
    with LoopbackServer(in_turn([whole(200, {"content-encoding": "gzip"}, bytes(body))])) as server:
        error = failure(lambda: read(http, server.url))
    assert type(error) is ServerError
    assert error.message == f"{server.url[7:]} sent an answer that cannot be decompressed"


def test_an_encoding_that_nobody_asked_for_is_no_answer(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, {"content-encoding": "br"}, b"\x0b\x02\x80hello\x03")])) as server:
        error = failure(lambda: read(http, server.url))
    assert type(error) is ServerError
    assert "'br'" in error.message


def test_a_small_answer_that_unpacks_without_end_is_stopped(http: Http) -> None:
    bomb = gzip.compress(b"\0" * 64 * 1024 * 1024, 1, mtime=0)
    with (
        LoopbackServer(in_turn([whole(200, {"content-encoding": "gzip"}, bomb)])) as server,
        sent(http, server.url) as response,
        pytest.raises(ServerError, match="more than 1 MiB"),
    ):
        read_up_to(response, 1 << 20)


def test_draining_keeps_the_connection(http: Http) -> None:
    with LoopbackServer(in_turn([head(200, CHUNKED), chunk(b"one"), chunk(b"two"), LAST_CHUNK])) as server:
        for _ in range(2):
            with sent(http, server.url) as response:
                assert next(response.chunks) == b"one"
                response.drain(10)
        assert [request.connection for request in server.requests] == [0, 0]


def test_draining_hangs_up_on_a_server_that_does_not_end(http: Http) -> None:
    with LoopbackServer(in_turn([head(200, CHUNKED), chunk(b"one"), Stall()])) as server:
        with sent(http, server.url, idle=None) as response:
            assert next(response.chunks) == b"one"
            response.drain(0.01)
        assert server.disconnected.wait(10)


def test_tls_is_verified_with_the_certificates_that_are_named() -> None:
    answer = whole(200, PLAIN, b"secure")
    with tls_server(answer) as port:
        with Http(ca_bundle=str(CERTIFICATE), environ={}) as http:
            assert read(http, f"https://localhost:{port}") == b"secure"
        with Http(environ={"SSL_CERT_FILE": str(CERTIFICATE)}) as http:
            assert read(http, f"https://127.0.0.1:{port}") == b"secure"


def test_draining_hangs_up_over_tls_too() -> None:
    with (
        tls_server(head(200, CHUNKED) + chunk(b"one")) as port,
        Http(ca_bundle=str(CERTIFICATE), environ={}) as http,
        sent(http, f"https://localhost:{port}", idle=None) as response,
    ):
        assert next(response.chunks) == b"one"
        response.drain(0.01)


def test_a_request_goes_through_the_proxy_of_the_environment() -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"through")])) as proxy:
        with Http(environ={"http_proxy": proxy.url}) as http:
            assert read(http, "http://example.invalid/v1") == b"through"
        assert proxy.requests[0].target == "http://example.invalid/v1"


def test_this_machine_is_never_reached_through_a_proxy() -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    with LoopbackServer(in_turn([whole(200, PLAIN, b"direct")])) as server, Http(environ=environ) as http:
        assert read(http, server.url) == b"direct"


@pytest.mark.parametrize("proxy", ["http://[::1", "gopher://x", "http://"])
def test_a_proxy_that_cannot_be_one_is_a_fault_of_the_configuration(proxy: str) -> None:
    with Http(environ={"ALL_PROXY": proxy}) as http:
        error = failure(lambda: read(http, "https://example.invalid"))
    assert isinstance(error, ConfigError)
    assert error.message == "ALL_PROXY is not the address of a proxy"


def test_a_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with Http(environ={"ALL_PROXY": "socks5://127.0.0.1:1"}) as http:
        error = failure(lambda: read(http, "https://example.invalid"))
    assert isinstance(error, ConfigError)
    assert "SOCKS" in error.message


def test_the_host_is_named_without_a_password() -> None:
    assert host_of("https://user:pw@example.com:1/x") == "example.com:1"


def test_httpx_is_imported_with_the_first_request_only() -> None:
    code = (
        "import sys, glmcli.api.client, glmcli.api.account, glmcli.api.curl; "
        "from glmcli.api.http import Http; Http(environ={}); "
        "sys.exit(bool({'httpx', 'httpcore', 'ssl', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], cwd=os.getcwd(), check=False).returncode == 0  # noqa: PTH109
