from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from glmcli import demo
from glmcli.demo import DemoServer
from glmcli.demo.framing import whole
from glmcli.demo.server import Action, LoopbackServer, Request
from tests.support.cli import Glm

TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
ACCOUNT = f"de30{1:028x}"  # the one account of the demo endpoint


@pytest.fixture
def api() -> Iterator[DemoServer]:
    with demo.start() as server:
        yield server


@pytest.fixture(autouse=True)
def _without_a_local_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may or may not have it."""

    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)


def doctor(glm: Glm, *argv: str, env: dict[str, str] | None = None, **how: Any) -> tuple[dict[str, list[str]], int]:
    """The findings by what they are about, each as `verdict: text | cure`, and the exit status."""
    result = glm("config", "doctor", "--json", *argv, env=env, **how)
    assert result.stderr == ""
    assert TOKEN not in result.stdout
    found: dict[str, list[str]] = {}
    for it in json.loads(result.stdout):
        cure = f" | {it['cure']}" if it["cure"] else ""
        found.setdefault(it["about"], []).append(f"{it['verdict']}: {it['text']}{cure}")
    return found, result.status


def configure(glm: Glm, text: str) -> Path:
    glm.folder.mkdir(mode=0o700, exist_ok=True)
    (glm.folder / "config.toml").write_text(text)
    return glm.folder / "config.toml"


def serving(answers: dict[str, tuple[int, str]], **headers: str) -> LoopbackServer:
    """Answers each path with its status and body, and everything else with 404."""

    def respond(request: Request) -> Iterator[bytes | Action]:
        status, body = answers.get(request.target.partition("?")[0], (404, "{}"))
        yield whole(status, {"content-type": "application/json", **headers}, body.encode())

    return LoopbackServer(respond)


def verified(**result: str) -> tuple[int, str]:
    return 200, json.dumps({"success": True, "result": {"id": "i", "status": "active", **result}})


def test_all_is_well_with_a_token_an_account_and_an_endpoint(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    result = glm("config", "doctor", env=env)
    folder = glm.folder
    assert result.answer == (
        "ok    config    there is no config.toml; defaults hold\n"
        "ok    profile   default (default), endpoint workers-ai\n"
        f"ok    folder    {folder} does not exist yet\n"
        "ok    tls       the certificates of the system\n"
        "ok    proxy     none\n"
        f"ok    endpoint  {api.base} answers\n"
        "ok    token     CLOUDFLARE_API_TOKEN (…2345), active, owned by a user\n"
        f"ok    account   {ACCOUNT} (Demo account 1)\n"
        "ok    terminal  stdout is a file or a pipe\n"
        "ok    local     the local engine is not installed (optional)\n",
        "",
        0,
    )
    assert all("authorization" not in it.headers for it in api.requests[:1]), "the way is tried without the token"


def test_every_fault_of_the_configuration_is_named_and_the_rest_is_looked_at(glm: Glm, api: DemoServer) -> None:
    configure(glm, "temprature = 1\nlog = 3\n")
    found, status = doctor(glm, env={"GLM_BASE_URL": api.base, "CLOUDFLARE_API_TOKEN": TOKEN})
    assert status == 3
    assert found["config"] == [
        'fail: config.toml line 1: unknown key "temprature"; did you mean "temperature" under [defaults]?'
        " | glm config edit",
        "fail: config.toml line 2: log must be true or false, not 3 | glm config edit",
    ]
    assert found["token"] == ["ok: CLOUDFLARE_API_TOKEN (…2345), active, owned by a user"]
    assert found["account"][0].startswith("fail: no account id for Cloudflare | Set CLOUDFLARE_ACCOUNT_ID")


def test_modes_that_let_others_in_are_warned_about(glm: Glm) -> None:
    config = configure(glm, "log = true")
    config.chmod(0o644)  # holds nothing secret
    (glm.folder / "history").touch(mode=0o644)
    (glm.folder / "history").chmod(0o644)
    (glm.folder / "models").mkdir()
    glm.folder.chmod(0o755)
    found, status = doctor(glm, "--profile", "demo")
    assert status == 0
    assert found["config"] == [f"ok: {config}"]
    assert found["folder"] == [f"warn: {glm.folder}: mode 755 lets other users in | chmod 700 {glm.folder}"]
    history = glm.folder / "history"
    assert found["file"] == [f"warn: {history}: mode 644 lets other users in | chmod 600 {history}"]
    assert found["token"] == ["ok: none is needed"]
    glm.folder.chmod(0o700)
    assert doctor(glm, "--profile", "demo")[0]["folder"] == [f"ok: {glm.folder}"]


def test_a_folder_that_is_none_cannot_be_used(glm: Glm) -> None:
    glm.folder.write_text("")
    found, status = doctor(glm, "--profile", "demo")
    assert (found["folder"], status) == (
        [f"fail: {glm.folder} cannot be used | Check its owner and mode, or set GLM_CONFIG_DIR."],
        3,
    )


def test_without_a_token_it_says_how_to_log_in(glm: Glm, api: DemoServer) -> None:
    found, status = doctor(glm, env={"GLM_BASE_URL": api.base, "CLOUDFLARE_ACCOUNT_ID": "short"})
    assert (found["token"], status) == (["fail: none | glm config login"], 3)
    assert found["account"] == ["warn: short does not look like an account id | It has 32 hex digits."]


@pytest.mark.parametrize(
    ("token", "finding"),
    [
        ("bad-token-of-some-length", "fail: CLOUDFLARE_API_TOKEN (…ngth): Authentication error"),
        ("cfat_token-of-some-length", "ok: CLOUDFLARE_API_TOKEN (…ngth), active, owned by an account"),
        ("two words", "fail: CLOUDFLARE_API_TOKEN: the API token holds a blank"),
    ],
)
def test_a_token_is_judged_by_the_server(glm: Glm, api: DemoServer, token: str, finding: str) -> None:
    env = {"GLM_BASE_URL": api.base, "CLOUDFLARE_API_TOKEN": token, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    found, _ = doctor(glm, env=env)
    if token.startswith("bad"):
        assert found["token"][0].startswith("fail: CLOUDFLARE_API_TOKEN (…ngth): ")
        assert found["token"][0].endswith(" | glm config login")
    else:
        assert found["token"][0].startswith(finding)


def test_an_account_that_the_token_does_not_open_is_a_failure(glm: Glm, api: DemoServer) -> None:
    env = {"GLM_BASE_URL": api.base, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": "f" * 32}
    found, status = doctor(glm, env=env)
    assert status == 3
    assert found["account"] == [
        f"fail: the token does not open {'f' * 32} | It opens: {ACCOUNT} (Demo account 1)",
    ]
    found, status = doctor(glm, env={**env, "CLOUDFLARE_API_TOKEN": "none-token"})
    assert status == 0
    assert found["account"][0].endswith("this token may not list accounts, so it could not be looked up")


@pytest.mark.parametrize(
    ("result", "finding"),
    [
        ({"status": "expired"}, "fail: {}, expired, owned by a user | Make a new one, then: glm config login"),
        ({"expires_on": "2030-01-09T00:00:00Z"}, "ok: {}, active, owned by a user, until 2030-01-09T00:00:00Z"),
        (
            {"expires_on": "2030-01-02T00:00:00Z"},
            "warn: {}, active, owned by a user, until 2030-01-02T00:00:00Z"
            " | Make a new one in time, then: glm config login",
        ),
        ({"expires_on": "some day"}, "ok: {}, active, owned by a user, until some day"),
    ],
)
def test_the_end_of_a_token_is_told_in_time(glm: Glm, result: dict[str, str], finding: str) -> None:
    now = 1893456000.0  # 2030-01-01
    with serving({"/user/tokens/verify": verified(**result)}) as server:
        env = {"GLM_BASE_URL": server.url, "CLOUDFLARE_API_TOKEN": TOKEN}
        found, _ = doctor(glm, env=env, now=lambda: now)
    assert found["token"] == [finding.format("CLOUDFLARE_API_TOKEN (…2345)")]


def test_a_server_that_cannot_judge_the_token_is_a_failure(glm: Glm) -> None:
    with serving({"/user/tokens/verify": (500, "{}")}) as server:
        found, status = doctor(glm, env={"GLM_BASE_URL": server.url, "CLOUDFLARE_API_TOKEN": TOKEN})
    assert (len(found["token"]), found["token"][0][:5], status) == (1, "fail:", 3)


@pytest.mark.parametrize(
    ("offset", "finding"),
    [
        (0.0, "ok: agrees with the server"),
        (3600.0, "warn: 60 minutes behind the server | Set the clock."),
        (-3600.0, "warn: 60 minutes ahead of the server | Set the clock."),
    ],
)
def test_the_clock_is_compared_with_that_of_the_server(glm: Glm, offset: float, finding: str) -> None:
    now = time.time()
    with serving({}, date=formatdate(now + offset, usegmt=True)) as server:
        found, _ = doctor(glm, env={"GLM_BASE_URL": server.url}, now=lambda: now)
    assert found["clock"] == [finding]


def test_an_endpoint_that_redirects_is_warned_about(glm: Glm) -> None:
    with serving({"/": (302, "")}, location="https://elsewhere.example/") as server:
        found, _ = doctor(glm, env={"GLM_BASE_URL": server.url})
    assert found["endpoint"] == [f"warn: {server.url} redirects elsewhere (HTTP 302) | Check the base URL."]


def test_an_endpoint_that_is_not_there_is_a_failure_and_hides_nothing_else(glm: Glm) -> None:
    with serving({}) as server:
        url = server.url
    found, status = doctor(glm, env={"GLM_BASE_URL": url, "CLOUDFLARE_API_TOKEN": TOKEN})
    assert (found["endpoint"][0].startswith("fail: "), status) == (True, 3)
    assert "refused" in found["endpoint"][0]
    assert found["local"] == ["ok: the local engine is not installed (optional)"]


def test_certificates_that_cannot_be_read_are_a_failure(glm: Glm, api: DemoServer) -> None:
    found, status = doctor(glm, env={"GLM_BASE_URL": api.base, "SSL_CERT_FILE": "/no/such.pem"})
    assert (status, "proxy" in found) == (3, False)
    assert "/no/such.pem" in found["endpoint"][0]


def test_certificates_and_proxy_are_named_without_the_password(glm: Glm) -> None:
    import certifi

    env = {
        "SSL_CERT_FILE": certifi.where(),
        "HTTPS_PROXY": "http://me:hush@127.0.0.1:9",
        "CLOUDFLARE_API_TOKEN": TOKEN,
    }
    found, status = doctor(glm, env=env)
    assert found["tls"] == [f"ok: {certifi.where()} (SSL_CERT_FILE)"]
    assert found["proxy"] == ["ok: 127.0.0.1:9 (HTTPS_PROXY)"]
    assert (found["endpoint"][0][:5], status) == ("fail:", 3)


def openai(glm: Glm, url: str, *lines: str) -> None:
    configure(glm, "\n".join(['[profiles.z]\nendpoint = "openai"', f'base_url = "{url}/v1"', *lines]))


MODELS = (200, '{"data": [{"id": "a"}, {"id": "b"}]}')


@pytest.mark.parametrize(
    ("answer", "lines", "token", "model", "status"),
    [
        (MODELS, ['model = "a"'], "ok: none, accepted", "ok: a", 0),
        (MODELS, ['model = "c"'], "ok: none, accepted", "warn: the server does not list c | It has: a, b", 0),
        (MODELS, [], "ok: none, accepted", "warn: profile z names none | The server has: a, b", 0),
        ((200, "{}"), [], "ok: none, accepted", "warn: profile z names none", 0),
        (
            MODELS,
            ['model = "a"', f'token_command = "printf {TOKEN}"'],
            "ok: token_command (…2345), accepted",
            "ok: a",
            0,
        ),
        ((404, "{}"), [], "ok: none; the server lists no models, so it could not be tried", None, 0),
        ((401, "{}"), [], "fail: access denied (HTTP 401)", None, 3),
    ],
)
def test_an_openai_endpoint_is_asked_for_its_models(
    glm: Glm, answer: tuple[int, str], lines: list[str], token: str, model: str | None, status: int
) -> None:
    with serving({"/v1/models": answer}) as server:
        openai(glm, server.url, *lines)
        found, ended = doctor(glm, "--profile", "z", env={"PATH": "/usr/bin:/bin"})
    assert found["token"][0].startswith(token)
    assert found.get("model") == (None if model is None else [model])
    assert ended == status


def test_an_openai_profile_without_an_address_is_a_failure(glm: Glm) -> None:
    configure(glm, '[profiles.z]\nendpoint = "openai"')
    found, status = doctor(glm, "--profile", "z")
    assert (found["endpoint"], status) == (
        ["fail: profile z has no base_url | Run: glm config set profiles.z.base_url https://…"],
        3,
    )


def test_a_gateway_of_ones_own_is_not_asked_about_the_token(glm: Glm, api: DemoServer) -> None:
    configure(glm, '[profiles.gw]\nendpoint = "ai-gateway"\ngateway = "g"')
    env = {"GLM_BASE_URL": api.base, "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    found, status = doctor(glm, "--profile", "gw", env=env)
    assert (found.get("token"), status) == (None, 0)
    assert all("authorization" not in request.headers for request in api.requests)


def test_stored_credentials_are_looked_at(glm: Glm, api: DemoServer) -> None:
    configure(glm, "")
    path = glm.folder / "credentials.toml"
    path.write_text(f'[default]\ntoken = "{TOKEN}"\norigin = "{api.url}"\naccount_id = "{ACCOUNT}"')
    path.chmod(0o640)
    found, status = doctor(glm, env={"GLM_BASE_URL": api.base})
    assert status == 0
    assert found["file"] == [f"warn: {path}: mode 640 lets other users in | chmod 600 {path}"]
    assert found["token"] == ["ok: credentials.toml (…2345), active, owned by a user"]
    path.write_text("[")
    found, status = doctor(glm, env={"GLM_BASE_URL": api.base})
    assert [found["token"][0][:5], found["account"][0][:5], status] == ["fail:", "fail:", 3]


@pytest.mark.parametrize(
    ("env", "finding"),
    [
        ({"LANG": "C.UTF-8"}, "ok: xterm-256color, 80×24, colour, UTF-8"),
        ({"LC_ALL": "de_DE.utf8", "NO_COLOR": "1"}, "ok: xterm-256color, 80×24, no colour, UTF-8"),
        ({"LC_CTYPE": "C"}, "warn: xterm-256color, 80×24, colour, locale C | export LANG=C.UTF-8"),
        (
            {"TERM": ""},
            "warn: of no known kind, 80×24, no colour | It cannot move its cursor; set TERM, or use --plain.",
        ),
        (
            {"TERM": "dumb"},
            "warn: dumb, 80×24, no colour | It cannot move its cursor; set TERM, or use --plain.",
        ),
    ],
)
def test_the_terminal_is_described(glm: Glm, env: dict[str, str], finding: str) -> None:
    found, _ = doctor(glm, "--profile", "demo", env=env, tty=True)
    assert found["terminal"] == [finding]


def test_verdicts_have_colours_on_a_terminal(glm: Glm) -> None:
    out = glm("config", "doctor", "--profile", "local", env={"LANG": "C"}, tty=True).stdout
    assert "\x1b[33mwarn\x1b[0m  terminal  " in out
    assert "\x1b[31mfail\x1b[0m  local     the local engine is not installed\n                pip install" in out


def test_the_local_engine_is_needed_by_its_profile_alone(glm: Glm, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(glm, "")
    found, status = doctor(glm, "--profile", "local")
    assert (found["local"][0].startswith("fail: the local engine is not installed | "), status) == (True, 3)
    monkeypatch.setattr(metadata, "version", lambda name: "1.0")
    monkeypatch.setattr("glmcli.local.engine.fault", lambda machine, installed: None)
    found, status = doctor(glm, "--profile", "demo")
    assert (found["local"], status) == (["ok: no model is installed for the local server (optional)"], 0)
    weights = glm.folder / "mine.gguf"
    weights.write_bytes(b"GGUF" + bytes(60))
    assert glm("config", "local", "install", str(weights)).status == 0
    found, _ = doctor(glm, "--profile", "local")
    assert found["local"] == ["ok: xllamacpp 1.0, mine"], sys.platform
