"""Compressed answers back to bytes. No I/O.

Answers are asked for uncompressed, so this is for servers that compress all the same. It notices what a stream of
zlib alone would hide: a compressed answer that was cut short (reliability §7.3).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

PIECE = 256 * 1024  # bytes; a small answer may unpack to gigabytes, so it is handed on in pieces
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"


def inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes that were compressed with gzip (one member or several) or zlib, in pieces of up to 256 KiB.

    What follows the compressed bytes is ignored. Raises EOFError where they end too early, zlib.error where they are
    no compressed bytes.
    """
    unpack = zlib.decompressobj(GZIP_OR_ZLIB)
    started = False
    for chunk in chunks:
        started = started or bool(chunk)
        while chunk:
            if unpack.eof:
                if not chunk.startswith(GZIP_MAGIC):
                    break
                unpack = zlib.decompressobj(GZIP_OR_ZLIB)
            piece = unpack.decompress(chunk, PIECE)
            while piece:
                yield piece
                # A full piece may have left output behind that needs no further input.
                piece = unpack.decompress(unpack.unconsumed_tail, PIECE) if len(piece) == PIECE else b""
            chunk = unpack.unconsumed_tail or unpack.unused_data
    if started and not unpack.eof:
        raise EOFError("the compressed bytes end too early")
