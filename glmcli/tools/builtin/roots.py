"""The folders that the file tools may touch, and ways into them that cannot be led astray.

A path is first resolved, symlinks and `..` included, and must then lie in a root. It is opened by walking down from
that root, one part at a time, each relative to the folder above it and none of them a symlink: so whatever is swapped
for a symlink in the meantime makes the opening fail, and never leads out (reliability §5.2, 10). What is closed is
known by device and inode, so that a second name of it (a hard link) does not open it either.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from glmcli.tools.builtin.declaring import Arguments, Refused, reason
from glmcli.tools.builtin.secret_names import is_secret

LONGEST = 4096  # characters of a path
LONGEST_NAMED = 200  # of which so many stand in a message

# A folder that may be passed but not listed needs O_PATH, which not every system has.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe that nobody writes to must not hold us.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MADE_FOLDER = 0o777  # less the umask
_Identity = tuple[int, int]  # device and inode


@dataclass(frozen=True)
class Place:
    """Where a path leads: parts below a root, without symlinks at the time it was resolved. named: as it was asked
    for, for messages."""

    root: Path
    parts: tuple[str, ...]
    named: str

    @property
    def path(self) -> Path:
        return self.root.joinpath(*self.parts)

    @property
    def is_folder(self) -> bool:
        """Whether it was one a moment ago; what is opened is checked again."""
        return self.path.is_dir()


class Roots:
    """roots: folders, the paths to which are trusted. cwd: what relative paths start from where it lies in a root;
    else they start from the first root. home: what `~` stands for. closed: folders that stay shut even in a root.
    between: runs after a path was resolved and before it is opened, for tests."""

    def __init__(
        self,
        roots: Sequence[Path],
        *,
        cwd: Path,
        home: str | None = None,
        closed: Sequence[Path] = (),
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self.roots = tuple(dict.fromkeys(Path(os.path.realpath(root)) for root in roots))
        self._closed = tuple(Path(os.path.realpath(folder)) for folder in closed)
        cwd = Path(os.path.realpath(cwd))
        self._is_cwd_alone = self.roots == (cwd,)
        self._start = cwd if self._root_of(cwd) else (self.roots[0] if self.roots else cwd)
        self._home = home
        self._between = between

    def find(self, path: str) -> Place:
        """Raises Refused for what lies outside the roots, or in a closed folder, or cannot be a path at all."""
        if "\0" in path:
            raise Refused("The path holds a NUL character.")
        if not path or len(path) > LONGEST:
            raise Refused(f"The path is empty, or has more than {LONGEST} characters.")
        named = path if len(path) <= LONGEST_NAMED else f"{path[:LONGEST_NAMED]}…"
        if self._home and (path == "~" or path.startswith("~/")):
            path = self._home + path[1:]
        try:
            real = Path(os.path.realpath(self._start / path))
        except (OSError, ValueError) as error:  # half characters, names that are too long
            why = reason(error) if isinstance(error, OSError) else "its characters cannot be encoded"
            raise Refused(f"{named!r} cannot be a path: {why}.") from None
        root = self._root_of(real)
        if root is None:
            raise Refused(f"{named} lies outside the folders that are open to the tools: {self}.")
        if any(real.is_relative_to(folder) for folder in self._closed):
            raise _is_closed(named)
        return Place(root, real.relative_to(root).parts, named)

    def scope(self, arguments: Arguments) -> str:
        """What an approval covers: the root; but a single file where that is likely to hold secrets. Raises Refused."""
        place = self.find(arguments.get("path", "."))
        if place.parts and is_secret(place.parts):
            return str(place.path)
        return str(place.root)

    @contextmanager
    def file(self, place: Place) -> Iterator[int]:
        """A descriptor to read a regular file by. Raises Refused for anything else, and where it cannot be opened."""
        with self.folder(place, above=True) as (folder, name):
            descriptor = self.open_file(folder, name, place.named)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    def open_file(self, folder: int, name: str, named: str) -> int:
        """A descriptor to read a regular file of a folder by. Raises Refused for anything else, and for what is closed,
        by whichever name."""
        descriptor = open_file(folder, name, named)
        if self.is_closed(os.fstat(descriptor)):
            os.close(descriptor)
            raise _is_closed(named)
        return descriptor

    @contextmanager
    def folder(self, place: Place, *, above: bool = False, make: bool = False) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder; with `above`, of the one that the last part lies in, and the name of that part.

        make: makes the folders that are missing. Raises Refused.
        """
        self._between()
        *parents, last = place.parts if above and place.parts else (*place.parts, "")
        if above and not last:
            raise Refused(f"{place.named} is a folder.")
        closed = self._closed_identities()
        descriptor = _opened(str(place.root), None if parents or above else _LIST, None, place.named)
        try:
            for index, part in enumerate(parents):
                if make:
                    _make(part, descriptor, place.named)
                is_end = index == len(parents) - 1 and not above
                below = _opened(part, _LIST if is_end else None, descriptor, place.named)
                os.close(descriptor)
                descriptor = below
                if identity(os.fstat(descriptor)) in closed:
                    raise _is_closed(place.named)
            yield descriptor, last
        finally:
            os.close(descriptor)

    def is_closed(self, entry: os.stat_result) -> bool:
        """Whether this is one of the closed folders, or a file below one, by whichever name it was reached."""
        if stat.S_ISREG(entry.st_mode):
            return entry.st_nlink > 1 and identity(entry) in self._closed_files()
        return identity(entry) in self._closed_identities()

    @property
    def told(self) -> str:
        """A sentence for the description of a tool, as UTF-8 can carry it: which folders there are. Empty where that is
        the working directory alone, which the arguments name."""
        if self._is_cwd_alone:
            return ""
        text = f" Folders: {self}; relative paths start in {self._start}."
        return os.fsencode(text).decode(errors="replace")

    def __str__(self) -> str:
        return ", ".join(map(str, self.roots)) or "none"

    def _root_of(self, real: Path) -> Path | None:
        """The innermost root that the path lies in."""
        return max(
            (root for root in self.roots if real.is_relative_to(root)), key=lambda it: len(it.parts), default=None
        )

    def _closed_identities(self) -> set[_Identity]:
        found = set()
        for folder in self._closed:
            try:
                found.add(identity(folder.stat()))
            except OSError:  # not there, so it cannot be reached
                continue
        return found

    def _closed_files(self) -> Iterator[_Identity]:
        for closed in self._closed:
            for folder, _, names in os.walk(closed):
                for name in names:
                    with suppress(OSError):  # gone meanwhile
                        yield identity(os.lstat(os.path.join(folder, name)))  # noqa: PTH118 - of many, one matters


