"""Rich's Markdown elements in our manner: each looks the same whatever stands before it and however it is cut.

Where Rich's own elements lose text, make code hard to copy, or are laid out by what is still to come, ours stand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self, cast

from markdown_it.token import Token
from rich import markdown
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.containers import Renderables
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from glmcli.ui import tables
from glmcli.ui.blocks import language
from glmcli.ui.clean import clean
from glmcli.ui.dialect import DATA
from glmcli.ui.highlight import LineHighlighter
from glmcli.ui.inlines import BOXES, DONE, ready, tasks
from glmcli.ui.latex import BLOCK
from glmcli.ui.place import BEGUN
from glmcli.ui.segments import Row, folded, trimmed
from glmcli.ui.tables import Form

LEAST = 10
"""Columns below which nested text is no longer indented further."""

HANGING = "  "
"""Before the second and later rows of a row of a table that is told."""

COLOURS = "colours"
"""Key in a fence's `meta`: the highlighter of its lines."""


APART = "apart"
"""Key in an item's `meta`: it follows what would seem to go on in it without a blank row between."""


def set_apart(tokens: list[Token], after_code: bool) -> bool:
    """Notes which items follow code, a formula or a table at the end of the item before. after_code: the tokens go on
    behind one. Returns whether they end with one. Not inside of quotes, where rows between items would need marks."""
    quotes = 0
    for token in tokens:
        if token.type.startswith("blockquote"):
            quotes += token.nesting
        elif token.type == "list_item_open" and BEGUN not in token.meta:
            if after_code and not quotes:
                token.meta = {**token.meta, APART: True}
            after_code = False
        elif token.type == "table_close" or (token.type in _VERBATIM and token.content):
            after_code = True
        elif token.type == "inline":
            after_code = False
    return after_code


_VERBATIM = ("fence", "code_block", BLOCK, DATA)


def code_rows(token: Token, theme: str | None) -> Iterator[Row]:
    highlighter = token.meta.get(COLOURS) or LineHighlighter(language(token.info), theme)
    lines = token.content.split("\n")
    for line in lines[:-1] if not lines[-1] else lines:
        yield highlighter.line(line)


class _Code(markdown.TextElement):
    """Rows that are not wrapped here, so that they can be copied."""

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Code":
        return cls(token, markdown.code_theme or None)

    def __init__(self, token: Token, theme: str | None) -> None:
        self.begun = BEGUN in token.meta
        self._rows = list(code_rows(token, theme))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self._rows:
            yield from trimmed(row)
            yield Segment.line()


class _Formula(markdown.TextElement):
    """Its lines as they are, like code."""

    new_line = True

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Formula":
        return cls(token.content)

    def __init__(self, source: str) -> None:
        self._source = clean(source)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        style = console.get_style("markdown.math")
        for line in self._source.expandtabs(4).split("\n"):
            yield Segment(line, style)
            yield Segment.line()


class _Heading(markdown.Heading):
    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Heading | _Paragraph":  # type: ignore[override]
        # Its beginning is printed as the paragraph that it was until its last line came: the rest is to look like it.
        return _Paragraph.create(markdown, token) if BEGUN in token.meta else cls(token.tag)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _FromToken(markdown.MarkdownElement):
    """What is made of nothing but its token. begun: its beginning is printed already. ascii: marks are to be ASCII.
    plain: frames are left out."""

    begun = ascii = plain = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> Self:
        made = cls()
        assert isinstance(markdown, Part)
        made.begun, made.ascii, made.plain = BEGUN in token.meta, markdown.ascii, markdown.plain
        return made


class _Rule(_FromToken, markdown.HorizontalRule):
    new_line = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.plain:
            yield Text("---")
        else:
            yield Rule(style=console.get_style("markdown.hr"), characters="-" if self.ascii else "─")


class _Paragraph(markdown.Paragraph):
    begun = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_Paragraph":
        made = cls(justify="left")
        made.begun = BEGUN in token.meta
        return made


class _Item(_FromToken, markdown.ListItem):
    """Drawn by its list. done: of a task, else None. apart: a blank row stands before it."""

    done: bool | None = None
    apart = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> Self:
        made = super().create(markdown, token)
        made.done, made.apart = token.meta.get(DONE), APART in token.meta
        return made


class _Quote(_FromToken, markdown.BlockQuote):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        mark = Segment("> " if self.plain else "| " if self.ascii else "▌ ", self.style)
        marks = _Marks(mark, mark, begun=self.begun, in_item=False, wrap=not self.plain)
        yield from _marked(console, options, self.elements, marks)


