"""The outside of the program as one value: streams, environment, clocks. Tests build their own.

Commands get a `World` and touch nothing else of the process. It imports nothing of ours, opens nothing, and knows
no colours: what a terminal can show is the business of `glmcli.ui.terminal`.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO


def new_id() -> str:
    """A fresh identifier that sorts by time: 12 hex digits of milliseconds, then 12 random ones."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(6).hex()}"


def chance() -> float:
    """A random number from 0 to 1."""
    import random

    return random.random()


def terminal_id() -> str | None:
    """Names the terminal this process runs in: its device and the start of its session leader, since device names
    are reused (interface §7). None where there is no terminal."""
    for descriptor in (0, 1, 2):
        try:
            device = os.ttyname(descriptor)
        except OSError:
            continue
        leader = os.getsid(0)
        try:
            with open(f"/proc/{leader}/stat", "rb") as stat:  # noqa: PTH123 - pathlib is not needed for one read
                # The command name, second field, may hold blanks and brackets: count from its closing one.
                started = stat.read().rpartition(b")")[2].split()[19].decode()
        except (OSError, IndexError):
            started = ""
        return f"{device}:{leader}:{started}"
    return None


def readable(descriptor: int, seconds: float | None) -> bool:
    """Waits until a read of the file would not block, at most so many seconds (None: for ever)."""
    import select

    return bool(select.select([descriptor], [], [], seconds)[0])


@dataclass(frozen=True)
class World:
    """Everything a command may touch.

    stdin, stdout, stderr: binary streams; None where the process was started without one.
    *_tty: whether that stream is a terminal.
    environ: a read-only view of the environment.
    now: seconds since the epoch. monotonic: seconds from some start. sleep: seconds. random: from 0 to 1.
    size: (columns, lines) of the terminal; asked again at each use, since windows are resized.
    """

    stdin: BinaryIO | None
    stdout: BinaryIO
    stderr: BinaryIO
    stdin_tty: bool = False
    stdout_tty: bool = False
    stderr_tty: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = chance
    size: Callable[[], tuple[int, int]] = lambda: (80, 24)
    new_id: Callable[[], str] = new_id
    terminal_id: Callable[[], str | None] = lambda: None
    readable: Callable[[int, float | None], bool] = readable

    @classmethod
    def real(cls) -> "World":
        """The world of this process."""

        def size() -> tuple[int, int]:
            for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
                try:
                    if stream is not None:
                        columns, lines = os.get_terminal_size(stream.fileno())
                        if columns:
                            return columns, lines
                except (OSError, ValueError):
                    continue
            return (80, 24)

        def is_tty(stream: object) -> bool:
            try:
                return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
            except ValueError:  # closed
                return False

        def output(stream: object) -> BinaryIO:
            # Python sets a standard stream to None when it was closed (`>&-`); writing to it must fail, not crash.
            return closed if stream is None else stream.buffer  # type: ignore[attr-defined]

        closed = io.BytesIO()
        closed.close()

        return cls(
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            stdout=output(sys.stdout),
            stderr=output(sys.stderr),
            stdin_tty=is_tty(sys.stdin),
            stdout_tty=is_tty(sys.stdout),
            stderr_tty=is_tty(sys.stderr),
            environ=os.environ,
            size=size,
            terminal_id=terminal_id,
        )
