"""Slash commands that say what JSON answers have to be: after a schema, or any object."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from glmcli.api.request import Sourced, overlay
from glmcli.cli.asked_form import FIELD, SEVERAL, Structured, any_object, fitting
from glmcli.cli.slash.choices import with_field, without_field
from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl


def _schema(repl: "Repl", argument: str) -> None:
    """Asks for answers that fit a schema, or for lists of what fits it, or for any text again."""
    if not argument:
        _show(repl)
        return
    if argument in ("off", "none"):
        repl.choose(without_form(repl.plan, "/schema"))
    else:
        spaced = f"{argument} "  # nothing may follow, too
        many = spaced.startswith(SEVERAL)
        text = spaced.removeprefix(SEVERAL).strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
            text = text[1:-1]  # as a shell would want it
        asked = fitting(text, repl.plan.settings.folder, "/schema", many=many)
        repl.choose(with_form(repl.plan, asked, "many" if many else "one"))
    repl.terminal.note(_state(repl.plan))


def _json(repl: "Repl", argument: str) -> None:
    if argument == "on":
        repl.choose(with_form(repl.plan, any_object("/json"), "one"))
    elif argument == "off":
        repl.choose(without_form(repl.plan, "/json"))
    elif argument:
        raise UsageError(f"/json takes on or off, not {argument}; nothing was changed")
    (repl.terminal.note if argument else repl.say)(_state(repl.plan))


def with_form(plan: "Plan", asked: Sourced, structured: Structured) -> "Plan":
    """The plan whose answers are held against that `response_format`."""
    params = overlay(plan.params, {FIELD: asked})
    return replace(plan, params=params, chosen={**plan.chosen, FIELD: asked.value}, structured=structured)


def without_form(plan: "Plan", origin: str) -> "Plan":
    """The plan whose answers may have any form, whatever the settings say."""
    if FIELD in plan.chosen:
        plan = without_field(plan, FIELD)
    return with_field(plan, FIELD, "null", origin) if _form(plan) else plan


def _state(plan: "Plan") -> str:
    form = _form(plan)
    return f"answers are {form}" if form else "answers may have any form"


def _form(plan: "Plan") -> str:
    """What answers have to be, in words; empty where nothing is asked of them."""
    it = plan.params.get(FIELD)
    value = it.value if it is not None and isinstance(it.value, dict) else {}
    kind = value.get("type")
    if kind == "json_schema":
        several = "lists of " if plan.structured == "many" else ""
        return f"{several}JSON after the schema {(value.get('json_schema') or {}).get('name', '')}".rstrip()
    return "" if kind in (None, "text") else "JSON objects" if kind == "json_object" else str(kind)


def _show(repl: "Repl") -> None:
    repl.say(_state(repl.plan))
    it = repl.plan.params.get(FIELD)
    wrapper = it.value.get("json_schema") if it is not None and isinstance(it.value, dict) else None
    if isinstance(wrapper, dict):
        repl.say(json.dumps(wrapper.get("schema"), ensure_ascii=False, indent=2))


SLASHES = (
    Slash(("json",), "[on|off]", "whether answers are JSON objects", _json, "choice", ("on", "off")),
    Slash(
        ("schema",),
        "[[list of] SCHEMA|off]",
        "answers are JSON that fits: FILE, NAME, JSON, or name, age int",
        _schema,
        "schema",
        ("off", SEVERAL),
    ),
)
