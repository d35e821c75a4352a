"""Tokens: where one comes from, where it may go, and the private file that keeps it (interface §8, reliability §4).

Order: environment > `token_command` > what `glm config login` stored, in credentials.toml or in the keyring of the
system. A token that is not from the environment goes only to the origin it was stored for. No message made here, and
no repr, holds a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from glmcli.api.endpoint import check_token
from glmcli.api.endpoint import origin as url_origin
from glmcli.errors import ConfigError
from glmcli.private_file import locked, open_to_others, replace_file
from glmcli.setting_keys import TOKEN_VARIABLES
from glmcli.toml_text import parse, read_file

FILE_NAME = "credentials.toml"
SERVICE = "glmcli"  # the name under which the system's keyring has our tokens
COMMAND_SECONDS = 60.0


class Owner(Protocol):
    """What of a profile matters here; `glmcli.settings.Profile` has it."""

    @property
    def name(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def on_cloudflare(self) -> bool: ...
    @property
    def own_url(self) -> str | None: ...
    @property
    def account_id(self) -> str | None: ...
    @property
    def api_key_env(self) -> str | None: ...
    @property
    def token_command(self) -> str | None: ...
    @property
    def gateway_token_env(self) -> str | None: ...


@dataclass(frozen=True)
class Token:
    """A token that has the form of one.

    origin: `CLOUDFLARE_API_TOKEN`, `token_command`, `credentials.toml` or `keyring`.
    variable: the environment variable it stands in, if it is from there.
    warning: what the user should be told about the way it is kept; may be empty.
    """

    value: str = field(repr=False)
    origin: str
    variable: str | None = None
    warning: str = ""

    @property
    def ending(self) -> str:
        """Its last four characters, to tell two tokens apart; nothing of a short one."""
        return self.value[-4:] if len(self.value) >= 16 else ""


@dataclass(frozen=True)
class Stored:
    """What `glm config login` kept for one profile. in_keyring: the token itself is in the system's keyring."""

    profile: str
    origin: str
    account_id: str | None = None
    token: str | None = field(default=None, repr=False)
    in_keyring: bool = False


def find_token(profile: Owner, base_url: str | None, environ: Mapping[str, str], folder: Path) -> Token | None:
    """The token to send to `base_url`, None where there is none or none is needed.

    Raises ConfigError for one that may not go there, one that is no token, and one that cannot be got at.
    """
    if profile.endpoint in ("local", "demo"):
        return None
    token = token_from_environment(profile, environ)
    if token is None and base_url is not None:
        token = _from_command(profile, base_url, environ) or _from_store(profile, base_url, folder)
    if token is None and profile.api_key_env and not profile.on_cloudflare:
        raise ConfigError(
            f"profile {profile.name} takes its key from ${profile.api_key_env}, which is not set",
            hint=f"Set it, or run `{login_command(profile.name)}`.",
        )
    return token


def token_from_environment(profile: Owner, environ: Mapping[str, str]) -> Token | None:
    """The token of the variable that the profile names, else, for Cloudflare, that of the usual ones."""
    named = (profile.api_key_env,) if profile.api_key_env else ()
    for variable in (*named, *(TOKEN_VARIABLES if profile.on_cloudflare else ())):
        if environ.get(variable, "").strip():
            return Token(_checked(environ[variable], variable), variable, variable)
    return None


def require_token(profile: Owner, base_url: str | None, environ: Mapping[str, str], folder: Path) -> Token:
    """As `find_token`, for a request that cannot do without one."""
    token = find_token(profile, base_url, environ, folder)
    if token is None:
        raise no_token(profile.name)
    return token


def no_token(profile: str) -> ConfigError:
    """The three lines for someone who has just installed this (interface §9)."""
    return ConfigError(
        f"no API token: log in with `{login_command(profile)}`,"
        " or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID,\n"
        "or try `--profile local`: a small model that runs on this machine,",
        hint="or `--profile demo`: made-up answers, no model and no account.",
    )


def gateway_token(profile: Owner, environ: Mapping[str, str]) -> str | None:
    """The token of an authenticated AI Gateway; None where the profile names no variable. Raises ConfigError."""
    variable = profile.gateway_token_env
    if variable is None:
        return None
    if not environ.get(variable, "").strip():
        raise ConfigError(
            f"profile {profile.name} takes the token of its gateway from ${variable}, which is not set",
            hint="Set it, or unset gateway_token_env if the gateway needs none.",
        )
    return _checked(environ[variable], variable)


def login_command(profile: str) -> str:
    """What the user types to log in."""
    return "glm config login" + ("" if profile == "default" else f" --profile {profile}")


def find_account(profile: Owner, folder: Path) -> tuple[str, str] | None:
    """The account id and its origin: that of the profile or the environment, else the one chosen at the login."""
    if profile.account_id:
        return profile.account_id, "settings"
    stored = find_stored(profile, folder)
    return (stored.account_id, FILE_NAME) if stored and stored.account_id else None


def no_account() -> ConfigError:
    return ConfigError(
        "no account id for Cloudflare",
        hint="Set CLOUDFLARE_ACCOUNT_ID, or run `glm config set account_id ID`; `glm config login` lists the accounts.",
    )


