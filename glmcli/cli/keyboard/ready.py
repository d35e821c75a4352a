"""What lies ready on a terminal, and can be read without waiting for a key."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

PIECE = 4096


def ready(descriptor: int, seconds: float = 0.0, most: int = sys.maxsize) -> bytes:
    """The bytes that lie ready, and those that come within so many seconds of the ones before, up to about `most`; what
    there is where the terminal is gone."""
    found = b""
    with suppress(OSError, ValueError):
        while len(found) < most and select.select([descriptor], [], [], seconds)[0]:
            piece = os.read(descriptor, PIECE)
            if not piece:
                break
            found += piece
    return found
