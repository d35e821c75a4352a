"""The session behind run and chat: branches, choices, and what happens when the store fails midway."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import Finished, TextDelta, Usage
from glmcli.api.request import Sourced
from glmcli.cli.command import Invocation
from glmcli.cli.conversation import Conversation, Log
from glmcli.cli.options import TurnOptions
from glmcli.cli.plan import Plan, make_plan
from glmcli.errors import ConfigError, StoreError
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
    conversation.answered(completion.message())


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
    assert later.resumed == f"continuing session {first.id}: a"


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


def test_calls_that_were_not_carried_out_get_a_result_that_says_so(conversation: Make) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chat = conversation()
    chat.answered({"role": "assistant", "content": None, "tool_calls": [call]})
    assert [message["role"] for message in chat.messages] == ["assistant", "tool"]
    assert chat.messages[1]["tool_call_id"] == "c1"


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
    assert chat.trouble is not None


def test_a_store_that_cannot_be_read_cannot_be_continued(conversation: Make, tmp_path: Path) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database " * 100)
    with pytest.raises(ConfigError, match="file is not a database"):
        conversation().resume(last=True)


def test_trouble_at_the_end_of_an_answer_does_not_raise() -> None:
    class Full:
        def finish(self, *given: Any, **more: Any) -> None:
            raise StoreError("the disk is full")

    full: Any = Full()
    troubles: list[StoreError] = []
    Log(full, troubles.append).finish(whole("x"), "complete", None)
    assert [trouble.message for trouble in troubles] == ["the disk is full"]
