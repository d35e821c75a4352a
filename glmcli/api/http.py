"""Bytes to a server and back. With `connections` the only home of httpx, which is imported with the first request.

Only httpx's transport is used, not its client: what is not there cannot follow a redirect, keep a cookie, read netrc
or the environment, or take a password out of an address. Every failure leaves here as a `GlmError` that says what
happened, to which host, and what to do (reliability §7.3); no message of ours holds a header or a body.

An `Http` keeps its connections for the next request. It serves one thread at a time; a second one may `warm` it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from glmcli.api.connections import Connections, import_httpx
from glmcli.api.endpoint import check_header
from glmcli.api.inflate import inflate
from glmcli.api.proxy import Proxy, proxy_for
from glmcli.errors import ConfigError, GlmError, IncompleteError, NetworkError, ServerError

if TYPE_CHECKING:
    import httpx

GET_TIMEOUT = 30.0  # seconds
MAX_BODY = 64 * 1024 * 1024  # bytes
LONGEST = 1e6  # seconds; more does not fit into what a socket takes, and means for ever

Headers = list[tuple[str, str]]


class BrokenConnection(NetworkError):
    """No answer began, and another try may go better."""


@dataclass(frozen=True)
class Response:
    """A status line, headers as they came, and the body in pieces, decompressed.

    chunks: raises IncompleteError where the body is cut or stalls, ServerError where it cannot be read.
    """

    status: int
    headers: Headers
    chunks: Iterator[bytes]
    wire: httpx.Response

    def header(self, name: str) -> str:
        """The first value of a header, by its name in lower case; empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def drain(self, seconds: float) -> None:
        """Reads the rest, of which nothing is wanted, so that the connection can be used again. A server that goes on
        for longer is hung up on."""

        import socket

        def hang_up() -> None:
            with suppress(OSError):  # the connection is gone already
                # Not SSLSocket.shutdown, which would change the socket under the thread that reads it.
                connection = self.wire.extensions["network_stream"].get_extra_info("socket")
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        timer = Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            with suppress(GlmError):
                for _ in self.chunks:
                    pass
        finally:
            timer.cancel()


