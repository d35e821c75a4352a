"""Whether the store is whole, for `glm config doctor`: looks without changing anything, and without the tables of a
newer version in its way.
"""

from __future__ import annotations

from pathlib import Path

from glmcli.errors import StoreError
from glmcli.store.database import FILE_NAME
from glmcli.store.schema import trouble


def examine_store(folder: Path) -> str:
    """What there is, in words: `12 conversations, 1.5 MB`. Raises StoreError for a file that is damaged, or is none of
    SQLite's."""
    import sqlite3

    path = folder / FILE_NAME
    if not path.exists():
        return "nothing is stored yet"
    if path.with_name(f"{FILE_NAME}-journal").exists():  # which cannot be read past without writing
        return "a write is going on, or was cut short; the next use puts it right"
    with trouble(path):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            [(said,)] = db.execute("PRAGMA quick_check(1)").fetchall()
            known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'session'").fetchall()
            count = db.execute("SELECT count(*) FROM session").fetchone()[0] if known else 0
        finally:
            db.close()
    if said != "ok":
        raise StoreError(
            f"the session store {path} is damaged: {said.splitlines()[-1]}",
            hint=f"Save what can be saved, then move it away: sqlite3 {path} .recover",
        )
    conversations = "1 conversation" if count == 1 else f"{count} conversations"
    return f"{conversations}, {path.stat().st_size / 1e6:.1f} MB"
