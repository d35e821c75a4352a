"""A real pseudo-terminal with a program on it: what it shows is a `Screen`, what is typed goes through the kernel's
line discipline, and Ctrl-C is a signal. Every wait has an end.
"""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.screen import Screen

ROOT = Path(__file__).parents[2]
GLM = [sys.executable, "-m", "glmcli"]
PATIENCE = 30.0
"""Seconds until a wait fails: the machine may be busy."""

# The terminal becomes the one that controls the program, as a shell would arrange it.
_LAUNCH = "import fcntl, os, sys, termios; fcntl.ioctl(2, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
_WHERE = b"\x1b[6n"
_UNFINISHED = re.compile("\x1b[^a-zA-Z]*$")


class Tty:
    """`argv` on a terminal of its own, whose three standard streams it is."""

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], *, columns: int = 80, lines: int = 24, cwd: Path = ROOT
    ) -> None:
        self._master, self._slave = os.openpty()
        termios.tcsetwinsize(self._slave, (lines, columns))
        self.found = self.modes
        self.screen = Screen(columns, lines)
        self.raw = bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._held = ""
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _LAUNCH, *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            env={"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], **environ},
            cwd=cwd,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    @property
    def echoing(self) -> bool:
        return bool(self.modes[3] & termios.ECHO)

    @property
    def rows(self) -> list[str]:
        return self.screen.rows

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def until(self, seen: str | Callable[[], bool], seconds: float = PATIENCE) -> Self:
        """Reads on until that text is on the screen, or that is true. Fails with the screen when it does not come."""
        end = time.monotonic() + seconds
        while not (seen in self.text if isinstance(seen, str) else seen()):
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {seen!r}; the screen shows:\n{self.text}")
            self._read(0.05)
        return self

    def prompted(self, typed: str = "") -> Self:
        """Waits for the prompt, with that text behind it."""
        return self.until(lambda: self.line == f"> {typed}".rstrip() and not self.cooked)

    @property
    def line(self) -> str:
        """The row of the cursor."""
        row = self.screen.cursor[1]
        return self.screen.visible[row] if row < len(self.screen.visible) else ""

    @property
    def cooked(self) -> bool:
        """Whether Ctrl-C is a signal now, and no key."""
        return bool(self.modes[3] & termios.ISIG)

    def type(self, text: str) -> Self:
        os.write(self._master, text.encode())
        return self

    def signal(self, number: int) -> Self:
        self.process.send_signal(number)
        return self

    def resize(self, columns: int, lines: int) -> Self:
        """The window gets another size: rows are cut off, and where there is no room for all of them those below the
        cursor go first, then those at the top."""
        screen, lost = self.screen._screen, self.screen._screen.lines - lines
        column, line = self.screen.cursor
        left = max(0, line - lines + 1)
        if lost > 0:  # pyte takes them from the top
            screen.cursor.y = 0
            screen.insert_lines(lost - left)
        screen.resize(lines, columns)
        screen.cursor.x, screen.cursor.y = min(column, columns - 1), line - left
        termios.tcsetwinsize(self._slave, (lines, columns))
        return self

    def end(self, seconds: float = PATIENCE) -> int:
        """Reads on until the program has ended; its exit status, negative for a signal."""
        self.until(lambda: self.process.poll() is not None, seconds)
        while self._read(0.0):
            pass
        return self.process.returncode

    def kill(self) -> Self:
        """As kill -9."""
        self.signal(signal.SIGKILL)
        self.end()
        return self

    @property
    def as_found(self) -> bool:
        """Whether the terminal is as it was before: modes, a visible cursor, pastes unmarked."""
        return (
            self.modes == self.found
            and self.raw.rfind(b"\x1b[?25h") >= self.raw.rfind(b"\x1b[?25l")
            and self.raw.rfind(b"\x1b[?2004l") >= self.raw.rfind(b"\x1b[?2004h")
        )

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        data = os.read(self._master, 65536)
        self.raw += data
        text = self._held + self._decoder.decode(data)
        cut = _UNFINISHED.search(text)
        self._held = cut[0] if cut else ""
        self.screen.feed(text[: len(text) - len(self._held)].encode())
        for _ in range(data.count(_WHERE)):
            column, line = self.screen.cursor
            self.type(f"\x1b[{line + 1};{column + 1}R")
        return True
