"""Which MCP servers there are: `mcp.json` in the user's configuration folder, in the form that other clients write.

    {"mcpServers": {"NAME": {"command": "...", "args": [...], "env": {...}, "cwd": "..."},
                    "NAME": {"type": "http", "url": "https://...", "headers": {...}}}}

No file of the working directory is read, since a server is a program that runs: only the user names those. Starts
nothing and imports nothing of the SDK; `glmcli.tools.mcp` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from glmcli.api import json_text
from glmcli.api.endpoint import check_header, is_loopback
from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import locked, replace_file
from glmcli.setting_keys import TOKEN_VARIABLES

FILE = "mcp.json"
KEYS = ("mcpServers", "servers")
"""What the table of servers is called: by most clients, by VS Code."""
URL_KEYS = ("url", "httpUrl", "serverUrl")
TRANSPORTS = {"stdio": "command", "http": "url", "streamablehttp": "url"}
"""What `type` or `transport` may say, without case, `-` and `_`, and the key that goes with it."""
APPROVING_KEYS = ("alwaysAllow", "autoApprove", "autoallow", "trust", "allowedTools")
LONGEST_PLACE = 120
NAME = re.compile(r"(?!.*__)[A-Za-z0-9_-]{0,31}[A-Za-z0-9-]")
"""A tool is called server__tool, so the first `__` must end the server's name."""

_OF_PROFILE = "holds a key of one of your profiles"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_REFERENCE = re.compile(r"(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Server:
    """One server, as it stands in the file: `${VAR}`, `${env:VAR}` and `${VAR:-default}` are not looked up yet.

    Either command (with args, env: variables beside the few that every child gets, cwd: "" for the working directory)
    or url (with headers) is set. disabled: stays in the file, but is not started.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    disabled: bool = False

    @property
    def place(self) -> str:
        """The command line, or the URL without a query, where keys stand: for messages and lists, so it may be cut."""
        if self.command:
            import shlex

            place = shlex.join([self.command, *self.args])
        else:
            place = self.url.partition("?")[0].partition("#")[0]
        return place if len(place) <= LONGEST_PLACE else place[: LONGEST_PLACE - 1] + "…"

    def expanded(self, environ: Mapping[str, str], *, secrets: Collection[str] = ()) -> Server:
        """The server with its variables looked up. secrets: variables that hold keys of ours, beside our tokens.

        Raises ConfigError for one that is not set or is ours alone, and for a URL or header that is not safe to use.
        """

        def look_up(match: re.Match[str]) -> str:
            reference = _REFERENCE.fullmatch(match[1])
            if reference is None:
                raise ConfigError(f"{match[0]} is not understood", hint="Write ${NAME} for a variable NAME.")
            name, default = reference.groups()
            if name in TOKEN_VARIABLES or name in secrets:
                ours = "is the token that glm itself uses" if name in TOKEN_VARIABLES else _OF_PROFILE
                raise ConfigError(
                    f"{match[0]} {ours}, which no server gets",
                    hint="Give the server a token of its own, in a variable of another name.",
                )
            value = environ.get(name)
            if not value and default is not None:
                return default
            if value is None:
                raise ConfigError(f"the variable {name} is not set", hint=f"Set it: export {name}=...")
            return value

        def text(value: str) -> str:
            return _VARIABLE.sub(look_up, value)

        server = replace(
            self,
            command=text(self.command),
            args=tuple(text(it) for it in self.args),
            env={name: text(value) for name, value in self.env.items()},
            cwd=text(self.cwd),
            url=text(self.url),
            headers={name: text(value) for name, value in self.headers.items()},
        )
        if server.url:
            _check_url(server.url)
        for name, value in server.headers.items():
            check_header(name, value)
        return server

    def to_json(self) -> dict[str, Any]:
        """As it is written into the file."""
        if self.command:
            entry: dict[str, Any] = {"command": self.command, "args": list(self.args)}
            entry |= {"env": dict(self.env)} if self.env else {}
            entry |= {"cwd": self.cwd} if self.cwd else {}
        else:
            entry = {"type": "http", "url": self.url}
            entry |= {"headers": dict(self.headers)} if self.headers else {}
        return entry | ({"disabled": True} if self.disabled else {})


Entries = dict[str, Server | ConfigError]
"""Servers by name, disabled ones included, and in the place of each bad one what is wrong with it."""


def entries(folder: Path, warn: Callable[[str], None] = lambda line: None) -> Entries:
    """The user's servers; none where there is no file. Raises ConfigError."""
    path = folder / FILE
    return read_entries(path, warn) if path.exists() else {}


def read_entries(path: Path, warn: Callable[[str], None] = lambda line: None) -> Entries:
    """The servers of a file of this form. warn: gets a line for each key that grants approvals, which is ours to do.
    Raises ConfigError for a file that cannot be read at all; it names the file and a JSON pointer, as do the faults."""
    document = _read(path)
    key = _table_key(document)
    found: Entries = {}
    for name, entry in document.get(key, {}).items():
        where = f"{path}: /{key}/{name}"
        try:
            check_name(name, where)
            found[name] = _server(entry, where)
        except ConfigError as fault:
            found[name] = fault
            continue
        if ignored := [it for it in APPROVING_KEYS if entry.get(it)]:
            warn(f"{where}: not heeded, since glm itself asks before a tool runs: {', '.join(ignored)}")
    return found


def good(found: Entries) -> dict[str, Server]:
    """Those that can be used."""
    return {name: it for name, it in found.items() if isinstance(it, Server)}


def bad(found: Entries) -> dict[str, ConfigError]:
    """What is wrong with the others."""
    return {name: it for name, it in found.items() if isinstance(it, ConfigError)}


def check_name(name: str, where: str = "") -> None:
    """Raises ConfigError for what cannot be the name of a server."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            (f"{where}: " if where else "") + f"{name!r} cannot be the name of a server",
            hint="Use up to 32 letters, digits, - and _, but no __ and no _ at the end.",
        )


def add_server(folder: Path, name: str, server: Server) -> None:
    """Writes a server into the user's file and keeps the rest of it. Raises UsageError where the name is taken,
    ConfigError where the file cannot be read or written."""
    check_name(name)
    _server(server.to_json(), name)
    path = folder / FILE
    with locked(folder):
        document = _read(path) if path.exists() else {}
        table = document.setdefault(_table_key(document), {})
        if name in table:
            raise UsageError(
                f"there is a server {name!r} in {path} already", hint=f"Remove it first: glm tools rm {name}"
            )
        table[name] = server.to_json()
        _write(path, document)


def remove_server(folder: Path, name: str) -> None:
    """Takes a server out of the user's file. Raises UsageError where there is none of this name, ConfigError where the
    file cannot be read or written."""
    path = folder / FILE
    with locked(folder):
        document = _read(path) if path.exists() else {}
        table = document.get(_table_key(document), {})
        if name not in table:
            raise UsageError(f"there is no server {name!r} in {path}", hint="`glm tools list` lists them.")
        del table[name]
        _write(path, document)


def _read(path: Path) -> dict[str, Any]:
    """The file's document, whose table of servers is an object if it is there."""
    try:
        document = json_text.parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="Check the path."
        ) from None
    except UsageError as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: / is no object", hint='It has the form {"mcpServers": {NAME: {"command": ...}}}.')
    key = _table_key(document)
    if not isinstance(document.get(key, {}), dict):
        raise ConfigError(f"{path}: /{key} is no object", hint="It holds the servers by name.")
    return document


