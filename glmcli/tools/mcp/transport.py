"""How bytes reach a server: a child process's stdin and stdout, or streamable HTTP. One async context for each.

A child gets the few variables that every child of ours gets and those that its declaration names, dies with us, and
writes stderr into a pipe of ours. HTTP goes where the declaration says, through the proxy that the environment names,
and nowhere else: the SDK follows no redirect to another origin.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from glmcli import __version__
from glmcli.errors import ConfigError
from glmcli.tools.child import supervised
from glmcli.tools.environment import child_environment
from glmcli.tools.mcp.stderr_log import Stderr
from glmcli.tools.mcp.surroundings import Surroundings
from glmcli.tools.mcp_config import Server

if TYPE_CHECKING:
    import httpx2
    from mcp.client import Transport

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection."""
IDLE_TIMEOUT = 300.0
"""Seconds without a byte of a stream; how long a call may take is the caller's business."""
LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes of one event: an image of a few megabytes in base64."""


class Wire:
    """What is known of a server beside its messages, for messages to the user."""

    def __init__(self) -> None:
        self.stderr: Stderr | None = None
        self.status = 0
        """HTTP, of the last message that we sent, where that was refused."""
        self.garbage = ""
        """The first line on its stdout that was no message."""

    @property
    def evidence(self) -> str:
        """What the server wrote where no answer belongs, to go behind a message about it."""
        said = self.stderr.end if self.stderr else ""
        return (f"; on stdout it wrote: {self.garbage}" if self.garbage else "") + (
            f"; it said: {said}" if said else ""
        )


def transport(name: str, server: Server, wire: Wire, around: Surroundings) -> Transport:
    """The way to a server whose variables are expanded. Entering it starts the child. Raises ConfigError, OSError."""
    return _child(name, server, wire, around) if server.command else _http(server, wire, around)


@asynccontextmanager
async def _child(name: str, server: Server, wire: Wire, around: Surroundings) -> AsyncGenerator[Any, None]:
    folder = around.cwd / Path(server.cwd).expanduser()
    env = {**child_environment(around.environ, secrets=around.secrets), **server.env}
    command = _found(server.command, folder, env)
    argv = supervised([command, *server.args])
    wire.stderr = stderr = Stderr(name, around.log)
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not stderr.read():
            loop.remove_reader(stderr.reader)

    loop.add_reader(stderr.reader, read)
    try:
        parameters = StdioServerParameters(
            command=argv[0], args=argv[1:], env=env, cwd=folder, encoding_error_handler="replace"
        )
        with os.fdopen(stderr.writer, "w", closefd=False) as errors:
            async with stdio_client(parameters, errors) as streams:
                stderr.close_writer()
                yield streams
    finally:
        loop.remove_reader(stderr.reader)
        stderr.close()


def _found(command: str, folder: Path, env: Mapping[str, str]) -> str:
    """The program of a command; a path is taken from the server's own folder."""
    if not folder.is_dir():
        raise ConfigError(f"its folder {folder} is not there", hint='Check "cwd".')
    sought = str(folder / Path(command).expanduser()) if "/" in command else command
    found = shutil.which(sought, path=env.get("PATH"))
    if found is None:
        raise ConfigError(f"there is no program {command!r}", hint='Install it, or check "command" and PATH.')
    return found


@asynccontextmanager
async def _http(server: Server, wire: Wire, around: Surroundings) -> AsyncGenerator[Any, None]:
    import httpx2

    from glmcli.api.proxy import proxy_for
    from glmcli.api.tls import tls_context, untrusting_context

    async def note_status(response: httpx2.Response) -> None:
        if response.request.method == "POST":
            wire.status = response.status_code if response.status_code >= 400 else 0

    proxy = proxy_for(server.url, around.environ)
    secure = server.url.startswith("https")
    async with (
        httpx2.AsyncClient(
            headers={"User-Agent": f"glm/{__version__}", **server.headers},
            timeout=httpx2.Timeout(IDLE_TIMEOUT, connect=CONNECT_TIMEOUT),
            verify=tls_context(around.ca_bundle, around.environ) if secure else untrusting_context(),
            proxy=proxy.url if proxy else None,
            trust_env=False,
            event_hooks={"response": [note_status]},
        ) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=LARGEST_EVENT) as streams,
    ):
        yield streams
