"""The line below the prompt: what the next message goes to, how full and how dear it is. Pure; knows no terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BETWEEN = " · "
SMALLEST = 0.0001
"""Dollars below which an amount is not told."""


@dataclass(frozen=True)
class Status:
    """What the line tells, settled before each prompt.

    session: its name or the beginning of its id, empty for a new one. context: how full the context window is, in
    percent, None where that is not known. cost: of the session in dollars, None where it has no price; nothing is
    shown of what cost nothing.
    """

    model: str
    profile: str
    session: str = ""
    context: float | None = None
    cost: float | None = None
    thinking: bool = True


def line(status: Status, mode: str, width: int, cells: Callable[[str], int] = len) -> str:
    """The line for a terminal of that width; what matters least is left out where there is no room.

    mode: the editing mode, empty where there is only one. cells: the columns that a text takes.
    """
    parts = {
        "model": status.model.rpartition("/")[2],
        "profile": status.profile,
        "session": status.session,
        "context": "" if status.context is None else f"context {percent(status.context)}",
        "cost": dollars(status.cost) if status.cost else "",
        "thinking": "thinking on" if status.thinking else "thinking off",
        "mode": mode,
    }
    parts = {name: text for name, text in parts.items() if text}
    for name in ("profile", "session", "cost", "thinking", "model", "context"):
        if cells(BETWEEN.join(parts.values())) <= width:
            break
        parts.pop(name, None)
    text = BETWEEN.join(parts.values())
    return text if cells(text) <= width else ""


def dollars(amount: float) -> str:
    """`<$0.0001`, `$0.0023`, `$1.50`: no more digits than tell anything."""
    if amount < SMALLEST:
        return f"<${SMALLEST}"
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def percent(number: float) -> str:
    """`0 %`, `<1 %`, `37 %`."""
    return "<1 %" if 0 < number < 1 else f"{number:.0f} %"
