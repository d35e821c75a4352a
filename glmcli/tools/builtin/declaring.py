"""What the built-in tools have in common: the form of their definitions, and how a refusal becomes a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glmcli.tools.tool import Approval, Result, Stop, Tool

Arguments = dict[str, Any]

READING = "reading files"
"""What the tools share that only read in a folder."""
VERSION = b"built in 1"
"""What an approval of a built-in tool is bound to. To be counted up when one of them may do more than before."""


class Refused(ValueError):
    """The tool does not do what the arguments ask for, or cannot. The text says why, to the model."""


def declared(
    name: str,
    description: str,
    properties: dict[str, Any],
    run: Callable[[Arguments, Stop], Result],
    *,
    required: tuple[str, ...] = (),
    approval: Approval,
    scope: Callable[[Arguments], str] | None = None,
    shares: str = "",
) -> Tool:
    """A built-in tool whose `run` may raise `Refused`, and OSError."""

    def answered(arguments: Arguments, stop: Stop) -> Result:
        try:
            return run(arguments, stop)
        except Refused as error:
            return Result(str(error), failed=True)
        except OSError as error:
            return Result(f"The system refused it: {reason(error)}.", failed=True)

    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    definition = {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }
    return Tool(definition, "built in", answered, approval, scope, VERSION, shares)


def reason(error: OSError) -> str:
    """Why the system refused, in lower case."""
    return (error.strerror or str(error) or type(error).__name__).lower()
