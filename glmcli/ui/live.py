"""Markdown that is drawn while it comes (interface §4). Rich is imported when the request goes out, not before.

Each block is printed once, for good, as soon as it is settled; only the open one is live, in a region well under the
height of the screen. So scrollback holds the answer exactly as one print of the whole would have left it. The first
text is drawn at once, later frames are limited in number and in cost. A thread draws what a pause has left waiting.
"""

from __future__ import annotations

import re
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from glmcli.api.events import Event, Requested
from glmcli.ui.clean import Cleaner
from glmcli.ui.columns import certain
from glmcli.ui.region import Line, Region
from glmcli.ui.rows import letters, text_of, without
from glmcli.ui.status import ThreadTicker, Tickers
from glmcli.ui.terminal import Terminal
from glmcli.ui.text import TerminalText

if TYPE_CHECKING:
    from glmcli.ui.blocks import Piece
    from glmcli.ui.markdown import Painter
    from glmcli.ui.progress import Progress
    from glmcli.ui.segments import Row

FRAME = 1 / 15
"""Seconds between two frames, at least."""
_WORDS = re.compile(r"(?!.*  )[A-Za-zÀ-ÖØ-öø-ɏ0-9 ,.:?!'\"-]+")
"""Text that, behind such text, only adds to its row: no markup begins, ends or changes by it, and a column holds each
character."""
_LAID_OUT = re.compile(r"[|\t]|    |```|~~~")
"""What tables and code have in their source: there more text may change more than the end of the last row."""
REST = 59
"""A frame is followed by this many times its own duration without one, so that drawing takes a sixtieth of a core;"""
LONGEST_REST = 0.33
"""but by this many seconds at most."""


