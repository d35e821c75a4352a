"""What is said beside the answer, on standard error: waiting and thinking, retries, tool calls, sources, the exchange.

Each class here watches the events of an answer and does one of these; `glmcli.ui.renderers.choose` puts them together
with what shows the answer itself. None of them writes to standard output, but for the list of sources on a terminal.
"""

from __future__ import annotations

from typing import Literal

from glmcli.api.events import (
    Annotation,
    Audio,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Responded,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.errors import GlmError, Interrupted
from glmcli.ui.clean import one_line
from glmcli.ui.status import Status, ThreadTicker, Tickers, fit
from glmcli.ui.terminal import Terminal
from glmcli.ui.usage_line import usage_line

BODY_SHOWN = 16 * 1024
"""Bytes of a request body that `-v` shows: attachments are far longer and tell nobody anything."""
ARGUMENTS_SHOWN = 300
"""Columns of a tool call's arguments."""


class Thinking:
    """The wait for the answer and the model's reasoning before it, of choice 0.

    mode "fold": one status line that counts, then one dim line that stays. "stream": the reasoning itself, as it
    comes. "hide": nothing but the status line of the wait. The reasoning never reaches standard output.
    moving: whether there may be a status line at all.
    """

    def __init__(
        self,
        terminal: Terminal,
        mode: Literal["fold", "stream", "hide"],
        *,
        moving: bool = True,
        tickers: Tickers = ThreadTicker,
    ) -> None:
        self._terminal = terminal
        self._mode = mode
        self._status = Status(terminal, tickers, able=moving)
        self._since: float | None = None
        self._characters = 0

    def feed(self, event: Event) -> None:
        match event:
            case Requested():
                self._end()
                self._status.start(lambda seconds: f"waiting for the model {seconds:.0f} s")
            case Retrying(wait=wait):
                self._end()
                self._status.start(lambda seconds: f"waiting to try again {max(0.0, wait - seconds):.0f} s")
            case ReasoningDelta(text, 0):
                self._think(text)
            case Responded() | Metadata() | LogProbs() | Usage() | ReasoningDelta():
                pass
            case TextDelta() | RefusalDelta() | Annotation() | Audio() | ToolCalled() | Finished():
                self._end()

    def close(self, error: GlmError | None) -> None:
        self._end()

    def _think(self, text: str) -> None:
        begun = self._since is None
        if begun:
            self._since = self._terminal.world.monotonic()
            self._characters = 0
        self._characters += len(text)
        if self._mode == "stream" and not self._terminal.quiet:
            if begun:
                self._status.stop()
                self._terminal.fresh_line("stderr")
            self._terminal.write_error(text, style="dim")
        elif begun and self._mode == "fold":
            self._status.start(lambda seconds: f"thinking… {seconds:.0f} s, ~{self._tokens} tokens", delay=0.0)

    @property
    def _tokens(self) -> int:
        """An estimate: nobody counts tokens while they come, and four characters are about one."""
        return -(-self._characters // 4)

    def _end(self) -> None:
        self._status.stop()
        if self._since is None:
            return
        seconds = self._terminal.world.monotonic() - self._since
        self._since = None
        if self._mode == "stream":
            self._terminal.fresh_line("stderr")
            if self._terminal.err_is_tty and self._terminal.out_is_tty and not self._terminal.quiet:
                self._terminal.write_error("\n")
        elif self._mode == "fold" and self._terminal.err_is_tty:
            self._terminal.note(f"thought for {seconds:.0f} s (~{self._tokens} tokens)")


class Remarks:
    """One line for each retry and each tool call; a refusal in the model's words; no `^C` after an interrupt."""

    def __init__(self, terminal: Terminal, *, tool_calls: bool = True) -> None:
        self._terminal = terminal
        self._tool_calls = tool_calls
        self._refusal: list[str] = []

    def feed(self, event: Event) -> None:
        match event:
            case Retrying(attempt, of, wait, reason):
                self._terminal.note(
                    f"retrying in {wait:.1f} s (attempt {attempt} of {of}): {one_line(reason)}", "warning"
                )
            case ToolCalled(name=name, arguments=arguments) if self._tool_calls:
                self._terminal.note(f"tool call {one_line(name)} {fit(one_line(arguments), ARGUMENTS_SHOWN)}")
            case RefusalDelta(text, 0):
                self._refusal.append(text)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        if isinstance(error, Interrupted):
            self._terminal.erase_echo()
        refusal = one_line("".join(self._refusal).strip())
        # The error may quote it in full.
        if refusal and (error is None or refusal not in error.message):
            self._terminal.note(f"the model refused: {refusal}", "warning")


class Sources:
    """The web pages that choice 0 cites, numbered, after the answer: on the terminal, else on standard error."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lines: list[str] = []

    def feed(self, event: Event) -> None:
        match event:
            case Annotation(annotation, 0):
                self._lines.append(f"[{len(self._lines) + 1}] {_source(annotation)}")
            case Finished():
                self._list()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._list()

    def _list(self) -> None:
        lines, self._lines = self._lines, []
        if lines and self._terminal.out_is_tty:
            self._terminal.write("".join(f"{line}\n" for line in ["", *lines]), style="dim")
        elif lines:
            for line in lines:
                self._terminal.note(line)


def _source(annotation: dict[str, object]) -> str:
    citation = annotation.get("url_citation")
    place = citation if isinstance(citation, dict) else annotation
    title, url = (one_line(str(place.get(key) or "")) for key in ("title", "url"))
    return f"{title} <{url}>" if title and url else title or url or one_line(str(annotation.get("type") or "source"))


class Trace:
    """The exchange with the server in curl's manner: `> ` what was sent, `< ` what came. Secrets are hidden already.

    body: with the request (`-v`), not only the headers of the answer (`-i`).
    """

    def __init__(self, terminal: Terminal, *, requests: bool) -> None:
        self._terminal = terminal
        self._requests = requests

    def feed(self, event: Event) -> None:
        match event:
            case Requested(method, url, headers, body) if self._requests:
                lines = [f"{method} {url}", *(f"{name}: {value}" for name, value in headers), ""]
                if body:
                    lines += body[:BODY_SHOWN].decode("utf-8", "replace").split("\n")
                if len(body) > BODY_SHOWN:
                    lines.append(f"… {len(body) - BODY_SHOWN} more bytes")
                self._say("> ", lines)
            case Responded(status, headers):
                lines = [f"HTTP {status}", *(f"{name}: {value}" for name, value in headers), ""]
                self._say("< " if self._requests else "", lines)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        pass

    def _say(self, mark: str, lines: list[str]) -> None:
        for line in lines:
            self._terminal.note(f"{mark}{one_line(line)}".rstrip(), "")


class Accounts:
    """The line of `-u`: what the answer cost and how fast it came; several rounds are one sum."""

    def __init__(self, terminal: Terminal, *, priced: bool = True) -> None:
        self._terminal = terminal
        self._priced = priced
        self._usages: list[Usage] = []
        self._started: float | None = None
        self._first: float | None = None
        self._last = 0.0

    def feed(self, event: Event) -> None:
        match event:
            case Requested() if self._started is None:
                self._started = self._terminal.world.monotonic()
            case TextDelta() | ReasoningDelta() | RefusalDelta() | ToolCalled():
                self._last = self._terminal.world.monotonic()
                if self._first is None:
                    self._first = self._last
            case Usage():
                self._usages.append(event)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        if not self._usages:
            return
        begun = self._started is not None and self._first is not None
        first = self._first - self._started if begun else None  # type: ignore[operator]
        writing = self._last - self._first if begun else None  # type: ignore[operator]
        self._terminal.note(usage_line(total(self._usages), first_token=first, writing=writing, priced=self._priced))


def total(usages: list[Usage]) -> Usage:
    """The sum of several answers; neurons are unknown where one of them is."""
    neurons = [usage.neurons for usage in usages]
    known = [value for value in neurons if value is not None]
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        total_tokens=sum(usage.total_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        neurons=sum(known) if len(known) == len(neurons) else None,
    )