def open_file(folder: int, name: str, named: str) -> int:
    """A descriptor to read a regular file of a folder by. Raises Refused for anything else."""
    try:
        # Opening a pipe or a device can have effects of its own, so it is looked at first, and again once it is open.
        _check_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), named)
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        raise Refused(f"{named} cannot be opened: {reason(error)}.") from None
    try:
        _check_regular(os.fstat(descriptor), named)
    except Refused:
        os.close(descriptor)
        raise
    return descriptor


def open_folder(folder: int, name: str, named: str) -> int:
    """A descriptor to list a folder within a folder by. Raises Refused for anything else."""
    return _opened(name, _LIST, folder, named)


def identity(entry: os.stat_result) -> _Identity:
    return entry.st_dev, entry.st_ino


def kind(mode: int) -> str:
    """What a file is, for messages."""
    kinds = {
        stat.S_IFREG: "a file",
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a symlink",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def _check_regular(entry: os.stat_result, named: str) -> None:
    if stat.S_ISLNK(entry.st_mode):  # it was none when the path was resolved
        raise Refused(f"{named} became a symlink while it was being opened.")
    if not stat.S_ISREG(entry.st_mode):
        raise Refused(f"{named} is {kind(entry.st_mode)}, not a file.")


def _opened(part: str, flags: int | None, folder: int | None, named: str) -> int:
    try:
        return os.open(part, _PASS if flags is None else flags, dir_fd=folder)
    except NotADirectoryError:
        raise Refused(f"{named} is no folder, or a part of it is none.") from None
    except OSError as error:
        raise Refused(f"{named} cannot be opened: {reason(error)}.") from None


def _make(part: str, folder: int, named: str) -> None:
    try:
        os.mkdir(part, _MADE_FOLDER, dir_fd=folder)
    except FileExistsError:
        pass
    except OSError as error:
        raise Refused(f"The folders above {named} cannot be made: {reason(error)}.") from None


def _is_closed(named: str) -> Refused:
    return Refused(f"{named} belongs to the configuration of glm itself, which no tool may touch.")
