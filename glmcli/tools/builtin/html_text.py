"""The readable text of a web page: its title, headings, paragraphs, lists, tables and links. Pure.

It is for a model to read, so it need not look like the page; scripts, styles and pictures are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

from glmcli.tools.builtin.html_tokens import Tag, Text, tokens

_OFTEN = 256  # tokens between two looks at whether anybody still waits
_DROPPED = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "math",
    "iframe",
    "object",
    "select",
    "textarea",
    "canvas",
}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "tr",
    "ul",
}  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def html_text(source: str, url: str, is_over: Callable[[], bool] = lambda: False) -> tuple[str, str]:
    """Title and text. url: where the page was found, for its links. is_over: asked now and then; ends it early."""
    reader = _Reader(url)
    for count, token in enumerate(tokens(source)):
        if count % _OFTEN == 0 and is_over():
            break
        reader.read(token)
    reader.end_block()
    return reader.title, "\n".join(reader.lines).strip()


class _Reader:
    """lines: of the text so far; blocks are set apart by an empty one, the items of a list are not."""

    def __init__(self, url: str) -> None:
        self.title = ""
        self.lines: list[str] = []
        self._url = url
        self._inline: list[str] = []
        self._has_text = False  # whether there is any in it
        self._dropped = ""  # the element that is being passed over
        self._dropped_depth = 0
        self._mark = ""  # what stands before the block
        self._lists: list[int | None] = []  # the number of the last item; None where they have none
        self._link: tuple[str, int] | None = None
        self._verbatim = 0
        self._in_title = False

    def read(self, token: Tag | Text) -> None:
        match token:
            case Text():
                if not self._dropped:
                    self._add(token.text)
            case Tag() if self._dropped:
                if token.name == self._dropped:
                    self._dropped_depth += -1 if token.is_end else 1
                    self._dropped = self._dropped if self._dropped_depth else ""
            case Tag(is_end=True):
                self._end(token.name)
            case Tag(name=name) if name in _DROPPED:
                self._dropped, self._dropped_depth = name, 1
            case Tag():
                self._start(token.name, token)

    def _start(self, tag: str, token: Tag) -> None:
        if tag in _BLOCKS:
            self.end_block()
        match tag:
            case "br":
                self._inline.append("\n")
            case "title":
                self._in_title = True
            case "pre":
                self._verbatim += 1
            case "ul" | "ol":
                self._lists.append(0 if tag == "ol" else None)
            case "li":
                self._mark = self._item()
            case "td" | "th" if self._has_text:
                self._inline.append(" | ")
            case "a":
                self._end_link()
                self._link = token.attribute("href"), len(self._inline)
            case "img":
                self._inline.append(token.attribute("alt"))
            case _:
                self._mark = _HEADINGS.get(tag, self._mark)

    def _end(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        if tag in _BLOCKS:
            self.end_block()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == "pre" and self._verbatim:
            self._verbatim -= 1
        if tag in ("table", "pre", "ul", "ol") and not self._lists:
            self._blank()

    def _add(self, text: str) -> None:
        self._has_text = self._has_text or bool(text.strip())
        self._inline.append(text if self._verbatim else re.sub(r"[ \t\r\n\f]+", " ", text))

    def end_block(self) -> None:
        """Puts the inline text so far down as a block."""
        self._end_link()
        text, self._inline, self._has_text = "".join(self._inline), [], False
        mark, self._mark = self._mark, ""
        if self._in_title:
            self.title, self._in_title = self.title or " ".join(text.split()), False
            return
        if not self._verbatim:
            text = "\n".join(line.strip() for line in re.sub(r" {2,}", " ", text).strip().split("\n"))
        if not text.strip():
            self._mark = mark if self._lists else ""  # <li><p>: the mark is for the paragraph
            return
        indent = " " * len(mark) if self._lists else ""
        first, *others = text.strip("\n").split("\n")
        if not self._lists and " | " not in text:
            self._blank()
        self.lines += [mark + first, *(indent + line for line in others)]
        if not self._lists and " | " not in text:
            self._blank()

    def _blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def _item(self) -> str:
        if not self._lists:
            return "- "
        number, indent = self._lists[-1], "  " * min(len(self._lists) - 1, 10)
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _end_link(self) -> None:
        if self._link is None:
            return
        (target, start), self._link = self._link, None
        text = " ".join("".join(self._inline[start:]).split())
        if not text or not target or target.startswith("#"):
            return
        try:
            address = urljoin(self._url, target.strip())
        except ValueError:
            return
        if address.startswith(("https://", "http://")) and not any(it.isspace() for it in address):
            self._inline[start:] = [f"[{text}]({address})"]
