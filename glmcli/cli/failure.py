"""How a failure is told: its message in one line or two, then what to do next. The one place that prints errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glmcli.errors import GlmError
    from glmcli.ui.terminal import Terminal


def show_failure(terminal: "Terminal", failure: "GlmError") -> None:
    """Says what went wrong on stderr."""
    for line in failure.message.splitlines():
        terminal.note(line, style="error")
    if failure.hint:
        terminal.note(failure.hint, style="dim")
