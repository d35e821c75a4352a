"""The user's `tools/` folder: puts files of tools into it, and takes them out. Runs nothing of them.

A definition and the program beside it go together, under the name they have.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import make_folder
from glmcli.tools.definitions import FOLDER
from glmcli.tools.sidecar import programs_beside


def belonging(path: Path) -> list[Path]:
    """The files that make up the tool of a path, the one that says what it is first: a Python file alone; a definition
    and the program beside it; for a program its definition. Raises UsageError where there is none."""
    if not path.is_file():
        raise UsageError(
            f"there is no file {path}", hint="Give a .py file, a .json definition, or a program beside one."
        )
    if path.suffix == ".py":
        return [path]
    if path.suffix == ".json":
        return [path, *programs_beside(path)]
    for definition in (path.with_name(f"{path.name}.json"), path.with_suffix(".json")):
        if definition.is_file():
            return [definition, path]
    raise UsageError(
        f"{path} has no definition beside it, so the model cannot know it",
        hint=f"Write {path.with_suffix('.json').name}: type, function with name, description and parameters.",
    )


def keep(folder: Path, files: Sequence[Path], *, link: bool, force: bool) -> list[Path]:
    """Copies, or links, files into the user's tools. Raises UsageError for a file that is there already, unless
    `force`; ConfigError where it cannot be written."""
    into = folder / FOLDER
    placed = [into / it.name for it in files]
    for path in placed:
        if os.path.lexists(path) and not force:
            raise UsageError(f"{path} is there already", hint="--force puts the new one in its place.")
    try:
        make_folder(into)
        for source, path in zip(files, placed, strict=True):
            if link:
                _link(source.absolute(), path)
            elif not path.exists() or not source.samefile(path):
                _copy(source, path)
    except OSError as error:
        raise ConfigError(f"cannot write {error.filename or into}: {error.strerror or error}") from None
    return placed


def drop(files: Sequence[Path]) -> None:
    """Removes files of the folder; of a link, the link. Raises ConfigError."""
    for path in files:
        try:
            path.unlink()
        except OSError as error:
            raise ConfigError(f"cannot remove {path}: {error.strerror or error}") from None


def _copy(source: Path, path: Path) -> None:
    """The copy takes the place of what was there in one step, so that a call never runs half of it."""
    new = path.with_name(f".{path.name}.new")
    shutil.copyfile(source, new)
    shutil.copymode(source, new)
    new.replace(path)


def _link(source: Path, path: Path) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(source)
    new.replace(path)
