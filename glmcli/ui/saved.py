"""Files for what an answer holds and no terminal shows: sound and images. Never in place of a file that is there.

Names come in part from the server, so only harmless characters of them are used, and no folders.
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from glmcli.errors import GlmError

_HARMLESS = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 80
"""Characters of a name, so that even long identifiers fit every file system."""


def save_new(folder: Path, name: str, suffix: str, data: bytes) -> Path:
    """Writes a new file and returns its path: `name.suffix`, with `-1`, `-2` where that is taken.

    Where the folder cannot be written, the file goes to the one for temporary files: it was paid for. Raises GlmError.
    """
    from tempfile import gettempdir

    stem, kind = (_HARMLESS.sub("-", part).strip("-")[:_LONGEST] for part in (name, suffix))
    try:
        return _written(folder, stem, kind, data)
    except OSError as error:
        try:
            return _written(Path(gettempdir()), stem, kind, data)
        except OSError:
            raise GlmError(
                f"cannot save {stem}.{kind}: {error.strerror}", hint="--json prints what it would have held"
            ) from error


def from_base64(text: str) -> bytes | None:
    """The bytes of base64 with or without line breaks, padding and the head of a data URL; None if it is none."""
    from base64 import b64decode

    if text.startswith("data:"):
        text = text.partition(",")[2]
    text = "".join(text.split())
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (NotBase64, ValueError):
        return None


def _written(folder: Path, stem: str, kind: str, data: bytes) -> Path:
    for path in _names(folder, stem, kind):
        try:
            file = path.open("xb")
        except FileExistsError:
            continue
        try:
            with file:
                file.write(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("there is always another number")


def _names(folder: Path, stem: str, kind: str) -> Iterator[Path]:
    yield folder / f"{stem}.{kind}"
    for number in count(1):
        yield folder / f"{stem}-{number}.{kind}"
