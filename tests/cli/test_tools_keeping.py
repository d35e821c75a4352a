"""`glm tools add` and `rm`: files, programs and MCP servers, kept and removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm

DICE = "def dice(sides: int = 6) -> int:\n    return 4\n\ndef coin() -> bool:\n    return True\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with files to add."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "dice.py").write_text(DICE)
    (folder / "weather.sh").write_text("#!/bin/sh\ncat\n")
    (folder / "weather.sh").chmod(0o755)
    (folder / "weather.json").write_text('{"type": "function", "function": {"name": "get_weather"}}')
    (folder / "server.py").write_text("")
    return folder


def kept(glm: Glm) -> list[str]:
    return sorted(it.name for it in (glm.folder / "tools").glob("*"))


def servers(glm: Glm) -> Any:
    return json.loads((glm.folder / "mcp.json").read_text())["mcpServers"]


def test_a_file_of_functions_is_copied_and_can_be_called(glm: Glm, here: Path) -> None:
    said = f"copied to {glm.folder}/tools/dice.py\ngive them to the model: -T dice (dice, coin)\n"
    assert glm("tools", "add", "dice.py").answer == ("", said, 0)
    (here / "dice.py").unlink()
    assert glm("tools", "call", "dice").answer == ("4\n", "", 0)


def test_a_program_comes_with_its_definition(glm: Glm, here: Path) -> None:
    said = (
        f"copied to {glm.folder}/tools/weather.json, {glm.folder}/tools/weather.sh\n"
        "give it to the model: -T get_weather\n"
    )
    assert glm("tools", "add", "weather.sh").answer == ("", said, 0)
    assert glm("tools", "call", "get_weather", "--args", '{"a": 1}').answer == ('{"a": 1}\n', "", 0)


def test_a_link_follows_the_file(glm: Glm, here: Path) -> None:
    said = f"linked to {glm.folder}/tools/dice.py\ngive them to the model: -T dice (dice, coin)\n"
    assert glm("tools", "add", "--link", "dice.py").answer == ("", said, 0)
    (here / "dice.py").write_text(DICE.replace("4", "5"))
    assert glm("tools", "call", "dice").stdout == "5\n"
    assert glm("tools", "rm", "dice").answer == ("", "removed dice.py\n", 0)
    assert (kept(glm), (here / "dice.py").exists()) == ([], True)


def test_what_has_the_name_stays_unless_forced(glm: Glm, here: Path) -> None:
    glm("tools", "add", "dice.py")
    (here / "dice.py").write_text(DICE.replace("4", "5"))
    taken = f"{glm.folder}/tools/dice.py is there already\n--force puts the new one in its place.\n"
    assert glm("tools", "add", "dice.py").answer == ("", taken, 2)
    assert glm("tools", "call", "dice").stdout == "4\n"
    assert glm("tools", "add", "--force", "dice.py").status == 0
    assert glm("tools", "call", "dice").stdout == "5\n"


BAD_GRAMMAR = {
    "type": "custom",
    "custom": {"name": "sum", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: b"}}},
}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.py", "def (", "bad.py line 1: not valid Python: invalid syntax\n"),
        ("now.py", "def now() -> int: ...\n", "there is another tool named now: built in\nRename one of them.\n"),
        (
            "again.py",
            "def dice() -> int: ...\n",
            "there is another tool named dice: {}/dice.py\nRename one of them.\n",
        ),
        (
            "bad.json",
            json.dumps(BAD_GRAMMAR),
            "bad.json: sum: /custom/format/grammar/definition: Rule 'b' used but not defined (in rule start)\n"
            "`glm tools check` looks at all that is kept.\n",
        ),
        (
            "far.json",
            '{"type": "function", "function": {"name": "far"}, "command": ["../run"]}',
            "far.json: /command/0: /run is no file\n`glm tools check far.json` shows all.\n",
        ),
        (
            "imports.py",
            "import beside\ndef f() -> int: ...\n",
            "{}/imports.py line 1: cannot be loaded: ModuleNotFoundError: No module named 'beside'\n"
            "A copy stands alone; --link leaves the file beside what it imports.\n",
        ),
        (
            "none.txt",
            "",
            "none.txt has no definition beside it, so the model cannot know it\nWrite none.txt.json: type,"
            " function with name, description and parameters. An MCP server: --mcp -- none.txt\n",
        ),
    ],
)
def test_what_would_be_of_no_use_is_not_kept(name: str, text: str, said: str, glm: Glm, here: Path) -> None:
    glm("tools", "add", "dice.py")
    (here / "beside.py").write_text("")
    (here / name).write_text(text)
    wanted = said.format(glm.folder / "tools").replace(": /run is", f": {here.parent}/run is")
    assert glm("tools", "add", name).answer == ("", wanted, 2)
    assert kept(glm) == ["dice.py"]


@pytest.mark.parametrize(
    ("words", "name", "entry"),
    [
        (["https://mcp.example.com/mcp"], "example", {"type": "http", "url": "https://mcp.example.com/mcp"}),
        (
            ["https://example.com/mcp", "--name", "docs", "--header", "Authorization: Bearer ${KEY}"],
            "docs",
            {"type": "http", "url": "https://example.com/mcp", "headers": {"Authorization": "Bearer ${KEY}"}},
        ),
        (
            ["--mcp", "--", "uvx", "mcp-server-git==1.2", "-r"],
            "git",
            {"command": "uvx", "args": ["mcp-server-git==1.2", "-r"]},
        ),
        (
            ["--mcp", "--env", "KEY=${OWN}", "--", "npx", "-y", "@company/notes-mcp"],
            "notes",
            {"command": "npx", "args": ["-y", "@company/notes-mcp"], "env": {"KEY": "${OWN}"}},
        ),
        (["--mcp", "--", "python3", "server.py"], "server", {"command": "python3", "args": ["{}/server.py"]}),
        (["--mcp", "--", "./server.py"], "server", {"command": "{}/server.py", "args": []}),
    ],
)
def test_a_server_gets_a_name_and_is_found_from_anywhere(
    words: list[str], name: str, entry: dict[str, Any], glm: Glm, here: Path
) -> None:
    result = glm("tools", "add", *words)
    wanted = json.loads(json.dumps(entry).replace("{}", str(here)))
    assert servers(glm) == {name: wanted}
    place = wanted.get("url") or " ".join([wanted["command"], *wanted["args"]])
    assert result.answer == (
        "",
        f"added the MCP server {name} to {glm.folder}/mcp.json: {place}\n"
        f"give its tools to the model: -T {name}; see them: glm tools show {name}\n",
        0,
    )


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        (["http://127.0.0.1:9/mcp"], "the MCP server has no name\nGive it one: --name NAME.\n", 2),
        (
            ["--mcp", "--name", "shell", "--", "x"],
            "shell is the name of a tool that is built in\nGive another one: --name NAME.\n",
            2,
        ),
        (
            ["--name", "x", "dice.py"],
            "--name, --env and --header are for MCP servers\nGive a URL, or --mcp -- and a command.\n",
            2,
        ),
        (
            ["--mcp", "--env", "KEY", "--", "x"],
            "--env 'KEY' is not of the form NAME=VALUE\nFor example: --env 'KEY=${MY_KEY}'\n",
            2,
        ),
        (
            ["https://a.example", "--env", "A=b"],
            "a URL goes alone, with --header; a command with --env; neither with"
            " --link\nFor example: glm tools add https://example.com/mcp --header 'Authorization: Bearer ${KEY}'\n",
            2,
        ),
        (
            ["--mcp", "--name", "a__b", "--", "x"],
            "'a__b' cannot be the name of a server\n"
            "Use up to 32 letters, digits, - and _, but no __ and no _ at the end.\n",
            3,
        ),
    ],
)
def test_what_cannot_be_a_server_is_told(words: list[str], said: str, status: int, glm: Glm, here: Path) -> None:
    assert glm("tools", "add", *words).answer == ("", said, status)
    assert not (glm.folder / "mcp.json").exists()


def test_the_servers_of_another_client_are_added_all_or_none(glm: Glm, here: Path) -> None:
    table = {
        "one": {"command": "x"},
        "two": {"type": "http", "url": "https://a.example"},
        "off": {"command": "y", "disabled": True},
    }
    (here / "claude.json").write_text(json.dumps({"mcpServers": table}))
    path = glm.folder / "mcp.json"
    glm("tools", "add", "--mcp", "--name", "two", "--", "z")
    taken = f"there is a server two in {path} already\n--force puts the new one in its place.\n"
    assert glm("tools", "add", "claude.json").answer == ("", taken, 2)
    assert list(servers(glm)) == ["two"]
    assert glm("tools", "add", "--force", "claude.json").answer == (
        "",
        f"added the MCP server one to {path}: x\ngive its tools to the model: -T one; see them: glm tools show one\n"
        f"added the MCP server two to {path}: https://a.example\n"
        "give its tools to the model: -T two; see them: glm tools show two\n"
        f"added the MCP server off to {path}: y\n",
        0,
    )
    assert servers(glm)["two"] == table["two"]
    assert servers(glm)["off"]["disabled"] is True


OLD = {"type": "sse", "url": "https://a.example/sse"}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            {"old": OLD},
            'old was not added: claude.json: /mcpServers/old/type: the transport "sse" is not spoken; MCP has replaced '
            'it by streamable HTTP\nGive the server\'s address for "type": "http" (often it ends with /mcp).\n',
        ),
        (
            {"a b": {"command": "y"}, "none": {}},
            "not added: claude.json: /mcpServers/a b: 'a b' cannot be the name of a server\n"
            "not added: claude.json: /mcpServers/none has neither a command nor a url\n"
            "servers of claude.json that were not added: a b, none\nMend their entries.\n",
        ),
    ],
)
def test_the_good_servers_of_another_client_are_added_and_the_bad_ones_named(
    bad: dict[str, Any], said: str, glm: Glm, here: Path
) -> None:
    (here / "claude.json").write_text(json.dumps({"mcpServers": {**bad, "one": {"command": "x"}}}))
    added = (
        f"added the MCP server one to {glm.folder}/mcp.json: x\n"
        "give its tools to the model: -T one; see them: glm tools show one\n"
    )
    assert glm("tools", "add", "claude.json").answer == ("", added + said, 3)
    assert servers(glm) == {"one": {"command": "x", "args": []}}


def test_a_bad_server_can_be_removed_and_replaced(glm: Glm, here: Path) -> None:
    glm.folder.mkdir()
    (glm.folder / "mcp.json").write_text(json.dumps({"mcpServers": {"old": OLD, "a b": {"command": "x"}}}))
    assert glm("tools", "rm", "a b").answer == ("", "removed the MCP server a b\n", 0)
    assert glm("tools", "add", "--force", "--name", "old", "https://a.example/mcp").status == 0
    assert servers(glm) == {"old": {"type": "http", "url": "https://a.example/mcp"}}


def test_files_programs_and_servers_are_removed_by_their_names(glm: Glm, here: Path) -> None:
    glm("tools", "add", "dice.py", "weather.json")
    glm("tools", "add", "--mcp", "--name", "git", "--", "x")
    assert kept(glm) == ["dice.py", "weather.json", "weather.sh"]
    said = "removed weather.json, weather.sh\nremoved the MCP server git\nremoved dice.py\n"
    assert glm("tools", "rm", "get_weather", "git", "dice.py").answer == ("", said, 0)
    assert (kept(glm), servers(glm)) == ([], {})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "coin",
            "dice.py holds other tools than coin: dice, coin\nRemove all of it with `glm tools rm dice.py`, or"
            " edit {}/dice.py.\n",
        ),
        ("wether", "there is no tool wether\nDid you mean weather?\n"),
        ("shell", "shell is built in\nNo model may call it unless you name it: -T.\n"),
    ],
)
def test_where_one_name_cannot_be_removed_none_is(name: str, said: str, glm: Glm, here: Path) -> None:
    glm("tools", "add", "dice.py", "weather.json")
    assert glm("tools", "rm", "get_weather", name).answer == ("", said.format(glm.folder / "tools"), 2)
    assert kept(glm) == ["dice.py", "weather.json", "weather.sh"]


def test_a_link_that_leads_nowhere_can_be_removed(glm: Glm, here: Path) -> None:
    glm("tools", "add", "--link", "dice.py")
    (here / "dice.py").unlink()
    assert glm("tools", "rm", "dice").answer == ("", "removed dice.py\n", 0)
    assert kept(glm) == []
