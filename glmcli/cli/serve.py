"""`glm serve`: the demo endpoint in the foreground, for people to test their own scripts and clients against."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glmcli.cli.command import Invocation, single
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.demo.server import Request

A_DAY = 86_400.0  # seconds


def serve(
    call: Invocation,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes any free one.")
    ] = 8787,
    pace: Annotated[float, typer.Option("--pace", min=0, metavar="SEC", help="Seconds between two tokens.")] = 0.01,
    record: Annotated[Path | None, typer.Option("--record", metavar="FILE", help="Add every exchange to FILE.")] = None,
    replay: Annotated[Path | None, typer.Option("--replay", metavar="FILE", help="Answer from such a FILE.")] = None,
) -> None:
    """The demo endpoint in the foreground, to test scripts against.

    It speaks the protocol of Workers AI on loopback, judges every request by the documented schema, and answers with
    text that says it is a demo. Any token and any account id will do. Ctrl-C ends it.
    """
    from glmcli import demo

    terminal = call.terminal

    def log(request: "Request", status: int) -> None:
        terminal.note(f"{request.method} {request.target} {status}", style="dim" if status < 400 else "warning")

    try:
        server = demo.start(port=port, pace=pace, log=log, record=record, replay=replay)
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # without the address that `socket` adds to its own wording
        hint = "Try another --port, or --port 0 for any free one."
        raise UsageError(f"cannot listen on port {port}: {reason}", hint=hint) from None
    with server:
        try:
            terminal.write(f"READY {server.url}\n")
            terminal.flush()
            terminal.note("The demo endpoint runs. Elsewhere, say:")
            terminal.note(f"  export GLM_BASE_URL={shlex.quote(server.base)}")
            terminal.note("  export CLOUDFLARE_API_TOKEN=demo CLOUDFLARE_ACCOUNT_ID=demo")
            terminal.note("Ctrl-C ends it.")
            while True:
                call.world.sleep(A_DAY)
        except KeyboardInterrupt:  # SIGTERM is one, too: this is how a server in the foreground is meant to end
            return


app = single("serve", serve)
