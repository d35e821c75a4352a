"""The file gives back to the disk what removed conversations took, and another process at it is no hindrance."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from glmcli.store import Store
from tests.store.conftest import Open

LONG = {"role": "user", "content": "word " * 500_000}  # 2.5 MB
SHORT = {"role": "user", "content": "kept"}


def filled(store: Store) -> tuple[str, str]:
    """A short session and a long one."""
    kept, gone = store.create(), store.create()
    store.add_message(kept.id, SHORT)
    store.add_message(gone.id, LONG)
    return kept.id, gone.id


def size(folder: Path) -> int:
    return (folder / "sessions.db").stat().st_size


def test_the_file_shrinks_when_much_was_removed(store: Store, open_store: Open, folder: Path) -> None:
    kept, gone = filled(store)
    other = open_store()
    assert other.search("kept") != []  # makes the index, too
    full = size(folder)
    assert store.remove([gone]) == 1
    assert size(folder) * 10 < full
    assert [it.message for it in other.messages(kept)] == [SHORT]
    assert [hit.message.session for hit in other.search("kept")] == [kept]
    other.add_message(kept, SHORT)
    assert store.count(kept) == 2


def test_a_little_that_was_removed_is_left_to_be_used_again(store: Store, folder: Path) -> None:
    kept, _ = filled(store)
    full = size(folder)
    store.remove([kept])
    assert size(folder) == full


def test_the_file_stays_as_it_is_while_another_process_reads_it(store: Store, folder: Path) -> None:
    kept, gone = filled(store)
    more = store.create()
    store.add_message(more.id, LONG)
    with contextlib.closing(sqlite3.connect(folder / "sessions.db", isolation_level=None)) as other:
        removed = store.remove  # its own commit cannot pass a reader either, so the reader comes in between
        shrink = store._db.shrink

        def while_it_is_read() -> None:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM session").fetchone()
            shrink()

        store._db.shrink = while_it_is_read  # type: ignore[method-assign]
        full = size(folder)
        assert removed([gone]) == 1
        assert size(folder) == full
        other.execute("COMMIT")
    assert [it.message for it in store.messages(kept)] == [SHORT]
    assert store._db.rows("PRAGMA busy_timeout") == [(10_000,)]
    shrink()
    assert size(folder) < full
