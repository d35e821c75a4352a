"""The loopback server against plain sockets: nothing between the test and the bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from glmcli.demo import connection
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, Close, LoopbackServer, Pause, Request, Reset, Stall, Wait, in_turn

OK = whole(200, {}, b"ok")


@contextmanager
def connected(server: LoopbackServer) -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        yield client


def read_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def read(client: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (data := client.recv(size - len(received))):
        received += data
    return received


def echo(request: Request) -> Iterable[bytes | Action]:
    yield whole(200, {"x": "y"}, request.body)


def test_an_answer_in_one_piece_has_its_length_and_one_in_chunks_has_none() -> None:
    assert whole(404, {"a": "b"}, b"no") == b"HTTP/1.1 404 Not Found\r\na: b\r\ncontent-length: 2\r\n\r\nno"
    assert head(299, {}) == b"HTTP/1.1 299 \r\n\r\n"
    assert chunk(b"x" * 17) + chunk(b"") + LAST_CHUNK == b"11\r\n" + b"x" * 17 + b"\r\n0\r\n\r\n"


def test_requests_on_one_connection_are_answered_one_after_the_other_and_recorded() -> None:
    with LoopbackServer(echo) as server, connected(server) as client:
        client.sendall(b"POST /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:2\r\nContent-Length: 2\r\n\r\nhi")
        client.sendall(b"GET /b HTTP/1.1\r\nconnection: close\r\n\r\n")
        received = read_all(client)
    assert received == whole(200, {"x": "y"}, b"hi") + whole(200, {"x": "y"}, b"")
    assert server.requests == [
        Request(
            "POST",
            "/a?b=%20",
            {"host": "x", "x-a": "1, 2", "content-length": "2"},
            ["Host: x", "X-A: 1", "x-a:2", "Content-Length: 2"],
            b"hi",
            0,
        ),
        Request("GET", "/b", {"connection": "close"}, ["connection: close"], b"", 0),
    ]
    assert not server.disconnected.is_set()


def test_a_body_in_chunks_is_joined_and_its_trailers_are_dropped() -> None:
    with LoopbackServer(echo) as server, connected(server) as client:
        client.sendall(b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n")
        client.sendall(b"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nt: u\r\n\r\n")
        assert read_all(client) == whole(200, {"x": "y"}, b"abcd")


def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    with LoopbackServer(echo) as server, connected(server) as client:
        client.sendall(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n")
        assert read(client, 25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"z")
        assert read(client, 10) == b"HTTP/1.1 2"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\ncontent-length: many\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5000000\r\n", b"413"),
        (b"GET / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\na: " + b"a" * connection.MAX_HEAD, b"431"),
    ],
)
def test_what_is_no_request_gets_a_bare_refusal_and_no_answer(request_bytes: bytes, status: bytes) -> None:
    with LoopbackServer(echo) as server, connected(server) as client:
        client.sendall(request_bytes)
        answer = read_all(client)
    assert answer.split()[1] == status
    assert answer.endswith(b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    assert server.requests == []


def test_a_client_that_leaves_in_the_middle_of_its_request_is_nothing_special() -> None:
    with LoopbackServer(echo) as server:
        with connected(server) as client:
            client.sendall(b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b""
        with connected(server) as client:
            client.sendall(b"GET /again HTTP/1.1\r\nconnection: close\r\n\r\n")
            assert read_all(client) == whole(200, {"x": "y"}, b"")
    assert [(request.target, request.connection) for request in server.requests] == [("/again", 1)]
    assert not server.disconnected.is_set()


def test_a_reset_reaches_the_client_as_a_reset() -> None:
    with LoopbackServer(in_turn([b"HTTP/1.1 200 OK\r\n", Reset()])) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(client)


def test_a_close_ends_the_connection_after_what_was_sent() -> None:
    with LoopbackServer(in_turn([b"HTTP/1.1 200 OK\r\n", Close(), b"never"])) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\nand more that nobody reads")
        assert read_all(client) == b"HTTP/1.1 200 OK\r\n"
    assert not server.disconnected.is_set()


def test_scripts_are_played_in_turn_and_the_last_one_stays() -> None:
    with LoopbackServer(in_turn([b"1"], [b"2"])) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n" * 3)
        assert read(client, 3) == b"122"


def test_an_answer_waits_for_an_event_even_while_the_client_sends_its_next_request() -> None:
    event = threading.Event()
    script = in_turn([b"a", Wait(event), Pause(0.001), b"b"], [b"c"])
    with LoopbackServer(script) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert read(client, 1) == b"a"
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        event.set()
        assert read(client, 2) == b"bc"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Wait(threading.Event(), 0.001), "the event that the answer waits for was not set within 0.001 s"),
        ("text", "an answer is made of bytes and actions, not 'text'"),
    ],
)
def test_a_script_that_cannot_be_played_fails_loudly_in_its_thread(
    step: Action, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda failure: failures.append(str(failure.exc_value)))
    with LoopbackServer(in_turn([step, b"never"])) as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert read_all(client) == b""
    assert failures == [message]


@pytest.mark.parametrize("silence", [Stall(), Wait(threading.Event()), Pause(30)])
def test_a_client_that_leaves_in_the_middle_of_an_answer_is_noticed(silence: Action) -> None:
    with LoopbackServer(in_turn([b"a", silence])) as server:
        with connected(server) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert read(client, 1) == b"a"
            assert not server.disconnected.is_set()
        assert server.disconnected.wait(10)


def test_a_client_that_resets_is_noticed_and_the_answer_is_closed() -> None:
    closed = threading.Event()

    def respond(request: Request) -> Iterable[bytes | Action]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    with LoopbackServer(respond) as server:
        with connected(server) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert read(client, 1) == b"x"
        assert server.disconnected.wait(10)
        assert closed.wait(10)


def test_a_client_that_resets_between_requests_or_while_stalled_is_survived() -> None:
    with LoopbackServer(in_turn([OK], [b"a", Stall()])) as server:
        for expected in (OK, b"a"):
            with connected(server) as client:
                client.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert read(client, len(expected)) == expected
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        assert server.disconnected.wait(10)


def test_stopping_ends_what_is_under_way_and_leaves_no_thread() -> None:
    before = threading.enumerate()
    server = LoopbackServer(in_turn([b"a", Stall()])).start()
    # The idle one comes first: one that waits to be accepted when the server stops would be reset, not closed.
    with connected(server) as idle, connected(server) as stalled:
        stalled.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert read(stalled, 1) == b"a"
        server.stop()
        server.stop()
        assert read_all(stalled) == b""
        assert read_all(idle) == b""
    assert threading.enumerate() == before
    assert not server.disconnected.is_set()
    with pytest.raises(ConnectionRefusedError), connected(server):
        pass


def test_a_port_in_use_is_an_os_error() -> None:
    with LoopbackServer(echo) as server, pytest.raises(OSError, match="Address already in use"):
        LoopbackServer(echo, port=int(server.url.rpartition(":")[2])).start()
