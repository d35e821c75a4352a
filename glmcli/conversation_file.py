"""Reads the conversation so far from a file (--messages). Bytes in, messages out; opens nothing itself.

Three forms are told apart by what is in them: a JSON list of messages, a JSON object with the key `messages` (a
request body, say), and JSON Lines with one message each, as `glm sessions export` writes them. Whatever is wrong is
told with the line it stands on, since such files are long and mostly written by programs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from glmcli.api import json_text
from glmcli.api.sendable import Fault, unsendable
from glmcli.api.validate import faults
from glmcli.errors import RequestError, UsageError

Message = dict[str, Any]

FLAG = "--messages"
_MOST = 10  # faults that are told; a file of another kind would have thousands


def read_messages(data: bytes, name: str, warn: Callable[[str], None]) -> list[Message]:
    """The messages of a conversation, valid under the request schema; at least one.

    name: of the file, for what is said about it. warn: told what else is in the file and left out.
    Raises UsageError where the bytes are no conversation in any of the three forms, RequestError with one line for
    each message that is not valid.
    """
    text = _text(data, name)
    if _is_lines(text):
        items, lines = _from_lines(text, name)
        line_of: Callable[[Fault], int | None] = lambda fault: _line(fault, lines)  # noqa: E731
    else:
        items, around = _from_document(text, name, warn)
        line_of = lambda fault: json_text.line_of(text, fault.pointer.removeprefix(around))  # noqa: E731
    if not items:
        raise UsageError(f"there are no messages (from {FLAG} {name})", hint=_HINT)
    messages = [_as_sent(item) for item in items]
    found = faults({"messages": messages})
    if found:
        told = [f"{it.pointer}: {it.sentence} (from {FLAG} {_place(name, line_of(it))})" for it in found[:_MOST]]
        if len(found) > _MOST:
            told.append(f"and {len(found) - _MOST} more")
        raise RequestError("\n".join(told), hint=_HINT)
    return messages


_HINT = 'A message looks like {"role": "user", "content": "Hello"}; give a JSON list of them, or one a line.'


def _text(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"line {line} is not UTF-8 (from {FLAG} {name})", hint=_HINT) from None
    if not text.strip():
        raise UsageError(f"{name} is empty (from {FLAG})", hint=_HINT)
    return text


def _is_lines(text: str) -> bool:
    """Whether the first line is an object on its own, and not the last."""
    first, _, rest = text.strip().partition("\n")
    if not rest:
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _from_lines(text: str, name: str) -> tuple[list[Any], list[int]]:
    """One value a line, and the number of each line. Blank lines are none."""
    items: list[Any] = []
    numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):  # other line ends may stand inside of a JSON string
        if line.strip():
            items.append(_parsed(line, name, number))
            numbers.append(number)
    return items, numbers


def _from_document(text: str, name: str, warn: Callable[[str], None]) -> tuple[list[Any], str]:
    """The messages of a JSON document, and what a pointer into a request body has more than one into the document."""
    value = _parsed(text, name)
    if isinstance(value, list):
        return value, "/messages"
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        if "session" in value and "version" in value:
            raise UsageError(
                f"this is a whole session, its branches included (from {FLAG} {name})",
                hint="Export the conversation alone: glm sessions export --format jsonl",
            )
        others = ", ".join(key for key in value if key != "messages")
        if others:
            warn(f"only the messages of {name} are taken, not {others[:200]}; --body takes a whole request body")
        return value["messages"], ""
    if isinstance(value, dict) and "role" in value:
        return [value], "/messages/0"
    raise UsageError(
        f"there is neither a list of messages nor an object with the key messages (from {FLAG} {name})", hint=_HINT
    )


def _parsed(text: str, name: str, line: int | None = None) -> Any:
    """The value of a document, or of one line."""
    try:
        return json_text.parse(text)
    except UsageError as error:
        message = error.message if line is None else error.message.replace(" line 1,", "", 1)
        raise UsageError(f"{message} (from {FLAG} {_place(name, line)})", hint=_HINT) from None


def _line(fault: Fault, lines: list[int]) -> int | None:
    """The line of the message that a fault is in."""
    index = fault.pointer.split("/")[2:3]
    return lines[int(index[0])] if index else None


def _place(name: str, line: int | None) -> str:
    return name if line is None else f"{name} line {line}"


def _as_sent(item: Any) -> Any:
    """A message as it can be sent back: servers answer with nulls and with arguments that are no text, and refuse
    both (reliability §2.1)."""
    if not isinstance(item, dict):
        return item
    message = {key: value for key, value in item.items() if value is not None or key == "content"}
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message["tool_calls"] = [_call_as_sent(call) for call in calls]
    return message


def _call_as_sent(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return call
    arguments = function.get("arguments")
    if not isinstance(arguments, dict) or unsendable(arguments):
        return call
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return {**call, "function": {**function, "arguments": text}}
