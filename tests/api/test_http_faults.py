"""Every way a connection fails, and what is made of it."""

from __future__ import annotations

import inspect
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from glmcli.api.http import BrokenConnection, Http, no_answer, no_end
from glmcli.demo.framing import chunk, head, whole
from glmcli.demo.server import Action, Close, LoopbackServer, Reset, Stall, in_turn
from glmcli.errors import ConfigError, GlmError, IncompleteError, NetworkError, ServerError
from tests.api.exchange import CHUNKED, PLAIN, failure, read, sent
from tests.api.tls_server import tls_server

LIMITS = {"connect": 10.0, "read": 5.0, "write": 5.0, "pool": None}


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(environ={}) as http:
        yield http


def test_a_refused_connection_may_be_tried_again(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(lambda: read(http, f"http://127.0.0.1:{port}"))
    assert isinstance(error, BrokenConnection)
    assert error.message == f"127.0.0.1:{port} refused the connection"


@pytest.mark.parametrize("answer", [[Close()], [Reset()], [b"HTTP/1.1 200 OK\r\ncontent-", Close()]])
def test_a_connection_that_breaks_before_the_headers_may_be_tried_again(
    http: Http, answer: list[bytes | Action]
) -> None:
    with LoopbackServer(in_turn(answer)) as server:
        error = failure(lambda: read(http, server.url))
    assert isinstance(error, BrokenConnection)
    assert error.message == f"the connection to {server.url[7:]} broke before an answer began"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1024 * 1024 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
    ],
)
def test_what_is_not_http_is_not_an_answer(http: Http, answer: bytes) -> None:
    with LoopbackServer(in_turn([answer, Close()])) as server:
        error = failure(lambda: read(http, server.url))
    assert isinstance(error, ServerError)
    assert error.message.startswith(f"what {server.url[7:]} sent is not HTTP: ")
    assert len(error.message) < 200


def test_silence_before_the_headers_ends_at_the_first_byte_limit(http: Http) -> None:
    with LoopbackServer(in_turn([Stall()])) as server:
        error = failure(lambda: read(http, server.url, first_byte=0.05))
    assert type(error) is NetworkError
    assert error.message == f"no answer from {server.url[7:]} within 0.05 s"
    assert "--first-byte-timeout" in error.hint


@pytest.mark.parametrize("start", [b"", chunk(b"one")])
def test_silence_after_the_headers_ends_at_the_idle_limit(http: Http, start: bytes) -> None:
    with LoopbackServer(in_turn([head(200, CHUNKED) + start, Stall()])) as server:
        error = failure(lambda: read(http, server.url, idle=0.05))
    assert type(error) is IncompleteError
    assert error.message == f"{server.url[7:]} sent nothing more within 0.05 s"
    assert "--timeout" in error.hint


@pytest.mark.parametrize(
    "answer",
    [
        [head(200, CHUNKED), chunk(b"one"), Close()],
        [head(200, CHUNKED), chunk(b"one"), b"5\r\nab", Close()],
        [head(200, CHUNKED), chunk(b"one"), b"zz\r\n", Close()],
        [head(200, {"content-length": "10"}), b"one", Close()],
        [head(200, {"content-length": "10"}), b"one", Reset()],
    ],
)
def test_a_body_that_is_cut_is_incomplete_and_what_came_is_given(http: Http, answer: list[bytes | Action]) -> None:
    with LoopbackServer(in_turn(answer)) as server, sent(http, server.url) as response:
        got: list[bytes] = []
        with pytest.raises(IncompleteError) as caught:
            got.extend(response.chunks)
    assert caught.value.message == f"the connection to {server.url[7:]} broke before the answer was complete"
    assert got in ([b"one"], [b"one", b"ab"], [])  # a reset may overtake what was sent before it


