"""What waits to be sent with the next message of the REPL: documents, attachments, a template around them. Reads
nothing, sends nothing.

It waits until a message was sent with it: what fails before that loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glmcli.cli.prompt import fenced

if TYPE_CHECKING:
    from glmcli.templates import Frame

Message = dict[str, Any]

_MENTION = re.compile(r"""(?<!\S)(@@?)(?:"([^"\n]+)"|'([^'\n]+)'|(\S+))""")
_PATH_LIKE = re.compile(r"(\.{0,2}|~\w*)/.|.*[^.\s]\.[a-zA-Z]\w{0,4}$|.*\w/$", re.DOTALL)
_AFTER_A_WORD = ".,;:!?)]}'\""


@dataclass(frozen=True)
class Item:
    """One thing that goes along: a text that is fenced under its name, or a content part."""

    name: str
    text: str = ""
    part: Message | None = None

    @property
    def described(self) -> str:
        """`12 lines`, or the kind of the part."""
        if self.part is not None:
            return {"image_url": "image", "input_audio": "recording"}.get(self.part["type"], "file")
        count = len(self.text.splitlines())
        return "1 line" if count == 1 else f"{count} lines"

    @property
    def size(self) -> int:
        """Bytes of what is attached, about; 0 for a text."""
        if self.part is None:
            return 0
        inside = self.part.get(self.part["type"], {})
        return sum(len(it) for it in inside.values() if isinstance(it, str)) * 3 // 4


class Draft:
    """items: what waits, in the order in which it came. frame: the template around the next message."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.frame: Frame | None = None
        self._taken: tuple[Message, list[Item], Frame | None] | None = None

    def add(self, items: Iterable[Item]) -> None:
        """One of the same name takes the place of the one before."""
        for item in items:
            self.items = [it for it in self.items if it.name != item.name]
            self.items.append(item)

    def drop(self) -> int:
        """Nothing waits any more. Returns how many there were."""
        count = len(self.items)
        self.items = []
        return count

    def message(self, text: str, more: Iterable[Item] = ()) -> Message:
        """The user's message: documents, then the text, then what is attached. more: for this message alone."""
        message = _message([*self.items, *more], text, self.frame)
        self._taken = (message, self.items, self.frame)
        return message

    def waiting(self) -> Message:
        """What waits, as a message by itself, to be measured."""
        return _message(self.items)

    def sent(self, messages: list[Message]) -> None:
        """These messages are on their way: what is in them waits no longer."""
        if self._taken is not None and any(message is self._taken[0] for message in messages):
            _, gone, frame = self._taken
            self.frame = None if self.frame is frame else self.frame
            self.items = [it for it in self.items if not any(it is other for other in gone)]
            self._taken = None


def _message(items: Iterable[Item], text: str = "", frame: "Frame | None" = None) -> Message:
    from glmcli.attachments import user_message

    items = list(items)
    documents = [fenced(it.name, it.text) for it in items if it.part is None]
    spoken = "\n\n".join([*documents, *([text] if text.strip() else [])])
    if frame is not None:
        spoken = frame.prompt(spoken)
    return user_message(spoken, [it.part for it in items if it.part is not None])


def mentions(text: str, is_file: Callable[[str], bool]) -> tuple[str, list[str]]:
    """The files that a message names: words `@path`, or `@"a path"`, each of a file that exists.

    Returns the message as it is sent, `@@path` as `@path` in it, and the paths without repetition. A word that names
    no file stays as it is, with one at sign or two.
    """
    found: dict[str, None] = {}

    def read(match: re.Match[str]) -> str:
        mark, *quoted, word = match.groups()
        given = next(filter(None, (*quoted, word)))
        path = next((it for it in (given, given.rstrip(_AFTER_A_WORD)) if it and is_file(it)), None)
        if path is None:
            return match[0]
        if mark == "@@":
            return match[0][1:]
        found[path] = None
        return match[0]

    return _MENTION.sub(read, text), list(found)


def missing(text: str, is_file: Callable[[str], bool]) -> list[str]:
    """The words `@path` of a message of one line that look like paths, though there is no such file: likely mistyped.

    In more lines at signs are mostly those of code, `@app.get` say, and nobody is to be bothered with these.
    """
    if "\n" in text:
        return []
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        mark, *quoted, word = match.groups()
        path = next(filter(None, quoted), "") or word.rstrip(_AFTER_A_WORD)
        if mark == "@" and not is_file(word or path) and not is_file(path) and (not word or _PATH_LIKE.match(path)):
            found[path] = None
    return list(found)
