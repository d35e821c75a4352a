"""What Tab offers: commands, what they take, fields and their values, sessions, models, paths."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from glmcli.api.fields import fields
from glmcli.cli.completing import MOST, Known, Suggestion, suggestions
from glmcli.cli.repl import Repl
from glmcli.cli.slash import SLASHES
from glmcli.cli.slash.slash import Slash
from glmcli.errors import ConfigError


def nothing(repl: Repl, argument: str) -> None:
    """Suggesting runs no command."""
    raise AssertionError


TABLE = (
    Slash(("help", "?"), "[COMMAND]", "lists commands", nothing, "command"),
    Slash(("exit", "quit"), "", "leaves", nothing),
    Slash(("set",), "[NAME [VALUE]]", "sets a field", nothing, "assignment"),
    Slash(("unset",), "NAME", "takes it back", nothing, "field"),
    Slash(("retry",), "[NAME=VALUE]...", "asks again", nothing, "assignments"),
    Slash(("system",), "[TEXT|none]", "the system prompt", nothing, "choice", ("none",)),
    Slash(("model",), "[NAME]", "the model", nothing, "model"),
    Slash(("resume",), "[SESSION]", "another session", nothing, "session"),
    Slash(("file",), "PATH", "a text", nothing, "path", ("none",)),
    Slash(("rename",), "NAME", "names the session", nothing),
)


def broken() -> Iterable[tuple[str, str]]:
    raise ConfigError("the store cannot be read")


KNOWN = Known(TABLE, lambda: [("trip", "To Rome"), ("tax", "Of 2025")], lambda: ["@cf/a", "b"])


def after(text: str, known: Known = KNOWN) -> list[str]:
    """The text as it is after each of the suggestions."""
    return [text[: len(text) - it.back] + it.text for it in suggestions(text, known)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/re", ["/retry ", "/resume ", "/rename "]),
        ("/e", ["/exit"]),
        ("/q", ["/quit"]),
        ("/?", ["/? "]),
        (" /he", [" /help "]),
        ("/x", []),
        ("//he", []),
        ("he", []),
        ("", []),
        ("/help e", ["/help exit"]),
        ("/help /e", ["/help /exit"]),
        ("/exit ", []),
        ("/rename t", []),
        ("/nothing ", []),
        ("/s ", []),
        ("/unset reasoning", ["/unset reasoning_effort"]),
        ("/set temp", ["/set temperature "]),
        ("/se temp", ["/se temperature "]),
        ("/set reasoning_effort ", [f"/set reasoning_effort {it}" for it in ("low", "medium", "high", "null")]),
        ("/set reasoning_effort=m", ["/set reasoning_effort=medium"]),
        ("/set logprobs t", ["/set logprobs true"]),
        ("/set temperature 0", []),
        ("/set colour r", []),
        ("/set model @", ["/set model @cf/a"]),
        ("/retry temperature=1 reasoning_e", ["/retry temperature=1 reasoning_effort="]),
        ("/retry reasoning_effort=h", ["/retry reasoning_effort=high"]),
        ("/system n", ["/system none"]),
        ("/model ", ["/model @cf/a", "/model b"]),
        ("/resume t", ["/resume trip", "/resume tax"]),
    ],
)
def test_what_tab_offers(text: str, expected: list[str]) -> None:
    assert after(text) == expected


def test_a_command_is_offered_with_its_help() -> None:
    assert list(suggestions("/he", KNOWN)) == [Suggestion("/help ", 3, "/help", "lists commands")]
    assert list(suggestions("/resume tr", KNOWN)) == [Suggestion("trip", 2, "", "To Rome")]


def test_every_field_but_the_conversation_is_offered_with_its_help() -> None:
    offered = {it.shown: it.help for it in suggestions("/set ", KNOWN)}
    assert offered == {it.name: it.help for it in fields().values() if it.name not in ("prompt", "messages")}


def test_a_store_that_cannot_be_read_offers_no_sessions() -> None:
    assert after("/resume ", Known(TABLE, broken, list)) == []


def test_every_command_there_is_can_be_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = Known(SLASHES, lambda: [("trip", "")], lambda: ["m"], tools=lambda: ["t"], servers=lambda: ["s"])
    offered = after("/", known)
    assert [it.strip() for it in offered] == [f"/{it.names[0]}" for it in SLASHES]
    for slash in SLASHES:
        wanted = slash.completes not in ("", "path") or bool(slash.choices)
        assert bool(after(f"/{slash.names[0]} ", known)) == wanted


# Paths


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("notes.md", "note two.md", ".hidden", "src/main.py", "bad\nname"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see @", ['see @"note two.md"', "see @notes.md", "see @src/"]),
        ("@no", ['@"note two.md"', "@notes.md"]),
        ('@"no', ['@"note two.md"', '@"notes.md"']),
        ("@src/", ["@src/main.py"]),
        ("@~/s", ["@~/src/"]),
        ("@.h", ["@.hidden"]),
        ("@nowhere/x", []),
        ("mail me@no", []),
        ("@notes.md and", []),
        ("/file n", ["/file none", '/file "note two.md"', "/file notes.md"]),
        ("/file notes.md s", ["/file notes.md src/"]),
        ("/file 'no", ["/file 'note two.md'", "/file 'notes.md'"]),
        ('/file "a b" "', ['/file "a b" "note two.md"', '/file "a b" "notes.md"', '/file "a b" "src/']),
        ('/file "a" b" c"d', []),
    ],
)
@pytest.mark.usefixtures("folder")
def test_paths(text: str, expected: list[str]) -> None:
    assert after(text) == expected


def test_folders_end_with_a_slash_and_only_names_are_shown(folder: Path) -> None:
    (folder / "src" / "inner").mkdir()
    assert [(it.shown, it.back) for it in suggestions("@src/", KNOWN)] == [("inner/", 4), ("main.py", 4)]
    assert [it.text for it in suggestions(f"@{folder}/src/m", KNOWN)] == [f"{folder}/src/main.py"]


def test_a_folder_with_very_many_files_offers_some(folder: Path) -> None:
    for number in range(MOST + 10):
        os.close(os.open(folder / "src" / f"f{number}", os.O_CREAT))
    assert len(after("@src/f")) == MOST
