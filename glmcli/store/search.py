"""Full-text search over everything that was said: prompts, answers, reasoning, calls of tools and their results.

An index of words (FTS5, where SQLite has it) only narrows the search; every message it names is looked at again. So
the answer is the same with the index, without it, and with a broken one. The index is brought up to date by the
search and not by the turns: they write not a byte more for it, and nothing that happens to it can harm a message.
Ids grow in the order of the transactions and are never used twice, so "everything after the last one" is all that is
missing. Where a message goes or changes, the whole index goes in the same transaction, words that were removed with
it; the next search makes another one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glmcli.errors import StoreError
from glmcli.store.connection import Connection
from glmcli.store.records import MESSAGE_COLUMNS, StoredMessage, label, message_from, said
from glmcli.store.words import Wanted, fold

_BLOCK = 500
"""Messages that are indexed in one transaction, so that other processes need not wait long."""

# Only which words a message has, not where and not the text: it is in the table `message`. Other words need a new name.
_CREATE = "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='', detail=none)"


@dataclass(frozen=True)
class Hit:
    """A message that was found. part: `user`, `assistant`, `tool`, or `reasoning`: where the snippet is from.
    snippet: one line around the first word that was found."""

    message: StoredMessage
    part: str
    snippet: str


def search(db: Connection, text: str, limit: int | None) -> list[Hit]:
    """The messages in which all words of the text begin words, the newest first; those of left branches too."""
    wanted = Wanted(text)
    hits: list[Hit] = []
    for id in _candidates(db, wanted):
        if limit is not None and len(hits) >= limit:
            break
        for row in db.rows(f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id = ?", id):
            message = message_from(row)
            parts = list(_parts(message))
            if wanted.found_in(fold("\n".join(text for _, text in parts))):
                hits.append(Hit(message, *wanted.snippet(parts)))
    return hits


def forget(db: Connection) -> None:
    """Drops the index, in the transaction that removes or changes messages. Of one that is broken, or that this SQLite
    cannot read, the words go at least."""
    try:
        db.run("DROP TABLE IF EXISTS words")
    except StoreError:
        for table in ("data", "idx", "docsize"):
            with contextlib.suppress(StoreError):
                db.run(f"DROP TABLE IF EXISTS words_{table}")


def _candidates(db: Connection, wanted: Wanted) -> list[int]:
    """The ids of messages that may have the words, the newest first."""
    expression = wanted.expression
    if expression is not None:
        for _ in range(2):  # a broken index is made anew, once
            try:
                _catch_up(db)
                return _ids(db, "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC", expression)
            except StoreError:
                forget(db)
    return _ids(db, "SELECT id FROM message ORDER BY id DESC")


def _catch_up(db: Connection) -> None:
    """Indexes the messages that came since the last time. Raises StoreError where there can be no index."""
    while _last_indexed(db) < _ids(db, "SELECT ifnull(max(id), 0) FROM message")[0]:
        with db.transaction():
            db.run(_CREATE)
            last = _last_indexed(db)  # another process may have been at it
            sql = f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id > ? ORDER BY id LIMIT ?"
            for message in map(message_from, db.rows(sql, last, _BLOCK)):
                folded = fold("\n".join(text for _, text in _parts(message)))
                db.run("INSERT INTO words (rowid, text) VALUES (?, ?)", message.id, label(folded))


def _last_indexed(db: Connection) -> int:
    if not db.rows("SELECT 1 FROM sqlite_master WHERE name = 'words'"):
        return 0
    return _ids(db, "SELECT ifnull(max(id), 0) FROM words_docsize")[0]


def _ids(db: Connection, sql: str, *values: Any) -> list[int]:
    return [int(id) for (id,) in db.rows(sql, *values)]


def _parts(stored: StoredMessage) -> Iterator[tuple[str, str]]:
    """What can be found in a message: the name of each part, and its text."""
    yield stored.role, said(stored.message)
    yield "reasoning", stored.reasoning
    for choice in stored.extra.get("choices", ()):
        yield stored.role, said(choice["message"])
        yield "reasoning", choice.get("reasoning") or ""
