"""Stored sessions, and what was found in them, as lines in columns: for `glm sessions` and the REPL. Writes nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glmcli.store import Hit, Session, Spent, Store

Row = tuple[str, ...]

LEFT = ", left"
"""Behind what was said on a branch that the conversation has left since."""


def described(store: "Store", session: "Session", now: float) -> Row:
    """Id, last use, number of messages, profile and model, name and title."""
    model = (session.model or "").rpartition("/")[2]
    about = "/".join(part for part in (session.profile, model) if part)
    return (store.short_id(session.id), age(session.updated, now), str(store.count(session.id)), about, titled(session))


def found(store: "Store", hit: "Hit", now: float) -> Row:
    """Id or name of the session, when it was said, by whom and whether on a branch that was left, and the words around
    it."""
    session = store.get(hit.message.session)
    part = hit.part + (LEFT if store.is_left(hit.message) else "")
    return (session.name or store.short_id(session.id), age(hit.message.created, now), part, hit.snippet)


def charged(store: "Store", spent: "Spent") -> Row:
    """Id, answers, tokens in, of these cached, tokens out, dollars, name and title."""
    return (store.short_id(spent.session.id), *sums(spent), titled(spent.session))


def sums(spent: "Spent") -> Row:
    counts = (spent.answers, spent.prompt_tokens, spent.cached_tokens, spent.completion_tokens)
    return (*(f"{count:,}" for count in counts), "-" if spent.cost is None else f"${spent.cost:.6f}")


def titled(session: "Session") -> str:
    """Name and title, and before that, since lines are cut behind, whether it is a copy of another session."""
    marks = (f"[{session.name}]" if session.name else "", "(copy)" if "forked_from" in session.extra else "")
    return " ".join(filter(None, (*marks, session.title)))


def aligned(rows: "Sequence[Row]", right: tuple[int, ...] = ()) -> list[str]:
    """The rows as lines, cleaned, with columns as wide as they need be. right: the columns that are numbers."""
    from glmcli.ui.clean import one_line

    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        placed = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join([*placed[:-1], row[-1]]).rstrip())
    return lines


def age(then: float, now: float) -> str:
    """How long ago, roughly; the date where that is a week or more."""
    passed = now - then
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if passed >= size:
            return f"{int(passed // size)} {unit} ago" if passed < 7 * 86400 else date(then)[:10]
    return "now"


def date(seconds: float) -> str:
    """In the time zone of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
