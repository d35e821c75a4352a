"""Long pastes, folded to a stub such as `[pasted 132 lines]` while a message is typed, and whole in what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

LINES, CHARACTERS = 10, 1000
"""What is longer than either is folded."""


class Pastes:
    """The folded pastes of one message. A stub that is no longer in the text drops its paste; undoing that brings both
    back."""

    def __init__(self) -> None:
        self._whole: dict[str, str] = {}

    def clear(self) -> None:
        """The next message has none."""
        self._whole.clear()

    def fold(self, pasted: str, text: str) -> str:
        """What goes into the text for a paste: itself if it is short, else a stub that is not in the text yet."""
        lines = len(pasted.splitlines())
        if lines <= LINES and len(pasted) <= CHARACTERS:
            return pasted
        size = f"{lines:,} lines" if lines > LINES else f"{len(pasted):,} characters"
        stub = next(it for it in _names(size) if it not in self._whole and it not in text)
        self._whole[stub] = pasted
        return stub

    def unfold(self, text: str) -> str:
        """The text with every paste whole. What is pasted is never searched for stubs."""
        return self._stubs().sub(lambda stub: self._whole[stub[0]], text) if self._whole else text

    def fold_again(self, text: str) -> str:
        """The text with every paste that is still whole in it folded, after the text was edited somewhere else."""
        for stub, pasted in self._whole.items():
            text = text.replace(pasted, stub, 1)
        return text

    def damaged(self, text: str) -> str:
        """A stub of which only a part is left in the text, so that its paste would not be sent; empty if none is."""
        if not self._whole:
            return ""
        rest = self._stubs().sub("\n", text)
        for stub in self._whole:
            if stub not in text and len(stub) // 2 < _common(stub, rest):
                return stub
        return ""

    def around(self, text: str, at: int) -> tuple[int, int] | None:
        """Where the stub begins and ends that the place is inside of."""
        if not self._whole:
            return None
        return next((it.span() for it in self._stubs().finditer(text) if it.start() < at < it.end()), None)

    def before(self, text: str) -> int:
        """The length of the stub that the text ends with, else 0."""
        return next((len(stub) for stub in self._whole if text.endswith(stub)), 0)

    def after(self, text: str) -> int:
        """The length of the stub that the text begins with, else 0."""
        return next((len(stub) for stub in self._whole if text.startswith(stub)), 0)

    def _stubs(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._whole)))


def _common(one: str, other: str) -> int:
    """The length of the longest text that is in both."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size


def _names(size: str) -> Iterator[str]:
    yield f"[pasted {size}]"
    number = 2
    while True:
        yield f"[pasted {size}, {number}]"
        number += 1
