"""What is said beside the answer, on standard error: retries, tool calls, refusals, sources, the exchange, its cost.

Each class here watches the events of an answer and does one of these; `glmcli.ui.renderers.choose` puts them together
with what shows the answer itself. None of them writes to standard output, but for the list of sources on a terminal.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from glmcli.api.events import (
    Annotation,
    Audio,
    Event,
    Finished,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Responded,
    Retrying,
    SchemaMismatch,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.api.usage import added
from glmcli.errors import GlmError, Interrupted, UnusableError
from glmcli.ui.clean import one_line
from glmcli.ui.columns import fit
from glmcli.ui.gathered import Gathered
from glmcli.ui.terminal import Style, Terminal
from glmcli.ui.usage_line import usage_line

BODY_SHOWN = 16 * 1024
"""Bytes of a request body that `-v` shows: attachments are far longer and tell nobody anything."""
AT_ONCE = 0.05
"""Seconds to wait that are not worth telling."""
ARGUMENTS_SHOWN = 300
"""Columns of a tool call's arguments."""


class Remarks:
    """One line for each retry, each tool call and each message of the platform; a refusal in the model's words; an
    end for a reason nobody knows; no `^C` after an interrupt."""

    def __init__(self, terminal: Terminal, *, tool_calls: bool = True) -> None:
        self._terminal = terminal
        self._tool_calls = tool_calls
        self._refusals: dict[int, list[str]] = {}

    def feed(self, event: Event) -> None:
        match event:
            case Retrying(attempt, of, wait, reason):
                when = f"in {wait:.1f} s" if wait >= AT_ONCE else "at once"
                self._terminal.note(f"retrying {when} (attempt {attempt} of {of}): {one_line(reason)}", "warning")
            case SchemaMismatch(errors, True, index):
                told = fit(one_line("; ".join(f"{path or '/'}: {what}" for path, what in errors)), ARGUMENTS_SHOWN)
                self._terminal.note(f"{_of_choice(index)}the answer does not fit; asking again: {told}", "warning")
            case ToolCalled(name=name, arguments=arguments, kind=kind, index=index) if self._tool_calls:
                call = f"{CALLS[kind]} {one_line(name)} {fit(one_line(arguments), ARGUMENTS_SHOWN)}"
                self._terminal.note(f"{_of_choice(index)}{call}")
            case RefusalDelta(text, index):
                self._refusals.setdefault(index, []).append(text)
            case Metadata({"messages": messages}, "completion"):
                for message in messages if isinstance(messages, list) else [messages]:
                    said = message.get("message", message) if isinstance(message, dict) else message
                    self._terminal.note(f"the server says: {fit(one_line(str(said)), ARGUMENTS_SHOWN)}")
            case Finished(reasons):
                self._name_odd(reasons)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        if isinstance(error, Interrupted):
            self._terminal.erase_echo()
        for index in sorted(self._refusals):
            refusal = one_line(" ".join("".join(self._refusals[index]).split()))
            # The error may quote it.
            if refusal and (error is None or _letters(refusal) not in _letters(error.message)):
                style: Style = "error" if isinstance(error, UnusableError) else "warning"
                self._terminal.note(f"{_of_choice(index)}the model refused: {refusal}", style)

    def _name_odd(self, reasons: tuple[str | None, ...]) -> None:
        from glmcli.api.verdict import FINISH_REASONS

        for index, reason in enumerate(reasons):
            if reason and reason not in FINISH_REASONS:
                self._terminal.note(
                    f"{_of_choice(index)}the answer ended for a reason that is not known: {one_line(reason)}", "warning"
                )


CALLS = {"function": "tool call", "custom": "custom tool call", "function_call": "function call"}
"""What calls are called, by `ToolCalled.kind`."""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _of_choice(index: int) -> str:
    return f"choice {index + 1}: " if index else ""


class Sources(Gathered[str]):
    """The web pages that are cited, numbered, after the answer: on the terminal those of every choice, else those of
    choice 0 on standard error."""

    def take(self, event: Event) -> None:
        match event:
            case Annotation(annotation, index):
                lines = self._gathered.setdefault(index, [])
                lines.append(f"[{len(lines) + 1}] {_source(annotation)}")
            case _:
                pass

    def tell(self, index: int, gathered: list[str]) -> None:
        if self._terminal.out_is_tty:
            head = [f"sources of choice {index + 1}:"] if index else []
            self._terminal.write("".join(f"{line}\n" for line in ["", *head, *gathered]), style="dim")
        elif index == 0:
            for line in gathered:
                self._terminal.note(line)


def _source(annotation: dict[str, Any]) -> str:
    citation = annotation.get("url_citation")
    place = citation if isinstance(citation, dict) else annotation
    title, url = (one_line(str(place.get(key) or "")) for key in ("title", "url"))
    source = f"{title} <{url}>" if title and url else title or url or one_line(str(annotation.get("type") or "source"))
    start, end = place.get("start_index"), place.get("end_index")
    return f"{source} (characters {start}-{end})" if isinstance(start, int) and isinstance(end, int) else source


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
            self._terminal.note(f"{mark}{one_line(line)}".rstrip(), "", wrap=False, asked=True)


class Accounts:
    """The line of `-u`: what the answer cost and how fast it came; several rounds are one sum."""

    def __init__(self, terminal: Terminal, *, priced: bool = True) -> None:
        self._terminal = terminal
        self._priced = priced
        self._usages: list[Usage] = []
        self._started: float | None = None
        self._first: float | None = None
        self._last = 0.0
        self._writing = 0.0

    def feed(self, event: Event) -> None:
        match event:
            case Requested() if self._started is None:
                self._started = self._terminal.world.monotonic()
            case Requested() if self._first is not None:
                self._last = self._terminal.world.monotonic()  # while tools ran nothing was written
            case TextDelta() | ReasoningDelta() | RefusalDelta() | Audio() | ToolCalled():
                now = self._terminal.world.monotonic()
                if self._first is None:
                    self._first = self._last = now
                self._writing += now - self._last
                self._last = now
            case Usage():
                self._usages.append(event)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        if not self._usages:
            return
        begun = self._started is not None and self._first is not None
        first = self._first - self._started if begun else None  # type: ignore[operator]
        writing = self._writing if begun else None
        line = usage_line(total(self._usages), first_token=first, writing=writing, priced=self._priced)
        self._terminal.note(line, asked=True)


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
        raw=reduce(added, (usage.raw for usage in usages), {}),
    )
