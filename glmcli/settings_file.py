"""Changes config.toml, one key at a time; comments, order and layout survive (interface §8).

What is written was checked before, and is read back before it replaces the file.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import locked, replace_file
from glmcli.setting_keys import KEYS, Key, did_you_mean, shown
from glmcli.settings import FILE_NAME
from glmcli.toml_text import join_key, parse, read_file, split_key

if TYPE_CHECKING:
    from glmcli.api.fields import Field

SECRETS = re.compile(r"(.*_)?(token|api_?key|key|secret|password)")


@dataclass(frozen=True)
class Target:
    """A key as the user named it: where it stands in the file, and what declares it."""

    path: tuple[str, ...]
    key: Key | None = None
    field: Field | None = None

    @property
    def name(self) -> str:
        return join_key(self.path)


def target(text: str, profile: str) -> Target:
    """Where the key that the user names belongs. A key that only profiles have, without one, is that of `profile`.

    Raises UsageError for an unknown key, naming the nearest, and for a token under any name.
    """
    from glmcli.api.fields import fields

    path = split_key(text)
    _refuse_secret(path[-1])
    within = path
    prefix: tuple[str, ...] = ()
    if path[0] == "profiles" and len(path) > 2:
        prefix, within = path[:2], path[2:]
    if len(within) == 2 and within[0] == "defaults" and within[1] in fields():
        return Target(path, field=fields()[within[1]])
    if len(within) == 1 and within[0] in KEYS:
        key = KEYS[within[0]]
        if prefix and key.scope != "top":
            return Target(path, key=key)
        if not prefix:
            return Target(path if key.scope != "profile" else ("profiles", profile, *path), key=key)
    if not prefix and within[-1] in fields():
        raise UsageError(f"unknown key {shown(text)}; did you mean {shown(f'defaults.{within[-1]}')}?")
    known = (*KEYS, *(f"defaults.{name}" for name in fields()))
    guess = did_you_mean(join_key(within), known)
    raise UsageError(f"unknown key {shown(text)}{guess}", hint="`glm config show` and `glm config params` list them.")


def value_of(where: Target, text: str, profiles: Iterable[str]) -> Any:
    """The value that the user's word stands for. Raises UsageError unless the key may have it.

    profiles: the names that the key `profile` may have.
    """
    if where.field is not None:
        return _field_value(where.field, text)
    assert where.key is not None
    value = where.key.read(text)
    fault = where.key.fault(value)
    if not fault and where.key.name == "profile" and value not in profiles:
        fault = f"there is no profile {shown(value)}{did_you_mean(value, profiles)}"
    if fault:
        raise UsageError(fault, hint=where.key.help)
    return value


def set_value(folder: Path, path: tuple[str, ...], value: Any) -> None:
    """Writes the value at the path of config.toml. Raises ConfigError; then the file is as it was."""
    import tomlkit

    with locked(folder):
        text, data = _read(folder)
        document: Any = tomlkit.parse(text)
        wanted = copy.deepcopy(data)
        inner: Any = document
        plain: Any = wanted
        is_new = False
        for depth, part in enumerate(path[:-1]):
            if part not in inner:
                is_new = True
                inner[part] = tomlkit.table(is_super_table=depth == 0 and part == "profiles")
            inner, plain = inner[part], plain.setdefault(part, {})
            if not isinstance(plain, dict):
                raise ConfigError(
                    f"{join_key(path[: depth + 1])} is no table in {FILE_NAME}",
                    hint="`glm config edit` opens the file.",
                )
        inner[path[-1]] = _inline(value)
        plain[path[-1]] = value
        text = tomlkit.dumps(document)
        if is_new:
            header = f"[{join_key(path[:-1])}]\n"
            text = re.sub(r"(?<=[^\n]\n)" + re.escape(header), f"\n{header}", text, count=1)
        _write(folder, text, wanted)


def unset_value(folder: Path, path: tuple[str, ...]) -> bool:
    """Removes a key or a table from config.toml; False where it is not in it. Raises ConfigError."""
    import tomlkit

    with locked(folder):
        text, data = _read(folder)
        document: Any = tomlkit.parse(text)
        wanted = copy.deepcopy(data)
        inner: Any = document
        plain: Any = wanted
        for part in path[:-1]:
            if not isinstance(plain, dict) or part not in plain:
                return False
            inner, plain = inner[part], plain[part]
        if not isinstance(plain, dict) or path[-1] not in plain:
            return False
        del inner[path[-1]], plain[path[-1]]
        _write(folder, tomlkit.dumps(document), wanted)
        return True


def _read(folder: Path) -> tuple[str, dict[str, Any]]:
    text = read_file(folder / FILE_NAME)
    try:
        data, _ = parse(text, FILE_NAME)
    except ConfigError as error:
        raise ConfigError(error.message, hint="`glm config edit` opens the file; nothing was changed.") from None
    return text, data


def _write(folder: Path, text: str, wanted: Mapping[str, Any]) -> None:
    """Writes the text if it says what was wanted: a file that was merely meant to change one key loses no other."""
    try:
        right = _filled(tomllib.loads(text)) == _filled(wanted)
    except ValueError:
        right = False
    if not right:
        raise ConfigError(f"this change to {FILE_NAME} needs your hand", hint="`glm config edit` opens the file.")
    replace_file(folder / FILE_NAME, text, mode=None)


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without tables that hold nothing: they mean nothing, and come and go with their last key."""
    filled = {name: _filled(value) if isinstance(value, dict) else value for name, value in data.items()}
    return {name: value for name, value in filled.items() if value != {}}


def _inline(value: Any) -> Any:
    """Objects on one line: as tables of their own they would end the table they stand in."""
    import tomlkit

    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(map(_inline, value))
        return array
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    for name, item in value.items():
        table[name] = _inline(item)
    return table


def _refuse_secret(name: str) -> None:
    if SECRETS.fullmatch(name.lower().replace("-", "_")):
        raise UsageError(
            "a token is not given as an argument, where the shell's history and other users can see it",
            hint="`glm config login` asks for it, with --token-stdin it reads it. If it was real, revoke it.",
        )


def _field_value(field: Field, text: str) -> Any:
    from glmcli.api.fields import read_value
    from glmcli.api.validate import faults

    value = read_value(field, text)
    if value is None:
        raise UsageError(f"{field.name} cannot be null in {FILE_NAME}", hint="`glm config unset` takes a key out.")
    for fault in faults({"messages": [{"role": "user", "content": "."}], field.name: value}):
        raise UsageError(f"{fault.pointer}: {fault.message}", hint=field.help)
    return value
