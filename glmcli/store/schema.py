"""Opens `sessions.db` and brings its tables to today's version. Knows tables, not conversations.

Rollback journal, since a WAL database cannot be read in a read-only folder, and a WAL is checkpointed away by every
process that ends anyway (reliability §6.2). Syncs of one transaction at synchronous=FULL, counted with strace (SQLite
3.40.1, an insert and an update): journal_mode DELETE 4, TRUNCATE 5, PERSIST 5. DELETE it is, SQLite's own default; it
also leaves no copy of what was removed in a journal. A turn is two transactions, so 8 syncs; an answer's spool none.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.errors import StoreError
from glmcli.private_file import make_folder

if TYPE_CHECKING:
    import sqlite3

# One entry a version; each brings the tables of the version before it up to its own. Never edit one that was released.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        # `system`, `options`, `tools`, `extra`, `message`, `usage` and `reasoning` hold JSON.
        """CREATE TABLE session (
            id TEXT PRIMARY KEY,
            name TEXT UNIQUE,
            title TEXT NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            profile TEXT,
            model TEXT,
            system TEXT,
            options TEXT,
            tools TEXT,
            extra TEXT,
            head INTEGER
        )""",
        "CREATE INDEX session_updated ON session (updated)",
        # A tree. Ids are never used twice, so the index of words (`glmcli.store.search`), which is made by the first
        # search and is no part of a version, is brought up to date by "everything after".
        # `log` names the spool that an answer came through, so that it is never kept twice.
        """CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            parent INTEGER,
            log TEXT,
            status TEXT NOT NULL,
            created REAL NOT NULL,
            model TEXT,
            finish_reason TEXT,
            usage TEXT,
            cost REAL,
            message TEXT NOT NULL,
            reasoning TEXT,
            extra TEXT
        )""",
        "CREATE INDEX message_session ON message (session)",
        # Which session was used last in which terminal.
        """CREATE TABLE terminal (
            id TEXT PRIMARY KEY,
            session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            used REAL NOT NULL
        )""",
    ),
)

BUSY_SECONDS = 10.0


def connect(path: Path, *, create: bool, steps: Sequence[Sequence[str]] = STEPS) -> "sqlite3.Connection":
    """An open database of the newest version, in autocommit mode.

    create: make the file where there is none; else its absence is an empty store in memory. Raises StoreError, also
    where the file was written by a newer version than this one.
    """
    import sqlite3

    with trouble(path):
        there = path.exists()
        if create and not there:
            make_private(path)
        name = str(path) if create or there else ":memory:"
        db = sqlite3.connect(name, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA foreign_keys=ON")
            migrate(db, path, steps)
        except BaseException:
            db.close()
            raise
        return db


def make_private(path: Path) -> None:
    """An empty file that only its owner can read, in a folder that only its owner can enter. Only ever where there is
    no file: closing a second descriptor of an open database would drop SQLite's locks."""
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def migrate(db: "sqlite3.Connection", path: Path, steps: Sequence[Sequence[str]]) -> None:
    """Runs the steps that this file has not seen, all in one transaction."""
    import sqlite3

    if version(db, path, steps) == len(steps):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited.
        for step in steps[version(db, path, steps) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version={len(steps)}")
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise


def version(db: "sqlite3.Connection", path: Path, steps: Sequence[Sequence[str]]) -> int:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > len(steps):
        raise StoreError(
            f"{path} was written by a newer glm (version {found} of the store, this one knows {len(steps)})",
            hint="Upgrade glm, or use another directory with --config-dir, or --no-log.",
        )
    return found


_CURES = (
    ("locked", "Another glm is writing to it; try again."),
    ("full", "Free some space on that disk."),
    ("disk I/O", "Free some space on that disk, and check that it works."),
    ("not a database", "Move that file away; a new one is made."),
    ("malformed", "Move that file away; a new one is made. `sqlite3 FILE .recover` may save what is in it."),
)


@contextlib.contextmanager
def trouble(path: Path) -> Iterator[None]:
    """What SQLite and the disk complain about, as StoreError."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, OSError) as error:
        said = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
        default = f"Check that {path.parent} can be written, or use --no-log."
        cure = next((cure for word, cure in _CURES if word in said), default)
        raise StoreError(f"the session store {path}: {said}", hint=cure) from error
