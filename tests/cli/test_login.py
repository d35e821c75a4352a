from __future__ import annotations

import json
import os
import pty
import select
import termios
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from glmcli import demo
from glmcli.cli import main
from glmcli.cli.login import directory_url
from glmcli.demo import DemoServer
from glmcli.demo.framing import whole
from glmcli.demo.server import LoopbackServer, in_turn
from glmcli.settings import load
from glmcli.world import World
from tests.support.cli import Glm

TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
ACCOUNT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def api() -> Iterator[DemoServer]:
    with demo.start() as server:
        yield server


def stored(glm: Glm) -> str:
    path = glm.folder / "credentials.toml"
    return path.read_text() if path.exists() else ""


def answering(*answers: tuple[int, str]) -> LoopbackServer:
    headers = {"content-type": "application/json"}
    return LoopbackServer(in_turn(*([whole(status, headers, body.encode())] for status, body in answers)))


def accounts(api: DemoServer, token: str) -> list[dict[str, Any]]:
    request = Request(f"{api.base}/accounts", headers={"Authorization": f"Bearer {token}"})
    with build_opener(ProxyHandler({})).open(request) as answer:
        return list(json.load(answer)["result"])


def test_a_token_from_stdin_is_tried_and_stored_with_the_only_account(glm: Glm, api: DemoServer) -> None:
    only = accounts(api, TOKEN)[0]
    result = glm("config", "login", "--token-stdin", stdin=f"{TOKEN}\n".encode(), env={"GLM_BASE_URL": api.base})
    assert result.answer == (
        "",
        f"Profile default at {api.url} (from GLM_BASE_URL)\n"
        f"The token is active. Account: {only['id']} ({only['name']})\n"
        f"The token is stored in {glm.folder / 'credentials.toml'}; it goes to {api.url} only.\n",
        0,
    )
    assert stored(glm).endswith(f'[default]\ntoken = "{TOKEN}"\naccount_id = "{only["id"]}"\norigin = "{api.url}"\n')
    assert (glm.folder / "credentials.toml").stat().st_mode & 0o777 == 0o600


def test_the_stored_token_goes_to_no_other_address(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base}
    assert glm("config", "login", "--token-stdin", stdin=TOKEN.encode(), env=env).status == 0
    with demo.start() as other:
        result = glm("run", "--no-stdin", "hi", env={"GLM_BASE_URL": other.base})
        assert (result.stdout, result.status, other.requests) == ("", 3, [])
    assert TOKEN not in result.stderr


def test_several_accounts_are_listed_where_nobody_can_be_asked(glm: Glm, api: DemoServer) -> None:
    result = glm("config", "login", "--token-stdin", stdin=b"many-token", env={"GLM_BASE_URL": api.base})
    assert result.status == 2
    for number, account in enumerate(accounts(api, "many-token"), 1):
        assert f"{number}  {account['id']}  {account['name']}\n" in result.stderr
    assert stored(glm) == ""


def test_several_accounts_are_chosen_from_by_number(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base}
    typed = b"many-token\n9\nx\n2\n"
    result = glm("config", "login", stdin=typed, env=env, stdin_tty=True)
    assert result.status == 0
    assert result.stderr.count("Account (1 to 3): ") == 3
    assert f'account_id = "{accounts(api, "many-token")[1]["id"]}"' in stored(glm)
    assert glm("config", "login", stdin=b"many-token\n0\n-1\n\n", env=env, stdin_tty=True).status == 2


def test_a_named_account_is_taken_and_doubted_where_the_token_does_not_list_it(glm: Glm, api: DemoServer) -> None:
    argv = ["config", "login", "--token-stdin", "--account", ACCOUNT]
    result = glm(*argv, stdin=TOKEN.encode(), env={"GLM_BASE_URL": api.base, "CF_API_TOKEN": "other"})
    assert result.status == 0
    assert "The token does not list this account among its own.\n" in result.stderr
    assert "CF_API_TOKEN is set and comes before it.\n" in result.stderr
    assert f'account_id = "{ACCOUNT}"' in stored(glm)


