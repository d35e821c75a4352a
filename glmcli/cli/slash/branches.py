"""The slash command that finds what /undo, /retry and /edit have left behind: the branches of a stored session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl
    from glmcli.store import StoredMessage


def _branch(repl: "Repl", argument: str) -> None:
    session = repl.conversation.session
    if session is None:
        raise UsageError("this conversation has no branches: it is not stored", hint="One begins with a message.")
    with repl.conversation.store() as store:
        head = store.get(session.id).head
        ends = ends_of(store.tree(session.id))
        if argument:
            end = _numbered(argument, ends)
            store.set_head(session.id, end.id)
            session = store.get(session.id)
    if not argument:
        _list(repl, ends, head)
        return
    repl.go_on_with(session)
    repl.recall()


def ends_of(tree: "list[StoredMessage]") -> "list[StoredMessage]":
    """The last message of each branch, the newest first."""
    followed = {it.parent for it in tree}
    return [it for it in reversed(tree) if it.id not in followed]


def _list(repl: "Repl", ends: "list[StoredMessage]", head: int | None) -> None:
    """One line a branch: its number, when its last message was said, by whom, and how it begins."""
    from glmcli.cli.session_lines import age, aligned
    from glmcli.cli.slash.history import MARKS
    from glmcli.ui.columns import fit

    now = repl.terminal.world.now()
    rows = [
        (f"{'*' if it.id == head else ' '}{number}", age(it.created, now), it.role + MARKS[it.status], _words(it))
        for number, it in enumerate(ends, 1)
    ]
    for line in aligned(rows, right=(0, 1)):
        repl.say(fit(line, repl.terminal.width))
    repl.say("/branch and a number goes on there")


def _words(message: "StoredMessage") -> str:
    from glmcli.store import said

    return said(message.message).strip() or "(nothing)"


def _numbered(text: str, ends: "list[StoredMessage]") -> "StoredMessage":
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= len(ends)):
        raise UsageError(f"there is no branch {text}", hint="/branch shows the numbers.")
    return ends[int(text) - 1]


SLASHES = (Slash(("branch",), "[N]", "lists what /undo, /retry and /edit left behind, or goes on with it", _branch),)
