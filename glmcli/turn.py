"""One user message to the end of its answer, with as many rounds of tool calls in between as it takes.

Every event goes to the completion, then to the store, then to whoever shows it, so that nothing is ever shown that a
kill could lose. Knows no terminal, no file and no tool: who carries out calls is passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Hashable, Sequence
from contextlib import closing
from typing import Any, Protocol

from glmcli.api.calls import add_result, tool_name
from glmcli.api.client import Client
from glmcli.api.completion import Completion
from glmcli.api.events import Event, Finished, ToolCalled
from glmcli.api.verdict import verdict
from glmcli.errors import GlmError, Interrupted, LimitError, Terminated

Message = dict[str, Any]
Show = Callable[[Event], None]

MAX_TURNS = 10
"""Requests of one turn, unless the user says otherwise (reliability §5.2, 7)."""
CALLS_A_TURN = 10
"""Calls for each request that is allowed: a turn of ten requests carries out a hundred at most."""
SAME_CALL = 3
"""The same call with the same arguments comes so often, and the turn ends (interface §10)."""


class AnswerLog(Protocol):
    """Where a turn is kept while it comes. Never raises: losing the store must not lose the answer."""

    def feed(self, event: Event) -> None: ...

    def finish(self, completion: Completion, status: str, error: GlmError | None, *, pending: bool = False) -> None:
        """pending: its calls are being carried out, so their results and another answer follow."""

    def returned(self, result: Message) -> None:
        """The result of a call, as soon as it is there."""

    def begin_next(self) -> None:
        """Another answer begins, after the results."""


class Tools(Protocol):
    """Who carries out calls: `glmcli.tools.calling.Calling`."""

    refused: list[str]

    def can_answer(self, calls: Sequence[ToolCalled], offered: Container[str]) -> bool: ...

    def carry_out(
        self, calls: Sequence[ToolCalled], show: Show, keep: Callable[[Message], None], *, parallel: bool
    ) -> None: ...

    def same(self, call: ToolCalled) -> Hashable:
        """Equal for calls that are the same."""


def run_turn(
    client: Client,
    body: dict[str, Any],
    show: Show,
    *,
    log: AnswerLog | None = None,
    session_id: str | None = None,
    tools: Tools | None = None,
    max_turns: int = MAX_TURNS,
    pending: Sequence[ToolCalled] = (),
) -> tuple[Completion, GlmError | None]:
    """Sends the request and passes on what comes, to the end; where the model calls tools, carries out the calls and
    sends their results, at most `max_turns` requests in all.

    pending: calls of the body's last answer that have no result yet, which are carried out first.

    Returns the last answer as far as it came, and why it is not whole: a fault, Ctrl-C, the verdict on its content, a
    limit; None for a complete answer. Raises only what `show` raises, after the log has been settled.
    """
    turn = _Turn(client, body, show, log or _NoLog(), session_id, tools)
    return turn.run(max_turns, pending)


class _Turn:
    def __init__(
        self,
        client: Client,
        body: dict[str, Any],
        show: Show,
        log: AnswerLog,
        session_id: str | None,
        tools: Tools | None,
    ) -> None:
        self._client = client
        self._body = body
        self._show = show
        self._log = log
        self._session_id = session_id
        self._tools = tools
        self._seen: Counter[Hashable] = Counter()

    def run(self, max_turns: int, pending: Sequence[ToolCalled]) -> tuple[Completion, GlmError | None]:
        completion = Completion()
        refused = len(self._tools.refused) if self._tools else 0
        if pending and (error := self._carry_out(pending)) is not None:
            return completion, error
        for number in range(1, max_turns + 1):
            completion, error, calls = self._ask(number, max_turns)
            if error is not None or not calls:
                break
            if (error := self._carry_out(calls, completion)) is not None:
                break
        if error is None and self._tools is not None and (names := self._tools.refused[refused:]):
            error = _not_approved(names)
        return completion, error

    def _ask(self, number: int, of: int) -> tuple[Completion, GlmError | None, list[ToolCalled]]:
        """One answer, why it is not whole, and its calls that are to be carried out."""
        completion = Completion()
        error: GlmError | None
        finished = False
        try:
            with closing(self._client.stream(self._body, session_id=self._session_id)) as events:
                for event in events:
                    completion.feed(event)
                    self._log.feed(event)
                    self._show(event)
                    finished = finished or isinstance(event, Finished)
            error = verdict(completion, finished)
        except GlmError as fault:
            error = fault
        except KeyboardInterrupt as interrupt:
            error = _interrupted(interrupt)
        except BaseException:
            self._log.finish(completion, "interrupted", None)
            raise
        calls = self._ours(completion) if error is None else []
        limit = self._limit(calls, number, of)
        # A limit says nothing against the answer: its calls stay open and can be carried out another time.
        self._log.finish(completion, status_of(error), error, pending=bool(calls) and limit is None)
        return completion, error or limit, calls

    def _ours(self, completion: Completion) -> list[ToolCalled]:
        """The calls that are carried out here. Of several choices none is: which one would go on? Nor is one that the
        request forbade."""
        allowed = completion.choices == (0,) and self._body.get("tool_choice") != "none"
        calls = completion.tool_calls() if allowed else []
        if not calls or self._tools is None or not self._tools.can_answer(calls, _offered(self._body)):
            return []
        return calls

    def _limit(self, calls: Sequence[ToolCalled], number: int, of: int) -> GlmError | None:
        """Why the turn does not go on with these calls of its answer of that number."""
        for call in calls:
            assert self._tools is not None
            self._seen[self._tools.same(call)] += 1
            if self._seen[self._tools.same(call)] >= SAME_CALL:
                return LimitError(
                    f"the model called {call.name} with the same arguments {SAME_CALL} times",
                    hint="What came is kept. Ask in other words, or leave the tool out.",
                )
        if calls and (number == of or self._seen.total() > CALLS_A_TURN * of):
            requests = "1 request" if number == 1 else f"{number} requests"
            return LimitError(
                f"the limit of the turn was reached after {requests}, and the model wants to call more tools",
                hint="What came is kept: -c goes on, in the chat /continue; --max-turns N allows more rounds.",
            )
        return None

    def _carry_out(self, calls: Sequence[ToolCalled], completion: Completion | None = None) -> GlmError | None:
        """Adds the answer and the results of its calls to the body. Returns what ended it."""
        assert self._tools is not None
        results: list[Message] = []

        def keep(result: Message) -> None:
            results.append(result)
            self._log.returned(result)

        parallel = self._body.get("parallel_tool_calls") is not False
        try:
            self._tools.carry_out(calls, self._show, keep, parallel=parallel)
        except KeyboardInterrupt as interrupt:
            return _interrupted(interrupt)
        except GlmError as fault:  # of `show`: a full disk behind standard output, say
            return fault
        answer = [completion.message(reasoning=True)] if completion is not None else []
        messages = [*self._body["messages"], *answer]
        for result in results:
            add_result(messages, result)
        self._body = {**self._body, "messages": messages}
        if "tool_choice" in self._body:
            self._body["tool_choice"] = unforced(self._body["tool_choice"])
        self._log.begin_next()
        return None


class _NoLog:
    def feed(self, event: Event) -> None:
        pass

    def finish(self, completion: Completion, status: str, error: GlmError | None, *, pending: bool = False) -> None:
        pass

    def returned(self, result: Message) -> None:
        pass

    def begin_next(self) -> None:
        pass


def status_of(error: GlmError | None) -> str:
    """How the store marks an answer: complete, interrupted (Ctrl-C, or a reader that left), or error."""
    if error is None:
        return "complete"
    return "interrupted" if isinstance(error, Interrupted) else "error"


def _interrupted(interrupt: KeyboardInterrupt) -> Interrupted:
    return Interrupted(terminated=isinstance(interrupt, Terminated))


def _not_approved(names: Sequence[str]) -> LimitError:
    called = ", ".join(dict.fromkeys(names))
    return LimitError(
        f"a call was not carried out for want of approval: {called}",
        hint="glm asks only where its input is a terminal; -y approves all, `glm tools rules` shows what is approved.",
    )


def _offered(body: dict[str, Any]) -> set[str]:
    """The names of the tools that the model may call, in today's form and the older one."""
    items = [*(body.get("tools") or ()), *(body.get("functions") or ())]
    return {name for name in map(tool_name, items) if name is not None}


def unforced(choice: Any) -> Any:
    """A tool choice that was obeyed: forced again, the model could never answer."""
    if isinstance(choice, dict):
        allowed = choice.get("allowed_tools")
        return {**choice, "allowed_tools": {**allowed, "mode": "auto"}} if isinstance(allowed, dict) else "auto"
    return "auto" if choice == "required" else choice
