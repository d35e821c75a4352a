"""What a server sends, decoded into events. No I/O.

One decoder for both dialects of Workers AI and for OpenAI-compatible servers, streamed or whole: a whole JSON answer
is fed once and gives the events that its stream would have given. What is tolerated, and why, stands in wire-protocol
§2, §3 and §8.3: envelopes, native and OpenAI chunks in one stream, doubled finish reasons, reasoning under two names,
`<think>` tags in the text, padding keys, numbers for text, calls in any form, errors after a status of 200.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from glmcli.api.calls import ToolCalls
from glmcli.api.events import (
    Annotation,
    Audio,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
)
from glmcli.api.faults import from_payload
from glmcli.api.sse import DONE
from glmcli.api.think import ThinkSplitter
from glmcli.api.unicode import Joiner
from glmcli.api.usage import UsageCount
from glmcli.errors import IncompleteError, ServerError

_REASONING = "reasoning_content"
_MOST_CHOICES = 128  # the schema's maximum of `n`

# Keys that become events of their own, or that say nothing: `p` and `obfuscation` are padding against eavesdroppers.
_OF_ANSWER = frozenset(
    (
        *("choices", "usage", "response", "tool_calls", "finish_reason", "streamed_data", "p", "obfuscation", "object"),
        *("result", "success", "errors", "messages", "error"),
    )
)
_OF_CHOICE = frozenset(("index", "delta", "message", "text", "finish_reason", "logprobs"))
_OF_MESSAGE = frozenset(
    (
        *("role", "content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call"),
        *("annotations", "audio"),
    )
)
_FIRST_STAYS = frozenset(("id", "created"))  # some servers date every chunk


class _Choice:
    """What is known of one choice while it comes."""

    __slots__ = (
        "calls",
        "finish_reason",
        "index",
        "known",
        "known_message",
        "reasoning",
        "refusal",
        "splitter",
        "text",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.known: dict[str, Any] = {}
        self.known_message: dict[str, Any] = {}
        self.text = Joiner()
        self.reasoning = Joiner()
        self.refusal = Joiner()
        self.splitter = ThinkSplitter()
        self.calls: ToolCalls | None = None


class Decoder:
    """Decodes one answer.

    stream: whether the answer is a stream, which is whole only with its finish reasons or `[DONE]`.
    used_ids: ids of tool calls in the conversation so far; a call that comes with one of them gets another.

    Feed it, iterate over what each call returns (nothing happens before), and `finish` at the end of the bytes.
    """

    def __init__(self, stream: bool, *, used_ids: Collection[str] = ()) -> None:
        self.skipped = 0  # events that were no JSON object
        self._stream = stream
        self._used_ids = set(used_ids)
        self._done = False
        self._answered = False  # some part of an answer came, be it empty
        self._chat = False  # it came in OpenAI chunks
        self._choices: dict[int, _Choice] = {}
        self._known: dict[str, Any] = {}
        self._usage = UsageCount()

    @property
    def empty(self) -> bool:
        """Whether nothing came yet that is part of an answer."""
        return not self._answered

    def done(self) -> None:
        """Takes note of `[DONE]`: the stream is whole, and what comes after it is ignored."""
        self._done = True

    def feed_data(self, data: str) -> Iterator[Event]:
        """Decodes the data of one server-sent event: `[DONE]`, JSON, or something else that is skipped and counted."""
        if data.strip() == DONE:
            self.done()
            return
        try:
            payload = json.loads(data)
        except (ValueError, RecursionError):
            self.skipped += 1
            return
        yield from self.feed(payload)

    def feed(self, payload: Any) -> Iterator[Event]:
        """Decodes one JSON value: a chunk of a stream, or a whole answer.

        Raises the GlmError of a payload that reports a failure; ServerError for a whole answer that is none.
        """
        if self._done:
            return
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not isinstance(choices, list) or not choices:
            yield from self._feed_other(payload)
            return
        self._answered = self._chat = True
        usage = payload.get("usage")
        if usage:
            self._usage.add(usage)
        news = _news(payload, self._known, _OF_ANSWER)
        if news:
            yield Metadata(news)
        for position, choice in enumerate(choices):
            if isinstance(choice, dict):
                yield from self._feed_choice(choice, position)
        if payload.get("error"):
            yield from self._fail(payload)

    def flush(self) -> Iterator[Event]:
        """The few characters that were held back to be judged with what follows. For a stream that broke."""
        for _, choice in sorted(self._choices.items()):
            reasoning = choice.reasoning.flush()
            if reasoning:
                yield ReasoningDelta(reasoning, choice.index)
            rest = choice.text.flush()
            yield from _deltas(choice, choice.splitter.feed(rest) if rest else [])
            yield from _deltas(choice, choice.splitter.stop())
            refusal = choice.refusal.flush()
            if refusal:
                yield RefusalDelta(refusal, choice.index)

    def finish(self) -> Iterator[Event]:
        """What can only be said at the end: text held back, tool calls, usage, and `Finished`.

        Raises IncompleteError, after the text and the usage, where a stream was cut: then no tool call is given out,
        since a call cut short must never run. Raises ServerError where a whole answer was none.
        """
        yield from self.flush()
        choices = [choice for _, choice in sorted(self._choices.items())]
        usage = self._usage.result()
        whole = self._done or not self._stream or all(choice.finish_reason for choice in choices)
        if whole and self._answered:
            for choice in choices:
                if choice.calls is not None:
                    yield from choice.calls.finish(choice.index, self._used_ids)
        if usage is not None:
            yield usage
        if not self._answered:
            raise self._no_answer()
        if not whole:
            raise IncompleteError(
                "the stream was cut: it ended without a finish reason",
                hint="what came is kept; send the request again for a whole answer",
            )
        reasons: list[str | None] = [None] * (choices[-1].index + 1 if choices else 0)
        for choice in choices:
            reasons[choice.index] = choice.finish_reason
        yield Finished(tuple(reasons))

    def _no_answer(self) -> IncompleteError | ServerError:
        if self._stream:
            return IncompleteError("the stream was empty: no part of an answer came", hint="send the request again")
        return ServerError(
            "what the server sent is not an answer of a model",
            hint="check the base URL and the model name: `glm config doctor`",
            http_status=200,
        )

    def _fail(self, payload: Any) -> Iterator[Event]:
        fault = from_payload(payload)
        if fault is not None:
            yield from self.flush()
            raise fault

    def _choice(self, index: Any, position: int) -> _Choice:
        if not isinstance(index, int) or not 0 <= index < _MOST_CHOICES:
            index = min(position, _MOST_CHOICES - 1)
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index)
        return choice

    def _feed_choice(self, raw: dict[str, Any], position: int) -> Iterator[Event]:
        choice = self._choice(raw.get("index"), position)
        delta = raw.get("delta")
        whole = not isinstance(delta, dict)
        if whole:
            delta = raw.get("message")
        if isinstance(delta, dict):
            reasoning = delta.get(_REASONING)
            if reasoning and isinstance(reasoning, str):
                yield from self._think(choice, reasoning, _REASONING)
            else:
                reasoning = delta.get("reasoning")
                if reasoning and isinstance(reasoning, str):
                    yield from self._think(choice, reasoning, "reasoning")
            content = delta.get("content")
            if content is not None and content != "":
                yield from self._say(choice, _as_text(content))
            if len(delta) > 1 or not (content or reasoning):
                yield from self._feed_rest(choice, delta, whole)
        elif isinstance(raw.get("text"), str) and raw["text"]:
            yield from self._say(choice, raw["text"])
        logprobs = raw.get("logprobs")
        if logprobs and isinstance(logprobs, dict):
            for channel in ("content", "refusal"):
                tokens = logprobs.get(channel)
                if tokens and isinstance(tokens, list):
                    yield LogProbs(tuple(tokens), choice.index, channel)
        reason = raw.get("finish_reason")
        if reason and isinstance(reason, str) and choice.finish_reason is None:
            choice.finish_reason = reason
        news = _news(raw, choice.known, _OF_CHOICE)
        if news:
            yield Metadata(news, "choice", choice.index)

    def _feed_rest(self, choice: _Choice, delta: dict[str, Any], whole: bool) -> Iterator[Event]:
        """All of a delta or message but its text and reasoning."""
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            refusal = choice.refusal.feed(refusal)
            if refusal:
                yield RefusalDelta(refusal, choice.index)
        for annotation in delta.get("annotations") or ():
            if isinstance(annotation, dict):
                yield Annotation(annotation, choice.index)
        audio = delta.get("audio")
        if audio and isinstance(audio, dict):
            yield Audio(audio, choice.index)
        calls, single = delta.get("tool_calls"), delta.get("function_call")
        if calls or single:
            if choice.calls is None:
                choice.calls = ToolCalls()
            choice.calls.feed(calls, whole=whole)
            choice.calls.feed_function_call(single)
        news = _news(delta, choice.known_message, _OF_MESSAGE)
        if news:
            yield Metadata(news, "message", choice.index)

    def _feed_other(self, payload: Any, *, inner: bool = False) -> Iterator[Event]:
        """Anything without choices: an envelope, a native event, a bare text, a failure, or a remark."""
        if isinstance(payload, str) and not self._stream:
            payload = {"response": payload}
        if not isinstance(payload, dict):
            self.skipped += 1
            return
        yield from self._fail(payload)
        result = payload.get("result")
        if result and not inner and isinstance(result, dict | str):
            if isinstance(result, dict) and result.get("choices"):
                yield from self.feed(result)
            else:
                yield from self._feed_other({"response": result} if isinstance(result, str) else result, inner=True)
            return
        for item in payload.get("streamed_data") or ():
            if isinstance(item, dict):
                yield from self._feed_native(item)
        yield from self._feed_native(payload)

    def _feed_native(self, payload: dict[str, Any]) -> Iterator[Event]:
        answers = "response" in payload or "tool_calls" in payload
        if not answers and not self._stream:
            return
        self._usage.add(payload.get("usage"), tail="response" in payload and "choices" not in payload)
        news = _news(payload, self._known, _OF_ANSWER)
        if news:
            yield Metadata(news)
        if not answers:
            return
        self._answered = True
        if self._chat:
            return  # the platform's tail after OpenAI chunks: only its usage is new
        choice = self._choice(0, 0)
        response = payload.get("response")
        if response is not None and response != "":
            yield from self._say(choice, _as_text(response))
        reason = payload.get("finish_reason")
        if reason and isinstance(reason, str) and choice.finish_reason is None:
            choice.finish_reason = reason
        calls = payload.get("tool_calls")
        if calls:
            if choice.calls is None:
                choice.calls = ToolCalls()
            choice.calls.feed(calls, whole=not self._stream)

    def _say(self, choice: _Choice, text: str) -> Iterator[Event]:
        text = choice.text.feed(text)
        if choice.splitter.plain:
            if text:
                yield TextDelta(text, choice.index)
            return
        yield from _deltas(choice, choice.splitter.feed(text))

    def _think(self, choice: _Choice, text: str, name: str) -> Iterator[Event]:
        if not choice.splitter.plain:
            # The server tells reasoning apart itself: a tag in the text is the model's own words.
            yield from _deltas(choice, choice.splitter.stop())
        text = choice.reasoning.feed(text)
        if text:
            yield ReasoningDelta(text, choice.index, name)


def _deltas(choice: _Choice, pieces: list[tuple[bool, str]]) -> Iterator[Event]:
    for thought, piece in pieces:
        yield ReasoningDelta(piece, choice.index) if thought else TextDelta(piece, choice.index)


def _news(values: dict[str, Any], known: dict[str, Any], quiet: frozenset[str]) -> dict[str, Any] | None:
    """The values not known yet, which are known from now on; None if there are none."""
    news: dict[str, Any] | None = None
    for key, value in values.items():
        if value is None or key in quiet or known.get(key) == value:
            continue
        if key not in known or key not in _FIRST_STAYS:
            known[key] = value
            if news is None:
                news = {}
            news[key] = value
    return news


def _as_text(content: Any) -> str:
    """Text of whatever stands where text should: native models give numbers, JSON mode gives objects."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(
        isinstance(part, dict) and isinstance(part.get("text"), str) for part in content
    ):
        return "".join(part["text"] for part in content)
    return json.dumps(content, ensure_ascii=False)
