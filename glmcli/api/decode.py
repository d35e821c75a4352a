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

from glmcli.api.choice import Choice, news_in
from glmcli.api.events import Event, Finished, Metadata
from glmcli.api.faults import from_payload
from glmcli.api.sse import DONE
from glmcli.api.usage import UsageCount
from glmcli.errors import GlmError, IncompleteError, ServerError

_MOST_CHOICES = 128  # the schema's maximum of `n`

# Keys that become events of their own, or that say nothing: `p` and `obfuscation` are padding against eavesdroppers.
_OF_ANSWER = frozenset(
    (
        *("choices", "usage", "response", "tool_calls", "finish_reason", "streamed_data", "p", "obfuscation", "object"),
        *("result", "success", "errors", "messages", "error"),
    )
)


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
        self._choices: dict[int, Choice] = {}
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
            return iter(())
        try:
            payload = json.loads(data)
        except (ValueError, RecursionError):
            self.skipped += 1
            return iter(())
        return self.feed(payload)

    def feed(self, payload: Any) -> Iterator[Event]:
        """Decodes one JSON value: a chunk of a stream, or a whole answer.

        Raises the GlmError of a payload that reports a failure, after the events that came with it.
        """
        if self._done:
            return
        out: list[Event] = []
        try:
            fault = self._take(payload, out)
        except RecursionError:
            fault = ServerError("the server sent JSON that is nested too deeply", hint="Check the base URL.")
        yield from out
        if fault is not None:
            raise fault

    def flush(self) -> Iterator[Event]:
        """The few characters that were held back to be judged by what follows. For a stream that broke."""
        out: list[Event] = []
        self._flush(out)
        return iter(out)

    def finish(self) -> Iterator[Event]:
        """What can only be said at the end: text held back, tool calls, usage, and `Finished`.

        Raises IncompleteError, after the text and the usage, where a stream was cut: then no tool call is given out,
        since a call cut short must never run. Raises ServerError where a whole answer was none.
        """
        out: list[Event] = []
        self._flush(out)
        fault = self._fault()
        choices = self._in_order()
        if fault is None:
            for choice in choices:
                choice.finish(set(self._used_ids), out)  # of all choices one at most becomes part of the conversation
        usage = self._usage.result()
        if usage is not None:
            out.append(usage)
        yield from out
        if fault is not None:
            raise fault
        reasons: list[str | None] = [None] * (choices[-1].index + 1 if choices else 0)
        for choice in choices:
            reasons[choice.index] = choice.finish_reason
        yield Finished(tuple(reasons))

    def _fault(self) -> GlmError | None:
        """Why what came is not a whole answer, at the end of the bytes."""
        if self._answered:
            if self._done or not self._stream or all(choice.finish_reason for choice in self._choices.values()):
                return None
            return IncompleteError(
                "the stream was cut: it ended without a finish reason",
                hint="What came is kept; send the request again for a whole answer.",
            )
        if self._stream:
            return IncompleteError("the stream was empty: no part of an answer came", hint="Send the request again.")
        return ServerError(
            "what the server sent is not an answer of a model",
            hint="Check the base URL and the model name: `glm config doctor`.",
            http_status=200,
        )

    def _in_order(self) -> list[Choice]:
        return [choice for _, choice in sorted(self._choices.items())]

    def _flush(self, out: list[Event]) -> None:
        for choice in self._in_order():
            choice.flush(out)

    def _choice(self, index: Any, position: int) -> Choice:
        if not isinstance(index, int) or not 0 <= index < _MOST_CHOICES:
            index = min(position, _MOST_CHOICES - 1)
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = Choice(index)
        return choice

    def _take(self, payload: Any, out: list[Event]) -> GlmError | None:
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not isinstance(choices, list) or not choices:
            return self._take_other(payload, out)
        self._answered = self._chat = True
        self._usage.add(payload.get("usage"))
        self._note(payload, out)
        for position, choice in enumerate(choices):
            if isinstance(choice, dict):
                self._choice(choice.get("index"), position).feed(choice, out)
        return self._failure(payload, out) if payload.get("error") else None

    def _take_other(self, payload: Any, out: list[Event]) -> GlmError | None:
        """Anything without choices: an envelope, a native event, a bare text, a failure, or a remark."""
        if isinstance(payload, str) and not self._stream:
            payload = {"response": payload}
        if not isinstance(payload, dict):
            self.skipped += 1
            return None
        fault = self._failure(payload, out)
        if fault is not None:
            return fault
        result = payload.get("result")
        if isinstance(result, str):
            result = {"response": result}
        if result and isinstance(result, dict) and "result" not in result:
            fault = self._take(result, out)
            if self._answered:
                self._note(payload, out)  # what stands beside the answer in its envelope
                if payload.get("messages"):
                    out.append(Metadata({"messages": payload["messages"]}))
            return fault
        pieces = payload.get("streamed_data")
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict):
                self._take_native(piece, out)
        self._take_native(payload, out)
        return None

    def _take_native(self, payload: dict[str, Any], out: list[Event]) -> None:
        answers = "response" in payload or "tool_calls" in payload
        if not answers and not self._stream:
            return
        self._usage.add(payload.get("usage"), tail="response" in payload and "choices" not in payload)
        self._note(payload, out)
        if not answers:
            return
        self._answered = True
        if self._chat:
            return  # the platform's tail after OpenAI chunks: only its usage is new
        choice = self._choice(0, 0)
        choice.say(payload.get("response"), out)
        choice.call(payload.get("tool_calls"), whole=not self._stream)
        choice.end(payload.get("finish_reason"))

    def _note(self, payload: dict[str, Any], out: list[Event]) -> None:
        news = news_in(payload, self._known, _OF_ANSWER)
        if news:
            out.append(Metadata(news))

    def _failure(self, payload: dict[str, Any], out: list[Event]) -> GlmError | None:
        fault = from_payload(payload)
        if fault is not None:
            self._flush(out)
        return fault
