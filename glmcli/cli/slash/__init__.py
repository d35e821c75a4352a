"""The slash commands of the REPL: names, what they take, what they do (interface §11). One module a subject, each with
a table of its own; here they are one.

A unique beginning of a name will do. What is unknown or ambiguous is an error, and never goes to the model. A command
that fails changes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glmcli.cli.slash import (
    branches,
    choices,
    clipboard,
    context,
    costs,
    forms,
    history,
    input,
    sessions,
    shell,
    show,
    templates,
    tools,
    turns,
)
from glmcli.cli.slash.slash import Slash, prose, row
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl


def obey(repl: "Repl", line: str) -> None:
    """Carries out a line that starts with `/` or `!`. Raises UsageError for one that is no command."""
    if line.startswith("!"):
        line = f"/run {line[1:]}"
    name, *rest = re.split(r"\s+", line[1:], maxsplit=1)
    slash = find(name)
    argument = "".join(rest).strip()
    if argument and not slash.argument:
        raise UsageError(f"/{slash.names[0]} takes nothing after it; nothing was done")
    slash.run(repl, argument)


def find(name: str) -> Slash:
    """The command of that name, or of the only one that begins so. Raises UsageError."""
    known = {other: it for it in SLASHES for other in it.names}
    if name in known:
        return known[name]
    begun = [other for other in known if name and other.startswith(name)]
    if len({known[other].names for other in begun}) == 1:
        return known[begun[0]]
    if begun:
        could = ", ".join(f"/{other}" for other in begun)
        raise UsageError(f"/{name} could be {could}; nothing was sent", hint="Type more of it.")
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    nearest = f"Did you mean /{close[0]}?" if close else "/help lists the commands."
    raise UsageError(
        f"there is no command /{name}; nothing was sent", hint=f"{nearest} To send it as a message write //{name}"
    )


def _help(repl: "Repl", argument: str) -> None:
    if argument:
        slash = find(argument.removeprefix("/"))
        others = f" (also {', '.join(f'/{name}' for name in slash.names[1:])})" if slash.names[1:] else ""
        row(repl, f"/{slash.names[0]} {slash.argument}", f"{slash.help}{others}")
        return
    for group in GROUPS:
        for it in group:
            row(repl, f"/{it.names[0]} {it.argument}", it.help)
        repl.say()
    for key, what in repl.keyboard.described():
        row(repl, key, what)
    repl.say()
    prose(repl, "A unique beginning of a command will do. To send a message that begins with / or !, write it twice.")


GROUPS: tuple[tuple[Slash, ...], ...] = (
    (Slash(("help", "?"), "[COMMAND]", "lists commands and keys", _help, "command"), *turns.SLASHES, *branches.SLASHES),
    (*history.SLASHES, *sessions.SLASHES),
    (*input.SLASHES, *templates.SLASHES, *shell.SLASHES, *clipboard.SLASHES),
    choices.SLASHES,
    (*show.SLASHES, *forms.SLASHES),
    tools.SLASHES,
    (*context.SLASHES, *costs.SLASHES),
)
SLASHES = tuple(it for group in GROUPS for it in group)
