"""Lays out pieces of Markdown as rows of a terminal, with Rich. Imported only where an answer is drawn.

A piece looks the same whether it is laid out alone or in the whole text, which is what lets an answer be printed block
by block. Where Rich's own elements cannot promise that, lose text, or make code hard to copy, ours stand in for them:
one blank row between blocks, list numbers of a fixed width, code without padding or background, links and images with
their addresses, long cells wrapped and never cut. Rows are cleaned once more after the layout, since entities are
decoded by it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it.token import Token
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme

from glmcli.ui.blocks import Blocks, CodeLine, CodeStart, Piece, language
from glmcli.ui.clean import clean
from glmcli.ui.dialect import DATA, dialect
from glmcli.ui.elements import COLOURS, Part, code_rows, set_apart
from glmcli.ui.highlight import LineHighlighter
from glmcli.ui.links import opened
from glmcli.ui.place import BEGUN, resume
from glmcli.ui.segments import Row, trimmed
from glmcli.ui.tables import Form

CODE_THEMES: dict[str, str | None] = {"dark": "ansi_dark", "light": "ansi_light", "plain": None}
"""Colours of code by theme. Only the sixteen colours of the terminal are used, which suit its background."""

_STYLES: dict[str, dict[str, str]] = {
    "dark": {
        "markdown.h1": "bold bright_cyan underline",
        "markdown.h2": "bold bright_cyan",
        "markdown.h3": "bold cyan",
        "markdown.h4": "cyan",
        "markdown.h5": "italic cyan",
        "markdown.h6": "italic",
        "markdown.code": "bright_yellow",
        "markdown.block_quote": "dim",
        "markdown.item.number": "bold",
        "markdown.item.done": "bold green",
        "markdown.math": "italic",
        "markdown.u": "underline",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
        "markdown.link": "bright_blue",
        "markdown.link_url": "bright_blue",
        "markdown.address": "dim",
        "markdown.hr": "dim",
    },
}
_STYLES["light"] = {
    **{name: style.replace("bright_cyan", "blue").replace("cyan", "blue") for name, style in _STYLES["dark"].items()},
    "markdown.code": "magenta",
    "markdown.link": "blue",
    "markdown.link_url": "blue",
}
_STYLES["plain"] = {
    **dict.fromkeys(_STYLES["dark"], "none"),
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.u": "underline",
}


@dataclass
class Layout:
    """Where the printing of an answer stands: whether anything is printed, which code block is open, and whether the
    open list was left behind code."""

    printed: bool = False
    code: LineHighlighter | None = None
    code_begun: bool = False
    inner_code: LineHighlighter | None = None
    after_code: bool = False

    def copy(self) -> "Layout":
        code, inner = (it.copy() if it else None for it in (self.code, self.inner_code))
        return Layout(self.printed, code, self.code_begun, inner, self.after_code)


class Painter:
    """Makes rows of pieces. `width` in columns may be set anew at any time; rows of code may be longer than it, so
    that the terminal wraps them and they can be copied as they were. `form`: of the tables.

    plain: for a listener, and for what shows one line after the other: no frames, a table told row by row, code in
    lists not wrapped either."""

    def __init__(
        self, width: int, *, color: bool, theme: str = "dark", ascii: bool = False, plain: bool = False
    ) -> None:
        self.width = width
        self.plain = plain
        self.form = Form()
        self._color = color
        theme = theme if theme in _STYLES else "dark"
        self._code_theme = CODE_THEMES[theme] if color else None
        self._ascii = ascii
        self._parser = dialect()
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="standard",
            width=width,
            height=25,
            theme=Theme(_STYLES[theme]),
            legacy_windows=False,
            _environ={},
        )

    def rows(self, pieces: Iterable[Piece], layout: Layout) -> list[Row]:
        """The rows of these pieces, which come after those that `layout` knows of; it is carried on. They are without
        blanks at their ends that cannot be seen."""
        rows: list[Row] = []
        for piece in pieces:
            match piece:
                case Blocks(source, references, place):
                    tokens = self._parser.parse(source, {"references": dict(references)})
                    resume(tokens, place)
                    for block in _split(tokens):
                        layout.after_code = set_apart(block, layout.after_code and BEGUN in block[0].meta)
                        block_rows = self._block(block, layout)
                        if BEGUN in block[0].meta:
                            rows += block_rows
                        else:
                            self._add(rows, block_rows, layout)
                case CodeStart(name):
                    layout.code, layout.code_begun = LineHighlighter(name, self._code_theme), False
                case CodeLine(text):
                    assert layout.code is not None
                    row = [layout.code.line(text)]
                    if layout.code_begun:
                        rows += row
                    else:
                        self._add(rows, row, layout)
                    layout.code_begun = True
        return [trimmed(row) for row in rows]

    def text(self, row: Row) -> str:
        """A row as the terminal wants it."""
        return "".join(
            _drawn(segment.text, segment.style) if self._color and segment.style else segment.text for segment in row
        )

    def _add(self, rows: list[Row], block: list[Row], layout: Layout) -> None:
        """A block after what is printed already: one blank row stands between."""
        if block:
            rows += [[], *block] if layout.printed else block
            layout.printed = True

    def _block(self, tokens: list[Token], layout: Layout) -> list[Row]:
        first = tokens[0]
        for token in tokens:
            if token.type == "fence":
                # The colours of code inside of a list or quote may have to go on with the next piece.
                if BEGUN not in token.meta or layout.inner_code is None:
                    layout.inner_code = LineHighlighter(language(token.info), self._code_theme)
                token.meta = {**token.meta, COLOURS: layout.inner_code}
        if first.type in ("fence", "code_block", DATA):
            return list(code_rows(first, self._code_theme))
        options = self._console.options.update(width=max(1, self.width), height=None)
        part = Part(tokens, self._code_theme, self.form, ascii=self._ascii, plain=self.plain)
        rows = Segment.split_lines(self._console.render(part, options))
        return [[Segment(clean(part.text), part.style) for part in row if not part.control] for row in rows]


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each top-level block."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _drawn(text: str, style: Style) -> str:
    link = style.link
    if not link:
        return style.render(text, color_system=ColorSystem.STANDARD)
    return opened(link, style.update_link(None).render(text, color_system=ColorSystem.STANDARD))
