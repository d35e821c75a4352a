"""The conversation so far, from a file: three forms are read, and faults are told with their lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.validate import faults
from glmcli.conversation_file import read_messages
from glmcli.errors import GlmError, RequestError, UsageError

TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Grüße\u2028dich"},
    {"role": "assistant", "content": "Hi"},
]


def read(data: str | bytes) -> list[dict[str, Any]]:
    warned: list[str] = []
    messages = read_messages(data if isinstance(data, bytes) else data.encode(), "talk", warned.append)
    assert warned == []
    return messages


def refused(data: str | bytes) -> str:
    with pytest.raises(UsageError) as caught:
        read(data)
    assert caught.value.hint
    return caught.value.message


def lines(values: list[Any], end: str = "\n") -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + end for value in values)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TALK),
        json.dumps(TALK, indent=2),
        json.dumps({"messages": TALK}, indent=1),
        lines(TALK),
        lines(TALK, "\r\n"),
        lines(TALK, "\n\n \n"),
        "\n\n" + lines(TALK).rstrip("\n"),
        "\ufeff" + lines(TALK),
    ],
)
def test_a_list_an_object_and_json_lines_say_the_same(text: str) -> None:
    assert read(text) == TALK


@pytest.mark.parametrize("indent", [None, 2])
def test_one_message_is_a_conversation(indent: int | None) -> None:
    assert read(json.dumps(TALK[1], indent=indent)) == [TALK[1]]


def test_what_else_is_in_a_request_body_is_named_and_left_out() -> None:
    warned: list[str] = []
    body = {"model": "m", "messages": TALK, "temperature": 1}
    assert read_messages(json.dumps(body).encode(), "body.json", warned.append) == TALK
    assert warned == [
        "only the messages of body.json are taken, not model, temperature; --body takes a whole request body"
    ]


def test_an_answer_is_read_as_servers_send_it() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"a": "ä"}}}
    said = {"role": "assistant", "content": None, "refusal": None, "audio": None, "tool_calls": [call]}
    more = {"role": "assistant", "content": "x", "tool_calls": None, "function_call": None}
    assert read(lines([said, more])) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":"ä"}'}}],
        },
        {"role": "assistant", "content": "x"},
    ]


def test_calls_that_are_no_calls_are_left_to_the_schema() -> None:
    message = refused(lines([TALK[0], {"role": "assistant", "tool_calls": [3, {"function": 1}]}]))
    assert message.startswith("/messages/1/tool_calls/0: ")
    deep: dict[str, Any] = {}
    for _ in range(700):
        deep = {"a": deep}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": deep}}
    message = refused(lines([{"role": "assistant", "tool_calls": [call]}]))
    assert message.startswith("/messages: is nested more than 500 levels deep")


def told(data: str) -> list[tuple[str, str]]:
    """Pointer and place of each fault."""
    with pytest.raises(RequestError) as caught:
        read(data)
    assert caught.value.hint
    told = [line.partition(": ") for line in caught.value.message.split("\n")]
    return [(pointer, rest.rpartition(" (from ")[2].rstrip(")")) for pointer, _, rest in told]


BROKEN = [TALK[0], {"role": "usr", "content": "x"}, {"role": "tool", "content": 3}]


def test_a_message_that_is_not_valid_is_told_by_its_line() -> None:
    pointers = ["/messages/1/role", "/messages/2/content", "/messages/2/tool_call_id"]
    assert told("\n" + lines(BROKEN, "\n\n")) == list(
        zip(pointers, [f"--messages talk line {line}" for line in (4, 6, 6)], strict=True)
    )
    document = json.dumps(BROKEN, indent=1)
    places = ["--messages talk line 7", "--messages talk line 12", "--messages talk line 10"]
    assert document.split("\n")[6].strip().startswith('"role": "usr"')
    assert told(document) == list(zip(pointers, places, strict=True))
    assert told(json.dumps({"a": 1, "messages": BROKEN}).replace('"a": 1, ', "\n")) == [
        (pointer, "--messages talk line 2") for pointer in pointers
    ]


def test_a_lone_message_that_is_not_valid_is_told_by_its_line() -> None:
    assert told('{\n"role":\n"usr"}') == [("/messages/0/role", "--messages talk line 3")]


def test_what_is_no_message_is_told_as_such() -> None:
    assert told('["hi"]') == [("/messages/0", "--messages talk line 1")]
    assert told(lines([TALK[0], 1, [2]])) == [
        ("/messages/1", "--messages talk line 2"),
        ("/messages/2", "--messages talk line 3"),
    ]


def test_what_cannot_be_sent_is_told() -> None:
    assert told('{"role": "user", "content": "\\ud800"}\n' + lines(TALK)) == [
        ("/messages/0/content", "--messages talk line 1")
    ]
    deep = '{"role": "user", "content": ' + "[" * 600 + "]" * 600 + "}"
    assert ("/messages", "--messages talk") in told(lines(TALK) + deep)
    assert ("/messages", "--messages talk line 1") in told(f"[{deep}]")


def test_of_many_faults_ten_are_told() -> None:
    with pytest.raises(RequestError) as caught:
        read(lines([{"role": "user"}] * 25))
    message = caught.value.message.split("\n")
    assert len(message) == 11
    assert message[10] == "and 15 more"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "talk is empty (from --messages)"),
        (" \n\t", "talk is empty (from --messages)"),
        ("[]", "there are no messages (from --messages talk)"),
        ('{"messages": []}', "there are no messages (from --messages talk)"),
        (b"[\n\n\xff]", "line 3 is not UTF-8 (from --messages talk)"),
        ("3", "there is neither a list of messages nor an object with the key messages (from --messages talk)"),
        (
            '{"messages": {}}',
            "there is neither a list of messages nor an object with the key messages (from --messages talk)",
        ),
        ("user: hi\nyou: ho", "not JSON: line 1, column 1: expecting value (from --messages talk)"),
        ('[\n{"role" 1}]', "not JSON: line 2, column 9: expecting ':' delimiter (from --messages talk)"),
        (
            lines(TALK) + '\n{"role" 1}',
            "not JSON: column 9: expecting ':' delimiter (from --messages talk line 5)",
        ),
        (
            lines(TALK) + '{"a": 1, "a": 2}',
            'the key "a" stands twice in one JSON object (from --messages talk line 4)',
        ),
        (
            '{"a": 1, "a": 2}\n' + lines(TALK),
            'the key "a" stands twice in one JSON object (from --messages talk line 1)',
        ),
        (lines(TALK) + "NaN", "not JSON: NaN is not a JSON number (from --messages talk line 4)"),
        (
            "[" * 100_000 + "\n" + "]" * 100_000,
            "the JSON is nested too deeply (from --messages talk)",
        ),
        (
            '{"version": 1, "session": {}, "messages": []}',
            "this is a whole session, its branches included (from --messages talk)",
        ),
    ],
)
def test_what_is_no_conversation_is_refused_in_one_line(data: str | bytes, message: str) -> None:
    assert refused(data) == message


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:\n 1role"user'), max_size=40).map(str.encode))
def test_any_bytes_are_a_valid_conversation_or_refused(data: bytes) -> None:
    try:
        messages = read_messages(data, "x", lambda _: None)
    except GlmError as error:
        messages = [{"role": "user", "content": str(error.exit_status)}]
    assert messages
    assert faults({"messages": messages}) == []
