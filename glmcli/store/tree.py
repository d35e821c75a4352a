"""The messages of a session: a tree, each under the one it follows. SQL on the table `message` alone.

A conversation is a path of it, from the first message to the session's head.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glmcli.store.connection import Connection
from glmcli.store.records import MESSAGE_COLUMNS, StoredMessage, dumps, label, message_from

# From a message up to the first one of its session.
_PATH = """WITH RECURSIVE path (id, depth) AS (
    SELECT ?, 0
    UNION ALL
    SELECT message.parent, depth + 1 FROM message JOIN path USING (id) WHERE message.parent IS NOT NULL
)"""


def path(db: Connection, head: int | None) -> list[StoredMessage]:
    """The messages from the first one to `head`."""
    columns = ", ".join(f"message.{column}" for column in MESSAGE_COLUMNS.split(", "))
    rows = db.rows(f"{_PATH} SELECT {columns} FROM path JOIN message USING (id) ORDER BY depth DESC", head)
    return [message_from(row) for row in rows]


def holds(db: Connection, head: int | None, message: int) -> bool:
    """Whether that path has the message."""
    return bool(db.rows(f"{_PATH} SELECT 1 FROM path WHERE id = ?", head, message))


def length(db: Connection, head: int | None) -> int:
    """How many messages that path has."""
    return int(db.rows(f"{_PATH} SELECT count(id) FROM path", head)[0][0])


def everything(db: Connection, session: str) -> list[StoredMessage]:
    """All messages of a session, oldest first."""
    rows = db.rows(f"SELECT {MESSAGE_COLUMNS} FROM message WHERE session = ? ORDER BY id", session)
    return [message_from(row) for row in rows]


def add(db: Connection, session: str, parent: int | None, values: Mapping[str, Any], **more: Any) -> int:
    """A new message under `parent`. values: by their names in StoredMessage. more: columns as they are."""
    row = {
        "session": session,
        "parent": parent,
        "status": values["status"],
        "created": values["created"],
        "model": label(values.get("model")),
        "finish_reason": label(values.get("finish_reason")),
        "usage": dumps(values.get("usage")),
        "cost": values.get("cost"),
        "message": dumps(values["message"]),
        "reasoning": dumps(values.get("reasoning")),
        "extra": dumps(values.get("extra")),
    }
    return db.insert("message", {**row, **more})


def of_log(db: Connection, session: str, parent: int | None, log: str) -> int | None:
    """The message that an answer was made into already. It is newer than its question, which keeps the search short."""
    rows = db.rows("SELECT id FROM message WHERE session = ? AND id > ? AND log = ?", session, parent or 0, log)
    return rows[0][0] if rows else None


def replace(db: Connection, message: int, values: Mapping[str, Any], log: str) -> None:
    """Other content for a message that stays where it is."""
    ((session, parent),) = db.rows("SELECT session, parent FROM message WHERE id = ?", message)
    db.run("DELETE FROM message WHERE id = ?", message)
    add(db, session, parent, values, id=message, log=log)


def hang(db: Connection, message: int, parent: int | None) -> None:
    """Moves a message, and all that follows it, under another one."""
    db.run("UPDATE message SET parent = ? WHERE id = ?", parent, message)


def step_below(db: Connection, ancestor: int | None, head: int | None) -> int | None:
    """The message right under `ancestor` on the way to the head; None where the head is it, or is on another way."""
    step = head
    while step is not None and step != ancestor:
        rows = db.rows("SELECT parent FROM message WHERE id = ?", step)
        above = rows[0][0] if rows else None
        if above == ancestor:
            return step
        step = above
    return None
