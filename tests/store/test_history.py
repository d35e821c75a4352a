"""What is sent on of a conversation is valid whatever happened to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glmcli.store import StoredMessage, history
from glmcli.store.history import closed, open_calls

HI = {"role": "user", "content": "Hi"}
HELLO = {"role": "assistant", "content": "Hello"}


def stored(*messages: dict[str, Any]) -> list[StoredMessage]:
    return [StoredMessage(at, "s", at - 1 or None, message) for at, message in enumerate(messages, 1)]


def call(id: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}}


def no_result(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "There is no result: the call was not carried out."}


def test_messages_are_sent_as_they_are() -> None:
    assert history(stored(HI, HELLO, HI)) == [HI, HELLO, HI]


def test_an_answer_of_which_nothing_came_is_left_out() -> None:
    nothing: list[dict[str, Any]] = [
        {"role": "assistant"} | empty for empty in ({}, {"content": ""}, {"content": None})
    ]
    refusal = {"role": "assistant", "content": "", "refusal": "No."}
    empty_prompt = {"role": "user", "content": ""}
    assert history(stored(HI, *nothing, empty_prompt, refusal)) == [HI, empty_prompt, refusal]


def test_calls_with_their_results_are_sent_as_they_are() -> None:
    calls = {"role": "assistant", "content": "", "tool_calls": [call("a"), call("b")]}
    results = [{"role": "tool", "tool_call_id": id, "content": "1"} for id in "ab"]
    again = {"role": "assistant", "content": "", "tool_calls": [call("c")]}
    result = {"role": "tool", "tool_call_id": "c", "content": "1"}
    stray = {"role": "tool", "tool_call_id": "z", "content": "1"}
    sent: list[dict[str, Any]] = [HI, calls, *results, again, result, stray, HELLO]
    assert history(stored(*sent)) == sent


def test_results_are_sent_in_the_order_of_their_calls_whichever_came_first() -> None:
    calls = {"role": "assistant", "content": "", "tool_calls": [call(id) for id in "abc"]}
    a, b, c, stray = ({"role": "tool", "tool_call_id": id, "content": "1"} for id in "abcz")
    assert history(stored(HI, calls, c, stray, a, b, HELLO)) == [HI, calls, a, b, c, stray, HELLO]
    older = {"role": "function", "name": "look", "content": "1"}
    assert history(stored(HI, HELLO, older, c)) == [HI, HELLO, older, c]


def test_calls_without_a_result_get_one_that_says_so_but_for_the_last_ones_which_are_open() -> None:
    calls = {"role": "assistant", "content": "", "tool_calls": [call("a"), call("b")]}
    result = {"role": "tool", "tool_call_id": "a", "content": "1"}
    last = {"role": "assistant", "content": "", "tool_calls": [call("c")]}
    sent = history(stored(HI, calls, result, HI, last))
    assert sent == [HI, calls, result, no_result("b"), HI, last]
    assert closed(sent) == [*sent, no_result("c")]
    assert open_calls(sent) == [call("c")]
    assert open_calls([HI, calls, result]) == [call("b")]
    assert open_calls([HI, HELLO]) == open_calls([]) == []


def test_the_thinking_before_the_calls_of_an_unfinished_turn_goes_along_under_its_own_name() -> None:
    calls = {"role": "assistant", "content": "", "tool_calls": [call("a")]}
    result = {"role": "tool", "tool_call_id": "a", "content": "1"}
    thought: dict[str, Any] = {"reasoning": "Look it up.", "extra": {"reasoning_field": "reasoning"}}
    path = stored(HI, calls, result, HI, calls, result)
    path[1] = replace(path[1], **thought)
    path[4] = replace(path[4], **thought)
    assert history(path) == [HI, calls, result, HI, {**calls, "reasoning": "Look it up."}, result]
