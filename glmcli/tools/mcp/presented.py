"""What a server says of its tools as definitions of ours, and what a call came to as a result. No I/O, no SDK.

Names, descriptions and results are a stranger's words: bounded, and without characters that nobody would see
(reliability §5.2, 9).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from glmcli.tools.definitions import Definition, faults
from glmcli.tools.tool import Result

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 4000
LARGEST_SCHEMA = 64 * 1024
"""Characters of a tool's JSON Schema."""

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_JOINERS = "\n\t\u200c\u200d"


class Failed(Exception):
    """A request to a server came to nothing; the text goes on after the server's name."""


class Offered(Protocol):
    """A tool as a server lists it."""

    name: str
    title: str | None
    description: str | None
    input_schema: Any


def visible(text: str) -> str:
    """The text without control characters, direction overrides, tags and the like, in which instructions hide. Line
    breaks, tabs and the joiners of scripts and emoji stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        it
        for it in text.replace("\r\n", "\n")
        if it in _JOINERS or not (unicodedata.category(it) in _HIDDEN or "\U000e0100" <= it <= "\U000e01ef")
    )


def definition_of(server: str, offered: Offered, name: str) -> dict[str, Any]:
    """The definition of a tool under this name. Raises ValueError, which says why there can be none."""
    try:
        schema = _schema(offered.input_schema)
        if len(json.dumps(schema)) > LARGEST_SCHEMA:
            raise ValueError(f"its schema has more than {LARGEST_SCHEMA} characters")
    except RecursionError:
        raise ValueError("its schema is nested too deeply") from None
    description = _bounded(offered.description or offered.title or "")
    function = {"name": name, "description": description, "parameters": schema}
    definition = {"type": "function", "function": function}
    if found := faults(Definition(definition, Path(server))):
        raise ValueError(found[0])
    return definition


def free_name(server: str, original: str, taken: Iterable[str]) -> str:
    """`server__tool` of at most 64 letters, digits, - and _, numbered where it is taken."""
    taken = set(taken)
    stem = f"{server}__" + re.sub("[^A-Za-z0-9_-]", "_", original)
    name, number = stem[:LONGEST_NAME], 1
    while name in taken:
        number += 1
        name = stem[: LONGEST_NAME - len(str(number)) - 1] + f"_{number}"
    return name


def result_of(content: Iterable[Any], structured: Any, failed: bool) -> Result:
    """The result of a call. content: blocks with a `type` of the protocol; structured: JSON or None."""
    parts = [_part(block) for block in content]
    if structured is not None and not any(block.type == "text" for block in content):
        parts.append(json.dumps(structured, ensure_ascii=False))
    text = "\n".join(parts) or ("The tool failed and did not say why." if failed else "The tool returned nothing.")
    return Result(text, failed=failed, foreign=True)


def _part(block: Any) -> str:
    """The text of a block, or a line that names what is not shown."""
    match block.type:
        case "text":
            return str(block.text)
        case "image" | "audio":
            return f"[{block.type} {block.mime_type}, {_size(block.data)}, not shown]"
        case "resource_link":
            return f"[resource {block.name}: {block.uri}, not shown]"
        case "resource":
            resource = block.resource
            if hasattr(resource, "text"):
                return f"[resource {resource.uri}]\n{resource.text}"
            kind = f" {resource.mime_type}" if resource.mime_type else ""
            return f"[resource {resource.uri}{kind}, {_size(resource.blob)}, not shown]"
    return f"[{block.type}, not shown]"


def _size(base64: str) -> str:
    size = len(base64) * 3 // 4 - base64[-2:].count("=")
    return f"{size} bytes" if size < 1000 else f"{round(size / 1000)} KB"


def _schema(schema: Any) -> Any:
    """The schema, whose own descriptions are bounded and visible too."""
    if isinstance(schema, list):
        return [_schema(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bounded(value) if key in ("description", "title") and isinstance(value, str) else _schema(value)
        for key, value in schema.items()
    }


def _bounded(text: str) -> str:
    text = visible(text).strip()
    return text if len(text) <= LONGEST_DESCRIPTION else text[: LONGEST_DESCRIPTION - 1] + "…"
