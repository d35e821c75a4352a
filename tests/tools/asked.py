"""Tools, calls and a `Calling` for tests of what becomes of calls: what it said, asked and kept is written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from glmcli.api.events import Event, ToolCalled, ToolReturned, ToolStarted
from glmcli.tools.approvals import Approvals, Call
from glmcli.tools.calling import Ask, Calling, Consent, Mode
from glmcli.tools.tool import Approval, Result, Stop, Tool

Run = Callable[[Any, Stop], Result]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}


def echo(arguments: Any, stop: Stop) -> Result:
    return Result(f"ran with {arguments}")


def tool(name: str = "f", run: Run | None = echo, approval: Approval = Approval.UNASKED, **how: Any) -> Tool:
    return Tool({"type": "function", "function": {"name": name, "parameters": SCHEMA}}, "a test", run, approval, **how)


def called(arguments: str = "{}", name: str = "f", id: str = "1", **how: Any) -> ToolCalled:
    return ToolCalled(id, name, arguments, **how)


def numbered(*names: str) -> list[ToolCalled]:
    """A call of each of these tools, with the ids 0, 1, …"""
    return [called(name=name, id=str(number)) for number, name in enumerate(names)]


class Bench:
    """consents: what the user says, call by call. asked: the calls that the user was asked about. kept: the texts of
    the results, by their ids, in the order in which they came."""

    def __init__(self, folder: Path, *tools: Tool, mode: Mode = "ask", consents: list[Consent] | None = None) -> None:
        self.asked: list[Call] = []
        self.warnings: list[str] = []
        self.events: list[Event] = []
        self.messages: list[dict[str, Any]] = []
        self._answers = iter(consents or [])
        ask: Ask | None = None if consents is None else self._ask
        self.calling = Calling(
            tools,
            Approvals(folder),
            mode=mode,
            ask=ask,
            monotonic=lambda: 0.0,
            now=lambda: 0.0,
            warn=self.warnings.append,
        )

    def __call__(self, *calls: ToolCalled, parallel: bool = True) -> dict[str, str]:
        self.calling.carry_out(calls, self.events.append, self.messages.append, parallel=parallel)
        return self.kept

    @property
    def kept(self) -> dict[str, str]:
        return {message["tool_call_id"]: message["content"] for message in self.messages}

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was shown of each call: its id, and "started" or how it ended."""
        return [
            (event.id, event.status if isinstance(event, ToolReturned) else "started")
            for event in self.events
            if isinstance(event, ToolStarted | ToolReturned)
        ]

    def _ask(self, call: Call) -> Consent:
        self.asked.append(call)
        return next(self._answers)
