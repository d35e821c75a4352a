"""Downloads what the user names by a URL: one GET, with redirects, limits, and nothing secret in it.

Not for the API: no token, cookie or session goes along, so a redirect to another host gives nothing away and is
followed. What does not follow is a way into this machine: only https counts, or http to loopback if that is what the
user named, and no server elsewhere may point there (reliability §4). Every failure is a `GlmError` that names the URL
without its query, which may hold a signature.
"""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from glmcli import __version__
from glmcli.api.endpoint import is_loopback
from glmcli.api.http import Http, Response
from glmcli.errors import IncompleteError, NetworkError, ServerError, UsageError

REDIRECTS = 5
FIRST_BYTE = 30.0  # seconds for the status line of each hop
IDLE = 30.0  # seconds between two pieces
TOTAL = 300.0  # seconds for the whole body: a server that drips must not hold a command for ever
LONGEST_URL = 8192  # characters; servers refuse longer ones

BY_HAND = "Check the address; or download it yourself and give the path of the file."

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
# They name codecs of Python that no document is written in.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True)
class Fetched:
    """A whole download. url: where it was found in the end. content_type: the header, empty where there was none."""

    url: str
    content_type: str
    data: bytes

    @property
    def charset(self) -> str:
        """The one that the server names, empty for none."""
        found = re.search(r"charset\s*=\s*[\"']?([^\s;\"']+)", self.content_type, re.IGNORECASE)
        return found[1] if found else ""

    @property
    def name(self) -> str:
        """The last part of the path, else the host."""
        parts = urlsplit(self.url)
        return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc


def is_url(source: str) -> bool:
    """Whether the user means an address, and not a path."""
    return source[:8].lower().startswith(("https://", "http://"))


def download(
    http: Http,
    url: str,
    *,
    limit: int,
    first_byte_timeout: float = FIRST_BYTE,
    idle_timeout: float = IDLE,
    total_timeout: float = TOTAL,
    monotonic: Callable[[], float] = time.monotonic,
) -> Fetched:
    """What a URL holds. limit: bytes; times in seconds.

    Raises UsageError for an address that cannot or may not be followed, 4xx, and a body over the limit; NetworkError
    where no whole answer came, and for 5xx and 429; ConfigError for proxies and certificates.
    """
    named = shown(url)
    here = check_url(url)
    headers = [("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", f"glm/{__version__}")]
    try:
        for _ in range(REDIRECTS + 1):
            with http.stream(
                "GET", here, headers, first_byte_timeout=first_byte_timeout, idle_timeout=idle_timeout
            ) as response:
                location = response.header("location") if response.status in (301, 302, 303, 307, 308) else ""
                if not location:
                    _check_status(response.status, named)
                    _check_length(response, named, limit)
                    pieces = _in_time(response.chunks, total_timeout, monotonic)
                    return Fetched(here, response.header("content-type"), _joined(pieces, named, limit))
            here = redirected(here, location)
    except (NetworkError, ServerError, IncompleteError) as error:
        if error.http_status is not None:
            raise
        raise NetworkError(f"{named} cannot be downloaded: {error.message}", hint=BY_HAND) from error
    raise UsageError(f"{named} is redirected more than {REDIRECTS} times", hint=BY_HAND)


def check_url(url: str, *, plain_http: bool = False) -> str:
    """The address as it is sent: ASCII only, without a fragment. plain_http: whether http will do, to any host.

    Raises UsageError for one that is not fetched."""
    url = url.strip()
    named = shown(url)
    if any(character < " " or character == "\x7f" for character in url):
        raise UsageError(f"{named} holds control characters", hint=BY_HAND)
    if len(url) > LONGEST_URL:
        raise UsageError(f"{named} has {len(url)} characters; at most {LONGEST_URL} are allowed", hint=BY_HAND)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
    except ValueError:
        raise UsageError(f"{named} has a host or a port that cannot be", hint=BY_HAND) from None
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"{named} is not {'http or ' if plain_http else ''}https", hint=BY_HAND)
    if "@" in parts.netloc:
        raise UsageError(
            f"{named} holds a user name or password", hint="Download it yourself and give the path of the file."
        )
    if not _HOST.fullmatch(host) or port == 0:
        raise UsageError(f"{named} names no host and port that can be", hint=BY_HAND)
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    path, query = (quote(part, safe=_PRINTABLE) for part in (parts.path or "/", parts.query))
    sent = urlunsplit((parts.scheme, netloc, path, query, ""))
    if parts.scheme == "http" and not plain_http and not is_loopback(sent):
        raise UsageError(
            f"{named} is plain http, which others can read and change on its way",
            hint="Use https; plain http is for servers on this machine only (localhost, 127.0.0.1, [::1]).",
        )
    return sent


