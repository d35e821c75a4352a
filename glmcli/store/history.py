"""The messages of a conversation as they are sent on with the next question. No I/O.

A history must stay valid to send whatever happened to the conversation: an answer of which nothing came is left out,
and with it the question, where it was refused or failed; a call that never got its result (the process was killed, or
no tool was there to run) gets one that says so, since servers refuse a call without a result, but for the calls of the
last answer: these may still be carried out, and `closed` is for when they are not. What is left out or added
depends only on the messages themselves, so the beginning of a growing conversation is the same bytes each time, which
keeps the server's prefix cache warm.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glmcli.api.calls import add_result
from glmcli.store.records import StoredMessage

NO_RESULT = "There is no result: the call was not carried out."


def history(messages: Iterable[StoredMessage]) -> list[dict[str, Any]]:
    """The messages of a path, first to last, in the API's own form; interrupted answers as far as they came. The calls
    of the last answer are left open, and what was thought before the calls of an unfinished turn goes along with them,
    since the model goes on with that turn (wire-protocol §4.2)."""
    sent: list[dict[str, Any]] = []
    waiting: list[str] = []
    path = list(messages)
    asked = max((position for position, it in enumerate(path) if it.role == "user"), default=-1)
    for position, stored in enumerate(path):
        message = stored.message
        if message.get("role") == "tool":
            if message.get("tool_call_id") in waiting:
                waiting.remove(message["tool_call_id"])
            add_result(sent, message)
            continue
        if stored.role == "assistant" and is_empty(message):
            # A question that was refused as a whole (too long, say) would be refused again with every later turn.
            # The last one stays, to be asked again as it is.
            if failed(stored) and stored is not path[-1] and sent and sent[-1].get("role") == "user":
                sent.pop()
            continue
        sent.extend(without_result(waiting))
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
        if waiting and position > asked and "reasoning_field" in stored.extra:
            message = {**message, stored.extra["reasoning_field"]: stored.reasoning}
        sent.append(message)
    return sent


def closed(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, and for each call at their end that has no result one that says so."""
    return [*messages, *without_result(call["id"] for call in open_calls(messages))]


def open_calls(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls of the last answer, as in its `tool_calls`, that have no result, where nothing was said since."""
    answered: list[str] = []
    for message in reversed(messages):
        if message.get("role") != "tool":
            calls = message.get("tool_calls") or ()
            return [call for call in calls if call["id"] not in answered]
        answered.append(message.get("tool_call_id", ""))
    return []


def failed(stored: StoredMessage) -> bool:
    """Whether this is an answer of which nothing came but a fault."""
    return stored.role == "assistant" and stored.status == "error" and is_empty(stored.message)


def is_empty(message: dict[str, Any]) -> bool:
    """Whether an answer says nothing and calls nothing."""
    return not any(message.get(key) for key in ("content", "refusal", "tool_calls", "function_call", "audio"))


def without_result(calls: Iterable[str]) -> list[dict[str, Any]]:
    """The results of calls that were not carried out."""
    return [{"role": "tool", "tool_call_id": call, "content": NO_RESULT} for call in calls]
