"""`glm config templates`: the templates that are kept, listed, shown, written and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from glmcli.cli.command import CONTEXT, Invocation, command, passing_on
from glmcli.errors import ConfigError, ExitStatus, RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from glmcli.templates import Broken, Template

HELP = "Prompts with variables, for -t; alone it lists them."

EXAMPLE = """\
# A template of glm. A word after a dollar sign is a variable that -p NAME=VALUE gives a value to; a dollar sign itself
# is written twice. The variable below is what the user gives: words, stdin, files.

description = ""
prompt = \"\"\"
$input
\"\"\"

# system = "You are a careful reviewer."
# model = "@cf/zai-org/glm-4.7-flash"
# tools = ["read_file"]              # as -T takes them
# functions = ["lint.py"]            # files of Python functions, from the folder of this one
# schema = "title, rating int"       # as --schema takes it
# extract = "first"                  # or the code that glm run prints: first, last or all

# [options]                          # request fields; `glm config params` lists them
# temperature = 0.2

# [params]                           # what variables are where nobody gives them a value
"""

Name = Annotated[str, typer.Argument(metavar="TEMPLATE", help="The name of a template.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON value for scripts.")]


class Listing(TyperGroup):
    """A group whose `list` goes without saying."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        bare = not args or args[0].startswith("-")
        if bare and not any(it in self.commands or it in CONTEXT["help_option_names"] for it in args):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="templates",
    help=HELP,
    cls=Listing,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)
app.callback()(passing_on(HELP))


@command(app, "list")
def list_(call: Invocation, json_: Json = False) -> None:
    """Every template with its variables and what it is for."""
    from glmcli.cli.session_lines import aligned
    from glmcli.templates import Broken, folder_of, kept
    from glmcli.ui.columns import fit

    found = list(kept(call.folder))
    if json_:
        from glmcli.ui.machine import dumps

        call.terminal.write(dumps([_as_json(it, folder_of(call.folder)) for it in found], indent=2) + "\n")
        return
    if not found:
        call.terminal.note("there are no templates yet: `glm config templates edit NAME` writes one")
    lines = aligned([_row(it) for it in found]) if found else []
    for it, line in zip(found, lines, strict=True):
        shown = fit(line, call.terminal.width) if call.terminal.out_is_tty else line
        call.terminal.write(shown, style="warning" if isinstance(it, Broken) else "")
        call.terminal.write("\n")


@command(app, "show")
def show(call: Invocation, name: Name) -> None:
    """Print a template as it stands in its file."""
    from glmcli.templates import load, named
    from glmcli.toml_text import read_file

    call.terminal.write(read_file(named(call.folder, name)))
    load(call.folder, name)  # what is wrong with it is said, and makes the status 3


@command(app, "edit")
def edit(call: Invocation, name: Name) -> ExitStatus | None:
    """Open a template in $VISUAL or $EDITOR. A new one begins with an example; it is checked afterwards."""
    from glmcli.cli.ask import edit_until_right
    from glmcli.templates import named, names
    from glmcli.templates.writing import create

    if name in names(call.folder):
        return edit_until_right(call, named(call.folder, name), lambda: _faults(call, name))
    path = create(call.folder, name, EXAMPLE)
    try:
        status = edit_until_right(call, path, lambda: _faults(call, name))
    finally:
        unchanged = _text(path) == EXAMPLE
        if unchanged:
            path.unlink(missing_ok=True)
    if unchanged:
        call.terminal.note("nothing was written, so there is no new template")
    elif status is None:
        call.terminal.note(f"use it with: glm run -t {name}")
    return status


@command(app, "rm")
def rm(
    call: Invocation,
    names: Annotated[
        list[str], typer.Argument(metavar="TEMPLATE...", help="The names of templates.", show_default=False)
    ],
) -> None:
    """Remove templates."""
    from glmcli.templates import named

    paths = {name: named(call.folder, name) for name in names}
    for name, path in paths.items():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot remove {path}: {error.strerror}", hint="Check who owns the folder.") from None
        call.terminal.note(f"removed the template {name}")


@command(app, "path")
def path(
    call: Invocation,
    name: Annotated[
        str | None, typer.Argument(metavar="TEMPLATE", help="The name of a template.", show_default=False)
    ] = None,
) -> None:
    """Where a template is, or all of them are, or would be."""
    from glmcli.templates import folder_of, named

    call.terminal.write(f"{named(call.folder, name) if name else folder_of(call.place)}\n")


def _faults(call: Invocation, name: str) -> list[str]:
    """What is wrong with a template, the values of its request fields included."""
    from glmcli.api.request import check, user
    from glmcli.templates import load

    try:
        options = load(call.folder, name).options
        values = {field: it.value for field, it in options.items()}
        check({"messages": [user(".")], **values}, {field: it.told for field, it in options.items()}, strict=False)
    except (ConfigError, RequestError) as error:
        return error.message.splitlines()
    return []


def _text(path: "Path") -> str | None:
    from glmcli.toml_text import read_file

    try:
        return read_file(path)
    except ConfigError:
        return None


def _row(it: "Template | Broken") -> tuple[str, str, str]:
    from glmcli.templates import Broken

    if isinstance(it, Broken):
        return it.name, "broken", it.why.partition("\n")[0]
    return it.name, it.summary, it.description


def _as_json(it: "Template | Broken", folder: "Path") -> dict[str, Any]:
    from glmcli.templates import Broken

    known: dict[str, Any] = dict.fromkeys(("description", "takes_input", "params", "problem"))
    if isinstance(it, Broken):
        known["problem"] = it.why
    else:
        params = {name: it.params.get(name) for name in it.variables}
        known |= {"description": it.description, "takes_input": it.takes_input, "params": params}
    return {"name": it.name, "path": str(folder / f"{it.name}.toml"), **known}
