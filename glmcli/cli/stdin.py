"""Reads stdin without ever hanging unseen (interface §2): looks at the kind of file it is, then waits with a limit."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from glmcli.errors import UsageError
from glmcli.world import World

GRACE = 3.0
"""Seconds of silence after which stderr says what is awaited."""

TIMEOUT = 60.0
"""Seconds without a first byte after which a run with a prompt argument gives up."""


def has_input(world: World) -> bool:
    """Whether stdin is a file, a heredoc, a pipe or a socket. A terminal or /dev/null holds no document."""
    if world.stdin is None or world.stdin_tty:
        return False
    try:
        mode = os.fstat(world.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def read(world: World, note: Callable[[str], None], *, timeout: float | None, optional: bool = False) -> str:
    """The whole of stdin as text. Raises UsageError as `read_bytes` does, and where it is not UTF-8 text."""
    return text(read_bytes(world, note, timeout=timeout, optional=optional), "stdin")


def read_bytes(world: World, note: Callable[[str], None], *, timeout: float | None, optional: bool = False) -> bytes:
    """The whole of stdin.

    timeout: seconds to wait for the first byte, 0 or None for ever; from that byte on it is read to the end.
    optional: whether there is something to send without it, so that --no-stdin is a way out.
    Raises UsageError when the time is up.
    """
    if world.stdin is None:
        raise UsageError("stdin is closed", hint="Give the prompt as an argument, or a file with -f.")
    descriptor = world.stdin.fileno()
    limit = timeout or None
    grace = GRACE if limit is None else min(GRACE, limit)
    if not world.readable(descriptor, grace):
        way_out = "--no-stdin does not look at it, " if optional else ""
        note(f"waiting for stdin, which is open and silent; {way_out}Ctrl-C ends")
        if not world.readable(descriptor, None if limit is None else limit - grace):
            raise UsageError(
                f"nothing came on stdin within {limit:g} s; nothing was sent",
                hint=f"{'--no-stdin does not look at stdin, ' if optional else ''}--stdin-timeout 0 waits for ever.",
            )
    return world.stdin.read()


def text(data: bytes, name: str) -> str:
    """UTF-8 bytes as text, a byte order mark dropped. Raises UsageError for anything else, NUL bytes included."""
    try:
        decoded = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        byte = data[error.start] if error.start < len(data) else 0
        raise UsageError(
            f"{name} is not UTF-8 text: byte 0x{byte:02x} at offset {error.start}",
            hint="Convert it first, for example with: iconv -f latin1 -t utf-8",
        ) from None
    if "\0" in decoded:
        raise UsageError(f"{name} holds NUL bytes, so it is not text", hint="Send a text file.")
    return decoded
