"""What all that show an answer have in common: they are fed its events while it comes, and closed once.

A renderer is fed every event of an answer, of several answers where tools are called in between, and is closed exactly
once at the end, also after an error or an interrupt; then the terminal is sane and the cursor on a fresh line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from glmcli.api.events import Event
from glmcli.errors import GlmError


class Renderer(Protocol):
    def feed(self, event: Event) -> None:
        """Shows what this event changes. Raises what `Terminal.write` raises."""

    def close(self, error: GlmError | None) -> None:
        """The answer is over; `error` says why where it did not end well. Showing the error is the caller's part."""


class Together:
    """Several renderers as one. Each gets every event; all are closed, whatever happens to one of them."""

    def __init__(self, renderers: Sequence[Renderer]) -> None:
        self._renderers = list(renderers)

    def feed(self, event: Event) -> None:
        for renderer in self._renderers:
            renderer.feed(event)

    def close(self, error: GlmError | None) -> None:
        if self._renderers:
            try:
                self._renderers.pop(0).close(error)
            finally:
                self.close(error)
