"""Rows as styled segments: how wide they are, and how a terminal wraps them. Imports Rich."""

from __future__ import annotations

from collections import deque

from rich.segment import Segment
from rich.style import Style

from glmcli.ui.columns import chopped, most_width_of

Row = list[Segment]

SHORT = 20
"""Columns that nearly every terminal has."""


def columns(row: Row) -> int:
    """The columns a row takes at most."""
    return most_width_of("".join(part.text for part in row))


def folded(row: Row, width: int) -> list[Row]:
    """The row as some that fit on any terminal of that width."""
    text = "".join(part.text for part in row)
    if most_width_of(text) <= width:
        return [row]
    rows, parts = list[Row](), deque(row)
    for line in chopped(text, width):
        rows.append([])
        missing = len(line)
        while missing:
            text, style, _ = parts.popleft()
            rows[-1].append(Segment(text[:missing], style))
            if len(text) > missing:
                parts.appendleft(Segment(text[missing:], style))
            missing -= min(missing, len(text))
    return rows


def newest(text: str, ellipsis: str, width: int) -> Row:
    """The end of a line, of text that is not shown yet, as a short row: so short that it need not be wrapped where the
    terminal becomes narrower."""
    text = text[-SHORT:].replace("\t", " ").strip(" |>")
    while most_width_of(text) > max(0, min(SHORT, width) - len(ellipsis) - 1):
        text = text[1:]
    return [Segment(f"{ellipsis} {text}", Style(dim=True))]


def trimmed(row: Row) -> Row:
    """The row without blanks at its end that nobody can see."""
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
