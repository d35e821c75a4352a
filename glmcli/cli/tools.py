"""`glm tools`: the tools that a model may be given, where they come from, and which of their calls run unasked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.cli.tools_call import call_
from glmcli.cli.tools_keeping import add, rm
from glmcli.cli.tools_list import AsJson, list_, short
from glmcli.cli.tools_opened import opened
from glmcli.errors import ConfigError, ExitStatus, UsageError
from glmcli.tools.definitions import FOLDER, Definition, all_faults, read
from glmcli.tools.names import JSON, PYTHON
from glmcli.tools.toolbox import Toolbox
from glmcli.ui.machine import dumps

app = group("tools", "Functions, programs and MCP servers that the model may call.")

command(app, "list")(list_)


@command(app, "show")
def show(
    call: Invocation, name: Annotated[str, typer.Argument(metavar="TOOL", help="A tool, a file or an MCP server.")]
) -> None:
    """Print a tool's definition as it is sent."""
    with opened(call) as toolbox:
        definitions = [tool.definition for tool in toolbox.named(name)]
    call.terminal.write(dumps(definitions[0] if len(definitions) == 1 else definitions, indent=2) + "\n")


@command(app, "check")
def check(
    call: Invocation,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOOL|FILE]...", help="Names or files; without any, all that are kept."),
    ] = None,
) -> ExitStatus | None:
    """Check definitions. By the request schema, JSON Schema, their grammar, and the rules of strict mode."""
    bad = False
    seen: dict[str, str] = {}
    with opened(call) as toolbox:
        definitions = list(_named(toolbox, what) if what else _kept(toolbox))
    for it in definitions:
        found = all_faults(it)
        if not found and seen.setdefault(it.name, it.place) != it.place:
            found = [f"/{it.kind}/name: {seen[it.name]} has a tool of this name too"]
        bad = bad or bool(found)
        name = it.place if it.problem else f"{it.name or '?'} ({it.place})"
        call.terminal.write(f"{'fail' if found else 'ok'}  {name}\n")
        for line in found:
            call.terminal.write(f"      {line}\n")
    if not definitions:
        call.terminal.note(f"nothing to check in {call.folder / FOLDER}")
    return ExitStatus.USAGE if bad else None


command(app, "call")(call_)
command(app, "add")(add)
command(app, "rm")(rm)


@command(app, "rules")
def rules(
    call: Invocation,
    json: AsJson = False,
    revoke: Annotated[
        list[int] | None, typer.Option("--revoke", metavar="N", help="Take back this rule (repeatable).")
    ] = None,
) -> None:
    """List what was approved for good, and take it back."""
    from glmcli.tools.approvals import Approvals

    approvals = Approvals(call.folder)
    if revoke:
        for rule in approvals.revoke(set(revoke)):
            call.terminal.note(f"revoked: {rule.tool}: {rule.described}")
        return
    try:
        found = approvals.rules()
    except ConfigError as error:
        raise ConfigError(error.message, hint=error.hint or f"Mend or delete {approvals.path}.") from None
    if json:
        rows = [{"rule": number, **vars(it), "patterns": dict(it.patterns)} for number, it in enumerate(found, 1)]
        call.terminal.write(dumps(rows, indent=2) + "\n")
        return
    if not found:
        call.terminal.note("nothing is approved for good; a question of glm offers it under the key a")
        return
    from glmcli.cli.session_lines import aligned

    table = [
        (str(number), it.tool, it.described, ", ".join(filter(None, (short(it.source, call.folder), it.created[:10]))))
        for number, it in enumerate(found, 1)
    ]
    for line in aligned(table, right=(0,)):
        call.terminal.write(line + "\n")


def _named(toolbox: Toolbox, words: list[str]) -> Iterator[Definition]:
    """Definitions as they stand in their files, and tools of other kinds as definitions. A file that cannot be read is
    one with a problem. Raises UsageError for a name that nothing has."""
    for word in words:
        path = next((it for it in toolbox.files() if it.name == word), Path(word).expanduser())
        if path.is_file() and ("/" in word or path.suffix in (PYTHON, JSON)):
            yield from _of_file(toolbox, path)
            continue
        tools = toolbox.named(word)
        source = Path(tools[0].source)
        if source.suffix == JSON:
            names = {tool.name for tool in tools}
            yield from (it for it in read(source) if it.name in names)
        else:
            yield from (Definition(tool.definition, source) for tool in tools)


def _kept(toolbox: Toolbox) -> Iterator[Definition]:
    from glmcli.tools.concurrently import concurrently

    for broken in toolbox.broken_servers():
        yield Definition(None, Path(broken.source), problem=_after(broken.source, broken.why))
    for found in concurrently([partial(_of_file, toolbox, path) for path in toolbox.files()]):
        yield from found


def _of_file(toolbox: Toolbox, path: Path) -> list[Definition]:
    try:
        if path.suffix == JSON:
            return read(path)
        return [Definition(tool.definition, path) for tool in toolbox.of_file(path)]
    except UsageError as error:
        return [Definition(None, path, problem=_after(str(path), error.message))]


def _after(source: str, problem: str) -> str:
    """What is wrong with a source, without its name."""
    return problem.removeprefix(source).lstrip(": ")