class Http:
    """Connections to servers.

    ca_bundle: a file of certificates to trust instead of the system's. environ: where proxies and SSL_CERT_FILE are
    looked up. connect_timeout: seconds; 0 or None waits for ever.
    """

    def __init__(
        self, *, ca_bundle: str | None = None, environ: Mapping[str, str], connect_timeout: float | None = 10.0
    ) -> None:
        self._environ = environ
        self._connect_timeout = connect_timeout
        self._connections = Connections(ca_bundle, environ)

    def close(self) -> None:
        """Closes the kept connections. The next request opens new ones."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes = b"",
        *,
        first_byte_timeout: float | None,
        idle_timeout: float | None,
        connect_timeout: float | None = None,
        address: str | None = None,
    ) -> Iterator[Response]:
        """Sends a request; the context is entered when the status line and headers are there, and closes the
        connection unless the body was read to its end.

        address: of IP, where the request goes, directly, in place of what the name in the URL stands for; the server
        is still asked, and its certificate checked, for that name. An `Http` must not pair an address with two names.

        Time limits in seconds, 0 or None for none; connect_timeout None takes the one of this `Http`. Raises
        NetworkError (BrokenConnection where another try may help), ServerError, ConfigError.
        """
        headers = list(headers)
        for name, value in headers:
            check_header(name, value)
        connect = self._connect_timeout if connect_timeout is None else connect_timeout
        limits = {
            "connect": _limit(connect),
            "read": _limit(first_byte_timeout),
            "write": _limit(idle_timeout),
            "pool": None,
        }
        proxy = proxy_for(url, self._environ) if address is None else None
        where = host_of(url) + (f" through the proxy {proxy.name}" if proxy else "")
        import_httpx()
        import httpx

        try:
            request = httpx.Request(method, url, headers=headers, content=body or None)
            if address is not None:
                request.extensions = {"sni_hostname": request.url.raw_host.decode("ascii")}
                request.url = request.url.copy_with(host=address)
            wire = self._connections.send(proxy, request, limits)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise (blamed(proxy, error, where, limits) if proxy else no_answer(error, where, limits)) from error
        try:
            limits["read"] = _limit(idle_timeout)
            received = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in wire.headers.raw]
            yield Response(wire.status_code, received, _body(wire, where, limits), wire)
        finally:
            wire.close()

    def get(self, url: str, headers: Iterable[tuple[str, str]]) -> tuple[int, Headers, bytes]:
        """Status, headers and body (up to 64 MiB) of a short exchange. Raises as `stream` does, and IncompleteError,
        ServerError for a body that is cut or too long."""
        with self.stream("GET", url, headers, first_byte_timeout=GET_TIMEOUT, idle_timeout=GET_TIMEOUT) as response:
            return response.status, response.headers, read_up_to(response, MAX_BODY)

    def warm(self, url: str) -> None:
        """Opens the connection for the next request to this address, unless there is one: TCP and TLS, nothing that a
        server would count; through a proxy none, but what is slow about a first request is done then, too.

        Raises nothing: what is wrong is told by the request. May run in a thread beside `stream` and `close`.
        """
        with suppress(Exception):
            self._connections.open_ahead(url, _limit(self._connect_timeout))


def _body(wire: httpx.Response, where: str, limits: Mapping[str, float | None]) -> Iterator[bytes]:
    import httpx

    encoding = wire.headers.get("content-encoding", "").strip().lower()
    assert not isinstance(wire.stream, httpx.AsyncByteStream)
    try:
        if encoding in ("", "identity"):
            yield from wire.stream
        elif encoding in ("gzip", "x-gzip", "deflate"):
            yield from inflate(wire.stream)
        else:
            raise ServerError(
                f"{where} sent the answer in the encoding {encoding[:40]!r}, which was not asked for",
                hint="Check the base URL and what stands between it and this machine.",
            )
    except EOFError as error:
        raise IncompleteError(f"the answer of {where} was cut short", hint="Try again.") from error
    except zlib.error as error:
        raise ServerError(f"{where} sent an answer that cannot be decompressed", hint="Try again.") from error
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise no_end(error, where, limits) from error


def read_up_to(response: Response, limit: int) -> bytes:
    """The whole body. Raises ServerError when it has more bytes than the limit, and what `chunks` raises."""
    body = bytearray()
    for chunk in response.chunks:
        body += chunk
        if len(body) > limit:
            raise ServerError(f"the answer has more than {limit >> 20} MiB, which no answer has")
    return bytes(body)


def host_of(url: str) -> str:
    """Host, and port where it is given, for messages."""
    return urlsplit(url).netloc.rpartition("@")[2]


def no_answer(error: Exception, where: str, limits: Mapping[str, float | None]) -> GlmError:
    """What a failure before the status line means. `where`: host and port. `limits`: seconds, as httpx has them."""
    import httpx

    match error:
        case httpx.ConnectTimeout():
            return BrokenConnection(
                f"no connection to {where}{_within(limits['connect'])}",
                hint="Check the network and the proxy, or wait longer with --connect-timeout.",
            )
        case httpx.ReadTimeout():
            # Never sent again: the model may be at work on it, and is paid for.
            return NetworkError(
                f"no answer from {where}{_within(limits['read'])}",
                hint="Wait longer with --first-byte-timeout SEC, or ask for less with --max-tokens.",
            )
        case httpx.ConnectError():
            return _no_connection(error, where)
        case httpx.ProxyError():
            return NetworkError(
                f"no way to {where}: {_short(error)}",
                hint="Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY names the hosts to reach directly.",
            )
        case httpx.RemoteProtocolError() if _is_malformed(error):
            return ServerError(
                f"what {where} sent is not HTTP: {_short(error)}", hint="Check the host and port of the base URL."
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():  # the last of host names
            return ConfigError(f"the address of {where} cannot be used", hint="Check the base URL.")
        case httpx.LocalProtocolError():
            return ConfigError(
                f"the request to {where} cannot be written as HTTP", hint="Check the token, the headers and the URL."
            )
        case httpx.TimeoutException():
            return BrokenConnection(f"the request to {where} could not be sent in time", hint="Check the network.")
        case httpx.TransportError() | OSError():
            return BrokenConnection(
                f"the connection to {where} broke before an answer began", hint="Check the network, and try again."
            )
        case _:
            return ServerError(f"what {where} sent is not an answer: {_short(error)}", hint="Check the base URL.")


def blamed(proxy: Proxy, error: Exception, where: str, limits: Mapping[str, float | None]) -> GlmError:
    """What a failure before the status line means on the way through a proxy, which is not reached, or which refuses,
    before the server is."""
    import ssl

    import httpx

    of_proxy = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not any(
        isinstance(cause, ssl.SSLError) for cause in _causes(error)
    )
    failure = no_answer(error, f"{proxy.name} (the proxy in {proxy.variable})" if of_proxy else where, limits)
    if of_proxy or isinstance(error, httpx.ProxyError):
        failure.hint = proxy.cure
    return failure


def no_end(error: Exception, where: str, limits: Mapping[str, float | None]) -> GlmError:
    """What a failure after the status line means."""
    import httpx

    match error:
        case httpx.TimeoutException():
            return IncompleteError(
                f"{where} sent nothing more{_within(limits['read'])}",
                hint="What came is kept; wait longer with --timeout SEC.",
            )
        case httpx.DecodingError():
            return ServerError(f"{where} sent an answer that cannot be decompressed", hint="Try again.")
        case httpx.TransportError() | OSError():
            return IncompleteError(
                f"the connection to {where} broke before the answer was complete",
                hint="What came is kept; try again.",
            )
        case _:
            return ServerError(f"what {where} sent is not an answer: {_short(error)}", hint="Try again.")


def _no_connection(error: Exception, where: str) -> GlmError:
    import socket
    import ssl

    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return BrokenConnection(f"the name {where} cannot be looked up right now", hint="Check the network.")
            case socket.gaierror():
                return NetworkError(f"there is no host {where}", hint="Check the base URL and the network.")
            case ssl.SSLCertVerificationError():
                return NetworkError(
                    f"the certificate of {where} is not trusted: {cause.verify_message.rstrip('.')}",
                    hint="Check the date of this machine; --ca-bundle FILE names the certificate of your own proxy.",
                )
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
                break
            case ssl.SSLError():
                reason = (getattr(cause, "reason", None) or "unknown").replace("_", " ").lower()
                return NetworkError(
                    f"no TLS connection to {where}: {reason}",
                    hint="Check whether the server speaks https on this port.",
                )
            case ConnectionRefusedError():
                return BrokenConnection(
                    f"{where} refused the connection", hint="Check that the server runs, and its port."
                )
    why = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "it broke off")
    return BrokenConnection(f"no connection to {where}: {why}", hint="Check the network and the base URL.")


def _is_malformed(error: Exception) -> bool:
    """Whether the HTTP parser found a fault; without one the server just left without a word."""
    return any(type(cause).__module__.startswith("h11") for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _limit(seconds: float | None) -> float | None:
    return seconds if seconds and 0 < seconds <= LONGEST else None


def _within(seconds: float | None) -> str:
    return f" within {seconds:g} s" if seconds else ""


def _short(error: Exception) -> str:
    """The text of an error as one printable line; bytes of the server may stand in it."""
    text = "".join(character if character.isprintable() else " " for character in str(error))
    return " ".join(text.split())[:120] or type(error).__name__
