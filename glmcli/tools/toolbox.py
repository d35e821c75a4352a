"""Where names become tools: those that are built in, files of the user's `tools/` folder or anywhere else, and MCP
servers. Nothing is a tool of a conversation unless it was named for it.

A name is, in this order, that of a built-in tool, of a server or of one of its tools (`server__tool`), of a tool in the
folder, or of a whole file there (`weather` or `weather.py` for all its tools); a path names all tools of a file.
What cannot be read keeps nobody from the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.errors import ConfigError, GlmError, UsageError
from glmcli.tools.concurrently import concurrently
from glmcli.tools.definitions import FOLDER, grammar_faults
from glmcli.tools.names import JSON, PYTHON, names_in
from glmcli.tools.tool import Tool

if TYPE_CHECKING:
    from glmcli.tools.mcp import Servers
    from glmcli.tools.mcp_config import Server

Reading = Callable[[], list[Tool]]
"""What gives the tools of one source."""


@dataclass(frozen=True)
class Wanted:
    """The tools that a conversation was given, as it is kept with a session. names: of -T. functions: files of
    --functions. roots: folders of --root; none for the working directory. Paths are absolute."""

    names: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.functions)

    def to_json(self) -> dict[str, list[str]]:
        return {"names": list(self.names), "functions": list(self.functions), "roots": list(self.roots)}

    @classmethod
    def from_json(cls, value: Any) -> "Wanted":
        """What `to_json` gave; nothing wanted where it is something else."""
        lists = value if isinstance(value, dict) else {}
        return cls(*(tuple(map(str, lists.get(key) or ())) for key in ("names", "functions", "roots")))


@dataclass(frozen=True)
class Broken:
    """A source of which no tools could be read. name: what it is called: a file or a server. why, hint: a line each."""

    name: str
    source: str
    why: str
    hint: str = ""


def anywhere(name: str, folder: Path, base: Path = Path()) -> str:
    """The name so that it means the same whatever the working directory is: a path made absolute, unless it is the name
    of a file that is kept in the user's folder. base: where paths are from; the working directory if not said."""
    is_path = "/" in name or (name.endswith((PYTHON, JSON)) and not (folder / FOLDER / name).is_file())
    return str((base / Path(name).expanduser()).absolute()) if is_path else name


