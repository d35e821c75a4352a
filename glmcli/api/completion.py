"""One answer, folded out of its events: what it says, and the `chat.completion` object that it amounts to. No I/O."""

from __future__ import annotations

import json
from typing import Any

from glmcli.api.events import (
    Annotation,
    Audio,
    ContentPart,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
    usage_json,
)


class _Text:
    """Text that grows by deltas: adding costs the delta, reading joins once."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


class _Choice:
    __slots__ = (
        "annotations",
        "audio",
        "finish_reason",
        "known",
        "known_message",
        "logprobs",
        "parts",
        "reasoning",
        "reasoning_field",
        "refusal",
        "text",
        "tool_calls",
    )

    def __init__(self) -> None:
        self.text = _Text()
        self.reasoning = _Text()
        self.reasoning_field = "reasoning_content"
        self.refusal = _Text()
        self.tool_calls: list[ToolCalled] = []
        self.logprobs: dict[str, list[dict[str, Any]]] = {}
        self.annotations: list[dict[str, Any]] = []
        self.audio: list[dict[str, Any]] = []
        self.parts: list[dict[str, Any]] = []
        self.finish_reason: str | None = None
        self.known: dict[str, Any] = {}
        self.known_message: dict[str, Any] = {}


class Completion:
    """Feed it every event of an answer, also of one that never ends; a constant time for each.

    Where an index is asked for, it is that of a choice; one that never came is empty.
    """

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self._known: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}

    def feed(self, event: Event) -> None:
        """Takes an event; those that are not part of an answer are ignored, and `Retrying` begins anew."""
        match event:
            case TextDelta():
                self._choice(event.index).text.add(event.text)
            case ReasoningDelta():
                choice = self._choice(event.index)
                choice.reasoning.add(event.text)
                choice.reasoning_field = event.field
            case RefusalDelta():
                self._choice(event.index).refusal.add(event.text)
            case LogProbs():
                self._choice(event.index).logprobs.setdefault(event.channel, []).extend(event.tokens)
            case Annotation():
                self._choice(event.index).annotations.append(event.annotation)
            case Audio():
                self._choice(event.index).audio.append(event.audio)
            case ContentPart():
                self._choice(event.index).parts.append(event.part)
            case ToolCalled():
                self._choice(event.index).tool_calls.append(event)
            case Metadata():
                self._place(event).update(event.values)
            case Usage():
                self.usage = event
            case Finished():
                for index, reason in enumerate(event.reasons):
                    self._choice(index).finish_reason = reason
            case Retrying():
                self.usage = None
                self._known = {}
                self._choices = {}

    @property
    def choices(self) -> tuple[int, ...]:
        """The indexes of the choices, in their order."""
        return tuple(sorted(self._choices))

    @property
    def metadata(self) -> dict[str, Any]:
        """What the server said of the whole answer: id, created, model, and keys unknown to us."""
        return dict(self._known)

    def text(self, index: int = 0) -> str:
        return str(self._of(index).text)

    def reasoning(self, index: int = 0) -> str:
        return str(self._of(index).reasoning)

    def reasoning_field(self, index: int = 0) -> str:
        """The name that the reasoning came under."""
        return self._of(index).reasoning_field

    def refusal(self, index: int = 0) -> str:
        return str(self._of(index).refusal)

    def tool_calls(self, index: int = 0) -> list[ToolCalled]:
        return list(self._of(index).tool_calls)

    def annotations(self, index: int = 0) -> list[dict[str, Any]]:
        return list(self._of(index).annotations)

    def audio(self, index: int = 0) -> dict[str, Any] | None:
        """A spoken answer: id, data (base64), transcript, expires_at, as far as they came."""
        return joined_audio(self._of(index).audio)

    def parts(self, index: int = 0) -> list[dict[str, Any]]:
        """What the content holds besides text: images, say."""
        return list(self._of(index).parts)

    def finish_reason(self, index: int = 0) -> str | None:
        return self._of(index).finish_reason

    def message(self, index: int = 0, *, reasoning: bool = False) -> dict[str, Any]:
        """The assistant message for the history, valid under the request schema: no nulls, text never null
        (wire-protocol §4.3).

        reasoning: send the thinking back too, under the name it came in, as rounds of tool calls want it (§4.2).
        """
        choice = self._of(index)
        message: dict[str, Any] = {"role": "assistant", "content": str(choice.text)}
        thoughts = str(choice.reasoning)
        if reasoning and thoughts:
            message[choice.reasoning_field] = thoughts
        if refusal := str(choice.refusal):
            message["refusal"] = refusal
        audio = joined_audio(choice.audio)
        if audio and isinstance(audio.get("id"), str):
            message["audio"] = {"id": audio["id"]}
        return message | _calls_json(choice.tool_calls)

    def to_json(self) -> dict[str, Any]:
        """The whole `chat.completion` as far as it came.

        The keys that the response schema requires of a choice and its message are always there; of the answer itself,
        what the server said.
        """
        answer = dict(self._known)
        answer["object"] = "chat.completion"
        answer["choices"] = [_choice_json(index, self._choices[index]) for index in self.choices]
        if self.usage is not None:
            answer["usage"] = self.usage.raw or _plain_usage(self.usage)
        first = {key: answer.pop(key) for key in ("id", "object", "created", "model") if key in answer}
        return first | answer

    def _choice(self, index: int) -> _Choice:
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice()
        return choice

    def _of(self, index: int) -> _Choice:
        return self._choices.get(index) or _Choice()

    def _place(self, event: Metadata) -> dict[str, Any]:
        if event.place == "completion":
            return self._known
        choice = self._choice(event.index)
        return choice.known if event.place == "choice" else choice.known_message


def _choice_json(index: int, choice: _Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": _content_json(choice)}
    thoughts = str(choice.reasoning)
    if thoughts:
        message[choice.reasoning_field] = thoughts
    message["refusal"] = str(choice.refusal) or None
    if choice.annotations:
        message["annotations"] = list(choice.annotations)
    if audio := joined_audio(choice.audio):
        message["audio"] = audio
    known = dict(choice.known)
    logprobs = known.pop("logprobs", None)
    if choice.logprobs or isinstance(logprobs, dict):
        others = logprobs if isinstance(logprobs, dict) else {}
        logprobs = {"content": None, "refusal": None, **others, **choice.logprobs}
    return {
        "index": index,
        "message": message | _calls_json(choice.tool_calls, extra=True) | choice.known_message,
        "finish_reason": choice.finish_reason,
        "logprobs": logprobs,
        **known,
    }


def _content_json(choice: _Choice) -> str | list[dict[str, Any]] | None:
    text = str(choice.text)
    if not choice.parts:
        return text or None
    return [*([{"type": "text", "text": text}] if text else []), *choice.parts]


def _calls_json(calls: list[ToolCalled], *, extra: bool = False) -> dict[str, Any]:
    """`tool_calls` and `function_call` of a message, each only where there is one. extra: with keys unknown to us."""
    keys: dict[str, Any] = {}
    for call in calls:
        others = call.extra if extra else {}
        content = "input" if call.kind == "custom" else "arguments"
        text = call.arguments if extra or call.kind == "custom" else _as_object(call.arguments)
        body = {"name": call.name, content: text, **others.get(call.kind, {})}
        if call.kind == "function_call":
            keys["function_call"] = body
        else:
            item = {"id": call.id, "type": call.kind, **others, call.kind: body}
            keys.setdefault("tool_calls", []).append(item)
    return keys


def _as_object(arguments: str) -> str:
    """Arguments as they can be sent back: servers read them, and refuse a conversation for good in which they are no
    JSON object, which is what models write now and then (wire-protocol §8.3)."""
    try:
        if isinstance(json.loads(arguments), dict):
            return arguments
    except (ValueError, RecursionError):
        pass
    return json.dumps({"not_json": arguments}, ensure_ascii=False)


def joined_audio(pieces: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The pieces of a spoken answer as one object: data and transcript joined, of other keys the latest; None if
    there are none."""
    if not pieces:
        return None
    audio: dict[str, Any] = {}
    for piece in pieces:
        audio |= {key: value for key, value in piece.items() if value is not None or key not in audio}
    for key, join in (("data", _joined_base64), ("transcript", "".join)):
        texts = [piece[key] for piece in pieces if isinstance(piece.get(key), str)]
        if texts:
            audio[key] = join(texts)
    return audio


def _joined_base64(pieces: list[str]) -> str:
    """Base64 of the joined bytes: each piece may be padded, and padding may stand at the end only."""
    if not any("=" in piece for piece in pieces[:-1]):
        return "".join(pieces)
    import base64

    try:
        return base64.b64encode(b"".join(base64.b64decode(piece, validate=True) for piece in pieces)).decode()
    except ValueError:
        return "".join(pieces)


def _plain_usage(usage: Usage) -> dict[str, Any]:
    return {key: value for key, value in usage_json(usage).items() if value is not None}
