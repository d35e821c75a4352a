"""Search: everything that was said is found, by the beginnings of its words, whatever state the index is in."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import TextDelta
from glmcli.errors import StoreError
from glmcli.store import Store, search
from glmcli.store.answers import Answer, Question
from tests.store.conftest import START, Open

CALL = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"place": "Ålesund"}'}}


def said(store: Store, *texts: str, **session: Any) -> str:
    id = store.create(**session).id
    for text in texts:
        store.add_message(id, {"role": "user", "content": text})
    return id


def found(store: Store, text: str, limit: int | None = None) -> list[str]:
    return [hit.message.text for hit in store.search(text, limit)]


def indexed(store: Store) -> int:
    return len(store._db.rows("SELECT id FROM words_docsize"))


# What is found


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("rayl", True),
        ("RAYLEIGH sky", True),
        ("blue rayleigh", True),
        ("leigh", False),  # no beginning of a word
        ("rayleigh green", False),
        ("naive", True),
        ("NAÏVE", True),
        ("strasse", True),
        ("don't", True),
        ("c++", True),
        ("c--", False),
        ("++", True),
        ("case", True),
        ("snake_c", True),
        ("天空", True),
        ("空是", True),
        ("กข", False),
        ("", False),
        ("   ", False),
        ('"', False),
        ("rayleigh*", False),
        ("OR", False),
        ("\0", False),
        ("\ud800", True),
    ],
)
def test_words_are_found_by_their_beginnings_without_case_and_accents(store: Store, text: str, hit: bool) -> None:
    said(
        store,
        "Why is the sky blue? Rayleigh, naïvely. Straße. Don't; C++ and snake_case. 为什么天空是蓝色的 \ud800",
        "Something else",
    )
    assert len(found(store, text)) == hit


def test_everything_is_found_in_prompts_answers_thinking_and_tool_traffic(store: Store) -> None:
    id = said(store, "prompted")
    store.add_message(id, {"role": "assistant", "content": "answered"}, reasoning="reasoned about it")
    store.add_message(id, {"role": "assistant", "content": None, "tool_calls": [CALL]})
    store.add_message(id, {"role": "tool", "tool_call_id": "c", "content": "returned"})
    other = {"index": 1, "message": {"role": "assistant", "content": "chosen"}, "reasoning": "weighed"}
    store.add_message(id, {"role": "assistant", "content": ""}, extra={"choices": [other]})
    words = ("prompted", "answered", "reasoned", "look_up", "alesund", "returned", "chosen", "weighed")
    hits = [(hit.part, hit.snippet) for word in words for hit in store.search(word)]
    assert hits == [
        ("user", "prompted"),
        ("assistant", "answered"),
        ("reasoning", "reasoned about it"),
        ("assistant", '→ look_up({"place": "Ålesund"})'),
        ("assistant", '→ look_up({"place": "Ålesund"})'),
        ("tool", "returned"),
        ("assistant", "chosen"),
        ("reasoning", "weighed"),
    ]


def test_words_may_be_spread_over_a_message(store: Store) -> None:
    id = said(store)
    store.add_message(id, {"role": "assistant", "content": "blue"}, reasoning="sky")
    assert [hit.part for hit in store.search("sky blue")] == ["assistant"]


def test_left_branches_are_found_and_the_newest_comes_first(store: Store) -> None:
    first = said(store, "sky one")
    said(store, "sky two")
    store.set_head(first, None)
    store.add_message(first, {"role": "user", "content": "sky three"})
    assert found(store, "sky") == ["sky three", "sky two", "sky one"]
    assert found(store, "sky", 2) == ["sky three", "sky two"]
    assert found(store, "sky", 0) == []


def test_a_snippet_is_one_line_around_the_words(store: Store) -> None:
    said(store, "word " * 50 + "the\n\nneedle\tand " + "more " * 50)
    (hit,) = store.search("needle")
    assert hit.snippet.startswith("…word word ")
    assert "the needle and more" in hit.snippet
    assert hit.snippet.endswith("more …") or hit.snippet.endswith("…")
    said(store, "x" * 100 + "天空" + "y" * 200)
    (hit,) = store.search("天空")
    assert hit.snippet == f"…{'x' * 30}天空{'y' * 88}…"


# The index


def test_the_index_follows_what_is_added(store: Store) -> None:
    said(store, "one")
    assert found(store, "one") == ["one"]
    said(store, "one more")
    assert found(store, "one") == ["one more", "one"]
    assert indexed(store) == 2


def test_more_than_one_block_is_indexed_in_several_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BLOCK", 3)
    said(store, *(f"word {number}" for number in range(10)))
    assert len(found(store, "word")) == 10
    assert indexed(store) == 10


def test_turns_write_nothing_for_the_index(store: Store) -> None:
    said(store, "one")
    found(store, "one")
    before = store._db.rows("SELECT * FROM words_data")
    said(store, "two")
    assert store._db.rows("SELECT * FROM words_data") == before


def test_what_is_removed_leaves_the_index_and_the_file(folder: Path, store: Store) -> None:
    keep = said(store, "harmless")
    gone = said(store, "topsecretword")
    assert found(store, "topsecret") == ["topsecretword"]
    assert b"topsecretword" in (folder / "sessions.db").read_bytes()
    store.remove([gone])
    assert b"topsecretword" not in (folder / "sessions.db").read_bytes()
    assert (found(store, "topsecret"), found(store, "harmless")) == ([], ["harmless"])
    assert [message.text for message in store.messages(keep)] == ["harmless"]


def test_an_answer_that_is_completed_later_is_found_by_its_new_words(store: Store) -> None:
    id = said(store, "q")
    for text in ("half", "whole"):
        completion = Completion()
        completion.feed(TextDelta(text))
        store._keep(
            Answer("log", Question(id, store.get(id).head if text == "half" else 1, START), completion, "complete")
        )
        assert found(store, text) == [text]
    assert found(store, "half") == []


def test_without_an_index_everything_is_looked_at(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_CREATE", "CREATE VIRTUAL TABLE words USING fts_of_nowhere(text)")
    said(store, "sky one", "sky two")
    assert found(store, "sky") == ["sky two", "sky one"]


DAMAGE = [
    "UPDATE words_data SET block = zeroblob(3)",
    "DELETE FROM words_data",
    "DELETE FROM words_config",
    "DROP TABLE words_data",
    "DROP TABLE words_docsize",
    "DROP TABLE words_idx",
    "DELETE FROM words_docsize",
    "DROP TABLE words",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_index_costs_no_message_and_no_hit(folder: Path, open_store: Open, damage: str) -> None:
    with open_store() as store:
        said(store, "sky one", "sky two")
        assert len(found(store, "sky")) == 2
    with contextlib.closing(sqlite3.connect(folder / "sessions.db")) as db:
        db.execute(damage)
        db.commit()
    store = open_store()
    id = said(store, "sky three")
    assert found(store, "sky") == ["sky three", "sky two", "sky one"]
    store.remove([id])
    assert found(store, "sky") == ["sky two", "sky one"]


def test_what_is_locked_is_searched_all_the_same(open_store: Open, folder: Path) -> None:
    store = open_store()
    said(store, "sky")
    store._db.run("PRAGMA busy_timeout=0")
    with contextlib.closing(sqlite3.connect(folder / "sessions.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert found(store, "sky") == ["sky"]
        with pytest.raises(StoreError, match="locked"):
            said(store, "more")


def test_in_an_empty_store_nothing_is_found(open_store: Open, folder: Path) -> None:
    assert open_store(create=False).search("x") == []
    assert not folder.exists()


def test_an_older_store_is_searched_from_its_first_message_on(folder: Path, open_store: Open) -> None:
    with open_store() as store:
        said(store, "long ago")
        assert store._db.rows("SELECT 1 FROM sqlite_master WHERE name = 'words'") == []
    assert found(open_store(), "long") == ["long ago"]
