"""What a server says went wrong, read out of a status and a body, as a `GlmError`. No I/O.

Bodies come in the forms of wire-protocol §5.1 (Cloudflare's envelope, AI Gateway's, OpenAI's, a bare `message` or
`detail`, a web page, plain text), and codes may stand in the text alone. The status decides the type of the error, the
code what to do about it. A failure reported after a status of 200 is always a ServerError (interface §5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from glmcli.api.endpoint import redact
from glmcli.errors import AccessError, GlmError, RateLimitError, RefusedError, ServerError

MOST_BODY = 64 * 1024  # bytes of an error body that are looked at
_MOST_TEXT = 300  # characters of it that are shown
_MOST_PAGE = 8 * 1024  # characters of a web page that are searched for words; patterns are not linear in bad pages
_LONGEST_WAIT = 7 * 24 * 3600.0  # seconds; a retry-after beyond it is rubbish

QUOTA_CODES = frozenset((3036, 4006, 2045))  # passes with the day or with money, not with another try
_PASSING_CODES = frozenset((971, 2003, 2005, 3007, 3008, 3030, 3040, 3043, 3046, 8005, 1305))
_DAILY = "daily free allocation"

_TOKEN = "The token is wrong, or not valid for this account: `glm config doctor` tells which."
_MALFORMED = (
    "The token is malformed (a quote, a blank, or `Bearer` inside it?): store it again with `glm config login`."
)
_ACCOUNT = "Check the account id (32 hexadecimal digits): `glm config doctor`."
_NOT_ALLOWED = "The account may not use this model: see the Cloudflare dashboard."
_QUOTA = "The free allocation of 10,000 neurons a day resets at 00:00 UTC; the Workers Paid plan goes on beyond it."
_THROTTLED = "The API limits the requests of one user: send fewer, or wait some minutes."
_MODEL = "Check the model name."
_REQUEST = "The model does not take this request; `--dry-run` shows what would be sent."
_SHORTEN = "Shorten the conversation, or lower --max-tokens: both together must fit into the context."
_TOO_LARGE = "The request is too large: send less, or smaller attachments."

# What to do, by the codes of wire-protocol §5.2.
_HINTS: dict[int, str] = {
    **dict.fromkeys((10000, 1000, 9109, 1031), _TOKEN),
    **dict.fromkeys((6003, 6111), _MALFORMED),
    **dict.fromkeys((7000, 7003), _ACCOUNT),
    **dict.fromkeys((3023, 3041, 5018), _NOT_ALLOWED),
    5016: "The licence of this model must be agreed to in the Cloudflare dashboard first.",
    5035: "This model needs the Workers Paid plan.",
    **dict.fromkeys((3036, 4006), _QUOTA),
    3040: "Workers AI has no capacity free for this model: wait a moment and try again.",
    **dict.fromkeys((971, 1015), _THROTTLED),
    **dict.fromkeys((5007, 3042), _MODEL),
    **dict.fromkeys((3003, 5004, 5006, 8001), _REQUEST),
    3006: _TOO_LARGE,
    3046: "The model took too long: lower --max-tokens, or ask with --no-think.",
    8006: "The tool call or JSON was not produced within the limit: raise --max-tokens.",
    8007: _SHORTEN,
    2003: "The AI Gateway limits requests: send fewer, or raise its limit.",
    2009: "The AI Gateway wants a token of its own (cf-aig-authorization).",
    2021: "The AI Gateway has no credits left.",
    2045: "The spend limit of the AI Gateway is reached: raise it, or wait for its next period.",
}
_STATUS_HINTS: dict[int, str] = {
    401: "Check the token: `glm config doctor`.",
    402: "The account has nothing left to pay with.",
    403: "Check the token and what it is allowed: `glm config doctor`.",
    404: "Check the base URL, the account id and the model name: `glm config doctor`.",
    405: "Check the base URL: `glm config doctor`.",
    407: "The proxy wants credentials: put them into HTTPS_PROXY.",
    408: "The server gave up waiting; try again.",
    413: _TOO_LARGE,
    429: "Wait a moment and try again.",
    503: "The server is busy or still starting: wait a moment and try again.",
}

_CODE_FIRST = re.compile(r"(?:[A-Za-z]*Error: )*(\d{3,5}): ")
_EDGE_CODE = re.compile(r"error code: (\d{3,5})", re.IGNORECASE)
_NAME_FIRST = re.compile(r"(?:AiError: )+")
_ID_LAST = re.compile(r"\s*\(([0-9a-fA-F]{4,}(?:-[0-9a-zA-Z]{4,}){1,})\)\s*$")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


@dataclass
class _Report:
    """What an error body says."""

    text: str = ""
    code: int | str | None = None
    request_id: str | None = None


def from_response(
    status: int, headers: Iterable[tuple[str, str]], body: bytes, *, now: float | None = None
) -> GlmError:
    """The error of an answer whose status is not 200, or whose body is no answer.

    headers: as they came. body: what was read of it, MOST_BODY is enough. now: seconds since the epoch; where it is
    given, the hint says how long a `retry-after` asks to wait.
    """
    named = {name.lower(): value for name, value in headers}
    text = body[:MOST_BODY].decode(errors="replace")
    try:
        report = _read(json.loads(text))
    except (ValueError, RecursionError):
        report = _Report(_page_text(text))
    error = _error(status, _refine(report), location=named.get("location", ""))
    error.request_id = named.get("cf-ai-req-id") or error.request_id or named.get("cf-ray") or named.get("x-request-id")
    if now is not None and isinstance(error, RateLimitError) and error.code not in QUOTA_CODES:
        wait = retry_after(list(named.items()), now)
        if wait:
            error.hint = f"Try again in {wait:.0f} s."
    return error


def from_payload(payload: Any, status: int = 200) -> GlmError | None:
    """The error that a JSON value reports, or None where it reports none: an answer, a chunk, something unknown."""
    if not isinstance(payload, Mapping):
        return None
    failed = (
        payload.get("error")
        or payload.get("errors")
        or payload.get("success") is False
        or payload.get("object") == "error"
        or payload.get("name") in ("AiError", "AiGatewayError")
    )
    return _error(status, _refine(_read(payload))) if failed else None


def retry_after(headers: Iterable[tuple[str, str]], now: float) -> float | None:
    """Seconds that the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.

    now: seconds since the epoch. None where it is not said, or is rubbish: words, a negative or a huge number.
    """
    named = {name.lower(): value.strip() for name, value in headers}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = named.get(name, "")
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{0,9})?", text):
            seconds = float(text) * unit
        elif text and name == "retry-after":
            from email.utils import parsedate_to_datetime

            try:
                seconds = max(0.0, parsedate_to_datetime(text).timestamp() - now)
            except (ValueError, OverflowError):
                continue
        else:
            continue
        if seconds <= _LONGEST_WAIT:
            return seconds
    return None


def is_retryable(error: GlmError) -> bool:
    """Whether the same request may succeed soon, by what the server said (interface §4). Connections that broke before
    an answer began are the business of whoever made them; nothing is ever sent again once a delta came."""
    if error.code in QUOTA_CODES:
        return False
    status = error.http_status
    if status is None:
        return False
    if status == 200:
        return error.code in _PASSING_CODES or (isinstance(error.code, int) and _passes(error.code))
    return _passes(status)


def _passes(status: int) -> bool:
    return status in (408, 409, 429) or 500 <= status < 600


def _read(body: Any) -> _Report:
    """Finds text, code and request id in a JSON error body, in the order of wire-protocol §5.1."""
    if isinstance(body, str):
        return _Report(body)
    if isinstance(body, list):
        return _merged([_read(item) for item in body])
    if not isinstance(body, Mapping):
        return _Report()
    report = _Report()
    for key in ("errors", "error", "message", "msg", "detail", "description"):
        value = body.get(key)
        if value:
            report = _read(value)
            if report.text or report.code is not None:
                break
    chain = body.get("error_chain")
    if isinstance(chain, list) and chain:
        inner = _merged([_read(item) for item in chain])
        report.text = ": ".join(part for part in (report.text, inner.text) if part)
    # The type says more than a code that only repeats the status.
    codes = [_code(body.get(key)) for key in ("internalCode", "code", "type")]
    status = _code(body.get("httpCode"))
    own = [code for code in codes if code not in (None, "None", "error", status)]
    if own and (report.code is None or "internalCode" in body):
        report.code = own[0] if not _is_status(own[0]) or len(own) == 1 else own[1]
    for key in ("requestId", "request_id"):
        if isinstance(body.get(key), str):
            report.request_id = report.request_id or body[key]
    return report


def _merged(reports: list[_Report]) -> _Report:
    texts = list(dict.fromkeys(report.text for report in reports if report.text))
    codes = [report.code for report in reports if report.code is not None]
    ids = [report.request_id for report in reports if report.request_id]
    return _Report("; ".join(texts), codes[0] if codes else None, ids[0] if ids else None)


def _code(value: Any) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else one_line(value, 60)
    return value


def _is_status(code: int | str | None) -> bool:
    return isinstance(code, int) and 400 <= code < 600


def _refine(report: _Report) -> _Report:
    """Takes out of the text what stands in it beside the message: names, a code, the id of the request."""
    text = one_line(report.text, MOST_BODY)
    last = _ID_LAST.search(text)
    if last:
        report.request_id = report.request_id or last[1]
        text = text[: last.start()]
    first = _CODE_FIRST.match(text)
    if first:
        if not isinstance(report.code, int) or _is_status(report.code):
            report.code = int(first[1])
        text = text[first.end() :]
    edge = _EDGE_CODE.match(text)
    if edge and report.code is None:
        report.code = int(edge[1])
    name = _NAME_FIRST.match(text)
    if name:
        text = text[name.end() :]
    if report.code not in QUOTA_CODES and _DAILY in text.lower():
        report.code = 3036
    report.text = one_line(redact(text), _MOST_TEXT)
    return report


def _error(status: int, report: _Report, *, location: str = "") -> GlmError:
    code = report.code
    where = f"HTTP {status}" + (f", code {code}" if code is not None and code != status else "")
    hint = _HINTS.get(code, "") if isinstance(code, int) else ""
    if _speaks_of_length(report):
        hint = _SHORTEN
    hint = hint or _STATUS_HINTS.get(status, "")
    kind: type[GlmError]
    if status in (401, 403):
        kind, what = AccessError, "access denied"
    elif status == 429:
        kind, what = RateLimitError, "too many requests"
        if code in QUOTA_CODES:
            what = "the quota is used up"
        elif code == 3040:
            what = "no capacity"
    elif 400 <= status < 500:
        kind, what = RefusedError, "the request was refused"
    elif 300 <= status < 400:
        kind, what = ServerError, "redirected"
        host = redact(one_line(_target(location), 100))
        report = _Report(f"to {host}, which is not followed" if host else "without saying where to")
        hint = "Check the base URL: a sign-in page or a proxy may stand in the way."
    elif status == 200:
        kind, what = ServerError, "the server reported a failure"
        hint = hint or "Try again."
    elif status >= 500:
        kind, what = ServerError, "the server failed"
        hint = hint or "The fault is not yours: try again later."
    else:
        kind, what = ServerError, "what the server sent is not an answer"
    separator = " " if 300 <= status < 400 else ": "
    message = f"{what} ({where})" + (f"{separator}{report.text}" if report.text else "")
    return kind(message, hint=hint, http_status=status, code=code, request_id=report.request_id)


def _speaks_of_length(report: _Report) -> bool:
    text = report.text.lower()
    return report.code == "exceed_context_size_error" or ("context" in text and ("length" in text or "exceed" in text))


def _target(location: str) -> str:
    """The host a Location header leads to, for a message; empty where there is none or it is the same one."""
    try:
        return urlsplit(location).netloc.rpartition("@")[2] or location.partition("?")[0]
    except ValueError:
        return location


def one_line(text: str, most: int) -> str:
    """Foreign text for a message: one line without control characters, cut to `most` characters."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def _page_text(text: str) -> str:
    """What a body that is no JSON says: the title of a web page, or the plain text."""
    if "<" not in text[:2000]:
        return text
    text = text[:_MOST_PAGE]
    title = _TITLE.search(text)
    return title[1] if title and title[1].strip() else _TAG.sub(" ", text)
