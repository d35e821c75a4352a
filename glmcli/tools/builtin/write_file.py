"""The tool `write_file`: makes, replaces or extends a file within the roots; whole, or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress

from glmcli.tools.builtin.declaring import Arguments, Refused, declared, reason
from glmcli.tools.builtin.roots import Roots, kind
from glmcli.tools.tool import Approval, Result, Stop, Tool

LARGEST = 1 << 24  # bytes of a file that is extended, which takes a copy of it
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o666  # less the umask


def write_file_tool(roots: Roots) -> Tool:
    def run(arguments: Arguments, _: Stop) -> Result:
        return _write(roots, arguments)

    return declared(
        "write_file",
        "Writes a text file (UTF-8): makes it, replaces all that it held, or adds to its end." + roots.told,
        {
            "path": {"type": "string", "description": "The file, relative to the working directory or absolute."},
            "content": {"type": "string", "description": "The whole text, or what is added."},
            "append": {"type": "boolean", "description": "Whether to keep what the file holds and add to its end."},
            "make_folders": {"type": "boolean", "description": "Whether to make the folders above it too."},
        },
        run,
        required=("path", "content"),
        approval=Approval.ALWAYS,
        scope=roots.scope,
    )


def _write(roots: Roots, arguments: Arguments) -> Result:
    path, append = arguments["path"], arguments.get("append", False)
    try:
        content = arguments["content"].encode()
    except UnicodeEncodeError:
        raise Refused("The content holds halves of characters (lone surrogates), which UTF-8 cannot write.") from None
    place, make = roots.find(path), arguments.get("make_folders", False)
    if not make and not place.path.parent.exists():
        raise Refused(f"The folder of {place.named} does not exist; with make_folders it is made.")
    with roots.folder(place, above=True, make=make) as (folder, name):
        old = _old(folder, name, path)
        before = _content(roots, folder, name, path) if append and old else b""
        try:
            _replace(folder, name, before + content, old)
        except OSError as error:
            raise Refused(f"{path} cannot be written: {reason(error)}. Nothing was changed.") from None
    if old is None:
        return Result(f"Created {path} ({_bytes(len(content))}).")
    if append:
        return Result(f"Added {_bytes(len(content))} to {path}, which has {_bytes(len(before + content))} now.")
    return Result(f"Replaced {path}: {_bytes(len(content))}, where there were {old.st_size}.")


def _old(folder: int, name: str, path: str) -> os.stat_result | None:
    """The file that is there. Raises Refused where that is no file, or one that its owner made read-only."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {reason(error)}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{path} is {kind(found.st_mode)}, not a file.")
    if not found.st_mode & 0o222:
        raise Refused(f"{path} is read-only.")
    return found


def _content(roots: Roots, folder: int, name: str, path: str) -> bytes:
    with os.fdopen(roots.open_file(folder, name, path), "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused(f"{path} has more than {LARGEST >> 20} MiB, which is too much to add to.")
    return content


def _replace(folder: int, name: str, content: bytes, old: os.stat_result | None) -> None:
    """Writes a new file beside the old one and puts it in its place, which works wholly or not at all."""
    temporary = f".glm-{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, _NEW, _MODE, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if old:
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    with suppress(OSError):  # a folder that is only passed through cannot be synced; the file itself is safe
        os.fsync(folder)


def _bytes(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'}"
