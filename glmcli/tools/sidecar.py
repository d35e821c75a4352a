"""What a tool definition may say beside `type` about the program that carries it out. Starts nothing.

    command      a list of strings: the program and its arguments, none of which the model has a say in. With a "/" in
                 it, the program is sought from the file's folder, else in the PATH
    timeout      seconds (60)
    environment  names of the variables that the program gets, beside the few that every child has
    cwd          a folder, from the file's; without it, the working directory of glm, and an approval for good holds in
                 that one alone
    safe         true: nobody is asked before it runs

Without `command` it is the executable file beside the definition that has its name: `weather.sh` for `weather.json` or
`weather.sh.json`. These keys are ours and are never sent.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmcli.setting_keys import TOKEN_VARIABLES

TIMEOUT = 60.0
LONGEST = 24 * 3600.0
"""Seconds."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Sidecar:
    """How a tool is carried out. argv: the program first, as a path where it is not one of the PATH. timeout: seconds.
    environment: names. cwd: None for the working directory of glm. safe: runs unasked."""

    argv: tuple[str, ...]
    timeout: float = TIMEOUT
    environment: tuple[str, ...] = ()
    cwd: Path | None = None
    safe: bool = False


def split(value: Any) -> tuple[Any, dict[str, Any]]:
    """A definition as it is sent, and the keys of ours that stand in it."""
    if not isinstance(value, dict):
        return value, {}
    return {key: it for key, it in value.items() if key not in _CHECKS}, {
        key: it for key, it in value.items() if key in _CHECKS
    }


def sidecar(keys: dict[str, Any], path: Path, *, alone: bool = True) -> Sidecar | None:
    """How the tool of a definition is carried out, from keys in which `sidecar_faults` finds nothing wrong; None where
    nothing runs. path: of the definition's file. alone: it is the only one in there, so that a program may belong to
    it by its name."""
    folder = path.absolute().parent
    command = list(keys.get("command", ()))
    if command:
        if "/" in command[0]:
            command[0] = os.path.normpath(folder / command[0])
    elif alone and (found := programs_beside(path)):
        command = [str(found[0])]
    else:
        return None
    return Sidecar(
        tuple(command),
        float(keys.get("timeout", TIMEOUT)),
        tuple(keys.get("environment", ())),
        folder / keys["cwd"] if "cwd" in keys else None,
        keys.get("safe", False),
    )


def programs_beside(path: Path) -> list[Path]:
    """The executable files that belong to a definition by their name. One with the name of the file without `.json` is
    the only one."""
    path = path.absolute()
    exact = path.with_suffix("")
    if _is_program(exact):
        return [exact]
    return sorted(it for it in path.parent.glob("*") if it.stem == path.stem and it != path and _is_program(it))


def sidecar_faults(keys: dict[str, Any], path: Path, *, alone: bool = True) -> Iterator[str]:
    """What is wrong with our keys, and with the program they name: a pointer and a sentence each."""
    bad = False
    for key, value in keys.items():
        for fault in _CHECKS[key](value):
            bad = True
            yield f"/{key}{fault}"
    if bad:
        return
    beside = programs_beside(path) if alone and "command" not in keys else []
    if len(beside) > 1:
        yield f"/command: is missing, and {' and '.join(it.name for it in beside)} may both be meant"
        return
    found = sidecar(keys, path, alone=alone)
    if found is None:
        scripts = sorted(_scripts(path)) if alone else []
        for it in scripts:
            yield f"/command: is missing; {it.name} is not executable: chmod +x {it}"
        for key in keys if not scripts else ():
            yield f"/{key}: is of no use: there is no command, and no executable file {path.stem} beside {path.name}"
        return
    program = Path(found.argv[0])
    if "/" in found.argv[0] and not _is_program(program):
        why = "is not executable: chmod +x it" if program.is_file() else "is no file"
        yield f"/command/0: {program} {why}"
    if found.cwd is not None and not found.cwd.is_dir():
        yield f"/cwd: {found.cwd} is no folder"


def _is_program(path: Path) -> bool:
    backup = path.name.endswith("~")  # editors give copies the bits of the file
    return path.is_file() and path.suffix != ".json" and not backup and os.access(path, os.X_OK)


def _scripts(path: Path) -> Iterator[Path]:
    """Files that would belong to the definition if they were executable, and look as if they should be."""
    for it in {path.with_suffix(""), *path.parent.glob(f"{path.stem}.*")} - {path}:
        if it.is_file() and it.suffix != ".json" and _begins_as_script(it):
            yield it


def _begins_as_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _command(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield ": is not a list of strings, the program first: no shell reads it"
        return
    for index, it in enumerate(value):
        if not isinstance(it, str) or "\0" in it or (index == 0 and not it):
            yield f"/{index}: is not a string" if not isinstance(it, str) else f"/{index}: is empty or holds NUL"


def _timeout(value: Any) -> Iterator[str]:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not 0 < value <= LONGEST:
        yield f": is not a number of seconds, more than 0 and at most {LONGEST:,.0f}"


def _environment(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield ": is not a list of names of variables"
        return
    for index, it in enumerate(value):
        if not isinstance(it, str) or not _VARIABLE.fullmatch(it):
            yield f"/{index}: {it!r} is not the name of a variable"
        elif it in TOKEN_VARIABLES:
            yield f"/{index}: {it} holds our token, which no tool gets"


def _cwd(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not value or "\0" in value:
        yield ": is not the path of a folder"


def _safe(value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield ": is neither true nor false"


_CHECKS: dict[str, Callable[[Any], Iterator[str]]] = {
    "command": _command,
    "timeout": _timeout,
    "environment": _environment,
    "cwd": _cwd,
    "safe": _safe,
}
KEYS = tuple(_CHECKS)
