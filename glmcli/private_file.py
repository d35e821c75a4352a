"""Writes small files so that a failure at any point leaves the old file whole (reliability §4).

A file is born unreadable to others (mode 0600, in a folder of mode 0700); it is never written first and protected
later. Knows nothing of what the files hold.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from glmcli.errors import ConfigError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def replace_file(path: Path, text: str, *, mode: int | None = PRIVATE_FILE) -> None:
    """Puts the text in place of the file, or of the file that a symlink there points to.

    mode: of the new file; None keeps that of the old one (0600 where there is none).
    Raises ConfigError; then the old file is as it was.
    """
    import tempfile  # loads half a dozen modules, and most runs write no such file

    target = Path(os.path.realpath(path))
    temporary = None
    try:
        make_folder(target.parent)
        if mode is None:
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else PRIVATE_FILE
        # mkstemp opens with O_EXCL, O_NOFOLLOW and mode 0600.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(target)
        temporary = None
        _sync_folder(target.parent)
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}: {error.strerror or error}", hint="The file is as it was before."
        ) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def make_folder(folder: Path) -> None:
    """Makes the folder, and those above it, unless it exists; a new one is closed to other users. Raises OSError."""
    # `parents=True` would give the ones above it the usual mode, the user's directory among them.
    for missing in reversed([it for it in (folder, *folder.parents) if not it.is_dir()]):
        missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time reads, changes and writes back a file of this folder. Raises ConfigError."""
    import fcntl

    try:
        make_folder(folder)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"cannot use the folder {folder}: {error.strerror or error}") from None
    try:
        with contextlib.suppress(OSError):  # a network file system without locks is no reason to refuse
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def open_to_others(path: Path) -> str | None:
    """What is wrong with the mode of a file or folder, as `mode 644 lets other users in`; None where all is well."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
    return f"mode {mode:o} lets other users in" if mode & OTHERS else None


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder; the file itself is safe
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
