"""A named pipe that processes hold open for as long as they live: its end proves theirs, without looking at a clock."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

HOLD = "exec 3>lifeline; echo x >&3; "
"""For sh, in the folder of the lifeline: from now on it and all that it starts hold the pipe open."""


class Lifeline:
    """Lies in a folder as `lifeline`. Waits are for ever: the time limit of a test ends them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lifeline"
        os.mkfifo(self.path)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._reader, True)
        # As long as there is a writer, a read waits; this one is ours until somebody else has it.
        self._writer: int | None = os.open(self.path, os.O_WRONLY)

    def wait_until_held(self) -> None:
        assert os.read(self._reader, 2) == b"x\n"
        self._let_go()

    def wait_until_let_go(self) -> None:
        """Returns once nobody who held it lives."""
        self._let_go()
        assert os.read(self._reader, 2) == b""

    def _let_go(self) -> None:
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._let_go()
        os.close(self._reader)
