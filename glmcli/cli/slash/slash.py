"""One slash command as data, and how the commands show things in two columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl

Completes = Literal["", "command", "field", "assignment", "assignments", "model", "path", "session", "choice"]
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
    """Two columns, the second one wrapped to the terminal."""
    from textwrap import wrap

    lines = wrap(right, max(20, repl.terminal.width - column - 1), break_on_hyphens=False)
    repl.say(f"{left:<{column}}{lines[0]}")
    for line in lines[1:]:
        repl.say(f"{'':<{column}}{line}")
