"""Fetches a page that a model names: one GET, to public addresses only, and never to another host than was asked for.

A redirect within the same origin is followed; one that leads elsewhere is told instead, since each host is approved by
itself. No token, cookie or session goes along. Every failure is a `GlmError` whose message names the URL without its
query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from glmcli import __version__
from glmcli.api.download import BY_HAND, REDIRECTS, check_url, shown
from glmcli.api.http import BrokenConnection, Http
from glmcli.api.proxy import proxy_for
from glmcli.api.public import Lookup, addresses, look_up, public_addresses
from glmcli.errors import NetworkError, UsageError

FIRST_BYTE = 20.0  # seconds
IDLE = 10.0  # seconds between two pieces
ADDRESSES = 4  # of a host, that are tried
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Page:
    """What a server answered. url: what was fetched in the end. is_cut: data is the beginning only. moved_to: where
    a redirect leads that was not followed, empty for none."""

    url: str
    status: int
    content_type: str
    data: bytes
    is_cut: bool = False
    moved_to: str = ""
    length: str = ""


def fetch_page(
    http: Http,
    url: str,
    environ: Mapping[str, str],
    *,
    limit: int,
    reads: Callable[[str], bool] = lambda _: True,
    allow_private: bool = False,
    lookup: Lookup = look_up,
    is_over: Callable[[], bool] = lambda: False,
) -> Page:
    """The page of an http or https URL.

    http: of this call alone, made with the same environ, which names the proxies. limit: bytes of the body that are
    read. reads: of a content type, whether the body is wanted at all. is_over: asked between the pieces; ends it.
    Raises UsageError for an address that may not be fetched, NetworkError and its kin where no whole answer came.
    """
    here = check_url(url, plain_http=True)
    for _ in range(REDIRECTS + 1):
        *others, last = _addresses(here, environ, allow_private, lookup)
        page = None
        for address in others:
            with suppress(BrokenConnection):
                page = _get(http, here, address, limit, reads, is_over)
                break
        page = page or _get(http, here, last, limit, reads, is_over)
        if not page.moved_to or origin(page.moved_to) != origin(here):
            return page
        here = page.moved_to
    raise UsageError(f"{shown(url)} is redirected more than {REDIRECTS} times", hint=BY_HAND)


def origin(url: str) -> str:
    """scheme://host:port of an address that `check_url` returned."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS[parts.scheme]}"


def _addresses(url: str, environ: Mapping[str, str], allow_private: bool, lookup: Lookup) -> Sequence[str | None]:
    """What to connect to: addresses, or None for the way through a proxy, which looks the name up itself."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    proxy = proxy_for(url, environ)
    if proxy is None:
        found = addresses(host, port, lookup) if allow_private else public_addresses(host, port, lookup)
        return found[:ADDRESSES]
    if not allow_private:
        if parts.scheme == "http":
            # With https the certificate binds the name to its host, wherever the proxy connects to.
            raise UsageError(
                f"{shown(url)} is plain http, and the proxy {proxy.name} could be led anywhere with it",
                hint="Use https.",
            )
        with suppress(NetworkError):  # behind a proxy, names of the internet are often unknown
            public_addresses(host, port, lookup)
    return [None]


def _get(
    http: Http, url: str, address: str | None, limit: int, reads: Callable[[str], bool], is_over: Callable[[], bool]
) -> Page:
    accept = "text/html, text/markdown, text/plain, application/json;q=0.9, */*;q=0.5"
    headers = [("Accept", accept), ("Accept-Encoding", "identity"), ("User-Agent", f"glm/{__version__}")]
    with http.stream(
        "GET", url, headers, first_byte_timeout=FIRST_BYTE, idle_timeout=IDLE, address=address
    ) as response:
        location = response.header("location") if response.status in (301, 302, 303, 307, 308) else ""
        content_type, length = response.header("content-type"), response.header("content-length")
        if location:
            return Page(url, response.status, content_type, b"", moved_to=_target(url, location))
        data = bytearray()
        if reads(content_type):
            for piece in response.chunks:
                data += piece
                if len(data) > limit or is_over():
                    break
        return Page(url, response.status, content_type, bytes(data[:limit]), len(data) > limit, length=length)


def _target(url: str, location: str) -> str:
    """Raises UsageError where the redirect leads to nothing that can be fetched."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()  # many servers send UTF-8 as it is
    try:
        return check_url(urljoin(url, location), plain_http=True)
    except UsageError as error:
        raise UsageError(f"{shown(url)} redirects to where nothing is fetched: {error.message}", hint=BY_HAND) from None
    except ValueError:
        raise UsageError(f"{shown(url)} redirects to an address that cannot be", hint=BY_HAND) from None
