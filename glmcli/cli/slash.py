"""The slash commands of the REPL, one table: names, what they take, what they do (interface §11).

A unique beginning of a name will do. What is unknown or ambiguous is an error, and never goes to the model. A command
that fails changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from glmcli.api.choices import assigned
from glmcli.api.fields import Field, fields, read_flag, read_value
from glmcli.api.request import Sourced, overlay
from glmcli.cli.prompt import read_path
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl


@dataclass(frozen=True)
class Slash:
    """One command. names: the first is the one that is shown. argument: how its argument is written in the help, empty
    where it takes none."""

    names: tuple[str, ...]
    argument: str
    help: str
    run: "Callable[[Repl, str], None]"


def obey(repl: "Repl", line: str) -> None:
    """Carries out a line that starts with `/`. Raises UsageError for one that is no command."""
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
        _row(repl, f"/{slash.names[0]} {slash.argument}", f"{slash.help}{others}")
        return
    for it in SLASHES:
        _row(repl, f"/{it.names[0]} {it.argument}", it.help)
    repl.say()
    for key, what in repl.keyboard.described():
        _row(repl, key, what)
    repl.say()
    _row(repl, "", "A unique beginning of a command will do. //text sends /text.", 0)


def _row(repl: "Repl", left: str, right: str, column: int = 24) -> None:
    """Two columns, the second one wrapped to the terminal."""
    from textwrap import wrap

    lines = wrap(right, max(20, repl.terminal.width - column - 1), break_on_hyphens=False)
    repl.say(f"{left:<{column}}{lines[0]}")
    for line in lines[1:]:
        repl.say(f"{'':<{column}}{line}")


def _exit(repl: "Repl", argument: str) -> None:
    repl.leave()


def _new(repl: "Repl", argument: str) -> None:
    session = repl.conversation.session
    repl.start_over()
    kept = f"; the old one is kept as {session.name or session.id}" if session else ""
    repl.terminal.note(f"a new session{kept}")


def _system(repl: "Repl", argument: str) -> None:
    if not argument:
        system = repl.plan.system
        repl.say(f"{system.value} (from {system.origin})" if system else "there is no system prompt")
        return
    text = "" if argument == "none" else argument
    repl.choose(replace(repl.plan, system=Sourced(text, "/system") if text else None))
    repl.terminal.note("system prompt set" if text else "no system prompt from now on")


def _set(repl: "Repl", argument: str) -> None:
    name, text = _assignment(argument)
    if text:
        repl.choose(with_field(repl.plan, name, text, "/set"))
        repl.terminal.note(_state(repl.plan, name))
    elif name:
        repl.say(_state(repl.plan, name))
        it = fields().get(name)
        if it is not None:
            _row(repl, "", f"{it.help} ({it.type_text}{', ' if it.bounds_text else ''}{it.bounds_text})", 0)
    else:
        for known in ("model", *repl.plan.params):
            repl.say(_state(repl.plan, known))


def _unset(repl: "Repl", argument: str) -> None:
    repl.choose(without_field(repl.plan, argument))
    repl.terminal.note(_state(repl.plan, argument))


def _state(plan: "Plan", name: str) -> str:
    """`temperature = 0.2 (from /set)`."""
    it = plan.model if name == "model" else plan.params.get(name)
    if it is None:
        return f"{name} is not set"
    if it.value is None:
        return f"{name} is left out (from {it.origin})"
    return f"{name} = {json.dumps(it.value, ensure_ascii=False)} (from {it.origin})"


def _assignment(argument: str) -> tuple[str, str]:
    """`name value` or `name=value`; either may be missing."""
    match = re.fullmatch(r"([^\s=]*)\s*[=\s]?\s*(.*)", argument, re.DOTALL)
    assert match is not None
    return match[1], match[2]


def with_field(plan: "Plan", name: str, text: str, origin: str) -> "Plan":
    """The plan with one request field chosen in the words of the user; null leaves it out. Raises UsageError."""
    if not name:
        raise UsageError("a value needs the name of a field", hint="For example: /set temperature 0.2")
    given = assigned(name, text, origin, read_path, _read)
    if name == "model":
        if not isinstance(given.value, str):
            raise UsageError("model takes a name", hint="For example: /set model @cf/zai-org/glm-4.7-flash")
        return replace(plan, model=given)
    params = overlay(plan.params, {name: given})
    chosen = {key: it for key, it in plan.chosen.items() if key in params}
    return replace(plan, params=params, chosen={**chosen, name: given.value})


def without_field(plan: "Plan", name: str) -> "Plan":
    """The plan without a choice that the user made; what the settings say about the field holds again. Raises
    UsageError where nothing was chosen."""
    if name == "model":
        model = plan.settings.value("model")
        if model.value is None:
            raise UsageError(f"profile {plan.profile} names no other model", hint="/set model NAME chooses one.")
        return replace(plan, model=model)
    if name not in plan.chosen:
        if name in plan.params:
            raise UsageError(
                f"{name} comes from {plan.params[name].origin}", hint=f"/set {name} null leaves it out of the request."
            )
        raise UsageError(f"{name or 'nothing'} is not set", hint="/set lists what is.")
    chosen = {key: it for key, it in plan.chosen.items() if key != name}
    kept = {key: it for key, it in plan.params.items() if key in chosen}
    return replace(plan, params=overlay(plan.settings.defaults(), kept), chosen=chosen)


def _read(it: Field | None, text: str) -> Any:
    """A value as a flag takes it, else as JSON where it looks so: there is no shell here to take quotes away."""
    if it is None or text == "null" or text.startswith(('"', "[", "{")):
        return read_value(it, text)
    return read_flag(it, text)


def _retry(repl: "Repl", argument: str) -> None:
    plan = repl.plan
    # A value may hold blanks: what follows one is another field only if it looks like one.
    for assignment in re.split(r"\s+(?=\w+=)", argument) if argument else ():
        name, text = _assignment(assignment)
        if not text:
            raise UsageError(f"{assignment} is not of the form NAME=VALUE", hint="For example: /retry temperature=1")
        plan = with_field(plan, name, text, "/retry")
    repl.check(plan)
    if not repl.unasked and not repl.conversation.back_to_question():
        raise UsageError("nothing was asked yet", hint="Type a message first.")
    repl.ask(repl.unasked, plan)


def _usage(repl: "Repl", argument: str) -> None:
    from glmcli.api.price import dollars, neurons
    from glmcli.ui.remarks import total

    if not repl.usages:
        repl.say("no answer yet in this session")
        return
    it = total(repl.usages)
    answers = "1 answer" if len(repl.usages) == 1 else f"{len(repl.usages)} answers"
    price = f", ${dollars(it):.6f}, {neurons(it):.2f} neurons" if repl.plan.priced else ""
    repl.say(f"{answers}: {it.prompt_tokens} tokens in ({it.cached_tokens} cached), {it.completion_tokens} out{price}")


SLASHES: tuple[Slash, ...] = (
    Slash(("help", "?"), "[COMMAND]", "lists commands and keys", _help),
    Slash(("exit", "quit", "bye"), "", "leaves; the session is kept", _exit),
    Slash(("new", "clear", "reset"), "", "starts a new session; the old one is kept", _new),
    Slash(("system",), "[TEXT|none]", "shows or sets the system prompt", _system),
    Slash(("set",), "[NAME [VALUE]]", "sets a request field, or shows what is set", _set),
    Slash(("unset",), "NAME", "takes back what was set", _unset),
    Slash(("retry", "regenerate"), "[NAME=VALUE]...", "asks the last question again, with fields set for once", _retry),
    Slash(("usage", "cost", "tokens", "stats"), "", "shows tokens and cost of this session", _usage),
)
