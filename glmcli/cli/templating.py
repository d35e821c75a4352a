"""`-t` and `-p`: what a template chooses, laid beneath the flags of a command line, or over the plan of a chat.

Flag > template > session (interface §3): a template is named by a flag. What it makes of the input is the business of
whoever has that (`Frame.prompt`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.api.choices import naming
from glmcli.api.request import Sourced, overlay
from glmcli.cli.options import Options, RunOptions
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.asked_form import Structured
    from glmcli.templates import Frame, Template

HINT = "For example: -p lang=English"


def with_template(options: Options, folder: Path) -> Options:
    """The options with those of the template that -t names, where no flag says otherwise. folder: the user's directory.

    Raises UsageError where there is no such template, or a value is missing or of no use; ConfigError where something
    is wrong with it.
    """
    given = values_of(options.param or ())
    if options.template is None:
        if given:
            raise UsageError(f"-p {next(iter(given))} is for a template, and none is named", hint="Name it: -t NAME")
        return options
    from glmcli.templates import Frame, load

    template = load(folder, options.template)
    more: dict[str, Any] = {"frame": Frame.of(template, given, "-p {}"), "fields": _beneath(template, options)}
    if not (options.tool or options.functions):
        more |= {"tool": tools_of(template, folder), "functions": list(template.functions)}
    if isinstance(options, RunOptions):
        more |= _extracting(template, options)
    return replace(options, **more)


def values_of(params: Sequence[str]) -> dict[str, str]:
    """What each -p says. Raises UsageError for one that is not K=V, or that is given twice."""
    values: dict[str, str] = {}
    for it in params:
        name, equals, value = it.partition("=")
        if not equals or not name:
            raise UsageError(f"-p {it!r} is not of the form NAME=VALUE", hint=HINT)
        if name in values:
            raise UsageError(f"-p {name} is given twice", hint="Leave one of them out.")
        values[name] = value
    return values


def _beneath(template: "Template", options: Options) -> dict[str, Sourced]:
    """The request fields of the template and those of the flags."""
    fields = {**template.options, **({"model": template.model} if template.model else {})}
    if options.forms:  # they say what the answer has to be
        fields.pop("response_format", None)
    return overlay(fields, options.fields)


def tools_of(template: "Template", folder: Path) -> list[str]:
    """Its tools, a path as that from the folder of the template."""
    if not template.tools:
        return []
    from glmcli.tools.toolbox import anywhere

    return [anywhere(name, folder, template.folder) for name in template.tools]


def _extracting(template: "Template", options: RunOptions) -> dict[str, bool]:
    """Its choice of code blocks; a flag that asks for another form of the answer beats it."""
    json_asked = template.schema or template.schema_multi
    if options.extracts is not None and json_asked and not options.forms:
        raise UsageError(
            f"--extract prints code, and template {template.name} asks for JSON", hint="Leave out --extract."
        )
    if template.extract is None or options.extracts is not None or options.forms or options.format != "text":
        return {}
    return {"extract" if template.extract == "first" else f"extract_{template.extract}": True}


def template_form(template: "Template", folder: Path) -> "tuple[Sourced, Structured] | None":
    """The request field that asks for JSON after the template's schema; None where it has none. Raises UsageError."""
    from glmcli.cli.asked_form import fitting

    it = template.schema or template.schema_multi
    if it is None:
        return None
    text = it.value if isinstance(it.value, str) else json.dumps(it.value, ensure_ascii=False)
    with naming(it.origin):
        asked = fitting(_from_its_folder(text, template), folder, it.origin, many=template.schema is None)
    return asked, "many" if template.schema is None else "one"


def _from_its_folder(text: str, template: "Template") -> str:
    """The schema, or the path of its file beside the template."""
    path = template.folder / text.strip()
    try:
        return str(path) if path.is_file() else text
    except OSError:  # too long for a path
        return text


def framed(frame: "Frame | None", given: str, *, more: bool) -> str:
    """The prompt that a template makes of the input. more: something else goes along, images say. Raises UsageError
    where it wants an input and there is none."""
    if frame is None:
        return given
    if frame.template.prompt is not None and frame.template.takes_input and not (given.strip() or more):
        raise UsageError(
            f"template {frame.template.name} wants an input", hint="Give it words, files with -f, or text on stdin."
        )
    return frame.prompt(given)
