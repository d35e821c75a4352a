"""What of each choice is gathered while an answer comes, and told when it has ended, in the order of the choices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from glmcli.api.events import Event, Finished
from glmcli.errors import GlmError
from glmcli.ui.terminal import Terminal

T = TypeVar("T")


class Gathered(ABC, Generic[T]):
    """A renderer. Subclasses say what they `take` of an event, and how they `tell` it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._gathered: dict[int, list[T]] = {}

    @abstractmethod
    def take(self, event: Event) -> None:
        """Notes in `_gathered`, by choice, what this event brings."""

    @abstractmethod
    def tell(self, index: int, gathered: list[T]) -> None:
        """Shows all that came of a choice of which something came."""

    def feed(self, event: Event) -> None:
        self.take(event)
        if isinstance(event, Finished):
            self._end()

    def close(self, error: GlmError | None) -> None:
        self._end()

    def _end(self) -> None:
        choices, self._gathered = self._gathered, {}
        for index in sorted(choices):
            self.tell(index, choices[index])
