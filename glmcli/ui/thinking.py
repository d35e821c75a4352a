"""The wait for an answer and the model's reasoning, on standard error: counted, or as it comes.

The reasoning never reaches standard output, and never the text of the answer.
"""

from __future__ import annotations

from typing import Literal

from glmcli.api.events import (
    Annotation,
    Audio,
    ContentPart,
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
from glmcli.errors import GlmError
from glmcli.ui.breaking import Breaking
from glmcli.ui.gathered import Gathered
from glmcli.ui.status import Status, ThreadTicker, Tickers
from glmcli.ui.terminal import Terminal
from glmcli.ui.thoughts import Thoughts


class Thinking:
    """Watches choice 0. mode "fold": a few rows that are redrawn, with a count, then one dim line that stays.
    "stream": the reasoning itself, as it comes; on a terminal between two lines that tell it from the answer, since
    not everybody sees that it is dim. "hide": nothing but the status line of the wait.
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
        able = moving and terminal.err_is_tty and not terminal.dumb and not terminal.quiet
        self._view = Thoughts(terminal, tickers) if able and mode == "fold" else None
        # What is not redrawn comes in whole lines.
        lines = mode == "stream" and terminal.err_is_tty and (not moving or terminal.dumb)
        self._lines = Breaking() if lines else None
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
            case TextDelta() | RefusalDelta() | Annotation() | Audio() | ContentPart() | ToolCalled() | Finished():
                self._end()

    def close(self, error: GlmError | None) -> None:
        self._end()

    def _think(self, text: str) -> None:
        begun = self._since is None
        if begun:
            self._since = self._terminal.world.monotonic()
            self._characters = 0
        self._characters += len(text)
        if (foot := self._terminal.foot) is not None:
            foot.think(text, begun=begun, elsewhere=self._mode == "stream" or self._view is not None)
        if self._mode == "stream" and not self._terminal.quiet:
            if begun:
                self._status.stop()
                self._terminal.fresh_line("stderr")
                if self._beside_answer:
                    self._terminal.note("thinking:")
            self._write(text)
        elif self._view is not None:
            if begun:
                self._status.stop()
                ellipsis = "..." if self._terminal.ascii else "…"
                self._view.start(lambda seconds: f"thinking{ellipsis} {seconds:.0f} s, ~{self._tokens} tokens")
            self._view.add(text)

    def _write(self, text: str, *, final: bool = False) -> None:
        if self._lines is not None:
            rows = self._lines.feed(text, self._terminal.width, final=final)
            text = "".join(f"{row}\n" for row in rows)
        self._terminal.write_error(text, style="dim")

    @property
    def _tokens(self) -> int:
        """An estimate: nobody counts tokens while they come, and four characters are about one."""
        return -(-self._characters // 4)

    def _end(self) -> None:
        self._status.stop()
        if self._terminal.foot is not None:
            self._terminal.foot.elsewhere = False
        if self._view is not None:
            self._view.stop()
        if self._since is None:
            return
        seconds = self._terminal.world.monotonic() - self._since
        self._since = None
        if self._mode == "stream":
            if not self._terminal.quiet:
                self._write("", final=True)
            self._terminal.fresh_line("stderr")
            if self._beside_answer and not self._terminal.quiet:
                self._tell(seconds)
                self._terminal.write_error("\n")
        elif self._mode == "fold" and self._terminal.err_is_tty:
            self._tell(seconds)

    @property
    def _beside_answer(self) -> bool:
        return self._terminal.err_is_tty and self._terminal.out_is_tty

    def _tell(self, seconds: float) -> None:
        self._terminal.note(f"thought for {seconds:.0f} s (~{self._tokens} tokens)")


class OtherThinking(Gathered[str]):
    """The reasoning of the choices after the first, where they are printed too: when all their text is there."""

    def take(self, event: Event) -> None:
        match event:
            case ReasoningDelta(text, index) if index:
                self._gathered.setdefault(index, []).append(text)
            case _:
                pass

    def tell(self, index: int, gathered: list[str]) -> None:
        self._terminal.note(f"thinking of choice {index + 1}:\n{''.join(gathered).strip()}")
