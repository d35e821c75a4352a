"""A loopback TCP server that says exactly the bytes it is told to. Sockets and threads only; knows no API.

It reads HTTP/1.1 requests and plays, for each, what `respond` yields: raw bytes, sent as they come (the status line,
headers and chunk framing are the business of `respond`, see `glmcli.demo.framing`), and actions that a well-behaved
server would never do. So the demo endpoint runs on it, and every fault of a server can be played for a test:

    def respond(request: Request) -> Iterable[bytes | Action]:
        yield b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n"
        yield b"5\\r\\nda"  # half a chunk, and then
        yield Reset()

    with LoopbackServer(respond) as server:
        ... server.url, server.requests

Connections are kept alive between requests unless `respond` yields `Close()`, or the client asks for it.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from glmcli.demo.connection import (
    Action,
    Close,
    Connection,
    Gone,
    Pause,
    Request,
    Reset,
    Respond,
    Stall,
    Unreadable,
    Wait,
)
from glmcli.demo.framing import whole

__all__ = [
    "Action",
    "Close",
    "LoopbackServer",
    "Pause",
    "Request",
    "Reset",
    "Respond",
    "Stall",
    "Wait",
    "in_turn",
]


def in_turn(*answers: Iterable[bytes | Action]) -> Respond:
    """A `respond` that plays the first answer to the first request, and so on; the last one again and again."""
    scripts = [list(answer) for answer in answers]
    counter = itertools.count()

    def respond(request: Request) -> Iterable[bytes | Action]:
        return scripts[min(next(counter), len(scripts) - 1)]

    return respond


class LoopbackServer:
    """Listens on `host`:`port` (0: any free one) while the context is open.

    requests: every request so far, in the order they came in.
    disconnected: set once a client has left in the middle of an answer.
    """

    def __init__(self, respond: Respond, host: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: list[Request] = []
        self.disconnected = threading.Event()
        self._respond = respond
        self._host = host
        self._port = port
        self._lock = threading.Lock()
        self._stopping = False
        self._connections: dict[threading.Thread, Connection] = {}

    @property
    def url(self) -> str:
        """`http://HOST:PORT`; the port is known once the server has started."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> Self:
        """Listens, and returns at once; a client may connect from then on. Raises OSError when it cannot."""
        self._listener = socket.create_server((self._host, self._port), backlog=128)
        self._port = self._listener.getsockname()[1]
        self._stop, self._stopped = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="loopback server", daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Closes the listening socket and every connection, and waits for their threads. May be called again."""
        self._stopping = True
        self._stop.close()
        self._acceptor.join()
        with self._lock:
            threads = list(self._connections)
            for connection in self._connections.values():
                connection.interrupt()
        for thread in threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        with self._listener, self._stopped, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            numbers = itertools.count()
            while selector.select() and not self._stopping:
                connection = Connection(self._listener.accept()[0], next(numbers))
                thread = threading.Thread(target=self._serve, args=(connection,), name="loopback client", daemon=True)
                with self._lock:
                    self._connections[thread] = connection
                thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            while self._exchange(connection):
                pass
        except Unreadable as fault:
            connection.play([whole(fault.status, {"connection": "close"}, b""), Close()])
        except Gone:
            pass
        finally:
            with self._lock:  # or it might be interrupted when its number belongs to another file already
                connection.close()
                del self._connections[threading.current_thread()]

    def _exchange(self, connection: Connection) -> bool:
        """One request and its answer; whether another may follow. Raises Unreadable, Gone."""
        request = connection.request()
        if request is None:
            return False
        self.requests.append(request)
        answer = self._respond(request)
        try:
            going_on = connection.play(answer)
        except Gone:
            if not self._stopping:
                self.disconnected.set()
            raise
        finally:
            close = getattr(answer, "close", None)
            if close is not None:  # a generator's `finally` must run now, in this thread
                close()
        wishes = request.headers.get("connection", "").lower()
        if going_on and ("close" in wishes or (request.version == "HTTP/1.0" and "keep-alive" not in wishes)):
            connection.finish()
            return False
        return going_on
