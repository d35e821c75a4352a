"""Answers for programs: `--json`, one object at the end, and `--jsonl`, one object a line as it happens.

Both may be printed on a terminal, so control, bidi and invisible characters stand as \\u escapes (interface §4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from glmcli.api.events import (
    JSONL_VERSION,
    Event,
    Finished,
    Parsed,
    Requested,
    Responded,
    Retrying,
    SchemaMismatch,
    ToolReturned,
    ToolStarted,
    Usage,
    to_json,
)
from glmcli.errors import GlmError
from glmcli.ui.clean import escaped_in_json
from glmcli.ui.terminal import Terminal

if TYPE_CHECKING:
    from glmcli.api.completion import Completion


def dumps(value: Any, *, indent: int | None = None) -> str:
    """JSON text, ready to be shown anywhere. Other than by what is escaped, it is as the text was."""
    return escaped_in_json(json.dumps(value, ensure_ascii=False, indent=indent))


_BESIDE = (Requested, Responded, Retrying, ToolStarted, ToolReturned, SchemaMismatch, Parsed)
"""Events that are no part of an answer."""


class Status:
    """The HTTP status of the last answer, for the errors that come after its status line; null before one came."""

    def __init__(self) -> None:
        self._status: int | None = None

    def feed(self, event: Event) -> None:
        match event:
            case Requested():
                self._status = None
            case Responded(status):
                self._status = status
            case _:
                pass

    def of(self, error: GlmError) -> dict[str, Any]:
        """The error as JSON, with that status where it has none of its own."""
        document = error.to_json()
        return document if document["status"] is not None else {**document, "status": self._status}


class Json:
    """The whole `chat.completion` as far as it came; `glm` and `error` beside it.

    extras: the members of `glm`. Where tools were called in between, or an answer did not fit its schema, the last
    answer is the object and the earlier ones stand under `glm.rounds`. `glm.parsed` is what an answer says that fits.
    """

    def __init__(self, terminal: Terminal, extras: Callable[[], Mapping[str, Any]] = dict) -> None:
        self._terminal = terminal
        self._extras = extras
        self._rounds: list[Completion] = []
        self._parsed: dict[str, Any] = {}
        self._over = True
        self._status = Status()

    def feed(self, event: Event) -> None:
        self._status.feed(event)
        if isinstance(event, Parsed) and event.index == 0:
            self._parsed = {"parsed": event.value}
        if isinstance(event, _BESIDE):
            return
        if self._over and not isinstance(event, Usage):
            from glmcli.api.completion import Completion

            self._rounds.append(Completion())
            self._over = False
        if self._rounds:
            self._rounds[-1].feed(event)
        self._over = self._over or isinstance(event, Finished)

    def close(self, error: GlmError | None) -> None:
        document: dict[str, Any] = {}
        if self._rounds:
            *earlier, last = (completion.to_json() for completion in self._rounds)
            document = {**last, "glm": {**self._extras(), **self._parsed, **({"rounds": earlier} if earlier else {})}}
        if error is not None:
            document["error"] = self._status.of(error)
        if document:
            self._terminal.write(f"{dumps(document, indent=2 if self._terminal.out_is_tty else None)}\n")


class Jsonl:
    """The contract in `glmcli.api.events`. started: session, profile and model of the first line."""

    def __init__(self, terminal: Terminal, started: Mapping[str, Any]) -> None:
        self._terminal = terminal
        self._finished: Finished | None = None
        self._status = Status()
        self._say({"type": "started", "version": JSONL_VERSION, **started})

    def feed(self, event: Event) -> None:
        self._status.feed(event)
        if isinstance(event, Finished):
            self._finished = event
            return
        document = to_json(event)
        if document is not None:
            self._say(document)

    def close(self, error: GlmError | None) -> None:
        if error is not None:
            self._say({"type": "error", "error": self._status.of(error)})
        elif self._finished is not None:
            reasons = list(self._finished.reasons)
            self._say({"type": "finished", "reason": self._finished.reason, "reasons": reasons})

    def _say(self, document: dict[str, Any]) -> None:
        self._terminal.write(f"{dumps(document)}\n")