def redirected(url: str, location: str) -> str:
    """Where a redirect leads from here. Raises UsageError where it may not be followed."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()  # many servers send UTF-8 as it is
    try:
        target = check_url(urljoin(url, location))
    except UsageError as error:
        raise UsageError(f"{shown(url)} redirects to where nothing is fetched: {error.message}", hint=BY_HAND) from None
    except ValueError:
        raise UsageError(f"{shown(url)} redirects to an address that cannot be", hint=BY_HAND) from None
    if is_loopback(target) and not is_loopback(url):
        raise UsageError(f"{shown(url)} redirects to {shown(target)}, which is this machine", hint=BY_HAND)
    return target


def shown(url: str) -> str:
    """An address for messages: one line, not long, without what may be secret in it."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    text = f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= 100 else f"{text[:99]}…"


def charset_of(fetched: Fetched) -> str:
    """The charset of a document: by its first bytes, else by its header, else by its HTML, else UTF-8."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if fetched.data.startswith(mark):
            return name
    in_html = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", fetched.data[:1024], re.IGNORECASE)
    for name in (fetched.charset, in_html[1].decode("ascii", "replace") if in_html else ""):
        try:
            found = codecs.lookup(name).name
            "".encode(found)  # some codecs are not about text
        except (LookupError, ValueError):
            continue
        if found not in _NO_CHARSETS:
            return found
    return "utf-8"


def _check_status(status: int, named: str) -> None:
    """Raises UsageError where the address is at fault, NetworkError where the server is."""
    if 200 <= status < 300:
        return
    from http import HTTPStatus

    answered = str(status)
    with suppress(ValueError):  # not every status has a name
        answered = f"{status} {HTTPStatus(status).phrase}"
    message = f"{named} cannot be downloaded: the server answered {answered}"
    if status in (408, 429) or status >= 500:
        raise NetworkError(message, hint="Try again later.", http_status=status)
    if status in (401, 403):
        hint = "It wants a login, and glm sends none: download it yourself and give the path of the file."
        raise UsageError(message, hint=hint, http_status=status)
    raise UsageError(message, hint=BY_HAND, http_status=status)


def _check_length(response: Response, named: str, limit: int) -> None:
    """Refuses a body by its declared length, before a byte of it is read."""
    declared = response.header("content-length")
    if response.header("content-encoding"):
        return  # the length is that of the compressed body, which says nothing
    if re.fullmatch("[0-9]{1,18}", declared) and int(declared) > limit:
        raise _too_large(named, limit, f"{mib(int(declared))}, ")


def _joined(pieces: Iterable[bytes], named: str, limit: int) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > limit:
            raise _too_large(named, limit)
    return bytes(data)


def _in_time(pieces: Iterable[bytes], seconds: float, monotonic: Callable[[], float]) -> Iterator[bytes]:
    deadline = monotonic() + seconds
    for piece in pieces:
        if monotonic() > deadline:
            raise NetworkError(f"it takes longer than {seconds:g} s")
        yield piece


def _too_large(named: str, limit: int, size: str = "") -> UsageError:
    return UsageError(
        f"{named} is too large: {size}more than the {mib(limit)} that are allowed",
        hint="Send a smaller one, or a part of it.",
    )


def mib(size: int) -> str:
    """A number of bytes for people, never less than it is."""
    return f"{-(-size * 10 // (1 << 20)) / 10:g} MiB"
