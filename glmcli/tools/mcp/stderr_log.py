"""What the servers write to stderr: their own ends for messages, and one bounded file for whoever looks for a fault."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from glmcli.private_file import PRIVATE_FILE, make_folder
from glmcli.tools.mcp.presented import visible

LIMIT = 1024 * 1024
"""Bytes of the file; the older half goes when there are more."""
LONGEST_LINE = 4096
MOST_CHUNKS = 2
TAIL = 2000
"""Bytes of a server's last words that are kept for messages."""


class StderrLog:
    """A file that servers share. path: None keeps nothing on disk. A file that cannot be written is no reason for a
    tool to fail, so no failure leaves here."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def write(self, server: str, lines: bytes) -> None:
        """Adds whole lines of a server."""
        said = [line for line in lines.decode(errors="replace").splitlines() if line.strip()]
        text = "".join(f"{server}: {visible(line)}\n" for line in said)
        if self.path is None or not text:
            return
        with suppress(OSError):
            make_folder(self.path.parent)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, PRIVATE_FILE)
            try:
                os.write(descriptor, text.encode())
                size = os.fstat(descriptor).st_size
                if size > LIMIT:
                    newer = os.pread(descriptor, LIMIT // 2, size - LIMIT // 2).partition(b"\n")[2]
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, newer)
            finally:
                os.close(descriptor)


class Stderr:
    """The stderr of one server: a pipe whose reading end is never waited for.

    Used as: `writer` is given to the child, `close_writer` when it has it, `read` whenever there is something.
    """

    def __init__(self, server: str, log: StderrLog) -> None:
        self._server = server
        self._log = log
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self._line = b""
        self._tail = b""

    def read(self) -> bool:
        """Takes what is there, within reason: other servers wait. Whether there may be more later."""
        for _ in range(MOST_CHUNKS):
            try:
                chunk = os.read(self.reader, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._tail = (self._tail + chunk)[-TAIL:]
            lines, newline, self._line = (self._line + chunk).rpartition(b"\n")
            if len(self._line) > LONGEST_LINE:
                lines, self._line = lines + newline + self._line, b""
            self._log.write(self._server, lines)
        return True

    @property
    def end(self) -> str:
        """The last line that says something, or nothing."""
        lines = [line for line in self._tail.decode(errors="replace").splitlines() if line.strip()]
        return visible(lines[-1]).strip()[-300:] if lines else ""

    def close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def close(self) -> None:
        self.close_writer()
        if self.reader >= 0:
            self.read()
            self._log.write(self._server, self._line)
            os.close(self.reader)
            self.reader = -1
