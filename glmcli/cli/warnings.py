"""Warnings of one run: said on stderr, and remembered for `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glmcli.ui.terminal import Terminal


class Warnings:
    """Says each warning once, and remembers them all."""

    def __init__(self, terminal: "Terminal") -> None:
        self._terminal = terminal
        self.said: list[str] = []

    def __call__(self, line: str) -> None:
        if line not in self.said:
            self.said.append(line)
            self._terminal.note(f"warning: {line}", "warning")
