"""mcp.json: what other clients write is read, and what is wrong with it is said with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError, UsageError
from glmcli.tools.mcp_config import Server, add_server, bad, entries, good, read_entries, remove_server

HUB = Server(command="npx", args=("-y", "hub"), env={"HUB_TOKEN": "${HUB_TOKEN}"}, cwd="/srv")
WEB = Server(url="https://example.com/mcp", headers={"Authorization": "Bearer ${env:WEB_TOKEN}"})


def written(folder: Path, document: Any) -> Path:
    path = folder / "mcp.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def servers(folder: Path, warn: Callable[[str], None] = lambda line: None) -> dict[str, Server]:
    """The servers of a folder, none of them bad."""
    found = entries(folder, warn)
    assert bad(found) == {}
    return good(found)


def fault(folder: Path, document: Any) -> str:
    """What is wrong with a file of this content, without the file's name."""
    path = written(folder, document)
    try:
        [found] = bad(read_entries(path)).values()
    except ConfigError as error:
        found = error
    assert found.message.startswith(f"{path}")
    return found.message.removeprefix(f"{path}").removeprefix(": ")


def entry_fault(folder: Path, **entry: Any) -> str:
    return fault(folder, {"mcpServers": {"it": entry}}).removeprefix("/mcpServers/it")


def test_there_are_no_servers_without_a_file(tmp_path: Path) -> None:
    assert servers(tmp_path) == {}
    assert read_entries(written(tmp_path, {})) == {}


def test_servers_are_read_as_other_clients_write_them(tmp_path: Path) -> None:
    entries = {
        "hub": {"command": "npx", "args": ["-y", "hub"], "env": {"HUB_TOKEN": "${HUB_TOKEN}"}, "cwd": "/srv"},
        "web": {"type": "streamable-http", "url": WEB.url, "headers": dict(WEB.headers), "timeout": 30},
        "gemini": {"httpUrl": "https://example.com/g"},
        "cline": {"transport": "streamableHttp", "url": "http://localhost:1/c"},
        "local": {"type": "stdio", "command": "server", "args": None, "disabled": True},
        "codex": {"command": "server", "enabled": False},
    }
    expected = {
        "hub": HUB,
        "web": WEB,
        "gemini": Server(url="https://example.com/g"),
        "cline": Server(url="http://localhost:1/c"),
        "local": Server(command="server", disabled=True),
        "codex": Server(command="server", disabled=True),
    }
    for key in ("mcpServers", "servers"):
        written(tmp_path, {"inputs": [], key: entries})
        assert servers(tmp_path) == expected


def test_approvals_of_other_clients_are_ignored_with_a_warning(tmp_path: Path) -> None:
    entry = {"command": "server", "alwaysAllow": ["delete"], "autoApprove": [], "trust": True}
    path = written(tmp_path, {"mcpServers": {"it": entry}})
    warnings: list[str] = []
    assert servers(tmp_path, warnings.append) == {"it": Server(command="server")}
    assert warnings == [
        f"{path}: /mcpServers/it: not heeded, since glm itself asks before a tool runs: alwaysAllow, trust"
    ]


