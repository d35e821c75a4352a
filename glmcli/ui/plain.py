"""`--plain`: Markdown as lines of text, each printed once, when its words are certain. No cursor movement, no frames,
nothing half-written: for screen readers, dumb terminals and typescripts.

Lines are broken between words by the width of the terminal at that moment; those of code are not, so that they can be
copied.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from glmcli.api.events import Event, Requested
from glmcli.ui.clean import Cleaner
from glmcli.ui.live import import_rich
from glmcli.ui.terminal import Terminal
from glmcli.ui.text import TerminalText

if TYPE_CHECKING:
    from glmcli.ui.progress import Progress

NEWS = 24
"""Characters after which it is looked whether they make a line certain; a line feed does so at once."""


class PlainText(TerminalText):
    """Standard output is a terminal of any kind."""

    def __init__(self, terminal: Terminal, *, theme: str = "dark", choices: int = 1) -> None:
        super().__init__(terminal, choices=choices)
        self._theme = theme
        self._cleaner = Cleaner()
        self._answer: Progress | None = None
        self._news = 0

    def feed(self, event: Event) -> None:
        if isinstance(event, Requested) and self._answer is None:
            Thread(target=import_rich, daemon=True).start()
        super().feed(event)

    def show(self, text: str) -> None:
        answer = self._answer or self._begin()
        text = self._cleaner.feed(text)
        answer.feed(text)
        self._news += len(text)
        if "\n" in text or self._news >= NEWS:
            self._print(answer)

    def end(self) -> None:
        if self._answer is not None:
            self._answer.feed(self._cleaner.feed("", final=True))
            self._print(self._answer, final=True)
        self._answer = None

    def _begin(self) -> Progress:
        from glmcli.ui.markdown import Painter
        from glmcli.ui.progress import Progress

        terminal = self._terminal
        color = terminal.color("stdout")
        painter = Painter(terminal.width, color=color, theme=self._theme, ascii=terminal.ascii, plain=True)
        self._answer, self._cleaner, self._news = Progress(painter), Cleaner(), 0
        return self._answer

    def _print(self, answer: Progress, *, final: bool = False) -> None:
        self._news = 0
        painter = answer.painter
        painter.width = self._terminal.width
        if rows := answer.advance(1, final=final):
            with self._terminal.above():
                self._terminal.fresh_line()
                self._terminal.draw("".join(f"{painter.text(row)}\n" for row in rows))
