"""A request as a command line for curl. Runs nothing.

The command pastes into sh, bash and zsh and sends the very bytes that `glm` would send. Secrets stand in it as
variables of the shell, never as text: commands end up in histories and in chats.
"""

from __future__ import annotations

from typing import Any

from glmcli.api.endpoint import Endpoint, encode_body, is_secret

# Bytes of the longest argument: Linux takes 128 KiB (MAX_ARG_STRLEN). A shell's own printf knows no such limit.
LONGEST_ARGUMENT = 100_000


def curl_command(endpoint: Endpoint, body: dict[str, Any], session_id: str | None = None) -> str:
    """The command, several lines, without a line break at its end. Raises RequestError for a body that is no JSON.

    The token is `$CLOUDFLARE_API_TOKEN`, or the variable that the endpoint names; another secret header is the
    variable of its own name, as in `$CF_AIG_AUTHORIZATION`.
    """
    stream = body.get("stream") is True
    text = encode_body(body).decode()
    options = ["--no-buffer"] if stream else []
    for name, value in endpoint.request_headers(stream=stream, session_id=session_id):
        if name in ("Accept-Encoding", "User-Agent"):  # curl's own will do
            continue
        options.append("-H " + _header(endpoint, name, value))
    if len(text.encode()) > LONGEST_ARGUMENT:
        start = f"printf %s {quoted(text)} |\ncurl -sS "
        options.append("--data-binary @-")
    else:
        start = "curl -sS "
        options.append(f"--data-raw {quoted(text)}")
    return start + " \\\n  ".join([quoted(endpoint.url), *options])


def quoted(text: str) -> str:
    """The text as one word of a shell, whatever stands in it."""
    return "'" + text.replace("'", "'\\''") + "'"


def _header(endpoint: Endpoint, name: str, value: str) -> str:
    if endpoint.token is not None and value == f"Bearer {endpoint.token}":
        return f'"{name}: Bearer ${endpoint.token_variable}"'
    if is_secret(name):
        return f'"{name}: ${name.upper().replace("-", "_")}"'
    return quoted(f"{name}: {value}")
