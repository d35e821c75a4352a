"""Files for what an answer holds and no terminal shows: sound and images. Never in place of a file that is there.

Names come in part from the server, so only harmless characters of them are used, and no folders.
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
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
                f"cannot save {stem}.{kind}: {error.strerror}", hint="--json prints what it would have held."
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
    path = folder / f"{stem}.{kind}"
    number = 0
    while True:
        try:
            file = path.open("xb")
            break
        except FileExistsError:
            number += 1
            path = folder / f"{stem}-{number}.{kind}"
    try:
        with file:
            file.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
