"""Tool calls that a server failed to recognise and passed on as text (wire-protocol §8.3). No I/O.

    <tool_call>NAME
    <arg_key>city</arg_key><arg_value>Oslo</arg_value>
    </tool_call>

They are taken for calls only where tools were offered, every name is that of one, and the whole text of the choice is
made of such calls; anything else is the text that it is. So text is held back while it may still turn out to be calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from glmcli.api.calls import ToolCalls
from glmcli.api.events import Event, Finished, TextDelta, ToolCalled, Usage
from glmcli.errors import GlmError

_TAG = "<tool_call>"
_MOST_BLANKS = 64
_CALL = re.compile(
    r"<tool_call>\s*(?P<name>[^<>\s]+)\s*"
    r"(?P<arguments>(?:<arg_key>[^<]*</arg_key>\s*<arg_value>(?:(?!</arg_value>).)*</arg_value>\s*)*)"
    r"</tool_call>\s*",
    re.DOTALL,
)
_ARGUMENT = re.compile(r"<arg_key>([^<]*)</arg_key>\s*<arg_value>((?:(?!</arg_value>).)*)</arg_value>", re.DOTALL)


def recovered(events: Iterable[Event], tools: Any, used_ids: Iterable[str]) -> Iterator[Event]:
    """The events of an answer, with calls in place of text that is nothing but calls.

    tools: of the request. used_ids: of calls in the conversation so far. Raises what `events` raises, after the text
    that was held back.
    """
    schemas = _schemas(tools)
    if not schemas:
        yield from events
        return
    held: dict[int, list[str]] = {}
    passing: set[int] = set()
    try:
        for event in events:
            match event:
                case TextDelta(text, index) if index not in passing:
                    pieces = held.setdefault(index, [])
                    pieces.append(text)
                    if not _may_be_calls(pieces):
                        passing.add(index)
                        yield TextDelta("".join(held.pop(index)), index)
                    continue
                case ToolCalled(index=index) if index in held:  # calls of the server's own: the text is text
                    passing.add(index)
                    yield TextDelta("".join(held.pop(index)), index)
                case Usage() | Finished():
                    while held:
                        index, pieces = held.popitem()
                        yield from _calls("".join(pieces), index, schemas, set(used_ids))
                case _:
                    pass
            yield event
    except GlmError:
        for index, pieces in held.items():
            yield TextDelta("".join(pieces), index)
        raise


def _may_be_calls(pieces: list[str]) -> bool:
    """Whether the text so far begins with the tag, or may be going to. Joins the beginning into one piece."""
    if pieces[0].lstrip().startswith(_TAG):
        return True
    pieces[:] = ["".join(pieces)]
    start = pieces[0].lstrip()
    return len(pieces[0]) - len(start) <= _MOST_BLANKS and (start.startswith(_TAG) or _TAG.startswith(start))


def _calls(text: str, index: int, schemas: dict[str, Any], used_ids: set[str]) -> Iterator[Event]:
    found = ToolCalls()
    at = len(text) - len(text.lstrip())
    while at < len(text) and (match := _CALL.match(text, at)) and match["name"] in schemas:
        properties = schemas[match["name"]]
        arguments = {key.strip(): _value(it, properties.get(key.strip())) for key, it in _ARGUMENT.findall(match[0])}
        found.feed([{"function": {"name": match["name"], "arguments": arguments}}], whole=False)
        at = match.end()
    if at < len(text) or not text.strip():
        yield TextDelta(text, index)
        return
    yield from found.finish(index, used_ids)


def _value(text: str, schema: Any) -> Any:
    """A value is JSON or raw text; which of them, only the schema of the argument can tell."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind != "string":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text


def _schemas(tools: Any) -> dict[str, Any]:
    """The arguments of each function that was offered, by its name."""
    found: dict[str, Any] = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            properties = parameters.get("properties") if isinstance(parameters, dict) else None
            found[function["name"]] = properties if isinstance(properties, dict) else {}
    return found
