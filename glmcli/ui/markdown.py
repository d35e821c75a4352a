"""Lays out pieces of Markdown as rows of a terminal, with Rich. Imported only where an answer is drawn.

A piece looks the same whether it is laid out alone or in the whole text, which is what lets an answer be printed block
by block. Where Rich's own elements cannot promise that, lose text, or make code hard to copy, ours stand in for them:
one blank row between blocks, list numbers of a fixed width, code without padding or background, links and images with
their addresses, long cells wrapped and never cut. Rows are cleaned once more after the layout, since entities are
decoded by it.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

from markdown_it.token import Token
from rich import box, markdown
from rich.cells import chop_cells
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.containers import Renderables
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.theme import Theme

from glmcli.ui.blocks import Blocks, CodeLine, CodeStart, Piece, dialect, language
from glmcli.ui.clean import clean
from glmcli.ui.highlight import LineHighlighter
from glmcli.ui.place import BEGUN, resume

LEAST = 10
"""Columns below which nested text is no longer indented further."""

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
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
        "markdown.link": "bright_blue",
        "markdown.link_url": "dim",
        "markdown.hr": "dim",
    },
}
_STYLES["light"] = {
    **{name: style.replace("bright_cyan", "blue").replace("cyan", "blue") for name, style in _STYLES["dark"].items()},
    "markdown.code": "magenta",
    "markdown.link": "blue",
}
_STYLES["plain"] = {
    **dict.fromkeys(_STYLES["dark"], "none"),
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
}

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_COLOURS = "colours"
"""Key in a fence's `meta`: the highlighter of its lines."""

Row = list[Segment]


@dataclass
class Layout:
    """Where the printing of an answer stands: whether anything is printed, and which code block is open."""

    printed: bool = False
    code: LineHighlighter | None = None
    code_begun: bool = False
    inner_code: LineHighlighter | None = None

    def copy(self) -> "Layout":
        code, inner = (it.copy() if it else None for it in (self.code, self.inner_code))
        return Layout(self.printed, code, self.code_begun, inner)


class Painter:
    """Makes rows of pieces. `width` in columns may be set anew at any time; rows of code may be longer than it, so
    that the terminal wraps them and they can be copied as they were."""

    def __init__(self, width: int, *, color: bool, theme: str = "dark") -> None:
        self.width = width
        self._color = color
        theme = theme if theme in _STYLES else "dark"
        self._code_theme = CODE_THEMES[theme] if color else None
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
        """The rows of these pieces, which come after those that `layout` knows of; it is carried on."""
        rows: list[Row] = []
        for piece in pieces:
            match piece:
                case Blocks(source, references, place):
                    tokens = self._parser.parse(source, {"references": dict(references)})
                    resume(tokens, place)
                    for block in _split(tokens):
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
        return rows

    def text(self, row: Row) -> str:
        """A row as the terminal wants it, without blanks that cannot be seen at its end."""
        parts = [
            segment.style.render(segment.text, color_system=ColorSystem.STANDARD)
            if self._color and segment.style
            else segment.text
            for segment in _trimmed(row)
        ]
        return "".join(parts)

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
                token.meta = {**token.meta, _COLOURS: layout.inner_code}
        if first.type in ("fence", "code_block"):
            return list(_code_rows(first, self._code_theme))
        options = self._console.options.update(width=max(1, self.width), height=None)
        rows = self._console.render_lines(_Part(tokens, self._code_theme), options, pad=False)
        return [[Segment(clean(part.text), part.style) for part in row if not part.control] for row in rows]


def columns(row: Row) -> int:
    """The columns a row takes, its invisible end left out."""
    return sum(segment.cell_length for segment in _trimmed(row))


def folded(row: Row, width: int) -> list[Row]:
    """The row as a terminal of that width would wrap it."""
    if columns(row) <= width:
        return [row]
    rows: list[Row] = []
    parts = deque(row)
    for line in chop_cells("".join(part.text for part in row), width):
        rows.append([])
        missing = len(line)
        while missing:
            text, style, _ = parts.popleft()
            rows[-1].append(Segment(text[:missing], style))
            if len(text) > missing:
                parts.appendleft(Segment(text[missing:], style))
            missing -= min(missing, len(text))
    return rows


def _trimmed(row: Row) -> Row:
    row = list(row)
    while row:
        text, style, _ = row[-1]
        if style is not None and (style.bgcolor or style.underline or style.reverse):
            break
        if text.rstrip(" "):
            row[-1] = Segment(text.rstrip(" "), style)
            break
        row.pop()
    return row


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each top-level block."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _code_rows(token: Token, theme: str | None) -> Iterator[Row]:
    highlighter = token.meta.get(_COLOURS) or LineHighlighter(language(token.info), theme)
    lines = token.content.split("\n")
    for line in lines[:-1] if not lines[-1] else lines:
        yield highlighter.line(line)


class _Code(markdown.TextElement):
    """Code inside a list or quote: wrapped here, since rows there begin with marks of ours."""

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Code":
        return cls(token, markdown.code_theme or None)

    def __init__(self, token: Token, theme: str | None) -> None:
        self.begun = BEGUN in token.meta
        self._rows = list(_code_rows(token, theme))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self._rows:
            for part in folded(row, options.max_width):
                yield from part
                yield Segment.line()


