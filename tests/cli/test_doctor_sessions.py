"""What `glm config doctor` finds in the session store, which it only reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmcli.store import Store
from tests.support.cli import Glm


def finding(glm: Glm) -> tuple[dict[str, str], int]:
    result = glm("config", "doctor", "--json", "--profile", "demo")
    [found] = [it for it in json.loads(result.stdout) if it["about"] == "sessions"]
    return found, result.status


@pytest.fixture
def database(glm: Glm) -> Path:
    """A store with two conversations, of several pages."""
    path = glm.folder / "sessions.db"
    with Store(path, now=lambda: 0.0, new_id=iter(("0199aaaa0001", "0199aaaa0002")).__next__) as store:
        for session in (store.create(), store.create()):
            store.add_message(session.id, {"role": "user", "content": "word " * 5000})
    return path


def test_an_empty_folder_has_no_store(glm: Glm) -> None:
    glm.folder.mkdir(mode=0o700, exist_ok=True)
    assert finding(glm) == ({"verdict": "ok", "about": "sessions", "text": "nothing is stored yet", "cure": ""}, 0)


def test_a_store_that_is_whole_is_counted_and_not_changed(glm: Glm, database: Path) -> None:
    before = database.read_bytes()
    text = f"2 conversations, {len(before) / 1e6:.1f} MB"
    assert finding(glm) == ({"verdict": "ok", "about": "sessions", "text": text, "cure": ""}, 0)
    assert (database.read_bytes(), sorted(it.name for it in glm.folder.iterdir())) == (before, ["sessions.db"])


def test_a_damaged_store_is_a_failure(glm: Glm, database: Path) -> None:
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])
    found, status = finding(glm)
    assert (found["verdict"], status) == ("fail", 3)
    assert str(database) in found["text"]
    assert "sqlite3" in found["cure"]


def test_a_page_of_rubbish_is_found(glm: Glm, database: Path) -> None:
    whole = bytearray(database.read_bytes())
    whole[4096:8192] = b"\xff" * 4096
    database.write_bytes(whole)
    found, status = finding(glm)
    assert (found["verdict"], status) == ("fail", 3)


def test_a_file_that_is_no_store_is_a_failure(glm: Glm, database: Path) -> None:
    database.write_text("no database at all, " * 100)
    said = f"the session store {database}: file is not a database"
    cure = "Move that file away; a new one is made."
    assert finding(glm) == ({"verdict": "fail", "about": "sessions", "text": said, "cure": cure}, 3)


def test_a_write_that_was_cut_short_is_no_failure(glm: Glm, database: Path) -> None:
    database.with_name("sessions.db-journal").touch(mode=0o600)
    text = "a write is going on, or was cut short; the next use puts it right"
    assert finding(glm) == ({"verdict": "ok", "about": "sessions", "text": text, "cure": ""}, 0)
