"""A table of Markdown as rows: in columns, or as records where a screen is too narrow for columns of whole words.

A record is a row of the table told from top to bottom, each value behind the name of its column. Imports Rich.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import ConsoleRenderable
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

WHOLE = (80, 40, 24, 12)
"""Columns up to which words are kept whole: the most for which there is room. Those longer than the least of them may
be broken wherever they are, addresses say."""
GAP = 2
"""Columns between two columns."""
LEAST = 20
"""Columns of a screen on which names and values of a record have room beside each other."""

_ASCII_BOX = box.Box(str(box.SIMPLE).replace("─", "-"), ascii=True)

Cells = Sequence[Sequence[Text]]
"""The rows of a table, its head first; all have as many cells."""


@dataclass
class Form:
    """How tables are drawn. records: the last one was. kept: the next one is to be drawn like it, whatever the width,
    since a part of it stands on the terminal already."""

    records: bool = False
    kept: bool = False


def drawn(cells: Cells, width: int, form: Form, *, ascii: bool) -> Iterator[ConsoleRenderable]:
    """The table, to be printed one below the other."""
    by_column = [*zip(*cells, strict=True)]
    room = width - GAP * (len(by_column) - 1)
    if not form.kept or room < len(by_column):
        form.records = sum(_least(column, WHOLE[-1]) for column in by_column) > room
    if form.records and len(cells) == 1:
        yield Text(" " * GAP).join(cells[0])
    elif form.records:
        yield from _records(cells, width, "-" if ascii else "─")
    else:
        yield _columns(cells, _widths(by_column, room), ascii=ascii)


def told(cells: Cells, *, begun: bool) -> Iterator[Text]:
    """Each row as one text, every value behind the name of its column; the head alone if nothing else was told."""
    head, *body = cells
    for row in body:
        yield Text("; ").join(_named(name, value) for name, value in zip(head, row, strict=True) if value.plain)
    if not body and not begun:
        yield Text("; ").join(head)


def _columns(cells: Cells, widths: list[int], *, ascii: bool) -> Table:
    head, *body = cells
    placed = [pair for row in body for pair in zip(row, widths, strict=True)]
    table = Table(
        box=_ASCII_BOX if ascii else box.SIMPLE,
        pad_edge=False,
        style="markdown.table.border",
        header_style="markdown.table.header",
        collapse_padding=True,
        # The empty edges above and below would stand beside the blank rows between blocks.
        show_edge=False,
        # Where cells have several rows, it would not be seen where the next one begins.
        leading=int(any(_most([cell]) > room or "\n" in cell.plain for cell, room in placed)),
    )
    for cell, width in zip(head, widths, strict=True):
        table.add_column(cell, overflow="fold", justify=cell.justify or "default", width=width)
    for row in body:
        table.add_row(*row)
    return table


def _records(cells: Cells, width: int, line: str) -> Iterator[ConsoleRenderable]:
    head, *body = cells
    for at, row in enumerate(body):
        if at:
            yield Rule(style="markdown.table.border", characters=line)
        pairs = [(_left(name), _left(value)) for name, value in zip(head, row, strict=True) if value.plain]
        for name, _ in pairs:
            name.stylize("markdown.table.header")
        if width < LEAST:
            yield from (_named(*pair) for pair in pairs)
            continue
        record = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
        record.add_column(width=min(_most(head), width // 3), overflow="fold")
        record.add_column(overflow="fold")
        for pair in pairs:
            record.add_row(*pair)
        yield record


def _named(name: Text, value: Text) -> Text:
    return Text(": ").join([_left(name), _left(value)]) if name.plain else _left(value)


def _left(cell: Text) -> Text:
    cell = cell.copy()
    cell.justify = "left"
    return cell


def _widths(by_column: Sequence[Sequence[Text]], room: int) -> list[int]:
    """As wide as the columns are, if there is room; else in proportion, so that none has many more rows than others,
    but the words of each column whole if that can be."""
    most = [_most(column) for column in by_column]
    if sum(most) <= room:
        return most
    for longest in WHOLE:
        least = [_least(column, longest) for column in by_column]
        if sum(least) <= room:
            break
    else:
        least = [1] * len(most)
    low, high = 0.0, 1.0
    for _ in range(20):
        part = (low + high) / 2
        fits = sum(max(few, int(many * part)) for few, many in zip(least, most, strict=True)) <= room
        low, high = (part, high) if fits else (low, part)
    return [max(few, int(many * low)) for few, many in zip(least, most, strict=True)]


def _least(column: Sequence[Text], longest: int) -> int:
    """The columns of its longest word, at most so many."""
    return max((min(longest, cell_len(word)) for cell in column for word in cell.plain.split()), default=1)


def _most(column: Sequence[Text]) -> int:
    return max((cell_len(line) for cell in column for line in cell.plain.split("\n")), default=0) or 1