def test_a_token_without_accounts_needs_the_id(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base}
    result = glm("config", "login", "--token-stdin", stdin=b"none-token", env=env)
    assert (result.status, "--account ID" in result.stderr) == (2, True)
    assert glm("config", "login", stdin=b"none-token\n\n", env=env, stdin_tty=True).status == 2
    assert stored(glm) == ""
    assert glm("config", "login", stdin=f"none-token\n{ACCOUNT}\n".encode(), env=env, stdin_tty=True).status == 0
    assert f'account_id = "{ACCOUNT}"' in stored(glm)


def test_a_token_of_an_account_is_known_to_that_account_alone(glm: Glm, api: DemoServer) -> None:
    result = glm("config", "login", "--token-stdin", stdin=b"cfat_token", env={"GLM_BASE_URL": api.base})
    assert result.status == 0
    assert 'token = "cfat_token"' in stored(glm)


@pytest.mark.parametrize(("argv", "hint"), [((), True), (("--account", ACCOUNT), False)])
def test_a_refused_token_is_not_stored(glm: Glm, api: DemoServer, argv: tuple[str, ...], hint: bool) -> None:
    result = glm("config", "login", "--token-stdin", *argv, stdin=b"bad-token", env={"GLM_BASE_URL": api.base})
    assert (result.status, stored(glm)) == (3, "")
    assert ("name it: --account ID" in result.stderr) is hint
    assert "bad-token" not in result.stderr


def test_a_token_that_is_not_active_is_not_stored(glm: Glm) -> None:
    with answering((200, '{"success": true, "result": {"id": "i", "status": "expired"}}')) as server:
        result = glm("config", "login", "--token-stdin", stdin=TOKEN.encode(), env={"GLM_BASE_URL": server.url})
    assert result.status == 3
    assert "the token is expired\n" in result.stderr
    assert stored(glm) == ""


def test_a_server_that_fails_leaves_the_old_token(glm: Glm, api: DemoServer) -> None:
    assert glm("config", "login", "--token-stdin", stdin=TOKEN.encode(), env={"GLM_BASE_URL": api.base}).status == 0
    before = stored(glm)
    with answering((500, "{}")) as server:
        result = glm("config", "login", "--token-stdin", stdin=b"newer", env={"GLM_BASE_URL": server.url})
    assert (result.status, stored(glm)) == (7, before)


@pytest.mark.parametrize(
    ("stdin", "status", "message"),
    [
        (b"", 3, "the API token is empty"),
        (b"two words", 3, "the API token holds a blank"),
        (b"\xff\xfe", 3, "the API token holds a blank"),
    ],
)
def test_what_is_no_token_is_refused_before_anything_is_sent(
    glm: Glm, api: DemoServer, stdin: bytes, status: int, message: str
) -> None:
    result = glm("config", "login", "--token-stdin", stdin=stdin, env={"GLM_BASE_URL": api.base})
    assert (result.status, api.requests, message in result.stderr) == (status, [], True)


def test_without_a_terminal_the_token_must_be_piped_in(glm: Glm) -> None:
    result = glm("config", "login", stdin=TOKEN.encode())
    assert (result.status, "--token-stdin" in result.stderr) == (2, True)
    assert glm("config", "login", "--token-stdin", stdin=None).status == 3


@pytest.mark.parametrize(("argv", "tty", "status"), [(["--token-stdin"], False, 2), ([], True, 3)])
def test_a_closed_stdin_holds_no_token(glm: Glm, argv: list[str], tty: bool, status: int) -> None:
    world = World(None, BytesIO(), BytesIO(), stdin_tty=tty, environ=glm.environ)
    assert main(["config", "login", *argv], world) == status


def test_embedded_profiles_take_no_token(glm: Glm) -> None:
    result = glm("config", "login", "--profile", "demo", "--token-stdin", stdin=TOKEN.encode())
    assert (result.status, result.stderr.splitlines()[0]) == (2, "profile demo takes no token")


def configure(glm: Glm, text: str) -> None:
    glm.folder.mkdir(exist_ok=True)
    (glm.folder / "config.toml").write_text(text)


