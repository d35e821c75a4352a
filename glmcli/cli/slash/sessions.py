"""Slash commands about stored sessions: which there are, what was said in them, and going on with another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glmcli.api.request import Sourced, overlay
from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl
    from glmcli.store import Session, Store

LISTED = 10


def _sessions(repl: "Repl", argument: str) -> None:
    if not _listed(repl, _limit(argument)):
        repl.say("no conversation is stored yet")


def _resume(repl: "Repl", argument: str) -> None:
    session = _chosen(repl, argument)
    if session is None:
        return
    if session.id == repl.conversation.id:
        repl.terminal.note("that is this session")
        return
    plan = plan_for(repl.plan, session)
    repl.check(plan)
    repl.conversation.switch(session)
    repl.plan, repl.unasked, repl.last = plan, [], None
    repl.usages[:] = repl.conversation.usages()
    if session.profile not in (None, plan.profile):
        repl.terminal.note(f"it was held under the profile {session.profile}, and goes on under {plan.profile}")
    repl.recall()


def plan_for(plan: "Plan", session: "Session") -> "Plan":
    """What a session goes on with: its model, where it was held under this profile, its system prompt, its fields."""
    model = plan.settings.value("model") if plan.settings.value("model").value else plan.model
    if session.model and session.profile == plan.profile:
        model = Sourced(session.model, "session")
    kept = {name: Sourced(value, "session") for name, value in session.options.items()}
    return replace(
        plan,
        model=model,
        system=Sourced(session.system, "session") if session.system else None,
        params=overlay(plan.settings.defaults(), kept),
        chosen=dict(session.options),
    )


def _chosen(repl: "Repl", argument: str) -> "Session | None":
    """The session that is named, or picked from the list; None where the user would rather not."""
    number = argument
    if not argument:
        sessions = _listed(repl, LISTED)
        if not sessions:
            raise UsageError("there is no session to go on with", hint="Type a message to start one.")
        repl.say("The number of a session, or Enter for none:")
        try:
            number = repl.keyboard.read().strip()
        except (EOFError, KeyboardInterrupt):
            number = ""
        if not number:
            repl.terminal.note("nothing was changed")
            return None
    with repl.conversation.store() as store:
        if number.isascii() and number.isdecimal() and len(number) <= 3 and not _is_name(store, number):
            sessions = store.list(int(number))
            if not 0 < int(number) <= len(sessions):
                raise UsageError(f"there is no session number {number}", hint="/sessions shows the numbers.")
            return sessions[int(number) - 1]
        return store.find(number)


def _is_name(store: "Store", word: str) -> bool:
    from glmcli.store import UnknownSession

    try:
        return store.find(word).name == word
    except UnknownSession:
        return False


def _listed(repl: "Repl", limit: int) -> "list[Session]":
    """Shows the sessions used last, numbered; a mark stands before this one."""
    from glmcli.cli.session_lines import aligned, described

    with repl.conversation.store() as store:
        sessions = store.list(limit)
        rows = [described(store, session, repl.terminal.world.now()) for session in sessions]
    width = len(str(len(sessions)))
    for number, (session, line) in enumerate(zip(sessions, aligned(rows, right=(1, 2)), strict=True), 1):
        _say(repl, f"{'*' if session.id == repl.conversation.id else ' '}{number:>{width}}  {line}")
    return sessions


def _search(repl: "Repl", argument: str) -> None:
    from glmcli.cli.session_lines import aligned, found

    if not argument:
        raise UsageError("there is nothing to search for", hint="For example: /search blue sky")
    with repl.conversation.store() as store:
        hits = store.search(argument, LISTED + 1)
        rows = [found(store, hit, repl.terminal.world.now()) for hit in hits[:LISTED]]
    if not hits:
        repl.say("nothing was found")
        return
    for line in aligned(rows):
        _say(repl, line)
    if len(hits) > LISTED:
        repl.say("and more; glm sessions search --limit 0 shows all of it")
    repl.say("/resume and the beginning of an id, or a name, goes on with a session")


def _rename(repl: "Repl", argument: str) -> None:
    if not argument:
        raise UsageError("a session needs a name to be called by", hint="For example: /rename trip")
    repl.conversation.rename(argument)
    repl.terminal.note(f"this session is called {argument}")


def _say(repl: "Repl", line: str) -> None:
    from glmcli.ui.status import fit

    repl.say(fit(line, repl.terminal.width))


def _limit(argument: str) -> int:
    if not argument:
        return LISTED
    if not (argument.isascii() and argument.isdecimal() and int(argument[:9])):
        raise UsageError(f"{argument} is no number of sessions", hint="For example: /sessions 30")
    return int(argument[:9])


SLASHES = (
    Slash(("sessions",), "[N]", "lists the stored sessions, those used last first", _sessions),
    Slash(("resume", "chat"), "[NAME|ID|N]", "goes on with another session", _resume, "session"),
    Slash(("search",), "TEXT", "finds words in all sessions, in the thinking and in tool calls too", _search),
    Slash(("rename", "title"), "NAME", "gives this session a name", _rename),
)
