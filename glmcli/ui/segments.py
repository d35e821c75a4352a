"""Rows as styled segments: how wide they are, and how a terminal wraps them. Imports Rich."""

from __future__ import annotations

from collections import deque

from rich.cells import chop_cells
from rich.segment import Segment

from glmcli.ui.columns import chopped, width_of

Row = list[Segment]


def columns(row: Row) -> int:
    """The columns a row takes, its invisible end left out."""
    return sum(segment.cell_length for segment in trimmed(row))


def certain(row: Row) -> bool:
    """Whether all terminals agree how wide the row is: they do not for emoji that are joined to one."""
    return width_of("".join(part.text for part in trimmed(row))) == columns(row)


def folded(row: Row, width: int) -> list[Row]:
    """The row as a terminal of that width would wrap it: one that draws joined emoji one by one too."""
    seen = trimmed(row)
    text = "".join(part.text for part in seen)
    if (certain(row) and columns(row) <= width) or width_of(text) <= width:
        return [row]
    row, rows = seen, list[Row]()
    parts = deque(row)
    for line in (chop_cells if certain(row) else chopped)(text, width):
        rows.append([])
        missing = len(line)
        while missing:
            text, style, _ = parts.popleft()
            rows[-1].append(Segment(text[:missing], style))
            if len(text) > missing:
                parts.appendleft(Segment(text[missing:], style))
            missing -= min(missing, len(text))
    return rows


def trimmed(row: Row) -> Row:
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
