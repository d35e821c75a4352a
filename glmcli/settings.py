"""Settings: what config.toml and the environment say for one profile, each value with its origin.

Order: environment > profile > file > default; flags and the session come before them and are the caller's business
(interface §3). Writes nothing (`glmcli.settings_file` does) and holds no secret (`glmcli.credentials` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glmcli.api.endpoint import CLOUDFLARE_URL, GATEWAY_URL
from glmcli.api.request import Sourced, overlay
from glmcli.errors import ConfigError
from glmcli.setting_keys import (
    BUILT_IN_PROFILES,
    CLOUDFLARE,
    DEFAULT_MODEL,
    KEYS,
    Key,
    did_you_mean,
    shown,
)
from glmcli.toml_text import Lines, join_key, line_of, parse, read_file

FILE_NAME = "config.toml"
HINT = "`glm config edit` opens the file, `glm config doctor` lists everything that is wrong."
DEFAULT = "default"


def config_dir(environ: Mapping[str, str], override: str | None = None) -> Path:
    """The user's directory (interface §8): the override, $GLM_CONFIG_DIR, or the usual place. It need not exist. Raises
    ConfigError where there is no home directory to find it in."""
    chosen = override or environ.get("GLM_CONFIG_DIR")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        import platformdirs  # costs 30 ms

        path = platformdirs.user_config_path("glmcli")
        if path.is_absolute():  # else it begins with a tilde that nobody could read, and would be made here
            return path
    except RuntimeError:
        pass
    raise ConfigError(
        f"there is no home directory{f' for {chosen}' if chosen else ''}", hint="Set HOME, or GLM_CONFIG_DIR."
    )


@dataclass(frozen=True)
class Profile:
    """Where requests go and what identifies them. Values that nobody set are None.

    endpoint: one of `ENDPOINTS`. base_url: where requests go. own_url: the same without $GLM_BASE_URL; secrets that
    do not come from the environment go there and nowhere else (interface §8).
    """

    name: str
    endpoint: str
    account_id: str | None
    base_url: str | None
    own_url: str | None
    model: str | None
    system: str | None
    gateway: str | None
    gateway_path: str | None
    gateway_token_env: str | None
    api_key_env: str | None
    token_command: str | None
    max_tokens_field: str

    @property
    def on_cloudflare(self) -> bool:
        return self.endpoint in CLOUDFLARE


@dataclass(frozen=True)
class ConfigFile:
    """config.toml as it was read: only what is right, and the faults for the rest.

    data: the known keys with values that fit. lines: the line of each key.
    """

    path: Path
    data: dict[str, Any]
    lines: Lines
    faults: tuple[str, ...]

    def table(self, *path: str) -> dict[str, Any]:
        """The table at this path, empty where there is none."""
        found: Any = self.data
        for part in path:
            found = found.get(part, {})
        return dict(found)

    def origin(self, *path: str) -> str:
        place = f"{FILE_NAME} line {line_of(self.lines, path)}"
        return f"profile {path[1]} ({place})" if path[0] == "profiles" else place


@dataclass(frozen=True)
class Settings:
    """What holds for one profile.

    profile: the one asked for, `value("profile")`; where that does not exist, and not strict, the one named default.
    profiles: the endpoint of every profile by its name, the built-in ones first.
    faults: what is wrong with the file or the environment, each as one line with its place; empty when strict.
    """

    folder: Path
    file: ConfigFile
    profile: Profile
    profiles: dict[str, str]
    faults: tuple[str, ...]
    _values: dict[str, Sourced]
    _defaults: dict[str, Sourced]

    def value(self, name: str) -> Sourced:
        """The value of a key of `KEYS` with its origin; None with the origin `default` where nobody set it."""
        return self._values[name]

    def origin(self, name: str) -> str:
        """`GLM_MODEL`, `config.toml line 7`, `profile work (config.toml line 12)` or `default`."""
        return self.value(name).origin

    def without_usage(self, origin: str) -> "Settings":
        """The same, but for a line of usage after each answer, which the origin, a flag, does not want."""
        return replace(self, _values={**self._values, "usage": Sourced(False, origin)})

    def values(self) -> dict[str, Sourced]:
        """Every key of `KEYS`, in that order."""
        return dict(self._values)

    def defaults(self) -> dict[str, Sourced]:
        """The request fields under `[defaults]` and `[profiles.NAME.defaults]`; the model is `profile.model`."""
        return dict(self._defaults)


def load(folder: Path, environ: Mapping[str, str], *, profile: str | None = None, strict: bool = True) -> Settings:
    """Reads config.toml of the folder and the environment.

    profile: what --profile names. strict: raise ConfigError naming every fault; else, and for a profile of the demo
    endpoint, leave out what is wrong and list it in `Settings.faults`.
    """
    file = _read(folder / FILE_NAME)
    faults = list(file.faults)
    profiles = {**BUILT_IN_PROFILES, **{name: _endpoint(file, name) for name in file.table("profiles")}}
    chosen = _chosen_profile(file, environ, profile)
    if chosen.value not in profiles:
        known = ", ".join(profiles)
        guess = did_you_mean(chosen.value, profiles)
        faults.append(f"{chosen.origin}: there is no profile {shown(chosen.value)}{guess}")
        if strict:
            raise ConfigError(faults[-1], hint=f"The profiles are: {known}. `glm config profiles` lists them.")
    name = chosen.value if chosen.value in profiles else "default"
    endpoint = profiles[name]
    values = {key.name: _resolve(key, file, environ, name, endpoint) for key in KEYS.values()}
    values["profile"] = chosen
    if endpoint in CLOUDFLARE:
        base_url = values["base_url"]
        if base_url.origin in environ and (fault := KEYS["base_url"].fault(base_url.value)):
            faults.append(f"{base_url.origin}: {fault.partition(': ')[2]}")
    if faults and strict and endpoint != "demo":
        raise ConfigError("\n".join(faults), hint=" ".join(dict.fromkeys(map(cure, faults))))
    return Settings(
        folder=folder,
        file=file,
        profile=_profile(name, values, file),
        profiles=profiles,
        faults=tuple(faults),
        _values=values,
        _defaults=_defaults(file, name),
    )


def cure(fault: str) -> str:
    """What to do about one of `Settings.faults`."""
    variable = fault.partition(":")[0]
    if any(variable in key.variables for key in KEYS.values()):
        return f"Set {variable} to another value, or unset it."
    return HINT


def _read(path: Path) -> ConfigFile:
    """config.toml with its faults; one that is no TOML at all counts as empty and has that one fault."""
    try:
        data, lines = parse(read_file(path), FILE_NAME)
    except ConfigError as error:
        return ConfigFile(path, {}, {}, (error.message,))
    found: list[tuple[tuple[str, ...], str]] = []
    checked = checked_data(data, found)
    faults = sorted((line_of(lines, where), message) for where, message in found)
    return ConfigFile(path, checked, lines, tuple(f"{FILE_NAME} line {line}: {message}" for line, message in faults))


def checked_data(data: Mapping[str, Any], faults: list[tuple[tuple[str, ...], str]]) -> dict[str, Any]:
    """The part of a config.toml that is right; what is wrong is added to `faults` as (path, message)."""
    top = {name: key for name, key in KEYS.items() if key.scope != "profile"}
    checked = _checked_table(data, (), top, faults, tables=("defaults", "profiles"))
    if "profiles" in checked:
        own = {name: key for name, key in KEYS.items() if key.scope != "top"}
        profiles = {}
        for name, table in checked["profiles"].items():
            if isinstance(table, dict):
                profiles[name] = _checked_table(table, ("profiles", name), own, faults, tables=("defaults",))
            else:
                where = ("profiles", name)
                faults.append((where, f"{join_key(where)} must be a table, not {shown(table)}"))
        checked["profiles"] = profiles
    return checked


def _checked_table(
    table: Mapping[str, Any],
    path: tuple[str, ...],
    keys: Mapping[str, Key],
    faults: list[tuple[tuple[str, ...], str]],
    tables: tuple[str, ...],
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, value in table.items():
        where = (*path, name)
        if name in tables and isinstance(value, dict):
            checked[name] = checked_fields(value, where, faults) if name == "defaults" else value
        elif name in tables:
            faults.append((where, f"{name} must be a table, not {shown(value)}"))
        elif name not in keys:
            guess = did_you_mean(name, (*keys, *tables)) or _meant_a_field(name, path)
            faults.append((where, f"{_unknown(name, path)}{guess}"))
        elif fault := keys[name].fault(value):
            faults.append((where, fault))
            if name == "endpoint":
                checked[name] = "openai"  # the one that is sent nothing of Cloudflare's, whatever was meant
        else:
            checked[name] = value
    return checked


def checked_fields(
    table: Mapping[str, Any], path: tuple[str, ...], faults: list[tuple[tuple[str, ...], str]]
) -> dict[str, Any]:
    """The request fields whose names are known. Their values are checked with the request that they go into."""
    from glmcli.api.fields import fields

    checked = {}
    for name, value in table.items():
        if name not in fields():
            faults.append(((*path, name), f"{_unknown(name, path)}{did_you_mean(name, fields())}"))
        elif not _is_json(value):
            faults.append(((*path, name), f"{name}: JSON has no dates; write the value in quotes"))
        else:
            checked[name] = value
    return checked


def _meant_a_field(name: str, path: tuple[str, ...]) -> str:
    """A guess for a key that no table knows: people write request fields where the settings are."""
    from glmcli.api.fields import fields

    place = join_key((*path, "defaults"))
    if name in fields():
        return f"; it belongs under [{place}]"
    guess = did_you_mean(name, fields())
    return f"{guess[:-1]} under [{place}]?" if guess else ""


def _unknown(name: str, path: tuple[str, ...]) -> str:
    return f"unknown key {shown(name)}" + (f" in [{join_key(path)}]" if path else "")


def _is_json(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_json, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str | int | float)


def _endpoint(file: ConfigFile, name: str) -> str:
    return str(file.table("profiles", name).get("endpoint") or BUILT_IN_PROFILES.get(name, "workers-ai"))


def _chosen_profile(file: ConfigFile, environ: Mapping[str, str], flag: str | None) -> Sourced:
    if flag is not None:
        return Sourced(flag, "--profile")
    return _resolve(KEYS["profile"], file, environ, "", "workers-ai")


def _resolve(key: Key, file: ConfigFile, environ: Mapping[str, str], name: str, endpoint: str) -> Sourced:
    """The value of one key for a profile."""
    if key.name == "color" and (sourced := _color(environ)):
        return sourced
    here = endpoint in CLOUDFLARE or not key.cloudflare_only
    places: list[tuple[str, ...]] = []
    if key.scope != "top":
        places.append(("profiles", name, key.name))
        if key.name == "model":
            places.append(("profiles", name, "defaults", "model"))
    if key.scope != "profile" and here:
        places.append((key.name,))
        if key.name == "model":
            places.append(("defaults", "model"))
    if here:
        for variable in key.variables:
            if environ.get(variable, "").strip():
                return Sourced(key.read(environ[variable]), variable)
    for place in places:
        table = file.table(*place[:-1])
        if place[-1] in table:
            return Sourced(_from_file(key, table[place[-1]], file), file.origin(*place))
    return Sourced(_fallback(key, endpoint), DEFAULT)


def _color(environ: Mapping[str, str]) -> Sourced | None:
    """NO_COLOR and FORCE_COLOR count when they are set and not empty (no-color.org)."""
    if environ.get("NO_COLOR"):
        return Sourced("never", "NO_COLOR")
    if forced := environ.get("FORCE_COLOR"):
        return Sourced("never" if forced == "0" else "always", "FORCE_COLOR")
    return None


def _from_file(key: Key, value: Any, file: ConfigFile) -> Any:
    if key.kind == "path":  # relative to the file that names it, not to where the user happens to be
        return str(file.path.parent / Path(value).expanduser())
    return value


def _fallback(key: Key, endpoint: str) -> Any:
    """The value where nobody set one."""
    if key.name == "endpoint":
        return endpoint
    if endpoint in (*CLOUDFLARE, "demo") and key.name == "model":
        return DEFAULT_MODEL
    if endpoint in CLOUDFLARE and key.name == "base_url":
        return GATEWAY_URL if endpoint == "ai-gateway" else CLOUDFLARE_URL
    return key.default


def _profile(name: str, values: Mapping[str, Sourced], file: ConfigFile) -> Profile:
    endpoint = values["endpoint"].value
    own_url = file.table("profiles", name).get("base_url") or _fallback(KEYS["base_url"], endpoint)
    of_profile = {key.name: values[key.name].value for key in KEYS.values() if key.scope == "profile"}
    return Profile(name=name, own_url=own_url, model=values["model"].value, system=values["system"].value, **of_profile)


def _defaults(file: ConfigFile, name: str) -> dict[str, Sourced]:
    layers = [
        {field: Sourced(value, file.origin(*path, field)) for field, value in file.table(*path).items()}
        for path in (("defaults",), ("profiles", name, "defaults"))
    ]
    found = overlay(*layers)
    found.pop("model", None)
    return found
