"""What goes along with a prompt: typed content parts of files, URLs and data (-a), and documents by URL (-f).

The kind of a part is told by the content, not by a name. Files are read here; URLs and stdin are read by functions
that the caller brings, so that nothing here opens a connection or looks at a stream. Whatever is wrong with a source
is a UsageError that names it, before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from glmcli.api.download import Fetched, charset_of, check_url, is_url, mib, shown
from glmcli.api.request import user
from glmcli.errors import UsageError
from glmcli.media import TEXT, UNKNOWN, media_type

Part = dict[str, Any]

MAX_SIZE = 20 * 1024 * 1024
"""Bytes of one attachment: more than any picture, recording or document of a chat should have."""

MAX_TOTAL = 40 * 1024 * 1024
"""Bytes of all attachments of a message. In base64 they are a third more, and Cloudflare takes no request of more than
100 MB on its smaller plans."""

_AUDIO = {"audio/wav": "wav", "audio/mpeg": "mp3"}
_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_SUFFIXES = {"application/pdf": ".pdf", "text/plain": ".txt", "text/html": ".html"}  # for what has no name of its own
_LONGEST_NAME = 100
_LONGEST_SUFFIX = 10
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def parts(
    sources: Iterable[str],
    fetch: Callable[[str], Fetched],
    read: Callable[[str], bytes],
) -> list[Part]:
    """The content parts of several sources, in their order.

    fetch: downloads a URL. read: the bytes of a path, `read_path` say, and those of stdin for `-`.
    Raises UsageError as `part` does, and for more than MAX_TOTAL bytes in all.
    """
    made: list[Part] = []
    total = 0
    for source in sources:
        content = _load(source, fetch, read)
        total += len(content.data)
        if total > MAX_TOTAL:
            raise UsageError(
                f"{name_of(source)} is one attachment too many: they are {mib(total)} together, and at most "
                f"{mib(MAX_TOTAL)} are allowed",
                hint="Send fewer, or smaller ones.",
            )
        made.append(_part(content))
    return made


def part(source: str, fetch: Callable[[str], Fetched], read: Callable[[str], bytes]) -> Part:
    """One content part, valid under the request schema: an image is an `image_url`, wav and mp3 are `input_audio`,
    all else is a `file`.

    source: a path, an https or loopback URL, a data: URL, or `-`. The https URL of an image goes out as it is, for
    the server to fetch; every other URL is downloaded. Raises UsageError, and what `fetch` raises.
    """
    return _part(_load(source, fetch, read))


def user_message(text: str, attached: list[Part]) -> dict[str, Any]:
    """The message of the user: plain text where there are no parts, since not every model takes a list (wire-protocol
    §4.3); else the text, then the parts, so that whoever shows or names the message comes upon its words first."""
    if not attached:
        return user(text)
    return user([*([{"type": "text", "text": text}] if text.strip() else []), *attached])


def warning(attached: list[Part], model: str) -> str | None:
    """What to know before such parts are sent to this model; None where nothing is known against it."""
    if not attached or "glm-4.7-flash" not in model.lower():
        return None
    kinds = [it["type"] for it in attached]
    nouns = {"image_url": "image", "input_audio": "recording", "file": "file"}
    counts = [(kinds.count(kind), noun) for kind, noun in nouns.items() if kind in kinds]
    listed = _joined([f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counts])
    are, them = ("is", "it") if len(attached) == 1 else ("are", "them")
    said = f"GLM-4.7-Flash reads text only: {listed} {are} sent, and the server may refuse or ignore {them}"
    texts = any(it.get("file", {}).get("file_data", "").startswith("data:text/") for it in attached)
    return said + ("; -f sends a text file as text" if texts else "")


def document(url: str, fetch: Callable[[str], Fetched]) -> str:
    """The text that a URL holds, decoded as its server says, else as UTF-8; HTML as its source.

    Raises UsageError where it is no text, and what `fetch` raises.
    """
    name = name_of(url)
    fetched = fetch(url)
    kind = media_type(fetched.data)
    if kind not in (UNKNOWN, TEXT, "text/html", "image/svg+xml"):
        raise UsageError(f"{name} is {kind}, not text (from -f)", hint="Attach it with -a.")
    charset = charset_of(fetched)
    try:
        text = fetched.data.decode(charset).removeprefix("\ufeff")
    except UnicodeError:
        raise UsageError(f"{name} is not text in {charset} (from -f)", hint="Attach it with -a.") from None
    if "\0" in text:
        raise UsageError(f"{name} holds NUL bytes, so it is not text (from -f)", hint="Attach it with -a.")
    if not text.strip():
        raise UsageError(f"{name} is empty (from -f)", hint="Check the address.")
    return text


def read_path(name: str) -> bytes:
    """The bytes of a file named by the user. Raises UsageError where it cannot be read, or has over MAX_SIZE bytes."""
    try:
        path = Path(name).expanduser()
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
            if len(data) > MAX_SIZE:
                # Its size is worth naming; a pipe or a device has none.
                mode = path.stat()
                raise _too_large(name, mode.st_size if stat.S_ISREG(mode.st_mode) else None)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; no home directory
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise UsageError(f"{name_of(name)} cannot be read: {reason} (from -a)", hint="Check the path.") from None
    return data


def name_of(source: str) -> str:
    """A source in a message: one line, not long, without what may be secret or is of no use to people."""
    if source == "-":
        return "stdin"
    if _is_data(source):
        return "the data: URL"
    return shown(source) if _SCHEME.match(source) else _printable(source)


@dataclass(frozen=True)
class _Content:
    """What a source holds. url: instead of data, for the server to fetch."""

    name: str
    data: bytes
    url: str = ""


def _load(source: str, fetch: Callable[[str], Fetched], read: Callable[[str], bytes]) -> _Content:
    if _is_data(source):
        content = _Content("", _decoded(source))
    elif is_url(source):
        check_url(source)
        if _is_public_image(source):
            return _Content("", b"", source.strip())
        fetched = fetch(source)
        content = _Content(_base_name(fetched.name), fetched.data)
    elif source == "-":
        content = _Content("", read(source))
    elif _SCHEME.match(source):
        raise UsageError(f"{name_of(source)} is not https (from -a)", hint="Download it and give the path of the file.")
    else:
        content = _Content(_base_name(source), read(source))
    if not content.data:
        raise UsageError(f"{name_of(source)} is empty (from -a)", hint="Check that it is the one that was meant.")
    if len(content.data) > MAX_SIZE:
        raise _too_large(source, len(content.data))
    return content


def _part(content: _Content) -> Part:
    if content.url:
        return {"type": "image_url", "image_url": {"url": content.url}}
    kind = media_type(content.data)
    encoded = base64.b64encode(content.data).decode()
    if kind in _AUDIO:
        return {"type": "input_audio", "input_audio": {"data": encoded, "format": _AUDIO[kind]}}
    charset = ";charset=utf-8" if kind.startswith("text/") else ""
    url = f"data:{kind}{charset};base64,{encoded}"
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {
        "type": "file",
        "file": {"filename": content.name or f"attachment{_SUFFIXES.get(kind, '')}", "file_data": url},
    }


def _is_public_image(url: str) -> bool:
    """Whether the server can be left to fetch an image: the name says that it is one, and that it is not in a network
    of the user's. A name can be wrong, but then it is the server that looks at the content."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not unquote(parts.path).lower().endswith(_IMAGE_NAMES):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".lan", ".internal", ".home.arpa", ".localhost"))


