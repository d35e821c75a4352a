"""The tags and the text of an HTML page, in a time that grows with the page and no faster. Pure.

`html.parser` of Python looks again and again through what it cannot finish: 100 KB of unfinished tags keep it for
minutes. Here, as browsers do it, whatever has no end lasts to the end of the page; so nothing is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_LETTER = re.compile(r"</?[A-Za-z]")
# A quote opens a value behind = only: in <p title=it's> it is a letter. No part of this takes back what it took.
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)"
    r"(?P<attributes>(?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|)|[\"'])*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s]*+)))?")
_RAW = {"script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp"}
"""Elements in which no tag counts but the one that ends them."""

_LONG_NUMBER = re.compile(r"&#[0-9]{8,}+;?")  # no character has such a number, and Python's int refuses long ones


@dataclass(frozen=True)
class Text:
    """What stands between tags."""

    text: str


@dataclass(frozen=True)
class Tag:
    """name: in lower case. is_end: of </name>. source: the attributes as they are written."""

    name: str
    is_end: bool = False
    source: str = ""

    def attribute(self, name: str) -> str:
        """The value of an attribute; empty where there is none."""
        for found in _ATTRIBUTE.finditer(self.source):
            if found[1].lower() == name:
                return characters(next((value for value in found.groups()[1:] if value is not None), ""))
        return ""


def tokens(source: str) -> Iterator[Tag | Text]:
    """Comments and the like are left out."""
    position = 0
    while opening := _OPENING.search(source, position):
        at = opening.start()
        if at > position:
            yield Text(characters(source[position:at]))
        tag = _TAG.match(source, at)
        if tag is None:
            position = _after(source, at)
            continue
        name, position = tag["name"].lower(), tag.end()
        yield Tag(name, bool(tag["end"]), tag["attributes"])
        if name in _RAW and not tag["end"]:
            closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, position)
            until = closing.start() if closing else len(source)
            yield Text(characters(source[position:until]) if name in ("title", "textarea") else "")
            position = until
            if not closing:
                yield Tag(name, True)
    if position < len(source):
        yield Text(characters(source[position:]))


def characters(text: str) -> str:
    """The text with its references, such as &amp;, as the characters that they stand for."""
    return unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def _after(source: str, at: int) -> int:
    """Where it goes on behind what opens here and is no tag: a comment, a declaration, a tag without an end."""
    if _LETTER.match(source, at):
        return len(source)
    ending = "-->" if source.startswith("<!--", at) else ">"
    found = source.find(ending, at + 1)
    return found + len(ending) if found >= 0 else len(source)
