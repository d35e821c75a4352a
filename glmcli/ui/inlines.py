"""What stands in a line of Markdown, made ready for Rich: links and images with their addresses, everything cleaned.

Only a safe link can be clicked; an address is always told, so that no link hides where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.token import Token

from glmcli.ui.clean import clean
from glmcli.ui.links import safe

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def plain(token: Token) -> Token:
    """The token with links and images as text with their address, `<br>` as a line break, and everything cleaned."""
    if token.type == "inline" and token.children:
        token.children = list(_inline(token.children))
    return token


def _inline(tokens: list[Token]) -> Iterator[Token]:
    addresses: list[tuple[Token, int]] = []
    said: list[str] = []
    tokens = list(tokens)
    ends = _link_ends(tokens)
    for at, token in enumerate(tokens):
        if token.type == "link_open":
            text = "".join(
                inner.content for inner in tokens[at + 1 : ends[at]] if inner.type in ("text", "code_inline")
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
            token.content = clean(token.content)
            if token.type == "text" and "<" in token.content:
                token.content = _BREAK.sub("\n", token.content)
            said.append(token.content)
            yield token
        else:
            yield token


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
