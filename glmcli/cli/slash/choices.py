"""Slash commands that choose what the next request asks for: the system prompt and every request field."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glmcli.api.choices import assigned
from glmcli.api.fields import Field, fields, read_flag, read_value
from glmcli.api.request import Sourced, overlay
from glmcli.cli.asked_form import FIELD
from glmcli.cli.prompt import read_path
from glmcli.cli.slash.slash import Slash, prose
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl


def _system(repl: "Repl", argument: str) -> None:
    if not argument:
        system = repl.plan.system
        repl.say(f"{system.value} (from {system.origin})" if system else "there is no system prompt")
        return
    text = "" if argument == "none" else argument
    repl.choose(replace(repl.plan, system=Sourced(text, "/system") if text else None))
    repl.terminal.note("system prompt set" if text else "no system prompt from now on")


FORMATS = {"json": "/json on", "text": "/json off"}


def _set(repl: "Repl", argument: str) -> None:
    from difflib import get_close_matches

    name, text = assignment(argument)
    if name == "format" and text in FORMATS:  # as other chats call it
        from glmcli.cli.slash import obey

        obey(repl, FORMATS[text])
    elif text:
        repl.choose(with_field(repl.plan, name, text, "/set"))
        repl.terminal.note(_state(repl.plan, name))
    elif name:
        it = fields().get(name)
        if it is None and name != "model" and name not in repl.plan.params:
            close = get_close_matches(name, fields(), n=1)
            hint = f"Did you mean {close[0]}?" if close else "`glm config params` lists every field."
            raise UsageError(f"there is no field {name}", hint=hint)
        repl.say(_state(repl.plan, name))
        if it is not None:
            prose(repl, f"{it.help} ({it.type_text}{', ' if it.bounds_text else ''}{it.bounds_text})")
    else:
        for known in ("model", *repl.plan.params):
            repl.say(_state(repl.plan, known))


def _unset(repl: "Repl", argument: str) -> None:
    if not argument:
        raise UsageError("nothing is named to be taken back", hint="For example: /unset seed; /set lists what is set.")
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


def assignment(argument: str) -> tuple[str, str]:
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
    structured = "" if name == FIELD else plan.structured
    return replace(plan, params=params, chosen={**chosen, name: given.value}, structured=structured)


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
        raise UsageError(f"{name} is not set", hint="/set lists what is.")
    chosen = {key: it for key, it in plan.chosen.items() if key != name}
    kept = {key: it for key, it in plan.params.items() if key in chosen}
    structured = "" if name == FIELD else plan.structured
    return replace(plan, params=overlay(plan.settings.defaults(), kept), chosen=chosen, structured=structured)


def _read(it: Field | None, text: str) -> Any:
    """A value as a flag takes it, else as JSON where it looks so: there is no shell here to take quotes away."""
    if it is None or text == "null" or text.startswith(('"', "[", "{")):
        return read_value(it, text)
    return read_flag(it, text)


SLASHES = (
    Slash(("system",), "[TEXT|none]", "shows or sets the system prompt", _system, "choice", ("none",)),
    Slash(("set", "params"), "[NAME [VALUE]]", "sets a request field, or shows what is set", _set, "assignment"),
    Slash(("unset",), "NAME", "takes back what was set", _unset, "field"),
)
