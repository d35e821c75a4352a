"""Going back, editing, forking and going on: what is sent after it, and that nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli.repl import Repl
from glmcli.cli.slash.turns import GO_ON, with_text
from glmcli.demo.server import Close
from glmcli.store import Store
from tests.cli.talking import Stdout, Talk, Typed, served
from tests.support.served import cut, failing, saying

START = 3  # lines of the greeting


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, saying("One."), saying("Two."), saying("Three."), saying("Four.")) as served_talk:
        yield served_talk


def replies(talk: Talk, *typed: Typed, **options: Any) -> list[str]:
    """What stderr got between greeting and farewell, without blank lines."""
    lines = talk(*typed, **options).splitlines()[START:]
    return [line for line in lines if line and "go on with it" not in line]


def editing(talk: Talk, tmp_path: Path, script: str) -> None:
    """Sets an editor that does this to the file `$1`."""
    editor = tmp_path / "editor.sh"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    talk.environ["EDITOR"] = str(editor)


def texts(talk: Talk, **how: Any) -> list[str]:
    return [it.text for it in talk.stored(**how)]


# /retry


def test_a_retry_that_gets_no_answer_puts_the_old_one_back(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), failing(403, 1, "no"), saying("Three.")) as talk:
        told = replies(talk, "Hi", "/retry", "Ho")
        assert told[-1] == "the answer before is in its place again"
        assert talk.asked[2] == [("user", "Hi"), ("assistant", "One."), ("user", "Ho")]
        assert texts(talk) == ["Hi", "One.", "Ho", "Three."]
        assert texts(talk, branches=True) == ["Hi", "One.", "", "Ho", "Three."]


def test_a_retry_that_is_cut_short_keeps_what_came(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), cut("Half", end=[Close()]), saying("Three.")) as talk:
        talk("Hi", "/retry", "Ho")
        assert talk.asked[2] == [("user", "Hi"), ("assistant", "Half"), ("user", "Ho")]


# /continue


def test_continue_goes_on_after_an_interruption(tmp_path: Path) -> None:
    with served(tmp_path, saying("One ", "two ", "three"), saying("two three")) as talk:
        talk.stdout = Stdout(b"two", KeyboardInterrupt)
        talk("Count", "/continue")
        assert talk.asked[1] == [("user", "Count"), ("assistant", "One two "), ("user", GO_ON)]
        assert texts(talk) == ["Count", "One two ", GO_ON, "two three"]


def test_continue_that_gets_no_answer_leaves_the_conversation_as_it_was(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), failing(403, 1, "no"), saying("Two.")) as talk:
        talk("Hi", "/continue", "Ho")
        assert talk.asked[2] == [("user", "Hi"), ("assistant", "One."), ("user", "Ho")]


def test_continue_needs_an_answer(tmp_path: Path) -> None:
    with served(tmp_path, failing(403, 1, "no")) as talk:
        told = replies(talk, "/continue", "Hi", "/continue")
        wants = ["there is no answer to go on with", "/retry asks the last question again."]
        assert (told[:2], told[-2:]) == (wants, wants)
        assert len(talk.asked) == 1


# /undo


def test_undo_takes_back_turns_and_offers_what_was_asked(talk: Talk) -> None:
    assert replies(talk, "a", "b\nb", "c", "/undo 2", "d") == [
        "2 turns undone; /branch finds what was said",
        "offered: b",
        "b",
    ]
    assert talk.asked[3] == [("user", "a"), ("assistant", "One."), ("user", "d")]
    assert texts(talk) == ["a", "One.", "d", "Four."]
    assert texts(talk, branches=True) == ["a", "One.", "b\nb", "Two.", "c", "Three.", "d", "Four."]


def test_undo_offers_the_text_to_a_keyboard_that_takes_it(talk: Talk) -> None:
    offered: list[str] = []

    def able(repl: Repl) -> None:
        setattr(repl.keyboard, "offer", offered.append)  # noqa: B010

    assert replies(talk, "a", able, "/undo") == ["1 turn undone; /branch finds what was said"]
    assert offered == ["a"]


def test_undo_of_more_than_there_is_goes_back_to_the_beginning(talk: Talk) -> None:
    assert replies(talk, "a", "b", "/rewind 9", "c")[0] == "2 turns undone; /branch finds what was said"
    assert talk.asked[2] == [("user", "c")]
    assert texts(talk) == ["c", "Three."]


def test_undo_without_a_store_works_in_memory(talk: Talk) -> None:
    talk.keep = False
    talk("a", "b", "/undo", "c")
    assert talk.asked[2] == [("user", "a"), ("assistant", "One."), ("user", "c")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/undo", "nothing was asked yet"),
        ("/undo 0", "0 is no number of turns"),
        ("/undo two", "two is no number of turns"),
        ("/edit 1", "there is no message 1"),
        ("/edit x", "x is no number of message"),
        ("/fork", "this conversation is not stored"),
    ],
)
def test_what_cannot_be_done_is_said(talk: Talk, line: str, fault: str) -> None:
    assert replies(talk, line)[0] == fault


def test_undo_does_not_touch_a_message_that_was_never_sent(talk: Talk) -> None:
    token: list[str] = []
    told = replies(
        talk,
        "a",
        lambda repl: token.append(talk.environ.pop("CLOUDFLARE_API_TOKEN")),
        "b",
        "/undo",
        lambda repl: talk.environ.update(CLOUDFLARE_API_TOKEN=token[0]),
        "/retry",
    )
    assert "the last message was not sent, so there is nothing to undo" in told
    assert talk.asked[1] == [("user", "a"), ("assistant", "One."), ("user", "b")]


# /edit


def test_edit_asks_an_edited_question_again_on_a_branch(talk: Talk, tmp_path: Path) -> None:
    editing(talk, tmp_path, "sed -i s/a/edited/ $1")
    talk("a", "b", "/edit 1")
    assert talk.asked[2] == [("user", "edited")]
    assert texts(talk) == ["edited", "Three."]
    assert texts(talk, branches=True) == ["a", "One.", "b", "Two.", "edited", "Three."]


def test_edit_puts_words_into_the_mouth_of_the_model(talk: Talk, tmp_path: Path) -> None:
    editing(talk, tmp_path, "echo Better. > $1")
    told = replies(talk, "a", "b", "/edit 2", "c")
    assert told == ["message 2 is edited, and the conversation goes on from it"]
    assert talk.asked[2] == [("user", "a"), ("assistant", "Better."), ("user", "c")]
    assert texts(talk) == ["a", "Better.", "c", "Three."]
    assert "One." in texts(talk, branches=True)


@pytest.mark.parametrize("script", ["true", ": > $1"])
def test_edit_that_changes_nothing_does_nothing(talk: Talk, tmp_path: Path, script: str) -> None:
    editing(talk, tmp_path, script)
    assert replies(talk, "a", "/edit 1") == ["nothing was changed"]
    assert len(talk.asked) == 1


def test_edit_without_a_number_writes_a_message(talk: Talk, tmp_path: Path) -> None:
    editing(talk, tmp_path, "echo written > $1")
    talk("/edit")
    editing(talk, tmp_path, "true")
    talk("/edit")
    assert talk.asked == [[("user", "written")]]


def test_a_result_of_a_tool_cannot_be_edited(talk: Talk) -> None:
    def called(repl: Repl) -> None:
        assert repl.conversation.id is not None
        with Store.at(talk.folder, talk.world) as store:
            store.add_message(repl.conversation.id, {"role": "tool", "tool_call_id": "c", "content": "x"})

    assert replies(talk, "a", called, "/edit 3") == [
        "message 3 is neither yours nor an answer",
        "/history shows the numbers.",
    ]


def test_what_is_attached_to_an_edited_message_stays() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    asked = {"role": "user", "content": [{"type": "text", "text": "a"}, image]}
    assert with_text(asked, "b") == {"role": "user", "content": [{"type": "text", "text": "b"}, image]}
    assert with_text({"role": "assistant", "refusal": "no"}, "b") == {"role": "assistant", "content": "b"}


# /fork


def test_fork_goes_on_in_a_copy(talk: Talk) -> None:
    told = replies(talk, "a", "/fork side", "/usage", "b", session="main")
    assert told == ["goes on in a copy, session side; main stays as it is", "no answer yet in this session"]
    assert texts(talk, key="main") == ["a", "One."]
    assert texts(talk, key="side") == ["a", "One.", "b", "Two."]
    assert talk.asked[1] == [("user", "a"), ("assistant", "One."), ("user", "b")]


def test_fork_refuses_a_name_that_is_taken_and_stays(talk: Talk) -> None:
    assert replies(talk, "a", "/fork main", "b", session="main")[0] == "a session named 'main' exists already"
    assert texts(talk, key="main") == ["a", "One.", "b", "Two."]


def test_new_tells_the_old_session_by_its_short_name(talk: Talk) -> None:
    (told,) = replies(talk, "a", "/new")
    assert len(told.removeprefix("a new session; the old one is kept as ")) == 10