def _table_key(document: dict[str, Any]) -> str:
    return next((it for it in KEYS if it in document), KEYS[0])


def _write(path: Path, document: dict[str, Any]) -> None:
    replace_file(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _server(entry: Any, where: str) -> Server:
    """The server of an entry. Raises ConfigError with the pointer of what is wrong."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} is no object", hint='It has a "command" or a "url".')
    url_key = next((it for it in URL_KEYS if it in entry), "url")
    if ("command" in entry) == (url_key in entry):
        count = "both a command and a url" if "command" in entry else "neither a command nor a url"
        raise ConfigError(f"{where} has {count}", hint="A server is started by a command or reached by a url.")
    kind = "command" if "command" in entry else "url"
    _check_transport(entry, kind, where)
    for key in ("disabled", "enabled"):
        if not isinstance(entry.get(key, False), bool):
            raise ConfigError(f"{where}/{key} is neither true nor false")
    server = Server(
        command=_text(entry, "command", where) if kind == "command" else "",
        args=_texts(entry, "args", where),
        env=_text_table(entry, "env", where),
        cwd=_text(entry, "cwd", where, required=False),
        url=_text(entry, url_key, where) if kind == "url" else "",
        headers=_text_table(entry, "headers", where),
        disabled=entry.get("disabled", False) or not entry.get("enabled", True),
    )
    try:
        if server.url and not _VARIABLE.search(server.url):
            _check_url(server.url)
        for name, value in server.headers.items():
            check_header(name, value)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None
    return server


def _check_transport(entry: dict[str, Any], kind: str, where: str) -> None:
    for key in ("type", "transport"):
        said = entry.get(key)
        if said is None:
            continue
        plain = re.sub("[-_]", "", said).lower() if isinstance(said, str) else ""
        if plain == "sse":
            raise ConfigError(
                f'{where}/{key}: the transport "sse" is not spoken; MCP has replaced it by streamable HTTP',
                hint='Give the server\'s address for "type": "http" (often it ends with /mcp).',
            )
        if plain not in TRANSPORTS:
            raise ConfigError(f"{where}/{key}: {json.dumps(said)} is not stdio, http or streamable-http")
        if TRANSPORTS[plain] != kind:
            raise ConfigError(f"{where}/{key}: {json.dumps(said)} goes with a {TRANSPORTS[plain]}, not a {kind}")


def _check_url(url: str) -> None:
    """Raises ConfigError unless headers and arguments travel by https, or stay on this machine."""
    try:
        parts = urlsplit(url)
        good = parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.scheme not in ("http", "https") or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError("the URL is not the address of a server", hint="For example: https://example.com/mcp")
    if "@" in parts.netloc:
        raise ConfigError("the URL holds a user name or password", hint="Send it in a header: headers.Authorization")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(
            "the URL is plain http, over which others can read and change what is sent",
            hint="Use https; plain http is for servers on this machine only (localhost, 127.0.0.1, [::1]).",
        )


def _text(entry: dict[str, Any], key: str, where: str, *, required: bool = True) -> str:
    value = entry.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where}/{key} is no text" if value != "" else f"{where}/{key} is empty")
    return _no_nul(value, f"{where}/{key}")


def _texts(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key) or []
    if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
        raise ConfigError(f"{where}/{key} is no list of texts")
    return tuple(_no_nul(it, f"{where}/{key}/{index}") for index, it in enumerate(value))


def _text_table(entry: dict[str, Any], key: str, where: str) -> dict[str, str]:
    value = entry.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(it, str) for it in value.values()):
        raise ConfigError(f"{where}/{key} is no object of texts")
    return {_no_nul(name, f"{where}/{key}"): _no_nul(it, f"{where}/{key}/{name}") for name, it in value.items()}


def _no_nul(value: str, where: str) -> str:
    if "\0" in value or (where.endswith("/env") and (not value or "=" in value)):
        raise ConfigError(f"{where} holds what no command line and no variable can")
    return value
