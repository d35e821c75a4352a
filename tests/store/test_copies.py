"""Sessions made from others: forks, and records that are brought in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import TextDelta, Usage
from glmcli.errors import UsageError
from glmcli.store import Session, Spent, Store, total
from glmcli.store.export import exported, json_text, record
from tests.store.conftest import START, Open


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def held(store: Store) -> str:
    """A session with a left branch, and a question that got behind an answer that came late."""
    id = store.create(
        name="trip", profile="p", model="m", system="S", options={"seed": 1}, tools=[{"type": "x"}], extra={"k": 1}
    ).id
    store.add_message(id, user("one"))
    log = store.begin_answer(id)
    store.add_message(id, user("meanwhile"))
    completion = Completion()
    completion.feed(TextDelta("late"))
    completion.feed(Usage(7, 3, 10, 2))
    log.finish(completion, "interrupted", cost=0.5)
    left = store.add_message(id, user("left"))
    store.set_head(id, store.tree(id)[1].id)
    assert store.tree(id)[1].parent == 3
    assert left == 4
    return id


def texts(store: Store, id: str) -> list[str]:
    return [message.text for message in store.messages(id)]


def test_a_fork_begins_with_the_conversation_and_leaves_the_old_session(store: Store) -> None:
    id = held(store)
    before = (store.get(id), store.tree(id))
    copy = store.fork(id, name="copy", terminal="tty")
    assert texts(store, copy.id) == texts(store, id) == ["one", "late", "meanwhile"]
    assert (copy.name, copy.title, copy.profile, copy.model) == ("copy", "one", "p", "m")
    assert (copy.system, copy.options, copy.tools) == ("S", {"seed": 1}, [{"type": "x"}])
    assert copy.extra == {"k": 1, "forked_from": id}
    assert store.last("tty") == copy
    store.add_message(copy.id, user("more"))
    assert (store.get(id), store.tree(id)) == before
    assert [message.status for message in store.messages(copy.id)] == [
        "complete",
        "interrupted",
        "complete",
        "complete",
    ]


def test_a_fork_outlives_what_it_was_copied_from_and_costs_nothing(store: Store) -> None:
    id = held(store)
    copy = store.fork(id)
    assert [it.session.id for it in store.spent()] == [id]
    store.remove([id])
    assert texts(store, copy.id) == ["one", "late", "meanwhile"]
    assert store.spent() == []


def test_a_fork_of_an_empty_session_is_empty(store: Store) -> None:
    assert texts(store, store.fork(store.create().id).id) == []


def test_a_fork_cannot_take_the_name_of_another_session(store: Store) -> None:
    id = held(store)
    with pytest.raises(UsageError, match="a session named 'trip' exists already"):
        store.fork(id, name="trip")
    assert len(store.list()) == 1


def test_what_was_spent_is_summed_up_session_by_session(store: Store) -> None:
    id = held(store)
    other = store.create()
    store.add_message(other.id, user("q"), usage={"prompt_tokens": 1, "completion_tokens": None})
    store.add_message(other.id, user("q"), usage={"prompt_tokens": 2})
    store.add_message(id, user("q"), usage={"prompt_tokens": 1}, cost=0.25)
    bills = store.spent()
    assert bills == [
        Spent(store.get(id), 2, 8, 2, 3, 0.75),
        Spent(store.get(other.id), 2, 3, 0, 0, None),
    ]
    assert total(bills) == Spent(Session(""), 4, 11, 2, 3, 0.75)
    assert total([]) == Spent(Session(""))


# Records


def test_a_record_makes_the_session_again(folder: Path, store: Store, tmp_path: Path) -> None:
    id = held(store)
    text = exported(store.get(id), store.messages(id), store.tree(id), "json")
    with Store(tmp_path / "other" / "sessions.db", now=lambda: START, new_id=lambda: "new") as other:
        copy = other.take_in(json.loads(text))
        assert copy == replace(store.get(id), updated=START)
        assert other.tree(copy.id) == store.tree(id)
        assert other.messages(copy.id) == store.messages(id)


def test_a_record_of_a_session_that_is_there_becomes_another_one(open_store: Open, store: Store) -> None:
    id = held(store)
    store.add_message(store.create().id, user("between"))
    copy = store.take_in(record(store.get(id), store.tree(id)))
    assert (copy.id == id, copy.name, copy.title) == (False, None, "one")
    assert texts(store, copy.id) == ["one", "late", "meanwhile"]
    assert [it.cost for it in store.spent()] == [0.5, 0.5]


def whole() -> dict[str, Any]:
    with Store(Path("/nowhere"), now=lambda: START, new_id=lambda: "0199aaaa", create=False) as store:
        id = held(store)
        found: dict[str, Any] = json.loads(json_text(record(store.get(id), store.tree(id))))
        return found


def changed(*path: Any, to: Any = None) -> Any:
    """A record with one thing in it put in another way, or left out."""
    found = whole()
    inner: Any = found
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return found


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "it has no session and messages in it"),
        ({}, "it has no session and messages in it"),
        (changed("version", to=2), "its version is 2, and this glm knows 1"),
        (changed("session"), "the session is no object"),
        (changed("session", "options"), "the session has no options, or none that can be"),
        (changed("session", "title", to=3), "the session has no title, or none that can be"),
        (changed("session", "created", to=True), "the session has no created, or none that can be"),
        (changed("session", "id", to="a b"), "'a b' is no id of a session"),
        (changed("session", "id", to=""), "'' is no id of a session"),
        (changed("messages", 0, to="x"), "message 1 is no object"),
        (changed("messages", 1, "message", to=[]), "message 2 has no message, or none that can be"),
        (changed("messages", 1, "message", "role"), "message 2 has no role, or a status that there is not"),
        (changed("messages", 1, "status", to="odd"), "message 2 has no role, or a status that there is not"),
        (changed("messages", 1, "parent", to=99), "message 2 follows one that is not there"),
        (changed("messages", 3, "id", to=3), "two messages have one id, or follow each other"),
        (changed("messages", 0, "parent", to=2), "two messages have one id, or follow each other"),
        (changed("messages", 0, "parent", to=1), "two messages have one id, or follow each other"),
    ],
)
def test_what_is_no_record_is_refused_and_nothing_is_kept(store: Store, given: Any, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        store.take_in(given)
    assert caught.value.message == f"this is no session as `glm sessions export --format json` writes it: {why}"
    assert store.list() == []


def test_a_record_with_a_name_that_none_can_be_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a session"):
        store.take_in(changed("session", "name", to="-x"))


def test_unknown_keys_of_a_record_are_left_out(store: Store) -> None:
    assert store.take_in(changed("session", "colour", to="red")).name == "trip"


def test_a_record_whose_head_is_gone_is_an_empty_conversation(store: Store) -> None:
    assert texts(store, store.take_in(changed("session", "head", to=99)).id) == []
