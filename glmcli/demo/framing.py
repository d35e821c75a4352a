"""HTTP/1.1 answers as bytes (RFC 9112), for servers that write everything by hand. Imports nothing, knows no API.

whole(200, {"content-type": "application/json"}, b"{}")         one answer with its length
head(200, {"transfer-encoding": "chunked"}), chunk(b"data: …"), LAST_CHUNK    an answer in pieces
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line, the headers in their order, and the blank line. Header values are Latin-1."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, '')}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """A complete answer; `content-length` is added after the given headers."""
    return head(status, {**headers, "content-length": str(len(body))}) + body


def chunk(data: bytes) -> bytes:
    """One chunk of an answer with `transfer-encoding: chunked`. An empty one would end the answer, so it is none."""
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""
