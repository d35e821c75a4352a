"""Why a connection to an MCP server ended, in a line: the one place that knows the exceptions of the SDK."""

from __future__ import annotations

import os
import ssl

import httpx2
import mcp_types as types
from mcp.shared.exceptions import MCPError

from glmcli.errors import ConfigError
from glmcli.tools.mcp.presented import visible
from glmcli.tools.mcp.transport import CONNECT_TIMEOUT, Wire


def explained(error: BaseException, wire: Wire, limit: float) -> ConfigError:
    """Why a connection ended, as it goes on after the server's name, and what to do."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ConfigError):
        return ConfigError(f"cannot be used: {error.message}", hint=error.hint)
    if wire.status in (401, 403):
        return ConfigError(
            f"refuses (HTTP {wire.status})", hint='Put its credentials into "headers", as Authorization for example.'
        )
    if wire.status:
        hint = "Check the URL; often it ends with /mcp." if wire.status in (404, 405) else ""
        return ConfigError(f"answers HTTP {wire.status}", hint=hint)
    if isinstance(error, TimeoutError):
        return ConfigError(f"did not answer `initialize` within {limit:g} s{wire.evidence}")
    if isinstance(error, MCPError):
        closed = error.code == types.CONNECTION_CLOSED
        said = f"refuses: {visible(error.message)[:300]}"
        return ConfigError(f"{'ended' if closed else said}{wire.evidence}")
    if isinstance(error, httpx2.ConnectTimeout):
        return ConfigError(f"cannot be reached: no connection within {CONNECT_TIMEOUT:g} s", hint="Check the URL.")
    if isinstance(error, (httpx2.HTTPError, OSError)):
        what, hint = _cause(error)
        return ConfigError(f"cannot be reached: {what}", hint=hint)
    return ConfigError(f"failed: {visible(str(error)) or type(error).__name__}"[:300] + wire.evidence)


def _cause(error: BaseException) -> tuple[str, str]:
    """The innermost words of the system on a failure, and a hint."""
    text, inner = str(error), error.__cause__ or error.__context__
    while inner is not None:
        if isinstance(inner, BaseExceptionGroup):  # one for each address of the host
            inner = inner.exceptions[0]
        if isinstance(inner, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted: {visible(inner.verify_message)}",
                "Name a file with the certificate of who signed it in SSL_CERT_FILE, or in the setting ca_bundle.",
            )
        if isinstance(inner, ConnectionError) and inner.errno:
            text = os.strerror(inner.errno)  # asyncio has words of its own
        elif isinstance(inner, OSError):
            text = inner.strerror or text
        inner = inner.__cause__ or inner.__context__
    return visible(text).lower(), "Is it running? Check its address."
