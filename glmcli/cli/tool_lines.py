"""What is said of a tool in a list, in the shell and in the REPL alike."""

from __future__ import annotations

from glmcli.tools.tool import Approval, Tool


def asked(tool: Tool) -> str:
    """When the user is asked about its calls, in a word or three."""
    if tool.run is None:
        return "not run here"
    match tool.approval:
        case Approval.UNASKED:
            return "runs unasked"
        case Approval.SCOPE:
            return "asks once a host" if tool.name == "fetch_url" else "asks once a folder"
        case Approval.EACH:
            return "asks"
        case Approval.ALWAYS:
            return "always asks"


def first_sentence(text: str) -> str:
    """What a description begins with: a line says enough."""
    return text.strip().partition("\n")[0].partition(". ")[0].removesuffix(".")
