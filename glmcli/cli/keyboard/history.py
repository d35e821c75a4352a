"""What was typed before: a file that several processes add to, or memory alone. Knows no keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory, InMemoryHistory

from glmcli.private_file import make_folder

Whole = Callable[[str], str]
"""The whole of a message of which parts are folded."""


class SharedHistory(FileHistory):
    """A file that only its owner may read. Trouble with it is no trouble."""

    def __init__(self, path: Path, whole: Whole) -> None:
        super().__init__(str(path))
        self._path = path
        self._whole = whole

    def append_string(self, string: str) -> None:
        super().append_string(self._whole(string))

    def load_history_strings(self) -> Iterable[str]:
        with suppress(OSError):
            return super().load_history_strings()
        return []

    def store_string(self, string: str) -> None:
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        entry = f"\n# {time.strftime('%Y-%m-%d %H:%M:%S')}\n{lines}".encode("utf-8", "replace")
        with suppress(OSError):
            make_folder(self._path.parent)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(file, entry)  # in one piece, so that two processes never mix
            finally:
                os.close(file)


class OwnHistory(InMemoryHistory):
    """Leaves no trace."""

    def __init__(self, whole: Whole) -> None:
        super().__init__()
        self._whole = whole

    def append_string(self, string: str) -> None:
        super().append_string(self._whole(string))
