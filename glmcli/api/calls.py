"""Tool calls put together from what servers send: whole, in pieces, or in any of the odd ways of wire-protocol §3.6.

A call is given out only when the answer has ended, whole; what it asks for is not checked here. Pure data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from glmcli.api.events import ToolCalled
from glmcli.api.unicode import well_formed

_OF_BODY = frozenset(("name", "arguments", "input"))
_OF_CALL = frozenset(("id", "type", "function", "custom", "name", "arguments"))
_OF_PIECE = _OF_CALL | {"index"}


def tool_name(item: Any) -> str | None:
    """The name in the definition of a tool or, in the older form, of a function; or in the choice of one. None where
    there is none."""
    kind = item.get("type") if isinstance(item, dict) else None
    inner = item.get(kind) if isinstance(kind, str) else item
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None


class _Call:
    __slots__ = ("arguments", "extra", "id", "kind", "name", "position", "settled")

    def __init__(self, position: int) -> None:
        self.position = position
        self.id = ""
        self.kind = "function"
        self.name = ""
        self.arguments: list[str] = []
        self.extra: dict[str, Any] = {}
        self.settled = False  # the arguments came as a JSON value: nothing can be added


class ToolCalls:
    """The calls of one choice. Feed it what stands under `tool_calls` or `function_call`; `finish` gives the calls."""

    __slots__ = ("_by_index", "_calls", "_last")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._last: _Call | None = None

    def feed(self, items: Any, *, whole: bool = False) -> None:
        """Takes the `tool_calls` of one delta, or of a whole message, where each item is a call of its own."""
        if not isinstance(items, list):
            return
        for position, item in enumerate(items):
            if isinstance(item, dict):
                index = item.get("index")
                if not isinstance(index, int):
                    index = position if whole else None
                self._take(item, index, _OF_CALL if whole else _OF_PIECE)

    def feed_function_call(self, item: Any) -> None:
        """Takes a piece of the deprecated `function_call`, of which a message has one."""
        if isinstance(item, dict):
            self._take({"type": "function_call", "function": item}, -1, _OF_CALL)

    def finish(self, choice: int, used_ids: set[str]) -> Iterator[ToolCalled]:
        """The calls, as of the choice with that index, in their own order; those without a name are none.

        An id that is missing or in `used_ids` is replaced by one of our own; every id given out is added to it.
        Arguments that never came are `{}`. They may be broken JSON, by the model or by the output limit: check
        before use.
        """
        for call in sorted(self._calls, key=lambda call: call.position):
            if not call.name:
                continue
            arguments = well_formed("".join(call.arguments))
            if call.kind != "custom" and not arguments.strip():
                arguments = "{}"
            id = ""
            if call.kind != "function_call":
                id = _free_id(well_formed(call.id), used_ids)
                used_ids.add(id)
            yield ToolCalled(id, well_formed(call.name), arguments, call.kind, choice, call.extra)

    def _take(self, item: dict[str, Any], index: int | None, quiet: frozenset[str]) -> None:
        kind = item.get("type")
        custom = item.get("custom")
        function = item.get("function")
        if isinstance(custom, dict):
            kind, body = "custom", {**custom, "arguments": custom.get("input")}
        else:
            body = function if isinstance(function, dict) else item  # old models: name and arguments on the item
        id = item.get("id") if isinstance(item.get("id"), str) else None
        name = body.get("name") if isinstance(body.get("name"), str) else None
        arguments = body.get("arguments")
        if not (id or name or arguments):
            return  # the empty piece by which some servers close a call
        call = self._call(index, id, name, arguments)
        call.id = call.id or id or ""
        if kind in ("custom", "function_call"):
            call.kind = kind
        if not item.keys() <= quiet:
            _add(call.extra, item, quiet)
        if body is not item and not body.keys() <= _OF_BODY:
            _add(call.extra.setdefault(call.kind, {}), body, _OF_BODY)
        if name and name != call.name:
            call.name += name
        if isinstance(arguments, str):
            if not call.settled:
                call.arguments.append(arguments)
        elif arguments is not None and not call.settled:
            call.arguments = [json.dumps(arguments, ensure_ascii=False)]
            call.settled = True

    def _call(self, index: int | None, id: str | None, name: str | None, arguments: Any) -> _Call:
        call = self._last if index is None else self._by_index.get(index)
        if call is None or (name and call.name and self._is_another(call, index, id, name, arguments)):
            call = _Call(len(self._calls) if index is None else index)
            self._calls.append(call)
            if index is None:
                self._by_index.setdefault(call.position, call)
        if index is not None:
            self._by_index[index] = call
        self._last = call
        return call

    @staticmethod
    def _is_another(call: _Call, index: int | None, id: str | None, name: str, arguments: Any) -> bool:
        """Whether a named item begins a new call, though the call at its place has a name already."""
        if id and call.id:
            return id != call.id
        if index is None:
            return True
        # The same index and no ids to tell: a name that is repeated, or comes in pieces, goes on with the call; another
        # one after arguments does not.
        return call.settled or (bool(call.arguments) and (name != call.name or isinstance(arguments, dict)))


def add_result(messages: list[dict[str, Any]], result: dict[str, Any]) -> None:
    """Puts the result of a call behind the answer that called. Results stand in the order of the calls, whichever came
    first, so that a conversation is the same bytes each time it is sent."""
    start = len(messages)
    while start and messages[start - 1].get("role") == "tool":
        start -= 1
    calls = (messages[start - 1].get("tool_calls") if start else None) or ()
    places = {call.get("id"): place for place, call in enumerate(calls)}
    messages.append(result)
    messages[start:] = sorted(messages[start:], key=lambda it: places.get(it.get("tool_call_id"), len(places)))


def _add(extra: dict[str, Any], values: dict[str, Any], quiet: frozenset[str]) -> None:
    for key, value in values.items():
        if key not in quiet and (value is not None or key not in extra):
            extra[key] = value


def _free_id(wanted: str, used: set[str]) -> str:
    if wanted and wanted not in used:
        return wanted
    number = len(used) + 1
    while f"call_{number}" in used:
        number += 1
    return f"call_{number}"
