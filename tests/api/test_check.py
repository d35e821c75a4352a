"""What is said about a body that is not valid, or that cannot be meant, and where it came from."""

from __future__ import annotations

import json

import pytest

from glmcli.api.request import (
    Sourced,
    build_body,
    check,
    fields_of,
    lines,
    overlay,
    system,
    tool_result,
    user,
)
from glmcli.errors import RequestError

HI = [user("hi")]


def test_every_fault_is_told_with_the_place_it_came_from() -> None:
    body = {"messages": [{"role": "user"}], "temperature": 3, "n": 0, "top_p": 2}
    origins = {"temperature": "--temperature", "n": "config.toml line 7", "messages": "session s1"}
    with pytest.raises(RequestError) as error:
        check(body, origins, strict=False)
    assert error.value.message == (
        "/messages/0/content: is missing for role user (from session s1)\n"
        "/n: 0 is below the minimum 1 (from config.toml line 7)\n"
        "/temperature: 3 is above the maximum 2 (from --temperature)\n"
        "/top_p: 2 is above the maximum 1"
    )
    assert error.value.hint == "`glm config params` lists every field and what it may be."
    assert error.value.exit_status == 2


def test_a_fault_of_a_whole_body_is_told_with_its_file() -> None:
    with pytest.raises(RequestError) as error:
        check({"prompt": "", "n": 0}, {"": "--body b.json", "n": "--n"}, strict=False)
    assert error.value.message == (
        "/prompt: is empty; at least 1 character is wanted (from --body b.json)\n"
        "/n: 0 is below the minimum 1 (from --n)"
    )


def test_a_fault_of_a_text_is_told_with_its_line() -> None:
    written = """{
  "messages": [
    {"role": "user",
     "content": 5},
    {"role": "tool"}],
  "a/b": 1,
  "n": 0
}"""
    body = json.loads(written)
    origin = "--body b.json"
    layer = overlay(fields_of(body, origin, written), {"n": Sourced(200, "--n")})
    origins = {"": lines(origin, written), **{name: it.told for name, it in layer.items()}}
    with pytest.raises(RequestError) as error:
        check({**body, "n": 200}, origins, strict=True)
    assert error.value.message == (
        "/messages/0/content: 5 is an integer; a string or a list is wanted for role user (from --body b.json line 4)\n"
        "/messages/1/content: is missing for role tool (from --body b.json line 5)\n"
        "/messages/1/tool_call_id: is missing for role tool (from --body b.json line 5)\n"
        "/n: 200 is above the maximum 128 (from --n)\n"
        "/a~1b: is not a key of the schema (from --body b.json line 6)"
    )
    with pytest.raises(RequestError, match=r"^/messages: is missing, .* \(from --body b.json line 2\)$"):
        check({}, {"": lines(origin, "\n{}")}, strict=True)
    with pytest.raises(RequestError, match=r"^/messages: is missing, .* \(from x\)$"):
        check({}, {"": lines("x", "")}, strict=True)


def test_the_lines_of_a_list_are_known_where_something_was_put_before_it() -> None:
    origin = "-o messages @m"
    given = Sourced([{"role": "user"}, {"role": "tool"}], origin, place=lines(origin, "[\n{},\n{}\n]"))
    moved = given.moved(1)
    assert [moved.told(inside) for inside in ("/1/content", "/2", "/0/role", "")] == [
        "-o messages @m line 2",
        "-o messages @m line 3",
        "-o messages @m line 1",
        "-o messages @m line 1",
    ]
    assert given.moved(-1).told("/0/x") == "-o messages @m line 3"
    assert Sourced([], "session").moved(3).told("/3/content") == "session"


def test_a_place_that_knows_no_origin_leaves_it_to_the_body() -> None:
    with pytest.raises(RequestError, match=r"^/n: 0 is below the minimum 1 \(from b\)$"):
        check({"prompt": "hi", "n": 0}, {"": "b", "n": lambda inside: ""}, strict=False)


def test_of_a_great_many_faults_the_first_are_told() -> None:
    with pytest.raises(RequestError) as error:
        check({"messages": [{"role": "user"}] * 1000}, {}, strict=False)
    told = error.value.message.split("\n")
    assert told[19:] == ["/messages/19/content: is missing for role user", "and 980 more"]
    message = {"role": "user", "content": "", "x": 1}
    assert check({"messages": [message] * 21}, {}, strict=False)[20:] == ["and 1 more"]
    assert len(check({"messages": [message] * 20}, {}, strict=False)) == 20


def test_a_body_that_is_no_object_is_told_without_a_pointer() -> None:
    with pytest.raises(RequestError, match=r"^the body: \[\] is a list; an object is wanted$"):
        check([], {}, strict=True)  # type: ignore[arg-type]


def test_what_cannot_be_meant_is_a_warning() -> None:
    body = {"prompt": "hi", "temprature": 1, "a/b~c": 1, "top_logprobs": 1}
    origins = {"temprature": "-o temprature", "a/b~c": "-o a/b~c"}
    assert check(body, origins, strict=False) == [
        "/temprature: is not a key of the schema; did you mean temperature? (from -o temprature)",
        "/a~1b~0c: is not a key of the schema (from -o a/b~c)",
        "/top_logprobs: means nothing without logprobs: true",
    ]


def test_strict_refuses_a_key_that_the_schema_does_not_know_and_only_warns_of_the_rest() -> None:
    with pytest.raises(RequestError) as error:
        check({"prompt": "hi", "temprature": 1, "n": 0}, {}, strict=True)
    assert error.value.message == (
        "/n: 0 is below the minimum 1\n/temprature: is not a key of the schema; did you mean temperature?"
    )
    assert check({"prompt": "hi", "top_logprobs": 1}, {}, strict=True) == [
        "/top_logprobs: means nothing without logprobs: true"
    ]


def test_a_plain_body_is_valid_and_beyond_doubt() -> None:
    assert (
        check(
            build_body(messages=HI, params={"temperature": Sourced(1, "")}, limit_fields=(), stream=True),
            {},
            strict=True,
        )
        == []
    )


def test_the_messages_that_are_made_here_are_valid() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    messages = [system("Be brief."), user([{"type": "text", "text": "hi"}, picture]), tool_result("c1", "42")]
    assert messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "hi"}, picture]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]
    assert check({"messages": messages}, {}, strict=True) == []
