"""Sessions: made, found by what a person types, changed and removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmcli.errors import StoreError, UsageError
from glmcli.store import AmbiguousSession, Session, Store, UnknownSession
from glmcli.world import World
from tests.store.conftest import START, Open

USER = {"role": "user", "content": "Why is the sky blue?"}


def test_a_session_comes_back_as_it_was_made(store: Store, open_store: Open) -> None:
    made = store.create(
        name="sky",
        title="About the sky",
        profile="work",
        model="@cf/zai-org/glm-4.7-flash",
        system="Be brief.\0\ud800",
        options={"temperature": 0.2, "stop": ["\udfff"]},
        tools=[{"type": "function", "function": {"name": "look"}}],
        extra={"origin": "import"},
        terminal="/dev/pts/1:10:99",
    )
    assert made == Session(
        id="0199aaaa0000000000000001",
        name="sky",
        title="About the sky",
        created=START,
        updated=START,
        profile="work",
        model="@cf/zai-org/glm-4.7-flash",
        system="Be brief.\0\ud800",
        options={"temperature": 0.2, "stop": ["\udfff"]},
        tools=[{"type": "function", "function": {"name": "look"}}],
        extra={"origin": "import"},
        head=None,
    )
    assert open_store().get(made.id) == made


def test_an_empty_session_has_empty_parts(store: Store) -> None:
    assert store.create() == Session(id="0199aaaa0000000000000001", created=START, updated=START)


def test_the_title_is_the_first_line_of_the_first_prompt(store: Store) -> None:
    session = store.create()
    store.add_message(session.id, {"role": "system", "content": "Be brief."})
    store.add_message(session.id, {"role": "user", "content": f"\n \n  a\tb \0 {'x' * 100}\nmore"})
    store.add_message(session.id, USER)
    assert store.get(session.id).title == f"a b \ufffd {'x' * 73}…"


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("``` a.py\na = 1\n```\n\n```` b.md\n```\n```\n````\n\nWhat is\nthis?", "What is"),
        ("``` a.py\na = 1\n```\n\n``` b.py\n\n```", "a.py, b.py"),
        ("``` a.py\na = 1", "``` a.py"),
        ("```python\nprint()\n```\nWhy?", "```python"),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            "[image_url: data:image/png;base64]",
        ),
        ([{"type": "file", "file": {"filename": "a.pdf"}}, {"type": "text", "text": "What?"}], "[file: a.pdf]"),
        ([{"type": "input_audio", "input_audio": {"format": "wav"}}], "[input_audio: wav]"),
        ([{"type": "file"}], "[file]"),
        ([{"type": "text", "text": "Hi"}], "Hi"),
        (" \n", ""),
        (None, ""),
    ],
)
def test_parts_that_are_no_text_are_named(store: Store, content: object, title: str) -> None:
    session = store.create()
    store.add_message(session.id, {"role": "user", "content": content})
    assert store.get(session.id).title == title


def test_a_session_is_found_by_name_and_by_the_beginning_of_its_id(store: Store) -> None:
    sky = store.create(name="sky")
    sea = store.create(name=sky.id[:4])
    assert store.find("sky") == sky
    assert store.find("0199AAAA0000000000000001") == sky
    assert store.find("0199aaaa0000000000000002") == sea
    assert store.find("0199") == sea, "a name goes before the beginning of an id"


def test_a_word_that_begins_several_ids_lists_them(store: Store) -> None:
    for number in range(7):
        store.create(title=f"Talk {number}", name="named" if number == 1 else None)
    with pytest.raises(AmbiguousSession) as caught:
        store.find("0199a")
    assert caught.value.message == "'0199a' begins the ids of 7 sessions"
    shown = [f"0199aaaa000000000000000{n + 1} ({'named' if n == 1 else f'Talk {n}'})" for n in range(5)]
    assert caught.value.hint == f"Which one? {', '.join(shown)}, and 2 more"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("blue-ksy", "Did you mean blue-sky? `glm sessions list` shows what there is."),
        ("0199aaab", "Did you mean 0199aaaa00? `glm sessions list` shows what there is."),
        ("019", "`glm sessions list` shows what there is."),
        ("", "`glm sessions list` shows what there is."),
        ("zzzzzzzz", "`glm sessions list` shows what there is."),
        ("\ud800\0", "`glm sessions list` shows what there is."),
    ],
)
def test_an_unknown_word_names_the_nearest_session(store: Store, key: str, hint: str) -> None:
    store.create(name="blue-sky")
    with pytest.raises(UnknownSession) as caught:
        store.find(key)
    assert (caught.value.message, caught.value.hint) == (f"there is no session {key!r}", hint)


def test_ids_are_shown_as_short_as_they_are_unique(folder: Path) -> None:
    ids = iter(["0199aaaa0000", "0199aaaa0011", "0199aaaa0012", "0199bbbb0000"])
    with Store(folder / "sessions.db", now=lambda: 0.0, new_id=lambda: next(ids)) as store:
        made = [store.create().id for _ in range(4)]
        assert [store.short_id(id) for id in made] == ["0199aaaa000", "0199aaaa0011", "0199aaaa0012", "0199bbbb00"]


def test_the_last_session_is_that_of_the_terminal_then_of_any(store: Store) -> None:
    assert store.last("tty1") is None
    first = store.create(terminal="tty1")
    second = store.create(terminal="tty2")
    store.touch(first.id, "tty2")
    store.touch(second.id)
    assert store.last() == store.get(second.id)
    assert store.last("tty1") == store.get(first.id)
    assert store.last("tty2") == store.get(first.id)
    assert store.last("tty3") == store.get(second.id)


def test_a_session_used_elsewhere_since_is_still_the_last_one_here(store: Store) -> None:
    first = store.create(terminal="tty1")
    store.create(terminal="tty2")
    store.touch(first.id, "tty2")
    assert store.last("tty1") == store.get(first.id)


def test_terminals_are_forgotten_after_a_season(folder: Path) -> None:
    days = iter((0, 1, 100))
    with Store(folder / "sessions.db", now=lambda: next(days) * 86400.0, new_id=iter("abc").__next__) as store:
        for terminal in ("tty1", "tty2", "tty3"):
            store.create(terminal=terminal)
        last = store.last("tty1")
        assert last is not None
        assert last.id == "c"


def test_the_list_begins_with_what_was_used_last(store: Store) -> None:
    made = [store.create().id for _ in range(3)]
    store.touch(made[0])
    assert [session.id for session in store.list()] == [made[0], made[2], made[1]]
    assert [session.id for session in store.list(2)] == [made[0], made[2]]
    assert [session.id for session in store.unused_since(START + 2)] == [made[1]]


def test_parts_of_a_session_can_be_changed_without_using_it(store: Store) -> None:
    session = store.create(name="sky", system="Be brief.")
    store.update(session.id, name=None, title="T", model="m", system="Be long.", options={"seed": 1}, tools=[1])
    changed = store.get(session.id)
    assert (changed.name, changed.title, changed.model, changed.system) == (None, "T", "m", "Be long.")
    assert (changed.options, changed.tools, changed.updated) == ({"seed": 1}, [1], session.updated)
    store.update(session.id, name="sky")
    store.update(session.id, name="sky", system=None)
    assert store.get(session.id).system is None


def test_a_name_belongs_to_one_session(store: Store) -> None:
    store.create(name="sky")
    other = store.create()
    for take in (lambda: store.create(name="sky"), lambda: store.update(other.id, name="sky")):
        with pytest.raises(UsageError, match="a session named 'sky' exists already"):
            take()
    assert len(store.list()) == 2


@pytest.mark.parametrize("name", ["", " sky", "sky\n", "s\0", "\ud800", "-c", "\x1b[m"])
def test_a_name_must_be_one_that_can_be_typed_again(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a session"):
        store.create(name=name)
    assert store.list() == []


def test_what_is_removed_is_gone_from_the_file(store: Store, folder: Path) -> None:
    kept, gone = store.create(), store.create(terminal="tty")
    store.add_message(kept.id, USER)
    store.add_message(gone.id, {"role": "user", "content": "my-secret-words"})
    assert b"my-secret-words" in (folder / "sessions.db").read_bytes()
    assert store.remove([gone.id, "unknown"]) == 1
    assert b"my-secret-words" not in b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert [session.id for session in store.list()] == [kept.id]
    assert store.tree(gone.id) == []
    assert store.last("tty") == store.get(kept.id)
    with pytest.raises(UnknownSession):
        store.get(gone.id)


def test_a_session_that_another_process_removed_cannot_be_gone_on_with(store: Store) -> None:
    session = store.create()
    log = store.begin_answer(session.id)
    store.remove([session.id])
    from glmcli.api.completion import Completion

    for go_on in (
        lambda: store.add_message(session.id, USER),
        lambda: store.touch(session.id),
        lambda: store.update(session.id, model="m"),
        lambda: store.messages(session.id),
        lambda: store.begin_answer(session.id),
        lambda: log.finish(Completion(), "complete"),
    ):
        with pytest.raises(StoreError, match="was removed meanwhile"):
            go_on()


def test_a_store_stands_in_the_folder_it_is_asked_for_in(tmp_path: Path) -> None:
    import io

    world = World(stdin=None, stdout=io.BytesIO(), stderr=io.BytesIO(), now=lambda: 5.0, new_id=lambda: "abcd")
    with Store.at(tmp_path, world) as store:
        assert store.create() == Session(id="abcd", created=5.0, updated=5.0)
    assert (tmp_path / "sessions.db").exists()


def test_the_last_sessions_are_found_without_looking_at_all_of_them(store: Store) -> None:
    plan = store._db.rows("EXPLAIN QUERY PLAN SELECT id FROM session ORDER BY updated DESC, id DESC LIMIT 20")
    assert "USING INDEX session_updated" in plan[0][-1]
