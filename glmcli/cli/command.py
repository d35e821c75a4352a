"""Turns plain functions into Typer commands. Knows nothing of what the commands do.

A command is a function whose first parameter is the `Invocation` and whose other parameters are declared as Typer
wants them (`Annotated[type, typer.Option(...)]`). It returns an `ExitStatus`, or None for success, or raises. The
options that every command has (interface §1) are added here, and are accepted before and after its name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glmcli.errors import ConfigError, ExitStatus
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.settings import Settings
    from glmcli.ui.terminal import Terminal

Color = Literal["auto", "always", "never"]
EVERYWHERE = ("profile", "config_dir", "color", "quiet", "verbose", "debug")
CONTEXT = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True)
class Invocation:
    """One call of `glm`: the world, and the options that every command has."""

    world: World
    profile: str | None = None
    config_dir: str | None = None
    color: Color | None = None
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    @cached_property
    def place(self) -> Path:
        """Where the user's directory is (interface §8), or would be. Raises ConfigError without a home directory."""
        from glmcli.settings import config_dir

        return config_dir(self.world.environ, self.config_dir)

    @cached_property
    def folder(self) -> Path:
        """The user's directory; it need not exist. Raises ConfigError where it is something else."""
        if self.place.exists() and not self.place.is_dir():
            raise ConfigError(
                f"{self.place} is not a folder",
                hint="Move that file away, or name another folder with --config-dir or GLM_CONFIG_DIR.",
            )
        return self.place

    @cached_property
    def settings(self) -> "Settings":
        """config.toml and the environment, for the chosen profile. Raises ConfigError."""
        return self.settings_of(self.profile)

    def settings_of(self, profile: str | None) -> "Settings":
        """The same for the profile of that name, None for the one that is set. Raises ConfigError."""
        from glmcli.settings import load

        settings = load(self.folder, self.world.environ, profile=profile)
        return settings.without_usage("--quiet") if self.quiet else settings

    @cached_property
    def terminal(self) -> "Terminal":
        """The streams, with the colour choice of the command line, else `auto`."""
        return self._terminal("auto")

    def terminal_for(self, settings: "Settings") -> "Terminal":
        """The streams, with the colour choice of the command line, else that of the settings."""
        return self._terminal(settings.value("color").value)

    def _terminal(self, color: Color) -> "Terminal":
        from glmcli.ui.terminal import Terminal

        return Terminal(self.world, color=self.color or color, quiet=self.quiet)


def _option(
    kind: Any, name: str, *decls: str, help: str, metavar: str | None = None, default: Any = None
) -> inspect.Parameter:
    option = typer.Option(*decls, metavar=metavar, help=help, rich_help_panel="Everywhere", show_default=False)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def everywhere() -> list[inspect.Parameter]:
    """The options that every command accepts. Made anew each time, since Typer fills them in."""
    return [
        _option(str | None, "profile", "--profile", metavar="NAME", help="The profile to use."),
        _option(
            str | None,
            "config_dir",
            "--config-dir",
            metavar="DIR",
            help="The directory for settings, credentials and sessions.",
        ),
        _option(Color | None, "color", "--color", metavar="auto|always|never", help="When to use colour."),
        _option(bool, "quiet", "--quiet", "-q", help="Say nothing but the answer and errors.", default=False),
        _option(bool, "verbose", "--verbose", "-v", help="Show the exchange, secrets hidden.", default=False),
        _option(bool, "debug", "--debug", help="Show where an unexpected error came from.", default=False),
    ]


def merged(invocation: Invocation, options: dict[str, Any]) -> Invocation:
    """The invocation with the options given at this level; those not given stay as they were before the name."""
    given = {name: options.pop(name) for name in EVERYWHERE}
    return replace(invocation, **{name: value for name, value in given.items() if value not in (None, False)})


def bound(function: Callable[..., ExitStatus | None], more: Iterable[inspect.Parameter] = ()) -> Callable[..., None]:
    """The function as Typer wants it: options as parameters, the exit status raised.

    more: parameters that are made from data; their values reach the function in its parameter `options`, a dict.
    """
    more = list(more)
    collected = [parameter.name for parameter in more]
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        if not (collected and parameter.name == "options")
    ]

    def wrapper(*, context: typer.Context, **values: Any) -> None:
        invocation = merged(context.obj, values)
        if collected:
            values["options"] = {name: values.pop(name) for name in collected}
        status = function(invocation, **values)
        if status:
            raise typer.Exit(int(status))

    _declare(wrapper, [*own, *more, *everywhere()])
    wrapper.__doc__ = function.__doc__
    wrapper.__name__ = function.__name__
    return wrapper


def group(name: str, help: str) -> typer.Typer:
    """A command that only holds others, `glm config` say."""
    app = typer.Typer(
        name=name,
        help=help,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )

    app.callback()(passing_on(help))
    return app


def passing_on(help: str, more: Iterable[inspect.Parameter] = ()) -> Callable[..., None]:
    """The Typer callback of a command that only holds others: it takes the options that every command has."""

    def callback(*, context: typer.Context, **values: Any) -> None:
        context.obj = merged(context.obj, values)

    _declare(callback, [*more, *everywhere()])
    callback.__doc__ = help
    return callback


def _declare(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Gives a function of keywords the signature that Typer reads."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    function.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    function.__annotations__ = {}


def command(
    app: typer.Typer, name: str, *, more: Iterable[inspect.Parameter] = (), **how: Any
) -> Callable[[Callable[..., ExitStatus | None]], Callable[..., ExitStatus | None]]:
    """Registers a function as `glm … NAME`; its docstring is the help text."""

    def register(function: Callable[..., ExitStatus | None]) -> Callable[..., ExitStatus | None]:
        app.command(name, context_settings=CONTEXT, **how)(bound(function, more))
        return function

    return register


def single(name: str, function: Callable[..., ExitStatus | None], **how: Any) -> typer.Typer:
    """A command that stands alone, `glm serve` say."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    command(app, name, **how)(function)
    return app
