"""Where a request goes: the address, the credentials and the conventions of one endpoint. No I/O, no settings.

One constructor for each row of interface §9; `local` and `demo` are an `openai` and a `workers_ai` endpoint on
loopback. Every `Endpoint` that exists is safe to use: its address carries a token over TLS or to this machine only,
and no credential holds a character that would end up in somebody's error message (reliability §4).
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from glmcli import __version__
from glmcli.errors import ConfigError, RequestError, UsageError

CLOUDFLARE_URL = "https://api.cloudflare.com/client/v4"
GATEWAY_URL = "https://gateway.ai.cloudflare.com/v1"
# Only both together are known to limit every kind of backend (wire-protocol §4.4).
WORKERS_AI_LIMITS = ("max_completion_tokens", "max_tokens")
REDACTED = "[redacted]"

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_BEARER = re.compile(r"(?i)\b(bearer)\s+[^\s\"',;]+")
_SECRET_HEADER = re.compile(r"(?i)(?:.*authorization|(?:set-)?cookie2?|.*api-?key|(?:.*-)?(?:token|secret))")


@dataclass(frozen=True)
class Endpoint:
    """One way to the model.

    kind: a name of the first column of interface §9.
    url: what the request is posted to. base_url: what the user configured, without a trailing slash.
    headers: those of the endpoint beside `Authorization`, which is made of the token.
    token: a bearer token, or None where none is wanted. token_variable: how the user's shell knows it.
    model_in_body: whether the request body has to name the model; else the address does.
    limit_fields: the names under which the output limit is sent.
    Raises ConfigError for an address, a token or a header that is not safe to use.
    """

    kind: str
    url: str
    base_url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    token: str | None = field(repr=False)
    model: str
    model_in_body: bool
    limit_fields: tuple[str, ...]
    token_variable: str = "CLOUDFLARE_API_TOKEN"

    @property
    def on_workers_ai(self) -> bool:
        """Whether Workers AI answers, or the demo in its place, whichever way the request goes."""
        return self.kind in ("workers-ai", "workers-ai-openai", "ai-gateway", "demo")

    def __post_init__(self) -> None:
        check_base_url(self.url)
        if self.token is not None and check_token(self.token) != self.token:
            raise ConfigError("the API token has blanks around it", hint="Store it without them.")
        for name, value in self.headers:
            check_header(name, value)

    def request_headers(self, *, stream: bool, session_id: str | None = None) -> list[tuple[str, str]]:
        """All headers of a request, secrets included. `session_id` sends the turns of a conversation to one instance
        of the model, whose prefix cache they then hit (wire-protocol §1.4)."""
        headers = [
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream, application/json" if stream else "application/json"),
            # A compressed stream may be held back by whoever compresses it.
            ("Accept-Encoding", "identity"),
            ("User-Agent", f"glm/{__version__}"),
            *self.headers,
        ]
        if self.token is not None:
            headers.append(("Authorization", f"Bearer {self.token}"))
        if session_id and self.on_workers_ai:
            headers.append(("x-session-affinity", session_id))
        for name, value in headers:
            check_header(name, value)
        return headers

    def redact(self, text: str) -> str:
        """The text without this endpoint's secrets."""
        secrets = (value.removeprefix("Bearer ") for name, value in self.headers if is_secret(name))
        return redact(text, self.token, *secrets)


def workers_ai(base: str, account: str, token: str | None, model: str) -> Endpoint:
    """The documented endpoint: the model stands in the address. Raises ConfigError, UsageError."""
    base = check_base_url(base)
    url = f"{base}/accounts/{check_account(account)}/ai/run/{_path(model)}"
    return Endpoint("workers-ai", url, base, (), _token(token), model, False, WORKERS_AI_LIMITS)


def workers_ai_openai(base: str, account: str, token: str | None, model: str) -> Endpoint:
    """Workers AI in the form of OpenAI: the model stands in the body. Raises ConfigError, UsageError."""
    base = check_base_url(base)
    url = f"{base}/accounts/{check_account(account)}/ai/v1/chat/completions"
    _path(model)
    return Endpoint("workers-ai-openai", url, base, (), _token(token), model, True, WORKERS_AI_LIMITS)


def ai_gateway(
    base: str,
    account: str,
    gateway: str,
    token: str | None,
    model: str,
    *,
    path: str = "workers-ai",
    gateway_token: str | None = None,
) -> Endpoint:
    """The account's AI Gateway (wire-protocol §1.3).

    path: what follows the gateway's name: `workers-ai` or `workers-ai/run` (the model is added to the address),
    `workers-ai/v1/chat/completions` or `compat/chat/completions` (the model stands in the body).
    gateway_token: of an authenticated gateway. Raises ConfigError, UsageError.
    """
    base = check_base_url(base)
    if not _NAME.fullmatch(gateway) or not gateway.strip("."):
        raise ConfigError(f"{gateway!r} is not the name of an AI Gateway", hint="Set `gateway` in the profile.")
    path = path.strip("/")
    in_body = path.endswith("chat/completions")
    target = _path(path) if in_body else f"{_path(path)}/{_path(model)}"
    url = f"{base}/{check_account(account)}/{gateway}/{target}"
    headers = (("cf-aig-authorization", f"Bearer {check_token(gateway_token)}"),) if gateway_token else ()
    # The gateway's own form serves many providers, so it wants the provider before the model.
    if path.startswith("compat/") and not model.startswith("workers-ai/"):
        model = f"workers-ai/{model}"
    return Endpoint("ai-gateway", url, base, headers, _token(token), model, in_body, WORKERS_AI_LIMITS)


