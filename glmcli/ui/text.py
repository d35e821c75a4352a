"""Shows the source of an answer as it comes, piped or on a terminal; several choices one after the other.

Cleaning is the terminal's part (`glmcli.ui.terminal`), Markdown that of `glmcli.ui.live` and `glmcli.ui.plain`.
"""

from __future__ import annotations

from glmcli.api.events import Event, Finished, TextDelta, ToolCalled
from glmcli.errors import GlmError
from glmcli.ui.terminal import Terminal


class PipeText:
    """Standard output is no terminal: choice 0, the bytes as they come, and one line feed at the end if it has none."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._inside_line = False

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, 0) if text:
                # Before as well: an interrupt may come in the middle of the write.
                self._inside_line = True
                self._terminal.write(text)
                self._inside_line = not text.endswith("\n")
            case Finished():
                self._end()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._end()

    def _end(self) -> None:
        if self._inside_line:
            self._inside_line = False
            self._terminal.write("\n")


class TerminalText:
    """What renderers for a terminal share: choice 0 as it comes, the other choices after it, each under a header.

    choices: how many were asked for. Subclasses say how text is shown.
    """

    def __init__(self, terminal: Terminal, *, choices: int = 1) -> None:
        self._terminal = terminal
        self._choices = choices
        self._begun = False
        self._others: dict[int, list[str]] = {}

    def show(self, text: str) -> None:
        """More text of the choice that is shown now."""
        raise NotImplementedError

    def end(self) -> None:
        """That choice is over: everything of it stands on the terminal, the cursor on a fresh line."""
        raise NotImplementedError

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, 0) if text:
                if not self._begun and self._choices > 1:
                    self._header(0)
                self._begun = True
                self.show(text)
            case TextDelta(text, index) if text:
                self._others.setdefault(index, []).append(text)
            case ToolCalled():
                self._finish_first()  # calls are named below the text that came before them
            case Finished():
                self._finish()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._finish()

    def _finish(self) -> None:
        self._finish_first()
        others, self._others = self._others, {}
        for index in sorted(others):
            self._header(index)
            self.show("".join(others[index]))
            self.end()

    def _finish_first(self) -> None:
        if self._begun:
            self._begun = False
            self.end()

    def _header(self, index: int) -> None:
        self._terminal.fresh_line()
        of = f" of {self._choices}" if self._choices > 1 else ""
        self._terminal.write(f"{'' if index == 0 else chr(10)}choice {index + 1}{of}\n", style="bold")


class RawText(TerminalText):
    """`--raw` on a terminal: the Markdown source as it comes, cleaned."""

    def show(self, text: str) -> None:
        self._terminal.write(text)

    def end(self) -> None:
        self._terminal.fresh_line()