def test_an_openai_profile_tries_its_key_on_the_list_of_models(glm: Glm) -> None:
    with answering((200, '{"object": "list", "data": [{"id": "m"}]}')) as server:
        configure(glm, f'[profiles.z]\nendpoint = "openai"\nbase_url = "{server.url}/v1"\napi_key_env = "Z"')
        result = glm("config", "login", "--profile", "z", "--token-stdin", stdin=TOKEN.encode(), env={"Z": "x"})
        assert [(it.method, it.target) for it in server.requests] == [("GET", "/v1/models")]
    assert result.answer[::2] == ("", 0)
    assert result.stderr.endswith("only.\nZ is set and comes before it.\n")
    assert stored(glm).endswith(f'[z]\ntoken = "{TOKEN}"\norigin = "{server.url}"\n')


def test_an_openai_server_that_lists_no_models_gets_the_token_untried(glm: Glm) -> None:
    with answering((404, "{}")) as server:
        configure(glm, f'[profiles.z]\nendpoint = "openai"\nbase_url = "{server.url}/v1"')
        result = glm("config", "login", "--profile", "z", "--token-stdin", stdin=TOKEN.encode())
    assert result.status == 0
    assert "so the token could not be tried" in result.stderr


def test_an_openai_server_that_refuses_the_key_stores_nothing(glm: Glm) -> None:
    with answering((401, "{}")) as server:
        configure(glm, f'[profiles.z]\nendpoint = "openai"\nbase_url = "{server.url}/v1"')
        assert glm("config", "login", "--profile", "z", "--token-stdin", stdin=TOKEN.encode()).status == 3
    configure(glm, '[profiles.z]\nendpoint = "openai"')
    result = glm("config", "login", "--profile", "z", "--token-stdin", stdin=TOKEN.encode())
    assert (result.status, result.stderr.splitlines()[0], stored(glm)) == (3, "profile z has no base_url", "")


def test_a_gateway_of_ones_own_cannot_try_a_token(glm: Glm, api: DemoServer) -> None:
    configure(glm, '[profiles.gw]\nendpoint = "ai-gateway"\ngateway = "g"')
    argv = ["config", "login", "--profile", "gw", "--token-stdin", "--account", ACCOUNT]
    result = glm(*argv, stdin=TOKEN.encode(), env={"GLM_BASE_URL": api.base})
    assert (result.status, api.requests) == (0, [])
    assert "so the token could not be tried" in result.stderr


def test_questions_about_a_gateways_token_go_to_the_api_of_cloudflare(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.gw]\nendpoint = "ai-gateway"\n')
    profile = load(tmp_path, {}, profile="gw").profile
    assert directory_url(profile) == "https://api.cloudflare.com/client/v4"


class AnsweringTerminal(BytesIO):
    """A standard error whose reader types the token when asked: echo goes off just before the question."""

    def __init__(self, keyboard: int) -> None:
        super().__init__()
        self.keyboard = keyboard

    def write(self, data: Any) -> int:
        if b"API token" in data:
            os.write(self.keyboard, f"{TOKEN}\n".encode())
        return super().write(data)


def test_what_is_typed_on_a_terminal_does_not_appear_there(glm: Glm, api: DemoServer) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as stdin:
        before = termios.tcgetattr(terminal)
        world = World(
            stdin,
            BytesIO(),
            AnsweringTerminal(keyboard),
            stdin_tty=True,
            environ={**glm.environ, "GLM_BASE_URL": api.base},
        )
        assert main(["config", "login"], world) == 0
        assert termios.tcgetattr(terminal) == before
        assert select.select([keyboard], [], [], 0)[0] == [], "nothing was echoed"
    os.close(keyboard)
    assert f'token = "{TOKEN}"' in stored(glm)


def test_logging_out_forgets_one_token_even_with_a_broken_configuration(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base}
    assert glm("config", "login", "--token-stdin", stdin=TOKEN.encode(), env=env).status == 0
    configure(glm, "nonsense = 1")
    assert glm("config", "logout", "--profile", "gone").stderr == "No token was stored for profile gone.\n"
    assert TOKEN in stored(glm)
    assert glm("config", "logout").stderr == (
        "The token of profile default is forgotten. It stays valid until you revoke it.\n"
    )
    assert TOKEN not in stored(glm)
