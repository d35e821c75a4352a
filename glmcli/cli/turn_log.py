"""What is kept of a turn while it comes: its answers, and the results of the calls between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glmcli.errors import GlmError, StoreError

if TYPE_CHECKING:
    from glmcli.api.completion import Completion
    from glmcli.api.events import Event
    from glmcli.cli.conversation import Conversation, Message
    from glmcli.cli.plan import Plan
    from glmcli.store import AnswerLog


class TurnLog:
    """The log of a turn, which never raises: `glmcli.turn.AnswerLog` over the store's, or over nothing."""

    def __init__(
        self, conversation: "Conversation", log: "AnswerLog | None", plan: "Plan", *, last: int | None = None
    ) -> None:
        self._conversation = conversation
        self._log = log
        self._plan = plan
        self._last = last  # the id of the newest message of the turn

    def feed(self, event: "Event") -> None:
        if self._log is not None:
            self._log.feed(event)

    def finish(self, completion: "Completion", status: Any, error: GlmError | None, *, pending: bool = False) -> None:
        # First: Ctrl-C while it is stored must not drop it from the conversation.
        self._conversation.answered(completion.message(reasoning=pending), status)
        if self._log is None:
            return
        from glmcli.api.price import dollars

        usage = completion.usage
        try:
            cost = dollars(usage) if usage and self._plan.priced else None
            self._last = self._log.finish(completion, status, error=error, cost=cost)
        except StoreError as trouble:
            self._conversation.give_up(trouble)

    def returned(self, result: "Message") -> None:
        self._last = self._conversation.returned(result, self._last)

    def begin_next(self) -> None:
        self._log = self._conversation.begin_next(self._plan, self._last)
