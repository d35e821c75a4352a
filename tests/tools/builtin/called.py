"""Calls a built-in tool as the loop does: with arguments that fit its definition, and something to stop it by."""

from __future__ import annotations

from typing import Any

import jsonschema

from glmcli.tools.tool import Result, Stop, Tool


def call(tool: Tool, stop: Stop | None = None, **arguments: Any) -> Result:
    jsonschema.validate(arguments, tool.parameters)
    assert tool.run is not None
    return tool.run(arguments, stop or Stop())


def told(tool: Tool, **arguments: Any) -> str:
    """What a call that works out says."""
    result = call(tool, **arguments)
    assert not result.failed, result.text
    return result.text


def refusal(tool: Tool, **arguments: Any) -> str:
    """What a call that does not work out says."""
    result = call(tool, **arguments)
    assert result.failed
    return result.text
