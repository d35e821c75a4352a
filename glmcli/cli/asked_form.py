"""The JSON that an answer has to be, as the user asked for it: by --schema, --schema-multi, --json-object, or /schema.

Here it becomes the request field that asks for it. What a request needs beside that, and what holds the answer against
it, follows from the plan (`Plan.structured`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from glmcli.api.request import Sourced
from glmcli.cli.options import TurnOptions
from glmcli.errors import UsageError

FIELD = "response_format"

SEVERAL = "list of "
"""Before a schema in the chat: as --schema-multi."""

Structured = Literal["", "one", "many"]
"""Whether answers are held against the request's `response_format`: not at all, as they are, or as a list of items."""


def asked_form(options: TurnOptions, folder: Path) -> tuple[Sourced, Structured] | None:
    """The field that the flags ask for; None where none does. folder: the user's directory. Raises UsageError."""
    if not options.forms:
        return _of_template(options, folder)
    flags = [*options.forms, *([options.fields[FIELD].origin] if FIELD in options.fields else [])]
    if len(flags) > 1:
        raise UsageError(f"{' and '.join(flags)} ask for several forms of one answer", hint="Leave one of them out.")
    if options.json_object:
        return any_object("--json-object"), "one"
    text, many = (options.schema_multi, True) if options.schema is None else (options.schema, False)
    return fitting(text or "", folder, flags[0], many=many), "many" if many else "one"


def _of_template(options: TurnOptions, folder: Path) -> tuple[Sourced, Structured] | None:
    if options.frame is None or FIELD in options.fields:
        return None
    from glmcli.cli.templating import template_form

    return template_form(options.frame.template, folder)


def any_object(origin: str) -> Sourced:
    """The field that asks for any JSON object."""
    return Sourced({"type": "json_object"}, origin)


def fitting(text: str, folder: Path, origin: str, *, many: bool = False) -> Sourced:
    """The field that asks for JSON that fits the schema which a text means. many: for a list of such items. Raises
    UsageError."""
    from glmcli.structured.form import response_format, wrapped
    from glmcli.structured.sources import find

    named = find(text, folder)
    return Sourced(response_format(named.name, wrapped(named.schema) if many else named.schema), origin)
