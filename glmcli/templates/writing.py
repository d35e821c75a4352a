"""Writes a new template as TOML that a person likes to read. Nothing is ever overwritten."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import locked, replace_file
from glmcli.templates.folder import SUFFIX, folder_of

_NAME = re.compile(r"\w[\w.+-]{0,99}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TABLES = ("options", "params", "schema", "schema_multi")

RESERVED = ("none",)
"""What `/template` understands otherwise."""


def new_path(user_folder: Path, name: str) -> Path:
    """Where a template of that name would be. Raises UsageError where no template can have the name, or one has it."""
    if not _NAME.fullmatch(name) or name.endswith(SUFFIX) or name in RESERVED:
        raise UsageError(
            f"{name!r} cannot be the name of a template", hint="Take letters, digits, - and _, for example: review"
        )
    path = folder_of(user_folder) / f"{name}{SUFFIX}"
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"there is a template {name} already",
            hint=f"`glm config templates edit {name}` changes it, `glm config templates rm {name}` removes it.",
        )
    return path


def create(user_folder: Path, name: str, text: str) -> Path:
    """Puts the text into the file of a new template, whole or not at all. Raises UsageError, ConfigError."""
    with locked(folder_of(user_folder)):
        path = new_path(user_folder, name)
        replace_file(path, text)
    return path


def toml_of(data: Mapping[str, Any]) -> str:
    """The keys of a template as TOML. Raises ConfigError for what TOML cannot say."""
    tables = {key: value for key, value in data.items() if key in _TABLES and isinstance(value, dict)}
    lines = [f"{key} = {_text_of(value)}" for key, value in data.items() if key not in tables]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *(f"{_key(name)} = {_text_of(value)}" for name, value in table.items())]
    text = "\n".join(lines).lstrip("\n") + "\n"
    try:
        right = tomllib.loads(text) == data
    except ValueError:
        right = False
    if not right:
        raise ConfigError("this cannot be written as TOML", hint="Write it by hand: glm config templates edit NAME")
    return text


def _text_of(value: Any) -> str:
    """A value at the beginning of a line; a text of several lines is written as such."""
    if not isinstance(value, str) or "\n" not in value:
        return _inline(value)
    text = "\n".join(map(_escaped, value.split("\n")))
    if '"""' not in value and not value.endswith('"'):
        text = text.replace('\\"', '"')
    return f'"""\n{text}"""'


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_inline(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return f'"{_escaped(value)}"' if isinstance(value, str) else json.dumps(value)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else f'"{_escaped(name)}"'


def _escaped(text: str) -> str:
    """As between double quotes: TOML escapes what JSON does, and DEL."""
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