def _is_data(source: str) -> bool:
    return source[:5].lower() == "data:"


def _decoded(url: str) -> bytes:
    """The content of a data: URL (RFC 2397). Its media type is a label, and so not looked at."""
    header, comma, body = url.strip()[5:].partition(",")
    if not comma:
        raise UsageError("the data: URL has no comma (from -a)", hint="For example: data:image/png;base64,iVBORw0K…")
    data = unquote_to_bytes(body)
    if not header.lower().rstrip().endswith(";base64"):
        return data
    data = b"".join(data.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        raise UsageError("the data: URL is not base64 (from -a)", hint="Check that it is all there.") from None


def _base_name(path: str) -> str:
    """The last part of a path as it may be shown anywhere, its suffix kept."""
    name = _printable(PurePosixPath(path).name)
    if len(name) <= _LONGEST_NAME:
        return name
    suffix = PurePosixPath(name).suffix[:_LONGEST_SUFFIX]
    return name[: _LONGEST_NAME - len(suffix)] + suffix


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _too_large(source: str, size: int | None) -> UsageError:
    has = f"{mib(size)}, " if size is not None else ""
    return UsageError(
        f"{name_of(source)} is too large: {has}more than the {mib(MAX_SIZE)} that are allowed (from -a)",
        hint="Send a smaller one, or a part of it.",
    )


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
