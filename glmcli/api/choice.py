"""One choice of an answer while it comes: what its deltas, or its whole message, add. No I/O.

Reasoning and text are kept apart whatever the server does (wire-protocol §3.5, §8.3), calls are collected until the
end, and keys without a meaning to us are passed on once per value.
"""

from __future__ import annotations

import json
from typing import Any

from glmcli.api.calls import ToolCalls
from glmcli.api.events import (
    Annotation,
    Audio,
    ContentPart,
    Event,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
)
from glmcli.api.think import ThinkSplitter
from glmcli.api.unicode import Joiner

_OF_CHOICE = frozenset(("index", "delta", "message", "text", "finish_reason", "logprobs"))
_OF_MESSAGE = frozenset(
    (
        *("role", "content", "reasoning_content", "reasoning", "refusal"),
        *("tool_calls", "function_call", "annotations", "audio"),
    )
)
_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("role", "reasoning_content", "reasoning", "refusal"), str),
    **dict.fromkeys(("tool_calls", "annotations"), list),
    **dict.fromkeys(("function_call", "audio"), dict),
    "content": (str, int, float, list, dict),
}
"""What a value under a key of a message has to be to become an event."""
_PLAIN_MESSAGE = {"role": "assistant", "content": None, "refusal": None}
_CHANNELS = ("content", "refusal")
_FIRST_STAYS = frozenset(("id", "created"))  # some servers date every chunk anew


