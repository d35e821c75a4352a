"""The one place that chooses what shows an answer, by the options of the command line (interface §4).

Only `LiveMarkdown` and `PlainText` (glmcli.ui.live, plain) need Rich, and are imported only when they are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from glmcli.ui.audio import SavedAudio, Transcribed
from glmcli.ui.calls import Calls
from glmcli.ui.details import Details
from glmcli.ui.images import Images
from glmcli.ui.logprobs import LogProbTable
from glmcli.ui.output_file import OutputFile
from glmcli.ui.remarks import Accounts, Remarks, Sources, Trace
from glmcli.ui.renderer import Renderer, Together
from glmcli.ui.status import ThreadTicker, Tickers
from glmcli.ui.structured import StructuredText
from glmcli.ui.terminal import Terminal
from glmcli.ui.text import PipeText, RawText
from glmcli.ui.thinking import OtherThinking, Thinking

Format = Literal["text", "json", "jsonl", "none"]


def choose(
    terminal: Terminal,
    *,
    format: Format = "text",
    raw: bool = False,
    plain: bool = False,
    markdown: bool = True,
    theme: str = "auto",
    hide_reasoning: bool = False,
    show_reasoning: bool = False,
    include: bool = False,
    verbose: bool = False,
    usage: bool = False,
    priced: bool = True,
    tools: bool = False,
    structured: bool = False,
    choices: int = 1,
    output: Path | None = None,
    audio_format: str = "wav",
    folder: Path = Path(),
    started: Mapping[str, Any] | None = None,
    extras: Callable[[], Mapping[str, Any]] = dict,
    tickers: Tickers = ThreadTicker,
) -> Renderer:
    """The renderer for these options; nobody else decides what an answer looks like (interface §4).

    format "none" shows everything but the answer, for callers that print a part of it themselves.
    started: session, profile and model, for the first line of "jsonl". extras: gives the `glm` object of "json" (and
    is asked at the end). priced: whether the prices of Workers AI apply. tools: whether calls are carried out, so that
    each has its line when it has returned. audio_format: what the request asked for. folder: where sound and
    images are saved, but for "json" and "jsonl", which hold them. Raises UsageError if `output` cannot be written.
    structured: whether the answer is JSON that is held against a schema.
    """
    if theme == "auto":
        theme = terminal.background
    source = raw or not markdown
    live = format == "text" and terminal.out_is_tty and not terminal.dumb and not source and not plain
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
    file = [] if output is None else [OutputFile(output)]
    if tools:
        renderers.append(Calls(terminal, verbose=verbose, moving=not plain, tickers=tickers))
    remarks = Remarks(terminal, tool_calls=not tools)

    if format in ("json", "jsonl"):
        from glmcli.ui.machine import Json, Jsonl

        machine = Json(terminal, extras) if format == "json" else Jsonl(terminal, started or {})
        renderers += [*file, remarks, machine]
    else:
        text: list[Renderer] = [StructuredText(it) for it in file] if structured else [*file]
        if format == "text":
            shown = _text(terminal, source=source, plain=plain, theme=theme, choices=choices, tickers=tickers)
            if structured:
                shown = StructuredText(shown, pretty=terminal.out_is_tty, fenced=not source)
            text.append(shown)
        renderers += [Transcribed(Together(text)), remarks]
        if mode == "stream" and terminal.out_is_tty:
            renderers.append(OtherThinking(terminal))
        if format == "text":
            renderers += [Sources(terminal), LogProbTable(terminal)]
        renderers += [SavedAudio(terminal, format=audio_format, folder=folder), Images(terminal, folder=folder)]
    if verbose:
        renderers.append(Details(terminal))
    if usage:
        renderers.append(Accounts(terminal, priced=priced))
    return Together(renderers)


def _text(terminal: Terminal, *, source: bool, plain: bool, theme: str, choices: int, tickers: Tickers) -> Renderer:
    if not terminal.out_is_tty:
        return PipeText(terminal)
    if source:
        return RawText(terminal, choices=choices)
    if plain or terminal.dumb:
        from glmcli.ui.plain import PlainText

        return PlainText(terminal, theme=theme, choices=choices)
    from glmcli.ui.live import LiveMarkdown

    return LiveMarkdown(terminal, theme=theme, choices=choices, tickers=tickers)
