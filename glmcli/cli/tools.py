"""`glm tools`: the tools that a model may be given, where they come from, and which of their calls run unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.errors import ExitStatus, UnusableError, UsageError
from glmcli.tools.definitions import FOLDER, Definition, faults, read
from glmcli.tools.toolbox import JSON, Broken, Toolbox
from glmcli.ui.machine import dumps

if TYPE_CHECKING:
    from glmcli.tools.approvals import Rule
    from glmcli.tools.mcp_config import Server
    from glmcli.tools.tool import Tool

app = group("tools", "Functions, programs and MCP servers that the model may call.")

Servers = Annotated[bool, typer.Option("--servers", help="Start the MCP servers, for what they offer.")]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON list.")]
Force = Annotated[bool, typer.Option("--force", help="In place of what has the name now.")]


@command(app, "list")
def list_(call: Invocation, json: AsJson = False, servers: Servers = False) -> ExitStatus | None:
    """List the tools with where they come from and when they are asked about."""
    from glmcli.tools.approvals import Approvals
    from glmcli.ui.columns import fit, width_of

    with _toolbox(call) as toolbox:
        found = list(toolbox.everything(servers=servers))
        idle = {} if servers else toolbox.servers()
    rules = Approvals(call.folder).rules()
    if json:
        call.terminal.write(dumps([_row(it, rules) for it in found], indent=2) + "\n")
        return None
    lines = [_line(it, rules) for it in found]
    lines += [(name, "MCP server", "off" if it.disabled else "asks", it.place) for name, it in idle.items()]
    widths = [max(width_of(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        text = "  ".join(it + " " * (width - width_of(it)) for it, width in zip(line, [*widths, 0], strict=True))
        call.terminal.write((fit(text, call.terminal.width) if call.terminal.out_is_tty else text).rstrip() + "\n")
    if idle:
        call.terminal.note("`glm tools list --servers` starts the servers and lists their tools")
    return None


@command(app, "show")
def show(call: Invocation, name: Annotated[str, typer.Argument(help="A tool, a file or an MCP server.")]) -> None:
    """Print a tool's definition as it is sent."""
    with _toolbox(call) as toolbox:
        definitions = [tool.definition for tool in toolbox.named(name)]
    call.terminal.write(dumps(definitions[0] if len(definitions) == 1 else definitions, indent=2) + "\n")


@command(app, "check")
def check(
    call: Invocation,
    what: Annotated[list[str] | None, typer.Argument(help="Files or names; without any, all that are kept.")] = None,
) -> ExitStatus | None:
    """Check definitions against the request schema, JSON Schema, and the rules of strict mode."""
    bad = False
    checked = 0
    seen: dict[str, str] = {}
    with _toolbox(call) as toolbox:
        for it in _to_check(toolbox, what):
            found = faults(it)
            if not found and seen.get(it.name, it.place) != it.place:
                found = [f"/{it.kind}/name: {seen[it.name]} has a tool of this name too"]
            seen.setdefault(it.name, it.place)
            checked += 1
            bad = bad or bool(found)
            call.terminal.write(f"{'fail' if found else 'ok'}  {it.name or '?'} ({it.place})\n")
            for line in found:
                call.terminal.write(f"      {line}\n")
    if not checked:
        call.terminal.note(f"nothing to check in {call.folder / FOLDER}")
    return ExitStatus.USAGE if bad else None


@command(app, "call")
def call_(
    call: Invocation,
    name: Annotated[str, typer.Argument(help="The tool.")],
    values: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Its arguments.")] = None,
    args: Annotated[
        str | None, typer.Option("--args", metavar="JSON|@FILE", help="Its arguments, or a custom tool's input.")
    ] = None,
    functions: Annotated[
        str | None, typer.Option("--functions", metavar="FILE.py", help="Look for it in this file.")
    ] = None,
    root: Annotated[
        list[str] | None, typer.Option("--root", metavar="DIR", help="A folder for the file tools (the working one).")
    ] = None,
) -> None:
    """Run a tool without a model, as its call would run."""
    from glmcli.tools.calling import bounded, checked
    from glmcli.tools.tool import Stop

    with _toolbox(call) as toolbox:
        roots = [Path(it).expanduser().absolute() for it in root or ()]
        found = toolbox.of_file(Path(functions)) if functions else toolbox.named(name, roots)
        tool = next((it for it in found if it.name == name), None)
        if tool is None:
            raise UsageError(f"{name} holds several tools", hint=f"Name one: {', '.join(it.name for it in found)}.")
        if tool.run is None:
            raise UsageError(f"{name} is only defined: nothing here carries it out", hint="Give it a program: command.")
        try:
            ready = checked(tool, _arguments(tool, args, values))
        except ValueError as fault:
            raise UsageError(str(fault), hint=f"`glm tools show {name}` shows what it takes.") from None
        stop = Stop()
        try:
            result = tool.run(ready.arguments, stop)
        except BaseException:
            stop.set()
            raise
    if result.failed:
        raise UnusableError(f"{name} failed: {result.text.strip()}")
    text = bounded(result.text)
    call.terminal.write(text if text.endswith("\n") else text + "\n")


