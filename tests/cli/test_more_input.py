"""What goes along with a prompt: attachments (-a), and the conversation so far (--messages)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm, Result

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(20)
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "Two."},
]


def sent(result: Result) -> list[dict[str, Any]]:
    """The messages of a dry run."""
    assert result.status == 0, result.stderr
    messages: list[dict[str, Any]] = json.loads(result.stdout)["messages"]
    return messages


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "a picture.txt"  # the name says something else; the content counts
    path.write_bytes(PNG)
    return path


def test_attachments_follow_the_text_in_their_order_by_content_and_not_by_name(
    glm: Glm, png: Path, tmp_path: Path
) -> None:
    wav = tmp_path / "sound"
    wav.write_bytes(WAV)
    note = tmp_path / "note.md"
    note.write_text("# Hi\n")
    result = glm("run", "What is this?", "-a", str(wav), "-a", str(png), "-a", str(note), "--dry-run")
    assert sent(result) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}},
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"},
                },
                {
                    "type": "file",
                    "file": {
                        "filename": "note.md",
                        "file_data": "data:text/plain;charset=utf-8;base64,IyBIaQo=",
                    },
                },
            ],
        }
    ]
    assert result.stderr == (
        "warning: GLM-4.7-Flash reads text only: 1 image, 1 recording and 1 file are sent, and the server may refuse "
        "or ignore them; -f sends a text file as text\n"
    )


def test_an_attachment_needs_no_prompt(glm: Glm, png: Path) -> None:
    [message] = sent(glm("run", "-a", str(png), "--dry-run"))
    assert [part["type"] for part in message["content"]] == ["image_url"]


def test_an_attachment_may_come_through_a_pipe(glm: Glm) -> None:
    [message] = sent(glm("run", "What?", "-a", "-", "--dry-run", stdin=PNG))
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


def test_an_attachment_goes_to_the_end_of_a_whole_body(glm: Glm, png: Path, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"messages": TALK}))
    messages = sent(glm("run", "--body", str(body), "And this?", "-a", str(png), "--dry-run"))
    assert messages[:-1] == TALK
    assert [part["type"] for part in messages[-1]["content"]] == ["text", "image_url"]


def test_an_attachment_is_part_of_the_session(glm: Glm, png: Path) -> None:
    assert glm("run", "--profile", "demo", "What is this?", "-a", str(png)).status == 0
    first, _, last = sent(glm("run", "-c", "And now?", "--dry-run"))
    assert [part["type"] for part in first["content"]] == ["text", "image_url"]
    assert last == {"role": "user", "content": "And now?"}


def test_a_missing_attachment_is_named(glm: Glm) -> None:
    assert glm("run", "hi", "-a", "/nowhere/a.png").answer == (
        "",
        "/nowhere/a.png cannot be read: no such file or directory (from -a)\nCheck the path.\n",
        2,
    )


@pytest.mark.parametrize("text", [json.dumps(TALK), "\n".join(map(json.dumps, TALK)), json.dumps({"messages": TALK})])
def test_earlier_messages_come_before_the_prompt(glm: Glm, tmp_path: Path, text: str) -> None:
    path = tmp_path / "talk"
    path.write_text(text)
    asked = {"role": "user", "content": "Three?"}
    assert sent(glm("run", "--messages", str(path), "Three?", "--dry-run")) == [*TALK, asked]
    assert sent(glm("run", "--messages", "-", "Three?", "--dry-run", stdin=text.encode())) == [*TALK, asked]


def test_a_system_prompt_of_the_flags_replaces_the_one_of_the_messages(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(TALK))
    messages = sent(glm("run", "--messages", str(path), "-s", "Be long.", "--dry-run"))
    assert messages == [{"role": "system", "content": "Be long."}, *TALK[1:]]


def test_a_system_prompt_of_the_messages_goes_before_the_one_of_the_settings(glm: Glm, tmp_path: Path) -> None:
    glm.configure('system = "Be rude."\n')
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(TALK))
    assert sent(glm("run", "--messages", str(path), "--dry-run")) == TALK


def test_earlier_messages_are_stored_with_the_session(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(TALK))
    assert glm("run", "--profile", "demo", "--messages", str(path), "Three?").status == 0
    messages = sent(glm("run", "-c", "Four?", "--dry-run"))
    assert messages[:3] == TALK
    assert [message["content"] for message in messages[3::2]] == ["Three?", "Four?"]


def test_a_bad_message_is_refused_by_its_line(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text('{"role": "user", "content": "One?"}\n{"role": "wizard", "content": "Two."}\n')
    result = glm("run", "--messages", str(path), "Three?")
    assert (result.stdout, result.status) == ("", 2)
    assert result.stderr.startswith('/messages/1/role: "wizard" is not one of ')
    assert f"(from --messages {path} line 2)" in result.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--body", "x"),
            "--body and --messages bring two conversations\nLeave one of them out.\n",
        ),
        (
            ("-o", "messages=[]"),
            "there are two conversations: of --messages talk.json and of -o messages\nLeave one of them out.\n",
        ),
    ],
)
def test_two_conversations_are_one_too_many(glm: Glm, flags: tuple[str, ...], message: str) -> None:
    assert glm("run", "hi", "--messages", "talk.json", *flags).answer == ("", message, 2)
