"""What a file is that a message names: a text goes into the message, a picture or a recording along with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.draft import Item
from glmcli.cli.prompt import read_file
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.api.download import Fetched


def mentioned(path: str) -> Item:
    """The file as it is sent. Raises UsageError for one that cannot be read, and for bytes that nobody knows."""
    try:
        return Item(path, read_file(path, f"@{path}"))
    except UsageError:
        from glmcli import attachments
        from glmcli.media import TEXT, UNKNOWN, media_type

        try:
            data = attachments.read_path(path)
        except UsageError:
            data = b""
        if media_type(data) in (TEXT, UNKNOWN):
            raise
        name = f"./{path}"  # whatever is in it, it is no URL
        return Item(path, part=attachments.part(name, _nothing, lambda name: data))


def _nothing(url: str) -> "Fetched":
    raise AssertionError(url)
