"""The rounds of a turn in which the model calls tools: what is sent, what is kept, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Hashable, Sequence
from typing import Any

import pytest

from glmcli.api.client import Client
from glmcli.api.completion import Completion
from glmcli.api.events import Event, Finished, ReasoningDelta, TextDelta, ToolCalled, ToolReturned, Usage
from glmcli.errors import GlmError, IncompleteError, Interrupted, LimitError, Terminated
from glmcli.turn import CALLS_A_TURN, run_turn

Message = dict[str, Any]
ASKED: Message = {"role": "user", "content": "?"}
DONE: list[Event] = [TextDelta("Done."), Finished(("stop",))]


class Answers:
    """A client that gives these answers, one a request. bodies: what was sent."""

    def __init__(self, *answers: Sequence[Event]) -> None:
        self._answers = iter(answers)
        self.bodies: list[dict[str, Any]] = []

    def stream(self, body: dict[str, Any], *, session_id: str | None = None) -> Generator[Event, None, None]:
        self.bodies.append(body)
        yield from next(self._answers)


class Log:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def feed(self, event: Event) -> None:
        pass

    def finish(self, completion: Completion, status: str, error: GlmError | None, *, pending: bool = False) -> None:
        self.seen.append(("finish", completion.text(), status, pending))

    def returned(self, result: Message) -> None:
        self.seen.append(result)

    def begin_next(self) -> None:
        self.seen.append("next")


class Tools:
    """Answers calls of the tools t and u, all at once. raises: instead of that."""

    def __init__(self, *, raises: BaseException | None = None) -> None:
        self.refused: list[str] = []
        self.rounds: list[tuple[list[str], bool]] = []
        self._raises = raises

    def can_answer(self, calls: Sequence[ToolCalled], offered: Container[str]) -> bool:
        return all(call.name in ("t", "u") or call.name not in offered for call in calls)

    def same(self, call: ToolCalled) -> Hashable:
        return call.name, call.arguments

    def carry_out(
        self,
        calls: Sequence[ToolCalled],
        show: Callable[[Event], None],
        keep: Callable[[Message], None],
        *,
        parallel: bool,
    ) -> None:
        self.rounds.append(([call.id for call in calls], parallel))
        for call in calls:
            show(ToolReturned(call.id, call.name, "ok", "r"))
            keep(result(call.id))
        if self._raises is not None:
            raise self._raises


def call(id: str, arguments: str = "{}", name: str = "t", **how: Any) -> ToolCalled:
    return ToolCalled(id, name, arguments, **how)


def calling(*calls: ToolCalled, before: Sequence[Event] = ()) -> list[Event]:
    return [*before, *calls, Finished(("tool_calls",))]


def result(id: str) -> Message:
    return {"role": "tool", "tool_call_id": id, "content": "r"}


def said(*ids: str, arguments: str = "{}", **more: Any) -> Message:
    calls = [{"id": id, "type": "function", "function": {"name": "t", "arguments": arguments}} for id in ids]
    return {"role": "assistant", "content": "", **more, "tool_calls": calls}


def turn(
    client: Answers, tools: Any = None, log: Any = None, show: Any = None, body: Any = None, **how: Any
) -> tuple[Completion, GlmError | None]:
    fake: Any = client
    real: Client = fake
    sent = {"messages": [ASKED], **(body or {})}
    return run_turn(real, sent, show or (lambda event: None), log=log, tools=tools or Tools(), **how)


def test_the_results_go_back_after_the_answer_that_called_with_its_thinking_under_its_own_name() -> None:
    thought = ReasoningDelta("Hm.", field="reasoning")
    client, log, tools = Answers(calling(call("a"), call("b"), before=[thought]), DONE), Log(), Tools()
    completion, error = turn(client, tools, log, body={"temperature": 0.5})
    assert (completion.text(), error) == ("Done.", None)
    first, second = client.bodies
    assert first == {"messages": [ASKED], "temperature": 0.5}
    assert second == {
        "messages": [ASKED, said("a", "b", reasoning="Hm."), result("a"), result("b")],
        "temperature": 0.5,
    }
    assert log.seen == [
        ("finish", "", "complete", True),
        result("a"),
        result("b"),
        "next",
        ("finish", "Done.", "complete", False),
    ]
    assert tools.rounds == [(["a", "b"], True)]


def test_results_are_kept_as_they_come_and_sent_in_the_order_of_the_calls() -> None:
    class Backwards(Tools):
        def carry_out(self, calls: Any, show: Any, keep: Any, *, parallel: bool) -> None:
            super().carry_out(calls[::-1], show, keep, parallel=parallel)

    client, log = Answers(calling(call("a"), call("b"), call("c", "1")), DONE), Log()
    turn(client, Backwards(), log)
    assert log.seen[1:4] == [result("c"), result("b"), result("a")]
    assert client.bodies[1]["messages"][2:] == [result("a"), result("b"), result("c")]


def test_every_round_is_shown_in_the_order_in_which_it_happened() -> None:
    seen: list[Event] = []
    usage = Usage(1, 1, 2)
    turn(Answers(calling(call("a"), before=[TextDelta("x"), usage]), DONE), show=seen.append)
    returned = ToolReturned("a", "t", "ok", "r")
    assert seen == [TextDelta("x"), usage, call("a"), Finished(("tool_calls",)), returned, *DONE]


def test_calls_are_carried_out_one_after_the_other_where_the_request_forbids_parallel_calls() -> None:
    tools = Tools()
    turn(Answers(calling(call("a")), DONE), tools, body={"parallel_tool_calls": False})
    assert tools.rounds == [(["a"], False)]


@pytest.mark.parametrize(
    ("choice", "then"),
    [
        ("required", "auto"),
        ("auto", "auto"),
        ({"type": "function", "function": {"name": "t"}}, "auto"),
        ({"type": "custom", "custom": {"name": "t"}}, "auto"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function"}]}},
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]}},
        ),
    ],
)
def test_a_choice_that_was_obeyed_forces_no_further_call(choice: Any, then: Any) -> None:
    client = Answers(calling(call("a")), calling(call("b", "{ }")), DONE)
    turn(client, body={"tool_choice": choice})
    assert [body["tool_choice"] for body in client.bodies] == [choice, then, then]


def test_the_number_of_requests_is_limited_and_the_last_calls_stay_open() -> None:
    client, log, tools = Answers(calling(call("a")), calling(call("b", "{ }"))), Log(), Tools()
    completion, error = turn(client, tools, log, max_turns=2)
    assert isinstance(error, LimitError)
    assert error.message == "the limit of the turn was reached after 2 requests, and the model wants to call more tools"
    assert error.hint == "What came is kept: -c goes on, in the chat /continue; --max-turns N allows more rounds."
    assert completion.tool_calls() == [call("b", "{ }")]
    assert tools.rounds == [(["a"], True)]
    assert log.seen[-1] == ("finish", "", "complete", False)


def test_the_number_of_calls_is_limited() -> None:
    calls = [call(str(number), str(number)) for number in range(CALLS_A_TURN * 2)]
    tools = Tools()
    _, error = turn(Answers(calling(*calls), DONE), tools, max_turns=2)
    assert error is None
    assert len(tools.rounds[0][0]) == 20
    tools = Tools()
    _, error = turn(Answers(calling(*calls, call("x", "x"))), tools, max_turns=2)
    assert isinstance(error, LimitError)
    assert "the limit of the turn was reached after 1 request, " in error.message
    assert tools.rounds == []


def test_the_same_call_ends_the_turn_the_third_time_it_comes() -> None:
    again = [calling(call(id), call(f"{id}x", id)) for id in "abc"]
    completion, error = turn(Answers(*again))
    assert isinstance(error, LimitError)
    assert error.message == "the model called t with the same arguments 3 times"
    assert error.hint == "What came is kept. Ask in other words, or leave the tool out."
    assert [it.id for it in completion.tool_calls()] == ["c", "cx"]
    tools = Tools()
    _, error = turn(Answers(calling(call("a"), call("b"), call("c"))), tools)
    assert isinstance(error, LimitError)
    assert tools.rounds == []


def test_of_several_choices_no_call_is_carried_out() -> None:
    tools = Tools()
    other: list[Event] = [call("a"), call("b", index=1), Finished(("tool_calls", "tool_calls"))]
    completion, error = turn(Answers(other), tools)
    assert (completion.tool_calls(1), error, tools.rounds) == ([call("b", index=1)], None, [])


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "function", "function": {"name": "elsewhere"}}]},
        {"tools": [{"type": "custom", "custom": {"name": "elsewhere"}}]},
        {"functions": [{"name": "elsewhere"}]},
    ],
)
def test_a_call_of_a_tool_that_only_the_request_defines_is_left_to_whoever_asked(body: Any) -> None:
    tools, log = Tools(), Log()
    completion, error = turn(Answers(calling(call("a"), call("b", name="elsewhere"))), tools, log, body=body)
    assert (len(completion.tool_calls()), error, tools.rounds) == (2, None, [])
    assert log.seen == [("finish", "", "complete", False)]


def test_a_call_of_a_tool_that_nobody_defined_gets_its_result() -> None:
    tools = Tools()
    turn(Answers(calling(call("a", name="nowhere")), DONE), tools, body={"tools": [{"type": "x"}, "?"]})
    assert tools.rounds == [(["a"], True)]


def test_no_call_of_an_answer_that_is_not_whole_is_carried_out() -> None:
    tools, log = Tools(), Log()
    _, error = turn(Answers([call("a")]), tools, log)
    assert isinstance(error, IncompleteError)
    assert log.seen == [("finish", "", "error", False)]
    _, error = turn(Answers([call("a"), Finished(("length",))]), tools)
    assert isinstance(error, IncompleteError)
    assert tools.rounds == []


def test_calls_that_an_earlier_turn_left_open_are_carried_out_before_anything_is_sent() -> None:
    client, log, tools = Answers(DONE), Log(), Tools()
    before = [ASKED, said("a", "b"), result("a")]
    completion, error = turn(
        client, tools, log, body={"messages": before, "tool_choice": "required"}, pending=[call("b")]
    )
    assert (completion.text(), error, tools.rounds) == ("Done.", None, [(["b"], True)])
    assert client.bodies == [{"messages": [*before, result("b")], "tool_choice": "auto"}]
    assert log.seen == [result("b"), "next", ("finish", "Done.", "complete", False)]


def test_open_calls_that_are_interrupted_end_the_turn_before_anything_is_sent() -> None:
    client, log = Answers(DONE), Log()
    _, error = turn(client, Tools(raises=KeyboardInterrupt()), log, pending=[call("b")])
    assert (type(error), client.bodies, log.seen) == (Interrupted, [], [result("b")])


@pytest.mark.parametrize(
    ("raised", "word"), [(KeyboardInterrupt(), "interrupted"), (Terminated(), "terminated"), (GlmError("full"), "full")]
)
def test_what_ends_the_calls_ends_the_turn_with_the_answer_that_called(raised: BaseException, word: str) -> None:
    client, log = Answers(calling(call("a")), DONE), Log()
    completion, error = turn(client, Tools(raises=raised), log)
    assert error is not None
    assert (error.message, completion.tool_calls(), len(client.bodies)) == (word, [call("a")], 1)
    assert log.seen == [("finish", "", "complete", True), result("a")]


def test_a_bug_of_the_screen_while_tools_run_is_raised_with_the_log_settled() -> None:
    log = Log()
    with pytest.raises(BrokenPipeError):
        turn(Answers(calling(call("a"))), Tools(raises=BrokenPipeError()), log)
    assert log.seen == [("finish", "", "complete", True), result("a")]


def test_a_call_in_the_older_form_goes_back_in_it() -> None:
    class Older(Tools):
        def carry_out(self, calls: Any, show: Any, keep: Any, *, parallel: bool) -> None:
            keep({"role": "function", "name": calls[0].name, "content": "r"})

    client = Answers(calling(call("", kind="function_call")), DONE)
    turn(client, Older(), body={"functions": [{"name": "t"}]})
    assert client.bodies[1]["messages"][1:] == [
        {"role": "assistant", "content": "", "function_call": {"name": "t", "arguments": "{}"}},
        {"role": "function", "name": "t", "content": "r"},
    ]


def test_what_was_refused_in_this_turn_makes_its_end_a_limit_and_what_was_refused_before_does_not() -> None:
    class Refusing(Tools):
        def carry_out(self, calls: Any, show: Any, keep: Any, *, parallel: bool) -> None:
            super().carry_out(calls, show, keep, parallel=parallel)
            self.refused += [it.name for it in calls]

    tools = Refusing()
    completion, error = turn(Answers(calling(call("a"), call("b", name="u"), call("c", "1")), DONE), tools)
    assert completion.text() == "Done."
    assert isinstance(error, LimitError)
    assert error.message == "a call was not carried out for want of approval: t, u"
    assert turn(Answers(DONE), tools)[1] is None


def test_without_tools_a_call_is_the_answer() -> None:
    fake: Any = Answers(calling(call("a")))
    completion, error = run_turn(fake, {"messages": [ASKED]}, lambda event: None)
    assert (completion.tool_calls(), error) == ([call("a")], None)
