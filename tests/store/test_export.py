"""Conversations as text: to read, and to work with."""

from __future__ import annotations

import json
import re
from html import unescape

from glmcli.store import Session, StoredMessage
from glmcli.store.export import body, exported, json_lines, json_text, markdown, page, passages, record

SESSION = Session(
    id="0199aaaa",
    title="Why <blue>?",
    created=1_800_000_000.0,
    profile="default",
    model="m",
    system="Be brief.",
    options={"seed": 1},
    tools=[{"type": "function"}],
    head=4,
)
CALL = {"id": "t", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}
CUSTOM = {"id": "u", "type": "custom", "custom": {"name": "note", "input": "text"}}
MESSAGES = [
    StoredMessage(1, "0199aaaa", None, {"role": "user", "content": "Why <blue>?\n"}),
    StoredMessage(
        2,
        "0199aaaa",
        1,
        {"role": "assistant", "content": "Be\0cause", "tool_calls": [CALL, CUSTOM]},
        "interrupted",
        reasoning="Hm.\n\nSo.\n",
        extra={"choices": [{"index": 1, "message": {"role": "assistant", "content": "Other"}, "reasoning": "aside"}]},
    ),
    StoredMessage(3, "0199aaaa", 2, {"role": "assistant", "function_call": {"name": "old", "arguments": "1"}}),
    StoredMessage(
        4, "0199aaaa", 3, {"role": "assistant", "content": ""}, "error", extra={"error": {"message": "cut \ud800"}}
    ),
]


def test_markdown_gives_every_voice_a_heading() -> None:
    assert markdown(SESSION, MESSAGES) == (
        "# Why <blue>?\n\nSession 0199aaaa, 2027-01-15 08:00 UTC, default, m\n\n## System\n\nBe brief.\n\n"
        '## User\n\nWhy <blue>?\n\n## Assistant (interrupted)\n\nBe\0cause\n→ look({"at": "sky"})\n→ note(text)\n\n'
        "## Assistant (choice 2)\n\nOther\n\n## Assistant\n\n→ old(1)\n\n## Assistant (error: cut \ufffd)\n"
    )


def test_markdown_quotes_the_reasoning_if_it_is_wanted() -> None:
    text = markdown(Session(id="s"), MESSAGES[1:2], reasoning=True)
    assert "# Untitled\n\nSession s, 1970-01-01 00:00 UTC\n" in text
    assert "## Assistant (interrupted)\n\n> Hm.\n>\n> So.\n\nBe\0cause" in text
    assert "## Assistant (choice 2)\n\n> aside\n\nOther\n" in text


def test_html_stands_alone_and_escapes_every_word() -> None:
    evil = {"role": 'user"><b>', "content": "<script>alert('\"&')</script>\0"}
    text = page(Session(id="s", name="<i>"), [StoredMessage(1, "s", None, evil), *MESSAGES])
    assert set(re.findall(r"<(\w+)", text)) == {*"html head meta title style body h1 p section h2 div".split()}  # noqa: SIM905
    assert "alert('\"&')" in unescape(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert "<title>&lt;i&gt;</title>" in text
    assert "</script>\ufffd" in unescape(text)
    assert "Hm." not in text
    assert '<p class="thought">Hm.\n\nSo.\n</p>' in page(SESSION, MESSAGES, reasoning=True)
    assert not re.search(r"(src|href)=", text)


def test_the_body_goes_on_with_the_conversation() -> None:
    assert body(SESSION, MESSAGES[:1]) == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why <blue>?\n"}],
        "seed": 1,
        "tools": [{"type": "function"}],
    }
    assert body(Session(id="s"), []) == {"messages": []}


def test_the_record_holds_everything() -> None:
    found = json.loads(json_text(record(SESSION, MESSAGES)))
    assert found["version"] == 1
    assert Session(**found["session"]) == SESSION
    assert [StoredMessage(**message) for message in found["messages"]] == MESSAGES


def test_json_lines_hold_one_message_each() -> None:
    first, *rest = json_lines(SESSION, MESSAGES).splitlines()
    assert first == '{"role": "system", "content": "Be brief."}'
    assert [json.loads(line) for line in rest] == [message.message for message in MESSAGES]
    assert json_lines(Session(id="s"), []) == ""


def test_json_text_is_readable_unless_that_cannot_be_encoded() -> None:
    assert json_text("é\0", indent=None) == '"é\\u0000"\n'
    assert json_text("é\ud800", indent=None) == '"\\u00e9\\ud800"\n'


def test_passages_leave_out_a_system_prompt_that_is_not_there() -> None:
    assert [passage.heading for passage in passages(Session(id="s"), MESSAGES)] == [
        "user",
        "assistant (interrupted)",
        "assistant (choice 2)",
        "assistant",
        "assistant (error: cut \ud800)",
    ]


def test_each_format_has_the_conversation_and_json_the_left_branches_too() -> None:
    path, tree = MESSAGES[:1], MESSAGES[:2]
    assert [exported(SESSION, path, tree, format) for format in ("md", "html", "jsonl", "body", "json")] == [
        markdown(SESSION, path),
        page(SESSION, path),
        json_lines(SESSION, path),
        json_text(body(SESSION, path)),
        json_text(record(SESSION, tree)),
    ]
