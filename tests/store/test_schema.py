"""The file: private from its creation, brought up to date step by step, readable where it cannot be written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmcli.errors import StoreError
from glmcli.store import Store
from glmcli.store.schema import STEPS, connect, make_private
from tests.store.conftest import Open

USER = {"role": "user", "content": "Hi"}


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_and_folder_are_private_from_the_start(folder: Path, open_store: Open) -> None:
    with umask(0):
        make_private(folder / "sessions.db")
        make_private(folder / "sessions.db")
        assert (mode(folder / "sessions.db"), mode(folder)) == (0o600, 0o700)
        store = open_store()
        with store.transaction():
            store.create()
            assert mode(folder / "sessions.db-journal") == 0o600
    assert mode(folder / "sessions.db") == 0o600


def test_where_nothing_is_stored_reading_makes_nothing(folder: Path, open_store: Open) -> None:
    store = open_store(create=False)
    assert (store.list(), store.last("tty")) == ([], None)
    assert not folder.exists()


def test_importing_the_store_does_not_import_sqlite() -> None:
    code = "import sys, glmcli.store; sys.exit('sqlite3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_journal_is_deleted_and_every_transaction_is_synced(folder: Path, open_store: Open) -> None:
    db = open_store()._db._db
    found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")]
    assert found == ["delete", 2, 10_000]


@pytest.mark.parametrize("old", range(len(STEPS) + 1))
def test_a_store_of_any_older_version_is_brought_up_to_date(folder: Path, open_store: Open, old: int) -> None:
    connect(folder / "sessions.db", create=True, steps=STEPS[:old]).close()
    store = open_store()
    session = store.create()
    store.add_message(session.id, USER)
    assert [message.message for message in open_store().messages(session.id)] == [USER]
    with contextlib.closing(sqlite3.connect(folder / "sessions.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_later_steps_keep_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    first = ("CREATE TABLE a (x)", "INSERT INTO a VALUES (1)")
    second = ("ALTER TABLE a ADD COLUMN y DEFAULT 2",)
    connect(path, create=True, steps=(first,)).close()
    with contextlib.closing(connect(path, create=True, steps=(first, second))) as db:
        assert db.execute("SELECT * FROM a").fetchall() == [(1, 2)]


def test_a_step_that_fails_leaves_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    first = ("CREATE TABLE a (x)",)
    connect(path, create=True, steps=(first,)).close()
    with pytest.raises(StoreError, match="nonsense"):
        connect(path, create=True, steps=(first, ("CREATE TABLE b (x)", "nonsense")))
    with contextlib.closing(connect(path, create=True, steps=(first,))) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",)]


def test_two_processes_can_make_the_store_at_once(folder: Path) -> None:
    code = (
        "import sys, pathlib; from glmcli.store import Store; from glmcli.world import new_id; import time\n"
        "Store(pathlib.Path(sys.argv[1]), now=time.time, new_id=new_id).create()"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(folder / "sessions.db")]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    with Store(folder / "sessions.db", now=lambda: 0.0, new_id=lambda: "x") as store:
        assert len(store.list()) == 3


def test_a_store_of_a_newer_glm_is_left_alone(folder: Path, open_store: Open) -> None:
    connect(folder / "sessions.db", create=True, steps=(*STEPS, ("CREATE TABLE new (x)",))).close()
    before = (folder / "sessions.db").read_bytes()
    with pytest.raises(StoreError) as caught:
        open_store()
    assert caught.value.message == (
        f"{folder}/sessions.db was written by a newer glm (version {len(STEPS) + 1} of the store, "
        f"this one knows {len(STEPS)})"
    )
    assert caught.value.hint == "Upgrade glm, or use another directory with --config-dir, or --no-log."
    assert (folder / "sessions.db").read_bytes() == before


def test_a_file_that_is_no_database_is_named(folder: Path, open_store: Open) -> None:
    folder.mkdir()
    (folder / "sessions.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError) as caught:
        open_store()
    assert caught.value.message == f"the session store {folder}/sessions.db: file is not a database"
    assert caught.value.hint == "Move that file away; a new one is made."


def test_a_file_where_the_folder_should_be_is_named(folder: Path, open_store: Open) -> None:
    folder.write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        open_store()
    assert caught.value.message == f"the session store {folder}/sessions.db: File exists"
    assert caught.value.hint == f"Check that {folder} can be written, or use --no-log."


READ_ONLY = """
import os, pathlib, sqlite3, sys
from glmcli.errors import StoreError
from glmcli.store import Store
path = pathlib.Path(sys.argv[1])
if os.getuid() == 0:  # nothing is read-only for root
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with Store(path, now=lambda: 0.0, new_id=lambda: "x") as store:
    (session,) = store.list()
    print(store.recovered, [message.text for message in store.messages(session.id)])
    for write in (store.create, lambda: store.add_message(session.id, {"role": "user"})):
        try:
            write()
        except StoreError as error:
            print(error.message, "|", error.hint)
"""


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that every user can reach; those of pytest are their owner's alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("file_mode", [0o444, 0o666])
def test_in_a_read_only_folder_sessions_can_be_read(passable: Path, file_mode: int) -> None:
    folder = passable / "glmcli"
    path = folder / "sessions.db"
    with Store(path, now=lambda: 0.0, new_id=lambda: "0199aaaa") as store:
        store.add_message(store.create().id, USER)
    path.chmod(file_mode)
    folder.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", READ_ONLY, str(path)], capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    said = "attempt to write a readonly database"
    refusal = f"the session store {path}: {said} | Check that {folder} can be written, or use --no-log.\n"
    assert (done.stdout, done.stderr) == (f"() ['Hi']\n{refusal}{refusal}", "")
