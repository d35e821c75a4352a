"""An answer as a status, headers and a body or events, and its way into the bytes of HTTP. Knows no API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, Close, Pause, Request, Respond


@dataclass(frozen=True)
class Reply:
    """body: all of it (JSON), or the server-sent events of a stream, one by one as they shall be sent."""

    status: int
    body: bytes | Iterator[bytes]
    headers: dict[str, str] = field(default_factory=dict)


ReplyTo: TypeAlias = Callable[[Request], Reply]


def responding(reply_to: ReplyTo, *, pace: float = 0.0, log: Callable[[Request, int], None] | None = None) -> Respond:
    """Plays the replies on a `LoopbackServer`.

    pace: seconds between two events of a stream.
    log: told of every request and the status it gets, from the thread that serves it.
    """

    def respond(request: Request) -> Iterator[bytes | Action]:
        reply = reply_to(request)
        if log is not None:
            log(request, reply.status)
        if isinstance(reply.body, bytes):
            answer = whole(reply.status, {"content-type": "application/json", **reply.headers}, reply.body)
            yield answer[: -len(reply.body)] if request.method == "HEAD" else answer
            return
        # HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
        chunked = request.version != "HTTP/1.0"
        framing = {"transfer-encoding": "chunked"} if chunked else {"connection": "close"}
        yield head(reply.status, {"content-type": "text/event-stream", **reply.headers, **framing})
        for event in reply.body:
            if pace:
                yield Pause(pace)
            yield chunk(event) if chunked else event
        yield LAST_CHUNK if chunked else Close()

    return respond
