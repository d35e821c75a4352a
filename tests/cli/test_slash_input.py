"""What goes along with a message: /file, @path, /attach, /paste, !command, /editor."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.attachments import MAX_TOTAL
from glmcli.cli.draft import Draft, Item, mentions
from glmcli.cli.prompt import is_file
from glmcli.cli.repl import Repl
from glmcli.cli.slash.shell import Kept, ctrl_c, follow, plain, without_secrets
from glmcli.demo.framing import whole
from glmcli.errors import Terminated
from glmcli.settings import load
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
    assert told == ["with a.py (1 line), my notes.md (1 line)"]
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


def test_what_is_no_path_is_no_file() -> None:
    assert not is_file("x" * 5000)
    assert not is_file("a\0b")
    assert not is_file("~nobody-of-that-name/x")


# !command


def test_the_output_of_a_command_goes_along(talk: Talk) -> None:
    told = replies(talk, "!printf 'one\\ntwo\\n'; echo three >&2", "Explain")
    ending = "goes along with the next message, /file none drops it"
    assert told[:4] == ["one", "two", "three", f"exit status 0; the output (3 lines) {ending}"]
    name = "$ printf 'one\\ntwo\\n'; echo three >&2 (exit status 0)"
    assert talk.asked == [[("user", f"``` {name}\none\ntwo\nthree\n```\n\nExplain")]]


def test_a_command_that_fails_or_says_nothing_tells_its_status(talk: Talk) -> None:
    assert replies(talk, "!exit 3", "/run kill -9 $$", "!", "!! literal", "!!hi", "/file") == [
        "exit status 3, no output",
        "ended by SIGKILL, no output",
        "there is no command after it; nothing was run",
        "For example: !git diff",
        "nothing waits; /file PATH adds a text, /attach PATH an image or a recording",
    ]
    assert [messages[-1][1] for messages in talk.asked] == ["! literal", "!hi"]


def test_a_command_sees_no_secrets(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.x]\nendpoint = "openai"\napi_key_env = "X_KEY"\nmodel = "x"\n')
    talk.environ["X_KEY"] = "secret"
    told = replies(talk, "!env | grep -c -e TOKEN -e X_KEY", "!echo $CLOUDFLARE_ACCOUNT_ID")
    assert told[0] == "0"
    assert told[2] == talk.environ["CLOUDFLARE_ACCOUNT_ID"]
    settings = load(tmp_path, talk.environ)
    assert without_secrets({"CF_API_TOKEN": "1", "X_KEY": "2", "A": "3"}, settings) == {"A": "3"}


def test_a_command_reads_nothing_where_there_is_no_terminal(talk: Talk) -> None:
    assert replies(talk, "!cat")[0] == "exit status 0, no output"


def test_a_shell_that_does_not_start_is_said(talk: Talk) -> None:
    talk.environ["SHELL"] = "/no/such/shell"
    assert replies(talk, "!ls")[0] == "the shell does not start: No such file or directory"
    talk.environ["SHELL"] = ""
    assert replies(talk, "!ls a.py")[0] == "a.py"


def test_control_sequences_are_shown_and_not_sent(talk: Talk) -> None:
    told = replies(talk, "!printf '\\033[31mred\\033[0m\\n'", "Hi")
    assert told[0] == "␛[31mred␛[0m"
    assert "\nred\n```" in talk.asked[0][0][1]


def test_ctrl_c_ends_the_command_and_not_the_loop(talk: Talk) -> None:
    told = replies(talk, "!echo begun; kill -INT $PPID; exec sleep 60", "Hi")
    assert told[0] == "begun"
    assert told[1].startswith("ended by SIGINT; the output (1 line)")
    assert len(talk.asked) == 1


def test_a_command_that_does_not_listen_is_ended_more_firmly(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmcli.cli.slash.shell.GRACE", 0.1)
    told = replies(talk, "!trap '' INT; kill -INT $PPID; while :; do sleep 0.05; done", "Hi")
    assert told[0] == "ended by SIGTERM, no output"


@pytest.mark.parametrize(("script", "ended"), [("trap '' TERM; ", 9), ("", 15)])
def test_a_command_that_the_terminal_told_gets_its_time(
    monkeypatch: pytest.MonkeyPatch, script: str, ended: int
) -> None:
    monkeypatch.setattr("glmcli.cli.slash.shell.GRACE", 0.05)
    shown: list[str] = []
    command = ["sh", "-c", f"{script}echo begun; while :; do sleep 0.02; done"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        follow(process, shown.append, time.monotonic, BegunThenPressed(shown), told=True)
    assert (shown[0], process.returncode) == ("begun\n", -ended)


class BegunThenPressed(list[float]):
    """A Ctrl-C that comes when the command has said something."""

    def __init__(self, shown: list[str]) -> None:
        super().__init__()
        self._shown = shown

    def __len__(self) -> int:
        return min(1, len(self._shown))


def test_a_key_that_is_held_down_is_one_press() -> None:
    times = iter([1.0, 1.5, 2.2, 9.0])
    before = signal.getsignal(signal.SIGINT)
    with ctrl_c(lambda: next(times)) as presses:
        for _ in range(4):
            signal.raise_signal(signal.SIGINT)
    assert presses == [1.0, 2.2, 9.0]
    assert signal.getsignal(signal.SIGINT) is before


def test_sigterm_ends_the_command_and_the_loop(talk: Talk) -> None:
    def terminate(repl: Repl) -> None:
        def on_term(number: int, frame: Any) -> None:
            raise Terminated

        before = signal.signal(signal.SIGTERM, on_term)
        try:
            repl.take("!sleep 0.3; kill -TERM $PPID; sleep 60")
        finally:
            signal.signal(signal.SIGTERM, before)

    with pytest.raises(Terminated):
        talk(terminate)


def test_what_runs_on_in_the_background_is_not_waited_for(talk: Talk) -> None:
    told = replies(talk, "!sleep 60 & echo $!", "!exec >&- 2>&-; sleep 0.3")
    os.kill(int(told[0]), 9)
    assert told[1].startswith("exit status 0; ")
    assert told[2] == "exit status 0, no output"


def test_a_long_output_keeps_its_beginning_and_its_end() -> None:
    kept = Kept(half=10)
    for n in range(100):
        kept.add(f"{n:03}\n")
    assert kept.text() == "000\n001\n00\n… 380 characters are left out here …\n7\n098\n099\n"
    short = Kept(half=10)
    short.add("0123456789")
    short.add("abc")
    assert short.text() == "0123456789abc"


def test_an_output_is_read_as_it_ended() -> None:
    assert plain("10 %\r50 %\r100 %\r\nok\r\n\x1b]0;title\x07\x1b(B\x1b[1mx\x1b[0m\0") == "100 %\nok\nx\ufffd"


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
