"""What stands in a line of Markdown, made ready for Rich: links and images with their addresses, everything cleaned.

Only a safe link can be clicked; an address is always told, so that no link hides where it leads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from markdown_it.token import Token

from glmcli.ui.clean import clean
from glmcli.ui.latex import INLINE
from glmcli.ui.links import safe
from glmcli.ui.place import BEGUN
from glmcli.ui.tags import raised

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_OWN_LINE = re.compile(r"[:•◦▪●‣⁃∙–—]\s")
"""With what a line begins that is not meant to go on with the one before: a definition, or a point of a list that
Markdown does not know."""
_TASK = re.compile(r"\[([ xX])\](?: |\Z)")

DONE = "done"
"""Key in the `meta` of an item: it is a task, and whether it is done."""
BOXES = {True: "☑", False: "☐"}


def ready(token: Token, *, ascii: bool = False) -> Token:
    """The token with links and images as text with their address, `<br>` as a line break, and everything cleaned."""
    if token.type == "inline" and token.children:
        token.children = list(_inline(token.children, ascii))
    return token


def tasks(tokens: list[Token]) -> None:
    """Notes in items of bullet lists whether they are tasks; in those of numbered ones a box stands before the text."""
    lists: list[str] = []
    for at, token in enumerate(tokens):
        if token.type.endswith("list_open"):
            lists.append(token.type)
        elif token.type.endswith("list_close"):
            lists.pop()
        elif token.type == "list_item_open" and BEGUN not in token.meta:
            text = next(
                iter((tokens[at + 2].children if tokens[at + 1].type == "paragraph_open" else None) or ()), None
            )
            found = _TASK.match(text.content) if text is not None and text.type == "text" else None
            if text is None or found is None or not tokens[at + 2].content[3:].strip():
                continue
            done, text.content = found[1] != " ", text.content[found.end() :]
            if lists[-1] == "bullet_list_open":
                token.meta = {**token.meta, DONE: done}
            else:
                text.content = f"{BOXES[done]} {text.content}"


def _inline(tokens: list[Token], ascii: bool) -> Iterator[Token]:
    addresses: list[tuple[Token, int]] = []
    said: list[str] = []
    tokens = list(tokens)
    ends = _link_ends(tokens)
    for at, token in enumerate(tokens):
        if token.type == "link_open":
            text = "".join(
                inner.content for inner in tokens[at + 1 : ends[at]] if inner.type in ("text", "code_inline", INLINE)
            )
            clickable = safe(str(token.attrs.get("href", "")), text)
            opening = token if clickable else Token("style_open", "link", 1, attrs=token.attrs)
            addresses.append((opening, len(said)))
            yield opening
        elif token.type == "link_close":
            opening, since = addresses.pop()
            address = str(opening.attrs.get("href", ""))
            text = "".join(said[since:])
            told = text in (address, address.removeprefix("mailto:"))
            clickable = opening.type == "link_open"
            if not clickable:
                yield Token("style_close", "link", -1)
            if address and not told:
                yield from _address(address)
            if clickable:
                yield token
        elif token.type == "image":
            yield Token("style_open", "link", 1)
            yield _text(f"[{clean(token.content) or 'image'}]")
            yield Token("style_close", "link", -1)
            yield from _address(str(token.attrs.get("src", "")))
        elif token.type in ("text", "code_inline"):
            # A tab would be as wide as its place in the text says, which is another one where a paragraph was cut.
            token.content = clean(token.content).replace("\t", " ")
            if token.type == "text" and "<" in token.content:
                token.content = _BREAK.sub("\n", token.content)
            said.append(token.content)
            yield token
        elif token.type == INLINE:
            token.content = clean(token.content)
            said.append(token.content)
            yield token
        elif token.type == "raised":
            yield _text(raised(token.info, clean(token.content), ascii=ascii))
        elif token.type == "softbreak" and _own_line(tokens[at + 1 :]):
            yield Token("hardbreak", "br", 0)
        else:
            yield token


def _own_line(tokens: list[Token]) -> bool:
    """Whether what follows a line feed is to stand on a line of its own, which Markdown alone would not give it: behind
    a mark, a picture or a label."""
    # The parser leaves empty texts where marks begin.
    tokens = [token for token in tokens if token.type != "text" or token.content]
    if tokens and tokens[0].type == "strong_open":
        end = next((at for at, token in enumerate(tokens) if token.type == "strong_close"), 0)
        behind = tokens[end + 1].content if end + 1 < len(tokens) else ""
        return tokens[end - 1].content.endswith(":") or behind.startswith(":")
    text = tokens[0].content if tokens and tokens[0].type == "text" else ""
    return bool(text) and (unicodedata.category(text[0]) == "So" or _OWN_LINE.match(text) is not None)


def _link_ends(tokens: list[Token]) -> dict[int, int]:
    """Where each link ends that opens at an index."""
    opened: list[int] = []
    ends: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token.type == "link_open":
            opened.append(at)
        elif token.type == "link_close":
            ends[opened.pop()] = at
    return ends


def _address(address: str) -> Iterator[Token]:
    if address:
        yield Token("style_open", "address", 1)
        yield _text(f" ({clean(address)})")
        yield Token("style_close", "address", -1)


def _text(text: str) -> Token:
    return Token("text", "", 0, content=text)
