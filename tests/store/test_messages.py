"""Messages: a tree of which a conversation is one path, whole after every round trip."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glmcli.api.completion import Completion
from glmcli.api.events import TextDelta
from glmcli.store import Store, StoredMessage
from tests.store.conftest import START, Open


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def answered(text: str) -> Completion:
    completion = Completion()
    completion.feed(TextDelta(text))
    return completion


def texts(store: Store, session: str) -> list[str]:
    return [message.text for message in store.messages(session)]


def test_a_message_is_committed_when_it_is_added(store: Store, open_store: Open) -> None:
    session = store.create()
    first = store.add_message(session.id, user("Hi"))
    second = store.add_message(
        session.id,
        {"role": "assistant", "content": "Hello"},
        status="interrupted",
        created=5.0,
        model="m\0",
        finish_reason="stop",
        usage={"prompt_tokens": 1},
        cost=0.25,
        reasoning="Hm.\ud800",
        extra={"note": "\0"},
    )
    assert open_store().messages(session.id) == [
        StoredMessage(first, session.id, None, user("Hi"), created=START + 1),
        StoredMessage(
            id=second,
            session=session.id,
            parent=first,
            message={"role": "assistant", "content": "Hello"},
            status="interrupted",
            created=5.0,
            model="m\ufffd",
            finish_reason="stop",
            usage={"prompt_tokens": 1},
            cost=0.25,
            reasoning="Hm.\ud800",
            extra={"note": "\0"},
        ),
    ]
    assert store.get(session.id).head == second
    assert store.get(session.id).updated == START + 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=[]), max_size=20), st.text(st.characters(), max_size=20))
@example("\0\ud800x\udfff", "\0")
def test_any_text_survives_a_round_trip(store: Store, text: str, key: str) -> None:
    # Two halves of a pair side by side are the whole character to JSON.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") if joined(text) else text
    session = store.create(system=text, options={key: text})
    store.add_message(session.id, {"role": "user", "content": text, "name": key}, reasoning=text)
    (message,) = store.messages(session.id)
    assert (message.message, message.reasoning) == ({"role": "user", "content": text, "name": key}, text)
    assert store.get(session.id).system == (text or None)
    assert store.get(session.id).options == {key: text}


def joined(text: str) -> bool:
    return any("\ud800" <= one <= "\udbff" and "\udc00" <= two <= "\udfff" for one, two in pairwise(text))


def test_an_undone_turn_is_a_branch_that_stays(store: Store) -> None:
    session = store.create()
    question = store.add_message(session.id, user("one"))
    store.begin_answer(session.id).finish(answered("first try"), "complete")
    retried = store.begin_answer(session.id, parent=question)
    assert texts(store, session.id) == ["one"]
    retried.finish(answered("second try"), "complete")
    assert texts(store, session.id) == ["one", "second try"]
    store.set_head(session.id, None)
    assert (texts(store, session.id), store.count(session.id)) == ([], 0)
    store.add_message(session.id, user("edited"))
    assert texts(store, session.id) == ["edited"]
    store.add_message(session.id, user("three"), parent=question)
    assert (texts(store, session.id), store.count(session.id)) == (["one", "three"], 2)
    assert [message.text for message in store.tree(session.id)] == ["one", "first try", "second try", "edited", "three"]


def test_a_head_that_is_no_message_is_an_empty_conversation(store: Store) -> None:
    session = store.create()
    store.set_head(session.id, 99)
    assert store.messages(session.id) == []
    store.begin_answer(session.id, parent=98).finish(answered("a"), "complete")
    assert texts(store, session.id) == ["a"]


def test_two_processes_in_one_session_get_one_line_of_turns(store: Store, open_store: Open) -> None:
    other = open_store()
    session = store.create()
    store.add_message(session.id, user("mine"))
    mine = store.begin_answer(session.id)
    other.add_message(session.id, user("theirs"))
    theirs = other.begin_answer(session.id)
    mine.finish(answered("to mine"), "complete")
    assert texts(store, session.id) == ["mine", "to mine", "theirs"]
    theirs.finish(answered("to theirs"), "complete")
    assert texts(store, session.id) == ["mine", "to mine", "theirs", "to theirs"]


def test_an_answer_to_a_question_that_was_left_meanwhile_becomes_the_head(store: Store, open_store: Open) -> None:
    session = store.create()
    first = store.add_message(session.id, user("one"))
    store.add_message(session.id, user("two"))
    log = store.begin_answer(session.id)
    open_store().set_head(session.id, first)
    log.finish(answered("to two"), "complete")
    assert texts(store, session.id) == ["one", "two", "to two"]


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store, open_store: Open) -> None:
    class Stop(Exception):
        pass

    try:
        with store.transaction():
            session = store.create()
            store.add_message(session.id, user("Hi"))
            raise Stop
    except Stop:
        pass
    assert open_store().list() == []
    with store.transaction():
        session = store.create()
        store.add_message(session.id, user("Hi"))
    assert texts(open_store(), session.id) == ["Hi"]


def test_a_long_conversation_is_read_in_linear_time(store: Store) -> None:
    session = store.create()
    with store.transaction():
        for number in range(3000):
            store.add_message(session.id, user(str(number)))
    assert texts(store, session.id) == [str(number) for number in range(3000)]
    assert store.count(session.id) == 3000
