"""How full the context window of the model is: counted by the server as far as it said, estimated from there on.

A token is taken for four bytes of UTF-8, which is about right for English, and three for four Chinese characters; a
message costs four tokens more, and what is attached a thousand. The window holds the answer too. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glmcli.api.events import Usage
from glmcli.errors import UsageError

Message = dict[str, Any]

WINDOW = 131_072
"""Tokens of GLM-4.7-Flash, input and output together (documentation page; wire-protocol §6)."""

BYTES_A_TOKEN = 4
A_MESSAGE = 4
AN_ATTACHMENT = 1000
LEVELS = (95, 90, 80)
"""Percent from which on it is said how full it is; once each."""


def window(model: str) -> int | None:
    """The tokens that a model takes; None for one that nothing is known about."""
    return WINDOW if "glm-4.7-flash" in model.lower() else None


def estimate_text(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)


def estimate(message: Mapping[str, Any]) -> int:
    """The tokens of a message, about."""
    from glmcli.store.records import text_of

    content = message.get("content")
    parts = content if isinstance(content, list) else []
    attached = [it for it in parts if it.get("type") not in ("text", "refusal")]
    text = text_of({**message, "content": [it for it in parts if it not in attached]} if parts else message)
    calls = message.get("tool_calls")
    text += json.dumps(calls, ensure_ascii=False) if calls else ""
    return A_MESSAGE + estimate_text(text) + AN_ATTACHMENT * len(attached)


@dataclass(frozen=True)
class Filled:
    """tokens: of the conversation. counted: those of them that the server counted. window: None where it is not
    known. shares: tokens by role, about; they add up to all."""

    tokens: int
    counted: int
    window: int | None
    shares: Mapping[str, int]

    @property
    def percent(self) -> float:
        return 100 * self.tokens / self.window if self.window else 0.0


class Room:
    """Remembers what the server counted, and what was said about it."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[Message, int]] = {}
        self._said = 0
        self._refused: object = None

    def counted(self, messages: Sequence[Message], usage: Usage) -> None:
        """The server counted these messages, up to the answer among them that is the last. Thinking is not sent on, so
        it does not count."""
        answer = next((it for it in reversed(messages) if it.get("role") == "assistant"), None)
        if answer is None:
            return
        details = usage.raw.get("completion_tokens_details")
        thinking = details.get("reasoning_tokens") if isinstance(details, dict) else None
        thinking = min(thinking, usage.completion_tokens) if isinstance(thinking, int) else 0
        self._counts[id(answer)] = (answer, usage.prompt_tokens + usage.completion_tokens - thinking)

    def knows(self, messages: Iterable[Message]) -> bool:
        """Whether the server counted any of these."""
        return any(id(message) in self._counts for message in messages)

    def filled(self, messages: Sequence[Message], model: str) -> Filled:
        """How full a conversation with these messages is, the system prompt among them."""
        estimates = [estimate(message) for message in messages]
        counted, rest = 0, sum(estimates)
        for at in range(len(messages) - 1, -1, -1):
            known = self._counts.get(id(messages[at]))
            if known is not None:
                counted, rest = known[1], sum(estimates[at + 1 :])
                break
        tokens, guessed = counted + rest, sum(estimates) or 1
        shares: dict[str, int] = {}
        for message, share in zip(messages, estimates, strict=True):
            role = str(message.get("role", "?"))
            shares[role] = shares.get(role, 0) + share
        scaled = {role: round(share * tokens / guessed) for role, share in shares.items()}
        return Filled(tokens, counted, window(model), scaled)

    def doubt(self, filled: Filled, asked: object) -> str | None:
        """What to say before a conversation that is so full is sent, if anything.

        asked: what is new in it. Raises UsageError for one that does not fit, but not for the same one again: the
        estimate may be wrong.
        """
        if filled.window is None:
            return None
        if filled.tokens >= filled.window and asked is not self._refused:
            self._refused = asked
            about = "" if filled.counted == filled.tokens else "about "
            raise UsageError(
                f"the conversation has {about}{filled.tokens:,} tokens and the model takes {filled.window:,}, its"
                " answer included; nothing was sent",
                hint="/compact goes on with a summary, /new starts over, /file none drops what waits, /retry sends it"
                " all the same.",
            )
        level = next((it for it in LEVELS if filled.percent >= it), 0)
        before, self._said = self._said, level
        if level <= before:
            return None
        return f"the conversation fills {filled.percent:.0f} % of what the model takes; /compact makes room"
