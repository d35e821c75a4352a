"""The slash command that takes up a template: its choices from now on, its prompt around the next message."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from glmcli.api.request import overlay
from glmcli.cli.asked_form import FIELD
from glmcli.cli.slash.slash import Slash, prose, row
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.plan import Plan
    from glmcli.cli.repl import Repl
    from glmcli.templates import Frame

_NAME = re.compile(r"\"([^\"]+)\"|'([^']+)'|(\S+)")
_GIVEN = re.compile(r"\s+([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|[^\s\"']\S*|)(?=\s|\Z)", re.ASCII)
_BEGUN = re.compile(r"\s+[A-Za-z_]\w*=[\"']", re.ASCII)


def _template(repl: "Repl", argument: str) -> None:
    if not argument:
        _list(repl)
        return
    if argument == "none":
        waited, repl.draft.frame = repl.draft.frame, None
        repl.terminal.note(f"template {waited.template.name} is dropped" if waited else "no template was waiting")
        return
    from glmcli.templates import Frame, load

    name, given, text = parsed(argument)
    frame = Frame.of(load(repl.plan.settings.folder, name), given, "{}")
    plan, chosen = _with_choices(repl, frame)
    if chosen:
        repl.choose(plan)
    repl.draft.frame = None
    waits = "" if text else repl.take_up(frame)
    told = "; ".join(filter(None, (f"{chosen} set" if chosen else "", waits)))
    if told or not text:
        repl.terminal.note(f"template {frame.template.name}: {told or 'there is nothing in it'}")
    if text:
        repl.draft.frame = frame if frame.template.prompt is not None else None
        repl.tell(text)


def parsed(argument: str) -> tuple[str, dict[str, str], str]:
    """`NAME [K=V…] [TEXT]`: the name, the values, and the text. A value with blanks is put between quotes; a text that
    begins like a value comes after `--`. Raises UsageError."""
    match = _NAME.match(argument)
    assert match is not None  # it is not empty
    name, at, given = match[match.lastindex or 0], match.end(), dict[str, str]()
    while it := _GIVEN.match(argument, at):
        if it[1] in given:
            raise UsageError(f"{it[1]} is given twice; nothing was done", hint="Leave one of them out.")
        given[it[1]] = it[2][1:-1] if it[2][:1] in ("'", '"') else it[2]
        at = it.end()
    if _BEGUN.match(argument, at):
        raise UsageError("a quote is not closed; nothing was done", hint='For example: tone="very formal"')
    return name, given, re.sub(r"\A--(\s+|\Z)", "", argument[at:].strip())


def _with_choices(repl: "Repl", frame: "Frame") -> "tuple[Plan, str]":
    """The plan with what the template chooses, and that in words; empty where it chooses nothing."""
    from glmcli.cli.templating import template_form, tools_of

    template, plan = frame.template, repl.plan
    folder = plan.settings.folder
    told: list[str] = []
    if (system := frame.system) is not None:
        plan = replace(plan, system=system if system.value else None)
        told.append("system prompt")
    if template.model is not None:
        plan = replace(plan, model=template.model)
        told.append("model")
    if options := dict(template.options):
        params = overlay(plan.params, options)
        kept = {name: value for name, value in plan.chosen.items() if name in params}
        chosen = {name: params[name].value for name in options if name != "messages"}
        structured = "" if FIELD in options else plan.structured
        plan = replace(plan, params=params, chosen={**kept, **chosen}, structured=structured)
        told.append("1 option" if len(options) == 1 else f"{len(options)} options")
    if (form := template_form(template, folder)) is not None:
        from glmcli.cli.slash.forms import with_form

        plan = with_form(plan, *form)
        told.append("form of answers")
    if template.tools or template.functions:
        from glmcli.tools.toolbox import Wanted

        assert repl.tooling is not None  # chat gives one
        roots = plan.wanted.roots if plan.wanted else ()
        wanted = Wanted(tuple(tools_of(template, folder)), template.functions, roots)
        plan = repl.tooling.equip(replace(plan, wanted=wanted, inherited=False, tools=()))
        told.append("1 tool" if len(plan.tools) == 1 else f"{len(plan.tools)} tools")
    return plan, " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def _list(repl: "Repl") -> None:
    from glmcli.templates import Broken, kept
    from glmcli.ui.clean import one_line

    found = list(kept(repl.plan.settings.folder))
    for it in found:
        said = it.why if isinstance(it, Broken) else it.description or it.summary
        row(repl, one_line(it.name), f"{'broken: ' if isinstance(it, Broken) else ''}{one_line(said)}")
    if not found:
        prose(repl, "There are no templates yet. Write one in the shell: glm config templates edit NAME")
    if (frame := repl.draft.frame) is not None:
        prose(repl, f"template {frame.template.name} frames the next message; /template none drops it")


SLASHES = (
    Slash(
        ("template",),
        "[NAME [K=V]... [TEXT]|none]",
        "takes up a template for the next message, or for TEXT; lists them; none drops it",
        _template,
        "template",
        ("none",),
    ),
)