class Toolbox:
    """All tools that could be named. Servers that it starts run until `close`.

    folder: the user's directory. cwd: where tools run. environ: without what no tool may get. now: seconds
    since the epoch. warn: says one line to the user. secrets: names that were left out of environ, beside our tokens,
    so that a server which wants one is told why. allow_private: `fetch_url` may reach private addresses.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cwd: Path,
        environ: Mapping[str, str],
        now: Callable[[], float],
        warn: Callable[[str], None],
        secrets: Collection[str] = (),
        ca_bundle: str | None = None,
        allow_private: bool = False,
    ) -> None:
        self.folder = folder
        self._cwd = cwd
        self._environ = environ
        self._secrets = secrets
        self._now = now
        self._tell = warn
        self._told: set[str] = set()
        self._checked: set[str] = set()
        self._lock = threading.Lock()
        self._ca_bundle = ca_bundle
        self._allow_private = allow_private
        self._servers: Servers | None = None

    def chosen(self, wanted: Wanted) -> list[Tool]:
        """The tools of these names and files, each once. Raises UsageError for a name that nothing has, for two tools
        of one name, for a file that cannot be read, and for a grammar that is none; ConfigError for a server that does
        not start."""
        found: dict[str, Tool] = {}
        roots = [Path(root) for root in wanted.roots] or [self._cwd]
        sources: list[Reading] = [partial(self.named, name, roots) for name in wanted.names]
        sources += [partial(self.of_file, Path(path)) for path in wanted.functions]
        for tools in concurrently([partial(self._sound, source) for source in sources]):
            for tool in tools:
                other = found.setdefault(tool.name, tool)
                if other.hash != tool.hash:
                    raise UsageError(
                        f"there are two tools named {tool.name}: {other.source} and {tool.source}",
                        hint="Leave one of them out, or rename it.",
                    )
        return list(found.values())

    def named(self, name: str, roots: Sequence[Path] = ()) -> list[Tool]:
        """The tool, or the tools of the file or server, of that name. Raises UsageError, ConfigError."""
        from glmcli.tools import builtin

        if name in builtin.NAMES:
            return [self._built_in(name, roots or [self._cwd])]
        if name.endswith((PYTHON, JSON)) or "/" in name:
            # A file of the working directory, which anybody may have written, does not hide one that the user keeps.
            return self.of_file(next((it for it in self.files() if it.name == name), Path(name).expanduser()))
        server, _, inner = name.partition("__")
        self._refuse_bad(name, server)
        if server in self.readable_servers():
            tools = self.of_server(server)
            if not inner:
                return tools
            if ours := [tool for tool in tools if tool.name == name]:
                return ours
            raise UsageError(f"the MCP server {server} has no tool {name}", hint=_of(tool.name for tool in tools))
        for path in self.files():
            if name in names_in(path) and (ours := [tool for tool in self.of_file(path) if tool.name == name]):
                return ours
        if files := [path for path in self.files() if path.stem == name]:
            return [tool for path in files for tool in self.of_file(path)]
        raise self._unknown(name)

    def of_file(self, path: Path) -> list[Tool]:
        """The tools of a file: typed functions, a JSON definition, or a list of them. Raises UsageError."""
        if not path.is_file():
            if path.is_symlink():
                raise UsageError(f"{path}: leads to {path.readlink()}, where no file is", hint="Link it anew.")
            raise UsageError(f"there is no file {path}", hint="`glm tools list` shows the tools that there are.")
        if path.suffix == PYTHON:
            from glmcli.tools.python.functions import read_functions

            return read_functions(path, cwd=self._cwd, environ=self._environ)
        from glmcli.tools.command import read_tools

        return read_tools(path, cwd=self._cwd, environ=self._environ)

    def sound(self, path: Path) -> list[Tool]:
        """The same, with a look at their grammars. Raises UsageError."""
        return self._sound(partial(self.of_file, path))

    def of_server(self, name: str) -> list[Tool]:
        """The tools of an MCP server, which is started. Raises ConfigError, UsageError without the package mcp."""
        with self._lock:
            if self._servers is None:
                from glmcli.tools.mcp import Servers

                self._servers = Servers(
                    self.servers(),
                    environ=self._environ,
                    cwd=self._cwd,
                    log=self.folder / "mcp.log",
                    warn=self._warn,
                    secrets=self._secrets,
                    ca_bundle=self._ca_bundle,
                )
            servers = self._servers
        return servers.tools(name)

    def everything(self, *, servers: bool = False) -> Iterator[Tool | Broken]:
        """All tools, those of MCP servers only where these may be started. Files and servers are read at once."""
        from glmcli.tools import builtin

        for name in builtin.NAMES:
            yield self._built_in(name, [self._cwd])
        sources: list[tuple[str, str, Reading]]
        sources = [(path.name, str(path), partial(self.of_file, path)) for path in self.files()]
        if servers:
            on = [name for name, server in self.usable_servers().items() if not server.disabled]
            sources += [(name, f"MCP server {name}", partial(self.of_server, name)) for name in on]

        def read(name: str, source: str, reading: Reading) -> Sequence[Tool | Broken]:
            try:
                return reading()
            except GlmError as error:
                return [Broken(name, source, error.message)]

        for found in concurrently([partial(read, *source) for source in sources]):
            yield from found
        yield from self.broken_servers()

    def names(self) -> list[str]:
        """What `named` knows, as far as nothing has to run for it. Raises ConfigError."""
        from glmcli.tools import builtin

        names = [*builtin.NAMES, *self.servers()]
        for path in self.files():
            names += [*names_in(path), path.stem]
        return list(dict.fromkeys(names))

    def files(self) -> list[Path]:
        """The files of the user's `tools/` folder that may hold tools."""
        folder = self.folder / FOLDER
        return sorted(
            it for it in folder.glob("[!._]*") if it.suffix in (PYTHON, JSON) and (it.is_file() or it.is_symlink())
        )

    def file_of(self, name: str) -> Path:
        """The kept file of that name, or the one that holds nothing but the tool. Raises UsageError."""
        files = self.files()
        if found := [it for it in files if it.name == name] or [it for it in files if it.stem == name]:
            if len(found) > 1:
                raise UsageError(
                    f"{name} may be {' or '.join(it.name for it in found)}", hint=f"Write it out: {found[0].name}"
                )
            return found[0]
        for path in files:
            if name in (names := names_in(path)):
                if len(names) > 1:
                    raise UsageError(
                        f"{path.name} holds other tools than {name}: {', '.join(names)}",
                        hint=f"Remove all of it with `glm tools rm {path.name}`, or edit {path}.",
                    )
                return path
        raise self._unknown(name)

    def servers(self) -> "dict[str, Server]":
        """The MCP servers by name, without those whose entry is bad. Raises ConfigError where the file cannot be
        read."""
        from glmcli.tools.mcp_config import entries, good

        return good(entries(self.folder, self._warn))

    def usable_servers(self) -> "dict[str, Server]":
        """The same, none where the file cannot be read; `broken_servers` tells what is wrong."""
        try:
            return self.servers()
        except ConfigError:
            return {}

    def readable_servers(self) -> "dict[str, Server]":
        """The same, and the user is told which do not count."""
        from glmcli.tools.mcp_config import bad, entries

        try:
            for fault in bad(entries(self.folder)).values():
                self._warn(f"{fault.message}; this MCP server does not count")
        except ConfigError as error:
            self._warn(f"{error.message}; no MCP server counts")
        return self.usable_servers()

    def broken_servers(self) -> list[Broken]:
        """The MCP servers whose entry is bad, or the file of them where it cannot be read."""
        from glmcli.tools.mcp_config import FILE, bad, entries

        path = self.folder / FILE
        try:
            found = bad(entries(self.folder))
        except ConfigError as error:
            return [Broken(FILE, str(path), error.message)]
        return [Broken(name, str(path), fault.message, fault.hint) for name, fault in found.items()]

    def close(self) -> None:
        """Ends the servers."""
        if self._servers is not None:
            self._servers.close()
            self._servers = None

    def _refuse_bad(self, *names: str) -> None:
        """Raises ConfigError, what is wrong with it, where one of the names is that of a server with a bad entry."""
        for it in self.broken_servers():
            if it.name in names:
                raise ConfigError(it.why, hint=it.hint)

    def _built_in(self, name: str, roots: Sequence[Path]) -> Tool:
        from glmcli.tools.builtin import built_in

        return built_in(
            name,
            roots=roots,
            cwd=self._cwd,
            environ=self._environ,
            now=self._now,
            config=self.folder,
            ca_bundle=self._ca_bundle,
            allow_private=self._allow_private,
        )

    def _sound(self, read: Reading) -> list[Tool]:
        """The tools, whose grammars are looked at once each. Raises UsageError."""
        tools = read()
        for tool in tools:
            if tool.kind == "custom" and tool.hash not in self._checked:
                if found := grammar_faults(tool.definition):
                    raise UsageError(
                        f"{tool.source}: {tool.name}: {found[0]}", hint="`glm tools check` looks at all that is kept."
                    )
                self._checked.add(tool.hash)
        return tools

    def _warn(self, line: str) -> None:
        """Once each."""
        with self._lock:
            if line in self._told:
                return
            self._told.add(line)
        self._tell(line)

    def _unknown(self, name: str) -> UsageError:
        from difflib import get_close_matches

        close = get_close_matches(name, self.names(), n=1)
        hint = f"Did you mean {close[0]}?" if close else "`glm tools list` shows the tools that there are."
        return UsageError(f"there is no tool {name}", hint=hint)


def _of(names: Iterator[str]) -> str:
    return f"It has {', '.join(names) or 'none'}."
