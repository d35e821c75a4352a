"""Finds sessions by what a person types or did: a name, the beginning of an id, what was used last. Only reads."""

from __future__ import annotations

from typing import Any

from glmcli.store.connection import Connection
from glmcli.store.records import SESSION_COLUMNS, AmbiguousSession, Session, UnknownSession, label, session_from

SHORTEST_PREFIX = 4
"""A shorter word is never taken for the beginning of an id: ids made in one decade begin alike."""
SHOWN_PREFIX = 10
"""Hex digits of an id that say when it was made to a quarter of a second."""
_LISTED = 5


def select(db: Connection, condition: str, *values: Any) -> list[Session]:
    """The sessions for which an SQL condition (and what may follow one) holds."""
    return [session_from(row) for row in db.rows(f"SELECT {SESSION_COLUMNS} FROM session {condition}", *values)]


def find(db: Connection, key: str) -> Session:
    """The session of that name, else the one whose id begins so. Raises AmbiguousSession, UnknownSession."""
    word = label(key) or ""
    found = select(db, "WHERE name = ?", word)
    if not found and len(word) >= SHORTEST_PREFIX:
        start = word.lower()
        found = select(db, "WHERE id >= ? AND id < ? ORDER BY id", start, f"{start}\U0010ffff")
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnknownSession(f"there is no session {key!r}", hint=_nearest(db, word))
    shown = ", ".join(f"{short_id(db, each.id)} ({each.name or each.title})" for each in found[:_LISTED])
    more = f", and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise AmbiguousSession(f"{key!r} begins the ids of {len(found)} sessions", hint=f"Which one? {shown}{more}")


def _nearest(db: Connection, word: str) -> str:
    from difflib import get_close_matches

    names = [name for (name,) in db.rows("SELECT name FROM session WHERE name IS NOT NULL")]
    close = get_close_matches(word, names, n=1)
    if not close and len(word) >= SHORTEST_PREFIX:
        ids = db.rows("SELECT id FROM session ORDER BY updated DESC LIMIT 1000")
        close = get_close_matches(word, [id[: max(len(word), SHOWN_PREFIX)] for (id,) in ids], n=1)
    nearest = f"Did you mean {close[0]}? " if close else ""
    return f"{nearest}`glm sessions list` shows what there is."


def last(db: Connection, terminal: str | None) -> Session | None:
    """The session used last in this terminal, else the one used last anywhere."""
    if terminal:
        here = select(db, "WHERE id = (SELECT session FROM terminal WHERE terminal.id = ?)", label(terminal))
        if here:
            return here[0]
    return next(iter(newest(db, 1)), None)


def newest(db: Connection, limit: int | None) -> list[Session]:
    """Sessions, the one used last first."""
    return select(db, "ORDER BY updated DESC, id DESC LIMIT ?", -1 if limit is None else limit)


def short_id(db: Connection, id: str) -> str:
    """As much of an id as tells it from every other one, and at least SHOWN_PREFIX digits."""
    (before,) = db.rows("SELECT max(id) FROM session WHERE id < ?", id)[0]
    (after,) = db.rows("SELECT min(id) FROM session WHERE id > ?", id)[0]
    same = max(_common(id, before or ""), _common(id, after or ""))
    return id[: max(SHOWN_PREFIX, same + 1)]


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (mine, theirs) in enumerate(pairs) if mine != theirs), min(len(one), len(other)))
