"""An answer on its way into the store: spooled event by event, kept as a message when it ends, or found again after
its process was killed. Knows events and completions; the tables are the business of `glmcli.store.database`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.api.events import Event, Finished, usage_json
from glmcli.errors import GlmError, StoreError
from glmcli.store import spool
from glmcli.store.records import Status
from glmcli.store.spool import Spool

if TYPE_CHECKING:
    from glmcli.api.completion import Completion


@dataclass(frozen=True)
class Question:
    """What an answer belongs to: the first line of its spool. parent None: the first message of its session."""

    session: str
    parent: int | None
    created: float
    model: str | None = None


@dataclass(frozen=True)
class Answer:
    """A message to be kept. log: the id of its spool, by which it is known again."""

    log: str
    question: Question
    completion: "Completion"
    status: Status
    cost: float | None = None
    error: dict[str, Any] | None = None


class AnswerLog:
    """Keeps an answer while it comes. Feed every event before it is shown."""

    def __init__(self, id: str, question: Question, spool: Spool | None, keep: Callable[[Answer], int]) -> None:
        self._id = id
        self._question = question
        self._spool = spool
        self._keep = keep

    def feed(self, event: Event) -> None:
        """Never raises."""
        if self._spool is not None and (line := spool.encode(event)) is not None:
            self._spool.append(line)

    def finish(
        self,
        completion: "Completion",
        status: Status,
        *,
        cost: float | None = None,
        error: GlmError | None = None,
    ) -> int:
        """Makes the answer a message and returns its id. A second call replaces what the first one kept.

        cost: dollars. error: why it is no complete answer. Raises StoreError; the spool stays then, and whoever opens
        the store next tries again.
        """
        fault = None if error is None else error.to_json()
        try:
            id = self._keep(Answer(self._id, self._question, completion, status, cost, fault))
        except StoreError:
            if self._spool is not None:
                self._spool.append(json.dumps(["end", status, cost, fault]).encode() + b"\n")
                self._spool.close()
                self._spool = None
            raise
        if self._spool is not None:
            self._spool.remove()
            self._spool = None
        return id


def start(id: str, question: Question, folder: Path, keep: Callable[[Answer], int]) -> AnswerLog:
    """A log of a new answer. Without a spool where none can be made: it is still kept when it ends."""
    try:
        opened = Spool.create(folder, id, asdict(question))
    except OSError:
        return AnswerLog(id, question, None, keep)
    return AnswerLog(id, question, opened, keep)


def recovered(found: Spool) -> Answer | None:
    """What a dead process had of an answer. None where the spool does not say whose it is. Raises OSError."""
    from glmcli.api.completion import Completion

    lines = found.lines()
    try:
        question = Question(**json.loads(lines[0]))
    except (IndexError, ValueError, TypeError):
        return None
    completion = Completion()
    finished = False
    for line in lines[1:]:
        event = spool.decode(line)
        if event is not None:
            completion.feed(event)
            finished = finished or isinstance(event, Finished)
    status, cost, fault = _end(lines[-1], completion, finished)
    return Answer(found.id, question, completion, status, cost, fault)


def _end(last: bytes, completion: "Completion", finished: bool) -> tuple[Status, float | None, dict[str, Any] | None]:
    """Status, cost and error of a spooled answer: as its last line says, else judged by what came."""
    from glmcli.api.verdict import verdict

    try:
        name, status, cost, fault = json.loads(last)
    except (ValueError, TypeError):
        name = ""
    if name == "end":
        return status, cost, fault
    if not finished:
        return "interrupted", None, None
    error = verdict(completion, finished)
    return ("complete", None, None) if error is None else ("error", None, error.to_json())


def columns(answer: Answer) -> dict[str, Any]:
    """The parts of the answer's message, by their names in `StoredMessage`."""
    completion = answer.completion
    usage, model = completion.usage, completion.metadata.get("model")
    others = [
        {
            "index": index,
            "message": completion.message(index),
            "finish_reason": completion.finish_reason(index),
            "reasoning": completion.reasoning(index),
        }
        for index in completion.choices
        if index != 0
    ]
    extra: dict[str, Any] = {"choices": others, "annotations": completion.annotations(), "error": answer.error}
    if completion.tool_calls(0) and completion.reasoning(0):
        extra["reasoning_field"] = completion.reasoning_field(0)
    return {
        "message": completion.message(0),
        "status": answer.status,
        "created": answer.question.created,
        "model": model if isinstance(model, str) else answer.question.model,
        "finish_reason": completion.finish_reason(0),
        "usage": None if usage is None else {**usage_json(usage), "raw": usage.raw},
        "cost": answer.cost,
        "reasoning": completion.reasoning(0),
        "extra": {key: value for key, value in extra.items() if value},
    }