class _List(markdown.ListElement):
    begun = ascii = plain = False

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> "_List":
        made = cls(token.type, int(token.attrs.get("start", 1)))
        assert isinstance(markdown, Part)
        made.begun, made.ascii, made.plain = BEGUN in token.meta, markdown.ascii, markdown.plain
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first = 1 if self.list_start is None else self.list_start
        numbered = self.list_type == "ordered_list_open"
        style = console.get_style("markdown.item.number" if numbered else "markdown.item.bullet")
        for at, item in enumerate(self.items):
            # The width must not depend on numbers that are still to come.
            mark = f"{first + at}.".rjust(3) + " " if numbered else " * " if self.ascii else " • "
            assert isinstance(item, _Item)
            if item.apart:
                yield Segment.line()
            drawn = Segment(mark, style)
            if item.done is not None:
                box = console.get_style("markdown.item.done") if item.done else style
                drawn = Segment(f" {BOXES[item.done]} ", box)
            marks = _Marks(drawn, Segment(" " * len(mark)), begun=item.begun, wrap=not self.plain)
            yield from _marked(console, options, item.elements, marks)


class _Table(_FromToken, markdown.TableElement):
    form: Form

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> Self:
        made = super().create(markdown, token)
        assert isinstance(markdown, Part)
        made.form = markdown.form
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [*([self.header.row] if self.header and self.header.row else []), *(self.body.rows if self.body else [])]
        cells = [[cell.content for cell in row.cells] for row in rows]
        if not self.plain:
            yield from tables.drawn(cells, options.max_width, self.form, ascii=self.ascii)
            return
        room = options.update(width=max(1, options.max_width - len(HANGING)))
        for text in tables.told(cells, begun=self.begun):
            for at, row in enumerate(Segment.split_lines(console.render(text, room))):
                yield Segment(HANGING if at else "")
                yield from row
                yield Segment.line()


@dataclass(frozen=True)
class _Marks:
    """What stands before the rows of an item or quote. mark: before the first one. padding: before the others. begun:
    earlier elements of it are printed. wrap: rows of code are wrapped here, since they begin with marks of ours."""

    mark: Segment
    padding: Segment
    begun: bool
    in_item: bool = True
    wrap: bool = True


def _marked(console: Console, options: ConsoleOptions, elements: Renderables, marks: _Marks) -> RenderResult:
    """The elements of an item or quote. A blank row stands between elements, but in an item not before a list."""
    mark, padding, begun = marks.mark, marks.padding, marks.begun
    room = options.max_width - mark.cell_length
    if room < LEAST:
        room, padding = options.max_width, Segment("")
        if not begun:
            yield mark
            yield Segment.line()
        mark = padding
    room, empty = max(1, room), not begun
    for element in cast(Iterable[RenderableType], elements):
        rows = list(Segment.split_lines(console.render(element, options.update(width=room, height=None))))
        if marks.wrap and isinstance(element, _Code | _Formula):
            rows = [part for row in rows for part in folded(row, room)]
        close = marks.in_item and isinstance(element, _List)
        if begun and rows and not close and not getattr(element, "begun", False):
            rows = [[], *rows]
        for row in rows:
            yield padding if begun else mark
            yield from row
            yield Segment.line()
            begun, empty = True, False
    if empty:
        yield mark
        yield Segment.line()


class Part(markdown.Markdown):
    """Tokens of one top-level block, as a Rich renderable."""

    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "heading_open": _Heading,
        "paragraph_open": _Paragraph,
        "list_item_open": _Item,
        "hr": _Rule,
        BLOCK: _Formula,
        DATA: _Code,
        "blockquote_open": _Quote,
        "bullet_list_open": _List,
        "ordered_list_open": _List,
        "table_open": _Table,
    }
    # Tags of the tokens that stand in for links: their styles are entered and left like emphasis.
    inlines = {*markdown.Markdown.inlines, "link", "address", "math", "u"}  # noqa: RUF012 - as Rich declares it

    def __init__(self, tokens: list[Token], code_theme: str | None, form: Form, *, ascii: bool, plain: bool) -> None:
        # Not the inherited one: it makes a parser and parses, which was done before.
        self.markup = ""
        if not ascii:
            tasks(tokens)
        self.parsed = [ready(token, ascii=ascii) for token in tokens]
        self.code_theme = code_theme or ""
        self.justify = None
        self.style = Style.null()
        self.hyperlinks = True  # the links that are left in the tokens are safe
        self.ascii, self.plain = ascii, plain
        self.form = form
        self.inline_code_lexer = None
        self.inline_code_theme = self.code_theme

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments = iter(super().__rich_console__(console, options))
        # Rich puts an empty line before a block that has blocks inside: the spacing is ours.
        first = next(segments, None)
        if first is not None and not (isinstance(first, Segment) and first.text == "\n"):
            yield first
        yield from segments