def openai(
    base_url: str,
    token: str | None,
    model: str,
    limit_field: str = "max_tokens",
    *,
    kind: str = "openai",
    token_variable: str = "OPENAI_API_KEY",
) -> Endpoint:
    """Any server that speaks the chat completions of OpenAI. Raises ConfigError, UsageError."""
    base = check_base_url(base_url)
    if not model.strip():
        raise UsageError("the model has no name", hint="Name it with --model.")
    url = f"{base}/chat/completions"
    return Endpoint(kind, url, base, (), _token(token), model, True, (limit_field,), token_variable)


def check_base_url(url: str) -> str:
    """The address without blanks around it and slashes behind it.

    Raises ConfigError unless it is https, or http to this machine, and names a host and nothing that would override
    credentials or be lost when a path is added. The message never shows a URL that may hold a password.
    """
    url = url.strip()
    if not url:
        raise ConfigError("the base URL is empty", hint="Set `base_url` in the profile, or GLM_BASE_URL.")
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ConfigError(
            "the base URL holds blanks, control characters or letters outside ASCII",
            hint="Write international host names in their xn-- form.",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError("the base URL has a host or a port that cannot be", hint="Ports are 1 to 65535.") from None
    if "@" in parts.netloc:
        raise ConfigError(
            "the base URL holds a user name or password, which would replace the API token",
            hint="Take the part before the @ out of it.",
        )
    if parts.scheme not in ("http", "https"):
        raise ConfigError(f"the base URL {url} is not http or https", hint=f"For example {CLOUDFLARE_URL}.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ConfigError("the base URL has a query or a fragment", hint="Take the part from ? or # on out of it.")
    if not (_HOST.fullmatch(host) or (":" in host and _address(host))) or port == 0:
        raise ConfigError(f"the base URL {url} names no host and port that can be", hint="Check its spelling.")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(
            f"{url} is plain http, over which prompts and tokens can be read by others",
            hint="Use https; plain http is for servers on this machine only (localhost, 127.0.0.1, [::1]).",
        )
    return url.rstrip("/")


def check_token(token: str) -> str:
    """The token without blanks around it. Raises ConfigError, which never shows it, for text that is no token."""
    token = token.strip()
    if not token:
        raise ConfigError("the API token is empty", hint="Run: glm config login stores one")
    if token.lower().startswith("bearer"):
        raise ConfigError('the API token starts with "Bearer"', hint="Give the token alone; glm adds that word.")
    if not all("!" <= character <= "~" and character not in "\"'`" for character in token):
        raise ConfigError(
            "the API token holds a blank, a quote, a line break or another character that no token has",
            hint="Copy it again, alone; glm config login stores it.",
        )
    return token


def check_account(account: str) -> str:
    """The account id without blanks around it. Raises ConfigError for text that would change an address."""
    account = account.strip()
    if not _NAME.fullmatch(account) or not account.strip("."):
        raise ConfigError(
            f"{account!r} is not an account id" if account else "no Cloudflare account id is known",
            hint="Set CLOUDFLARE_ACCOUNT_ID to the 32 hex digits of the dashboard, or run: glm config login",
        )
    return account


def check_header(name: str, value: str) -> None:
    """Raises ConfigError, which shows no value, for a header that HTTP cannot carry."""
    if not _NAME.fullmatch(name) or not all(" " <= character <= "~" for character in value):
        raise ConfigError(f"the value of the header {name!r} holds a character that no header may have")


def origin(url: str) -> str:
    """`scheme://host:port`, port always given: what a stored token is bound to."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(url: str) -> bool:
    """Whether the address is this machine by its very spelling; nothing is looked up."""
    host = urlsplit(url).hostname or ""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def is_secret(header: str) -> bool:
    """Whether a header of this name carries credentials."""
    return bool(_SECRET_HEADER.fullmatch(header))


def redact(text: str, *secrets: str | None) -> str:
    """The text without these secrets, without their base64, and without whatever follows the word Bearer.

    Secrets shorter than six characters are those of local servers ("none", "x"): taking them out would maim words.
    """
    for secret in secrets:
        if secret and len(secret) >= 6:
            text = text.replace(secret, REDACTED).replace(base64.b64encode(secret.encode()).decode(), REDACTED)
    return _BEARER.sub(rf"\1 {REDACTED}", text)


def encode_body(body: dict[str, Any]) -> bytes:
    """The bytes of a request body. Raises RequestError for what JSON cannot carry: NaN, half characters, endless
    nesting, things that are no JSON values."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        raise RequestError(
            "the request cannot be written as JSON",
            hint="Look for NaN, Infinity, lone surrogates (\\ud800) or very deep nesting in it.",
        ) from None


def _token(token: str | None) -> str | None:
    return None if token is None else check_token(token)


def _path(path: str) -> str:
    """A model's name or a path as it stands in an address: slashes and @ as they are (wire-protocol §1.1)."""
    if any(part in ("", ".", "..") for part in path.split("/")) or path != path.strip():
        raise UsageError(f"{path!r} cannot be part of an address", hint="Check --model and the profile.")
    return quote(path, safe="@/:")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
