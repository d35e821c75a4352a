"""Slash commands that go on with the conversation, or begin another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glmcli.cli.slash.choices import assignment, with_field
from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl


def _exit(repl: "Repl", argument: str) -> None:
    repl.leave()


def _new(repl: "Repl", argument: str) -> None:
    session = repl.conversation.session
    repl.start_over()
    kept = f"; the old one is kept as {session.name or session.id}" if session else ""
    repl.terminal.note(f"a new session{kept}")


def _retry(repl: "Repl", argument: str) -> None:
    plan = repl.plan
    # A value may hold blanks: what follows one is another field only if it looks like one.
    for given in re.split(r"\s+(?=\w+=)", argument) if argument else ():
        name, text = assignment(given)
        if not text:
            raise UsageError(f"{given} is not of the form NAME=VALUE", hint="For example: /retry temperature=1")
        plan = with_field(plan, name, text, "/retry")
    repl.check(plan)
    if not repl.unasked and not repl.conversation.back_to_question():
        raise UsageError("nothing was asked yet", hint="Type a message first.")
    repl.ask(repl.unasked, plan)


SLASHES = (
    Slash(("exit", "quit", "bye"), "", "leaves; the session is kept", _exit),
    Slash(("new", "clear", "reset"), "", "starts a new session; the old one is kept", _new),
    Slash(
        ("retry", "regenerate"),
        "[NAME=VALUE]...",
        "asks the last question again, with fields set for once",
        _retry,
        "assignments",
    ),
)
