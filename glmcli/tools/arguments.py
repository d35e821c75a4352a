"""Checks what the model wants to call a tool with, before anybody is asked and anything runs (reliability §5.2, 3).

The faults are for the model, which can mend them: where, what was given, what is allowed. The weights are known to
write numbers as text, to leave out what is required, and to garble values into pieces of tokens such as `<|"|`
(wire-protocol §8.3).
"""

from __future__ import annotations

import json
from typing import Any

from glmcli.api import json_text
from glmcli.api.conforms import BadSchema, mismatches
from glmcli.api.sendable import shown, unsendable
from glmcli.errors import UsageError
from glmcli.tools.grammar import faults as grammar_faults
from glmcli.tools.tool import Tool

LIMIT = 64 * 1024
"""Bytes of one call's arguments."""

_MOST_FAULTS = 10


class BadArguments(ValueError):
    """Arguments that a tool does not take; the text says each fault to the model."""


def parsed(tool: Tool, text: str) -> Any:
    """What `Tool.run` gets: a dict that fits the tool's schema, or the text that a custom tool takes.

    text: as it came, "" for no arguments. Raises BadArguments.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise BadArguments(f"The call has {size:,} bytes of arguments; at most {LIMIT:,} are taken.")
    if tool.kind == "custom":
        return _input(tool, text)
    try:
        arguments = json_text.parse(text) if text.strip() else {}
    except UsageError as error:
        raise BadArguments(f"The arguments of {tool.name} cannot be read: {error.message}.") from None
    if not isinstance(arguments, dict):
        raise BadArguments(f"The arguments of {tool.name} are {shown(arguments)}; a JSON object is wanted.")
    found = [f"{fault.pointer or '/'}: {fault.message}" for fault in unsendable(arguments)]
    if not found and tool.parameters is not None:
        try:
            found = [str(fault) for fault in mismatches(tool.parameters, arguments, closed=True)]
        except BadSchema as error:
            raise BadArguments(f"The schema of {tool.name} cannot be used, so it cannot be called: {error}") from None
    if found:
        more = [f"and {len(found) - _MOST_FAULTS} more"] if len(found) > _MOST_FAULTS else []
        lines = "\n".join([*found[:_MOST_FAULTS], *more])
        raise BadArguments(f"The arguments do not fit the schema of {tool.name}:\n{lines}")
    return arguments


def canonical(arguments: Any) -> str:
    """Arguments as JSON in one spelling: sorted keys, no blanks, 1 for 1.0. Equal for calls that are the same."""
    return json.dumps(_whole(arguments), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_whole(it) for it in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _input(tool: Tool, text: str) -> str:
    fault = next((fault.message for fault in unsendable(text)), None) or grammar_faults(tool.format, text)
    if fault:
        raise BadArguments(f"The input does not fit the tool {tool.name}: {fault}")
    return text
