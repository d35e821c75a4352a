"""A walk through a folder that stays in it: symlinks are told, never followed, whatever is swapped meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glmcli.tools.builtin.declaring import Refused
from glmcli.tools.builtin.roots import open_file, open_folder

MOST_IN_FOLDER = 20_000  # entries of one folder that are looked at
SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache"})
"""Folders that are told but not walked through: what is in them was written by programs."""


@dataclass(frozen=True)
class Entry:
    """One entry of a folder. path: below where the walk began, with / in between. folder: a descriptor of the folder
    that it lies in, open until the walk goes on. info: of the entry itself, also where it is a symlink."""

    path: str
    folder: int
    name: str
    info: os.stat_result

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.info.st_mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.info.st_mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.info.st_mode)

    @property
    def target(self) -> str:
        """Where a symlink points to, as it says; empty where it cannot be read."""
        try:
            return os.readlink(self.name, dir_fd=self.folder)
        except OSError:
            return ""

    def open(self) -> int:
        """A descriptor to read a regular file by. Raises Refused."""
        return open_file(self.folder, self.name, self.path)


def walk(folder: int, depth: int, enters: Callable[[Entry], bool], above: str = "") -> Iterator[Entry]:
    """The entries, by name, each folder before what is in it; what cannot be read is left out.

    folder: a descriptor to list it by. depth: 1 for the folder itself. enters: whether to go into a folder.
    """
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry, _ in zip(found, range(MOST_IN_FOLDER), strict=False))
    except OSError:
        return
    for name in names:
        try:
            entry = Entry(above + name, folder, name, os.stat(name, dir_fd=folder, follow_symlinks=False))
        except OSError:  # gone meanwhile
            continue
        yield entry
        if entry.is_folder and depth > 1 and enters(entry):
            try:
                below = open_folder(folder, name, entry.path)
            except Refused:
                continue
            try:
                yield from walk(below, depth - 1, enters, f"{entry.path}/")
            finally:
                os.close(below)


def printable(path: str) -> str:
    """A name on one line, however odd: quoted where it holds what no line should."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)
