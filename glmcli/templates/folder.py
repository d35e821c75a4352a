"""The templates that a user keeps, by their names, and any other by the path of its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glmcli.errors import ConfigError, UsageError
from glmcli.setting_keys import nearest
from glmcli.templates.template import Template, read

FOLDER = "templates"
SUFFIX = ".toml"


@dataclass(frozen=True)
class Broken:
    """A template that is kept and cannot be used. why: its faults, a line each. hint: what to do."""

    name: str
    why: str
    hint: str


def folder_of(user_folder: Path) -> Path:
    """Where templates are kept; it need not exist."""
    return user_folder / FOLDER


def names(user_folder: Path) -> list[str]:
    """The names of those that are kept."""
    found = folder_of(user_folder).glob(f"*{SUFFIX}")
    return sorted(it.stem for it in found if it.is_file() and not it.name.startswith("."))


def kept(user_folder: Path) -> Iterator[Template | Broken]:
    """All that are kept."""
    for name in names(user_folder):
        try:
            yield load(user_folder, name)
        except ConfigError as error:
            yield Broken(name, error.message, error.hint)


def is_path(name: str) -> bool:
    """Whether it names a file of its own, and none that is kept."""
    return "/" in name or name.endswith(SUFFIX)


def named(user_folder: Path, name: str) -> Path:
    """The file of a template that is kept. Raises UsageError where there is none of that name."""
    known = names(user_folder)
    if name in known:
        return folder_of(user_folder) / f"{name}{SUFFIX}"
    near = nearest(name, known)
    if near:
        hint = f"Did you mean {near}? `glm config templates` lists them."
    elif known:
        hint = "`glm config templates` lists those there are."
    else:
        hint = "There are none yet: `glm config templates edit NAME` writes one, `glm run --save NAME` too."
    raise UsageError(f"there is no template {name}", hint=hint)


def load(user_folder: Path, name: str) -> Template:
    """The template of that name, or of that path. Raises UsageError where there is none, ConfigError where something
    is wrong with it."""
    if is_path(name):
        path = _expanded(name)
        if not path.is_file():
            near = path.stem if path.stem in names(user_folder) else None
            raise UsageError(
                f"{name} cannot be read: {'it is no file' if path.exists() else 'no such file'}",
                hint=f"Did you mean {near}, which is kept?" if near else "Check the path.",
            )
        return read(path, path.stem, name, "Mend the file.")
    path = named(user_folder, name)
    return read(path, name, f"{FOLDER}/{path.name}", f"`glm config templates edit {name}` opens the file.")


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no home directory
        return Path(name)
