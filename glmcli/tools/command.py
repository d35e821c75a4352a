"""Tools that are programs: a JSON definition says which (`sidecar.py`), and the program gets the call on its stdin.

A function's arguments are a line of JSON there, a custom tool's input is its own text. What the program prints is the
result; an exit status other than 0 is a failure, told with the end of stderr. No shell is involved, and nothing that
the model wrote ever becomes an argument of the program.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from glmcli.errors import UsageError
from glmcli.tools.child import result_of, run_child
from glmcli.tools.definitions import Definition, faults, read
from glmcli.tools.environment import child_environment
from glmcli.tools.sidecar import Sidecar
from glmcli.tools.tool import Approval, Result, Stop, Tool

INTERPRETERS = re.compile(
    r"(env|uv|python|pypy|node|nodejs|deno|bun|ruby|perl|php|lua|bash|dash|zsh|fish|sh|Rscript|osascript)[\d.]*"
)
"""Programs that run a file: the first of their arguments that is one."""


def read_tools(path: Path, cwd: Path, environ: Mapping[str, str], *, secrets: Iterable[str] = ()) -> list[Tool]:
    """The tools of a JSON file: of one definition or of a list. Starts nothing.

    cwd: where programs run that say nothing else. environ: what their variables are taken from. secrets: names of
    variables that none of them gets. A definition without a program is a tool that does not run here.
    Raises UsageError where the file cannot be read, and with the first fault of a definition.
    """
    secrets = tuple(secrets)
    return [_tool(definition, cwd, environ, secrets) for definition in read(path)]


def _tool(definition: Definition, cwd: Path, environ: Mapping[str, str], secrets: tuple[str, ...]) -> Tool:
    if found := faults(definition):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise UsageError(
            f"{definition.place}: {found[0]}{more}", hint=f"`glm tools check {definition.path}` shows all."
        )
    how = definition.sidecar
    source = str(definition.path)
    if how is None:
        return Tool(definition.sent, source, None)
    command = _Command(
        definition.name, how, how.cwd or cwd, child_environment(environ, how.environment, secrets=secrets)
    )
    return Tool(
        definition.sent,
        source,
        command.run,
        Approval.UNASKED if how.safe else Approval.EACH,
        implementation=command.implementation(),
    )


class _Command:
    """A program with where and how it runs.

    Between the look at its content and its start somebody who may write to it can still change it. To start the very
    descriptor that was looked at (/proc/self/fd) would not help: it may be written to in place, and a script, which
    most are, would find that descriptor's name in $0 where it looks for what lies beside it.
    """

    def __init__(self, name: str, how: Sidecar, cwd: Path, environ: Mapping[str, str]) -> None:
        self._name = name
        self._how = how
        self._cwd = cwd
        self._environ = environ
        self._content = self._digest()

    def run(self, arguments: Any, stop: Stop) -> Result:
        if self._digest() != self._content:
            return Result(f"{self._name} was not run: its program has changed since it was read.", failed=True)
        finished = run_child(
            self._how.argv,
            stdin=_input(arguments),
            cwd=self._cwd,
            environ=self._environ,
            stop=stop,
            timeout=self._how.timeout,
        )
        return result_of(finished, self._name)

    def implementation(self) -> bytes:
        """What an approval is bound to: how it runs and where, since a Makefile lies there, and the content of what
        runs."""
        how = [
            self._how.argv,
            self._how.timeout,
            sorted(self._how.environment),
            os.path.realpath(self._cwd),
            self._content,
        ]
        return json.dumps(how).encode()

    def _digest(self) -> list[str | None]:
        """Of the program, and of the script that an interpreter is to run: SHA-256; None where it cannot be read."""
        program = self._how.argv[0]
        files: list[Path] = []
        if "/" in program:
            files.append(Path(program))
        elif found := shutil.which(program, path=self._environ.get("PATH", os.defpath)):
            files.append(Path(self._cwd, found))
        if INTERPRETERS.fullmatch(Path(program).name):
            named = (os.path.join(self._cwd, it) for it in self._how.argv[1:])  # noqa: PTH118 - may be no path at all
            files += [Path(it) for it in named if os.path.isfile(it)][:1]  # noqa: PTH113 - likewise
        return [_sha256(file) if file.is_file() else None for file in files]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _input(arguments: Any) -> bytes:
    if isinstance(arguments, str):
        return arguments.encode("utf-8", "replace")
    try:
        return json.dumps(arguments, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return json.dumps(arguments).encode() + b"\n"
