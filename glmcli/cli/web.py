"""Reads a text document from the web, for `-f URL`. It is sent no credentials, so its redirects can be followed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin

from glmcli import __version__
from glmcli.api.http import Http
from glmcli.cli import stdin
from glmcli.errors import GlmError, UsageError

MOST_REDIRECTS = 5
_HEADERS = (("User-Agent", f"glm/{__version__}"), ("Accept", "text/*, */*;q=0.5"), ("Accept-Encoding", "identity"))


def fetch(url: str, environ: Mapping[str, str], *, ca_bundle: str | None = None) -> str:
    """The text behind an address. Raises UsageError where there is none, NetworkError where the host is not reached."""
    place = url
    with Http(ca_bundle=ca_bundle, environ=environ) as http:
        for _ in range(MOST_REDIRECTS + 1):
            try:
                status, headers, body = http.get(place, _HEADERS)
            except GlmError as error:
                raise type(error)(f"{url} cannot be read: {error.message} (from -f)", hint=error.hint) from error
            named = {name.lower(): value for name, value in headers}
            if status in (301, 302, 303, 307, 308) and "location" in named:
                place = urljoin(place, named["location"])
                if not place.lower().startswith(("http://", "https://")):
                    raise UsageError(f"{url} leads to {place[:100]}, which is not read (from -f)")
                continue
            if status != 200:
                raise UsageError(f"{url} cannot be read: HTTP {status} (from -f)", hint="Check the address.")
            return _text(body, named.get("content-type", ""), url)
    raise UsageError(f"{url} leads from one address to the next without an end (from -f)")


def _text(body: bytes, content_type: str, url: str) -> str:
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    with suppress(LookupError, UnicodeError):  # then it is judged as UTF-8, which most documents are
        body = body.decode(charset).encode() if charset else body
    return stdin.text(body, url)
