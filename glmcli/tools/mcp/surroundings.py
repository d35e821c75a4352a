"""What a server gets of the world around it, whatever its transport."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from glmcli.tools.mcp.stderr_log import StderrLog


@dataclass(frozen=True)
class Surroundings:
    """environ: where variables and proxies are looked up. secrets: variables that hold keys of ours, beside our tokens;
    no server gets them. cwd: the working directory. log: for the stderr of children. ca_bundle: a file of certificates
    to trust instead of the system's."""

    environ: Mapping[str, str]
    secrets: Collection[str]
    cwd: Path
    log: StderrLog
    ca_bundle: str | None = None
