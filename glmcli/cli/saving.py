"""`glm run … --save NAME`: what a command line asks for as a template. Sends nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from glmcli.api.request import check, user
from glmcli.cli.command import Invocation
from glmcli.cli.options import RunOptions, flag_of
from glmcli.cli.prompt import system_prompt
from glmcli.cli.templating import values_of
from glmcli.errors import UsageError

KEPT = frozenset(
    (
        *("prompt", "option", "system", "system_file", "tool", "functions", "schema", "schema_multi"),
        *("extract", "extract_last", "extract_all", "param", "save", "no_stdin", "fields"),
    )
)
"""The options that a template has a place for, or that change nothing here."""


def save(call: Invocation, options: RunOptions) -> None:
    """Writes the template and says where. Raises UsageError for what no template can hold, and where the name is taken;
    RequestError for fields that would be refused."""
    from glmcli.templates.writing import create, new_path, toml_of

    name = options.save or ""
    new_path(call.folder, name)
    _refuse_others(options)
    data = _data(call, options)
    params = _params(options, data)
    if not data:
        raise UsageError("there is nothing to save", hint=f"For example: glm run --save {name} 'Sum up: $input'")
    values = {field: it.value for field, it in options.fields.items()}
    origins = {field: it.told for field, it in options.fields.items()}
    for line in check({"messages": [user(".")], **values}, origins, strict=False):
        call.terminal.note(f"warning: {line}", "warning")
    path = create(call.folder, name, toml_of({**data, **({"params": params} if params else {})}))
    call.terminal.note(f"saved as {path}; use it with: glm run -t {name}")


def _data(call: Invocation, options: RunOptions) -> dict[str, Any]:
    """The keys of the template, but for its params."""
    if options.prompts_from_stdin:
        raise UsageError("a template is saved without its input", hint="Write $input where stdin belongs.")
    fields = {name: it.value for name, it in options.fields.items()}
    if absent := [it.origin for it in options.fields.values() if it.value is None]:
        raise UsageError(f"a template cannot leave out a field: {absent[0]}", hint="Leave that flag out.")
    if "prompt" in fields:
        raise UsageError("the prompt of a template is given as words", hint="Leave out -o prompt.")
    schemas = {"schema": options.schema, "schema_multi": options.schema_multi}
    data = {
        "prompt": options.words if options.words.strip() else None,
        "system": system_prompt(options, call.world, call.terminal.note),
        "model": fields.pop("model", None),
        "tools": _tools(options, call.folder),
        "functions": [str(Path(it).expanduser().absolute()) for it in options.functions or ()] or None,
        **{key: _whole(text) if text is not None else None for key, text in schemas.items()},
        "extract": options.extracts,
        "options": fields or None,
    }
    return {key: value for key, value in data.items() if value is not None}


def _params(options: RunOptions, data: dict[str, Any]) -> dict[str, str]:
    """The values of -p, each for a variable that there is. Raises UsageError."""
    from glmcli.templates.text import INPUT, variables

    params = values_of(options.param or ())
    there = [*variables(data.get("prompt", "")), *variables(data.get("system", ""))]
    if INPUT in variables(data.get("system", "")):
        raise UsageError(f"a system prompt has no ${INPUT}", hint="It belongs into the prompt.")
    if unused := [name for name in params if name not in there or name == INPUT]:
        raise UsageError(
            f"-p {unused[0]} is of no use: ${unused[0]} "
            + ("is what is given later" if unused[0] == INPUT else "stands in neither prompt nor system prompt"),
            hint="Put the words between single quotes, so that the shell leaves the dollar signs in them.",
        )
    return params


def _tools(options: RunOptions, folder: Path) -> list[str] | None:
    if not options.tool:
        return None
    from glmcli.tools.toolbox import anywhere

    return [anywhere(name, folder) for name in options.tool]


def _whole(schema: str) -> str:
    """A schema, or the whole path of the file that it is in."""
    from glmcli.cli.prompt import is_file

    return str(Path(schema).expanduser().absolute()) if is_file(schema) else schema


def _refuse_others(options: RunOptions) -> None:
    """Raises UsageError for a flag that a template has no place for: nothing is left out silently."""
    for it in dataclasses.fields(options):
        if it.name not in KEPT and getattr(options, it.name) != it.default:
            raise UsageError(
                f"a template has no place for {flag_of(RunOptions, it.name)}",
                hint="It keeps prompt, system prompt, model, fields, tools, schema, --extract and -p.",
            )