@command(app, "add")
def add(
    call: Invocation,
    what: Annotated[
        list[str], typer.Argument(metavar="FILE|URL|COMMAND...", help="What to add; a command after --mcp and --.")
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The name of an MCP server.")] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="The words are the command of an MCP server.")] = False,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME=VALUE", help="A variable for the MCP server; ${VAR} works."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="NAME: VALUE", help="A header for its URL; ${VAR} works.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Link the file instead of copying it.")] = False,
    force: Force = False,
) -> None:
    """Keep a file of functions, a definition with its program, or an MCP server."""
    from glmcli.tools.mcp_config import Server

    url = len(what) == 1 and what[0].startswith(("http://", "https://"))
    if mcp or url:
        headers = dict(_pair(it, ":", "--header") for it in header or ())
        variables = dict(_pair(it, "=", "--env") for it in env or ())
        server = Server(url=what[0], headers=headers) if url else Server(what[0], tuple(what[1:]), variables)
        _add_server(call, name or _server_name(what, url=url), server, force=force)
        return
    if name or env or header:
        raise UsageError("--name, --env and --header are for MCP servers", hint="Give a URL, or --mcp and a command.")
    for word in what:
        _add_file(call, Path(word).expanduser(), link=link, force=force)


@command(app, "rm")
def rm(
    call: Invocation,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Tools, files or MCP servers that are kept.")],
) -> None:
    """Remove a kept file, or an MCP server. Of a link, the file it leads to stays."""
    from glmcli.tools.keeping import belonging, drop
    from glmcli.tools.mcp_config import remove_server

    with _toolbox(call) as toolbox:
        for name in names:
            if name in toolbox.servers():
                remove_server(call.folder, name)
                call.terminal.note(f"removed the MCP server {name}")
                continue
            path = toolbox.file_of(name)
            files = [path, *(it for it in belonging(path)[1:] if it.parent == path.parent)]
            drop(files)
            call.terminal.note(f"removed {', '.join(it.name for it in files)}")


@command(app, "rules")
def rules(
    call: Invocation,
    json: AsJson = False,
    revoke: Annotated[
        list[int] | None, typer.Option("--revoke", metavar="N", help="Take back this rule (repeatable).")
    ] = None,
) -> None:
    """List what was approved for good, and take it back."""
    from glmcli.tools.approvals import Approvals

    approvals = Approvals(call.folder)
    if revoke:
        for rule in approvals.revoke(set(revoke)):
            call.terminal.note(f"revoked: {rule.tool}: {rule.described}")
        return
    found = approvals.rules()
    if json:
        rows = [{"rule": number, **vars(it), "patterns": dict(it.patterns)} for number, it in enumerate(found, 1)]
        call.terminal.write(dumps(rows, indent=2) + "\n")
        return
    for number, it in enumerate(found, 1):
        call.terminal.write(f"{number}  {it.tool}  {it.described}  ({it.source}, {it.created[:10]})\n")
    if not found:
        call.terminal.note("nothing is approved for good; a question of glm offers it under the key a")


# Listing


def _row(it: "Tool | Broken", rules: "list[Rule]") -> dict[str, Any]:
    if isinstance(it, Broken):
        return {"source": it.source, "problem": it.why}
    return {
        "name": it.name,
        "kind": it.kind,
        "description": it.description,
        "source": it.source,
        "approval": _approval(it, rules),
    }


def _line(it: "Tool | Broken", rules: "list[Rule]") -> tuple[str, str, str, str]:
    from glmcli.ui.clean import one_line

    if isinstance(it, Broken):
        return "?", it.source, "broken", it.why
    return it.name, it.source, _approval(it, rules), one_line(first_sentence(it.description))


def first_sentence(text: str) -> str:
    """What a description begins with: a line says enough."""
    return text.strip().partition("\n")[0].partition(". ")[0].removesuffix(".")


def _approval(tool: "Tool", rules: "list[Rule]") -> str:
    """When the user is asked, in a word or two."""
    from glmcli.tools.approvals import HASHED
    from glmcli.tools.tool import Approval

    if tool.run is None:
        return "not run here"
    count = sum(rule.tool == tool.name and rule.definition == HASHED + tool.hash for rule in rules)
    approved = f", but for {'a rule' if count == 1 else f'{count} rules'}" if count else ""
    words = {
        Approval.UNASKED: "runs unasked",
        Approval.SCOPE: "asks once a host" if tool.name == "fetch_url" else "asks once a folder",
        Approval.EACH: "asks",
        Approval.ALWAYS: "always asks",
    }
    return words[tool.approval] + approved


