"""The MCP servers of a run as tools: synchronous, from any thread.

All servers share one event loop in a thread of its own. A call waits in the thread it came from; ended early, it is
cancelled on the loop, and the server is told so. The SDK is imported with the first server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.errors import ConfigError, UsageError
from glmcli.tools.mcp.loop import Loop
from glmcli.tools.mcp.presented import Failed, definition_of, free_name, result_of, visible
from glmcli.tools.mcp.stderr_log import StderrLog
from glmcli.tools.mcp.surroundings import Surroundings
from glmcli.tools.mcp_config import Server
from glmcli.tools.tool import Approval, Result, Stop, Tool

if TYPE_CHECKING:
    from glmcli.tools.mcp.connection import Connection

LONGEST_CLOSE = 7.0
"""Seconds: 4.5 that the SDK may take for a server that is stuck, and some for a busy machine."""


class Servers:
    """MCP servers by name, each started when its tools are first asked for.

    servers: as `glmcli.tools.mcp_config.servers` reads them. environ, cwd, secrets, ca_bundle: as in `Surroundings`.
    log: the file for their stderr, None for none. warn: says one line to the user. start_limit, call_limit: seconds.
    """

    def __init__(
        self,
        servers: Mapping[str, Server],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        log: Path | None,
        warn: Callable[[str], None],
        secrets: Collection[str] = (),
        ca_bundle: str | None = None,
        start_limit: float = 10.0,
        call_limit: float = 60.0,
    ) -> None:
        self._servers = servers
        self._around = Surroundings(environ, secrets, cwd, StderrLog(log), ca_bundle)
        self._warn = warn
        self._start_limit = start_limit
        self._call_limit = call_limit
        self._loop = Loop()
        self._connections: dict[str, Connection] = {}
        self._starting: dict[str, asyncio.Lock] = {}

    def tools(self, name: str) -> list[Tool]:
        """The tools of a server. What it lists and cannot be one is left out, with a warning.

        Raises UsageError where there is no such server, it is disabled, or the SDK is not installed; ConfigError where
        it cannot be started or does not answer.
        """
        server = self._servers.get(name)
        if server is None:
            known = ", ".join(self._servers) or "none"
            raise UsageError(f"there is no MCP server {name!r}", hint=f"The servers are: {known}.")
        if server.disabled:
            raise UsageError(f"the MCP server {name} is disabled", hint='Take "disabled" out of mcp.json.')
        _require_sdk()
        try:
            offered, complaints = self._loop.result(lambda: self._listed(name))
        except (ConfigError, Failed, CancelledError) as error:
            what = error.message if isinstance(error, ConfigError) else str(error) or "was stopped while it started"
            hint = (isinstance(error, ConfigError) and error.hint) or (self._log_hint if server.command else "")
            raise ConfigError(f"the MCP server {name} ({server.place}) {what}", hint=hint) from None
        for complaint in complaints:
            self._warn(f"the MCP server {name} {complaint}")
        return list(self._presented(name, server, offered))

    def close(self) -> None:
        """Ends all servers and waits until they have ended, a few seconds for those that are stuck. Calls that still
        run fail. May be called again, and after Ctrl-C."""
        self._loop.close(self._close_all, LONGEST_CLOSE)

    def _presented(self, name: str, server: Server, offered: Mapping[str, Any]) -> Iterator[Tool]:
        expanded = self._expanded(name)
        # Variables as they are written: a new token is no other program. The server's version is its own word.
        runs = [
            expanded.command,
            expanded.args,
            expanded.url,
            str(self._around.cwd / expanded.cwd),
            sorted(server.env.items()),
        ]
        taken: set[str] = set()
        for original, tool in offered.items():
            unique = free_name(name, original, taken)
            try:
                definition = definition_of(name, tool, unique)
            except ValueError as fault:
                self._warn(f"the MCP server {name} offers {visible(original)[:64]!r}, which is left out: {fault}")
                continue
            taken.add(unique)
            yield Tool(
                definition,
                source=f"MCP server {name}",
                run=partial(self._run, name, original, definition),
                approval=Approval.EACH,
                implementation=json.dumps(runs).encode(),
            )

    def _run(self, name: str, original: str, definition: dict[str, Any], arguments: Any, stop: Stop) -> Result:
        try:
            return self._loop.result(lambda: self._called(name, original, definition, arguments), stop)
        except CancelledError:
            return Result("The call was stopped before it ended.", failed=True)
        except TimeoutError:
            return Result(f"The call timed out after {self._call_limit:g} s.", failed=True)
        except ConfigError as error:
            return Result(f"The MCP server {name} {error.message}", failed=True, foreign=True)
        except Failed as failure:
            return Result(f"The MCP server {name} {failure}", failed=True, foreign=True)

    async def _listed(self, name: str) -> tuple[Mapping[str, Any], list[str]]:
        """The server's tools by their own names, and what is wrong with the server, as it goes on after its name."""
        connection = await self._connected(name)
        offered, garbage = await connection.offered(), connection.wire.garbage
        complaints = [f"writes to stdout what is no message of MCP: {garbage}"] if garbage else []
        return offered, complaints + [f"offers {it}" for it in connection.left_out]

    async def _called(self, name: str, original: str, definition: dict[str, Any], arguments: Any) -> Result:
        """Raises Failed, ConfigError, TimeoutError."""
        connection = await self._connected(name)
        offered = (await connection.offered()).get(original)
        if offered is None:
            raise Failed("does not offer this tool any more")
        try:
            same = definition_of(name, offered, str(definition["function"]["name"])) == definition
        except ValueError:
            same = False
        if not same:  # it was approved as it was (CVE-2025-54136)
            raise Failed("has changed this tool since it was listed, so the call was not carried out")
        answer = await connection.call(original, arguments, self._call_limit)
        return result_of(answer.content, answer.structured_content, bool(answer.is_error))

    async def _connected(self, name: str) -> Connection:
        """The server's connection: a new one where there is none yet, or the last one has ended. Raises ConfigError."""
        from glmcli.tools.mcp.connection import Connection

        async with self._starting.setdefault(name, asyncio.Lock()):
            connection = self._connections.get(name)
            if connection is None or connection.ended:
                connection = self._connections[name] = Connection(
                    name,
                    self._expanded(name),
                    self._around,
                    limit=self._start_limit,
                )
            await connection.started()
            return connection

    def _expanded(self, name: str) -> Server:
        try:
            return self._servers[name].expanded(self._around.environ, secrets=self._around.secrets)
        except ConfigError as error:
            raise ConfigError(f"cannot be used: {error.message}", hint=error.hint) from None

    async def _close_all(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))

    @property
    def _log_hint(self) -> str:
        path = self._around.log.path
        return f"What it writes to stderr is in {path}." if path else ""


def _require_sdk() -> None:
    """Raises UsageError where the SDK, or a version of it that is new enough, is not installed."""
    import logging

    try:
        import glmcli.tools.mcp.connection  # noqa: F401 - to see that it can be imported
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("anyio", "httpx2", "mcp", "mcp_types"):
            raise
        raise UsageError(
            "MCP servers need the package mcp, 2.3 or newer", hint="Install it: pip install 'glmcli[mcp]'"
        ) from None
    for name in ("client", "mcp"):  # what the SDK would otherwise write to stderr, tracebacks included
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
