"""The slash commands of the REPL, one table: names, what they take, what they do (interface §11).

A unique beginning of a name will do. What is unknown or ambiguous is an error, and never goes to the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glmcli.api.fields import fields, read_value
from glmcli.api.price import dollars, neurons
from glmcli.api.request import Sourced
from glmcli.cli.repl import with_field, without_field
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl


@dataclass(frozen=True)
class Slash:
    """One command. names: the first is the one that is shown. argument: how its argument is written in the help."""

    names: tuple[str, ...]
    argument: str
    help: str
    run: "Callable[[Repl, str], None]"


def obey(repl: "Repl", line: str) -> None:
    """Carries out a line that starts with `/`. Raises UsageError for one that is no command."""
    name, _, argument = line[1:].partition(" ")
    find(name).run(repl, argument.strip())


def find(name: str) -> Slash:
    """The command of that name, or of the only one that begins so."""
    exact = [it for it in SLASHES if name in it.names]
    found = exact or [it for it in SLASHES if name and any(other.startswith(name) for other in it.names)]
    if len(found) == 1:
        return found[0]
    if found:
        could = ", ".join(f"/{it.names[0]}" for it in found)
        raise UsageError(f"/{name} could be {could}; nothing was sent", hint="Type more of it.")
    from difflib import get_close_matches

    close = get_close_matches(name, [other for it in SLASHES for other in it.names], n=1)
    nearest = f"Did you mean /{close[0]}? " if close else "/help lists the commands. "
    raise UsageError(
        f"there is no command /{name}; nothing was sent",
        hint=f"{nearest}A message that starts with a slash is written with two: //{name}",
    )


def _help(repl: "Repl", argument: str) -> None:
    rows = [(f"/{it.names[0]} {it.argument}".rstrip(), it) for it in SLASHES]
    width = max(len(left) for left, _ in rows)
    for left, it in rows:
        others = f" (also {', '.join(f'/{name}' for name in it.names[1:])})" if it.names[1:] else ""
        repl.terminal.note(f"{left:<{width}}  {it.help}{others}", "")
    repl.terminal.note("")
    for keys, what in KEYS:
        repl.terminal.note(f"{keys:<{width}}  {what}", "")


KEYS = (
    ("Enter", "sends"),
    ("Alt-Enter, Ctrl-J", 'new line; also a backslash before Enter, Shift-Enter, or lines between """ and """'),
    ("Ctrl-C", "stops the answer; clears the line; twice on an empty line leaves"),
    ("Ctrl-R", "searches what was typed before"),
    ("Ctrl-X Ctrl-E", "opens $EDITOR"),
    ("Ctrl-D", "leaves"),
)


def _exit(repl: "Repl", argument: str) -> None:
    repl.leave()


def _new(repl: "Repl", argument: str) -> None:
    session = repl.conversation.session
    repl.start_over()
    kept = f"; the old one is stored as {session.name or session.id}" if session else ""
    repl.terminal.note(f"a new session{kept}")


def _system(repl: "Repl", argument: str) -> None:
    if not argument:
        system = repl.plan.system
        repl.terminal.note(f"system: {system.value} (from {system.origin})" if system else "no system prompt", "")
        return
    text = "" if argument in ("none", "off") else argument
    repl.choose(replace(repl.plan, system=Sourced(text, "/system") if text else None))
    repl.terminal.note("system prompt set" if text else "no system prompt from now on")


def _set(repl: "Repl", argument: str) -> None:
    if not argument:
        _show(repl)
        return
    name, text = _assignment(argument)
    repl.choose(with_field(repl.plan, name, read_value(fields().get(name), text)))
    repl.terminal.note(f"{name} = {json.dumps(_value(repl.plan, name), ensure_ascii=False)}")


def _value(plan: "Plan", name: str) -> object:
    return plan.model.value if name == "model" else plan.params[name].value


def _assignment(argument: str) -> tuple[str, str]:
    """`name value` or `name=value`."""
    name, equals, text = argument.partition("=")
    if not equals or any(blank.isspace() for blank in name.strip()):
        name, _, text = argument.partition(" ")
    if not text.strip():
        raise UsageError("/set takes a name and a value", hint="For example: /set temperature 0.2; /unset drops one.")
    return name.strip(), text.strip()


def _show(repl: "Repl") -> None:
    plan = repl.plan
    repl.terminal.note(f"model = {json.dumps(plan.model.value)} (from {plan.model.origin})", "")
    for name, it in plan.params.items():
        repl.terminal.note(f"{name} = {json.dumps(it.value, ensure_ascii=False)} (from {it.origin})", "")


def _unset(repl: "Repl", argument: str) -> None:
    if argument not in repl.plan.params:
        raise UsageError(f"{argument or 'nothing'} is not set", hint="/set lists what is.")
    repl.choose(without_field(repl.plan, argument))
    repl.terminal.note(f"{argument} is left to the server")


def _retry(repl: "Repl", argument: str) -> None:
    plan = repl.plan
    for assignment in argument.split():
        name, text = _assignment(assignment)
        plan = with_field(plan, name, read_value(fields().get(name), text))
    if not repl.conversation.back_to_question():
        raise UsageError("nothing was asked yet", hint="Type a message first.")
    repl.ask([], plan)


def _usage(repl: "Repl", argument: str) -> None:
    if not repl.usages:
        repl.terminal.note("no answer yet in this run", "")
        return
    tokens_in = sum(it.prompt_tokens for it in repl.usages)
    cached = sum(it.cached_tokens for it in repl.usages)
    out = sum(it.completion_tokens for it in repl.usages)
    price = (
        f", ${sum(map(dollars, repl.usages)):.6f}, {sum(map(neurons, repl.usages)):.2f} neurons"
        if repl.plan.priced
        else ""
    )
    answers = "1 answer" if len(repl.usages) == 1 else f"{len(repl.usages)} answers"
    repl.terminal.note(f"{answers}: {tokens_in} tokens in ({cached} cached), {out} out{price}", "")


SLASHES: tuple[Slash, ...] = (
    Slash(("help", "?"), "", "lists the commands and keys", _help),
    Slash(("exit", "quit", "bye"), "", "leaves; the session is stored", _exit),
    Slash(("new", "clear", "reset"), "", "starts a new session", _new),
    Slash(("system",), "[TEXT|none]", "shows or sets the system prompt", _system),
    Slash(("set",), "[NAME VALUE]", "sets a request field, or shows what is set", _set),
    Slash(("unset",), "NAME", "leaves a request field to the server", _unset),
    Slash(("retry", "regenerate"), "[NAME=VALUE]...", "asks the last question again, with fields changed once", _retry),
    Slash(("usage", "cost", "tokens", "stats"), "", "shows tokens and cost of this run", _usage),
)
