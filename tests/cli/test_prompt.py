"""What becomes the user message: words, stdin, files, addresses, the editor (interface §2)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from glmcli.cli.prompt import fenced
from glmcli.demo.connection import Close
from glmcli.demo.framing import whole
from tests.support.cli import Glm, Result
from tests.support.served import Script, saying, serving

NO_PROMPT = ("", 'there is no prompt\nFor example: glm run "Why is the sky blue?", or pipe text into it.\n', 2)


def prompt_of(result: Result) -> str:
    """The one message of a dry run."""
    assert (result.stderr, result.status) == ("", 0)
    [message] = json.loads(result.stdout)["messages"]
    assert message["role"] == "user"
    text = message["content"]
    assert isinstance(text, str)
    return text


def test_words_are_joined_by_a_space(glm: Glm) -> None:
    assert prompt_of(glm("run", "--dry-run", "two  blanks", "and", "more")) == "two  blanks and more"


def test_words_after_two_dashes_are_words(glm: Glm) -> None:
    assert prompt_of(glm("run", "--dry-run", "--", "-x", "--json")) == "-x --json"


def test_options_may_stand_between_the_words(glm: Glm) -> None:
    assert prompt_of(glm("run", "one", "--dry-run", "two")) == "one two"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), "a document"),
        (("-",), "a document"),
        (("-f", "-"), "a document"),
        (("Translate:",), "a document\n\nTranslate:"),
        (("Translate:", "-f", "-"), "a document\n\nTranslate:"),
        (("Translate:", "--no-stdin"), "Translate:"),
    ],
)
def test_the_document_of_stdin_comes_first_then_a_blank_line_then_the_words(
    glm: Glm, argv: tuple[str, ...], expected: str
) -> None:
    assert prompt_of(glm("run", "--dry-run", *argv, stdin=b"a document\n")) == expected


def test_a_blank_document_adds_nothing(glm: Glm) -> None:
    assert prompt_of(glm("run", "--dry-run", "hi", stdin=b" \n\n")) == "hi"


def test_stdin_that_is_a_file_is_read(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "document").write_text("from a file")
    with (tmp_path / "document").open("rb") as stdin:
        process = glm.process("run", "--dry-run", "hi", stdin=stdin)
        out, _ = process.communicate(timeout=30)
    assert json.loads(out)["messages"][0]["content"] == "from a file\n\nhi"


@pytest.mark.parametrize("argv", [(), ("",), ("  ",), ("-",)])
def test_a_blank_prompt_is_a_usage_error(glm: Glm, argv: tuple[str, ...]) -> None:
    assert glm("run", *argv).answer == NO_PROMPT
    assert glm("run", *argv, stdin=b" \n").answer == NO_PROMPT


@pytest.mark.parametrize(
    "argv",
    [
        ("-", "-f", "-"),
        ("hi", "-f", "-", "-f", "-"),
        ("-", "--body", "-"),
        ("--body", "-", "-f", "-"),
        ("-", "-a", "-"),
        ("-", "--messages", "-"),
    ],
)
def test_two_readers_of_stdin_are_a_usage_error(glm: Glm, argv: tuple[str, ...]) -> None:
    assert glm("run", *argv, stdin=b"x").answer == (
        "",
        "stdin can be read only once\n"
        "Give `-` once: as the prompt, or with one of -f, -a, --system-file, --body and --messages.\n",
        2,
    )


@pytest.mark.parametrize("argv", [("-",), ("hi", "-f", "-"), ("--body", "-")])
def test_a_dash_contradicts_no_stdin(glm: Glm, argv: tuple[str, ...]) -> None:
    assert glm("run", *argv, "--no-stdin", stdin=b"x").answer == (
        "",
        "`-` reads stdin and --no-stdin forbids it\nLeave one of them out.\n",
        2,
    )


def test_bytes_that_are_no_text_are_refused_and_nothing_is_sent(glm: Glm) -> None:
    assert glm("run", "hi", stdin=b"a\0b").answer == (
        "",
        "stdin holds NUL bytes, so it is not text\nSend a text file.\n",
        2,
    )
    assert glm("run", "hi", stdin="grüße".encode("latin-1")).answer == (
        "",
        "stdin is not UTF-8 text: byte 0xfc at offset 2\n"
        "Convert it first, for example with: iconv -f latin1 -t utf-8\n",
        2,
    )


def test_a_silent_pipe_is_spoken_of_then_given_up_and_nothing_is_sent(glm: Glm) -> None:
    waits: list[float | None] = []

    def never(descriptor: int, seconds: float | None) -> bool:
        waits.append(seconds)
        return False

    with serving(saying("x")) as served:
        result = glm("run", "hi", stdin=b"", readable=never, env=served.env)
        assert served.requests == []
    assert result.answer == (
        "",
        "waiting for stdin, which is open and silent; --no-stdin does not look at it, Ctrl-C ends\n"
        "nothing came on stdin within 60 s; nothing was sent\n"
        "--no-stdin does not look at stdin, --stdin-timeout 0 waits for ever.\n",
        2,
    )
    assert waits == [3.0, 57.0]


@pytest.mark.parametrize(
    ("argv", "waits"),
    [
        (("hi", "--stdin-timeout", "10"), [3.0, 7.0]),
        (("hi", "--stdin-timeout", "2"), [2.0, 0.0]),
        (("hi", "--stdin-timeout", "0"), [3.0, None]),
        ((), [3.0, None]),
    ],
)
def test_how_long_a_silent_pipe_is_waited_for(glm: Glm, argv: tuple[str, ...], waits: list[float | None]) -> None:
    asked: list[float | None] = []

    def late(descriptor: int, seconds: float | None) -> bool:
        asked.append(seconds)
        return len(asked) == 2

    result = glm("run", "--dry-run", *argv, stdin=b"late", readable=late)
    assert asked == waits
    assert json.loads(result.stdout)["messages"][0]["content"].startswith("late")


# Files


def test_one_file_is_sent_as_it_is(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n  indented\n")
    assert prompt_of(glm("run", "--dry-run", "What?", "-f", str(path))) == "  indented\n\nWhat?"


def test_several_files_are_fenced_with_their_paths(glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("A")
    Path("b.md").write_text("```sh\nls\n```\n")
    assert prompt_of(glm("run", "--dry-run", "Compare", "-f", "a.txt", "-f", "b.md", "-f", "-", stdin=b"piped")) == (
        "``` a.txt\nA\n```\n\n```` b.md\n```sh\nls\n```\n````\n\n``` stdin\npiped\n```\n\nCompare"
    )


def test_files_alone_are_a_prompt_and_stdin_follows_them(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("A\n")
    assert prompt_of(glm("run", "--dry-run", "-f", str(path), stdin=b"piped\n")) == "A\n\npiped"


def test_a_fence_is_longer_than_any_in_the_document() -> None:
    assert fenced("x", "a ````` b") == "`````` x\na ````` b\n``````"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("missing", "missing cannot be read: no such file or directory (from -f)", "Check the path."),
        (".", ". cannot be read: is a directory (from -f)", "Check the path."),
        ("binary", "binary holds NUL bytes, so it is not text", "Send a text file."),
    ],
)
def test_a_file_that_cannot_be_sent_is_named(
    glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("binary").write_bytes(b"\0")
    assert glm("run", "hi", "-f", name).answer == ("", f"{message}\n{hint}\n", 2)


# Addresses


def page(body: bytes, content_type: str = "text/plain") -> Script:
    return [whole(200, {"content-type": content_type}, body)]


def test_a_file_may_be_an_address_which_is_sent_no_credentials(glm: Glm) -> None:
    with serving(page("grüße\n".encode())) as web:
        url = f"{web.server.url}/notes.txt"
        result = glm("run", "--dry-run", "Translate", "-f", url, env={"CLOUDFLARE_API_TOKEN": "t" * 40})
        assert prompt_of(result) == "grüße\n\nTranslate"
        [request] = web.requests
    assert (request.method, request.target) == ("GET", "/notes.txt")
    assert "authorization" not in request.headers


def test_an_address_may_lead_to_another_and_say_its_charset(glm: Glm) -> None:
    moved: Script = [whole(302, {"location": "/there"}, b"")]
    with serving(moved, page("grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1")) as web:
        assert prompt_of(glm("run", "--dry-run", "-f", web.server.url)) == "grüße"
        assert [it.target for it in web.requests] == ["/", "/there"]


def test_a_charset_that_nobody_knows_is_taken_for_utf_8(glm: Glm) -> None:
    with serving(page("grüße".encode(), "text/plain; charset=klingon")) as web:
        assert prompt_of(glm("run", "--dry-run", "-f", web.server.url)) == "grüße"


@pytest.mark.parametrize(
    ("script", "message", "status"),
    [
        (
            [whole(404, {}, b"")],
            "URL cannot be downloaded: the server answered 404 Not Found\n"
            "Check the address; or download it yourself and give the path of the file.",
            2,
        ),
        (page(b"\0"), "URL holds NUL bytes, so it is not text (from -f)\nAttach it with -a.", 2),
        (
            [Close()],
            "URL cannot be downloaded: the connection to HOST broke before an answer began\n"
            "Check the address; or download it yourself and give the path of the file.",
            6,
        ),
    ],
)
def test_an_address_that_gives_no_text(glm: Glm, script: Script, message: str, status: int) -> None:
    with serving(script) as web:
        result = glm("run", "hi", "-f", f"{web.server.url}/")
        shown = result.stderr.replace(f"{web.server.url}/", "URL").replace(web.host, "HOST")
    assert (result.stdout, shown, result.status) == ("", f"{message}\n", status)


# The system prompt


def test_the_system_prompt_comes_first(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "system.md"
    path.write_text("Be brief.\n")
    for flags in (("-s", "Be brief."), ("--system", "Be brief."), ("--system-file", str(path))):
        assert json.loads(glm("run", "--dry-run", "hi", *flags).stdout)["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
        ]


def test_an_empty_system_prompt_turns_the_configured_one_off(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text('system = "Be brief."\n')
    assert len(json.loads(glm("run", "--dry-run", "hi").stdout)["messages"]) == 2
    assert prompt_of(glm("run", "--dry-run", "hi", "-s", "")) == "hi"


def test_two_system_prompts_are_a_usage_error(glm: Glm) -> None:
    assert glm("run", "hi", "-s", "x", "--system-file", "y").answer == (
        "",
        "--system and --system-file name two system prompts\nLeave one of them out.\n",
        2,
    )


def test_a_system_file_that_is_missing_is_named(glm: Glm) -> None:
    assert glm("run", "hi", "--system-file", "/missing").answer == (
        "",
        "/missing cannot be read: no such file or directory (from --system-file)\nCheck the path.\n",
        2,
    )


# The editor


def editor(tmp_path: Path, program: str) -> dict[str, str]:
    script = tmp_path / "editor.py"
    script.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{program}\n")
    return {"EDITOR": f"{sys.executable} {script}"}


def test_the_editor_gets_the_prompt_and_what_it_saves_is_sent(glm: Glm, tmp_path: Path) -> None:
    env = editor(tmp_path, "path.write_text(path.read_text().upper() + '\\n')")
    assert prompt_of(glm("run", "--dry-run", "hi", "-e", env=env)) == "HI"


def test_visual_comes_before_editor(glm: Glm, tmp_path: Path) -> None:
    env = editor(tmp_path, "path.write_text('from VISUAL')")
    assert prompt_of(glm("run", "--dry-run", "-e", env={"VISUAL": env["EDITOR"], "EDITOR": "false"})) == "from VISUAL"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (None, "no editor is set\nSet VISUAL or EDITOR, for example: export EDITOR=nano"),
        ("false", "the editor 'false' ended with status 1; nothing was sent"),
        ("'unclosed", 'the editor "\'unclosed" does not start: No closing quotation\nSet VISUAL or EDITOR.'),
        (
            "/no/such/editor",
            "the editor '/no/such/editor' does not start: [Errno 2] No such file or directory: '/no/such/editor'\n"
            "Set VISUAL or EDITOR.",
        ),
    ],
)
def test_an_editor_that_does_not_work_ends_it(glm: Glm, command: str | None, message: str, tmp_path: Path) -> None:
    env = {"EDITOR": command, "PATH": os.environ["PATH"]} if command else {"PATH": str(tmp_path)}
    assert glm("run", "hi", "-e", env=env).answer == ("", f"{message}\n", 2)


def test_an_emptied_prompt_is_a_blank_one(glm: Glm, tmp_path: Path) -> None:
    assert glm("run", "hi", "-e", env=editor(tmp_path, "path.write_text('')")).answer == NO_PROMPT
