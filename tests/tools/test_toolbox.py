"""Where names become tools: what stands before what, and what one broken source does to the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError, GlmError, UsageError
from glmcli.tools import builtin
from glmcli.tools.toolbox import Broken, Toolbox, Wanted

TRIP = '''
def forecast(city: str) -> str:
    """The weather of a city."""
    return city

def dice() -> int:
    """Throws a die."""
    return 4
'''
NOTHING = {"mcpServers": {"files": {"command": "/none/server"}, "off": {"command": "x", "disabled": True}}}
SOME_BAD = {
    "mcpServers": {
        "old": {"type": "sse", "url": "https://a.example/sse"},
        "my hub": {"command": "x"},
        "files": {"command": "/none/server"},
    }
}


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def custom(name: str, grammar: str) -> dict[str, Any]:
    format = {"type": "grammar", "grammar": {"syntax": "regex", "definition": grammar}}
    return {"type": "custom", "custom": {"name": name, "format": format}}


class Kept:
    """A folder of the user's, and what was said while it was read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        (folder / "tools").mkdir(parents=True)
        self.toolbox = Toolbox(
            folder, cwd=folder, environ={"PATH": "/usr/bin:/bin"}, now=lambda: 0.0, warn=self.said.append
        )

    def put(self, name: str, content: Any) -> Path:
        path = self.folder / name if name == "mcp.json" else self.folder / "tools" / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def chosen(self, *names: str) -> list[str]:
        return [tool.name for tool in self.toolbox.chosen(Wanted(names))]

    def fault(self, *names: str) -> tuple[str, str]:
        with pytest.raises(GlmError) as caught:
            self.toolbox.chosen(Wanted(names))
        return caught.value.message, caught.value.hint


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    it = Kept(tmp_path / "glmcli")
    yield it
    it.toolbox.close()


def test_a_name_is_of_a_tool_or_of_a_whole_file(kept: Kept) -> None:
    kept.put("trip.py", TRIP)
    kept.put("more.json", [function("a"), function("b")])
    assert kept.chosen("dice", "more", "now") == ["dice", "a", "b", "now"]
    assert kept.chosen("trip.py", "b") == ["forecast", "dice", "b"]


def test_a_tool_that_is_named_twice_is_there_once(kept: Kept) -> None:
    path = kept.put("trip.py", TRIP)
    assert kept.chosen("dice", "trip", str(path)) == ["dice", "forecast"]


