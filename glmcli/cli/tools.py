"""`glm tools`: the definitions of tools that the user keeps, and whether they are any good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.errors import ExitStatus, UsageError
from glmcli.tools.definitions import FOLDER, Definition, faults, read, stored
from glmcli.ui.machine import dumps

app = group("tools", "Definitions of tools that the model may call.")


@command(app, "list")
def list_(
    call: Invocation, json: Annotated[bool, typer.Option("--json", help="As one JSON list.")] = False
) -> ExitStatus | None:
    """List the definitions in the tools folder."""
    definitions = stored(call.folder)
    if json:
        rows = [
            {"name": it.name, "kind": it.kind, "description": it.description, "file": str(it.path)}
            for it in definitions
        ]
        call.terminal.write(dumps(rows, indent=2) + "\n")
        return None
    if not definitions:
        call.terminal.note(f"no definitions yet; put JSON files into {call.folder / FOLDER}")
    width = max((len(it.name) for it in definitions), default=0)
    for it in definitions:
        call.terminal.write(f"{it.name:<{width}}  {it.kind or '?':<8}  {it.description}".rstrip() + "\n")
    return None


@command(app, "show")
def show(call: Invocation, name: Annotated[str, typer.Argument(help="The tool's name.")]) -> ExitStatus | None:
    """Print a definition as it is sent."""
    definition = _find(call, name)
    call.terminal.write(dumps(definition.value, indent=2) + "\n")
    return None


@command(app, "check")
def check(
    call: Invocation,
    what: Annotated[list[str] | None, typer.Argument(help="Files or names; without any, all that are kept.")] = None,
) -> ExitStatus | None:
    """Check definitions against the request schema, JSON Schema, and the rules of strict mode."""
    if what:
        chosen = [it for word in what for it in (read(Path(word)) if _is_file(word) else [_find(call, word)])]
    else:
        chosen = stored(call.folder)
    bad = False
    seen: dict[str, str] = {}
    for it in chosen:
        found = faults(it)
        if not found and it.name in seen:
            found = [f"/{it.kind}/name: {seen[it.name]} has a tool of this name too"]
        seen.setdefault(it.name, it.place)
        bad = bad or bool(found)
        label = f"{it.name or '?'} ({it.place})"
        call.terminal.write(f"{'fail' if found else 'ok'}  {label}\n")
        for line in found:
            call.terminal.write(f"      {line}\n")
    if not chosen:
        call.terminal.note(f"nothing to check in {call.folder / FOLDER}")
    return ExitStatus.USAGE if bad else None


def _is_file(word: str) -> bool:
    return "/" in word or word.endswith(".json") or Path(word).is_file()


def _find(call: Invocation, name: str) -> Definition:
    definitions = stored(call.folder)
    for it in definitions:
        if it.name == name:
            return it
    from difflib import get_close_matches

    close = get_close_matches(name, [it.name for it in definitions], n=1)
    raise UsageError(
        f"there is no tool {name!r} in {call.folder / FOLDER}",
        hint=f"Did you mean {close[0]}?" if close else "`glm tools list` lists them.",
    )
