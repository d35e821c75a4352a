"""/branch: what was left in a conversation, and the way back to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import failing, saying


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, saying("One."), saying("Two."), saying("Three.")) as served_talk:
        yield served_talk


def test_what_undo_left_is_listed_and_taken_up_again(talk: Talk) -> None:
    assert replies(talk, "a", "/undo", "b", "/branch", "/branch 2", "c") == [
        "1 turn undone; /branch finds what was said",
        "offered: a",
        "*1  now  assistant  Two.",
        " 2  now  assistant  One.",
        "/branch and a number goes on there",
        "> a",
        "One.",
    ]
    assert talk.asked[2] == [("user", "a"), ("assistant", "One."), ("user", "c")]
    assert [it.text for it in talk.stored()] == ["a", "One.", "c", "Three."]


def test_what_was_cut_short_is_marked(tmp_path: Path) -> None:
    with served(tmp_path, failing(403, 1, "no"), saying("One.")) as talk:
        assert replies(talk, "a", "/retry", "/branch")[3:] == [
            "*1  now  assistant              One.",
            " 2  now  assistant (cut short)  (nothing)",
            "/branch and a number goes on there",
        ]


def test_where_everything_was_undone_no_branch_is_marked(talk: Talk) -> None:
    assert replies(talk, "a", "/undo", "/branch")[2:] == [
        " 1  now  assistant  One.",
        "/branch and a number goes on there",
    ]


@pytest.mark.parametrize("number", ["0", "3", "x", "-1"])
def test_a_branch_that_is_not_there_changes_nothing(talk: Talk, number: str) -> None:
    assert replies(talk, "a", "/retry", f"/branch {number}", "b") == [
        f"there is no branch {number}",
        "/branch shows the numbers.",
    ]
    assert talk.asked[2] == [("user", "a"), ("assistant", "Two."), ("user", "b")]


def test_what_is_not_stored_has_no_branches(talk: Talk) -> None:
    talk.keep = False
    assert replies(talk, "a", "/undo", "/branch") == [
        "1 turn undone",
        "offered: a",
        "this conversation has no branches: it is not stored",
        "One begins with a message.",
    ]
