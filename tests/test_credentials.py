from __future__ import annotations

import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glmcli.credentials import (
    Stored,
    Token,
    find_account,
    find_stored,
    find_token,
    gateway_token,
    no_account,
    remove_token,
    require_token,
    store_token,
)
from glmcli.errors import ConfigError
from glmcli.settings import Profile, load

TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789"
CLOUDFLARE = "https://api.cloudflare.com/client/v4"
ELSEWHERE = "http://127.0.0.1:8080/v4"


def profile(folder: Path, name: str = "default", text: str = "", **environ: str) -> Profile:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    return load(folder, environ, profile=name).profile


def refusal(profile: Profile, base_url: str | None, folder: Path, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find_token(profile, base_url, environ, folder)
    assert TOKEN not in caught.value.message + caught.value.hint
    return caught.value.message


def openai(folder: Path, *lines: str) -> Profile:
    text = "\n".join(['[profiles.z]\nendpoint = "openai"\nbase_url = "https://z.example/v1"', *lines])
    return profile(folder, "z", text)


def test_the_variables_come_in_their_order_and_blanks_count_as_unset(tmp_path: Path) -> None:
    it = profile(tmp_path)
    environ = {"CF_API_TOKEN": "three"}
    assert find_token(it, CLOUDFLARE, environ, tmp_path) == Token("three", "CF_API_TOKEN", "CF_API_TOKEN")
    environ["CLOUDFLARE_AUTH_TOKEN"] = " two\n"
    assert find_token(it, CLOUDFLARE, environ, tmp_path) == Token(
        "two", "CLOUDFLARE_AUTH_TOKEN", "CLOUDFLARE_AUTH_TOKEN"
    )
    environ["CLOUDFLARE_API_TOKEN"] = "one"
    assert require_token(it, CLOUDFLARE, environ, tmp_path).value == "one"
    environ["CLOUDFLARE_API_TOKEN"] = " "
    assert require_token(it, CLOUDFLARE, environ, tmp_path).value == "two"


def test_a_profile_may_name_a_variable_of_its_own(tmp_path: Path) -> None:
    it = profile(tmp_path, "w", '[profiles.w]\napi_key_env = "WORK"')
    environ = {"WORK": "mine", "CLOUDFLARE_API_TOKEN": "usual"}
    assert require_token(it, CLOUDFLARE, environ, tmp_path).origin == "WORK"
    del environ["WORK"]
    assert require_token(it, CLOUDFLARE, environ, tmp_path).origin == "CLOUDFLARE_API_TOKEN"


def test_a_token_shows_its_end_and_only_where_it_is_long(tmp_path: Path) -> None:
    token = Token(TOKEN, "CF_API_TOKEN")
    assert (token.ending, Token("short-token", "x").ending) == ("6789", "")
    assert TOKEN not in repr(token) + repr(Stored("default", CLOUDFLARE, token=TOKEN))


def test_what_is_no_token_is_refused_without_being_shown(tmp_path: Path) -> None:
    message = refusal(profile(tmp_path), CLOUDFLARE, tmp_path, CLOUDFLARE_API_TOKEN=f"{TOKEN}\nx")
    assert message.startswith("CLOUDFLARE_API_TOKEN: the API token holds a blank")


def test_embedded_profiles_get_no_token(tmp_path: Path) -> None:
    for name in ("local", "demo"):
        assert find_token(profile(tmp_path, name), ELSEWHERE, {"CLOUDFLARE_API_TOKEN": TOKEN}, tmp_path) is None


def test_an_openai_profile_gets_no_token_of_cloudflare(tmp_path: Path) -> None:
    it = openai(tmp_path)
    environ = {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_AUTH_TOKEN": TOKEN, "CF_API_TOKEN": TOKEN}
    store_token(tmp_path, "default", TOKEN, None, "https://z.example/")
    assert find_token(it, it.base_url, environ, tmp_path) is None


def test_an_openai_profile_takes_its_key_from_the_variable_it_names(tmp_path: Path) -> None:
    it = openai(tmp_path, 'api_key_env = "Z_KEY"')
    assert find_token(it, it.base_url, {"Z_KEY": "z"}, tmp_path) == Token("z", "Z_KEY", "Z_KEY")
    assert refusal(it, it.base_url, tmp_path) == "profile z takes its key from $Z_KEY, which is not set"
    assert refusal(it, None, tmp_path) == "profile z takes its key from $Z_KEY, which is not set"
    store_token(tmp_path, "z", TOKEN, None, "https://Z.example:443/v1")
    assert find_token(it, it.base_url, {}, tmp_path) == Token(TOKEN, "credentials.toml")


def test_an_authenticated_gateway_has_a_token_of_its_own(tmp_path: Path) -> None:
    text = '[profiles.gw]\nendpoint = "ai-gateway"\ngateway = "g"\n'
    assert gateway_token(profile(tmp_path, "gw", text), {}) is None
    it = profile(tmp_path, "gw", text + 'gateway_token_env = "AIG"')
    assert gateway_token(it, {"AIG": f"{TOKEN}\n"}) == TOKEN
    with pytest.raises(ConfigError, match=r"takes the token of its gateway from \$AIG, which is not set"):
        gateway_token(it, {"AIG": " "})


def test_without_a_token_three_lines_say_what_to_do(tmp_path: Path) -> None:
    for name, login in (("default", "glm config login`"), ("w", "glm config login --profile w`")):
        it = profile(tmp_path, name, "[profiles.w]")
        assert find_token(it, CLOUDFLARE, {}, tmp_path) is None
        with pytest.raises(ConfigError) as caught:
            require_token(it, CLOUDFLARE, {}, tmp_path)
        lines = [*caught.value.message.splitlines(), caught.value.hint]
        assert [login in lines[0], "--profile local" in lines[1], "--profile demo" in lines[2]] == [True] * 3


def test_a_stored_token_is_private_from_the_start_and_bound_to_its_origin(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    store_token(folder, "default", f" {TOKEN}\n", "acc", CLOUDFLARE)
    path = folder / "credentials.toml"
    assert [stat.S_IMODE(it.stat().st_mode) for it in (path, folder)] == [0o600, 0o700]
    assert path.read_text() == (
        "# Written by `glm config login`. Keep it to yourself.\n\n"
        f'[default]\ntoken = "{TOKEN}"\naccount_id = "acc"\norigin = "https://api.cloudflare.com:443"\n'
    )
    it = profile(folder)
    assert find_token(it, CLOUDFLARE, {}, folder) == Token(TOKEN, "credentials.toml")
    assert find_account(it, folder) == ("acc", "credentials.toml")
    assert refusal(it, ELSEWHERE, folder) == (
        "the token stored for profile default is for https://api.cloudflare.com:443, not for http://127.0.0.1:8080"
    )
    assert require_token(it, ELSEWHERE, {"CLOUDFLARE_API_TOKEN": "env"}, folder).value == "env"


def test_a_file_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    store_token(tmp_path, "default", TOKEN, None, CLOUDFLARE)
    path = tmp_path / "credentials.toml"
    path.chmod(0o644)
    assert require_token(profile(tmp_path), CLOUDFLARE, {}, tmp_path).warning == (
        f"{path}: mode 644 lets other users in; run: chmod 600 {path}"
    )


def test_a_cloudflare_profile_shares_the_login_of_the_default_one_for_the_same_account(tmp_path: Path) -> None:
    text = '[profiles.fast]\nendpoint = "workers-ai-openai"\n[profiles.other]\naccount_id = "other"'
    store_token(tmp_path, "default", TOKEN, "acc", CLOUDFLARE)
    fast = profile(tmp_path, "fast", text)
    assert find_token(fast, CLOUDFLARE, {}, tmp_path) == Token(TOKEN, "credentials.toml")
    assert find_account(fast, tmp_path) == ("acc", "credentials.toml")
    other = profile(tmp_path, "other", text)
    assert find_token(other, CLOUDFLARE, {}, tmp_path) is None
    assert find_account(other, tmp_path) == ("other", "settings")


def test_each_profile_has_a_token_of_its_own_and_logging_out_takes_one(tmp_path: Path) -> None:
    text = "[profiles.w]"
    store_token(tmp_path, "default", TOKEN, None, CLOUDFLARE)
    store_token(tmp_path, "w", "second", "acc", CLOUDFLARE)
    store_token(tmp_path, "w", "third", None, CLOUDFLARE)
    w = profile(tmp_path, "w", text)
    assert require_token(w, CLOUDFLARE, {}, tmp_path).value == "third"
    assert remove_token(tmp_path, "w")
    assert not remove_token(tmp_path, "w")
    assert find_stored(w, tmp_path) == Stored("default", "https://api.cloudflare.com:443", None, TOKEN)
    assert find_account(w, tmp_path) is None
    assert "CLOUDFLARE_ACCOUNT_ID" in no_account().hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[default\n", "credentials.toml line 1: not valid TOML: "),
        ("default = 1\n", "credentials.toml: default must be a table"),
        ('[default]\ntoken = "t"\n', "credentials.toml: [default] has no origin that is a text"),
        ('[default]\norigin = "https://x"\n', "credentials.toml: [default] has no token that is a text"),
        (
            '[default]\norigin = "https://x"\ntoken = "t"\naccount_id = 1\n',
            "credentials.toml: [default] has no account_id that is a text",
        ),
    ],
)
def test_a_broken_file_is_an_error_and_never_a_logout(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "credentials.toml"
    path.write_text(text)
    assert refusal(profile(tmp_path), CLOUDFLARE, tmp_path).startswith(message)
    if "origin" not in message and "token that" not in message and "account_id" not in message:
        with pytest.raises(ConfigError):
            store_token(tmp_path, "default", TOKEN, None, CLOUDFLARE)
        with pytest.raises(ConfigError):
            remove_token(tmp_path, "default")
        assert path.read_text() == text


def commanded(folder: Path, command: str) -> Profile:
    return profile(folder, "w", f"[profiles.w]\ntoken_command = {command!r}")


def test_a_command_prints_the_token(tmp_path: Path) -> None:
    it = commanded(tmp_path, f"printf '{TOKEN}\\n'")
    environ = {"PATH": "/usr/bin:/bin"}
    assert find_token(it, CLOUDFLARE, environ, tmp_path) == Token(TOKEN, "token_command")
    assert refusal(it, ELSEWHERE, tmp_path, **environ) == (
        "the token_command of profile w is for https://api.cloudflare.com/client/v4, not for http://127.0.0.1:8080"
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sh -c 'exit 3'", "token_command of profile w failed with exit status 3"),
        ("/no/such/command", "token_command of profile w cannot be run: No such file or directory"),
        ("unclosed '", "token_command of profile w cannot be run: No closing quotation"),
        ("printf ''", "token_command of profile w: the API token is empty"),
        ("printf 'a b'", "token_command of profile w: the API token holds a blank"),
    ],
)
def test_a_command_that_fails_says_so(tmp_path: Path, command: str, message: str) -> None:
    it = profile(tmp_path, "w", f'[profiles.w]\ntoken_command = "{command}"')
    assert refusal(it, CLOUDFLARE, tmp_path, PATH="/usr/bin:/bin").startswith(message)


def test_a_command_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmcli.credentials.COMMAND_SECONDS", 0.01)
    it = commanded(tmp_path, "sleep 5")
    assert refusal(it, CLOUDFLARE, tmp_path, PATH="/usr/bin:/bin").startswith("token_command of profile w: no answer")


class Vault:
    """Stands in for the optional package `keyring`."""

    class KeyringError(Exception):
        pass

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}
        self.locked = False

    def set_password(self, service: str, name: str, password: str) -> None:
        if self.locked:
            raise self.KeyringError
        self.passwords[service, name] = password

    def get_password(self, service: str, name: str) -> str | None:
        return self.passwords.get((service, name))

    def delete_password(self, service: str, name: str) -> None:
        del self.passwords[service, name]


def test_a_token_can_be_kept_in_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault()
    monkeypatch.setitem(sys.modules, "keyring", vault)
    errors = SimpleNamespace(KeyringError=Vault.KeyringError)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    store_token(tmp_path, "default", TOKEN, "acc", CLOUDFLARE, keyring=True)
    assert TOKEN not in (tmp_path / "credentials.toml").read_text()
    it = profile(tmp_path)
    assert find_token(it, CLOUDFLARE, {}, tmp_path) == Token(TOKEN, "keyring")
    assert find_account(it, tmp_path) == ("acc", "credentials.toml")
    assert remove_token(tmp_path, "default")
    assert vault.passwords == {}
    vault.locked = True
    with pytest.raises(ConfigError, match="the keyring of the system: KeyringError"):
        store_token(tmp_path, "default", TOKEN, None, CLOUDFLARE, keyring=True)
    (tmp_path / "credentials.toml").write_text(f'[default]\nkeyring = true\norigin = "{CLOUDFLARE}"')
    assert refusal(it, CLOUDFLARE, tmp_path) == "the keyring of the system has no token for profile default"


def test_without_the_package_the_keyring_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="the Python package keyring is not installed"):
        store_token(tmp_path, "default", TOKEN, None, CLOUDFLARE, keyring=True)
