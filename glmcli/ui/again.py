"""Shows an earlier answer again, or its end, on a terminal, as it was shown when it came: the same Markdown, theme and
mode. Writes to standard output only where that is a terminal: a pipe gets new answers alone, as their callers see to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glmcli.ui.clean import clean
from glmcli.ui.columns import most_width_of
from glmcli.ui.terminal import Terminal

if TYPE_CHECKING:
    from glmcli.ui.markdown import Painter


@dataclass(frozen=True)
class Part:
    """What is shown as a whole: a paragraph, an item, a table, a line of code. lines: as the terminal wants them. rows:
    how many it makes of them. opens: whether a block begins with it."""

    lines: list[str]
    rows: int
    opens: bool = False


def show_again(
    terminal: Terminal,
    text: str,
    *,
    raw: bool = False,
    plain: bool = False,
    markdown: bool = True,
    theme: str = "auto",
    most: int | None = None,
) -> None:
    """The answer, by the options that `glmcli.ui.renderers.choose` takes. most: rows; of a longer one its end is shown,
    from the beginning of a block on if it has one there, below a line that says how much stands above."""
    text = clean(text).strip("\n")
    if raw or not markdown:
        parts = [Part([line], _rows(line, terminal.width), not line) for line in text.split("\n")]
    else:
        from glmcli.ui.markdown import Painter

        painter = Painter(
            terminal.width,
            color=terminal.color("stdout"),
            theme=terminal.background if theme == "auto" else theme,
            ascii=terminal.ascii,
            plain=plain or terminal.dumb,
        )
        parts = list(_rendered(text, painter))
    if not parts:
        return
    shown = parts if most is None else _end(parts, most)
    if above := sum(part.rows for part in parts) - sum(part.rows for part in shown):
        terminal.note(f"… {above} {'line' if above == 1 else 'lines'} above")
    lines = [line for part in shown for line in part.lines]
    with terminal.above():
        terminal.fresh_line()
        terminal.draw("".join(f"{line}\n" for line in (lines if lines[0] or not above else lines[1:])))


def _end(parts: Sequence[Part], most: int) -> Sequence[Part]:
    """The last ones that have room in so many rows, from the beginning of a block on if half of the rows are used then.
    Of a part that is too tall by itself its last rows."""
    at = opening = len(parts)
    rows = used = 0
    while at and rows + parts[at - 1].rows <= most:
        at -= 1
        rows += parts[at].rows
        if parts[at].opens:
            opening, used = at, rows
    if at == len(parts):
        return [Part([line], 1) for line in parts[-1].lines[-most:]]
    return parts[at if not at or used < most // 2 else opening :]


def _rendered(text: str, painter: "Painter") -> Iterator[Part]:
    from glmcli.ui.blocks import Splitter
    from glmcli.ui.markdown import Layout
    from glmcli.ui.rows import text_of

    splitter, layout = Splitter(), Layout()
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines, 1):
        splitter.feed(line)
        if rows := painter.rows(splitter.take(final=at == len(lines)), layout):
            tall = sum(_rows(text_of(row), painter.width) for row in rows)
            yield Part([painter.text(row) for row in rows], tall, not rows[0])


def _rows(line: str, width: int) -> int:
    return max(1, -(-most_width_of(line) // width))
