"""Links that can be clicked (OSC 8), where that is safe. The address stands beside the text, so nothing is hidden."""

from __future__ import annotations

import re
from zlib import crc32

_SAFE = re.compile(r"(?:https?://|mailto:)[!-;=?-\[\]^_a-z~]{1,2000}", re.IGNORECASE)
_ADDRESS = re.compile(r"\w+://|\bwww\.|\bmailto:|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b(?:/|\Z|\s)", re.IGNORECASE)


def safe(address: str, text: str) -> bool:
    """Whether a link may be clickable: an address of the web or of mail in plain characters, under a text that does
    not look like another one."""
    if not _SAFE.fullmatch(address) or "@" in address.partition("://")[2].partition("/")[0]:
        return False
    return text in (address, address.removeprefix("mailto:")) or not _ADDRESS.search(text)


def opened(address: str, drawn: str) -> str:
    """Drawn text as a link. Its parts on several rows, which have one number, are one link."""
    return f"\x1b]8;id={crc32(address.encode()):x};{address}\x1b\\{drawn}\x1b]8;;\x1b\\"
