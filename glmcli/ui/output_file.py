"""The answer into a file as well (`--output`). Knows events and one path, no terminal."""

from __future__ import annotations

from io import RawIOBase
from pathlib import Path

from glmcli.api.events import Event, Finished, TextDelta
from glmcli.errors import GlmError, UsageError
from glmcli.ui.clean import utf8


class OutputFile:
    """`--output FILE`: the text of choice 0, byte for byte, into a file too, with a line feed at its end.

    The file is opened at once, so that a path that cannot be written is known before anything is paid for, but its old
    content is kept until the answer begins. Raises UsageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new = not path.exists()
        try:
            # Without a buffer: what could not be written is not tried again when the file is closed.
            self._file: RawIOBase = path.open("ab", buffering=0)
        except OSError as error:
            raise UsageError(
                f"cannot write {path}: {error.strerror}", hint="Give --output a file that can be written."
            ) from error
        self._begun = False
        self._inside_line = False

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, 0) if text:
                self._write(utf8(text))
                self._inside_line = not text.endswith("\n")
            case Finished() if self._inside_line:
                self._write(b"\n")
                self._inside_line = False
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        try:
            if self._inside_line:
                self._write(b"\n")
        finally:
            self._file.close()
        if self._new and not self._begun:
            self._path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        try:
            if not self._begun:
                # Devices and pipes cannot be cut to length and need not be.
                if self._file.seekable() and self._path.is_file():
                    self._file.truncate(0)
                self._begun = True
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            raise GlmError(f"cannot write {self._path}: {error.strerror}") from error
