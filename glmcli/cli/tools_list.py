"""`glm tools list`: all tools in a table, or as JSON with everything there is to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glmcli.cli.command import Invocation
from glmcli.cli.tool_lines import asked, first_sentence
from glmcli.cli.tools_opened import opened
from glmcli.errors import ConfigError
from glmcli.tools.toolbox import Broken
from glmcli.ui.columns import fit, width_of

if TYPE_CHECKING:
    from glmcli.tools.approvals import Rule
    from glmcli.tools.mcp_config import Server
    from glmcli.tools.tool import Tool
    from glmcli.ui.terminal import Terminal

AsJson = Annotated[bool, typer.Option("--json", help="As one JSON list.")]
Servers = Annotated[bool, typer.Option("--servers", help="Start the MCP servers, for what they offer.")]

SERVER = "MCP server"
NARROWEST = 24
"""Columns of a terminal that are left for what a tool is for, as far as the others can be cut."""


@dataclass(frozen=True)
class Row:
    """One tool, one server that was not started, or a source that is broken: then `problem` says why. rules: approvals
    for good that hold for it."""

    name: str
    source: str
    kind: str | None = None
    description: str = ""
    approval: str | None = None
    rules: int = 0
    problem: str | None = None


def list_(call: Invocation, json: AsJson = False, servers: Servers = False) -> None:
    """List all tools. When you are asked about calls, where they come from, and what they are for."""
    with opened(call) as toolbox:
        found = list(toolbox.everything(servers=servers))
        configured = toolbox.usable_servers()
    rules = _rules(call)
    rows = [_broken(it) if isinstance(it, Broken) else _tool(it, rules) for it in found]
    idle = [_server(name, it) for name, it in configured.items() if it.disabled or not servers]
    if json:
        from glmcli.ui.machine import dumps

        call.terminal.write(dumps([vars(row) for row in rows + idle], indent=2) + "\n")
        return
    _write(call.terminal, [_cells(row, call.folder) for row in rows + idle])
    if any(row.approval for row in idle):
        call.terminal.note("`glm tools list --servers` starts the servers and lists their tools")


def short(source: str, folder: Path) -> str:
    """A source in few columns: of a path its end in our folder, else with ~ for the home directory."""
    if source.startswith(SERVER):
        return SERVER
    for base, mark in ((folder, ""), (Path("~").expanduser(), "~/")):
        if source.startswith(f"{base}/"):
            return mark + source.removeprefix(f"{base}/")
    return source


def _rules(call: Invocation) -> "list[Rule]":
    from glmcli.tools.approvals import Approvals

    try:
        return Approvals(call.folder).rules()
    except ConfigError as error:
        call.terminal.note(f"{error.message}; no rule counts")
        return []


def _tool(tool: "Tool", rules: "list[Rule]") -> Row:
    from glmcli.tools.approvals import HASHED

    count = sum(rule.tool == tool.name and rule.definition == HASHED + tool.hash for rule in rules)
    return Row(tool.name, tool.source, tool.kind, tool.description, asked(tool), count)


def _broken(it: Broken) -> Row:
    return Row(it.name, it.source, problem=it.why)


def _server(name: str, server: "Server") -> Row:
    return Row(name, f"{SERVER} {name}", "server", server.place, None if server.disabled else "asks")


def _cells(row: Row, folder: Path) -> tuple[str, str, str, str]:
    from glmcli.ui.clean import one_line

    source = short(row.source, folder)
    if row.problem is not None:
        said = row.problem.removeprefix(row.source).removeprefix(f"the {SERVER} {row.name} ").lstrip(": ")
        return one_line(row.name), "broken", source, one_line(said)
    approval = row.approval or "off"
    if row.rules:
        approval += f", but for {'a rule' if row.rules == 1 else f'{row.rules} rules'}"
    said = row.description if row.kind == "server" else first_sentence(row.description)
    return one_line(row.name), approval, source, one_line(said)


def _write(terminal: "Terminal", lines: Sequence[tuple[str, str, str, str]]) -> None:
    """On a terminal each in one row of it, elsewhere whole."""
    columns = list(zip(*lines, strict=True))
    widths = [max(map(width_of, column)) for column in columns[:3]]
    if terminal.out_is_tty:
        widths = list(_narrowed(widths, terminal.width - NARROWEST))
    for line in lines:
        cells = [fit(line[0], widths[0]), fit(line[1], widths[1]), _end(line[2], widths[2])]
        text = "  ".join(
            [*(it + " " * (width - width_of(it)) for it, width in zip(cells, widths, strict=True)), line[3]]
        )
        shown = fit(text, terminal.width) if terminal.out_is_tty else text
        terminal.write(shown.rstrip(), style="warning" if line[1] == "broken" else "")
        terminal.write("\n")


def _narrowed(widths: Sequence[int], room: int) -> Iterator[int]:
    """The widths of name, approval and source, of which the source gives way first, then the name."""
    name, approval, source = widths
    source = min(source, max(12, room - name - approval - 6))
    name = min(name, max(16, room - approval - source - 6))
    yield from (name, approval, source)


def _end(text: str, columns: int) -> str:
    """The end of a path that fits, from a / on where that is possible."""
    if width_of(text) <= columns:
        return text
    parts = text.split("/")
    for start in range(1, len(parts)):
        end = "…/" + "/".join(parts[start:])
        if width_of(end) <= columns:
            return end
    return fit(text[::-1], columns)[::-1]
