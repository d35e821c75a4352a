"""What goes along with a message: /file, @path, /attach, /paste, /editor."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmcli.attachments import MAX_TOTAL
from glmcli.cli.draft import Draft, Item, mentions, missing
from glmcli.cli.prompt import is_file
from glmcli.cli.repl import Repl
from glmcli.demo.framing import whole
from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import Script, failing, saying, serving
from tests.test_clipboard import PNG, tools

DROPS = "along with the next message; /file none drops it"


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "here"))
    Path("a.py").write_text("a = 1\n")
    Path("b.txt").write_text("b\n```\nc")
    Path("my notes.md").write_text("notes\n")
    Path("photo.png").write_bytes(PNG)
    with served(tmp_path, saying("One."), saying("Two."), saying("Three.")) as served_talk:
        served_talk.environ |= {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
        yield served_talk


# /file


def test_files_go_along_with_the_next_message_alone(talk: Talk) -> None:
    assert replies(talk, "/file a.py b.txt", "What is this?", "And now?") == [
        f"a.py (1 line), b.txt (3 lines): {DROPS}",
        "with a.py (1 line), b.txt (3 lines)",
    ]
    assert talk.asked[0] == [("user", "``` a.py\na = 1\n```\n\n```` b.txt\nb\n```\nc\n````\n\nWhat is this?")]
    assert talk.asked[1][-1] == ("user", "And now?")


def test_a_path_may_have_blanks_and_patterns(talk: Talk) -> None:
    told = replies(talk, '/file "my notes.md" *.py ~/*.txt', "Hi")
    assert told[0] == f"my notes.md (1 line), a.py (1 line), {Path.cwd()}/b.txt (3 lines): {DROPS}"


def test_a_file_named_twice_is_read_again_and_sent_once(talk: Talk) -> None:
    def change(repl: Repl) -> None:
        Path("a.py").write_text("a = 2\n")

    talk("/file a.py", change, "/add a.py", "Hi")
    assert talk.asked[0] == [("user", "``` a.py\na = 2\n```\n\nHi")]


def test_what_waits_is_listed_and_dropped(talk: Talk) -> None:
    assert replies(talk, "/file", "/file a.py", "/attach photo.png", "/file", "/file none", "/attach none", "Hi") == [
        "nothing waits; /file PATH adds a text, /attach PATH an image or a recording",
        f"a.py (1 line): {DROPS}",
        "warning: GLM-4.7-Flash reads text only: 1 image is sent, and the server may refuse or ignore it",
        f"photo.png (image): {DROPS}",
        "along with the next message:",
        "  1 line        a.py",
        "  image         photo.png",
        "2 dropped; the next message goes alone",
        "nothing was waiting",
    ]
    assert talk.asked == [[("user", "Hi")]]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/file a.py gone.py", ["gone.py cannot be read: no such file or directory (from /file)", "Check the path."]),
        ("/file gone/*.py", ["no file fits gone/*.py; nothing was added", "Check the path."]),
        ('/file "a.py', ["a quote is not closed; nothing was added", 'For example: /file "my notes.txt"']),
        ("/file empty", ["empty is empty (from /file)", "Check that it is the one that was meant."]),
        (
            "/file http://example.com/x",
            ["http://example.com/x is not https", "Only https, or http to this machine, is followed."],
        ),
        ("/attach a.py gone.png", ["gone.png cannot be read: no such file or directory (from /attach)"]),
        ("/attach ftp://host/x", ["ftp://host/x is not https (from /attach)"]),
    ],
)
def test_what_cannot_be_read_adds_nothing(talk: Talk, line: str, fault: list[str]) -> None:
    Path("empty").write_text(" \n")
    told = replies(talk, line, "/file")
    assert told[: len(fault)] == fault or "example.com" in told[0]
    assert told[-1].startswith("nothing waits")


def test_a_url_is_fetched(talk: Talk) -> None:
    page: Script = [whole(200, {"content-type": "text/plain"}, b"from the web\n")]
    picture: Script = [whole(200, {"content-type": "text/plain"}, PNG)]
    with serving(page, picture) as web:
        url = f"{web.server.url}/page.txt"
        told = replies(talk, f"/file {url}", f"/file {url}", "Hi")
        assert told[0] == f"{url} (1 line): {DROPS}"
        assert told[1:3] == [f"{url} is image/png, not text (from /file)", "Attach it with /attach."]
        assert talk.asked[0] == [("user", f"``` {url}\nfrom the web\n```\n\nHi")]


# /attach


def test_an_image_goes_along_as_a_part(talk: Talk) -> None:
    talk("/attach photo.png", "/file a.py", "What is it?")
    encoded = base64.b64encode(PNG).decode()
    assert talk.bodies[0]["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "``` a.py\na = 1\n```\n\nWhat is it?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}},
            ],
        }
    ]


def test_a_text_is_better_sent_as_one(talk: Talk) -> None:
    assert replies(talk, "/attach a.py")[0].endswith("; /file sends a text file as text")


def test_another_model_may_see(talk: Talk) -> None:
    assert replies(talk, "/model seer", "/attach photo.png", "/attach")[1:] == [
        f"photo.png (image): {DROPS}",
        "along with the next message:",
        "  image         photo.png",
    ]


def test_attachments_have_a_limit_together(talk: Talk) -> None:
    for name in "xyz":
        with Path(name).open("wb") as file:
            file.truncate(MAX_TOTAL // 2 - 1000 if name != "z" else 10_000)
    told = replies(talk, "/model seer", "/attach x y", "/attach z", "/file")
    assert told[2] == "z is one attachment too many: they are 40 MiB together, and at most 40 MiB are allowed"
    assert told[-2:] == ["  file          x", "  file          y"]


# Nothing is lost


def test_what_waits_stays_until_a_turn_was_sent(talk: Talk) -> None:
    def log_out(repl: Repl) -> None:
        token.append(talk.environ.pop("CLOUDFLARE_API_TOKEN"))

    def log_in(repl: Repl) -> None:
        talk.environ["CLOUDFLARE_API_TOKEN"] = token.pop()

    token: list[str] = []
    told = replies(talk, log_out, "/file a.py", "Hi", "/file", log_in, "/file b.txt", "/retry", "/file")  # type: ignore[arg-type]
    assert "  1 line        a.py" in told
    assert talk.asked == [[("user", "``` a.py\na = 1\n```\n\nHi")]]
    assert told[-1] == "  3 lines       b.txt"


def test_a_refused_turn_has_its_files_in_the_conversation(tmp_path: Path, talk: Talk) -> None:
    with served(tmp_path, failing(400, 5006, "no"), saying("Yes.")) as other:
        told = replies(other, "/file a.py", "Hi", "/file", "/retry")
        assert any(line.startswith("nothing waits") for line in told)
        assert other.asked[0] == other.asked[1] == [("user", "``` a.py\na = 1\n```\n\nHi")]


def test_a_draft_knows_which_message_took_it() -> None:
    draft = Draft()
    draft.add([Item("a", "1")])
    draft.sent([{"role": "user", "content": "other"}])
    message = draft.message(" ")
    assert message == {"role": "user", "content": "``` a\n1\n```"}
    draft.add([Item("b", "2")])
    draft.sent([{"role": "user", "content": "other"}])
    assert [it.name for it in draft.items] == ["a", "b"]
    draft.sent([message])
    assert [it.name for it in draft.items] == ["b"]


# @path


def test_a_file_is_named_in_the_message(talk: Talk) -> None:
    told = replies(talk, "Compare @a.py, @gone.py and (@b.txt) with @'my notes.md'; me@a.py @@a.py @@ @here @", "Bye")
    assert told == [
        "there is no file gone.py; the word is sent as it stands",
        "with a.py (1 line), my notes.md (1 line)",
    ]
    assert talk.asked[0] == [
        (
            "user",
            "``` a.py\na = 1\n```\n\n``` my notes.md\nnotes\n```\n\n"
            "Compare @a.py, @gone.py and (@b.txt) with @'my notes.md'; me@a.py @a.py @@ @here @",
        )
    ]
    assert talk.asked[1][-1] == ("user", "Bye")


def test_a_named_picture_goes_along_as_a_part(talk: Talk) -> None:
    assert replies(talk, "What is @photo.png?") == [
        "warning: GLM-4.7-Flash reads text only: 1 image is sent, and the server may refuse or ignore it",
        "with photo.png (image)",
    ]
    text, picture = talk.bodies[0]["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is @photo.png?"}
    assert picture["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.mark.parametrize("data", [b"caf\xe9", b"\x80\x81\x82\x83"])
def test_a_message_with_a_file_that_nobody_can_read_is_in_the_next_prompt_again(talk: Talk, data: bytes) -> None:
    Path("odd").write_bytes(data)
    told = replies(talk, "What is @odd", "Hi")
    assert told[0] == "offered: What is @odd"
    assert told[1].startswith("odd is not UTF-8 text")
    assert talk.asked == [[("user", "Hi")]]


def test_words_with_at_signs_stay_where_no_file_is_meant() -> None:
    text = "@dataclass\n@@ -1 +1 @@ @@count @\"no such\" @'' @..."
    assert mentions(text, lambda name: False) == (text, [])
    assert mentions('@"a b" @a @a', lambda name: name in ("a b", "a")) == ('@"a b" @a @a', ["a b", "a"])


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("What is in @gone.py, @gone.py?", ["gone.py"]),
        ("@./gone @/etc/gone @~/gone @src/gone/ @'no such'", ["./gone", "/etc/gone", "~/gone", "src/gone/", "no such"]),
        ("@dataclass @angular/core @... @@gone.py me@gone.py @app.get('/') @here @there.txt @ @/", []),
        ("a diff:\n@gone.py", []),
    ],
)
def test_words_that_look_like_paths_of_no_file_are_found(text: str, paths: list[str]) -> None:
    assert missing(text, lambda name: name == "there.txt") == paths


def test_what_is_no_path_is_no_file() -> None:
    assert not is_file("x" * 5000)
    assert not is_file("a\0b")
    assert not is_file("~nobody-of-that-name/x")


# /paste


def test_an_image_is_pasted_as_an_attachment(talk: Talk, tmp_path: Path) -> None:
    talk.environ |= tools(tmp_path, "pngpaste", prints=PNG)
    assert replies(talk, "/paste")[1] == f"image from the clipboard (image): {DROPS}"
    assert replies(talk, "/model seer", "/paste", "Hi")[1:2] == [f"image from the clipboard (image): {DROPS}"]
    assert talk.bodies[0]["messages"][0]["content"][1]["type"] == "image_url"


def test_a_text_is_pasted_as_a_document(talk: Talk, tmp_path: Path) -> None:
    talk.environ |= tools(tmp_path, "pbpaste", prints=b"pasted\n")
    assert replies(talk, "/paste", "Hi")[0] == f"the clipboard (1 line): {DROPS}"
    assert talk.asked == [[("user", "``` the clipboard\npasted\n```\n\nHi")]]


# /editor


def test_an_editor_writes_the_next_message(talk: Talk, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "/two" >> "$1"\n')
    editor.chmod(0o755)
    talk.environ["EDITOR"] = str(editor)
    talk("/editor one", "/multi")
    assert talk.asked[0] == [("user", "one/two")]
    assert talk.asked[1][-1] == ("user", "/two")


def test_an_editor_that_wrote_nothing_sends_nothing(talk: Talk) -> None:
    talk.environ["EDITOR"] = "true"
    assert replies(talk, "/editor") == ["nothing was written, nothing was sent"]
    talk.environ["EDITOR"] = "false"
    assert replies(talk, "/editor")[0] == "the editor 'false' ended with status 1; nothing was sent"
