"""/schema and /json: answers that are held against a form, for as long as the session lasts (interface §6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli.view import view_of
from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.cli.test_structured import NOTE, YOUNG, said
from tests.cli.test_structured_requests import ADA, FIELDS, FORMAT, MANY, SCHEMA, THOUGHTLESS

AFTER = "answers are JSON after the schema answer"
ANY = "answers may have any form"
OBJECTS = "answers are JSON objects"
MANY_FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": MANY}}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, said(f"It is {ADA}."), said("Words.")) as served_talk:
        yield served_talk


def sent(talk: Talk) -> list[tuple[Any, bool, Any]]:
    """Of each request the form that it asks for, whether it streams, and what it says about thinking."""
    fields = ("response_format", "stream", "chat_template_kwargs")
    return [(body.get(fields[0]), body.get(fields[1], False), body.get(fields[2])) for body in talk.bodies]


ASKED = (FORMAT, False, THOUGHTLESS["chat_template_kwargs"])
FREE = (None, True, None)


@pytest.mark.parametrize("typed", [FIELDS, f"'{FIELDS}'", f'"{FIELDS}"', json.dumps(SCHEMA)])
def test_answers_fit_a_schema_until_it_is_taken_off(talk: Talk, typed: str) -> None:
    assert replies(talk, f"/schema {typed}", "Who?", "/schema off", "And?") == [AFTER, ANY]
    assert talk.said == f"{ADA}\nWords.\n"
    assert sent(talk) == [ASKED, FREE]


def test_lists_of_what_fits_are_printed_one_a_line(tmp_path: Path) -> None:
    with served(tmp_path, said(f'{{"items": [{ADA}, {ADA}]}}')) as talk:
        told = replies(talk, f"/schema list of {FIELDS}", "Who?")
        assert told == ["answers are lists of JSON after the schema answer"]
        assert talk.said == f"{ADA}\n{ADA}\n"
        assert sent(talk) == [(MANY_FORMAT, *ASKED[1:])]


def test_schema_alone_shows_what_is_asked_for(talk: Talk) -> None:
    told = replies(talk, "/schema", f"/schema {FIELDS}", "/schema")
    assert told == [ANY, AFTER, AFTER, *json.dumps(SCHEMA, indent=2).splitlines()]


def test_a_schema_that_is_kept_is_named(talk: Talk) -> None:
    (talk.folder / "schemas").mkdir()
    (talk.folder / "schemas" / "person.json").write_text(json.dumps(SCHEMA))
    told = replies(talk, "/schema person", "/schema persn", "Who?")
    assert told == [
        "answers are JSON after the schema person",
        "there is no schema named persn; did you mean person?",
        f"Schemas are in {talk.folder / 'schemas'}. A single field is written with its type: 'persn str'",
    ]
    named = {"type": "json_schema", "json_schema": {**FORMAT["json_schema"], "name": "person"}}  # type: ignore[dict-item]
    assert sent(talk) == [(named, *ASKED[1:])]


def test_a_schema_that_cannot_be_read_changes_nothing(talk: Talk) -> None:
    told = replies(talk, f"/schema {FIELDS}", "/schema name, age nt", "/schema list of", "/json maybe", "/schema")
    assert told[:6] == [
        AFTER,
        "the type of age cannot be 'nt'; there are str, int, float, bool, [TYPE], {FIELDS}, (a|b|c) (column 11)",
        "For example: --schema 'name, age int, tags [str]'",
        "a schema is wanted",
        "For example: --schema 'name, age int, tags [str]'",
        "/json takes on or off, not maybe; nothing was changed",
    ]
    assert told[6] == AFTER


def test_json_asks_for_any_object(tmp_path: Path) -> None:
    with served(tmp_path, said('```json\n{"a": 1}\n```'), said("Words.")) as talk:
        told = replies(talk, "/json", "/json on", "/schema", "a", "/json", "/json off", "b")
        assert told == [ANY, OBJECTS, OBJECTS, OBJECTS, ANY]
        assert talk.said == '{"a": 1}\nWords.\n'
        assert sent(talk) == [({"type": "json_object"}, *ASKED[1:]), FREE]


def test_one_form_takes_the_place_of_another(talk: Talk) -> None:
    told = replies(talk, f"/schema list of {FIELDS}", "/json on", f"/schema {FIELDS}", "Who?", "/json off", "And?")
    assert told == ["answers are lists of JSON after the schema answer", OBJECTS, AFTER, ANY]
    assert sent(talk) == [ASKED, FREE]


@pytest.mark.parametrize("line", ["/unset response_format", "/set response_format null"])
def test_a_form_that_is_taken_back_as_a_field_is_gone(talk: Talk, line: str) -> None:
    talk(f"/schema {FIELDS}", "Who?", line, "And?")
    assert talk.said == f"{ADA}\nWords.\n"
    assert sent(talk) == [ASKED, FREE]


def test_a_format_that_was_set_as_a_field_is_the_business_of_the_server(tmp_path: Path) -> None:
    with served(tmp_path, said("Words.")) as talk:
        talk(f"/schema {FIELDS}", f"/set response_format {json.dumps(FORMAT)}", "Who?")
        assert (talk.said, sent(talk)) == ("Words.\n", [(FORMAT, True, None)])


def test_what_was_said_about_thinking_holds(talk: Talk) -> None:
    talk(f"/schema {FIELDS}", "/think on", "Who?")
    assert sent(talk) == [(FORMAT, False, {"enable_thinking": True})]


def test_an_answer_that_does_not_fit_is_asked_for_once_more(tmp_path: Path) -> None:
    with served(tmp_path, said(YOUNG), said(ADA), said(ADA)) as talk:
        assert replies(talk, f"/schema {FIELDS}", "Who?", "Again") == [AFTER, NOTE.rstrip()]
        assert talk.said == f"{ADA}\n{ADA}\n"
        assert [[role for role, _ in it] for it in talk.asked] == [
            ["user"],
            ["user", "assistant", "user"],
            ["user", "assistant", "user", "assistant", "user"],
        ]


def test_one_that_never_fits_is_told_and_the_talk_goes_on(tmp_path: Path) -> None:
    with served(tmp_path, said(YOUNG), said(YOUNG), said(ADA)) as talk:
        told = replies(talk, f"/schema {FIELDS}", "Who?", "Again")
        assert told[:3] == [
            AFTER,
            NOTE.rstrip(),
            'the answer does not fit the schema: /age: "young" is not of type integer',
        ]
        assert told[3].startswith("What came is kept: glm sessions show ")
        assert (told[4:], talk.said) == (["/retry asks again"], f"{ADA}\n")


# Flags and sessions


def test_a_chat_begins_with_the_schema_of_its_flag(talk: Talk) -> None:
    assert replies(talk, "Who?", "/schema off", "And?", schema=FIELDS) == [ANY]
    assert sent(talk) == [ASKED, FREE]


def test_no_repair_holds_for_the_chat(tmp_path: Path) -> None:
    with served(tmp_path, said(YOUNG)) as talk:
        told = replies(talk, "Who?", schema=FIELDS, no_repair=True)
        assert told[0] == 'the answer does not fit the schema: /age: "young" is not of type integer'
        assert told[1].endswith(" Without --no-repair it is asked for once more.")
        assert (told[2:], talk.said, len(talk.requests)) == (["/retry asks again"], "", 1)


def test_the_session_goes_on_with_its_schema(tmp_path: Path) -> None:
    many = f'{{"items": [{ADA}]}}'
    with served(tmp_path, said(many), said(many), said('{"x": "y"}'), said("Words.")) as talk:
        talk(f"/schema list of {FIELDS}", "Who?")
        talk("Again", continue_=True)
        talk("Other", continue_=True, schema="x str")
        talk("/schema off", "Any", continue_=True)
        assert talk.said == f'{ADA}\n{ADA}\n{{"x": "y"}}\nWords.\n'
        forms = [form and form["json_schema"]["schema"]["properties"] for form, _, _ in sent(talk)]
        assert forms == [MANY["properties"], MANY["properties"], {"x": {"type": "string"}}, None]


def test_a_session_whose_schema_was_taken_off_goes_on_without(tmp_path: Path) -> None:
    with served(tmp_path, said(ADA), said("Words.")) as talk:
        talk(f"/schema {FIELDS}", "Who?", "/schema off")
        talk("Again", continue_=True)
        assert (talk.said, sent(talk)) == (f"{ADA}\nWords.\n", [ASKED, FREE])


def test_a_session_that_is_resumed_brings_its_schema_and_a_new_one_keeps_it(tmp_path: Path) -> None:
    with served(tmp_path, said(ADA)) as talk:
        talk(f"/schema {FIELDS}", "Who?", "/rename people")
        talk("/schema", "/resume people", "/schema", "Again", "/new", "Once more")
        assert sent(talk) == [ASKED, ASKED, ASKED]


def test_an_answer_can_be_asked_for_again(tmp_path: Path) -> None:
    with served(tmp_path, said(YOUNG), said(ADA)) as talk:
        talk("Who?", "/retry", schema=FIELDS, no_repair=True)
        assert (talk.said, sent(talk)) == (f"{ADA}\n", [ASKED, ASKED])


# What Tab offers


def test_tab_offers_the_names_of_schemas(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    (talk.folder / "schemas").mkdir()
    for name in ("person", "place"):
        (talk.folder / "schemas" / f"{name}.json").write_text("{}")
    monkeypatch.chdir(talk.folder / "schemas")
    (talk.folder / "schemas" / "papers").mkdir()
    with talk.repl() as repl:
        suggest = view_of(repl).suggest

        def after(text: str) -> list[str]:
            return [text[: len(text) - it.back] + it.text for it in suggest(text)]

        named = ["person", "place", "papers/", "person.json", "place.json"]
        assert after("/schema p") == [f"/schema {it}" for it in named]
        assert after("/schema list of per") == [f"/schema list of {it}" for it in ("person", "person.json")]
        assert after("/schema li") == ["/schema list of "]
        assert after("/schema o") == ["/schema off"]
        assert after("/json o") == ["/json on", "/json off"]
