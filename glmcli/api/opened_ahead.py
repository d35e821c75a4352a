"""A connection that is opened before there is a request for it, and handed over to the request that comes.

Only what every connection begins with is sent ahead: TCP and TLS, not one byte of HTTP. One thread opens, another one
takes. What is too old by then, or was hung up on, is thrown away unseen.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from threading import Event, Lock

import httpcore


class OpenedAhead(httpcore.SyncBackend):
    """Where a connection pool gets its connections from.

    kept: seconds for which a connection without a request is good. taken: how many were handed over so far.
    """

    def __init__(self, kept: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.taken = 0
        self._kept = kept
        self._monotonic = monotonic
        self._lock = Lock()
        self._closed = False
        self._ahead: _Attempt | None = None

    def open(self, host: str, port: int, tls: ssl.SSLContext | None, timeout: float | None) -> None:
        """Opens the connection for the next request to this host, unless there is one. Returns when it is there or has
        failed: why is found out by the request. timeout: seconds, None for no limit."""
        with self._lock:
            before = self._ahead
            if self._closed or (before is not None and before.serves(host, port, self._oldest())):
                return
            attempt = self._ahead = _Attempt(host, port)
        if before is not None:
            before.abandon()
        stream: httpcore.NetworkStream | None = None
        failure: Exception | None = None
        try:
            stream = super().connect_tcp(host, port, timeout)
            if tls is not None:
                tls.set_alpn_protocols(["http/1.1"])  # as the pool does
                stream = _Secured(stream.start_tls(tls, host, timeout), tls, host)
        except Exception as error:  # noqa: BLE001 - it is raised where the connection is waited for
            failure = error
        attempt.end(stream if failure is None else None, failure, self._monotonic())

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """The connection that was opened ahead, waited for where it is on its way; else a new one."""
        ahead = None
        with self._lock:
            if self._ahead is not None and self._ahead.to == (host, port):
                ahead, self._ahead = self._ahead, None
        stream = ahead.take(timeout, self._oldest()) if ahead is not None else None
        if stream is None:
            return super().connect_tcp(host, port, timeout, local_address, socket_options)
        self.taken += 1
        return stream

    def close(self) -> None:
        """Closes what was not taken, as soon as it is there; nothing is opened ahead from now on."""
        with self._lock:
            self._closed = True
            ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.abandon()

    def _oldest(self) -> float:
        return self._monotonic() - self._kept


class _Attempt:
    """One connection on its way. Whoever takes or abandons it does so once; the thread that opens it ends it."""

    def __init__(self, host: str, port: int) -> None:
        self.to = (host, port)
        self._ended = Event()
        self._lock = Lock()
        self._wanted = True
        self._stream: httpcore.NetworkStream | None = None
        self._failure: Exception | None = None
        self._since = 0.0

    def end(self, stream: httpcore.NetworkStream | None, failure: Exception | None, now: float) -> None:
        with self._lock:
            self._failure, self._since = failure, now
            if self._wanted:
                self._stream, stream = stream, None
        self._ended.set()
        if stream is not None:
            stream.close()

    def serves(self, host: str, port: int, oldest: float) -> bool:
        """Whether it is, or may still become, a connection to this host that was opened after that time."""
        return self.to == (host, port) and (not self._ended.is_set() or self._is_good(self._stream, oldest))

    def take(self, timeout: float | None, oldest: float) -> httpcore.NetworkStream | None:
        """The connection; None where there was one no longer, or never. Raises what went wrong while it was waited
        for, ConnectTimeout after so many seconds."""
        waited = not self._ended.is_set()
        try:
            in_time = self._ended.wait(timeout)
        finally:
            stream = self._let_go()
        if not in_time:
            raise httpcore.ConnectTimeout("timed out")
        if waited and self._failure is not None:
            raise self._failure
        if stream is not None and not self._is_good(stream, oldest):
            stream.close()
            return None
        return stream

    def abandon(self) -> None:
        stream = self._let_go()
        if stream is not None:
            stream.close()

    def _let_go(self) -> httpcore.NetworkStream | None:
        with self._lock:
            self._wanted = False
            stream, self._stream = self._stream, None
            return stream

    def _is_good(self, stream: httpcore.NetworkStream | None, oldest: float) -> bool:
        return stream is not None and self._since > oldest and _is_silent(stream)


def _is_silent(stream: httpcore.NetworkStream) -> bool:
    """Whether the server has neither hung up nor said anything, as it should before it is asked."""
    connection = stream.get_extra_info("socket")
    connection.settimeout(0)
    try:
        connection.recv(1)  # not just whether there is something to read: after a handshake come the tickets of TLS 1.3
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        pass
    return False


class _Secured(httpcore.NetworkStream):
    """A connection on which TLS has begun before the pool asks for it."""

    def __init__(self, secure: httpcore.NetworkStream, tls: ssl.SSLContext, host: str) -> None:
        self._secure = secure
        self._how = (tls, host)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if (ssl_context, server_hostname) != self._how:  # the certificate was checked for another name
            self.close()
            raise httpcore.ConnectError("opened ahead for another name")
        return self._secure

    def close(self) -> None:
        self._secure.close()

    def get_extra_info(self, info: str) -> object:
        return self._secure.get_extra_info(info)
