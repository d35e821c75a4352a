"""What an answer cost, out of usage objects that servers repeat, split, zero and double (wire-protocol §3.4).

The one rule that is right for all of them: the cumulative usage of a native tail event if it is not zero; else, where
only the first object counts prompt tokens, the sum, since each then is the increment of its own chunk; else the last
object that is not zero. Cached tokens are the most ever seen: a platform appends a second object with them zeroed.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from glmcli.api.events import Usage


class UsageCount:
    """Takes the usage objects of one answer in their order; a constant time and place for each."""

    __slots__ = ("_cached", "_increments", "_last", "_sum", "_tail")

    def __init__(self) -> None:
        self._last: dict[str, Any] | None = None
        self._tail: dict[str, Any] | None = None
        self._sum: dict[str, Any] | None = None
        self._increments = False
        self._cached = 0

    def add(self, usage: Any, *, tail: bool = False) -> None:
        """Takes one object, anything else is ignored. tail: it stood in a native event, `response` and no `choices`."""
        if not isinstance(usage, dict):
            return
        details = usage.get("prompt_tokens_details")
        if isinstance(details, dict):
            self._cached = max(self._cached, _count(details.get("cached_tokens")))
        prompt = _count(usage.get("prompt_tokens"))
        nonzero = prompt or _count(usage.get("completion_tokens")) or _count(usage.get("total_tokens"))
        if tail:
            if nonzero:
                self._tail = usage
        elif self._sum is None:
            self._sum = usage
            self._increments = prompt > 0
        elif self._increments:
            self._increments = prompt == 0
            self._sum = added(self._sum, usage)
        if nonzero or self._last is None:
            self._last = usage

    def result(self) -> Usage | None:
        """The usage of the answer so far; None where the server said nothing."""
        chosen = self._tail or (self._sum if self._increments else self._last)
        if chosen is None:
            return None
        prompt = _count(chosen.get("prompt_tokens"))
        completion = _count(chosen.get("completion_tokens"))
        total = _count(chosen.get("total_tokens")) or prompt + completion
        raw = {**chosen, "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
        details = raw.get("prompt_tokens_details")
        if self._cached:
            raw["prompt_tokens_details"] = {
                **(details if isinstance(details, dict) else {}),
                "cached_tokens": self._cached,
            }
        neurons = chosen.get("neurons")
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=total,
            cached_tokens=self._cached,
            neurons=float(neurons) if _is_number(neurons) else None,
            raw=raw,
        )


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any) -> int:
    """A count of tokens: rubbish and negative numbers are 0."""
    return max(0, int(value)) if _is_number(value) and abs(value) < 1e18 else 0


def added(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """The sum of two usage objects, number by number; anything else is taken from the later one that has it."""
    result = dict(left)
    for key, value in right.items():
        old = left.get(key)
        if _is_number(value) and _is_number(old):
            result[key] = old + value
        elif isinstance(value, dict) and isinstance(old, dict):
            result[key] = added(old, value)
        elif value is not None:
            result[key] = value
    return result
