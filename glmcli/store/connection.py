"""One connection to `sessions.db`: transactions, statements, and what SQLite complains about as StoreError. Knows no
table.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glmcli.errors import StoreError
from glmcli.store.schema import BUSY_SECONDS, connect, trouble

Rows = list[tuple[Any, ...]]

MUCH = 1024 * 1024
"""Bytes that must be free in the file, and be a quarter of it, before it is written anew without them."""


class Connection:
    """Statements on an open database. Every method raises StoreError where disk or file do not do as they should."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._db = connect(path, create=create)

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept together, or none of it. May be nested: the outermost one counts.

        It takes the write lock at once: a reader that became a writer later could not wait for another one.
        """
        with trouble(self.path):
            nested = self._db.in_transaction
        if nested:
            yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            with contextlib.suppress(StoreError):  # a full disk has ended it already
                self.run("ROLLBACK")
            raise

    def run(self, sql: str, *values: Any) -> int:
        """Runs one statement; returns how many rows it changed."""
        with trouble(self.path):
            return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, *values: Any) -> Rows:
        with trouble(self.path):
            return self._db.execute(sql, values).fetchall()

    def shrink(self) -> None:
        """Gives the disk back what is free in the file, if that is much. Not while another process uses the file, nor
        where there is no room for the copy that it takes: then a later call does it."""
        [(free,)], [(pages,)], [(size,)] = (
            self.rows(f"PRAGMA {name}") for name in ("freelist_count", "page_count", "page_size")
        )
        if free * size < MUCH or free * 4 < pages:
            return
        self.run("PRAGMA busy_timeout=0")
        with contextlib.suppress(StoreError):
            self.run("VACUUM")
        self.run(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Adds one row; returns its rowid."""
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        with trouble(self.path):
            return int(self._db.execute(sql, tuple(row.values())).lastrowid or 0)