class Choice:
    """Methods append the events of what they are fed to `out`."""

    __slots__ = (
        "_calls",
        "_known",
        "_known_message",
        "_reasoning",
        "_refusal",
        "_splitter",
        "_text",
        "finish_reason",
        "index",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self._text = Joiner()
        self._reasoning = Joiner()
        self._refusal = Joiner()
        self._splitter = ThinkSplitter()
        self._calls: ToolCalls | None = None
        self._known: dict[str, Any] = {}
        self._known_message: dict[str, Any] = {}

    def feed(self, raw: dict[str, Any], out: list[Event]) -> None:
        """Takes an element of `choices`: with a delta, a whole message, or the text of the oldest form."""
        delta = raw.get("delta")
        whole = False
        if isinstance(delta, dict):
            self._feed_delta(delta, out)
        elif isinstance(message := raw.get("message"), dict):
            whole = True
            self._feed_delta(message, out, whole=True)
            if odd := _not_said(message):
                out.append(Metadata(odd, "message", self.index))
        else:
            self.say(raw.get("text"), out)
        logprobs = raw.get("logprobs")
        if logprobs is not None:
            self._weigh(logprobs, whole, out)
        self.end(raw.get("finish_reason"))
        if not raw.keys() <= _OF_CHOICE:
            news = news_in(raw, self._known, _OF_CHOICE)
            if news:
                out.append(Metadata(news, "choice", self.index))

    def say(self, content: Any, out: list[Event]) -> None:
        """Takes a piece of text, or what stands in its place: native models give numbers, JSON mode gives objects."""
        if content is None or content == "":
            return
        text = self._text.feed(content if isinstance(content, str) else _as_text(content))
        if text and self._splitter.passes(text):
            out.append(TextDelta(text, self.index))
        elif text:
            self._split(self._splitter.feed(text), out)

    def call(self, calls: Any, function_call: Any = None, *, whole: bool = False) -> None:
        """Takes `tool_calls` and `function_call`, or pieces of them."""
        if calls or function_call:
            if self._calls is None:
                self._calls = ToolCalls()
            self._calls.feed(calls, whole=whole)
            self._calls.feed_function_call(function_call)

    def end(self, reason: Any) -> None:
        """Takes a finish reason. The first one stays: a platform adds one of its own (wire-protocol §3.3)."""
        if reason and self.finish_reason is None and isinstance(reason, str):
            self.finish_reason = reason

    def flush(self, out: list[Event]) -> None:
        """Gives the few characters that were held back to be judged by what follows."""
        if reasoning := self._reasoning.flush():
            out.append(ReasoningDelta(reasoning, self.index))
        if text := self._text.flush():
            self._split(self._splitter.feed(text), out)
        self._split(self._splitter.stop(), out)
        if refusal := self._refusal.flush():
            out.append(RefusalDelta(refusal, self.index))

    def finish(self, used_ids: set[str], out: list[Event]) -> None:
        """Gives the tool calls; `used_ids` as in `ToolCalls.finish`."""
        if self._calls is not None:
            out.extend(self._calls.finish(self.index, used_ids))

    def _feed_delta(self, delta: dict[str, Any], out: list[Event], *, whole: bool = False) -> None:
        # Some servers send the same reasoning under both names: one of them is enough.
        thought = delta.get("reasoning_content")
        if thought and isinstance(thought, str):
            self._think(thought, "reasoning_content", out)
        else:
            thought = delta.get("reasoning")
            if thought and isinstance(thought, str):
                self._think(thought, "reasoning", out)
        content = delta.get("content")
        if isinstance(content, list):
            self._say_parts(content, whole, out)
        else:
            self.say(content, out)
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._refuse(refusal, out)
        annotations = delta.get("annotations")
        if annotations and isinstance(annotations, list):
            out.extend(Annotation(one, self.index) for one in annotations if isinstance(one, dict))
        audio = delta.get("audio")
        if audio and isinstance(audio, dict):
            out.append(Audio(audio, self.index))
        self.call(delta.get("tool_calls"), delta.get("function_call"), whole=whole)
        if not delta.keys() <= _OF_MESSAGE:
            news = news_in(delta, self._known_message, _OF_MESSAGE)
            if news:
                out.append(Metadata(news, "message", self.index))

    def _say_parts(self, content: list[Any], whole: bool, out: list[Event]) -> None:
        """Takes content that is a list of typed parts, or else any other list."""
        if not all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content):
            self.say(content, out)
            return
        others = False
        for part in content:
            kind, text = part["type"], part.get("text")
            if kind == "refusal" and isinstance(refusal := part.get("refusal"), str):
                self._refuse(refusal, out)
            elif kind in ("reasoning", "thinking") and isinstance(text, str):
                self._think(text, "reasoning_content", out)
            elif kind in ("text", "output_text") and isinstance(text, str):
                self.say(text, out)
            else:
                out.append(ContentPart(part, self.index))
                others = True
        if whole and others:
            out.append(Metadata({"content": content}, "message", self.index))

    def _refuse(self, text: str, out: list[Event]) -> None:
        if text := self._refusal.feed(text):
            out.append(RefusalDelta(text, self.index))

    def _weigh(self, logprobs: Any, whole: bool, out: list[Event]) -> None:
        """Takes `logprobs` that are not null; what is no list of tokens is passed on as it came."""
        rest = logprobs
        taken = False
        if isinstance(logprobs, dict):
            rest = {}
            for key, tokens in logprobs.items():
                if key in _CHANNELS and tokens and isinstance(tokens, list):
                    out.append(LogProbs(tuple(tokens), self.index, key))
                    taken = True
                elif (tokens or whole) and not (tokens is None and key in _CHANNELS):
                    rest[key] = tokens
        if rest or (whole and not taken):
            out.append(Metadata({"logprobs": rest}, "choice", self.index))

    def _think(self, text: str, name: str, out: list[Event]) -> None:
        if not self._splitter.plain:
            # The server tells reasoning apart itself: a tag in the text is the model's own word.
            self._split(self._splitter.stop(), out)
        text = self._reasoning.feed(text)
        if text:
            out.append(ReasoningDelta(text, self.index, name))

    def _split(self, pieces: list[tuple[bool, str]], out: list[Event]) -> None:
        for thought, piece in pieces:
            out.append(ReasoningDelta(piece, self.index) if thought else TextDelta(piece, self.index))


def news_in(values: dict[str, Any], known: dict[str, Any], quiet: frozenset[str]) -> dict[str, Any] | None:
    """The values not known yet, which are known from now on; None if there are none. Null takes no value back."""
    news: dict[str, Any] | None = None
    for key, value in values.items():
        if key in quiet or (key in known and (value is None or known[key] == value)):
            continue
        if key not in known or key not in _FIRST_STAYS:
            known[key] = value
            if news is None:
                news = {}
            news[key] = value
    return news


def _not_said(message: dict[str, Any]) -> dict[str, Any]:
    """What a whole message has under keys known to us, and no event tells: values that are empty or of another kind
    than they should be, and reasoning that came under a second name."""
    return {
        key: value
        for key, value in message.items()
        if key in _OF_MESSAGE
        and (
            not value
            or not isinstance(value, _KINDS[key])
            or key == "role"
            or (key == "reasoning" and bool(message.get("reasoning_content")))
        )
        and not (key in _PLAIN_MESSAGE and _PLAIN_MESSAGE[key] == value)
    }


def _as_text(content: Any) -> str:
    if isinstance(content, list):
        parts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if len(parts) == len(content):
            return "".join(parts)
    return json.dumps(content, ensure_ascii=False)
