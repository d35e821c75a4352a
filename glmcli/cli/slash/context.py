"""Slash commands about the room in the model's context: how full it is, and a summary that makes room."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glmcli.api.request import Sourced, system, user
from glmcli.cli.plan import with_system
from glmcli.cli.room import Filled, estimate
from glmcli.cli.slash.slash import Slash
from glmcli.errors import ExitStatus, GlmError, Interrupted, UsageError
from glmcli.store.records import title_of

if TYPE_CHECKING:
    from glmcli.api.completion import Completion
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl
    from glmcli.store import Session

Message = dict[str, Any]

BAR = 40
"""Characters of the bar."""

FIT = 0.85
"""The part of the window that is given to the model to summarise; the summary needs room too."""

SUMMARISER = """\
You write the notes from which an assistant takes up a long conversation that it can no longer see. Leave out what is \
settled and without consequence; keep, in this order: what the user wants and how, in the user's own terms; what was \
decided and why; facts, names, numbers, paths, commands and code that later turns may need, word for word; what is \
unfinished and what comes next. Write in the language of the conversation. Give the notes alone, as Markdown."""

ASK = "Write these notes about our conversation up to here now."

BEFORE = "What was said in our conversation before this point, as notes:\n\n"


def _context(repl: "Repl", argument: str) -> None:
    recall(repl)
    waiting = [repl.draft.waiting()] if repl.draft.items else []
    filled = repl.filled(waiting)
    if filled.window is None:
        repl.say(f"{_amount(filled)}; how many {repl.plan.model.value} takes is not known here")
    else:
        repl.say(f"{_amount(filled)} of {filled.window:,}: {filled.percent:.1f} %")
        done = min(BAR, round(BAR * filled.percent / 100))
        repl.say(f"[{'#' * done}{'.' * (BAR - done)}]")
    for role, tokens in filled.shares.items():
        repl.say(f"  {role:<12}{tokens:>9,}")
    if waiting:
        repl.say(f"  of them for the next message: about {sum(map(estimate, waiting)):,}")
    if filled.window is not None:
        repl.say(f"  {'free':<12}{max(0, filled.window - filled.tokens):>9,}  for what comes, the answers included")


def _amount(filled: Filled) -> str:
    if not filled.counted:
        return f"about {filled.tokens:,} tokens"
    if filled.counted == filled.tokens:
        return f"{filled.tokens:,} tokens"
    return f"about {filled.tokens:,} tokens ({filled.counted:,} counted by the server)"


def recall(repl: "Repl") -> None:
    """What the server counted in an earlier run of this session, if nothing was counted in this one."""
    session, messages = repl.conversation.session, repl.conversation.messages
    if session is None or repl.room.knows(messages):
        return
    from glmcli.api.events import Usage

    for it in reversed(repl.conversation.path()):
        if it.usage and it.role == "assistant":
            ours = {name: count for name, count in it.usage.items() if name != "raw"}
            at = next((at for at in range(len(messages), 0, -1) if messages[at - 1] == it.message), 0)
            repl.room.counted(messages[:at], Usage(**ours, raw=it.usage.get("raw") or {}))
            return


def _compact(repl: "Repl", argument: str) -> None:
    messages = repl.conversation.messages
    if not any(message.get("role") == "assistant" for message in messages):
        raise UsageError("there is nothing to sum up yet", hint="Type a message first.")
    recall(repl)
    before = repl.filled()
    plan = replace(
        repl.plan, system=Sourced(SUMMARISER, "/compact"), params=_plain(repl.plan), chosen={}, tools=(), structured=""
    )
    asked = user(f"{ASK} {argument}".strip())
    kept = _that_fit(messages, [system(SUMMARISER), asked], before)
    if not kept:
        raise UsageError(
            "what was said last is too long to be summed up", hint="/undo takes it back, /new starts over."
        )
    if left := len(messages) - len(kept):
        repl.terminal.note(f"left out of the summary, since they do not fit: the oldest {left} messages", "warning")
    completion = _summary(repl, repl.body([*kept, asked], plan), plan)
    summary = user(BEFORE + completion.text().strip())
    size = repl.room.filled(with_system(repl.plan, [summary]), repl.plan.model.value).tokens
    cost = [] if completion.usage is None else [completion.usage]
    if size >= before.tokens:
        repl.usages += cost
        repl.terminal.note(
            f"the summary would be no smaller, {size:,} tokens in place of {before.tokens:,};"
            " the conversation is as it was"
        )
        return
    old = repl.conversation.session
    title = (old.title if old else "") or next(map(title_of, messages))
    repl.start_over()
    repl.conversation.begin_with([summary], repl.plan, title)
    repl.usages += cost
    repl.terminal.note(
        f"goes on with a summary: {before.tokens:,} tokens are {size:,} now, {before.tokens - size:,} saved"
        f"{_kept(repl, old) if old else ''}"
    )


def _kept(repl: "Repl", old: "Session") -> str:
    """Where the old conversation is found; asked when the new one is there, since its id may begin the same way."""
    with repl.conversation.store() as store:
        return f"; the old session is kept as {old.name or store.short_id(old.id)}"


def _plain(plan: "Plan") -> dict[str, Sourced]:
    """The fields that a summary is asked with: nothing that wants a form, a tool, or several answers."""
    keep = ("max_tokens", "max_completion_tokens", "temperature", "top_p", "user", "metadata", "chat_template_kwargs")
    return {name: it for name, it in plan.params.items() if name in keep}


def _that_fit(messages: list[Message], around: list[Message], filled: Filled) -> list[Message]:
    """The conversation without its beginning, if all of it is too long to be summed up."""
    if filled.window is None:
        return messages
    # Each message weighs what it is estimated to, in the measure in which the server found the estimates wrong.
    sizes = [estimate(message) for message in messages]
    scale = max(1.0, filled.tokens / max(1, sum(sizes)))
    free = filled.window * FIT - sum(map(estimate, around))
    at = len(messages)
    while at and free - sizes[at - 1] * scale >= 0:
        at -= 1
        free -= sizes[at] * scale
    while 0 < at < len(messages) and messages[at].get("role") != "user":  # nor a result without its call
        at += 1
    return messages[at:]


def _summary(repl: "Repl", body: dict[str, Any], plan: "Plan") -> "Completion":
    """Asks for it. Raises GlmError where it does not come whole; then nothing has changed."""
    from glmcli.cli.interrupts import when_continued
    from glmcli.turn import run_turn
    from glmcli.ui.renderers import choose

    renderer = choose(repl.terminal, format="none", hide_reasoning=True)
    error: GlmError | None = None
    try:
        with repl.answering(plan), when_continued(repl.terminal.displace, repl.terminal.lock):
            completion, error = run_turn(repl.client(plan), body, renderer.feed)
    finally:
        renderer.close(error)
    if isinstance(error, Interrupted) and error.exit_status != ExitStatus.TERMINATED:
        repl.keyboard.hold()
        raise UsageError("interrupted; the conversation is as it was")
    if error is not None:
        raise error
    if not completion.text().strip():
        raise UsageError("the model gave no summary; the conversation is as it was", hint="/compact tries again.")
    return completion


SLASHES = (
    Slash(("context",), "", "shows how full the model's context is", _context),
    Slash(
        ("compact", "compress"),
        "[INSTRUCTIONS]",
        "has the conversation summed up and goes on in a new session with the summary",
        _compact,
    ),
)
