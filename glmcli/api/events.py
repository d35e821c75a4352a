"""What happens while an answer comes, one type per happening. No I/O, no decoding, no drawing.

Every renderer, the session store and `Completion` read the same stream of these values. `to_json` is the contract of
`glm run --jsonl`, version 1: one object a line, `type` first, then the fields below. Other lines may be added under
new types; a reader skips what it does not know.

    {"type": "started", "version": 1, "session": ID|null, "profile": NAME, "model": NAME}   always the first line
    {"type": "text_delta", "index": CHOICE, "text": ...}
    {"type": "reasoning_delta", "index": CHOICE, "text": ...}
    {"type": "refusal_delta", "index": CHOICE, "text": ...}
    {"type": "logprobs", "index": CHOICE, "channel": "content"|"refusal", "tokens": [...]}   as the server gave them
    {"type": "annotation", "index": CHOICE, "annotation": {...}}
    {"type": "audio", "index": CHOICE, "audio": {...}}
    {"type": "content_part", "index": CHOICE, "part": {...}}                                 as the server gave it
    {"type": "tool_called", "index": CHOICE, "id", "kind": "function"|"custom", "name", "arguments": TEXT}
    {"type": "tool_returned", "index": CHOICE, "id", "name", "status", "seconds": S, "bytes": N, "text": RESULT}
    {"type": "retrying", "attempt": N, "of": N, "wait": SECONDS, "reason": ...}
    {"type": "schema_mismatch", "index": CHOICE, "errors": [{"path": POINTER, "message"}], "repairing": BOOL}
    {"type": "parsed", "index": CHOICE, "value": ...}                                        an answer that fits
    {"type": "usage", "prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "neurons",
     "prompt_tokens_details": {...}, "completion_tokens_details": {...}}                        the details where said
    {"type": "finished", "reason": ..., "reasons": [one a choice]}                          last line of a whole answer
    {"type": "error", "error": {"type", "message", "hint", "status", "code", "exit_code", "request_id"}}   else the last

Where tools are carried out, several answers come in one run: the calls of each are followed by what they returned, and
`usage` comes once for each. `status` of a call is one of `RETURNED`. Where a schema was asked for, an answer that does
not fit is followed by `schema_mismatch`, and by another answer where that says `repairing`.

`Requested`, `Responded`, `ToolStarted` and `Metadata` are not part of that contract: they serve the terminal and
`--json`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JSONL_VERSION = 1

_USAGE_DETAILS = ("prompt_tokens_details", "completion_tokens_details")


@dataclass(frozen=True, slots=True)
class Requested:
    """A request is about to be sent. Header values are redacted already."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Responded:
    """The status line and headers of an answer came. `request_id`: cf-ai-req-id, else cf-ray, else empty."""

    status: int
    headers: tuple[tuple[str, str], ...]
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Retrying:
    """The request failed in a way that may pass; `wait` seconds from now it is sent again, as try `attempt` of `of`."""

    attempt: int
    of: int
    wait: float
    reason: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """Keys of the answer that are not events of their own, sent once per new value.

    place: "completion" for keys of the whole answer (id, created, model, service_tier, unknown ones),
    "choice" for unknown keys of choice `index`, "message" for unknown keys of its message.
    """

    values: dict[str, Any]
    place: str = "completion"
    index: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of thinking. `field` is the name it came under: reasoning_content or reasoning (wire-protocol §2.1)."""

    text: str
    index: int = 0
    field: str = "reasoning_content"


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class LogProbs:
    """Log probabilities of one or more tokens, objects as the server gave them."""

    tokens: tuple[dict[str, Any], ...]
    index: int = 0
    channel: str = "content"


@dataclass(frozen=True, slots=True)
class Annotation:
    annotation: dict[str, Any]
    index: int = 0


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of a spoken answer: any of id, data (base64), transcript, expires_at."""

    audio: dict[str, Any]
    index: int = 0


