"""The user's `tools/` folder: puts files of tools into it, and takes them out. Runs nothing of them.

A definition and the programs beside it go together, under the names they have.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from glmcli.errors import ConfigError, UsageError
from glmcli.private_file import make_folder
from glmcli.tools.definitions import FOLDER, read
from glmcli.tools.sidecar import programs_beside, split


def belonging(path: Path) -> list[Path]:
    """The files that make up the tool of a path, the one that says what it is first: a Python file alone; a definition
    and the programs beside it; for a program its definition. Raises UsageError where there is none."""
    if not path.is_file():
        raise UsageError(
            f"{path} is a folder" if path.is_dir() else f"there is no file {path}",
            hint="Give a .py file, a .json definition, or a program beside one; an MCP server with --mcp -- COMMAND.",
        )
    if path.suffix == ".py":
        return [path]
    if path.suffix == ".json":
        return [path, *dict.fromkeys(_programs(path))]
    for definition in (path.with_name(f"{path.name}.json"), path.with_suffix(".json")):
        if definition.is_file():
            return belonging(definition)
    raise UsageError(
        f"{path} has no definition beside it, so the model cannot know it",
        hint=f"Write {path.name}.json: type, function with name, description and parameters. An MCP server: --mcp -- "
        f"{path}",
    )


def keep(
    folder: Path, files: Sequence[Path], *, link: bool, force: bool, check: Callable[[Path], object]
) -> list[Path]:
    """Copies, or links, files into the user's tools, where each takes the place of an old one in one step.

    check: raises UsageError where the first of the files, as it will lie there, is no good; then nothing is kept.
    Raises UsageError for a file that is there already, unless `force`; ConfigError where it cannot be written.
    """
    into = folder / FOLDER
    kept = [into / it.name for it in files]
    if files[0].absolute().parent == into.absolute():
        raise UsageError(f"{files[0].name} lies in {into} already", hint="`glm tools check` looks at what lies there.")
    for path in kept:
        if os.path.lexists(path) and not force:
            raise UsageError(f"{path} is there already", hint="--force puts the new one in its place.")
    try:
        make_folder(into)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=into))
        try:
            for source in files:
                if link:
                    (new / source.name).symlink_to(source.absolute())
                else:
                    shutil.copy(source, new)
            _checked(check, new / files[0].name, kept[0])
            for path in kept:
                (new / path.name).replace(path)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write {error.filename or into}: {error.strerror or error}") from None
    return kept


def removable(path: Path, others: Sequence[Path]) -> list[Path]:
    """A kept file with the programs that belong to it and to none of the others."""
    needed = {program for other in others if other.suffix == ".json" and other != path for program in _programs(other)}
    programs = _programs(path) if path.suffix == ".json" else ()
    return [path, *(it for it in dict.fromkeys(programs) if it not in needed)]


def drop(files: Sequence[Path]) -> None:
    """Removes files of the folder; of a link, the link. Raises ConfigError."""
    for path in files:
        try:
            path.unlink()
        except OSError as error:
            raise ConfigError(f"cannot remove {path}: {error.strerror or error}") from None


def _checked(check: Callable[[Path], object], path: Path, shown: Path) -> None:
    try:
        check(path)
    except UsageError as error:
        hint = error.hint
        if path.suffix != ".py":
            hint = "What its program needs lies beside it, or is named by its whole path."
        elif not path.is_symlink():
            hint = "A copy stands alone; --link leaves the file beside what it imports."
        raise UsageError(error.message.replace(str(path.parent), str(shown.parent)), hint=hint) from None


def _programs(path: Path) -> Iterator[Path]:
    """The files beside a definition that it runs: by their name, or because a command names them."""
    folder = path.absolute().parent
    yield from (folder / it.name for it in programs_beside(path))
    with suppress(UsageError):
        for definition in read(path):
            command = split(definition.value)[1].get("command")
            if isinstance(command, list) and command and isinstance(command[0], str) and "/" in command[0]:
                program = Path(os.path.normpath(folder / command[0]))
                if program.parent == folder and program.is_file():
                    yield program
