"""MCP servers that go wrong: each ends in one line, no process outlives us, and nothing waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError, GlmError, UsageError
from glmcli.tools.mcp.stderr_log import LIMIT, StderrLog
from glmcli.tools.mcp_config import Server
from glmcli.tools.tool import Result, Stop
from tests.tools.bare_mcp_server import TOOL
from tests.tools.mcp_client import HERE, bare, client, has_ended


def failure(server: Server, folder: Path, kind: type[GlmError] = ConfigError, **how: Any) -> tuple[str, str]:
    """What is said of a server whose tools cannot be had, its place left out, and the hint."""
    with client(server, folder, **how) as it, pytest.raises(kind) as raised:
        it.tools()
    return raised.value.message.replace(f" ({server.place})", "").replace(
        str(folder), "FOLDER"
    ), raised.value.hint.replace(str(folder), "FOLDER")


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "pids").read_text().split()]


LOG = "What it writes to stderr is in FOLDER/mcp.log."


def test_a_server_that_ends_at_its_start_is_quoted(tmp_path: Path) -> None:
    server = bare(exits=True, stderr="first\nno \x1b[31mlicence\x1b[0m found\n\n")
    assert failure(server, tmp_path) == ("the MCP server it ended; it said: no [31mlicence[0m found", LOG)
    assert (tmp_path / "mcp.log").read_text() == "it: first\nit: no [31mlicence[0m found\n"
    assert (tmp_path / "mcp.log").stat().st_mode & 0o777 == 0o600


def test_a_server_that_never_answers_initialize_is_given_up(tmp_path: Path) -> None:
    server = bare(deaf=True, pids=str(tmp_path / "pids"))
    said = failure(server, tmp_path, start_limit=0.5)
    assert said == ("the MCP server it did not answer `initialize` within 0.5 s", LOG)
    assert all(map(has_ended, pids(tmp_path)))


def test_what_a_server_writes_between_its_messages_is_a_warning(tmp_path: Path) -> None:
    with client(bare(banner="> bare@1.0.0 start\n\n\xff\xfe\n"), tmp_path) as it:
        assert it.call("look") == Result("seen", foreign=True)
    assert it.warnings == ["the MCP server it writes to stdout what is no message of MCP: > bare@1.0.0 start"]


def test_a_server_that_writes_nothing_but_garbage_is_quoted(tmp_path: Path) -> None:
    assert failure(bare(banner="Usage: bare [OPTIONS]\n", exits=True), tmp_path) == (
        "the MCP server it ended; on stdout it wrote: Usage: bare [OPTIONS]",
        LOG,
    )


def test_a_server_that_dies_in_a_call_is_started_again_by_the_next_one(tmp_path: Path) -> None:
    with client(bare(call="die", pids=str(tmp_path / "pids")), tmp_path) as it:
        died = Result("The MCP server it ended; it said: memory", failed=True, foreign=True)
        look = it.tool("look").run
        assert look is not None
        assert [look({}, Stop()), look({}, Stop())] == [died, died]
    assert len(set(pids(tmp_path))) == 2


def test_a_call_that_takes_too_long_is_given_up_and_the_server_goes_on(tmp_path: Path) -> None:
    with client(bare(call="never", pids=str(tmp_path / "pids")), tmp_path, call_limit=0.1) as it:
        assert it.call("look") == Result("The call timed out after 0.1 s.", failed=True)
        assert it.call("look") == Result("The call timed out after 0.1 s.", failed=True)
    assert len(pids(tmp_path)) == 1


def test_a_server_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    assert failure(Server(command="no-such-program"), tmp_path) == (
        "the MCP server it cannot be used: there is no program 'no-such-program'",
        'Install it, or check "command" and PATH.',
    )
    assert failure(Server(command="true", cwd="nowhere"), tmp_path) == (
        "the MCP server it cannot be used: its folder FOLDER/nowhere is not there",
        'Check "cwd".',
    )
    assert failure(Server(command="true", env={"KEY": "${CF_API_TOKEN}"}), tmp_path, environ={"CF_API_TOKEN": "x"}) == (
        "the MCP server it cannot be used: ${CF_API_TOKEN} is the token that glm itself uses, which no server gets",
        "Give the server a token of its own, in a variable of another name.",
    )


def test_a_server_that_is_unknown_or_disabled_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    assert failure(Server(command="true", disabled=True), tmp_path, UsageError) == (
        "the MCP server it is disabled",
        'Take "disabled" out of mcp.json.',
    )
    with client(bare(), tmp_path) as it, pytest.raises(UsageError) as raised:
        it.servers.tools("other")
    assert (raised.value.message, raised.value.hint) == ("there is no MCP server 'other'", "The servers are: it.")


def test_without_the_sdk_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "glmcli.tools.mcp.connection", raising=False)
    monkeypatch.delitem(sys.modules, "glmcli.tools.mcp.transport", raising=False)
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    assert failure(bare(), tmp_path, UsageError) == (
        "MCP servers need the package mcp, 2.3 or newer",
        "Install it: pip install 'glmcli[mcp]'",
    )


def test_names_are_cut_and_numbered_and_tools_without_a_usable_schema_left_out(tmp_path: Path) -> None:
    tools = [
        {**TOOL, "name": "a" * 70},
        {**TOOL, "name": "a" * 80},
        {**TOOL, "name": "ü/x", "description": "d" * 5000},
        {**TOOL, "name": "list", "inputSchema": {"type": "array"}},
        {**TOOL, "name": "words", "inputSchema": "text"},
        "nothing",
        {**TOOL, "name": "large", "inputSchema": {"type": "object", "x": ["y"] * 20_000}},
    ]
    with client(bare(tools=tools), tmp_path) as it:
        found = it.tools()
    assert [tool.name for tool in found] == [f"it__{'a' * 60}", f"it__{'a' * 58}_2", "it____x"]
    assert found[2].description == "d" * 3999 + "…"
    assert it.warnings == [
        "the MCP server it offers 'list', which is left out: /inputSchema/type is not what the protocol wants",
        "the MCP server it offers 'words', which is left out: /inputSchema is not what the protocol wants",
        "the MCP server it offers 'nothing', which is left out: it is not what the protocol wants",
        "the MCP server it offers 'large', which is left out: its schema has more than 65536 characters",
    ]


def test_close_ends_a_server_that_ignores_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("PROCESS_TERMINATION_TIMEOUT", "FORCE_KILL_TIMEOUT"):  # seconds that the SDK waits, 2 each
        monkeypatch.setattr(f"mcp.client.stdio.{limit}", 0.1)
    with client(bare(stubborn=True, pids=str(tmp_path / "pids")), tmp_path) as it:
        tool = it.tool("look")
    assert all(map(has_ended, pids(tmp_path)))
    it.servers.close()
    assert tool.run is not None
    assert tool.run({}, Stop()) == Result("The call was stopped before it ended.", failed=True)


def test_close_ends_the_calls_that_still_run(tmp_path: Path) -> None:
    with client(bare(call="never"), tmp_path) as it, ThreadPoolExecutor(1) as pool:
        look = it.tool("look").run
        assert look is not None
        call = pool.submit(look, {}, Stop())
        it.servers.close()
        assert call.result().failed


def test_no_server_outlives_us_even_where_we_are_killed(tmp_path: Path) -> None:
    started = tmp_path / "pids"
    os.mkfifo(started)
    argv = [sys.executable, "-m", "tests.tools.mcp_killed", str(tmp_path), str(started)]
    with subprocess.Popen(argv, cwd=HERE.parent.parent) as killed:
        pid = int(started.read_text())
        killed.kill()
    assert has_ended(pid)


def test_the_log_stays_bounded_and_private(tmp_path: Path) -> None:
    log = StderrLog(tmp_path / "new" / "mcp.log")
    for number in range(LIMIT // 60_000 + 2):
        log.write("it", f"{number} {'x' * 60_000}\nend {number}\n".encode())
    assert log.path is not None
    text = log.path.read_text()
    assert LIMIT // 4 < len(text) < LIMIT
    assert text.startswith("it: ")
    assert text.endswith(f"it: end {LIMIT // 60_000 + 1}\n")


def test_a_log_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "mcp.log").mkdir()
    with client(bare(stderr="hello\n"), tmp_path) as it:
        assert it.call("look") == Result("seen", foreign=True)


def test_a_server_of_the_newest_protocol_alone_is_understood_but_gets_no_input_in_a_call(tmp_path: Path) -> None:
    with client(bare(modern=True), tmp_path) as it:
        assert it.call("look") == Result("seen", foreign=True)
    with client(bare(modern=True, call="ask"), tmp_path) as it:
        assert it.call("look") == Result(
            "The MCP server it asks for more input in the middle of the call, which glm does not give",
            failed=True,
            foreign=True,
        )


def test_a_server_that_never_lists_its_tools_is_given_up(tmp_path: Path) -> None:
    said = failure(bare(unlisted=True), tmp_path, start_limit=1.0)
    assert said == ("the MCP server it did not list its tools within 1 s", LOG)
