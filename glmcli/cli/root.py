"""The command `glm` itself: its subcommands, loaded when they are named, and what a bare word means (interface §1)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from glmcli.cli.command import CONTEXT, Invocation, passing_on
from glmcli.errors import EXIT_STATUSES, UsageError
from glmcli.world import World

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("glmcli.cli.run:app", "One prompt in, one answer out."),
    "chat": ("glmcli.cli.chat:app", "Talk in the terminal, turn by turn."),
    "sessions": ("glmcli.cli.sessions:app", "Stored conversations."),
    "tools": ("glmcli.cli.tools:app", "Functions, programs and MCP servers that the model may call."),
    "config": ("glmcli.cli.config:app", "Settings, credentials, diagnosis."),
    "serve": ("glmcli.cli.serve:app", "The demo endpoint in the foreground, to test scripts against."),
}

# The options of every command that may stand before its name, but for those with a value in the next word.
_GLOBAL_FLAG = re.compile(r"--(quiet|verbose|debug|(profile|config-dir|color)=.*)|-[qv]+", re.DOTALL).fullmatch

HELP = "Talk to GLM-4.7-Flash on Cloudflare Workers AI."


class Root(TyperGroup):
    """Imports a command's module when the command is used, and not before."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Exit statuses"):
            formatter.write_dl([(str(int(status)), text) for status, text in EXIT_STATUSES.items()])


def load(name: str) -> Any:
    """The Typer command of that name."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    loaded = typer.main.get_command(getattr(import_module(module), attribute))
    loaded.name = name
    return loaded


def root() -> Any:
    """The command `glm`, with no subcommand loaded."""
    app = typer.Typer(
        name="glm",
        cls=Root,
        help=HELP,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )

    app.callback()(passing_on(HELP, [version()]))
    return typer.main.get_command(app)


def version() -> inspect.Parameter:
    """`--version`, which is shown in the help; `glmcli.__main__` answers it before anything is imported."""

    def show(wanted: bool) -> None:
        if wanted:
            from glmcli import __version__

            typer.echo(f"glm {__version__}")
            raise typer.Exit

    option = typer.Option("--version", "-V", callback=show, is_eager=True, help="Show the version and exit.")
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter("version", kind, default=False, annotation=Annotated[bool, option])


def invoke(arguments: Sequence[str], world: World) -> int:
    """Runs one command line; returns its exit status. Raises what the command raises."""
    command = root()
    try:
        with command.make_context("glm", with_command(arguments, world), obj=Invocation(world)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    return 0


def with_command(arguments: Sequence[str], world: World) -> list[str]:
    """The arguments with the name of a command in them: `glm "two words"` is `glm run "two words"`; `glm` alone is
    `chat` on a terminal and `run` where stdin is piped. Raises UsageError for a lone word that is no command."""
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word in ("-h", "--help", "-V", "--version"):
            return list(arguments)
        if word in ("--profile", "--config-dir", "--color"):
            at += 2
        elif _GLOBAL_FLAG(word):
            at += 1
        else:
            break
    if at > len(arguments):  # an option without its value, which Typer says better
        return list(arguments)
    before, words = list(arguments[:at]), list(arguments[at:])
    if not words:
        return [*before, "chat" if world.stdin_tty else "run"]
    first = words[0]
    if first in COMMANDS:
        return [*before, *words]
    if first.startswith("-") or not first or any(character.isspace() for character in first):
        return [*before, "run", *words]
    from difflib import get_close_matches

    close = get_close_matches(first, COMMANDS, n=1)
    if close or all(word.startswith("-") for word in words[1:]):
        import shlex

        nearest = f"Did you mean `glm {close[0]}`? " if close else ""
        raise UsageError(
            f"{first!r} is not a command of glm", hint=f"{nearest}A prompt is asked with: glm run {shlex.join(words)}"
        )
    return [*before, "run", *words]


def usage_error_type() -> type[Exception]:
    """What Typer raises for a command line it cannot read. Its Click is vendored, hence the way round."""
    return typer.BadParameter.__mro__[2]
