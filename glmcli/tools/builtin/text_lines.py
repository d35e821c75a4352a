"""The lines of a file that may be anything: binary, endless, no UTF-8. Knows descriptors, no paths."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PROBE = 8192  # bytes in which a NUL tells a binary file
_PIECE = 1 << 16
_MARK = codecs.BOM_UTF8
_Decoder = codecs.getincrementaldecoder("utf-8")


@dataclass(frozen=True)
class Line:
    """text: without its line feed; the beginning of a long line. length: bytes of the whole line. clean: whether it
    is UTF-8; what is not is replaced by U+FFFD."""

    text: str
    length: int
    is_cut: bool
    clean: bool


def is_binary(descriptor: int) -> bool:
    """Whether the file holds no text, or one in UTF-16."""
    return b"\0" in os.pread(descriptor, PROBE, 0)


def lines(descriptor: int, longest: int, goes_on: Callable[[int], bool]) -> Iterator[Line]:
    """All lines from the start of the file. longest: bytes of a line that are kept; the rest of it is passed over.

    goes_on: asked every 64 KiB, with the number of bytes read so far; the lines end where it says no. Raises OSError.
    """
    position = len(_MARK) if os.pread(descriptor, len(_MARK), 0) == _MARK else 0
    kept, length = bytearray(), 0
    while goes_on(position) and (piece := os.pread(descriptor, _PIECE, position)):
        position += len(piece)
        *ended, rest = piece.split(b"\n")
        for part in ended:
            kept += part[: max(longest - len(kept), 0)]
            yield _line(kept, length + len(part))
            kept, length = bytearray(), 0
        kept += rest[: max(longest - len(kept), 0)]
        length += len(rest)
    if length:
        yield _line(kept, length)


def _line(kept: bytearray, length: int) -> Line:
    is_cut = length > len(kept)
    try:
        # Of a line that is cut, the last character may be cut too, and is left out.
        return Line(_Decoder("strict").decode(kept, not is_cut), length, is_cut, True)
    except UnicodeDecodeError:
        return Line(_Decoder("replace").decode(kept, not is_cut), length, is_cut, False)
