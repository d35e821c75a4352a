"""A connection that is opened before the request: the request goes over it, and it never costs anything."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest

from glmcli.api.http import Http
from glmcli.api.opened_ahead import OpenedAhead
from glmcli.demo.framing import whole
from glmcli.demo.server import Action, Close, LoopbackServer, Reset, in_turn
from glmcli.errors import NetworkError
from tests.api.exchange import PLAIN, failure, read
from tests.api.tls_server import CERTIFICATE, tls_server

HELLO = whole(200, PLAIN, b"hello")
HOST = "127.0.0.1"


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(environ={}) as http:
        yield http


def accepted(server: LoopbackServer) -> int:
    """How many connections there have been: the next one bears their number."""
    with Http(environ={}) as another:
        read(another, server.url)
    return server.requests[-1].connection


def test_the_request_goes_over_the_connection_that_was_opened_before_it(http: Http) -> None:
    with LoopbackServer(in_turn([HELLO])) as server:
        http.warm(server.url + "/v1")
        assert accepted(server) == 1
        assert [read(http, server.url), read(http, server.url)] == [b"hello", b"hello"]
        assert [request.connection for request in server.requests] == [1, 0, 0]
        assert accepted(server) == 2


def test_a_connection_is_opened_only_where_there_is_none(http: Http) -> None:
    with LoopbackServer(in_turn([HELLO])) as server:
        for _ in range(2):
            http.warm(server.url)
            http.warm(server.url)
            read(http, server.url)
        assert accepted(server) == 1


def test_a_connection_is_opened_again_when_the_server_has_dropped_the_kept_one(http: Http) -> None:
    with LoopbackServer(in_turn([HELLO, Close()])) as server:
        for _ in range(2):
            read(http, server.url)
            http.warm(server.url)
        read(http, server.url)
        assert accepted(server) == 3


@dataclass
class Listener:
    """Takes one connection after the other and does with each what comes next; the last thing again and again."""

    acts: list[Callable[[socket.socket], object]]
    count: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Gives the port. done is set after each connection."""
        with socket.create_server((HOST, 0)) as listener:
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            try:
                yield listener.getsockname()[1]
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    act = self.acts[min(self.count, len(self.acts) - 1)]
                    self.count += 1
                    act(connection)
                self.done.set()


def answer(connection: socket.socket) -> None:
    connection.recv(64 * 1024)
    connection.sendall(HELLO)


@pytest.mark.parametrize("early", [b"", b"HTTP/1.1 408 Too slow\r\ncontent-length: 0\r\n\r\n"])
def test_a_server_that_drops_an_unused_connection_costs_nothing(http: Http, early: bytes) -> None:
    server = Listener([lambda connection: connection.sendall(early), answer])
    with server.listening() as port:
        http.warm(f"http://{HOST}:{port}")
        assert server.done.wait(10)
        assert read(http, f"http://{HOST}:{port}") == b"hello"
        assert server.count == 2


@pytest.mark.parametrize("action", [Close(), Reset()])
def test_a_server_that_drops_it_when_the_request_comes_costs_nothing(http: Http, action: Action) -> None:
    with LoopbackServer(in_turn([action], [HELLO])) as server:
        http.warm(server.url)
        assert read(http, server.url) == b"hello"
        assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:{}", "https://127.0.0.1:{}", "http://[::1", "https://no host:{}", "", "gopher://x"]
)
def test_an_address_where_nobody_answers_costs_nothing_until_the_request(http: Http, address: str) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    http.warm(address.format(port))
    error = failure(lambda: read(http, f"http://{HOST}:{port}"))
    assert error.message == f"127.0.0.1:{port} refused the connection"


def test_a_certificate_that_is_not_trusted_is_told_by_the_request(http: Http) -> None:
    with tls_server(HELLO) as port:
        http.warm(f"https://localhost:{port}")
        error = failure(lambda: read(http, f"https://localhost:{port}"))
    assert type(error) is NetworkError
    assert error.message == f"the certificate of localhost:{port} is not trusted: self-signed certificate"


def test_through_a_proxy_nothing_is_opened() -> None:
    with LoopbackServer(in_turn([HELLO])) as proxy, Http(environ={"http_proxy": proxy.url}) as http:
        http.warm("http://example.invalid/v1")
        assert accepted(proxy) == 0
        assert read(http, "http://example.invalid/v1") == b"hello"


def test_what_was_not_used_is_closed() -> None:
    left = threading.Event()

    def listen(connection: socket.socket) -> None:
        assert connection.recv(1) == b""
        left.set()

    with Listener([listen]).listening() as port:
        with Http(environ={}) as http:
            http.warm(f"http://{HOST}:{port}")
        assert left.wait(10)
        http.warm(f"http://{HOST}:{port}")  # after close it may go on
        http.close()


# While the connection is on its way


@contextmanager
def shaking_hands(then: Callable[[ssl.SSLSocket], object]) -> Iterator[tuple[int, threading.Event, threading.Event]]:
    """A server that waits before the handshake. Gives its port; what is set when it waits; what lets it go on."""
    waits, go = threading.Event(), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def shake(connection: socket.socket) -> None:
        waits.set()
        assert go.wait(10)
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            then(secure)

    with Listener([shake]).listening() as port:
        yield port, waits, go


def test_over_tls_the_handshake_is_done_before_the_request_too() -> None:
    shaken = threading.Event()

    def serve(secure: ssl.SSLSocket) -> None:
        shaken.set()
        assert secure.recv(64 * 1024).startswith(b"POST / HTTP/1.1\r\n")
        secure.sendall(HELLO)

    with shaking_hands(serve) as (port, _, go), Http(ca_bundle=str(CERTIFICATE), environ={}) as http:
        go.set()
        http.warm(f"https://localhost:{port}")
        assert shaken.wait(10)
        assert read(http, f"https://localhost:{port}") == b"hello"  # of the one connection that is served at a time