class LiveMarkdown(TerminalText):
    """Standard output is a terminal that can move its cursor."""

    def __init__(
        self, terminal: Terminal, *, theme: str = "dark", choices: int = 1, tickers: Tickers = ThreadTicker
    ) -> None:
        super().__init__(terminal, choices=choices)
        self._theme = theme
        self._ticker = tickers(self.tick)
        self._region = Region(terminal)
        self._painter: Painter | None = None
        self._answer: Progress | None = None
        self._cleaner = Cleaner()
        self._waiting = False
        self._next = 0.0
        # Letters and digits of what is to be drawn next that stand on the terminal already, out of reach.
        self._standing = 0
        # Those of the live rows that are drawn in order, the newest words left out.
        self._drawn = 0
        # Since the last frame: what came, and the blanks at the end of the last row, None if text cannot just be added.
        self._news: list[str] = []
        self._blanks: str | None = None

    def feed(self, event: Event) -> None:
        if isinstance(event, Requested) and self._painter is None:
            # The import takes longer than anything else here, and the main thread waits for the network now.
            Thread(target=import_rich, daemon=True).start()
        super().feed(event)

    def show(self, text: str) -> None:
        with self._terminal.lock:
            answer = self._answer or self._begin()
            text = self._cleaner.feed(text)
            answer.feed(text)
            self._news.append(text)
            self._waiting = True
            self.tick()

    def tick(self) -> None:
        """Draws a frame if something waits for one and the last is long enough ago."""
        with self._terminal.lock:
            begun = self._terminal.world.monotonic()
            if self._answer is not None and begun >= self._next and (self._waiting or self._region.outdated):
                self._frame(self._answer)
                ended = self._terminal.world.monotonic()
                took = ended - begun
                self._next = ended + max(FRAME, min(LONGEST_REST, REST * took), 9 * took)

    def end(self) -> None:
        with self._terminal.lock:
            self._ticker.stop()
            if self._answer is not None:
                self._answer.feed(self._cleaner.feed("", final=True))
                self._frame(self._answer, final=True)
            self._answer = None

    def _begin(self) -> Progress:
        from glmcli.ui.markdown import Painter
        from glmcli.ui.progress import Progress

        if self._painter is None:
            self._painter = Painter(
                self._terminal.width,
                color=self._terminal.color("stdout"),
                theme=self._theme,
                ascii=self._terminal.ascii,
            )
        self._answer, self._cleaner = Progress(self._painter), Cleaner()
        self._next, self._standing, self._drawn, self._blanks = 0.0, 0, 0, None
        self._ticker.start()
        return self._answer

    def _frame(self, answer: Progress, *, final: bool = False) -> None:
        assert self._painter is not None
        self._waiting = False
        news = "".join(self._news)
        self._news.clear()
        if not final and not self._region.outdated and self._add(news):
            return
        self._painter.width = self._terminal.width
        # A third of the screen stays with what was there before.
        most = max(1, self._terminal.height * 2 // 3)
        # What stands of the newest words is not what comes next.
        self._standing += min(letters(self._region.stood()), self._drawn)
        # What stands of a table goes on as it was begun.
        self._painter.form.kept = bool(self._standing)
        done, self._standing = without(answer.advance(most, final=final), self._standing)
        live, together = self._live(answer, most)
        self._region.paint([self._line(row) for row in done], [self._line(row) for row in live], together)

    def _live(self, answer: Progress, most: int) -> tuple[list[Row], int]:
        """The rows of the region, and how many of them are a table, of which a part alone has no meaning."""
        from glmcli.ui.segments import folded, newest

        rows, _ = without(answer.preview, self._standing)
        rows = [part for row in rows for part in folded(row, self._terminal.width)]
        self._blanks = None
        if len(rows) <= most and not answer.shortened:
            if rows and not self._standing and certain(text_of(answer.preview[-1])):
                self._blanks = _blanks_behind(answer.rest, answer.preview)
            self._drawn = sum(letters(text_of(row)) for row in rows)
            return rows, len(rows) if answer.in_table else 0
        # Its beginning, not its end: that stays true where a resized window leaves it standing.
        rows = rows[: most - 1] if len(rows) < most or not answer.in_table else []
        self._drawn = sum(letters(text_of(row)) for row in rows)
        end = newest(answer.newest, "..." if self._terminal.ascii else "…", self._terminal.width)
        return [*rows, end], len(rows) if answer.in_table else 0

    def _add(self, news: str) -> bool:
        """Puts plain words behind the last row, for a small part of what a frame costs; most of prose comes so."""
        if self._blanks is None:
            return False
        text = self._blanks + news
        if not _WORDS.fullmatch(text):
            return False
        shown = text.rstrip(" ")
        if shown and not self._region.extend(shown, len(shown)):
            return False
        self._drawn += letters(shown)
        self._blanks = text[len(shown) :]
        return True

    def _line(self, row: Row) -> Line:
        from glmcli.ui.segments import columns

        assert self._painter is not None
        return Line(self._painter.text(row), columns(row))


def _blanks_behind(rest: list[Piece], preview: list[Row]) -> str | None:
    """The blanks of the source behind what the last row ends with, where that row ends as the source does and plain
    words would do no more than make it longer; else None."""
    from glmcli.ui.blocks import CodeLine, CodeStart

    if len(rest) != 1 or not preview or isinstance(rest[0], CodeLine | CodeStart):
        return None
    source = rest[0].source
    shown = source.rstrip(" ")
    if shown[-1:].isspace() or len(source) - len(shown) > 1 or _LAID_OUT.search(source):
        return None
    word = shown.rsplit(None, 1)[-1]
    if source.rpartition("\n\n")[2].lstrip().startswith("["):
        return None  # the address of a link definition is not shown
    row = [segment for segment in preview[-1] if segment.text.strip(" ")]
    if not row or row[-1].style or not _WORDS.fullmatch(word) or not row[-1].text.rstrip(" ").endswith(word):
        return None
    return source[len(shown) :]


def import_rich() -> None:
    with suppress(Exception):  # the main thread imports it again, and reports what is wrong
        import glmcli.ui.markdown  # noqa: F401
