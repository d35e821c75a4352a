"""Each endpoint as `glm run` reaches it: address, credentials, model, output limit (interface §8, §9)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmcli.demo.framing import whole
from glmcli.local.weights import name_file
from tests.local.parrot import parrot
from tests.support.cli import Glm
from tests.support.local_server import environment, needs_engine
from tests.support.served import (
    ACCOUNT,
    PATH,
    TOKEN,
    completion,
    saying,
    serving,
)


@pytest.mark.parametrize(
    ("profile", "target", "in_body", "limits"),
    [
        ("", PATH, False, {"max_tokens", "max_completion_tokens"}),
        (
            'endpoint = "workers-ai-openai"',
            f"/accounts/{ACCOUNT}/ai/v1/chat/completions",
            True,
            {"max_tokens", "max_completion_tokens"},
        ),
        (
            'endpoint = "ai-gateway"\ngateway = "mine"',
            f"/{ACCOUNT}/mine/workers-ai/@cf/zai-org/glm-4.7-flash",
            False,
            {"max_tokens", "max_completion_tokens"},
        ),
        (
            'endpoint = "openai"\nbase_url = "URL/v1"\nmodel = "m"\napi_key_env = "MY_KEY"',
            "/v1/chat/completions",
            True,
            {"max_tokens"},
        ),
        (
            'endpoint = "openai"\nbase_url = "URL/v1"\nmodel = "m"\nmax_tokens_field = "max_completion_tokens"',
            "/v1/chat/completions",
            True,
            {"max_completion_tokens"},
        ),
    ],
)
def test_each_endpoint_has_its_address_its_place_for_the_model_and_its_output_limit(
    glm: Glm, profile: str, target: str, in_body: bool, limits: set[str]
) -> None:
    with serving(saying("Hello")) as served:
        glm.folder.mkdir()
        (glm.folder / "config.toml").write_text(f"[profiles.p]\n{profile}\n".replace("URL", served.server.url))
        result = glm("run", "hi", "--profile", "p", env={**served.env, "MY_KEY": "key-of-mine"})
        assert result.answer == ("Hello\n", "", 0)
        [request], [body] = served.requests, served.bodies
    assert request.target == target
    assert ("model" in body) is in_body
    assert {name for name in body if name.startswith("max_")} == limits
    assert {body[name] for name in limits} == {16384}
    expected = (
        "Bearer key-of-mine" if "MY_KEY" in profile else None if 'openai"\nbase' in profile else f"Bearer {TOKEN}"
    )
    assert request.headers.get("authorization") == expected


def test_an_authenticated_gateway_gets_its_own_token(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text(
        '[profiles.p]\nendpoint = "ai-gateway"\ngateway = "mine"\ngateway_token_env = "AIG_TOKEN"\n'
    )
    with serving(saying("Hello")) as served:
        missing = glm("run", "hi", "--profile", "p", env=served.env)
        assert served.requests == []
        glm("run", "hi", "--profile", "p", env={**served.env, "AIG_TOKEN": "token-of-the-gateway"})
        assert served.requests[0].headers["cf-aig-authorization"] == "Bearer token-of-the-gateway"
    assert missing.status == 3
    assert missing.stderr.startswith("profile p takes the token of its gateway from $AIG_TOKEN, which is not set\n")


def test_a_gateway_without_a_name_is_asked_for(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text('[profiles.p]\nendpoint = "ai-gateway"\n')
    assert glm("run", "hi", "--profile", "p").answer == (
        "",
        "profile p names no gateway\nRun: glm config set profiles.p.gateway NAME\n",
        3,
    )


def test_an_openai_profile_needs_an_address_and_a_model(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "config.toml").write_text('[profiles.p]\nendpoint = "openai"\n')
    assert glm("run", "hi", "--profile", "p").answer == (
        "",
        "profile p names no model\n`glm config set profiles.p.model NAME` names it for good, --model for once.\n",
        3,
    )
    assert glm("run", "hi", "--profile", "p", "-m", "x").answer == (
        "",
        "profile p has no base_url\nRun: glm config set profiles.p.base_url http://127.0.0.1:8080/v1\n",
        3,
    )


def test_a_stored_token_that_others_can_read_is_warned_about(glm: Glm) -> None:
    from glmcli.credentials import store_token

    with serving(saying("Hello")) as served:
        store_token(glm.folder, "default", TOKEN, ACCOUNT, served.server.url)
        path = glm.folder / "credentials.toml"
        path.chmod(0o644)
        result = glm("run", "hi", env={"GLM_BASE_URL": served.server.url})
    assert (result.stdout, result.status) == ("Hello\n", 0)
    assert result.stderr.startswith(f"warning: {path}: ")
    assert result.stderr.endswith(f"run: chmod 600 {path}\n")


def test_a_stored_token_goes_only_where_it_was_stored_for(glm: Glm) -> None:
    from glmcli.credentials import store_token

    with serving(saying("Hello")) as served:
        store_token(glm.folder, "default", TOKEN, ACCOUNT, "https://api.cloudflare.com/client/v4")
        result = glm("run", "hi", env={"GLM_BASE_URL": served.server.url})
        assert served.requests == []
    assert result.status == 3


def test_the_demo_judges_and_answers_without_credentials(glm: Glm) -> None:
    result = glm("run", "Translate:", "--profile", "demo", stdin=b"hello\n")
    assert (result.stderr, result.status) == ("", 0)
    assert result.stdout.startswith("This is a **demo answer**")
    assert "> hello\n>\n> Translate:\n" in result.stdout


def test_an_answer_in_one_piece_to_a_request_for_a_stream_is_taken(glm: Glm) -> None:
    with serving(
        [whole(200, {"content-type": "application/json"}, json.dumps(completion("Hello")).encode())]
    ) as served:
        assert glm("run", "hi", env=served.env).answer == ("Hello\n", "", 0)


def test_the_local_model_answers_and_says_what_it_is(glm: Glm, tmp_path: Path) -> None:
    needs_engine()
    path = tmp_path / "parrot.gguf"
    path.write_bytes(parrot())
    name_file(glm.folder, path)
    result = glm("run", "hi", "--profile", "local", "--no-think", env=environment())
    assert (result.status, bool(result.stdout.strip())) == (0, True)


def test_the_local_model_must_be_there(glm: Glm, tmp_path: Path) -> None:
    needs_engine()
    path = tmp_path / "gone.gguf"
    path.write_bytes(parrot())
    name_file(glm.folder, path)
    path.unlink()
    result = glm("run", "hi", "--profile", "local", env=environment())
    assert (result.stdout, result.status) == ("", 3)
    assert "gone.gguf" in result.stderr
