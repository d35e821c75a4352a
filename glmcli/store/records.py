"""What is kept of a conversation: a session, its messages, and how they become columns and come back.

Content (messages, reasoning, system prompts) is kept as JSON, so that NUL and lone surrogates survive; labels (titles,
model names) are plain text, in which those are replaced. Touches no file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from glmcli.api.unicode import well_formed
from glmcli.errors import UsageError

Status = Literal["complete", "interrupted", "error"]

HEAD: Final = -1
"""As a parent: whatever message the session's head is when the new one is written."""

TITLE_LENGTH = 80


class UnknownSession(UsageError):
    """No session has that name or an id that starts so."""


class AmbiguousSession(UsageError):
    """Several sessions have an id that starts so."""


@dataclass(frozen=True)
class Session:
    """A stored conversation and what it goes on with (interface §7).

    id: sorts by time of creation. name: given by the user, unique. title: from the first prompt. created, updated:
    seconds since the epoch; updated is the last use. options: request fields. tools: definitions as in the request.
    head: the newest message of the conversation, which is the path from the first message to it.
    """

    id: str
    name: str | None = None
    title: str = ""
    created: float = 0.0
    updated: float = 0.0
    profile: str | None = None
    model: str | None = None
    system: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    tools: list[Any] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    head: int | None = None


@dataclass(frozen=True)
class StoredMessage:
    """One message of the tree.

    message: in the API's own form. created: seconds since the epoch. usage: the counts of `events.usage_json`, and the
    server's own under `raw`. cost: dollars. extra: of an answer, where there is any: `choices` (the other ones),
    `annotations`, `error` (as in `--json`), `reasoning_field` (the name that the thinking before calls came under).
    """

    id: int
    session: str
    parent: int | None
    message: dict[str, Any]
    status: Status = "complete"
    created: float = 0.0
    model: str | None = None
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None
    cost: float | None = None
    reasoning: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def role(self) -> str:
        return str(self.message.get("role", ""))

    @property
    def text(self) -> str:
        return text_of(self.message)


SESSION_COLUMNS = "id, name, title, created, updated, profile, model, system, options, tools, extra, head"
MESSAGE_COLUMNS = "id, session, parent, message, status, created, model, finish_reason, usage, cost, reasoning, extra"


def session_from(row: tuple[Any, ...]) -> Session:
    """A row of SESSION_COLUMNS."""
    id, name, title, created, updated, profile, model, system, options, tools, extra, head = row
    return Session(
        id,
        name,
        title,
        created,
        updated,
        profile,
        model,
        loads(system),
        loads(options) or {},
        loads(tools) or [],
        loads(extra) or {},
        head,
    )


def message_from(row: tuple[Any, ...]) -> StoredMessage:
    """A row of MESSAGE_COLUMNS."""
    id, session, parent, message, status, created, model, reason, usage, cost, reasoning, extra = row
    return StoredMessage(
        id,
        session,
        parent,
        loads(message),
        cast(Status, status),
        created,
        model,
        reason,
        loads(usage),
        cost,
        loads(reasoning) or "",
        loads(extra) or {},
    )


def dumps(value: Any) -> str | None:
    """JSON text that SQLite can hold; None, and an empty text or object, as None."""
    if not value:
        return None
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: only as \uXXXX is it text
        return json.dumps(value, separators=(",", ":"))
    return text


def loads(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def label(text: str | None) -> str | None:
    """Text that SQLite can hold and search: no NUL, no surrogate."""
    if text is None:
        return None
    return well_formed(text).replace("\0", "\ufffd")


def text_of(message: Mapping[str, Any]) -> str:
    """What a person reads of a message: its text, and for parts that are none what they are."""
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, str):
        return content
    return "\n\n".join(_text_of_part(part) for part in content)


def _text_of_part(part: Mapping[str, Any]) -> str:
    kind = str(part.get("type", ""))
    if isinstance(part.get(kind), str):  # text, refusal
        return str(part[kind])
    described = part.get(kind) or {}
    name = described.get("filename") or described.get("file_id") or described.get("url") or described.get("format")
    shown = str(name or "").partition(",")[0] if str(name).startswith("data:") else str(name or "")
    return f"[{kind}: {shown}]" if shown else f"[{kind}]"


def said(message: Mapping[str, Any]) -> str:
    """The text of a message, and its calls of tools as lines below."""
    calls = [call.get("function") or call.get("custom") or {} for call in message.get("tool_calls") or ()]
    if message.get("function_call"):
        calls.append(message["function_call"])
    lines = [f"→ {call.get('name')}({call.get('arguments', call.get('input', ''))})" for call in calls]
    return "\n".join(part for part in (text_of(message), *lines) if part)


def title_of(message: Mapping[str, Any]) -> str:
    """The first line of a prompt that is not blank, its blanks single, cut to TITLE_LENGTH characters. Documents that
    it begins with count by their names, and only where nothing follows them."""
    text = text_of(message)
    names = []
    while (document := _DOCUMENT.match(text)) is not None:
        names.append(document[2])
        text = text[document.end() :]
    for line in [*text.splitlines(), ", ".join(names)]:
        title = " ".join(line.split())
        if title:
            shown = title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
            return label(shown) or ""
    return ""


_DOCUMENT = re.compile(r"\s*(`{3,}) ([^\n`]+)\n.*?\n\1(?!`)[^\S\n]*(?:\n|\Z)", re.DOTALL)


def check_name(name: str) -> str:
    """A name that can be typed again. Raises UsageError."""
    if not name or name != name.strip() or not name.isprintable() or name.startswith("-"):
        raise UsageError(
            f"{name!r} cannot be the name of a session",
            hint="A name is printable, does not begin with a hyphen, and has no blanks around it.",
        )
    return name
