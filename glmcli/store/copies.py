"""Messages brought into a session from another one: from a conversation in this store, or from a record of a whole
session (`export.record`), which is checked first, since it may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from glmcli.errors import UsageError
from glmcli.store import tree as messages_of
from glmcli.store.connection import Connection
from glmcli.store.records import Session, Status, StoredMessage, label

RECORD_VERSION = 1

_KEPT = ("message", "status", "created", "model", "finish_reason", "reasoning", "extra")
_PAID = ("usage", "cost")

_NUMBER, _TEXT = (int, float), (str, type(None))
_SESSION: dict[str, Any] = {
    "id": str,
    "name": _TEXT,
    "title": str,
    "created": _NUMBER,
    "updated": _NUMBER,
    "profile": _TEXT,
    "model": _TEXT,
    "system": _TEXT,
    "options": dict,
    "tools": list,
    "extra": dict,
    "head": (int, type(None)),
}
_MESSAGE: dict[str, Any] = {
    "id": int,
    "session": str,
    "parent": (int, type(None)),
    "message": dict,
    "status": str,
    "created": _NUMBER,
    "model": _TEXT,
    "finish_reason": _TEXT,
    "usage": (dict, type(None)),
    "cost": (*_NUMBER, type(None)),
    "reasoning": str,
    "extra": dict,
}


def path(db: Connection, session: str, messages: Iterable[StoredMessage]) -> int | None:
    """Copies a conversation, without what its answers cost; returns the id of its last message."""
    last = None
    for message in messages:
        last = messages_of.add(db, session, last, {key: getattr(message, key) for key in _KEPT})
    return last


def tree(db: Connection, session: str, messages: Iterable[StoredMessage]) -> dict[int | None, int]:
    """Copies messages with their branches; returns the new id of each."""
    ids: dict[int | None, int] = {}
    waiting = list(messages)
    for message in waiting:
        values = {key: getattr(message, key) for key in (*_KEPT, *_PAID)}
        ids[message.id] = messages_of.add(db, session, None, values)
    for message in waiting:  # a message may stand before the one that it follows
        if message.parent is not None:
            messages_of.hang(db, ids[message.id], ids[message.parent])
    return ids


def read(record: Any) -> tuple[Session, list[StoredMessage]]:
    """The session and the messages of a record. Raises UsageError for anything else."""
    if not isinstance(record, dict) or not isinstance(record.get("messages"), list):
        raise _refused("it has no session and messages in it")
    if record.get("version") != RECORD_VERSION:
        raise _refused(f"its version is {record.get('version')!r}, and this glm knows {RECORD_VERSION}")
    session = Session(**_checked(record.get("session"), _SESSION, "the session"))
    if not session.id or label(session.id) != session.id or not session.id.isalnum():
        raise _refused(f"{session.id!r} is no id of a session")
    messages = [
        StoredMessage(**_checked(item, _MESSAGE, f"message {number}"))
        for number, item in enumerate(record["messages"], 1)
    ]
    parents = {message.id: message.parent for message in messages}
    for number, message in enumerate(messages, 1):
        if message.status not in get_args(Status) or not isinstance(message.message.get("role"), str):
            raise _refused(f"message {number} has no role, or a status that there is not")
        if message.parent is not None and message.parent not in parents:
            raise _refused(f"message {number} follows one that is not there")
    if len(parents) < len(messages) or _goes_round(parents):
        raise _refused("two messages have one id, or follow each other")
    return session, messages


def _checked(item: Any, kinds: dict[str, Any], what: str) -> dict[str, Any]:
    """The known keys of an object, each of the kind that it has to be. Unknown ones are left out."""
    if not isinstance(item, dict):
        raise _refused(f"{what} is no object")
    for key, kind in kinds.items():
        if key not in item or not isinstance(item[key], kind) or isinstance(item[key], bool):
            raise _refused(f"{what} has no {key}, or none that can be")
    return {key: item[key] for key in kinds}


def _goes_round(parents: dict[int, int | None]) -> bool:
    """Whether some message comes before itself."""
    ends: set[int] = set()  # those known to lead to a first message
    for start in parents:
        way: dict[int, None] = {}
        step: int | None = start
        while step is not None and step not in ends:
            if step in way:
                return True
            way[step] = None
            step = parents[step]
        ends |= way.keys()
    return False


def _refused(why: str) -> UsageError:
    return UsageError(
        f"this is no session as `glm sessions export --format json` writes it: {why}",
        hint="A conversation in the form of the API can be gone on with: glm run --messages FILE",
    )