# Checking


def _to_check(toolbox: Toolbox, what: list[str] | None) -> Iterator[Definition]:
    """Definitions as they stand in their files, and tools of other kinds as definitions. Raises UsageError for a file or
    a tool that was named; of all that are kept, one that cannot be read is a definition with a problem."""
    for word in what or ():
        path = Path(word).expanduser()
        if _is_file(word):
            yield from _definitions(toolbox, path)
            continue
        tools = toolbox.named(word)
        source = Path(tools[0].source)
        if source.suffix == JSON:
            names = {tool.name for tool in tools}
            yield from (it for it in read(source) if it.name in names)
        else:
            yield from (Definition(tool.definition, source) for tool in tools)
    for path in toolbox.files() if what is None else ():
        try:
            yield from _definitions(toolbox, path)
        except UsageError as error:
            yield Definition(None, path, problem=error.message)


def _definitions(toolbox: Toolbox, path: Path) -> list[Definition]:
    if path.suffix == JSON:
        return read(path)
    return [Definition(tool.definition, path) for tool in toolbox.of_file(path)]


def _is_file(word: str) -> bool:
    return "/" in word or word.endswith((".json", ".py")) or Path(word).is_file()


# Calling


def _arguments(tool: "Tool", args: str | None, values: list[str] | None) -> str:
    """The text of a call's arguments. Raises UsageError."""
    from glmcli.api import json_text
    from glmcli.cli.prompt import read_path

    if args is not None and values:
        raise UsageError("--args and NAME=VALUE are two forms of the arguments", hint="Leave one of them out.")
    if args is not None:
        return read_path(args[1:]) if args.startswith("@") else args
    if tool.kind == "custom":
        return " ".join(values or ())
    given: dict[str, Any] = {}
    for word in values or ():
        name, text = _pair(word, "=", "the argument")
        declared = ((tool.parameters or {}).get("properties") or {}).get(name) or {}
        try:
            given[name] = text if declared.get("type") == "string" else json_text.parse(text.encode())
        except UsageError:
            given[name] = text
    return dumps(given)


def _pair(text: str, mark: str, flag: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(f"{flag} {text!r} is not of the form NAME{mark}VALUE", hint=f"For example: NAME{mark}VALUE")
    return name.strip(), value.strip() if mark == ":" else value


# Adding


def _add_server(call: Invocation, name: str, server: "Server", *, force: bool) -> None:
    from glmcli.tools.mcp_config import FILE, add_server, remove_server, servers

    if force and name in servers(call.folder):
        remove_server(call.folder, name)
    add_server(call.folder, name, server)
    call.terminal.note(f"added the MCP server {name} to {call.folder / FILE}; give its tools to the model: -T {name}")


def _add_file(call: Invocation, path: Path, *, link: bool, force: bool) -> None:
    from glmcli.tools.keeping import belonging, keep
    from glmcli.tools.mcp_config import KEYS, read_servers

    files = belonging(path)
    if path.suffix == ".json" and _holds(path, KEYS):
        for name, server in read_servers(path, call.terminal.note).items():
            _add_server(call, name, server, force=force)
        return
    with _toolbox(call) as toolbox:
        tools = toolbox.of_file(files[0])  # whatever is wrong with it is said before it is kept
        kept = keep(call.folder, files, link=link, force=force)
    names = ", ".join(tool.name for tool in tools)
    call.terminal.note(
        f"{'linked' if link else 'copied'} to {kept[0]}; give it to the model: -T {kept[0].stem} ({names})"
    )


def _holds(path: Path, keys: tuple[str, ...]) -> bool:
    """Whether a JSON file is an object with one of these keys."""
    from glmcli.api import json_text

    try:
        value = json_text.parse(path.read_bytes())
    except (OSError, UsageError):
        return False
    return isinstance(value, dict) and any(isinstance(value.get(key), dict) for key in keys)


def _server_name(what: list[str], *, url: bool) -> str:
    """A name for a server that got none: of its host, or of its program."""
    import re
    from urllib.parse import urlsplit

    host = urlsplit(what[0]).hostname or "" if url else ""
    text = host.removeprefix("www.").removeprefix("mcp.").partition(".")[0] if url else Path(what[0]).stem
    name = re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:32]
    if not name:
        raise UsageError("the MCP server has no name", hint="Give it one: --name NAME.")
    return name


@contextmanager
def _toolbox(call: Invocation) -> Iterator[Toolbox]:
    from glmcli.cli.tooling import toolbox_of

    toolbox = toolbox_of(call.folder, call.world, call.settings, call.terminal.note)
    try:
        yield toolbox
    finally:
        toolbox.close()
