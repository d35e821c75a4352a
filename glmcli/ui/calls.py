"""The tool calls of a turn, on standard error: one line for each when it has returned, and who is running meanwhile.

`-v` shows arguments and results whole. A call that nobody carried out is named too, at the end.
"""

from __future__ import annotations

from itertools import islice

from glmcli.api.events import Event, Requested, ToolCalled, ToolReturned, ToolStarted
from glmcli.errors import GlmError
from glmcli.ui.clean import clean, one_line
from glmcli.ui.columns import fit
from glmcli.ui.status import DELAY, Status, ThreadTicker, Tickers
from glmcli.ui.terminal import Terminal

ARGUMENTS_SHOWN = 100
"""Columns of a call's arguments in its line."""
REASON_SHOWN = 200
"""Columns of what a call that failed says."""
WHOLE_SHOWN = 200
"""Lines of a result that `-v` shows."""
NAMED = 20
"""Calls that nobody carried out and that are named one by one; the rest is counted."""


class Calls:
    """moving: whether there may be a status line."""

    def __init__(
        self, terminal: Terminal, *, verbose: bool = False, moving: bool = True, tickers: Tickers = ThreadTicker
    ) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._status = Status(terminal, tickers, able=moving)
        self._called: dict[str, ToolCalled] = {}
        self._running: dict[str, tuple[str, float]] = {}
        self._arguments: dict[str, str] = {}

    def feed(self, event: Event) -> None:
        match event:
            case ToolCalled():
                self._called[event.id] = event
                self._arguments[event.id] = event.arguments
            case ToolStarted(id, name, arguments):
                self._arguments[id] = arguments
                self._running[id] = name, self._terminal.world.monotonic()
                self._wait()
            case ToolReturned(id=id):
                self._called.pop(id, None)
                self._running.pop(id, None)
                self._status.stop()
                self._tell(event)
                if self._running:
                    self._wait()
            case Requested():
                self._status.stop()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._status.stop()
        for call in islice(self._called.values(), NAMED):
            self._terminal.note(f"tool call {one_line(call.name)} {fit(one_line(call.arguments), ARGUMENTS_SHOWN)}")
        if more := max(0, len(self._called) - NAMED):
            self._terminal.note(f"… {more:,} more tool call{'' if more == 1 else 's'}")
        self._called.clear()

    def _wait(self) -> None:
        names = ", ".join(name for name, _ in self._running.values())
        begun = min(begun for _, begun in self._running.values())
        before = self._terminal.world.monotonic() - begun
        self._status.start(lambda seconds: f"running {names} {before + seconds:.0f} s", delay=max(0.0, DELAY - before))

    def _tell(self, event: ToolReturned) -> None:
        arrow = "->" if self._terminal.ascii else "→"
        arguments = one_line(self._arguments.pop(event.id, ""))
        call = f"tool {one_line(event.name)} {fit(arguments, ARGUMENTS_SHOWN)}".rstrip()
        took = (
            ""
            if event.seconds is None
            else f"{size(len(event.text.encode('utf-8', 'replace')))}, {event.seconds:.1f} s"
        )
        if event.status == "ok":
            self._terminal.note(f"{call} {arrow} {took}", asked=self._verbose)
        else:
            why = "" if self._verbose else f": {fit(one_line(' '.join(event.text.split())), REASON_SHOWN)}"
            said = ", ".join(filter(None, (event.status, took)))
            self._terminal.note(f"{call} {arrow} {said}{why}", "warning", asked=self._verbose)
        if self._verbose:
            lines = [f"* arguments: {arguments}", *clean(event.text).rstrip("\n").split("\n")]
            for line in lines[:WHOLE_SHOWN]:
                self._terminal.note(f"  {line}", "", wrap=False, asked=True)
            if len(lines) > WHOLE_SHOWN:
                self._terminal.note(f"  … {len(lines) - WHOLE_SHOWN} more lines", "", asked=True)


def size(count: int) -> str:
    """A number of bytes as people write it."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"
