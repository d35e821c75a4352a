"""Slash commands about stored sessions: which there are, what was said in them, and going on with another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glmcli.api.request import Sourced, overlay
from glmcli.cli.plan import Plan, structured_of, wanted_of
from glmcli.cli.slash.slash import Slash
from glmcli.errors import ConfigError, Terminated, UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl
    from glmcli.store import Session, Store

LISTED = 10
OFFERED = 100


def _sessions(repl: "Repl", argument: str) -> None:
    limit = _limit(argument)
    sessions, rows = _rows(repl, limit)
    if not sessions:
        repl.say("no conversation is stored yet")
    width = len(str(len(sessions)))
    for number, line in enumerate(rows, 1):
        _say(repl, f"{line[:1]}{number:>{width}} {line[1:]}")


def _resume(repl: "Repl", argument: str) -> None:
    session = _chosen(repl, argument)
    if session is None:
        return
    if session.id == repl.conversation.id:
        repl.terminal.note("that is this session")
        return
    before = repl.plan.profile
    plan = plan_for(_under_its_profile(repl, session), session)
    told: list[str] = []
    if repl.tooling is not None:
        plan, told = repl.tooling.equip_rest(plan, session)
    repl.check(plan)
    repl.go_on_with(session)
    repl.plan = plan
    repl.usages[:] = repl.conversation.usages()
    repl.announce()
    for line in told:
        repl.terminal.note(line)
    if plan.profile != before:
        repl.terminal.note(f"{plan.model.value}, profile {plan.profile}")
    repl.recall()


def _under_its_profile(repl: "Repl", session: "Session") -> "Plan":
    """The plan under the profile that the session was held under; where that cannot be reached, under this one, as is
    said then."""
    if session.profile in (None, repl.plan.profile):
        return repl.plan
    from glmcli.cli.command import Invocation

    world, settings = repl.terminal.world, repl.plan.settings
    why = ""
    if session.profile in settings.profiles:
        call = Invocation(world, config_dir=str(settings.folder), quiet=repl.terminal.quiet)
        try:
            other = call.settings_of(session.profile)
            repl.reach(other, session.model or "")
            return replace(repl.plan, settings=other)
        except ConfigError as error:
            why = f" ({error.message})"
    repl.terminal.note(f"it was held under the profile {session.profile}{why}, and goes on under {repl.plan.profile}")
    return repl.plan


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
        wanted=wanted_of(session),
        tools=(),
        structured=structured_of(session),
    )


def _chosen(repl: "Repl", argument: str) -> "Session | None":
    """The session that is named, or picked from the list; None where the user would rather not."""
    number = argument
    if not argument:
        sessions, rows = _rows(repl, OFFERED)
        if not sessions:
            raise UsageError("there is no session to go on with", hint="Type a message to start one.")
        try:
            keys = [it.name or row[2:].split()[0] for it, row in zip(sessions, rows, strict=True)]
            number = repl.keyboard.pick("go on with: ", list(zip(keys, rows, strict=True))).strip()
        except Terminated:
            raise
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


def _rows(repl: "Repl", limit: int) -> "tuple[list[Session], list[str]]":
    """The sessions used last, and a line for each; a mark stands before this one."""
    from glmcli.cli.session_lines import aligned, described

    with repl.conversation.store() as store:
        sessions = store.list(limit)
        rows = [described(store, session, repl.terminal.world.now()) for session in sessions]
    marks = ["*" if session.id == repl.conversation.id else " " for session in sessions]
    return sessions, [f"{mark} {row}" for mark, row in zip(marks, aligned(rows, right=(1, 2)), strict=True)]


def _search(repl: "Repl", argument: str) -> None:
    from glmcli.cli.session_lines import LEFT, aligned, found

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
    if any(LEFT in row[2] for row in rows):
        repl.say("what was left is on another branch of its session, which /branch shows there")
    if len(hits) > LISTED:
        repl.say("and more; glm sessions search --limit 0 shows all of it")
    repl.say("/resume and the beginning of an id, or a name, goes on with a session")


def _rename(repl: "Repl", argument: str) -> None:
    if not argument:
        raise UsageError("a session needs a name to be called by", hint="For example: /rename trip")
    repl.conversation.rename(argument)
    repl.terminal.note(f"this session is called {argument}")


def _say(repl: "Repl", line: str) -> None:
    from glmcli.ui.columns import fit

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
