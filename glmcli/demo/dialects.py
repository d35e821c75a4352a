"""An answer in the two dialects of Workers AI, whole and streamed (wire-protocol §2.1, §2.2, §3.2, §3.3, §3.6).

Written by hand, key by key in the order seen on the wire; shares nothing with the client, which must read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from string import ascii_lowercase, digits
from typing import Any

from glmcli.demo.answer import Answer, Call, Channel, Choice

NEURONS_IN = 0.0055  # per token, wire-protocol §6
NEURONS_OUT = 0.0364
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Stamp:
    """What every part of one answer repeats. created: seconds since the epoch."""

    id: str
    created: int
    model: str


def to_json(value: Any) -> bytes:
    """Compact UTF-8; half a surrogate pair, which UTF-8 cannot hold, stays the escape it came as."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def event(value: Any) -> bytes:
    return b"data: " + to_json(value) + b"\n\n"


def neurons(prompt: int, completion: int) -> float:
    return round(prompt * NEURONS_IN + completion * NEURONS_OUT, 4) or 0


def counts(prompt: int, completion: int) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def usage(answer: Answer) -> dict[str, Any]:
    """The usage of the whole answer."""
    return {
        **counts(answer.prompt_tokens, answer.completion_tokens),
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens},
        "neurons": neurons(answer.prompt_tokens, answer.completion_tokens),
    }


def completion(answer: Answer, stamp: Stamp, alternatives: int | None) -> dict[str, Any]:
    """The `chat.completion`, bare. alternatives: how many `top_logprobs`; None for no logprobs at all."""
    choices = [
        {
            "index": choice.index,
            "finish_reason": choice.finish_reason,
            "logprobs": None if alternatives is None else _logprobs(choice, alternatives),
            "message": _message(choice),
        }
        for choice in answer.choices
    ]
    return {
        "id": stamp.id,
        "object": "chat.completion",
        "created": stamp.created,
        "model": stamp.model,
        "choices": choices,
        "usage": usage(answer),
    }


def run_stream(answer: Answer, stamp: Stamp, alternatives: int | None, random: Random) -> Iterator[bytes]:
    """The events of the run path: padding and an increment of usage on each, and a native tail with the sum."""

    def chunk(choices: list[dict[str, Any]], made: int = 0, *, first: bool = False) -> bytes:
        prompt = answer.prompt_tokens if first else 0
        details = {"prompt_tokens_details": {"cached_tokens": answer.cached_tokens}} if first else {}
        return event(
            {
                "id": stamp.id,
                "object": "chat.completion.chunk",
                "created": stamp.created,
                "model": stamp.model,
                "choices": choices,
                "p": "".join(random.choices(ascii_lowercase + digits, k=random.randint(1, 12))),
                "usage": {**counts(prompt, made), **details, "neurons": neurons(prompt, made)},
            }
        )

    for choice in answer.choices:
        delta = {"role": "assistant", "content": "", "reasoning_content": None}
        opening = {"index": choice.index, "delta": delta, **_UNFINISHED}
        yield chunk([opening], first=choice is answer.choices[0])
    for choice, position in _interleaved(answer):
        part = {"index": choice.index, "delta": _delta(choice, position), "finish_reason": None}
        channel, text = choice.tokens[position]
        if alternatives is not None and channel == "content":
            part["logprobs"] = {"content": [_logprob(text, alternatives)], "refusal": None}
        yield chunk([part], 1)
    for choice in answer.choices:
        ending = {"finish_reason": choice.finish_reason, "matched_stop": choice.matched_stop}
        yield chunk([{"index": choice.index, "delta": {"reasoning_content": None}, **ending}])
    yield chunk([], sum(choice.ended for choice in answer.choices))
    yield event({"response": "", "usage": usage(answer)})
    yield DONE


def chat_stream(answer: Answer, stamp: Stamp, alternatives: int | None) -> Iterator[bytes]:
    """The events of the chat-completions path: no padding, the finish and the usage twice, the second one poorer."""

    def chunk(part: dict[str, Any], **more: Any) -> bytes:
        return event(
            {
                "id": stamp.id,
                "created": stamp.created,
                "model": stamp.model,
                "object": "chat.completion.chunk",
                "choices": [part],
                **more,
            }
        )

    for choice in answer.choices:
        delta = {"role": "assistant", "content": "", "reasoning_content": None}
        yield chunk({"index": choice.index, "delta": delta, **_UNFINISHED})
    for choice, position in _interleaved(answer):
        part = {"index": choice.index, "delta": _delta(choice, position), **_UNFINISHED}
        channel, text = choice.tokens[position]
        if alternatives is not None and channel == "content":
            part["logprobs"] = {"content": [_logprob(text, alternatives)], "refusal": None}
        yield chunk(part)
    *others, last = answer.choices
    for choice in others:
        yield chunk({"index": choice.index, "delta": {}, "finish_reason": choice.finish_reason})
    for cached in (answer.cached_tokens, 0):
        sums = counts(answer.prompt_tokens, answer.completion_tokens)
        sums["prompt_tokens_details"] = {"cached_tokens": cached}
        yield chunk({"index": last.index, "delta": {}, "finish_reason": last.finish_reason}, usage=sums)
    yield DONE


_UNFINISHED = {"finish_reason": None, "logprobs": None, "matched_stop": None}


def _interleaved(answer: Answer) -> Iterator[tuple[Choice, int]]:
    """Every token as (choice, position): the choices take turns, as they do where several are made at once."""
    rows = ([(choice, at) for at in range(len(choice.tokens))] for choice in answer.choices)
    for row in zip_longest(*rows):
        yield from (token for token in row if token is not None)


def _delta(choice: Choice, position: int) -> dict[str, Any]:
    channel, text = choice.tokens[position]
    if channel == "reasoning":
        return {"reasoning_content": text}
    if channel == "content" or choice.call is None:
        return {"content": text, "reasoning_content": None}
    if text:
        return {"tool_calls": [{"index": 0, choice.call.kind: {_input(choice.call): text}}]}
    return {"content": None, "tool_calls": [{"index": 0, **_call(choice.call, "")}]}


def _message(choice: Choice) -> dict[str, Any]:
    def spoken(channel: Channel) -> str | None:
        return choice.text(channel) or None

    return {
        "role": "assistant",
        "content": spoken("content"),
        "reasoning_content": spoken("reasoning"),
        "refusal": None,
        "tool_calls": [_call(choice.call, choice.text("call"))] if choice.call else [],
    }


def _call(call: Call, text: str) -> dict[str, Any]:
    return {"id": call.id, "type": call.kind, call.kind: {"name": call.name, _input(call): text}}


def _input(call: Call) -> str:
    return "arguments" if call.kind == "function" else "input"


def _logprobs(choice: Choice, alternatives: int) -> dict[str, Any]:
    content = [_logprob(text, alternatives) for channel, text in choice.tokens if channel == "content"]
    return {"content": content, "refusal": None}


def _logprob(token: str, alternatives: int) -> dict[str, Any]:
    """Made-up numbers of the documented shape: the token itself is the likeliest, its rivals are marked by a dot."""

    def entry(text: str, rank: int) -> dict[str, Any]:
        return {"token": text, "logprob": round(-0.05 - 1.5 * rank, 2), "bytes": list(text.encode("utf-8", "replace"))}

    top = [entry(token + "." * rank, rank) for rank in range(alternatives)]
    return {**entry(token, 0), "top_logprobs": top}
