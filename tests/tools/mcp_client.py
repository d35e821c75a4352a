"""Servers of the tests as `Servers` sees them, and what became of their processes."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glmcli.tools.mcp import Servers
from glmcli.tools.mcp_config import Server
from glmcli.tools.tool import Result, Stop, Tool

HERE = Path(__file__).parent
REAL = Server(command=sys.executable, args=(str(HERE / "mcp_server.py"),))
PATIENCE = 60.0
"""Seconds that a server may take to start on a busy machine."""


def bare(**how: Any) -> Server:
    """The bare server, which goes wrong in the way that `how` says."""
    return Server(command=sys.executable, args=("-S", str(HERE / "bare_mcp_server.py"), json.dumps(how)))


@dataclass
class Client:
    """The servers, one of which is called "it", and what was said of them."""

    servers: Servers
    log: Path
    warnings: list[str] = field(default_factory=list)

    def tools(self) -> list[Tool]:
        return self.servers.tools("it")

    def tool(self, name: str) -> Tool:
        return next(tool for tool in self.tools() if tool.name == f"it__{name}")

    def call(self, name: str, /, **arguments: Any) -> Result:
        run = self.tool(name).run
        assert run is not None
        return run(arguments, Stop())


@contextmanager
def client(
    server: Server, folder: Path, *, environ: Mapping[str, str] | None = None, **limits: Any
) -> Iterator[Client]:
    warnings: list[str] = []
    log = folder / "mcp.log"
    servers = Servers(
        {"it": server},
        environ={"PATH": os.environ["PATH"], **(environ or {})},
        cwd=folder,
        log=log,
        warn=warnings.append,
        **{"start_limit": PATIENCE, "call_limit": PATIENCE, **limits},
    )
    try:
        yield Client(servers, log, warnings)
    finally:
        servers.close()


def has_ended(pid: int, seconds: float = 10.0) -> bool:
    """Waits until the process is gone."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)