def test_variables_are_looked_up_when_a_server_is_used() -> None:
    server = Server(
        command="${HOME}/bin/server",
        args=("--level=${LEVEL:-low}", "${EMPTY:-full}", "${EMPTY}", "$HOME"),
        env={"KEY": "${env:KEY}${env:MORE:-}"},
        cwd="${HOME}",
    )
    assert server.expanded({"HOME": "/home/me", "KEY": "k", "EMPTY": ""}) == Server(
        command="/home/me/bin/server",
        args=("--level=low", "full", "", "$HOME"),
        env={"KEY": "k"},
        cwd="/home/me",
    )
    assert WEB.expanded({"WEB_TOKEN": "t"}).headers == {"Authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("${GONE}", "the variable GONE is not set"),
        ("${input:key}", "${input:key} is not understood"),
        ("${CLOUDFLARE_API_TOKEN}", "${CLOUDFLARE_API_TOKEN} is the token that glm itself uses, which no server gets"),
        ("${env:OURS:-x}", "${env:OURS:-x} holds a key of one of your profiles, which no server gets"),
    ],
)
def test_a_variable_that_is_not_set_or_ours_alone_is_an_error(value: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Server(command="server", env={"KEY": value}).expanded(
            {"CLOUDFLARE_API_TOKEN": "t", "OURS": "t"}, secrets=["OURS"]
        )
    assert raised.value.message == message


def test_an_address_made_of_variables_is_checked_when_they_are_known(tmp_path: Path) -> None:
    written(tmp_path, {"mcpServers": {"it": {"url": "${SCHEME}://example.com"}}})
    server = servers(tmp_path)["it"]
    assert server.expanded({"SCHEME": "https"}).url == "https://example.com"
    with pytest.raises(ConfigError) as raised:
        server.expanded({"SCHEME": "http"})
    assert raised.value.message == "the URL is plain http, over which others can read and change what is sent"
    with pytest.raises(ConfigError):
        Server(url="https://example.com", headers={"A": "${A}"}).expanded({"A": "a\nb: c"})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("[]", "/ is no object"),
        ("{", "not JSON: line 1, column 2: expecting property name enclosed in double quotes"),
        ('{"mcpServers": []}', "/mcpServers is no object"),
        ('{"mcpServers": {"it": []}}', "/mcpServers/it is no object"),
        ('{"mcpServers": {"my server": {}}}', "/mcpServers/my server: 'my server' cannot be the name of a server"),
        ('{"mcpServers": {"a__b": {}}}', "/mcpServers/a__b: 'a__b' cannot be the name of a server"),
        ('{"servers": {"a_": {}}}', "/servers/a_: 'a_' cannot be the name of a server"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(document: str, message: str, tmp_path: Path) -> None:
    assert fault(tmp_path, document) == message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, " has neither a command nor a url"),
        ({"command": "a", "url": "https://b"}, " has both a command and a url"),
        ({"command": ["a"]}, "/command is no text"),
        ({"command": ""}, "/command is empty"),
        ({"command": "a\0"}, "/command holds what no command line and no variable can"),
        ({"command": "a", "args": "b"}, "/args is no list of texts"),
        ({"command": "a", "args": ["b", "\0"]}, "/args/1 holds what no command line and no variable can"),
        ({"command": "a", "env": {"B": 1}}, "/env is no object of texts"),
        ({"command": "a", "env": {"B=": "1"}}, "/env holds what no command line and no variable can"),
        ({"command": "a", "disabled": "no"}, "/disabled is neither true nor false"),
        ({"command": "a", "type": "http"}, '/type: "http" goes with a url, not a command'),
        ({"url": "https://b", "transport": "pipe"}, '/transport: "pipe" is not stdio, http or streamable-http'),
        (
            {"url": "https://b/sse", "type": "sse"},
            '/type: the transport "sse" is not spoken; MCP has replaced it by streamable HTTP',
        ),
        ({"url": "http://example.com"}, ": the URL is plain http, over which others can read and change what is sent"),
        ({"url": "https://me:pw@example.com"}, ": the URL holds a user name or password"),
        ({"url": "example.com"}, ": the URL is not the address of a server"),
        ({"url": "https://[x"}, ": the URL is not the address of a server"),
        (
            {"url": "https://b", "headers": {"A": "é"}},
            ": the value of the header 'A' holds a character that no header may have",
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_with_its_place(
    entry: dict[str, Any], message: str, tmp_path: Path
) -> None:
    assert entry_fault(tmp_path, **entry) == message


def test_a_bad_entry_keeps_nobody_from_the_good_ones(tmp_path: Path) -> None:
    table = {"old": {"type": "sse", "url": "https://a/sse"}, "my hub": {"command": "x"}, "hub": {"command": "y"}}
    found = read_entries(written(tmp_path, {"mcpServers": table}))
    assert (list(found), good(found)) == (["old", "my hub", "hub"], {"hub": Server(command="y")})
    assert {name: (it.message.removeprefix(f"{tmp_path}/mcp.json: "), it.hint) for name, it in bad(found).items()} == {
        "old": (
            '/mcpServers/old/type: the transport "sse" is not spoken; MCP has replaced it by streamable HTTP',
            'Give the server\'s address for "type": "http" (often it ends with /mcp).',
        ),
        "my hub": (
            "/mcpServers/my hub: 'my hub' cannot be the name of a server",
            "Use up to 32 letters, digits, - and _, but no __ and no _ at the end.",
        ),
    }


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read_entries(tmp_path)
    assert raised.value.message == f"{tmp_path} cannot be read: is a directory"


def test_a_place_shows_neither_a_query_nor_a_long_command() -> None:
    assert Server(url="https://example.com/mcp?key=secret#part").place == "https://example.com/mcp"
    assert Server(command="a b", args=("c",)).place == "'a b' c"
    assert Server(command="a" * 200).place == "a" * 119 + "…"
    assert "secret" not in repr(Server(url="https://a?secret", env={"A": "secret"}, headers={"B": "secret"}))


def test_servers_are_added_to_a_private_file_and_taken_out_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "glmcli"
    add_server(folder, "web", WEB)
    add_server(folder, "hub", HUB)
    add_server(folder, "off", Server(command="x", disabled=True))
    path = folder / "mcp.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == (
        '{\n  "mcpServers": {\n    "web": {\n      "type": "http",\n      "url": "https://example.com/mcp",\n'
        '      "headers": {\n        "Authorization": "Bearer ${env:WEB_TOKEN}"\n      }\n    },\n'
        '    "hub": {\n      "command": "npx",\n      "args": [\n        "-y",\n        "hub"\n      ],\n'
        '      "env": {\n        "HUB_TOKEN": "${HUB_TOKEN}"\n      },\n      "cwd": "/srv"\n    },\n'
        '    "off": {\n      "command": "x",\n      "args": [],\n      "disabled": true\n    }\n  }\n}\n'
    )
    assert servers(folder) == {"web": WEB, "hub": HUB, "off": Server(command="x", disabled=True)}
    remove_server(folder, "hub")
    assert list(servers(folder)) == ["web", "off"]


def test_the_rest_of_a_file_stays_as_it_is_and_so_does_a_link_to_it(tmp_path: Path) -> None:
    document = {"inputs": [1], "servers": {"a": {"command": "a", "x": "ü"}}, "z": None}
    (tmp_path / "real").mkdir()
    (tmp_path / "mcp.json").symlink_to(written(tmp_path / "real", document))
    add_server(tmp_path, "b", Server(command="b"))
    remove_server(tmp_path, "b")
    assert (tmp_path / "mcp.json").is_symlink()
    assert list(json.loads((tmp_path / "real" / "mcp.json").read_text()).items()) == list(document.items())


def test_a_name_that_is_taken_or_unknown_changes_nothing(tmp_path: Path) -> None:
    add_server(tmp_path, "web", WEB)
    before = (tmp_path / "mcp.json").read_bytes()
    with pytest.raises(UsageError) as taken:
        add_server(tmp_path, "web", HUB)
    with pytest.raises(UsageError) as unknown:
        remove_server(tmp_path, "hub")
    with pytest.raises(ConfigError):
        add_server(tmp_path, "a b", HUB)
    with pytest.raises(ConfigError):
        add_server(tmp_path, "bad", Server(url="http://example.com"))
    assert taken.value.message == f"there is a server 'web' in {tmp_path / 'mcp.json'} already"
    assert unknown.value.message == f"there is no server 'hub' in {tmp_path / 'mcp.json'}"
    assert (tmp_path / "mcp.json").read_bytes() == before
