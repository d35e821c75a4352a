"""`glm tools add` and `rm`: what the user keeps, files of tools and MCP servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glmcli.cli.command import Invocation
from glmcli.cli.tools_call import pair
from glmcli.cli.tools_opened import opened
from glmcli.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from glmcli.tools.mcp_config import Server
    from glmcli.tools.toolbox import Toolbox

RUNNERS = ("python", "node", "deno", "bun", "bunx", "npx", "uv", "uvx", "pipx", "docker", "podman", "run", "exec", "sh")
"""Words of a command line that say nothing of which server it starts."""


def add(
    call: Invocation,
    what: Annotated[
        list[str], typer.Argument(metavar="FILE|URL|COMMAND...", help="What to add; a command after --mcp and --.")
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The name of an MCP server.")] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="The words are the command of an MCP server.")] = False,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME=TEXT", help="A variable for the MCP server; ${VAR} works."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="NAME:TEXT", help="A header for its URL; ${VAR} works.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Link the file instead of copying it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="In place of what has the name now.")] = False,
) -> None:
    """Keep a file of tools or a server. A Python file of functions, a definition with its program, an MCP server, or
    all servers of a file of another client ({"mcpServers": …})."""
    from glmcli.tools.mcp_config import Server

    url = any(word.startswith(("http://", "https://")) for word in what[:1])
    if not mcp and not url:
        if name or env or header:
            raise UsageError(
                "--name, --env and --header are for MCP servers", hint="Give a URL, or --mcp -- and a command."
            )
        for word in what:
            _add_file(call, Path(word).expanduser(), link=link, force=force)
        return
    if link or (url and (len(what) > 1 or env)) or (header and not url):
        raise UsageError(
            "a URL goes alone, with --header; a command with --env; neither with --link",
            hint="For example: glm tools add https://example.com/mcp --header 'Authorization: Bearer ${KEY}'",
        )
    headers = dict(
        pair(it, ":", "--header", "For example: --header 'Authorization: Bearer ${KEY}'") for it in header or ()
    )
    variables = dict(pair(it, "=", "--env", "For example: --env 'KEY=${MY_KEY}'") for it in env or ())
    if url:
        server = Server(url=what[0], headers={key: value.strip() for key, value in headers.items()})
    else:
        server = Server(_whole(what[0]) if "/" in what[0] else what[0], tuple(map(_whole, what[1:])), variables)
    _add_servers(call, {name or _server_name(what, url=url): server}, force=force)


def rm(
    call: Invocation,
    names: Annotated[
        list[str],
        typer.Argument(metavar="KEPT...", help="Tools, files or MCP servers that are kept.", show_default=False),
    ],
) -> None:
    """Remove what was kept. A file goes with the program that belongs to it; of a link, the file it leads to
    stays."""
    from glmcli.tools import builtin
    from glmcli.tools.keeping import drop, removable
    from glmcli.tools.mcp_config import remove_server

    with opened(call) as toolbox:
        servers = {*toolbox.usable_servers(), *(it.name for it in toolbox.broken_servers())}
        files = {}
        for name in names:
            if name in builtin.NAMES:
                raise UsageError(f"{name} is built in", hint="No model may call it unless you name it: -T.")
            if name not in servers:
                files[name] = toolbox.file_of(name)
        for name in dict.fromkeys(names):
            if name in servers:
                remove_server(call.folder, name)
                call.terminal.note(f"removed the MCP server {name}")
            elif files[name] in toolbox.files():
                gone = removable(files[name], toolbox.files())
                drop(gone)
                call.terminal.note(f"removed {', '.join(it.name for it in gone)}")


def _add_servers(call: Invocation, servers: "dict[str, Server]", *, force: bool) -> None:
    from glmcli.tools import builtin
    from glmcli.tools.mcp_config import FILE, add_server, check_name, entries, remove_server

    path = call.folder / FILE
    before = entries(call.folder)
    for name in servers:
        check_name(name)
        if name in builtin.NAMES:
            raise UsageError(f"{name} is the name of a tool that is built in", hint="Give another one: --name NAME.")
        if name in before and not force:
            raise UsageError(
                f"there is a server {name} in {path} already", hint="--force puts the new one in its place."
            )
    for name, server in servers.items():
        if name in before:
            remove_server(call.folder, name)
        add_server(call.folder, name, server)
        call.terminal.note(f"added the MCP server {name} to {path}: {server.place}")
        if not server.disabled:
            call.terminal.note(f"give its tools to the model: -T {name}; see them: glm tools show {name}")


def _add_good_servers(call: Invocation, path: Path, *, force: bool) -> None:
    """Adds the servers of a file that can be used. Raises ConfigError, which names the others, after that."""
    from glmcli.tools.mcp_config import bad, good, read_entries

    found = read_entries(path, call.terminal.note)
    _add_servers(call, good(found), force=force)
    faults = bad(found)
    if len(faults) == 1:
        [(name, fault)] = faults.items()
        raise ConfigError(f"{name} was not added: {fault.message}", hint=fault.hint)
    for fault in faults.values():
        call.terminal.note(f"not added: {fault.message}")
    if faults:
        raise ConfigError(f"servers of {path} that were not added: {', '.join(faults)}", hint="Mend their entries.")


def _add_file(call: Invocation, path: Path, *, link: bool, force: bool) -> None:
    from glmcli.tools.definitions import read
    from glmcli.tools.keeping import belonging, keep
    from glmcli.tools.mcp_config import KEYS

    files = belonging(path)
    if files[0].suffix == ".json":
        values = [it.value for it in read(files[0]) if it.index is None]
        if any(isinstance(it, dict) and any(isinstance(it.get(key), dict) for key in KEYS) for it in values):
            _add_good_servers(call, path, force=force)
            return
    with opened(call) as toolbox:
        tools = toolbox.sound(files[0])  # whatever is wrong with it is said before it is kept
        names = [tool.name for tool in tools]
        _refuse_taken(toolbox, files[0].name, names)
        kept = keep(call.folder, files, link=link, force=force, check=toolbox.of_file)
    given = names[0] if len(names) == 1 else kept[0].stem
    more = f" ({', '.join(names)})" if len(names) > 1 else ""
    call.terminal.note(f"{'linked' if link else 'copied'} to {', '.join(map(str, kept))}")
    call.terminal.note(f"give {'it' if len(names) == 1 else 'them'} to the model: -T {given}{more}")


def _refuse_taken(toolbox: "Toolbox", file: str, names: list[str]) -> None:
    """Raises UsageError where another source has a tool of the name already, which would stand before it or behind."""
    from glmcli.tools import builtin
    from glmcli.tools.names import names_in

    taken = dict.fromkeys(builtin.NAMES, "built in")
    for path in toolbox.files():
        if path.name != file:
            taken |= dict.fromkeys(names_in(path), str(path))
    for name in names:
        if name in taken:
            raise UsageError(f"there is another tool named {name}: {taken[name]}", hint="Rename one of them.")


def _whole(word: str) -> str:
    """A file of the working directory by its whole path: the server may be started from another one."""
    path = Path(word)
    return str(path.absolute()) if not word.startswith("-") and path.is_file() else word


def _server_name(what: list[str], *, url: bool) -> str:
    """A name for a server that got none: of its host, or of its program."""
    import re
    from urllib.parse import urlsplit

    if url:
        host = urlsplit(what[0]).hostname or ""
        text = re.sub(r"^((www|mcp|api)\.)+", "", host).partition(".")[0]
    else:
        words = [re.sub(r"\.(py|[cm]?js|ts|sh)$", "", it.rpartition("/")[2]) for it in what if not it.startswith("-")]
        text = next((it for it in words if it.rstrip("0123456789.") not in RUNNERS), "")
        text = re.sub(r"[@=<>~].*$|^(mcp-)?server-|-mcp(-server)?$", "", text.replace("_", "-"))
    name = re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:32]
    if not re.search("[A-Za-z]", name):
        raise UsageError("the MCP server has no name", hint="Give it one: --name NAME.")
    return name
