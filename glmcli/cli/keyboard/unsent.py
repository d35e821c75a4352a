"""What is typed and not sent yet, on disk: a process that is killed loses none of it. Knows no keys.

The message in the prompt, and those that were typed ahead while an answer came, a NUL between two. Each process has a
file of its own in `unsent/`, which it holds locked. One that nobody holds was left behind by a process that is gone;
whoever finds it takes what is in it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from glmcli.private_file import make_folder

FOLDER = "unsent"
BETWEEN = "\0"


class Unsent:
    """The file of this process. Trouble with it is no trouble."""

    def __init__(self, folder: Path) -> None:
        """folder: the user's directory."""
        self._folder = folder / FOLDER
        self._path = self._folder
        self._file: int | None = None
        self._kept = ""
        self._broken = False

    def keep(self, *texts: str) -> None:
        """These messages are typed so far."""
        text = BETWEEN.join(filter(None, texts))
        if text == self._kept or self._broken:
            return
        self._kept = text
        try:
            if self._file is None:
                make_folder(self._folder)
                self._file, self._path = _locked(self._folder)
            data = text.encode("utf-8", "replace")
            # Never shorter than what is typed: a kill may come in between.
            os.pwrite(self._file, data, 0)
            os.ftruncate(self._file, len(data))
        except OSError:
            self._broken = True

    def close(self) -> None:
        """Nothing more is typed; what is kept now is left for the next one."""
        if self._file is not None:
            if not self._kept:
                with suppress(OSError):
                    self._path.unlink()
            os.close(self._file)
            self._file = None
        self._kept = ""

    def left(self) -> list[str]:
        """What processes left behind that are gone, the oldest first. It is taken away from there."""
        found: list[tuple[float, str]] = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):
                    found += _taken(path)
        texts = [text for _, kept in sorted(found) for text in kept.split(BETWEEN)]
        return [text for text in texts if text.strip()]


def _locked(folder: Path) -> tuple[int, Path]:
    """A new file, held by this process alone. Raises OSError, also where files cannot be held."""
    from tempfile import mkstemp

    while True:
        file, name = mkstemp(dir=folder, prefix=f"{os.getpid()}-")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), os.stat(name)):  # noqa: PTH116
                return file, Path(name)
        except (BlockingIOError, FileNotFoundError):
            pass  # somebody took it for one that was left
        except OSError:
            os.close(file)
            os.unlink(name)  # noqa: PTH108
            raise
        os.close(file)


def _taken(path: Path) -> list[tuple[float, str]]:
    """When it was written to, and its text, if there is any; nothing where a process holds it. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file), path.stat()):
            return []
        text = path.read_bytes().decode("utf-8", "replace")
        path.unlink()
        return [(os.fstat(file).st_mtime, text)]
    finally:
        os.close(file)
