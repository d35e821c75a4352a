"""`glm tools` list, show, check and rules: what there is, how it is sent, what is wrong with it, what runs unasked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm
from tests.tools.test_definitions import SQL, WEATHER

BUILT_IN = """\
calculator    runs unasked        built in            Works out an arithmetic expression
now           runs unasked        built in            Tells the present date, time and weekday (ISO 8601), in the user's time zone or in another
read_file     asks once a folder  built in            Reads a text file, or some of its lines
list_dir      asks once a folder  built in            Lists a folder: names, sizes in bytes, / behind folders, targets of symlinks
search_files  asks once a folder  built in            Finds lines in the text files of a folder, all its subfolders included
write_file    always asks         built in            Writes a text file (UTF-8): makes it, replaces all that it held, or adds to its end
fetch_url     asks once a host    built in            Fetches a page or a document of the public internet by its http or https address, and returns its text (HTML is turned into text with links)
shell         always asks         built in            Runs a command with sh, without a terminal and without input, and returns its stdout and stderr
"""  # noqa: E501 - the lines of a pipe
SERVERS = {"mcpServers": {"git": {"command": "uvx", "args": ["git"]}, "old": {"command": "x", "disabled": True}}}
NOT_JSON = "not JSON: line 1, column 2: expecting property name enclosed in double quotes"
HINT = "`glm tools list --servers` starts the servers and lists their tools\n"


@pytest.fixture
def tools(glm: Glm) -> Path:
    folder = glm.folder / "tools"
    folder.mkdir(parents=True)
    (folder / "weather.json").write_text(json.dumps(WEATHER))
    (folder / "sql.json").write_text(json.dumps([SQL]))
    return folder


def approve(glm: Glm, *, count: int = 1) -> None:
    """Rules for get_weather, as its tool is now."""
    from glmcli.tools.approvals import Rule, write
    from glmcli.tools.command import read_tools

    [tool] = read_tools(glm.folder / "tools" / "weather.json", glm.folder, {})
    rules = [
        Rule(tool.name, f"sha256:{tool.hash}", "arguments", {"city": str(number)}, tool.source, "2026-11-23T10:00:00Z")
        for number in range(count)
    ]
    write(glm.folder / "approvals.toml", [*rules, Rule("fetch_url", "sha256:0", "scope", {"scope": "example.com"})])


def test_list_says_where_tools_come_from_and_when_they_ask(glm: Glm, tools: Path) -> None:
    (glm.folder / "mcp.json").write_text(json.dumps(SERVERS))
    assert glm("tools", "list").answer == (
        BUILT_IN
        + "sql           not run here        tools/sql.json\n"
        + "get_weather   not run here        tools/weather.json  The weather of a city\n"
        + "git           asks                MCP server          uvx git\n"
        + "old           off                 MCP server          x\n",
        HINT,
        0,
    )


def test_list_fits_a_terminal(glm: Glm, tools: Path) -> None:
    (tools / "a_file_with_a_very_long_name.json").write_text(json.dumps([SQL]))
    lines = glm("tools", "list", tty=True).stdout.replace("\r\n", "\n").splitlines()
    assert lines[-3:] == [
        "sql           not run here        …very_long_name.json",
        "sql           not run here        tools/sql.json",
        "get_weather   not run here        tools/weather.json    The weather of a city",
    ]
    assert lines[1] == "now           runs unasked        built in              Tells the present date,…"
    wide = glm("tools", "list", tty=True, size=(200, 24)).stdout
    assert "sql           not run here        tools/a_file_with_a_very_long_name.json\n" in wide.replace("\r\n", "\n")


def test_list_goes_on_where_something_is_broken(glm: Glm, tools: Path) -> None:
    (tools / "bad.json").write_text("{")
    (tools / "bad.py").write_text("def (")
    (glm.folder / "mcp.json").write_text("{")
    (glm.folder / "approvals.toml").write_text("[[rule]]\n")
    result = glm("tools", "list")
    assert result.stdout.replace(BUILT_IN, "") == (
        f"bad.json      broken              tools/bad.json      {NOT_JSON}\n"
        "bad.py        broken              tools/bad.py        line 1: not valid Python: invalid syntax\n"
        "sql           not run here        tools/sql.json\n"
        "get_weather   not run here        tools/weather.json  The weather of a city\n"
        f"mcp.json      broken              mcp.json            {NOT_JSON}\n"
    )
    assert (result.stderr, result.status) == (
        f"{glm.folder / 'approvals.toml'} rule 1 is no rule: it wants tool, definition, and one of arguments, input, "
        "scope; no rule counts\n",
        0,
    )


def test_a_bad_server_is_listed_and_checked_as_broken_among_the_others(glm: Glm, tools: Path) -> None:
    table = {"git": {"command": "x"}, "sse": {"type": "sse", "url": "https://a.example/sse"}, "a b": {"command": "y"}}
    (glm.folder / "mcp.json").write_text(json.dumps({"mcpServers": table}))
    why = '/mcpServers/sse/type: the transport "sse" is not spoken; MCP has replaced it by streamable HTTP'
    name = "/mcpServers/a b: 'a b' cannot be the name of a server"
    assert glm("tools", "list").answer == (
        BUILT_IN
        + "sql           not run here        tools/sql.json\n"
        + "get_weather   not run here        tools/weather.json  The weather of a city\n"
        + f"sse           broken              mcp.json            {why}\n"
        + f"a b           broken              mcp.json            {name}\n"
        + "git           asks                MCP server          x\n",
        HINT,
        0,
    )
    shown = f"fail  mcp.json\n      {why}\nfail  mcp.json\n      {name}\n"
    assert glm("tools", "check").answer == (
        f"{shown}ok  sql (sql.json[0])\nok  get_weather (weather.json)\n",
        "",
        2,
    )


def test_what_is_broken_stands_out(glm: Glm, tools: Path) -> None:
    (tools / "bad.json").write_text("{")
    rows = glm("tools", "list", "--color", "always", tty=True).stdout.splitlines()
    assert [row for row in rows if "\x1b" in row] == [
        "\x1b[33mbad.json      broken              tools/bad.json      not JSON: line 1, column …\x1b[0m"
    ]


def test_list_as_json_says_all_there_is(glm: Glm, tools: Path) -> None:
    approve(glm, count=2)
    (glm.folder / "mcp.json").write_text(json.dumps(SERVERS))
    (tools / "bad.json").write_text("{")

    def row(name: str, source: str, **more: Any) -> dict[str, Any]:
        nothing = {"kind": None, "description": "", "approval": None, "rules": 0, "problem": None}
        return {"name": name, "source": source, **nothing, **more}

    path = tools / "bad.json"
    assert json.loads(glm("tools", "list", "--json").stdout)[8:] == [
        row("bad.json", str(path), problem=f"{path}: {NOT_JSON}"),
        row("sql", str(tools / "sql.json"), kind="custom", approval="not run here"),
        row(
            "get_weather",
            str(tools / "weather.json"),
            kind="function",
            description="The weather of a city.\nMore about it.",
            approval="not run here",
            rules=2,
        ),
        row("git", "MCP server git", kind="server", description="uvx git", approval="asks"),
        row("old", "MCP server old", kind="server", description="x"),
    ]


@pytest.mark.parametrize(("count", "words"), [(1, "a rule"), (2, "2 rules")])
def test_list_counts_the_rules_of_a_tool_as_it_is(count: int, words: str, glm: Glm, tools: Path) -> None:
    approve(glm, count=count)
    assert f"get_weather   not run here, but for {words}  " in glm("tools", "list").stdout
    (tools / "weather.json").write_text(json.dumps(WEATHER).replace("city", "town"))
    assert "get_weather   not run here        tools" in glm("tools", "list").stdout


def test_show_prints_what_is_sent(glm: Glm, tools: Path) -> None:
    (tools / "more.json").write_text(json.dumps([SQL, WEATHER | {"command": ["true"]}]))
    shown = [json.loads(glm("tools", "show", name).stdout) for name in ("sql", "more", "weather.json")]
    assert shown == [SQL, [SQL, WEATHER], WEATHER]


def test_show_of_an_unknown_tool_names_the_nearest(glm: Glm, tools: Path) -> None:
    assert glm("tools", "show", "get_wether").answer == (
        "",
        "there is no tool get_wether\nDid you mean get_weather?\n",
        2,
    )


def test_check_looks_at_everything_that_is_kept(glm: Glm, tools: Path) -> None:
    (tools / "bad.json").write_text("{")
    (tools / "bad.py").write_text("def (")
    (tools / "one.py").write_text("def one(x: int) -> int:\n    return x\n")
    (tools / "sum.json").write_text(
        json.dumps(
            [
                {
                    "type": "custom",
                    "custom": {
                        "name": "sum",
                        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: b"}},
                    },
                },
                {"type": "function", "function": {}},
            ]
        )
    )
    (tools / "zzz.json").write_text(json.dumps(SQL))
    (glm.folder / "mcp.json").write_text("{")
    assert glm("tools", "check").answer == (
        f"fail  mcp.json\n      {NOT_JSON}\n"
        f"fail  bad.json\n      {NOT_JSON}\n"
        "fail  bad.py\n      line 1: not valid Python: invalid syntax\n"
        "ok  one (one.py)\n"
        "ok  sql (sql.json[0])\n"
        "fail  sum (sum.json[0])\n"
        "      /custom/format/grammar/definition: Rule 'b' used but not defined (in rule start)\n"
        "fail  ? (sum.json[1])\n      /function/name: is missing\n"
        "ok  get_weather (weather.json)\n"
        "fail  sql (zzz.json)\n      /custom/name: sql.json[0] has a tool of this name too\n",
        "",
        2,
    )


def test_check_of_what_is_good_ends_well(glm: Glm, tools: Path) -> None:
    assert glm("tools", "check").answer == ("ok  sql (sql.json[0])\nok  get_weather (weather.json)\n", "", 0)
    assert glm("tools", "check", "weather", "now").answer == (
        "ok  get_weather (weather.json)\nok  now (built in)\n",
        "",
        0,
    )


def test_check_of_names_and_files_goes_on_after_a_broken_one(glm: Glm, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert glm("tools", "check", str(tmp_path / "bad.json"), "sql").answer == (
        f"fail  bad.json\n      {NOT_JSON}\nok  sql (sql.json[0])\n",
        "",
        2,
    )


def test_check_of_an_unknown_name_checks_nothing(glm: Glm, tools: Path) -> None:
    assert glm("tools", "check", "sql", "sqll").answer == ("", "there is no tool sqll\nDid you mean sql?\n", 2)


def test_check_of_nothing_says_so(glm: Glm) -> None:
    assert glm("tools", "check").answer == ("", f"nothing to check in {glm.folder / 'tools'}\n", 0)


def test_rules_are_listed_by_number(glm: Glm, tools: Path) -> None:
    approve(glm, count=10)
    lines = glm("tools", "rules").stdout.splitlines()
    assert lines[0] == " 1  get_weather  city = 0             tools/weather.json, 2026-11-23"
    assert lines[-1] == "11  fetch_url    scope = example.com"
    assert len(lines) == 11
    found = json.loads(glm("tools", "rules", "--json").stdout)
    assert [(it["rule"], it["tool"], it["kind"], it["patterns"]) for it in found[-2:]] == [
        (10, "get_weather", "arguments", {"city": "9"}),
        (11, "fetch_url", "scope", {"scope": "example.com"}),
    ]


def test_rules_are_taken_back_by_number(glm: Glm, tools: Path) -> None:
    approve(glm, count=2)
    said = "revoked: get_weather: city = 0\nrevoked: fetch_url: scope = example.com\n"
    assert glm("tools", "rules", "--revoke", "3", "--revoke", "1").answer == ("", said, 0)
    assert glm("tools", "rules").stdout == "1  get_weather  city = 1  tools/weather.json, 2026-11-23\n"
    assert glm("tools", "rules", "--revoke", "2").answer == (
        "",
        "there is no rule 2: approvals.toml has 1\nglm tools rules lists them.\n",
        2,
    )


def test_without_rules_the_list_says_how_there_come_to_be_some(glm: Glm) -> None:
    said = "nothing is approved for good; a question of glm offers it under the key a\n"
    assert glm("tools", "rules").answer == ("", said, 0)


def test_rules_that_cannot_be_read_are_named_with_their_file(glm: Glm) -> None:
    glm.folder.mkdir()
    path = glm.folder / "approvals.toml"
    path.write_text("x = 1\n")
    assert glm("tools", "rules").answer == (
        "",
        f"{path} holds x, but only [[rule]] has a meaning there\nMend or delete {path}.\n",
        3,
    )


def test_list_starts_servers_only_when_asked_to(glm: Glm) -> None:
    glm.folder.mkdir()
    server = Path(__file__).parents[1] / "tools" / "mcp_server.py"
    servers = {"test": {"command": sys.executable, "args": [str(server)]}, "none": {"command": "/none/server"}}
    (glm.folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    assert "test__echo" not in glm("tools", "list").stdout
    result = glm("tools", "list", "--servers")
    rows = result.stdout.splitlines()[8:]
    assert rows[0] == "test__echo               asks                MCP server  Says it again"
    assert [row.split()[0] for row in rows] == [
        *(f"test__{name}" for name in ("echo", "fail", "refuse", "slow", "show", "measure", "lie")),
        "test__ask_for_a_model",
        "test__ask_for_a_model_2",
        "none",
    ]
    assert rows[-1] == (
        "none                     broken              MCP server  (/none/server) cannot be used: there is no program"
        " '/none/server'"
    )
    assert result.stderr.startswith("the MCP server test offers 'broken', which is left out: ")
    assert result.status == 0
