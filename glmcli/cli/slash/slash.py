"""One slash command as data, and how the commands show things in two columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl

Completes = Literal[
    "",
    "command",
    "field",
    "assignment",
    "assignments",
    "model",
    "path",
    "session",
    "choice",
    "tool",
    "server",
    "schema",
    "template",
]
"""What the Tab key offers after a command: `assignment` is the name of a field and then its value, `assignments` are
several NAME=VALUE, `choice` is one of the words that the command names itself."""


@dataclass(frozen=True)
class Slash:
    """One command. names: the first is the one that is shown. argument: how its argument is written in the help, empty
    where it takes none. completes: what the Tab key offers for it, beside the words in choices."""

    names: tuple[str, ...]
    argument: str
    help: str
    run: "Callable[[Repl, str], None]"
    completes: Completes = ""
    choices: tuple[str, ...] = ()


def row(repl: "Repl", left: str, right: str, column: int = 24) -> None:
    """Two columns, the second one broken between words; below a left one that needs more room."""
    from glmcli.ui.columns import wrapped

    lines = list(wrapped(right, max(20, repl.terminal.width - column)))
    if len(left) < column:
        repl.say(f"{left:<{column}}{lines.pop(0)}")
    else:
        repl.say(left)
    for line in lines:
        repl.say(f"{'':<{column}}{line}")


def prose(repl: "Repl", text: str) -> None:
    """What was asked for, broken between words."""
    from glmcli.ui.columns import wrapped

    for line in text.split("\n"):
        for fitting in wrapped(line, repl.terminal.width):
            repl.say(fitting)
