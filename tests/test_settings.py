from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.api.request import Sourced
from glmcli.errors import ConfigError
from glmcli.setting_keys import KEYS, Key, alternatives, shown
from glmcli.settings import Settings, config_dir, load

WORK = """\
log = false
model = "of-the-file"

[defaults]
temperature = 0.2
top_p = 0.9
model = "of-the-defaults"

[profiles.work]
endpoint = "workers-ai-openai"
base_url = "https://example.com/v4"
retries = 5
[profiles.work.defaults]
temperature = 1.5

[profiles.other]
endpoint = "openai"
base_url = "https://other.example/v1"
[profiles.other.defaults]
model = "of-the-profile"
"""
CLOUDFLARE = {"CLOUDFLARE_ACCOUNT_ID": "acc", "GLM_MODEL": "of-the-environment", "GLM_BASE_URL": "https://env.example"}


def read(folder: Path, text: str, environ: dict[str, str] | None = None, **how: Any) -> Settings:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    return load(folder, environ or {}, **how)


def faults(folder: Path, text: str) -> list[str]:
    """The faults of a file, which are also what a strict reading raises."""
    found = read(folder, text, strict=False).faults
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert caught.value.message == "\n".join(found)
    return list(found)


def test_the_directory_is_the_flag_then_the_variable_then_the_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert config_dir({"GLM_CONFIG_DIR": "/env"}, "/flag") == Path("/flag")
    assert config_dir({"GLM_CONFIG_DIR": "~/env"}) == tmp_path / "env"
    assert config_dir({"GLM_CONFIG_DIR": ""}).name == "glmcli"
    assert config_dir({"GLM_CONFIG_DIR": "relative"}) == Path.cwd() / "relative"