class _Heading(markdown.Heading):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Rule(markdown.HorizontalRule):
    new_line = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Rule(style=console.get_style("markdown.hr"), characters="─")


class _Paragraph(markdown.Paragraph):
    begun = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Paragraph":
        made = cls(justify="left")
        made.begun = BEGUN in token.meta
        return made


class _Item(markdown.ListItem):
    begun = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Item":
        made = cls()
        made.begun = BEGUN in token.meta
        return made


class _Quote(markdown.BlockQuote):
    begun = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Quote":
        made = cls()
        made.begun = BEGUN in token.meta
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        mark = Segment("▌ ", self.style)
        yield from _marked(console, options, self.elements, mark, mark, begun=self.begun)


class _List(markdown.ListElement):
    begun = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_List":
        made = cls(token.type, int(token.attrs.get("start", 1)))
        made.begun = BEGUN in token.meta
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first = 1 if self.list_start is None else self.list_start
        numbered = self.list_type == "ordered_list_open"
        style = console.get_style("markdown.item.number" if numbered else "markdown.item.bullet")
        for at, item in enumerate(self.items):
            # The width must not depend on numbers that are still to come.
            mark = f"{first + at}.".rjust(3) + " " if numbered else " • "
            begun = isinstance(item, _Item) and item.begun
            marks = Segment(mark, style), Segment(" " * len(mark))
            yield from _marked(console, options, item.elements, *marks, begun=begun)


class _Table(markdown.TableElement):
    """As Rich's, but long words are wrapped and not cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(
            box=box.SIMPLE,
            pad_edge=False,
            style="markdown.table.border",
            header_style="markdown.table.header",
            collapse_padding=True,
            # The empty edges above and below would stand beside the blank rows between blocks.
            show_edge=False,
        )
        for cell in self.header.row.cells if self.header and self.header.row else []:
            table.add_column(cell.content, overflow="fold", justify=cell.justify)
        for row in self.body.rows if self.body else []:
            table.add_row(*(cell.content for cell in row.cells))
        yield table


def _marked(
    console: Console, options: ConsoleOptions, elements: Renderables, mark: Segment, padding: Segment, *, begun: bool
) -> RenderResult:
    """The elements of an item or quote, the mark before the first row and the padding before the others. A blank row
    stands between elements, but not before a list. begun: earlier elements of it are printed."""
    room = options.max_width - mark.cell_length
    if room < LEAST:
        room, padding = options.max_width, Segment("")
        if not begun:
            yield mark
            yield Segment.line()
        mark = padding
    empty = not begun
    for element in cast(Iterable[RenderableType], elements):
        rows = console.render_lines(element, options.update(width=max(1, room), height=None), pad=False)
        if begun and rows and not isinstance(element, _List) and not getattr(element, "begun", False):
            rows = [[], *rows]
        for row in rows:
            yield padding if begun else mark
            yield from row
            yield Segment.line()
            begun, empty = True, False
    if empty:
        yield mark
        yield Segment.line()


class _Part(markdown.Markdown):
    """Tokens of one top-level block, as a Rich renderable."""

    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "heading_open": _Heading,
        "paragraph_open": _Paragraph,
        "list_item_open": _Item,
        "hr": _Rule,
        "blockquote_open": _Quote,
        "bullet_list_open": _List,
        "ordered_list_open": _List,
        "table_open": _Table,
    }
    # Tags of the tokens that stand in for links: their styles are entered and left like emphasis.
    inlines = {*markdown.Markdown.inlines, "link", "link_url"}  # noqa: RUF012 - as Rich declares it

    def __init__(self, tokens: list[Token], code_theme: str | None) -> None:
        # Not the inherited one: it makes a parser and parses, which was done before.
        self.markup = ""
        self.parsed = [_plain_links(token) for token in tokens]
        self.code_theme = code_theme or ""
        self.justify = None
        self.style = Style.null()
        self.hyperlinks = False
        self.inline_code_lexer = None
        self.inline_code_theme = self.code_theme

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        begun = False
        for segment in super().__rich_console__(console, options):
            # Rich puts an empty line before a block that has blocks inside: the spacing is ours.
            if begun or not isinstance(segment, Segment) or segment.text != "\n":
                begun = True
                yield segment


def _plain_links(token: Token) -> Token:
    """The token with links and images as text with their address, `<br>` as a line break, and everything cleaned."""
    if token.type == "inline" and token.children:
        token.children = list(_inline(token.children))
    return token


def _inline(tokens: list[Token]) -> Iterator[Token]:
    addresses: list[tuple[str, int]] = []
    said: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            addresses.append((str(token.attrs.get("href", "")), len(said)))
            yield Token("style_open", "link", 1)
        elif token.type == "link_close":
            address, since = addresses.pop()
            yield Token("style_close", "link", -1)
            text = "".join(said[since:])
            if address and text not in (address, address.removeprefix("mailto:")):
                yield from _address(address)
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


def _address(address: str) -> Iterator[Token]:
    if address:
        yield Token("style_open", "link_url", 1)
        yield _text(f" ({clean(address)})")
        yield Token("style_close", "link_url", -1)


def _text(text: str) -> Token:
    return Token("text", "", 0, content=text)