def test_closing_does_not_wait_for_it_and_leaves_nothing_open() -> None:
    left = threading.Event()

    def listen(secure: ssl.SSLSocket) -> None:
        with suppress(OSError):
            assert secure.recv(1) == b""
        left.set()

    with shaking_hands(listen) as (port, waits, go), Http(ca_bundle=str(CERTIFICATE), environ={}) as http:
        opening = threading.Thread(target=http.warm, args=(f"https://localhost:{port}",))
        opening.start()
        assert waits.wait(10)
        http.close()
        assert opening.is_alive()
        go.set()
        opening.join(10)
        assert left.wait(10)


def test_closing_before_it_is_on_its_way_leaves_nothing_open_either() -> None:
    left = threading.Event()

    class Closing(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:  # of the certificates, which are looked up before
            early.close()
            return super().get(name, default)

    def listen(secure: ssl.SSLSocket) -> None:
        assert secure.recv(1) == b""
        left.set()

    early = Http(environ=Closing(SSL_CERT_FILE=str(CERTIFICATE)))
    with shaking_hands(listen) as (port, _, go):
        go.set()
        early.warm(f"https://localhost:{port}")
        assert left.wait(10)


@contextmanager
def on_its_way(
    port: int, waits: threading.Event, when_taken: Callable[[], None]
) -> Iterator[tuple[OpenedAhead, ssl.SSLContext]]:
    """A connection that is being opened, and what is done as soon as somebody wants to take it."""
    me = threading.current_thread()
    tls = ssl.create_default_context(cafile=str(CERTIFICATE))

    def monotonic() -> float:  # it is asked for when the waiting begins
        if threading.current_thread() is me:
            when_taken()
        return 0.0

    ahead = OpenedAhead(90.0, monotonic)
    thread = threading.Thread(target=ahead.open, args=("localhost", port, tls, 10.0))
    thread.start()
    assert waits.wait(10)
    try:
        yield ahead, tls
    finally:
        ahead.close()
        thread.join()


def test_a_request_waits_for_the_connection_that_is_on_its_way() -> None:
    with (
        shaking_hands(lambda secure: secure.sendall(secure.recv(10))) as (port, waits, go),
        on_its_way(port, waits, go.set) as (ahead, tls),
    ):
        stream = ahead.connect_tcp("localhost", port, 10.0).start_tls(tls, "localhost", 10.0)
        stream.write(b"over", 10.0)
        assert (stream.read(10, 10.0), ahead.taken) == (b"over", 1)
        stream.close()


def test_what_goes_wrong_while_a_request_waits_is_told_by_it() -> None:
    served = Listener([])
    waits, go = threading.Event(), threading.Event()

    def leave(connection: socket.socket) -> None:
        waits.set()
        assert go.wait(10)

    served.acts.append(leave)
    with served.listening() as port, on_its_way(port, waits, go.set) as (ahead, _):
        with pytest.raises(httpcore.ConnectError):
            ahead.connect_tcp("localhost", port, 10.0)
        assert (served.count, ahead.taken) == (1, 0)


def test_a_request_does_not_wait_longer_than_it_may() -> None:
    with (
        shaking_hands(lambda secure: secure.recv(1)) as (port, waits, go),
        on_its_way(port, waits, lambda: None) as (ahead, _),
    ):
        with pytest.raises(httpcore.ConnectTimeout):
            ahead.connect_tcp("localhost", port, 0.01)
        go.set()


# By the clock


def test_what_is_too_old_is_replaced() -> None:
    now = [0.0]
    with LoopbackServer(in_turn([HELLO])) as server:
        port = int(server.url.rpartition(":")[2])
        ahead = OpenedAhead(90.0, lambda: now[0])
        ahead.open(HOST, port, None, 10.0)
        now[0] = 89.0
        ahead.open(HOST, port, None, 10.0)  # there is one
        now[0] = 91.0
        ahead.open(HOST, port, None, 10.0)
        now[0] = 182.0
        stream = ahead.connect_tcp(HOST, port, 10.0)
        assert ahead.taken == 0
        stream.close()
        ahead.close()
        assert accepted(server) == 3


def test_a_connection_is_for_the_host_it_was_opened_for() -> None:
    with LoopbackServer(in_turn([HELLO])) as one, LoopbackServer(in_turn([HELLO])) as other:
        ports = [int(server.url.rpartition(":")[2]) for server in (one, other)]
        ahead = OpenedAhead(90.0)
        ahead.open(HOST, ports[0], None, 10.0)
        ahead.connect_tcp(HOST, ports[1], 10.0).close()
        assert ahead.taken == 0
        ahead.connect_tcp(HOST, ports[0], 10.0).close()
        assert ahead.taken == 1
        ahead.open(HOST, ports[0], None, 10.0)
        ahead.open(HOST, ports[1], None, 10.0)  # takes its place
        ahead.connect_tcp(HOST, ports[0], 10.0).close()
        assert ahead.taken == 1
        ahead.close()


def test_a_certificate_that_was_checked_for_one_name_is_not_taken_for_another() -> None:
    tls = ssl.create_default_context(cafile=str(CERTIFICATE))
    with tls_server(HELLO) as port:
        ahead = OpenedAhead(90.0)
        ahead.open(HOST, port, tls, 10.0)
        stream = ahead.connect_tcp(HOST, port, 10.0)
        with pytest.raises(httpcore.ConnectError):
            stream.start_tls(tls, "another.example", 10.0)
