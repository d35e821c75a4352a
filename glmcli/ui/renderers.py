"""Show an answer while it comes: the protocol of all renderers, those for plain text, and the one place that chooses.

A renderer is fed every event of an answer, of several answers where tools are called in between, and is closed exactly
once at the end, also after an error or an interrupt; then the terminal is sane and the cursor on a fresh line. Only
`LiveMarkdown` (glmcli.ui.live) needs Rich, and is imported only when it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import RawIOBase
from pathlib import Path
from typing import Any, Literal, Protocol

from glmcli.api.events import Event, Finished, TextDelta
from glmcli.errors import GlmError, UsageError
from glmcli.ui.clean import utf8
from glmcli.ui.remarks import Accounts, Remarks, Sources, Thinking, Trace
from glmcli.ui.status import ThreadTicker, Tickers
from glmcli.ui.terminal import Terminal

Format = Literal["text", "json", "jsonl", "none"]


class Renderer(Protocol):
    def feed(self, event: Event) -> None:
        """Shows what this event changes. Raises what `Terminal.write` raises."""

    def close(self, error: GlmError | None) -> None:
        """The answer is over; `error` says why where it did not end well. Showing the error is the caller's part."""


class PipeText:
    """Standard output is no terminal: choice 0, the bytes as they come, and one line feed at the end if it has none."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._inside_line = False

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, 0) if text:
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
            case Finished():
                self._finish()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._finish()

    def _finish(self) -> None:
        if self._begun:
            self._begun = False
            self.end()
        others, self._others = self._others, {}
        for index in sorted(others):
            self._header(index)
            self.show("".join(others[index]))
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


class PlainText(TerminalText):
    """`--plain`: whole lines of source, cleaned. No cursor movement, no boxes, nothing half-written: for screen
    readers, dumb terminals and typescripts."""

    def __init__(self, terminal: Terminal, *, choices: int = 1) -> None:
        super().__init__(terminal, choices=choices)
        self._line: list[str] = []

    def show(self, text: str) -> None:
        whole, feed, rest = text.rpartition("\n")
        if feed:
            self._terminal.write("".join([*self._line, whole, feed]))
            self._line.clear()
        if rest:
            self._line.append(rest)

    def end(self) -> None:
        if self._line:
            self._terminal.write("".join(self._line))
            self._line.clear()
        self._terminal.fresh_line()


class Together:
    """Several renderers as one. Each gets every event; all are closed, whatever happens to one of them."""

    def __init__(self, renderers: Sequence[Renderer]) -> None:
        self._renderers = list(renderers)

    def feed(self, event: Event) -> None:
        for renderer in self._renderers:
            renderer.feed(event)

    def close(self, error: GlmError | None) -> None:
        if self._renderers:
            try:
                self._renderers.pop(0).close(error)
            finally:
                self.close(error)


class OutputFile:
    """`--output FILE`: the text of choice 0, byte for byte, into a file too, with a line feed at its end.

    The file is opened at once, so that a path that cannot be written is known before anything is paid for, but its old
    content is kept until the answer begins. Raises UsageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new = not path.exists()
        try:
            # Without a buffer: what could not be written is not tried again when the file is closed.
            self._file: RawIOBase = path.open("ab", buffering=0)
        except OSError as error:
            raise UsageError(
                f"cannot write {path}: {error.strerror}", hint="give --output a file that can be written"
            ) from error
        self._begun = False
        self._inside_line = False

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, 0) if text:
                self._write(utf8(text))
                self._inside_line = not text.endswith("\n")
            case Finished() if self._inside_line:
                self._write(b"\n")
                self._inside_line = False
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        try:
            if self._inside_line:
                self._write(b"\n")
        finally:
            self._file.close()
        if self._new and not self._begun:
            self._path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        try:
            if not self._begun:
                # Devices and pipes cannot be cut to length and need not be.
                if self._file.seekable() and self._path.is_file():
                    self._file.truncate(0)
                self._begun = True
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            raise GlmError(f"cannot write {self._path}: {error.strerror}") from error


def choose(
    terminal: Terminal,
    *,
    format: Format = "text",
    raw: bool = False,
    plain: bool = False,
    markdown: bool = True,
    theme: str = "dark",
    hide_reasoning: bool = False,
    show_reasoning: bool = False,
    include: bool = False,
    verbose: bool = False,
    usage: bool = False,
    priced: bool = True,
    tool_calls: bool = True,
    choices: int = 1,
    output: Path | None = None,
    started: Mapping[str, Any] | None = None,
    extras: Callable[[], Mapping[str, Any]] = dict,
    tickers: Tickers = ThreadTicker,
) -> Renderer:
    """The renderer for these options; nobody else decides what an answer looks like (interface §4).

    format "none" shows everything but the answer, for callers that print a part of it themselves.
    started: session, profile and model, for the first line of "jsonl". extras: gives the `glm` object of "json" (and
    is asked at the end). priced: whether the prices of Workers AI apply. tool_calls: whether to say that the model
    called a tool, which a tool loop says better. Raises UsageError if `output` cannot be written.
    """
    live = format == "text" and terminal.out_is_tty and not terminal.dumb and markdown and not raw and not plain
    mode: Literal["fold", "stream", "hide"]
    if show_reasoning and not hide_reasoning:
        mode = "stream"
    elif hide_reasoning or not terminal.err_is_tty:
        mode = "hide"
    else:
        mode = "stream" if format == "text" and not live else "fold"

    renderers: list[Renderer] = []
    if include or verbose:
        renderers.append(Trace(terminal, requests=verbose))
    renderers.append(Thinking(terminal, mode, moving=not plain, tickers=tickers))
    if output is not None:
        renderers.append(OutputFile(output))
    remarks = Remarks(terminal, tool_calls=tool_calls)

    if format in ("json", "jsonl"):
        from glmcli.ui.machine import Json, Jsonl

        renderers.append(remarks)
        renderers.append(Json(terminal, extras) if format == "json" else Jsonl(terminal, started or {}))
    elif format == "none":
        renderers.append(remarks)
    else:
        renderers.append(_text(terminal, live=live, plain=plain, theme=theme, choices=choices, tickers=tickers))
        renderers += [remarks, Sources(terminal)]
    if usage:
        renderers.append(Accounts(terminal, priced=priced))
    return Together(renderers)


def _text(terminal: Terminal, *, live: bool, plain: bool, theme: str, choices: int, tickers: Tickers) -> Renderer:
    if live:
        from glmcli.ui.live import LiveMarkdown

        return LiveMarkdown(terminal, theme=theme, choices=choices, tickers=tickers)
    if not terminal.out_is_tty:
        return PipeText(terminal)
    if plain or terminal.dumb:
        return PlainText(terminal, choices=choices)
    return RawText(terminal, choices=choices)
