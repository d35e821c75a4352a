"""One client's connection: its requests are read, and what shall be answered is played. Sockets only; knows no API.

An answer is an iterable of bytes, sent as they come, and of actions that a well-behaved server would never do.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import TypeAlias

from glmcli.demo.framing import CONTINUE

MAX_HEAD = 64 * 1024  # bytes of the request line and headers
MAX_BODY = 64 * 1024 * 1024  # bytes
LINGER = 1.0  # seconds for a client to read what it was sent, before its connection is closed
POLL = 0.01  # seconds between two looks at an event, which cannot be waited for together with a socket


@dataclass(frozen=True)
class Request:
    """One request, as it came.

    target: path and query, undecoded. headers: by lower-case name, several of one name joined by ", ".
    header_lines: the lines between the request line and the blank line, in order, their case kept.
    body: after the chunk framing is taken off. connection: counts the connections from 0.
    """

    method: str
    target: str
    headers: dict[str, str]
    header_lines: list[str]
    body: bytes
    connection: int
    version: str = "HTTP/1.1"


@dataclass(frozen=True)
class Reset:
    """Drops the connection with a TCP reset (SO_LINGER 0); what the client has not read yet is lost."""


@dataclass(frozen=True)
class Close:
    """Ends the connection at once with a FIN, whether the answer is complete or not."""


@dataclass(frozen=True)
class Wait:
    """Goes on when the event is set. Raises RuntimeError in the connection's thread when it is not in time."""

    event: Event
    seconds: float = 30.0


@dataclass(frozen=True)
class Pause:
    """Goes on after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """Says nothing more, until the client leaves or the server stops."""


Action: TypeAlias = Reset | Close | Wait | Pause | Stall
Respond: TypeAlias = Callable[[Request], Iterable[bytes | Action]]


class Gone(Exception):
    """The client closed the connection, or the server is stopping."""


class Unreadable(Exception):
    """What came is no HTTP request that this server reads; status is the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Connection:
    """A connected socket, which it owns. Every failure of the socket is `Gone`."""

    def __init__(self, wire: socket.socket, number: int) -> None:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wire = wire
        self._number = number
        self._unread = bytearray()

    def request(self) -> Request | None:
        """The next request; None when the client has closed the connection instead. Raises Unreadable, Gone."""
        try:
            head = self._take_until(b"\r\n\r\n").decode("latin-1")
        except EOFError:
            return None
        first, *lines = head.split("\r\n")
        try:
            method, target, version = first.split(" ")
        except ValueError:
            raise Unreadable(400) from None
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise Unreadable(400)
            key = name.lower()
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
        try:
            body = self._body(headers)
        except EOFError:
            raise Gone from None
        except ValueError:
            raise Unreadable(400) from None
        return Request(method, target, headers, lines, body, self._number, version)

    def play(self, answer: Iterable[bytes | Action]) -> bool:
        """Plays the answer; false when an action of it has ended the connection. Raises Gone."""
        for step in answer:
            match step:
                case bytes():
                    self.send(step)
                case Wait(event, seconds):
                    if not self._wait(seconds, event):
                        raise RuntimeError(f"the event that the answer waits for was not set within {seconds} s")
                case Pause(seconds):
                    self._wait(seconds)
                case Stall():
                    self._wait(None)
                case Reset():
                    self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return False
                case Close():
                    self.finish()
                    return False
                case _:
                    raise TypeError(f"an answer is made of bytes and actions, not {step!r}")
        return True

    def send(self, data: bytes) -> None:
        try:
            self._wire.sendall(data)
        except OSError:
            raise Gone from None

    def finish(self) -> None:
        """Sends a FIN and lets the client read: closing with bytes of the client unread would be a reset."""
        with suppress(OSError, Gone):
            self._wire.shutdown(socket.SHUT_WR)
            self._wait(LINGER)

    def interrupt(self) -> None:
        """Makes whatever another thread does with this connection end at once as `Gone`."""
        with suppress(OSError):  # the client may have left already
            self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._wire.close()

    def _wait(self, seconds: float | None, event: Event | None = None) -> bool:
        """Waits for the event, or for so many seconds; false when the event did not come. Raises Gone."""
        deadline = time.monotonic() + seconds if seconds is not None else None
        while event is None or not event.is_set():
            left = deadline - time.monotonic() if deadline is not None else None
            if left is not None and left <= 0:
                return event is None
            self._wire.settimeout(left if event is None else POLL)
            try:
                self._receive()
            except TimeoutError:
                continue
            except EOFError:
                raise Gone from None
            finally:
                self._wire.settimeout(None)
        return True

    def _receive(self) -> None:
        """Adds what has come to the unread bytes. Raises EOFError at the end, TimeoutError, Gone."""
        try:
            data = self._wire.recv(64 * 1024)
        except TimeoutError:
            raise
        except OSError:
            raise Gone from None
        if not data:
            raise EOFError
        self._unread += data

    def _take_until(self, end: bytes) -> bytes:
        """The bytes before `end`, which is taken too. Raises EOFError, Unreadable, Gone."""
        searched = 0
        while (found := self._unread.find(end, searched)) < 0:
            if len(self._unread) > MAX_HEAD:
                raise Unreadable(431)
            searched = max(0, len(self._unread) - len(end) + 1)
            self._receive()
        return self._take(found + len(end))[:found]

    def _take(self, size: int) -> bytes:
        """So many bytes. Raises EOFError, Gone."""
        while len(self._unread) < size:
            self._receive()
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _body(self, headers: dict[str, str]) -> bytes:
        """Raises ValueError for a length that is no number, EOFError, Unreadable, Gone."""
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        size = 0 if chunked else int(headers.get("content-length", "0"))
        if size > MAX_BODY:
            raise Unreadable(413)
        if headers.get("expect", "").lower() == "100-continue":
            self.send(CONTINUE)
        if not chunked:
            return self._take(size)
        body = bytearray()
        while size := int(self._take_until(b"\r\n").partition(b";")[0], 16):
            if len(body) + size > MAX_BODY:
                raise Unreadable(413)
            body += self._take(size + 2)[:size]
        while self._take_until(b"\r\n"):  # trailers
            pass
        return bytes(body)
