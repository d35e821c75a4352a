"""One user message to the end of its answer. Every event goes to the completion, then to the store, then to whoever
shows it, so that nothing is ever shown that a kill could lose. Knows no terminal and no file.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Protocol

from glmcli.api.client import Client
from glmcli.api.completion import Completion
from glmcli.api.events import Event, Finished
from glmcli.api.verdict import verdict
from glmcli.errors import GlmError, Interrupted, Terminated


class AnswerLog(Protocol):
    """Where an answer is kept while it comes. Never raises: losing the store must not lose the answer."""

    def feed(self, event: Event) -> None: ...

    def finish(self, completion: Completion, status: str, error: GlmError | None) -> None: ...


def run_turn(
    client: Client,
    body: dict[str, Any],
    show: Callable[[Event], None],
    *,
    log: AnswerLog | None = None,
    session_id: str | None = None,
) -> tuple[Completion, GlmError | None]:
    """Sends the request and passes on what comes, to the end.

    Returns the answer as far as it came, and why it is not whole: a fault, Ctrl-C, or the verdict on its content;
    None for a complete answer. Raises only what `show` raises, after the log has been settled.
    """
    completion = Completion()
    error: GlmError | None
    finished = False
    try:
        with closing(client.stream(body, session_id=session_id)) as events:
            for event in events:
                completion.feed(event)
                if log is not None:
                    log.feed(event)
                show(event)
                finished = finished or isinstance(event, Finished)
        error = verdict(completion, finished)
    except GlmError as fault:
        error = fault
    except KeyboardInterrupt as interrupt:
        error = Interrupted(terminated=isinstance(interrupt, Terminated))
    except BaseException:
        if log is not None:
            log.finish(completion, "interrupted", None)
        raise
    if log is not None:
        log.finish(completion, status_of(error), error)
    return completion, error


def status_of(error: GlmError | None) -> str:
    """How the store marks an answer: complete, interrupted (Ctrl-C, or a reader that left), or error."""
    if error is None:
        return "complete"
    return "interrupted" if isinstance(error, Interrupted) else "error"