def test_a_path_names_a_file_anywhere(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "away.json"
    path.write_text(json.dumps(function("away")))
    found = kept.toolbox.chosen(Wanted(names=(str(path),), functions=(str(path),)))
    assert [(tool.name, tool.source) for tool in found] == [("away", str(path))]


def test_two_tools_of_one_name_do_not_go_together(kept: Kept) -> None:
    one, two = kept.put("one.json", function("a")), kept.put("two.json", [custom("a", "x")])
    assert kept.fault("one", "two") == (
        f"there are two tools named a: {one} and {two}",
        "Leave one of them out, or rename it.",
    )


def test_an_unknown_name_brings_the_nearest(kept: Kept) -> None:
    kept.put("trip.py", TRIP)
    kept.put("mcp.json", NOTHING)
    assert kept.fault("forcast") == ("there is no tool forcast", "Did you mean forecast?")
    assert kept.fault("fils") == ("there is no tool fils", "Did you mean files?")
    assert kept.fault("qqq") == ("there is no tool qqq", "`glm tools list` shows the tools that there are.")


def test_names_are_known_without_running_anything(kept: Kept) -> None:
    kept.put("trip.py", "raise SystemExit\n" + TRIP)
    kept.put("mcp.json", NOTHING)
    assert kept.toolbox.names() == [*builtin.NAMES, "files", "off", "forecast", "dice", "trip"]


def test_one_broken_file_keeps_nobody_from_the_others(kept: Kept) -> None:
    kept.put("broken.py", "def (")
    kept.put("broken.json", "{")
    kept.put("trip.py", TRIP)
    assert kept.chosen("dice") == ["dice"]
    assert kept.said == []


def test_a_broken_file_of_servers_keeps_nobody_from_the_rest(kept: Kept) -> None:
    path = kept.put("mcp.json", "{")
    kept.put("more.json", [function("a"), function("b")])
    fault = f"{path}: not JSON: line 1, column 2: expecting property name enclosed in double quotes"
    assert kept.chosen("a", "b") == ["a", "b"]
    assert kept.said == [f"{fault}; no MCP server counts"]
    with pytest.raises(ConfigError) as caught:
        kept.toolbox.named("files")
    assert caught.value.message == fault
    assert kept.toolbox.broken_servers() == [Broken("mcp.json", str(path), fault)]


def test_a_bad_server_keeps_nobody_from_the_good_ones(kept: Kept) -> None:
    path = kept.put("mcp.json", SOME_BAD)
    kept.put("more.json", function("a"))
    old = f'{path}: /mcpServers/old/type: the transport "sse" is not spoken; MCP has replaced it by streamable HTTP'
    hub = f"{path}: /mcpServers/my hub: 'my hub' cannot be the name of a server"
    address = 'Give the server\'s address for "type": "http" (often it ends with /mcp).'
    letters = "Use up to 32 letters, digits, - and _, but no __ and no _ at the end."
    assert kept.fault("old") == kept.fault("old__tool") == (old, address)
    assert kept.fault("my hub") == (hub, letters)
    assert kept.said == []
    assert kept.chosen("a") == ["a"]
    assert kept.said == [f"{old}; this MCP server does not count", f"{hub}; this MCP server does not count"]
    assert kept.fault("files")[0].startswith("the MCP server files (/none/server) cannot be used")
    assert list(kept.toolbox.everything())[len(builtin.NAMES) + 1 :] == [
        Broken("old", str(path), old, address),
        Broken("my hub", str(path), hub, letters),
    ]
    assert len(kept.said) == 2


def test_a_grammar_that_is_none_is_found_before_a_model_gets_the_tool(kept: Kept) -> None:
    path = kept.put("sum.json", custom("sum", "[0-9"))
    fault = "/custom/format/grammar/definition: not a regular expression: unterminated character set at position 0"
    assert kept.fault("sum") == (f"{path}: sum: {fault}", "`glm tools check` looks at all that is kept.")
    assert [tool.name for tool in kept.toolbox.named("sum")] == ["sum"]


def test_a_grammar_is_read_once(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.put("sum.json", custom("sum", "[0-9]"))
    assert kept.chosen("sum") == ["sum"]
    monkeypatch.setattr("glmcli.tools.toolbox.grammar_faults", None)
    assert kept.chosen("sum") == ["sum"]


def test_everything_tells_what_is_broken_and_goes_on(kept: Kept) -> None:
    broken = kept.put("broken.json", "{")
    kept.put("trip.py", TRIP)
    (kept.folder / "tools" / "gone.py").symlink_to("/none.py")
    kept.put("_not.py", TRIP)
    kept.put(".not.json", "{")
    kept.put("notes.txt", "")
    found = list(kept.toolbox.everything())[len(builtin.NAMES) :]
    assert [it if isinstance(it, Broken) else it.name for it in found] == [
        Broken(
            "broken.json",
            str(broken),
            f"{broken}: not JSON: line 1, column 2: expecting property name enclosed in double quotes",
        ),
        Broken(
            "gone.py",
            str(broken.with_name("gone.py")),
            f"{broken.with_name('gone.py')}: leads to /none.py, where no file is",
        ),
        "forecast",
        "dice",
    ]


def test_servers_are_started_only_when_that_is_wanted_and_disabled_ones_never(kept: Kept) -> None:
    kept.put("mcp.json", NOTHING)
    assert [it.name for it in kept.toolbox.everything()] == list(builtin.NAMES)
    [*_, last] = kept.toolbox.everything(servers=True)
    assert last == Broken(
        "files",
        "MCP server files",
        "the MCP server files (/none/server) cannot be used: there is no program '/none/server'",
    )
    assert len(list(kept.toolbox.everything(servers=True))) == len(builtin.NAMES) + 1


def test_a_warning_is_said_once(kept: Kept) -> None:
    path = kept.put("mcp.json", {"mcpServers": {"files": {"command": "x", "autoApprove": ["*"]}}})
    for _ in range(3):
        kept.toolbox.servers()
    assert kept.said == [
        f"{path}: /mcpServers/files: not heeded, since glm itself asks before a tool runs: autoApprove"
    ]


@pytest.mark.parametrize(("name", "file"), [("trip", "trip.py"), ("trip.py", "trip.py"), ("a", "one.json")])
def test_the_file_of_a_name(name: str, file: str, kept: Kept) -> None:
    kept.put("trip.py", TRIP)
    kept.put("one.json", function("a"))
    assert kept.toolbox.file_of(name) == kept.folder / "tools" / file


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dice", "trip.py holds other tools than dice: forecast, dice"),
        ("both", "both may be both.json or both.py"),
        ("zzz", "there is no tool zzz"),
    ],
)
def test_a_name_that_is_not_of_one_file(name: str, message: str, kept: Kept) -> None:
    kept.put("trip.py", TRIP)
    kept.put("both.json", function("a"))
    kept.put("both.py", "")
    with pytest.raises(UsageError) as caught:
        kept.toolbox.file_of(name)
    assert caught.value.message == message


def test_what_is_wanted_survives_a_session(kept: Kept) -> None:
    wanted = Wanted(("a",), ("/f.py",), ("/r",))
    assert Wanted.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted
    assert (bool(wanted), bool(Wanted(roots=("/r",))), Wanted.from_json(None)) == (True, False, Wanted())