def test_without_a_file_every_value_is_the_default(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert {name: it.value for name, it in settings.values().items() if it.value is not None} == {
        "profile": "default",
        "endpoint": "workers-ai",
        "base_url": "https://api.cloudflare.com/client/v4",
        "model": "@cf/zai-org/glm-4.7-flash",
        "max_tokens_field": "max_tokens",
        "log": True,
        "color": "auto",
        "theme": "auto",
        "markdown": True,
        "usage": False,
        "hide_reasoning": False,
        "editing_mode": "emacs",
        "toolbar": True,
        "multiline": False,
        "approve": "ask",
        "max_turns": 10,
        "fetch_private": False,
        "timeout": 60.0,
        "connect_timeout": 10.0,
        "retries": 2,
    }
    assert {it.origin for it in settings.values().values()} == {"default"}
    assert settings.profiles == {"default": "workers-ai", "local": "local", "demo": "demo"}
    assert settings.defaults() == {}


def test_a_profile_goes_before_the_file_and_each_value_knows_its_line(tmp_path: Path) -> None:
    settings = read(tmp_path, WORK, profile="work")
    assert settings.value("retries") == Sourced(5, "profile work (config.toml line 12)")
    assert settings.value("log") == Sourced(False, "config.toml line 1")
    assert settings.value("profile") == Sourced("work", "--profile")
    assert settings.origin("timeout") == "default"
    assert settings.profile.base_url == settings.profile.own_url == "https://example.com/v4"
    assert settings.profile.model == "of-the-file"
    assert settings.defaults() == {
        "temperature": Sourced(1.5, "profile work (config.toml line 14)"),
        "top_p": Sourced(0.9, "config.toml line 6"),
    }


def test_the_cloudflare_variables_go_before_the_profile_and_secrets_keep_their_own_address(tmp_path: Path) -> None:
    settings = read(tmp_path, WORK, CLOUDFLARE, profile="work")
    assert (settings.profile.base_url, settings.profile.own_url) == ("https://env.example", "https://example.com/v4")
    assert (settings.profile.account_id, settings.profile.model) == ("acc", "of-the-environment")
    assert settings.origin("account_id") == "CLOUDFLARE_ACCOUNT_ID"
    assert read(tmp_path, "", {"CF_ACCOUNT_ID": "old"}).profile.account_id == "old"


def test_an_openai_profile_takes_nothing_from_the_cloudflare_variables_or_the_top_of_the_file(tmp_path: Path) -> None:
    profile = read(tmp_path, WORK, CLOUDFLARE, profile="other").profile
    assert (profile.base_url, profile.model, profile.account_id) == ("https://other.example/v1", "of-the-profile", None)
    assert not profile.on_cloudflare


@pytest.mark.parametrize("name", ["local", "demo"])
def test_the_embedded_profiles_take_nothing_from_the_environment(tmp_path: Path, name: str) -> None:
    profile = read(tmp_path, WORK, CLOUDFLARE, profile=name).profile
    default = "@cf/zai-org/glm-4.7-flash" if name == "demo" else None
    assert (profile.endpoint, profile.base_url, profile.model, profile.account_id) == (name, None, default, None)


def test_a_model_among_the_defaults_is_the_model_of_cloudflare_profiles(tmp_path: Path) -> None:
    assert read(tmp_path, '[defaults]\nmodel = "m"').value("model") == Sourced("m", "config.toml line 2")
    assert read(tmp_path, '[defaults]\nmodel = "m"').defaults() == {}


def test_an_ai_gateway_has_an_address_of_its_own(tmp_path: Path) -> None:
    profile = read(tmp_path, '[profiles.gw]\nendpoint = "ai-gateway"\ngateway = "g"', profile="gw").profile
    assert (profile.base_url, profile.gateway) == ("https://gateway.ai.cloudflare.com/v1", "g")


def test_the_profile_is_named_by_the_flag_then_the_variable_then_the_file(tmp_path: Path) -> None:
    text = 'profile = "work"\n[profiles.work]\n'
    assert read(tmp_path, text).profile.name == "work"
    assert read(tmp_path, text, {"GLM_PROFILE": "demo"}).value("profile") == Sourced("demo", "GLM_PROFILE")
    assert read(tmp_path, text, {"GLM_PROFILE": "demo"}, profile="local").profile.name == "local"


def test_an_unknown_profile_is_refused_and_tolerated_where_faults_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "[profiles.work]", profile="wrok")
    assert caught.value.message == '--profile: there is no profile "wrok"; did you mean "work"?'
    assert "default, local, demo, work" in caught.value.hint
    settings = read(tmp_path, "", {"GLM_PROFILE": "qqq"}, strict=False)
    assert settings.faults == ('GLM_PROFILE: there is no profile "qqq"',)
    assert (settings.profile.name, settings.value("profile").value) == ("default", "qqq")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, Sourced("never", "NO_COLOR")),
        ({"FORCE_COLOR": "1"}, Sourced("always", "FORCE_COLOR")),
        ({"FORCE_COLOR": "0"}, Sourced("never", "FORCE_COLOR")),
        ({"NO_COLOR": ""}, Sourced("always", "config.toml line 1")),
    ],
)
def test_the_colour_variables_go_before_the_file(tmp_path: Path, environ: dict[str, str], expected: Sourced) -> None:
    assert read(tmp_path, 'color = "always"', environ).value("color") == expected


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    assert read(tmp_path, 'ca_bundle = "ca.pem"').value("ca_bundle").value == str(tmp_path / "ca.pem")
    assert read(tmp_path, 'ca_bundle = "/ca.pem"').value("ca_bundle").value == "/ca.pem"
    assert read(tmp_path, 'ca_bundle = "x"', {"SSL_CERT_FILE": "/env.pem"}).value("ca_bundle").value == "/env.pem"


