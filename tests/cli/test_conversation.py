"""The session behind run and chat: branches, choices, and what happens when the store fails midway."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import Finished, TextDelta, Usage
from glmcli.api.request import Sourced
from glmcli.cli.command import Invocation
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import TurnOptions
from glmcli.cli.plan import Plan, make_plan
from glmcli.cli.turn_log import TurnLog
from glmcli.errors import ConfigError, StoreError, UsageError
from glmcli.world import World

HI = {"role": "user", "content": "hi"}
HELLO = {"role": "assistant", "content": "Hello"}


def world() -> World:
    return World(None, io.BytesIO(), io.BytesIO())


def plan_in(folder: Path) -> Plan:
    return make_plan(Invocation(world(), config_dir=str(folder)), TurnOptions())


def whole(text: str) -> Completion:
    completion = Completion()
    for event in (TextDelta(text), Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10), Finished(("stop",))):
        completion.feed(event)
    return completion


Make = Callable[..., Conversation]


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Make]:
    """Makes conversations in one folder, and closes them."""
    made: list[Conversation] = []

    def make(**how: Any) -> Conversation:
        made.append(Conversation(tmp_path, world(), **{"keep": True, "warn": print_nowhere, **how}))
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.close()  # twice does no harm


def print_nowhere(line: str) -> None: ...


def talk(conversation: Conversation, plan: Plan, question: str, answer: str) -> None:
    log = conversation.begin([{"role": "user", "content": question}], plan)
    completion = whole(answer)
    log.feed(TextDelta(answer))
    log.finish(completion, "complete", None)


def texts(conversation: Conversation) -> list[Any]:
    return [message["content"] for message in conversation.messages]


def test_what_was_said_is_there_for_the_next_process(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    first = conversation()
    assert (first.id, first.resumed) == (None, None)
    talk(first, plan, "a", "b")
    talk(first, plan, "c", "d")
    later = conversation()
    later.resume(last=True)
    assert texts(later) == texts(first) == ["a", "b", "c", "d"]
    assert later.id == first.id
    assert later.session is not None
    assert later.resumed == f"continuing session {first.label}: a"


def test_an_answer_costs_what_it_cost(conversation: Make, tmp_path: Path) -> None:
    talk(conversation(), plan_in(tmp_path), "a", "b")
    from glmcli.store import Store

    store = Store.at(tmp_path, world(), create=False)
    [session] = store.list(1)
    cost = store.messages(session.id)[-1].cost
    store.close()
    assert cost == pytest.approx(7 * 0.06e-6 + 3 * 0.40e-6)


def test_going_back_to_the_question_leaves_the_old_answer_on_a_branch(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    chat = conversation()
    assert not chat.back_to_question()
    talk(chat, plan, "a", "b")
    talk(chat, plan, "c", "d")
    assert chat.back_to_question()
    assert texts(chat) == ["a", "b", "c"]
    log = chat.begin([], plan)
    log.feed(TextDelta("e"))
    log.finish(whole("e"), "complete", None)
    later = conversation()
    later.resume(last=True)
    assert texts(later) == ["a", "b", "c", "e"]


def test_starting_over_makes_another_session(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    chat = conversation()
    chat.resume(name="work")
    talk(chat, plan, "a", "b")
    first = chat.id
    chat.start_over()
    assert (chat.id, chat.messages, chat.resumed) == (None, [], None)
    talk(chat, plan, "c", "d")
    assert chat.id != first
    later = conversation()
    later.resume(name="work")
    assert texts(later) == ["a", "b"]


def test_choices_made_on_the_way_are_kept(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    chat = conversation()
    chosen = replace(plan, model=Sourced("m", "/model"), system=Sourced("S", "/system"), chosen={"seed": 7})
    chat.keep_choices(chosen)  # nothing to keep them in yet
    talk(chat, plan, "a", "b")
    chat.keep_choices(chosen)
    later = conversation()
    later.resume(last=True)
    assert later.session is not None
    assert (later.session.model, later.session.system, later.session.options) == ("m", "S", {"seed": 7})
    chat.keep_choices(plan)
    later.resume(last=True)
    assert later.session.system is None


def test_an_answer_that_says_nothing_is_not_sent_on(conversation: Make) -> None:
    chat = conversation()
    chat.answered({"role": "assistant", "content": None})
    assert chat.messages == []


def test_calls_that_were_not_carried_out_get_a_result_that_says_so_before_something_else_is_said(
    conversation: Make,
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = {"role": "assistant", "content": "", "tool_calls": [call]}
    chat = conversation()
    chat.answered(answer)
    result = {"role": "tool", "tool_call_id": "c1", "content": "There is no result: the call was not carried out."}
    assert chat.before([]) == [answer]
    assert chat.before([{"role": "user", "content": "Then?"}]) == [answer, result]
    assert [(it.id, it.name, it.arguments) for it in chat.open_calls()] == [("c1", "f", "{}")]


def test_a_conversation_that_is_not_kept_goes_on_in_memory(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    chat = conversation(keep=False)
    talk(chat, plan, "a", "b")
    chat.keep_choices(plan)
    assert chat.back_to_question()
    assert (chat.id, texts(chat)) == (None, ["a"])
    assert not (tmp_path / "sessions.db").exists()


def test_trouble_with_the_store_is_said_once_and_the_conversation_goes_on(conversation: Make, tmp_path: Path) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database " * 100)
    plan = plan_in(tmp_path)
    said: list[str] = []
    chat = conversation(warn=said.append)
    talk(chat, plan, "a", "b")
    talk(chat, plan, "c", "d")
    assert texts(chat) == ["a", "b", "c", "d"]
    assert len(said) == 1
    assert said[0].endswith("file is not a database; this conversation is not stored any further")
    assert said == [f"{getattr(chat.trouble, 'message', None)}; this conversation is not stored any further"]


def test_a_store_that_cannot_be_read_cannot_be_continued(conversation: Make, tmp_path: Path) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database " * 100)
    with pytest.raises(ConfigError, match="file is not a database"):
        conversation().resume(last=True)


def test_trouble_at_the_end_of_an_answer_does_not_raise(conversation: Make, tmp_path: Path) -> None:
    class Full:
        def finish(self, *given: Any, **more: Any) -> None:
            raise StoreError("the disk is full")

    full: Any = Full()
    said: list[str] = []
    chat = conversation(warn=said.append)
    TurnLog(chat, full, plan_in(tmp_path)).finish(whole("x"), "complete", None)
    assert said == ["the disk is full; this conversation is not stored any further"]
    assert getattr(chat.trouble, "message", None) == "the disk is full"
    assert chat.messages == [{"role": "assistant", "content": "x"}]


# Copies


def test_a_copy_is_made_when_something_is_said_in_it(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    first = conversation()
    first.resume(name="work")
    assert first.label == "work"
    talk(first, plan, "a", "b")
    looking = conversation()
    looking.resume(last=True, fork=True)
    assert looking.resumed == "continuing a copy of session work: a"
    assert looking.usages() == []
    copy = conversation()
    copy.resume(name="work", fork=True)
    talk(copy, plan, "c", "d")
    assert copy.id != first.id
    assert texts(copy) == ["a", "b", "c", "d"]
    later = conversation()
    later.resume(name="work")
    assert texts(later) == ["a", "b"]
    assert [it.total_tokens for it in copy.usages()] == [10]
    later.resume(last=True)
    assert later.id == copy.id


@pytest.mark.parametrize("change", ["choices", "cut", "rename", "fork"])
def test_what_is_done_to_a_copy_does_not_touch_the_session(conversation: Make, tmp_path: Path, change: str) -> None:
    plan = plan_in(tmp_path)
    first = conversation()
    talk(first, plan, "a", "b")
    original = str(first.id)
    copy = conversation()
    copy.resume(last=True, fork=True)
    match change:
        case "choices":
            copy.keep_choices(replace(plan, chosen={"seed": 7}))
        case "cut":
            copy.cut(1)
        case "rename":
            copy.rename("mine")
        case _:
            copy.fork()
    assert copy.id != original
    with copy.store() as store:
        assert (store.get(original).options, store.get(original).name) == ({}, None)
        assert [it.text for it in store.messages(original)] == ["a", "b"]


def test_fork_needs_a_session_that_there_is(conversation: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--fork needs a session to copy"):
        conversation().resume(fork=True)
    with pytest.raises(UsageError, match="there is no session 'new'"):
        conversation().resume(name="new", fork=True)
    with pytest.raises(UsageError, match="there is no session to go on with"):
        conversation().resume(last=True, fork=True)


def test_a_copy_that_is_not_kept_is_not_made(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    talk(conversation(), plan, "a", "b")
    copy = conversation(keep=False)
    copy.resume(last=True, fork=True)
    talk(copy, plan, "c", "d")
    assert texts(copy) == ["a", "b", "c", "d"]
    with copy.store() as store:
        assert len(store.list()) == 1


# Going back


def test_a_block_without_an_answer_changes_nothing(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    chat = conversation()
    talk(chat, plan, "a", "b")
    with suppress(KeyboardInterrupt), chat.trying():
        chat.back_to_question()
        raise KeyboardInterrupt
    assert texts(chat) == ["a", "b"]
    later = conversation()
    later.resume(last=True)
    assert texts(later) == ["a", "b"]


def test_the_path_without_a_store_is_what_is_sent(conversation: Make, tmp_path: Path) -> None:
    chat = conversation(keep=False)
    talk(chat, plan_in(tmp_path), "a", "b")
    assert [it.message for it in chat.path()] == chat.messages
    chat.cut(1, {"role": "assistant", "content": "c"})
    assert texts(chat) == ["a", "c"]
    chat.cut(0)
    assert texts(chat) == []
    with chat.trying():
        pass
    assert (chat.label, chat.usages()) == (None, [])


def test_a_label_is_the_id_where_the_store_fails(conversation: Make, tmp_path: Path) -> None:
    chat = conversation()
    talk(chat, plan_in(tmp_path), "a", "b")
    chat.close()
    (tmp_path / "sessions.db").write_bytes(b"no database " * 100)
    assert chat.label == chat.id


def test_an_answer_counts_no_dollars_where_no_price_is_known(conversation: Make, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'profile = "o"\n[profiles.o]\nendpoint = "openai"\nmodel = "x"\nbase_url = "https://a.b"\n'
    )
    chat = conversation()
    talk(chat, plan_in(tmp_path), "a", "b")
    assert [it.cost for it in chat.path()] == [None, None]


def test_switching_without_keeping_is_no_use_of_the_session(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    talk(conversation(), plan, "a", "b")
    chat = conversation(keep=False)
    with chat.store() as store:
        (session,) = store.list()
        chat.switch(session)
        assert store.get(session.id).updated == session.updated
    assert texts(chat) == ["a", "b"]


def test_a_conversation_can_begin_with_messages(conversation: Make, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    for keep in (True, False):
        chat = conversation(keep=keep)
        chat.begin_with([HI], plan, "again")
        assert texts(chat) == ["hi"]
        assert (chat.session is not None and chat.session.title == "again") == keep