def store_token(
    folder: Path, profile: str, token: str, account_id: str | None, url: str, *, keyring: bool = False
) -> None:
    """Keeps the token for this profile and the origin of this URL. Raises ConfigError; then the old one is kept."""
    token = _checked(token, "the token")
    entry: dict[str, Any] = {"keyring": True} if keyring else {"token": token}
    if account_id:
        entry["account_id"] = account_id
    entry["origin"] = url_origin(url)
    with locked(folder):
        entries = _entries(folder)
        if keyring:
            _keyring("set_password", SERVICE, profile, token)
        _write(folder, {**entries, profile: entry})


def remove_token(folder: Path, profile: str) -> bool:
    """Forgets what was stored for this profile; False where nothing was. Raises ConfigError."""
    with locked(folder):
        entries = _entries(folder)
        if profile not in entries:
            return False
        if entries.pop(profile).get("keyring") is True:
            _keyring("delete_password", SERVICE, profile)
        _write(folder, entries)
        return True


def find_stored(profile: Owner, folder: Path) -> Stored | None:
    """What was stored for this profile. A Cloudflare profile without a login of its own shares that of `default`,
    unless it names another account. Raises ConfigError for a file that cannot be read."""
    entries = _entries(folder)
    if profile.name in entries:
        return _stored(profile.name, entries[profile.name])
    if profile.on_cloudflare and "default" in entries:
        shared = _stored("default", entries["default"])
        return shared if profile.account_id in (None, shared.account_id) else None
    return None


def _checked(text: str, source: str) -> str:
    try:
        return check_token(text)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error.message}", hint=error.hint) from None


def _from_command(profile: Owner, base_url: str, environ: Mapping[str, str]) -> Token | None:
    command = profile.token_command
    if not command:
        return None
    if profile.own_url is None or url_origin(profile.own_url) != url_origin(base_url):
        raise _elsewhere(f"the token_command of profile {profile.name}", profile.own_url or "no URL", base_url)
    import shlex
    import subprocess

    source = f"token_command of profile {profile.name}"
    try:
        # Its stderr stays the user's, who may be asked for a passphrase there; stdin may be the document of `run`.
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=dict(environ),
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{source}: no answer within {COMMAND_SECONDS:.0f} s") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{source} cannot be run: {reason}", hint="It is run without a shell.") from None
    if done.returncode:
        raise ConfigError(f"{source} failed with exit status {done.returncode}", hint="Run it by hand to see why.")
    return Token(_checked(done.stdout.decode("utf-8", "replace"), source), "token_command")


def _from_store(profile: Owner, base_url: str, folder: Path) -> Token | None:
    stored = find_stored(profile, folder)
    if stored is None:
        return None
    if stored.origin != url_origin(base_url):
        raise _elsewhere(f"the token stored for profile {stored.profile}", stored.origin, base_url)
    if stored.in_keyring:
        value = _keyring("get_password", SERVICE, stored.profile)
        if not value:
            raise ConfigError(
                f"the keyring of the system has no token for profile {stored.profile}", hint=_login(stored.profile)
            )
        return Token(_checked(value, "keyring"), "keyring")
    path = folder / FILE_NAME
    exposed = open_to_others(path)
    warning = f"{path}: {exposed}; run: chmod 600 {path}" if exposed else ""
    return Token(_checked(stored.token or "", FILE_NAME), FILE_NAME, warning=warning)


def _elsewhere(what: str, where: str, base_url: str) -> ConfigError:
    return ConfigError(
        f"{what} is for {where}, not for {url_origin(base_url)}",
        hint="Give the token for this one in CLOUDFLARE_API_TOKEN, or unset GLM_BASE_URL, or log in again.",
    )


def _login(profile: str) -> str:
    return f"`{login_command(profile)}` stores a new one."


def _entries(folder: Path) -> dict[str, dict[str, Any]]:
    """The tables of credentials.toml by profile. A file that cannot be read is an error, never `logged out`: it would
    be overwritten at the next login."""
    path = folder / FILE_NAME
    try:
        data, _ = parse(read_file(path), FILE_NAME)
    except ConfigError as error:
        raise ConfigError(error.message, hint=f"Repair or remove {path}, then run `glm config login`.") from None
    for name, entry in data.items():
        if not isinstance(entry, dict):
            raise ConfigError(f"{FILE_NAME}: {name} must be a table", hint=f"Repair or remove {path}.")
    return data


def _stored(profile: str, entry: Mapping[str, Any]) -> Stored:
    account, origin, token = (entry.get(name) for name in ("account_id", "origin", "token"))
    in_keyring = entry.get("keyring") is True
    for name, value, needed in (
        ("origin", origin, True),
        ("account_id", account, False),
        ("token", token, not in_keyring),
    ):
        if not isinstance(value, str) and (needed or value is not None):
            raise ConfigError(f"{FILE_NAME}: [{profile}] has no {name} that is a text", hint=_login(profile))
    assert isinstance(origin, str)
    return Stored(profile, url_origin(origin), account, token, in_keyring)


def _write(folder: Path, entries: Mapping[str, Any]) -> None:
    import tomlkit

    header = "# Written by `glm config login`. Keep it to yourself.\n\n"
    replace_file(folder / FILE_NAME, header + tomlkit.dumps(entries))


def _keyring(function: str, *arguments: str) -> Any:
    """Calls the optional package `keyring`."""
    import importlib

    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        raise ConfigError(
            "the Python package keyring is not installed", hint="Install it beside glm, or log in without --keyring."
        ) from None
    try:
        return getattr(keyring, function)(*arguments)
    except errors.KeyringError as error:
        raise ConfigError(f"the keyring of the system: {str(error) or type(error).__name__}") from None
