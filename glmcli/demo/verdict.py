"""Judges a request body by the packaged schema, with a validator that the client does not use.

The schema is read as a file, not through the client's code, so that a fault there cannot hide itself here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

LONGEST = 2_000  # characters of a refusal


@cache
def schema() -> dict[str, Any]:
    """The packaged request schema."""
    text = files("glmcli").joinpath("api", "request.schema.json").read_text("utf-8")
    packaged: dict[str, Any] = json.loads(text)
    return packaged


@cache
def _validator() -> "jsonschema_rs.Validator":
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema())


def refusal(body: Any) -> str | None:
    """Why the schema refuses the body, in the manner of the real endpoint (wire-protocol §5.2); None if it does not."""
    reasons = []
    try:
        faults = list(_validator().iter_errors(body))
    except ValueError as error:  # what the validator cannot even take in: a key with half a surrogate pair
        return str(error)
    for fault in faults:
        leaves = list(dict.fromkeys(_leaves(fault)))
        if fault.kind.name == "oneOf":
            matches = 0 if leaves else 2
            reasons.append(f"oneOf at '/' not met, {matches} matches" + (": " if leaves else "") + ", ".join(leaves))
        else:
            reasons += leaves
    return ", ".join(reasons)[:LONGEST] or None


def _leaves(fault: Any) -> Iterator[str]:
    """What is wrong, without the choices between alternatives that it stands in."""
    place = "/" + "/".join(str(part) for part in fault.instance_path)
    facts = fault.kind.as_dict()
    match fault.kind.name:
        case "oneOf" | "anyOf":
            for alternative in fault.kind.context:
                for cause in alternative:
                    yield from _leaves(cause)
        case "required":
            yield f"required properties at '{place}' are '{facts['property']}'"
        case "type":
            wanted = ",".join(facts["types"])
            yield f"Type mismatch of '{place}', '{_type(fault.instance)}' not in '{wanted}'"
        case "enum":
            yield f"enum {fault.instance} not in {','.join(map(str, facts['options']))} at '{place}'"
        case name:
            yield f"{name} at '{place}' not met: {fault.message}"


def _type(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]
