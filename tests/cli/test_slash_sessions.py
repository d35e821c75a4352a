"""The commands about stored sessions, /history and /export."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.store import Store
from tests.cli.talking import Stdout, Talk, Typed, served
from tests.support.served import failing, saying

START = 3  # lines of the greeting


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path / "glm", saying("One."), saying("Two."), saying("Three.")) as served_talk:
        yield served_talk


def replies(talk: Talk, *typed: Typed, **options: Any) -> list[str]:
    """What stderr got between greeting and farewell, without blank lines; ids as ID, two blanks between columns."""
    lines = talk(*typed, **options).splitlines()[START:]
    lines = [re.sub(r"\b[0-9a-f]{10,24}\b", "ID", it) for it in lines if it and "go on with it" not in it]
    return [re.sub(r"(?<=\S) {3,}", "  ", it) for it in lines]


# /history


def test_history_shows_numbers_voices_and_first_lines(tmp_path: Path) -> None:
    with served(tmp_path, saying("One ", "two ", "three"), failing(403, 1, "no"), saying("Yes.\nIndeed.")) as talk:
        talk.stdout = Stdout(b"two", KeyboardInterrupt)
        told = replies(talk, "/history", "Count\nplease", "Go on", "/retry", "/history", "/history 1", "/history 99")
        assert told[0] == "nothing was said yet"
        shown = [
            "1 user  Count …",
            "2 assistant (interrupted) One two",
            "3 user  Go on",
            "4 assistant Yes. …",
        ]
        assert told[-9:] == [*shown, shown[3], *shown]


def test_history_is_cut_to_the_terminal_and_marks_what_was_cut_short(tmp_path: Path) -> None:
    with served(tmp_path, failing(403, 1, "no")) as talk:
        talk.width = 20
        told = replies(talk, "word " * 20, "/history", "/history x")
        assert told[-4:-2] == ["1 user  word wo…", "2 assistant (cut sh…"]
        assert told[-2:] == ["x is no number of messages", "For example: /history 5"]


# /sessions, /resume


def test_sessions_are_listed_the_last_used_first(talk: Talk) -> None:
    assert replies(talk, "/sessions") == ["no conversation is stored yet"]
    talk("a", session="first")
    assert replies(talk, "b", "/sessions", "/sessions 1", "/sessions 0") == [
        "*1  ID  now  2  default/glm-4.7-flash  b",
        " 2  ID  now  2  default/glm-4.7-flash  [first] a",
        "*1  ID  now  2  default/glm-4.7-flash  b",
        "0 is no number of sessions",
        "For example: /sessions 30",
    ]


def test_looking_at_the_sessions_first_loses_nothing(talk: Talk) -> None:
    talk("/sessions", "a")
    assert [it.text for it in talk.stored()] == ["a", "One."]


@pytest.mark.parametrize("line", ["/resume first", "/resume 2", "/chat firs", "/resume 007"])
def test_resume_goes_on_with_another_session(talk: Talk, line: str) -> None:
    talk("a", "/set seed 4", "/system S", session="first")
    told = replies(talk, "b", line, "/usage", "c", "/set seed")
    if line in ("/chat firs", "/resume 007"):
        assert told[0].startswith("there is no session")
        assert talk.asked[2] == [("user", "b"), ("assistant", "Two."), ("user", "c")]
        return
    assert told[:3] == ["continuing session first: a (2 messages)", "> a", "One."]
    assert told[3].startswith("1 answer: 7 tokens in")
    assert told[4] == "seed = 4 (from session)"
    assert talk.asked[2] == [("system", "S"), ("user", "a"), ("assistant", "One."), ("user", "c")]
    assert talk.bodies[2]["seed"] == 4
    assert [it.text for it in talk.stored("first")] == ["a", "One.", "c", "Three."]
    assert [it.text for it in talk.stored()] == ["a", "One.", "c", "Three."]  # used last in this terminal


def test_resume_without_a_name_lets_the_user_pick(talk: Talk) -> None:
    talk("a", session="first")
    told = replies(talk, "b", "/resume", "2", "c")
    assert told[:4] == [
        "* ID  now  2  default/glm-4.7-flash  b",
        "  ID  now  2  default/glm-4.7-flash  [first] a",
        "go on with: ",
        "continuing session first: a (2 messages)",
    ]
    assert talk.asked[2][:2] == [("user", "a"), ("assistant", "One.")]


@pytest.mark.parametrize("answer", ["", "  ", KeyboardInterrupt, EOFError])
def test_the_picker_can_be_left(talk: Talk, answer: Typed) -> None:
    assert replies(talk, "a", "/resume", answer, "b")[-1] == "nothing was changed"
    assert talk.asked[1] == [("user", "a"), ("assistant", "One."), ("user", "b")]


def test_resume_says_what_cannot_be(talk: Talk) -> None:
    told = replies(talk, "/resume", "a", "/resume 1", "/resume 9", "/resume 0")
    assert told == [
        "there is no session to go on with",
        "Type a message to start one.",
        "that is this session",
        "there is no session number 9",
        "/sessions shows the numbers.",
        "there is no session number 0",
        "/sessions shows the numbers.",
    ]


def test_a_name_of_digits_is_a_name(talk: Talk) -> None:
    talk("a", session="7")
    assert "> a" in replies(talk, "b", "/resume 7")


def test_a_session_of_another_profile_goes_on_under_it(talk: Talk) -> None:
    talk("a", session="first")
    with Store.at(talk.folder, talk.world) as store:
        store.create(name="toy", title="Toys", profile="demo", model="@cf/zai-org/glm-4.7-flash")
    told = replies(talk, "/resume toy", "b", "/resume first", "c")
    assert told[:2] == ["continuing session toy: Toys (0 messages)", "@cf/zai-org/glm-4.7-flash, profile demo"]
    assert "You wrote:" in talk.said
    assert told[2:5] == [
        "continuing session first: a (2 messages)",
        "@cf/zai-org/glm-4.7-flash, profile default",
        "> a",
    ]
    assert talk.asked[1:] == [[("user", "a"), ("assistant", "One."), ("user", "c")]]


def test_a_session_of_a_profile_that_cannot_be_reached_goes_on_under_this_one(talk: Talk) -> None:
    talk.folder.mkdir(exist_ok=True)
    (talk.folder / "config.toml").write_text(
        """[profiles.far]
        endpoint = "openai"
        base_url = "http://127.0.0.1:1"
        api_key_env = "FAR_KEY"
        """
    )
    with Store.at(talk.folder, talk.world) as store:
        store.create(name="far", profile="far", model="other")
    told = replies(talk, "/resume far", "a")
    assert told[0] == (
        "it was held under the profile far (profile far takes its key from $FAR_KEY, which is not set), and goes on"
        " under default"
    )
    assert talk.asked == [[("user", "a")]]


def test_a_session_of_a_profile_that_is_gone_goes_on_under_this_one(talk: Talk) -> None:
    with Store.at(talk.folder, talk.world) as store:
        store.create(name="far", profile="gone", model="other")
    told = replies(talk, "/resume far", "a")
    assert told[0] == "it was held under the profile gone, and goes on under default"
    assert talk.requests[0].target.endswith("@cf/zai-org/glm-4.7-flash")


def test_resume_keeps_the_model_of_the_session(talk: Talk) -> None:
    talk("a", "/set model mine", session="first")
    talk("/resume first", "b")
    assert talk.requests[1].target.endswith("/mine")


def test_a_store_that_cannot_be_read_is_told_of_and_the_loop_goes_on(talk: Talk) -> None:
    talk.folder.mkdir(exist_ok=True)
    (talk.folder / "sessions.db").write_bytes(b"x" * 4096)
    told = replies(talk, "/sessions", "/search x", "/rename x")
    assert sum(it.endswith("file is not a database") for it in told) == 3


# /search


def test_search_finds_words_in_all_sessions(talk: Talk) -> None:
    talk("Why is the sky blue?", session="first")
    assert replies(talk, "sky again", "/search SKY", "/search nowhere", "/search") == [
        "ID  now  user  sky again",
        "first  now  user  Why is the sky blue?",
        "/resume and the beginning of an id, or a name, goes on with a session",
        "nothing was found",
        "there is nothing to search for",
        "For example: /search blue sky",
    ]


def test_search_marks_what_is_on_a_left_branch(talk: Talk) -> None:
    assert replies(talk, "red sky", "/undo", "blue sky", "/search sky") == [
        "1 turn undone; /branch finds what was said",
        "offered: red sky",
        "ID  now  user  blue sky",
        "ID  now  user, left  red sky",
        "what was left is on another branch of its session, which /branch shows there",
        "/resume and the beginning of an id, or a name, goes on with a session",
    ]


def test_search_says_that_there_is_more(talk: Talk) -> None:
    told = replies(talk, *["word"] * 11, "/search word")
    assert told[-2] == "and more; glm sessions search --limit 0 shows all of it"
    assert len([it for it in told if "  user  word" in it]) == 10


# /rename


def test_rename_names_this_session_or_the_one_to_come(talk: Talk) -> None:
    assert replies(talk, "/rename trip", "a") == ["this session is called trip"]
    assert [it.text for it in talk.stored("trip")] == ["a", "One."]
    talk("/title journey", continue_=True)
    assert [it.text for it in talk.stored("journey")] == ["a", "One."]
    assert replies(talk, "/rename journey", "b", "/rename journey", "/rename -x", "/rename")[::2] == [
        "a session named 'journey' exists already",
        "a session named 'journey' exists already",
        "'-x' cannot be the name of a session",
        "a session needs a name to be called by",
    ]


def test_what_is_not_stored_has_no_name(talk: Talk) -> None:
    talk.keep = False
    assert replies(talk, "/rename x", "a", "/rename x", "/fork")[::2] == ["this conversation is not stored"] * 3


# /export


@pytest.mark.parametrize(
    ("argument", "name", "beginning"),
    [
        ("out.md", "out.md", "# trip\n"),
        ("out", "out", "# trip\n"),
        ("a b.HTML", "a b.HTML", "<!DOCTYPE html>"),
        ("out.jsonl", "out.jsonl", '{"role": "user"'),
        ("out.json", "out.json", '{\n  "version": 1,'),
        ("out.txt --format md", "out.txt", "# trip\n"),
        ("out.json --format=body", "out.json", '{\n  "messages": ['),
        ("--format html", "trip-1.html", "<!DOCTYPE html>"),
        ("--format body out.txt", "out.txt", '{\n  "messages": ['),
        ("--format body", "trip-1.json", '{\n  "messages": ['),
        ("", "trip-1.md", "# trip\n"),
    ],
)
def test_export_writes_a_new_file_in_the_format_of_its_name(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, name: str, beginning: str
) -> None:
    monkeypatch.chdir(tmp_path)
    beginning = beginning.replace("trip", "trip 1")
    assert replies(talk, "a", f"/export {argument}", f"/save {argument}", session="trip 1") == [
        f"written to {name}",
        f"{name} exists; nothing was written",
        "Name another file.",
    ]
    assert (tmp_path / name).read_text().startswith(beginning)


def test_export_as_json_has_the_left_branches(talk: Talk, tmp_path: Path) -> None:
    talk("a", "/retry", f"/export {tmp_path}/out.json")
    found = json.loads((tmp_path / "out.json").read_text())
    assert [it["message"]["content"] for it in found["messages"]] == ["a", "One.", "Two."]


def test_what_is_not_stored_can_be_exported(talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    talk.keep = False
    assert replies(talk, "/system S", "a", "/export", "/export out.json")[-2:] == [
        "written to conversation.md",
        "written to out.json",
    ]
    assert "## System\n\nS\n\n## User\n\na\n\n## Assistant\n\nOne.\n" in (tmp_path / "conversation.md").read_text()
    assert len(json.loads((tmp_path / "out.json").read_text())["messages"]) == 2


def test_export_refuses_what_it_cannot_write(talk: Talk, tmp_path: Path) -> None:
    told = replies(talk, "/export x.md", "a", "/export x.pdf", "/export --format pdf", f"/export {tmp_path}/no/x.md")
    assert told == [
        "nothing was said yet, so nothing was written",
        "Type a message first.",
        ".pdf is no format of a conversation; nothing was written",
        "Name it: /export x.pdf --format md|html|json|jsonl|body",
        "there is no format pdf; nothing was written",
        "There are md, html, json, jsonl, body.",
        f"cannot write {tmp_path}/no/x.md: No such file or directory",
        "Name another file.",
    ]
