"""The file an answer is appended to while it comes: one JSON line an event, after a first line that says whose it is.

Each line is one write with O_APPEND, so a kill leaves whole lines; nothing is synced, since only a power failure could
lose it then. The file is locked while its process lives; one whose lock is free belongs to a dead process. Trouble
with it (a full disk) ends the spooling and nothing else: the answer is still kept when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any

from glmcli.api import events
from glmcli.api.events import Audio, Event, ReasoningDelta, TextDelta

SUFFIX = ".jsonl"

# What a message is rebuilt from. Log probabilities are shown, never kept.
_KEPT = (
    events.TextDelta,
    events.ReasoningDelta,
    events.RefusalDelta,
    events.ToolCalled,
    events.Annotation,
    events.Audio,
    events.ContentPart,
    events.Metadata,
    events.Usage,
    events.Finished,
    events.Retrying,  # what came before it counts no more
)
_KINDS: dict[str, Callable[..., Event]] = {kind.__name__: kind for kind in _KEPT}
_FIELDS: dict[type, tuple[str, ...]] = {kind: tuple(each.name for each in fields(kind)) for kind in _KEPT}


def encode(event: Event) -> bytes | None:
    """The line of an event: its name, then its values. None for one that no message is made of."""
    if isinstance(event, TextDelta):  # nearly all are of these two kinds
        return f'["TextDelta",{quoted(event.text)},{event.index}]\n'.encode()
    if isinstance(event, ReasoningDelta):
        return f'["ReasoningDelta",{quoted(event.text)},{event.index},{quoted(event.field)}]\n'.encode()
    kind = type(event)
    names = _FIELDS.get(kind)
    if names is None:
        return None
    if isinstance(event, Audio):  # the sound itself is saved elsewhere, and big
        event = Audio({key: value for key, value in event.audio.items() if key != "data"}, event.index)
    return json.dumps([kind.__name__, *(getattr(event, name) for name in names)]).encode() + b"\n"


def decode(line: bytes) -> Event | None:
    """The event of a line; None for a torn one, or one of a newer version."""
    try:
        name, *values = json.loads(line)
        return _KINDS[name](*(tuple(value) if name == "Finished" else value for value in values))
    except (ValueError, KeyError, TypeError):
        return None


class Spool:
    """An open and locked spool."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._writable = True

    @property
    def id(self) -> str:
        return self.path.name.removesuffix(SUFFIX)

    @classmethod
    def create(cls, folder: Path, id: str, header: dict[str, Any]) -> "Spool":
        """A new spool, header written. Raises OSError."""
        path = folder / f"{id}{SUFFIX}"
        while True:
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
            lock(descriptor, wait=True)
            # Whoever looked for the spools of the dead in between took the empty file for one, and removed it.
            if os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)
        spool = cls(path, descriptor)
        spool.append(json.dumps(header).encode() + b"\n")
        return spool

    def append(self, line: bytes) -> None:
        """Never raises: after a failed or short write the spool takes no more."""
        if not self._writable:
            return
        try:
            written = os.write(self._descriptor, line)
        except OSError:
            written = 0
        if written == len(line):
            self._size += written
            return
        self._writable = False
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._size)

    def lines(self) -> list[bytes]:
        """All whole lines. Raises OSError."""
        return self.path.read_bytes().split(b"\n")[:-1]

    def remove(self) -> None:
        """The answer is kept: forgets the file, then lets go of it."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.close()

    def set_aside(self) -> None:
        """Nobody can tell whose answer this is: leaves what there is to a person, and out of the way."""
        if not self._size:
            self.remove()
            return
        with contextlib.suppress(OSError):
            self.path.rename(self.path.with_suffix(".unreadable"))
        self.close()

    def close(self) -> None:
        """Lets go of the file, which stays."""
        self._writable = False
        os.close(self._descriptor)


def orphans(folder: Path) -> Iterator[Spool]:
    """The spools of processes that died, oldest first. The receiver removes or closes each."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(SUFFIX))
    except OSError:
        return
    for name in names:
        path = folder / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            continue
        if lock(descriptor, wait=False) and os.fstat(descriptor).st_nlink:
            yield Spool(path, descriptor)
        else:
            os.close(descriptor)


def lock(descriptor: int, *, wait: bool) -> bool:
    """Whether the file is ours now. Where files cannot be locked it always is: an answer that is taken for a dead one
    there is completed by its own process when it ends."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