def test_every_fault_is_named_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    text = """\
colour = "never"
log = "yes"
retries = -1
timeout = true
profile = 3
[defaults]
temprature = 1
metadata = { when = 2026-01-01 }
stop = ["a", 2026-01-01]
[profiles]
odd = 1
[profiles.work]
log = true
endpiont = "openai"
base_url = "http://example.com"
api_key_env = "sk-secret"
theme = "pink"
defaults = 4
qqqq = 1
[profiles."a b".defaults]
zzzz = 1
"""
    assert faults(tmp_path, text) == [
        'config.toml line 1: unknown key "colour"; did you mean "color"?',
        'config.toml line 2: log must be true or false, not "yes"',
        "config.toml line 3: retries must be a whole number from 0, not -1",
        "config.toml line 4: timeout must be a number of seconds; 0 is no limit, not true",
        "config.toml line 5: profile must be a text that is not empty, not 3",
        'config.toml line 7: unknown key "temprature" in [defaults]; did you mean "temperature"?',
        "config.toml line 8: metadata: JSON has no dates; write the value in quotes",
        "config.toml line 9: stop: JSON has no dates; write the value in quotes",
        "config.toml line 11: profiles.odd must be a table, not 1",
        'config.toml line 14: unknown key "endpiont" in [profiles.work]; did you mean "endpoint"?',
        "config.toml line 15: base_url: http://example.com is plain http, over which prompts and tokens can be read"
        " by others",
        "config.toml line 16: api_key_env must be the name of an environment variable",
        'config.toml line 17: theme must be auto, dark, light or plain, not "pink"',
        "config.toml line 18: defaults must be a table, not 4",
        'config.toml line 19: unknown key "qqqq" in [profiles.work]',
        'config.toml line 21: unknown key "zzzz" in [profiles."a b".defaults]',
    ]


def test_a_file_with_faults_keeps_what_is_right(tmp_path: Path) -> None:
    settings = read(tmp_path, 'log = 1\nusage = true\n[profiles.w]\nendpoint = "opnai"\n', strict=False, profile="w")
    assert (settings.value("log").value, settings.value("usage").value) == (True, True)
    assert settings.profile.endpoint == "openai", "what cannot be read gets nothing of Cloudflare's"


def test_a_file_that_is_no_toml_is_one_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, "log = \n") == ["config.toml line 1: not valid TOML: invalid value"]


def test_the_demo_profile_works_in_spite_of_faults(tmp_path: Path) -> None:
    settings = read(tmp_path, "unknown = 1", profile="demo")
    assert settings.profile.endpoint == "demo"
    assert settings.faults == ('config.toml line 1: unknown key "unknown"',)


def test_a_base_url_of_the_environment_is_checked_where_it_is_used(tmp_path: Path) -> None:
    message = "GLM_BASE_URL: ftp://x: the base URL ftp://x is not http or https"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {"GLM_BASE_URL": "ftp://x"})
    assert caught.value.message == message.replace("ftp://x: ", "", 1)
    assert caught.value.hint == "Set GLM_BASE_URL to another value, or unset it."
    assert load(tmp_path, {"GLM_BASE_URL": "ftp://x"}, profile="local").faults == ()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("log", "Yes", True),
        ("log", "off", False),
        ("log", "maybe", "maybe"),
        ("retries", "3", 3),
        ("retries", "x", "x"),
        ("timeout", "1.5", 1.5),
        ("timeout", "x", "x"),
        ("model", " m ", "m"),
    ],
)
def test_a_word_is_read_as_the_key_wants_it(name: str, text: str, value: object) -> None:
    assert KEYS[name].read(text) == value


def test_what_a_key_may_be_is_said_in_words() -> None:
    assert {KEYS[name].allowed for name in ("ca_bundle", "base_url", "endpoint")} == {
        "the path of a file",
        "a URL",
        "workers-ai, workers-ai-openai, ai-gateway, openai, local or demo",
    }
    assert alternatives(["one"]) == "one"
    assert shown("x" * 100) == '"' + "x" * 58 + "…"
    assert Key("n", "number", "top", "").fault(float("inf")) == (
        "n must be a number of seconds; 0 is no limit, not Infinity"
    )


def test_a_request_field_among_the_settings_is_told_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("temperature = 1\ntempertaure = 1\n[profiles.lab]\nseed = 1\nzzzz = 1\n")
    assert load(tmp_path, {}, strict=False).faults == (
        'config.toml line 1: unknown key "temperature"; it belongs under [defaults]',
        'config.toml line 2: unknown key "tempertaure"; did you mean "temperature" under [defaults]?',
        'config.toml line 4: unknown key "seed" in [profiles.lab]; it belongs under [profiles.lab.defaults]',
        'config.toml line 5: unknown key "zzzz" in [profiles.lab]',
    )
