"""Tool definitions: JSON files in the user's `tools/` folder, each one definition or a list of them.

A definition is an item of the request's `tools`: a function with a JSON Schema for its arguments, or a custom tool with
a free or a grammar-bound input. Beside that it may say which program carries it out (`sidecar.py`). Checking one runs
nothing and sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmcli.api import json_text
from glmcli.api.conforms import schema_fault
from glmcli.api.validate import faults as schema_faults
from glmcli.errors import UsageError
from glmcli.tools.sidecar import KEYS, Sidecar, sidecar, sidecar_faults, split

FOLDER = "tools"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What names of tools are held to by the servers of this API; the schema itself allows any string."""

INSIDE = {"function": ("name", "description", "parameters", "strict"), "custom": ("name", "description", "format")}
"""What the object of each kind holds."""


@dataclass(frozen=True)
class Definition:
    """One definition and where it stands. value: the JSON as it was read, not necessarily a good definition.
    problem: why there is none, where the file cannot be read."""

    value: Any
    path: Path
    index: int | None = None
    problem: str = ""

    @property
    def kind(self) -> str:
        """ "function", "custom", or "" where it is neither."""
        kind = self.value.get("type") if isinstance(self.value, dict) else None
        return kind if kind in ("function", "custom") else ""

    @property
    def name(self) -> str:
        return str(self._inner.get("name", ""))

    @property
    def description(self) -> str:
        """The first line of what it says of itself."""
        return str(self._inner.get("description") or "").strip().partition("\n")[0]

    @property
    def sent(self) -> Any:
        """The definition as it is sent, without what it says of a program."""
        return split(self.value)[0]

    @property
    def sidecar(self) -> Sidecar | None:
        """How it is carried out; None where it is only defined here. For a definition without faults."""
        return sidecar(split(self.value)[1], self.path, alone=self.index is None)

    @property
    def place(self) -> str:
        return self.path.name if self.index is None else f"{self.path.name}[{self.index}]"

    @property
    def _inner(self) -> dict[str, Any]:
        inner = self.value.get(self.kind) if self.kind else None
        return inner if isinstance(inner, dict) else {}


def read(path: Path) -> list[Definition]:
    """The definitions of one file. Raises UsageError where it cannot be read or is no JSON."""
    try:
        value = json_text.parse(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{path} cannot be read: {reason}", hint="Check the path.") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None
    if isinstance(value, list):
        return [Definition(item, path, index) for index, item in enumerate(value)]
    return [Definition(value, path)]


def faults(definition: Definition) -> list[str]:
    """What is wrong with a definition, one line each, with a pointer into it; none if nothing is."""
    if definition.problem:
        return [definition.problem]
    sent, own = split(definition.value)
    body = {"messages": [{"role": "user", "content": "?"}], "tools": [sent]}
    found = []
    for fault in schema_faults(body):
        pointer = fault.pointer.removeprefix("/tools/0") or "/"
        found.append(f"{pointer}: {fault.message}{_advice(sent, pointer)}")
    if found:
        return found
    inner = f"/{definition.kind}"
    if not NAME.fullmatch(definition.name):
        found.append(f"{inner}/name: {definition.name!r} is not 1 to 64 letters, digits, _ and -")
    parameters = definition.value.get("function", {}).get("parameters")
    if parameters is not None:
        found += [f"{inner}/parameters{line}" for line in _parameter_faults(parameters)]
        if definition.value["function"].get("strict"):
            found += [f"{inner}/parameters{line}" for line in _strict_faults(parameters, "")]
    found += _unknown_keys(sent, definition.kind)
    return found + list(sidecar_faults(own, definition.path, alone=definition.index is None))


def grammar_faults(sent: dict[str, Any]) -> list[str]:
    """What is wrong with the grammar of a definition that has no `faults`. A lark grammar is read in a child process,
    which takes 0.3 s: for the tools of a conversation and those that are checked or added, not for a list of all."""
    if sent["type"] != "custom":
        return []
    from glmcli.tools.grammar import grammar_fault

    fault = grammar_fault(sent["custom"].get("format"))
    return [f"/custom/format/grammar/definition: {fault}"] if fault else []


def all_faults(definition: Definition) -> list[str]:
    """`faults`, and where there are none `grammar_faults`."""
    return faults(definition) or grammar_faults(definition.sent)


def _advice(sent: Any, pointer: str) -> str:
    """What to do about a flat definition, as the Responses API of OpenAI has them, whose inner object is missing."""
    kind = pointer.removeprefix("/")
    if kind not in INSIDE or not isinstance(sent, dict) or kind in sent:
        return ""
    *others, last = [key for key in INSIDE[kind] if key in sent] or [""]
    what = f"{', '.join(others)} and {last} belong" if others else f"{last} belongs"
    return f'; {what} inside "{kind}"' if last else ""


def _unknown_keys(sent: dict[str, Any], kind: str) -> Iterator[str]:
    from glmcli.api.nearest import nearest

    for key in sent:
        if key not in ("type", kind):
            near = nearest(key, KEYS, strict=True)
            yield f"/{key}: is no key of a {kind} definition" + (f"; did you mean {near}?" if near else "")


def _parameter_faults(parameters: dict[str, Any]) -> Iterator[str]:
    if parameters.get("type", "object") != "object":
        yield f'/type: {parameters["type"]!r} is not "object": arguments have names'
    if (fault := schema_fault(parameters)) is not None:
        yield f"{fault.pointer}: {fault.message}"


def _strict_faults(schema: Any, where: str) -> Iterator[str]:
    """Strict mode wants every property required and no others, at every depth."""
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        names = properties if isinstance(properties, dict) else {}
        if schema.get("additionalProperties") is not False:
            yield f"{where}: strict wants additionalProperties: false"
        missing = [name for name in names if name not in (schema.get("required") or [])]
        if missing:
            yield f"{where}/required: strict wants all properties here; missing: {', '.join(missing)}"
        for name, inner in names.items():
            yield from _strict_faults(inner, f"{where}/properties/{name}")
    for key in ("items", "not"):
        if key in schema:
            yield from _strict_faults(schema[key], f"{where}/{key}")
    for key in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(schema.get(key) or ()):
            yield from _strict_faults(inner, f"{where}/{key}/{index}")