def test_a_certificate_that_is_not_trusted_ends_the_request(http: Http) -> None:
    with tls_server(b"") as port:
        error = failure(lambda: read(http, f"https://localhost:{port}"))
    assert type(error) is NetworkError
    assert error.message == f"the certificate of localhost:{port} is not trusted: self-signed certificate"
    assert "--ca-bundle" in error.hint


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Reads something, says something, and hangs up. The value is host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(64 * 1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_server_without_tls_is_told_apart(http: Http) -> None:
    with raw_server(whole(400, PLAIN, b"")) as where:
        error = failure(lambda: read(http, f"https://{where}"))
    assert type(error) is NetworkError
    assert error.message == f"no TLS connection to {where}: wrong version number"


def test_a_handshake_that_is_cut_may_be_tried_again(http: Http) -> None:
    with raw_server(b"") as where:
        error = failure(lambda: read(http, f"https://{where}"))
    assert isinstance(error, BrokenConnection)
    assert error.message.startswith(f"no connection to {where}: ")


def test_a_proxy_that_refuses_is_named_as_the_culprit() -> None:
    with LoopbackServer(in_turn([whole(407, {}, b"")])) as proxy:
        with Http(environ={"https_proxy": proxy.url.replace("//", "//user:hunter2@")}) as http:
            error = failure(lambda: read(http, "https://example.invalid/v1"))
        assert proxy.requests[0].method == "CONNECT"
    assert type(error) is NetworkError
    assert error.message == f"no way to example.invalid through the proxy {proxy.url[7:]}: 407"
    assert error.hint == "Check https_proxy, or name hosts to reach without that proxy in NO_PROXY."
    assert "hunter2" not in error.message


@pytest.mark.parametrize("url", ["https://example.invalid/v1", "http://example.invalid/v1"])
def test_a_proxy_that_is_not_there_is_blamed_and_not_the_server(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"127.0.0.1:{listener.getsockname()[1]}"
    with Http(environ={"ALL_PROXY": f"http://user:hunter2@{closed}"}) as http:
        error = failure(lambda: read(http, url))
    assert (type(error), error.message, error.hint) == (
        BrokenConnection,
        f"{closed} (the proxy in ALL_PROXY) refused the connection",
        "Check ALL_PROXY, or name hosts to reach without that proxy in NO_PROXY.",
    )


def test_an_address_that_is_none_is_a_fault_of_the_configuration(http: Http) -> None:
    for url in ("gopher://example.com", "http://exa\x00mple.com", "http://xn--a", f"http://{'a' * 64}.com"):
        assert isinstance(failure(partial(read, http, url)), ConfigError)


def public_exceptions() -> list[Exception]:
    """One of every exception that httpx exports."""
    request, response = httpx.Request("GET", "http://x"), httpx.Response(500)
    made: list[Exception] = []
    for kind in vars(httpx).values():
        if inspect.isclass(kind) and issubclass(kind, Exception):
            wanted = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
            values: dict[str, Any] = {"message": "hunter2\x1b", "request": request, "response": response}
            made.append(kind(**{name: values[name] for name in wanted if name in values}))
    assert len(made) > 25
    return made


@pytest.mark.parametrize("error", public_exceptions(), ids=lambda error: type(error).__name__)
def test_every_exception_of_httpx_is_a_failure_that_a_user_can_understand(error: Exception) -> None:
    before, after = no_answer(error, "host", LIMITS), no_end(error, "host", LIMITS)
    assert isinstance(before, (NetworkError, ServerError, ConfigError))
    assert isinstance(after, (IncompleteError, ServerError))
    for mapped in (before, after):
        assert "host" in mapped.message
        assert mapped.message.isprintable()
        assert mapped.hint


def caused_by(cause: BaseException) -> httpx.ConnectError:
    error = httpx.ConnectError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ConnectTimeout("x"), BrokenConnection, "no connection to host within 10 s"),
        (httpx.WriteTimeout("x"), BrokenConnection, "the request to host could not be sent in time"),
        (httpx.ConnectError("x"), BrokenConnection, "no connection to host: it broke off"),
        (
            caused_by(OSError(101, "Network is unreachable")),
            BrokenConnection,
            "no connection to host: Network is unreachable",
        ),
        (
            caused_by(socket.gaierror(socket.EAI_AGAIN, "x")),
            BrokenConnection,
            "the name host cannot be looked up right now",
        ),
        (caused_by(socket.gaierror(socket.EAI_NONAME, "x")), NetworkError, "there is no host host"),
        (caused_by(ssl.SSLError(1, "x")), NetworkError, "no TLS connection to host: unknown"),
        (ConnectionResetError(104, "x"), BrokenConnection, "the connection to host broke before an answer began"),
        (
            httpx.LocalProtocolError("Illegal header value b'Bearer hunter2'"),
            ConfigError,
            "the request to host cannot be written as HTTP",
        ),
    ],
)
def test_what_a_failure_before_the_answer_means(error: Exception, kind: type[GlmError], message: str) -> None:
    mapped = no_answer(error, "host", LIMITS)
    assert (type(mapped), mapped.message) == (kind, message)
