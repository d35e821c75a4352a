"""Answers on their way: spooled before they are shown, kept when they end, found again when their process died."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import sys
from pathlib import Path

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import (
    Annotation,
    Audio,
    Event,
    Finished,
    LogProbs,
    Metadata,
    ReasoningDelta,
    RefusalDelta,
    Requested,
    Responded,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.errors import IncompleteError, StoreError
from glmcli.store import AnswerLog, Store, StoredMessage
from glmcli.store.spool import Spool, decode, encode, orphans
from tests.store.conftest import START, Open

USER = {"role": "user", "content": "Hi"}
EVENTS: tuple[Event, ...] = (
    Requested("POST", "https://x", (), b"{}"),
    Responded(200, ()),
    Metadata({"model": "first"}),
    TextDelta("lost by the retry"),
    Retrying(1, 2, 0.5, "empty"),
    Metadata({"id": "c1", "model": "served"}),
    ReasoningDelta("Hm\0", field="reasoning"),
    TextDelta("Hel"),
    TextDelta("lo \ud800"),
    LogProbs(({"token": "a"},)),
    TextDelta("Other", index=1),
    ReasoningDelta("aside", index=1),
    RefusalDelta("partly not"),
    Annotation({"type": "url_citation"}),
    Audio({"id": "a1", "data": "AAAA"}),
    ToolCalled("t1", "look", "{}"),
    Usage(3, 5, 8, 1, 0.5, {"prompt_tokens": 3}),
    Finished(("stop", "length")),
)


def asked(store: Store) -> str:
    session = store.create()
    store.add_message(session.id, USER)
    return session.id


def fed(log: AnswerLog, *events: Event) -> Completion:
    completion = Completion()
    for event in events:
        completion.feed(event)
        log.feed(event)
    return completion


def die(log: AnswerLog) -> None:
    """What the end of its process does to a log: the lock goes, the file stays."""
    spool = log._spool
    assert spool is not None
    spool.close()


def spools(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "spool").iterdir())


def test_an_answer_becomes_a_message_with_all_its_parts(store: Store, folder: Path) -> None:
    session = asked(store)
    log = store.begin_answer(session, model="asked")
    id = log.finish(fed(log, *EVENTS), "complete", cost=0.125)
    expected = StoredMessage(
        id=id,
        session=session,
        parent=1,
        message={
            "role": "assistant",
            "content": "Hello \ud800",
            "refusal": "partly not",
            "audio": {"id": "a1"},
            "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        status="complete",
        created=START + 2,
        model="served",
        finish_reason="stop",
        usage={
            "prompt_tokens": 3,
            "completion_tokens": 5,
            "total_tokens": 8,
            "cached_tokens": 1,
            "neurons": 0.5,
            "raw": {"prompt_tokens": 3},
        },
        cost=0.125,
        reasoning="Hm\0",
        extra={
            "choices": [
                {
                    "index": 1,
                    "message": {"role": "assistant", "content": "Other"},
                    "finish_reason": "length",
                    "reasoning": "aside",
                }
            ],
            "annotations": [{"type": "url_citation"}],
            "reasoning_field": "reasoning",
        },
    )
    assert store.messages(session)[1:] == [expected]
    assert spools(folder) == []


def test_what_a_dead_process_had_is_the_same_message_interrupted(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    whole = store.begin_answer(session, model="asked")
    whole.finish(fed(whole, *EVENTS[:-1]), "interrupted")
    (kept,) = store.messages(session)[1:]
    store.set_head(session, 1)
    log = store.begin_answer(session, model="asked")
    fed(log, *EVENTS[:-1])
    die(log)
    again = open_store()
    assert again.recovered == (session,)
    (found,) = again.messages(session)[1:]
    assert (found.message, found.status, found.reasoning) == (kept.message, "interrupted", kept.reasoning)
    assert (found.usage, found.extra, found.model) == (kept.usage, kept.extra, "served")
    assert spools(folder) == []
    assert open_store().recovered == ()


def test_an_answer_that_ended_before_its_process_died_is_judged_as_ever(store: Store, open_store: Open) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    fed(log, TextDelta("Hello"), Finished(("stop",)))
    die(log)
    log = open_store().begin_answer(session)
    fed(log, TextDelta("Hel"), Finished(("length",)))
    die(log)
    _, whole, cut = open_store().messages(session)
    assert (whole.text, whole.status, whole.extra) == ("Hello", "complete", {})
    assert (cut.text, cut.status, cut.extra["error"]["message"]) == (
        "Hel",
        "error",
        "the answer was cut at the output limit",
    )


def test_an_answer_of_which_nothing_came_is_marked_all_the_same(store: Store, open_store: Open) -> None:
    session = asked(store)
    log = store.begin_answer(session, model="asked")
    log.finish(Completion(), "error", error=IncompleteError("the stream was cut"))
    die(store.begin_answer(session, model="asked"))
    _, failed, killed = open_store().messages(session)
    assert (failed.message, failed.status, failed.model) == ({"role": "assistant", "content": ""}, "error", "asked")
    assert failed.extra == {"error": IncompleteError("the stream was cut").to_json()}
    assert (killed.message, killed.status) == ({"role": "assistant", "content": ""}, "interrupted")


def test_the_spool_of_a_living_process_is_left_alone(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    completion = fed(log, TextDelta("a"))
    other = open_store()
    assert (other.recovered, len(spools(folder))) == ((), 1)
    log.finish(completion, "complete")
    assert [message.text for message in other.messages(session)] == ["Hi", "a"]


def test_an_answer_is_kept_once_though_its_spool_stayed(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    completion = fed(log, TextDelta("a"))
    (path,) = (folder / "spool").iterdir()
    content = path.read_bytes()
    log.finish(completion, "complete")
    path.write_bytes(content)  # killed between the transaction and the removal
    assert [message.text for message in open_store().messages(session)] == ["Hi", "a"]
    assert spools(folder) == []


def test_an_answer_can_be_finished_again_with_more(store: Store) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    first = log.finish(fed(log, TextDelta("a")), "interrupted")
    store.add_message(session, USER)
    assert log.finish(fed(log, TextDelta("ab")), "complete") == first
    assert [(each.text, each.status) for each in store.messages(session)] == [
        ("Hi", "complete"),
        ("ab", "complete"),
        ("Hi", "complete"),
    ]


def test_an_answer_that_cannot_be_kept_waits_in_its_spool(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    completion = fed(log, TextDelta("a"))
    store.close()
    with pytest.raises(StoreError, match="closed database"):
        log.finish(completion, "error", cost=0.5, error=IncompleteError("the stream was cut"))
    with pytest.raises(StoreError):
        log.finish(completion, "complete")
    (_, found) = open_store().messages(session)
    assert (found.text, found.status, found.cost) == ("a", "error", 0.5)
    assert found.extra == {"error": IncompleteError("the stream was cut").to_json()}


def test_without_a_folder_for_spools_an_answer_is_kept_at_its_end(store: Store, folder: Path) -> None:
    (folder / "spool").write_bytes(b"in the way")
    session = asked(store)
    log = store.begin_answer(session)
    log.finish(fed(log, TextDelta("a")), "complete")
    assert [message.text for message in store.messages(session)] == ["Hi", "a"]
    store.close()
    with pytest.raises(StoreError):
        store.begin_answer(session)
    with pytest.raises(StoreError):
        log.finish(Completion(), "complete")


def test_a_spool_is_private(store: Store, folder: Path) -> None:
    store.begin_answer(asked(store))
    (path,) = (folder / "spool").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "spool").stat().st_mode) == 0o700


def test_torn_and_unknown_lines_are_skipped(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    log = store.begin_answer(session)
    fed(log, TextDelta("a"))
    die(log)
    (path,) = (folder / "spool").iterdir()
    with path.open("ab") as spool:
        spool.write(b'["NewKind", 1]\n["TextDelta"]\n[]\n{}\n5\n\xff\n\n["TextDelta", "b", 0]\n5\n["TextDelta", "torn')
    assert [message.text for message in open_store().messages(session)] == ["Hi", "ab"]


@pytest.mark.parametrize("content", [b"", b"\n", b"nonsense\n", b'{"session": 1}\n', b"[]\n", b'{"session": "s"'])
def test_a_spool_that_does_not_say_whose_it_is_is_set_aside(
    store: Store, open_store: Open, folder: Path, content: bytes
) -> None:
    (folder / "spool").mkdir()
    (folder / "spool" / "x.jsonl").write_bytes(content)
    assert open_store().recovered == ()
    assert spools(folder) == ([] if not content else ["x.unreadable"])


def test_the_answer_of_a_removed_session_is_removed(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    die(store.begin_answer(session))
    store.remove([session])
    assert (open_store().recovered, spools(folder)) == ((), [])


def test_an_answer_that_cannot_be_recovered_now_waits(store: Store, open_store: Open, folder: Path) -> None:
    import sqlite3

    session = asked(store)
    log = store.begin_answer(session)
    fed(log, TextDelta("a"))
    die(log)
    waiting = spools(folder)
    with contextlib.closing(sqlite3.connect(folder / "sessions.db")) as db:
        db.execute("CREATE TRIGGER no BEFORE INSERT ON message BEGIN SELECT raise(ABORT, 'no'); END")
        assert (open_store().recovered, spools(folder)) == ((), waiting)
        db.execute("DROP TRIGGER no")
    assert open_store().recovered == (session,)


def test_a_spool_that_cannot_be_opened_is_passed_over(store: Store, open_store: Open, folder: Path) -> None:
    session = asked(store)
    die(store.begin_answer(session))
    (folder / "spool" / "0.jsonl").mkdir()
    assert (open_store().recovered, spools(folder)) == ((session,), ["0.jsonl"])


def test_without_its_database_a_spool_is_left_alone(store: Store, open_store: Open, folder: Path) -> None:
    die(store.begin_answer(asked(store)))
    waiting = spools(folder)
    (folder / "sessions.db").rename(folder / "elsewhere.db")
    assert (open_store(create=False).recovered, spools(folder)) == ((), waiting)


def test_a_spool_takes_no_more_after_a_failed_write(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path, "x", {})
    read_only = os.open(spool.path, os.O_RDONLY)
    os.dup2(read_only, spool._descriptor)
    os.close(read_only)
    spool.append(b"1\n")
    spool.append(b"2\n")
    assert spool.path.read_bytes() == b"{}\n"
    spool.close()


def test_a_spool_taken_for_a_dead_one_while_it_was_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = fcntl.flock
    removals = iter((True, False))

    def flock(descriptor: int, operation: int) -> None:
        if next(removals):
            (tmp_path / "x.jsonl").unlink()
        locked(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    spool = Spool.create(tmp_path, "x", {"a": 1})
    assert spool.path.read_bytes() == b'{"a": 1}\n'
    spool.remove()


@pytest.mark.parametrize("way", ["no module", "no locks on this file system"])
def test_where_files_cannot_be_locked_the_living_process_has_the_last_word(
    store: Store, open_store: Open, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError("No locks available")

    if way == "no module":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        monkeypatch.setattr(fcntl, "flock", flock)
    session = asked(store)
    log = store.begin_answer(session)
    fed(log, TextDelta("a"))
    other = open_store()
    assert [(each.text, each.status) for each in other.messages(session)][1:] == [("a", "interrupted")]
    log.finish(fed(log, TextDelta("a"), TextDelta("b")), "complete")
    assert [(each.text, each.status) for each in other.messages(session)][1:] == [("ab", "complete")]


def test_only_events_that_make_a_message_are_spooled() -> None:
    assert [type(event).__name__ for event in EVENTS if encode(event) is None] == ["Requested", "Responded", "LogProbs"]
    kept = [event for event in EVENTS if encode(event) is not None and not isinstance(event, Audio)]
    assert [decode(encode(event) or b"") for event in kept] == kept
    assert decode(encode(Audio({"id": "a", "data": "AAAA"})) or b"") == Audio({"id": "a"})
    assert (encode(TextDelta("\ud800é")) or b"").isascii()


def test_a_folder_that_is_not_there_has_no_orphans(tmp_path: Path) -> None:
    assert list(orphans(tmp_path / "none")) == []
