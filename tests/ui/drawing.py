"""A terminal of a test's own: streams in memory, a clock that is moved by hand, tickers that tick when told."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glmcli.ui.terminal import Terminal
from glmcli.world import World
from tests.support.screen import seen


@dataclass
class Clock:
    """`step` seconds pass at each look, if any."""

    now: float = 0.0
    step: float = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Tickers:
    """Makes tickers that only tick by hand."""

    def __init__(self) -> None:
        self.running: list[Callable[[], None]] = []

    def __call__(self, tick: Callable[[], None]) -> HandTicker:
        return HandTicker(self, tick)

    def tick(self) -> None:
        for tick in list(self.running):
            tick()


class HandTicker:
    def __init__(self, tickers: Tickers, tick: Callable[[], None]) -> None:
        self._tickers = tickers
        self._tick = tick

    def start(self) -> None:
        if self._tick not in self._tickers.running:
            self._tickers.running.append(self._tick)

    def stop(self) -> None:
        if self._tick in self._tickers.running:
            self._tickers.running.remove(self._tick)


@dataclass
class Stage:
    """A `Terminal` and what it was written. With one tty for both streams, `err` is `out`."""

    tty: bool = True
    err_tty: bool | None = None
    size: tuple[int, int] = (80, 24)
    environ: dict[str, str] = field(default_factory=lambda: {"TERM": "xterm-256color"})
    color: Any = "auto"
    quiet: bool = False
    clock: Clock = field(default_factory=Clock)
    tickers: Tickers = field(default_factory=Tickers)

    def __post_init__(self) -> None:
        err_tty = self.tty if self.err_tty is None else self.err_tty
        self.out = io.BytesIO()
        self.err = self.out if self.tty and err_tty else io.BytesIO()
        self.world = World(
            None,
            self.out,
            self.err,
            stdout_tty=self.tty,
            stderr_tty=err_tty,
            environ=self.environ,
            monotonic=self.clock,
            size=lambda: self.size,
        )
        self.terminal = Terminal(self.world, color=self.color, quiet=self.quiet)

    @property
    def stdout(self) -> str:
        return self.out.getvalue().decode()

    @property
    def stderr(self) -> str:
        return self.err.getvalue().decode()

    @property
    def rows(self) -> list[str]:
        """What stands on the terminal that stdout is."""
        return seen(self.out.getvalue(), *self.size)
