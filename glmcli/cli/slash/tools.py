"""Slash commands about tools: which of them the model may call, and who approves the calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glmcli.cli.slash.slash import Slash, prose, row
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl
    from glmcli.cli.tooling import Tooling
    from glmcli.tools.toolbox import Wanted

APPROVALS = {
    "ask": "asks before a call that is not approved yet",
    "auto": "runs every call unasked",
    "deny": "refuses every call that is not approved yet",
}


def _tools(repl: "Repl", argument: str) -> None:
    """Lists the tools, or changes which there are: NAME and +NAME give one, -NAME takes it away, none takes all."""
    from glmcli.tools.toolbox import Wanted, anywhere

    plan = repl.plan
    wanted = plan.wanted or Wanted()
    if not argument:
        _list(repl)
        return
    for word in argument.split():
        if word == "none":
            wanted = Wanted(roots=wanted.roots)
        elif word.startswith("-"):
            wanted = _without(repl, wanted, word[1:])
        elif (name := anywhere(word.removeprefix("+"), plan.settings.folder)) not in wanted.names:
            wanted = replace(wanted, names=(*wanted.names, name))
    equipped = _tooling(repl).equip(replace(plan, wanted=wanted, inherited=False, tools=()))
    repl.choose(equipped)
    names = ", ".join(tool.name for tool in equipped.tools)
    repl.terminal.note(f"the model may call {names}" if names else "the model may call no tools")


def _without(repl: "Repl", wanted: "Wanted", name: str) -> "Wanted":
    """What is wanted without that name or file. Raises UsageError where it is not there."""
    from pathlib import Path

    names = tuple(it for it in wanted.names if name not in (it, Path(it).name))
    functions = tuple(it for it in wanted.functions if name not in (it, Path(it).name, Path(it).stem))
    if (names, functions) == (wanted.names, wanted.functions):
        given = ", ".join([*wanted.names, *(Path(it).name for it in wanted.functions)]) or "none"
        raise UsageError(f"{name} was not given to the model; given: {given}", hint="Take away what was given.")
    return replace(wanted, names=names, functions=functions)


def _list(repl: "Repl") -> None:
    from glmcli.cli.tool_lines import asked

    if not repl.plan.tools:
        prose(repl, "The model may call no tools. /tools NAME gives it one; `glm tools list` lists them.")
    for tool in repl.plan.tools:
        row(repl, tool.name, f"{asked(tool)} ({tool.source})")
    if repl.plan.tools:
        repl.say()
        prose(repl, "/tools NAME gives another one, /tools -NAME takes it away, /approve says who approves calls")


def _approve(repl: "Repl", argument: str) -> None:
    tooling = _tooling(repl)
    if argument:
        if argument not in APPROVALS:
            raise UsageError(f"{argument} is none of {', '.join(APPROVALS)}", hint="For example: /approve ask")
        tooling.mode = argument  # type: ignore[assignment]
        repl.terminal.note(f"glm {APPROVALS[argument]}")
        return
    mode = tooling.mode or repl.plan.settings.value("approve").value
    row(repl, mode, f"glm {APPROVALS[mode]}")
    for number, rule in enumerate(tooling.approvals.rules(), 1):
        row(repl, f"rule {number}", f"{rule.tool}: {rule.described}")
    if tooling.approvals.rules():
        repl.say("`glm tools rules --revoke N` takes a rule back")


def _mcp(repl: "Repl", argument: str) -> None:
    """Lists the servers, or gives the model the tools of one."""
    toolbox = _tooling(repl).toolbox(repl.plan.settings)
    servers, broken = toolbox.servers(), toolbox.broken_servers()
    if argument:
        if argument.lstrip("+-") not in (*servers, *(it.name for it in broken)):
            known = ", ".join(servers) or "none"
            raise UsageError(f"there is no MCP server {argument}; there are: {known}", hint="`glm tools add` adds one.")
        _tools(repl, argument)
        return
    if not servers and not broken:
        repl.say(
            "There are no MCP servers. Add one in the shell: glm tools add URL, or: glm tools add --mcp -- COMMAND"
        )
    given = repl.plan.wanted.names if repl.plan.wanted else ()
    for name, server in servers.items():
        state = "off" if server.disabled else "given to the model" if name in given else "not given"
        row(repl, name, f"{state}: {server.place}")
    for it in broken:
        row(repl, it.name, f"broken: {it.why}")


def _tooling(repl: "Repl") -> "Tooling":
    assert repl.tooling is not None  # chat gives one
    return repl.tooling


SLASHES = (
    Slash(
        ("tools",),
        "[NAME|-NAME|none]...",
        "lists the tools that the model may call, gives it more, or takes some",
        _tools,
        "tool",
    ),
    Slash(
        ("approve", "permissions"),
        "[ask|auto|deny]",
        "says who approves calls of tools, or changes it",
        _approve,
        "choice",
        tuple(APPROVALS),
    ),
    Slash(("mcp",), "[SERVER]", "lists the MCP servers, or gives the model the tools of one", _mcp, "server"),
)
