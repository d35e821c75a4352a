"""Payloads as servers send them, and the events that a decoder makes of them."""

from __future__ import annotations

from typing import Any

from glmcli.api.decode import Decoder
from glmcli.api.events import (
    ContentPart,
    Event,
    Finished,
    ReasoningDelta,
)
from glmcli.errors import GlmError

DONE = "[DONE]"


def streamed(*payloads: Any) -> list[Event | GlmError]:
    """The events of a stream with these payloads, and the error it ends with. Texts are data as they are."""
    return decoded(Decoder(stream=True), *payloads)


def whole(payload: Any) -> list[Event | GlmError]:
    return decoded(Decoder(stream=False), payload)


def decoded(decoder: Decoder, *payloads: Any) -> list[Event | GlmError]:
    events: list[Event | GlmError] = []
    try:
        for payload in payloads:
            is_data = isinstance(payload, str) and payload[:1] in "[{n"
            events.extend(decoder.feed_data(payload) if is_data else decoder.feed(payload))
        events.extend(decoder.finish())
    except GlmError as error:
        events.append(error)
    return events


def chunk(delta: Any = None, reason: str | None = None, index: int | None = 0, **more: Any) -> dict[str, Any]:
    """A chunk with one choice; `more` are keys of the choice."""
    choice: dict[str, Any] = {"delta": {} if delta is None else delta, "finish_reason": reason, **more}
    return {"choices": [choice if index is None else {"index": index, **choice}]}


def message(content: Any = None, reason: str | None = "stop", **more: Any) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": reason}]
    }


STOP = chunk({}, "stop")
HM = ReasoningDelta("a")
NO_TEXT = ContentPart({"type": "text"})
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}
END = Finished(("stop",))