@dataclass(frozen=True, slots=True)
class ContentPart:
    """A part of an answer whose content is a list, other than its text: an image, say. As the server gave it."""

    part: dict[str, Any]
    index: int = 0


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A whole call, never a part of one. `arguments`: JSON text for a function, free text for a custom tool.

    The model may have written broken JSON, and with the finish reason `length` the last call is cut: run no call before
    the verdict on the answer, and none whose arguments do not parse.

    kind: "function", "custom", or "function_call" for the deprecated single call. extra: keys unknown to us, those
    beside the name under the kind.
    """

    id: str
    name: str
    arguments: str
    kind: str = "function"
    index: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A call is being carried out now. arguments: as they run, which the user may have changed."""

    id: str
    name: str
    arguments: str
    index: int = 0


RETURNED = ("ok", "failed", "invalid", "refused", "declined", "cancelled")
"""How a call ended: it ran; it ran and failed; it could not run, by its name or its arguments; nobody was there to
approve it; the user said no; the user stopped it."""


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """What a call came to. status: one of `RETURNED`. text: the result; the model may get a line of ours before it.
    seconds: it took, or None where it did not run."""

    id: str
    name: str
    status: str
    text: str
    seconds: float | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class SchemaMismatch:
    """A whole answer that is not what was asked for. errors: pointers into it ("" for all of it), and what is wrong
    there. repairing: it is asked for once more now."""

    errors: tuple[tuple[str, str], ...]
    repairing: bool = False
    index: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole answer that is what was asked for. text: its JSON as it is printed, one item a line where several were
    asked for. value: what it says."""

    text: str
    value: Any
    index: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the answer cost, by the rule of wire-protocol §3.4. Counts in tokens; neurons None where unsaid.

    raw: the server's own usage object (of a stream, with the counts of the rule put in), unknown keys kept.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int = 0
    neurons: float | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer ended as an answer does: with finish reasons or `[DONE]`. One reason a choice, None where unsaid."""

    reasons: tuple[str | None, ...]

    @property
    def reason(self) -> str | None:
        return self.reasons[0] if self.reasons else None


Event = (
    Requested
    | Responded
    | Retrying
    | Metadata
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | LogProbs
    | Annotation
    | Audio
    | ContentPart
    | ToolCalled
    | ToolStarted
    | ToolReturned
    | SchemaMismatch
    | Parsed
    | Usage
    | Finished
)


def to_json(event: Event) -> dict[str, Any] | None:
    """The `--jsonl` object of an event, or None for one that is not part of that contract."""
    match event:
        case TextDelta(text, index):
            return {"type": "text_delta", "index": index, "text": text}
        case ReasoningDelta(text, index):
            return {"type": "reasoning_delta", "index": index, "text": text}
        case RefusalDelta(text, index):
            return {"type": "refusal_delta", "index": index, "text": text}
        case LogProbs(tokens, index, channel):
            return {"type": "logprobs", "index": index, "channel": channel, "tokens": list(tokens)}
        case Annotation(annotation, index):
            return {"type": "annotation", "index": index, "annotation": annotation}
        case Audio(audio, index):
            return {"type": "audio", "index": index, "audio": audio}
        case ContentPart(part, index):
            return {"type": "content_part", "index": index, "part": part}
        case ToolCalled(id, name, arguments, kind, index):
            call = {"id": id, "kind": kind, "name": name, "arguments": arguments}
            return {"type": "tool_called", "index": index, **call}
        case ToolReturned(id, name, status, text, seconds, index):
            took = None if seconds is None else round(seconds, 3)
            result = {"status": status, "seconds": took, "bytes": len(text.encode("utf-8", "replace")), "text": text}
            return {"type": "tool_returned", "index": index, "id": id, "name": name, **result}
        case Retrying(attempt, of, wait, reason):
            return {"type": "retrying", "attempt": attempt, "of": of, "wait": round(wait, 3), "reason": reason}
        case SchemaMismatch(errors, repairing, index):
            told = [{"path": path, "message": message} for path, message in errors]
            return {"type": "schema_mismatch", "index": index, "errors": told, "repairing": repairing}
        case Parsed(_, value, index):
            return {"type": "parsed", "index": index, "value": value}
        case Usage():
            details = {key: event.raw[key] for key in _USAGE_DETAILS if isinstance(event.raw.get(key), dict)}
            return {"type": "usage", **usage_json(event), **details}
        case _:
            return None


def usage_json(usage: Usage) -> dict[str, Any]:
    """Our own five counts, in a fixed order."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "neurons": usage.neurons,
    }
