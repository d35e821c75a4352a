"""The demo endpoint: a loopback server that speaks the documented protocol, and shares no code with the client.

with glmcli.demo.start() as demo:
    ... demo.base is what GLM_BASE_URL would be
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glmcli.demo.server import LoopbackServer, Request

HOST = "127.0.0.1"


class DemoServer:
    """A running demo endpoint. requests: every request it got."""

    def __init__(self, server: LoopbackServer) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """The origin, `http://127.0.0.1:PORT`."""
        return self._server.url

    @property
    def base(self) -> str:
        """What stands where the real endpoint has `https://api.cloudflare.com/client/v4`."""
        return self.url + "/client/v4"

    @property
    def requests(self) -> list[Request]:
        return self._server.requests

    def stop(self) -> None:
        """Drops every connection and ends every thread. May be called again."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    *,
    port: int = 0,
    pace: float = 0.0,
    log: Callable[[Request, int], None] | None = None,
    record: Path | None = None,
    replay: Path | None = None,
) -> DemoServer:
    """Starts a demo endpoint on loopback, in threads of its own.

    port: 0 for any free one. pace: seconds between two events of a stream.
    log: told of every request and the status it gets, from the thread that serves it.
    record: a file to add every exchange to. replay: a file of such exchanges, which are played in place of the demo.
    Raises OSError when the port cannot be had, UsageError for a file that cannot be used.
    """
    from glmcli.demo.reply import ReplyTo, responding
    from glmcli.demo.server import LoopbackServer
    from glmcli.demo.workers_ai import WorkersAi

    reply_to: ReplyTo = WorkersAi().reply
    if record or replay:
        from glmcli.demo.recording import recording, replaying

        reply_to = replaying(replay) if replay else reply_to
        reply_to = recording(reply_to, record) if record else reply_to
    return DemoServer(LoopbackServer(responding(reply_to, pace=pace, log=log), HOST, port).start())
