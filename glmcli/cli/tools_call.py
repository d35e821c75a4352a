"""`glm tools call`: one tool, run without a model."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmcli.cli.command import Invocation
from glmcli.cli.tools_opened import opened
from glmcli.errors import UnusableError, UsageError

if TYPE_CHECKING:
    from glmcli.tools.tool import Tool
    from glmcli.tools.toolbox import Toolbox


def call_(
    call: Invocation,
    name: Annotated[str, typer.Argument(metavar="TOOL", help="The tool.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENT=VALUE]...", help="Its arguments; a custom tool's input.")
    ] = None,
    args: Annotated[
        str | None,
        typer.Option("--args", metavar="JSON|@FILE", help="Its arguments, or a custom tool's input; @- is stdin."),
    ] = None,
    functions: Annotated[
        str | None, typer.Option("--functions", metavar="FILE.py", help="Look for it in this file.")
    ] = None,
    root: Annotated[
        list[str] | None, typer.Option("--root", metavar="DIR", help="A folder for the file tools (the working one).")
    ] = None,
) -> None:
    """Run a tool without a model. Prints what the model would get, and asks nobody. The exit status is 2 where the
    arguments do not fit, 9 where the tool fails."""
    from glmcli.tools.calling import checked
    from glmcli.tools.kept import kept
    from glmcli.tools.tool import Stop

    with opened(call) as toolbox:
        roots = [Path(it).expanduser().absolute() for it in root or ()]
        tool = _found(toolbox, name, functions, roots)
        if tool.run is None:
            raise UsageError(
                f"{name} is only defined: nothing here carries it out",
                hint="Give its definition a command, or put an executable file beside it.",
            )
        try:
            ready = checked(tool, _arguments(call, tool, args, values))
        except ValueError as fault:
            more = "; --root opens a folder" if tool.scope is not None and tool.name != "fetch_url" else ""
            raise UsageError(str(fault), hint=f"`glm tools show {name}` shows what it takes{more}.") from None
        stop = Stop()
        try:
            result = tool.run(ready.arguments, stop)
        except BaseException:
            stop.set()
            raise
    if result.failed:
        said = result.text.strip()
        raise UnusableError(said if said.startswith(f"{name} ") else f"{name} failed: {said}")
    text = kept(result.text)
    call.terminal.write(text if text.endswith("\n") else text + "\n")


def pair(text: str, mark: str, what: str, hint: str) -> tuple[str, str]:
    """A name and a value around a mark. Raises UsageError."""
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(f"{what} {text!r} is not of the form NAME{mark}VALUE", hint=hint)
    return name.strip(), value


def _found(toolbox: "Toolbox", name: str, functions: str | None, roots: list[Path]) -> "Tool":
    tools = toolbox.of_file(Path(functions).expanduser()) if functions else toolbox.named(name, roots)
    if not functions and len(tools) == 1:
        return tools[0]
    for tool in tools:
        if tool.name == name:
            return tool
    raise UsageError(
        f"{functions} has no tool {name}" if functions else f"{name} holds several tools",
        hint=f"Name one: {', '.join(tool.name for tool in tools)}.",
    )


def _arguments(call: Invocation, tool: "Tool", args: str | None, values: list[str] | None) -> str:
    """The text of a call's arguments. Raises UsageError."""
    from glmcli.cli import stdin
    from glmcli.cli.prompt import read_path
    from glmcli.ui.machine import dumps

    if args is not None and values:
        raise UsageError("--args and NAME=VALUE are two forms of the arguments", hint="Leave one of them out.")
    if args == "@-":
        return stdin.read(call.world, call.terminal.note, timeout=None)
    if args is not None:
        return read_path(args[1:]) if args.startswith("@") else args
    if tool.kind == "custom":
        return " ".join(values or ())
    given: dict[str, Any] = {}
    for word in values or ():
        name, text = pair(word, "=", "the argument", f"`glm tools show {tool.name}` shows what it takes.")
        if name in given:
            raise UsageError(f"{name} is given twice", hint=f"A list is written as JSON: {name}='[1, 2]'.")
        given[name] = _value(tool, name, text)
    return dumps(given)


def _value(tool: "Tool", name: str, text: str) -> Any:
    """JSON where the schema of the argument takes that, else the text itself; of two that do not fit, the JSON, since
    that is what can be told to be wrong."""
    import jsonschema_rs

    from glmcli.api import json_text

    parameters = tool.parameters or {}
    schema = (parameters.get("properties") or {}).get(name, {})
    with suppress(UsageError, ValueError):
        value = json_text.parse(text.encode())
        definitions: dict[str, Any] = {key: parameters[key] for key in ("$defs", "definitions") if key in parameters}
        fits = partial(jsonschema_rs.is_valid, {**definitions, **schema})
        if not isinstance(value, str) and (fits(value) or not fits(text)):
            return value
    return text
