"""What the stored answers used and cost, session by session; those of left branches too, since they were paid for.
Only reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from glmcli.store import lookup
from glmcli.store.connection import Connection
from glmcli.store.records import Session, loads


@dataclass(frozen=True)
class Spent:
    """The sums of a session. tokens: as the server counted them, cached ones among those of the prompts. cost:
    dollars, None where no price is known for any of its answers."""

    session: Session
    answers: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


def by_session(db: Connection) -> list[Spent]:
    """The sessions with any answer that was counted, the one used last first."""
    sums = {session.id: Spent(session) for session in lookup.newest(db, None)}
    for id, counts, cost in db.rows("SELECT session, usage, cost FROM message WHERE usage IS NOT NULL ORDER BY id"):
        usage = loads(counts)
        sum_ = sums.setdefault(id, Spent(Session(id)))  # begun since the sessions were looked up
        sums[id] = replace(
            sum_,
            answers=sum_.answers + 1,
            prompt_tokens=sum_.prompt_tokens + (usage.get("prompt_tokens") or 0),
            cached_tokens=sum_.cached_tokens + (usage.get("cached_tokens") or 0),
            completion_tokens=sum_.completion_tokens + (usage.get("completion_tokens") or 0),
            cost=sum_.cost if cost is None else (sum_.cost or 0.0) + cost,
        )
    return [it for it in sums.values() if it.answers]


def total(bills: Iterable[Spent]) -> Spent:
    """The sums of all, under a session that there is not."""
    all_ = list(bills)
    costs = [it.cost for it in all_ if it.cost is not None]
    return Spent(
        Session(""),
        sum(it.answers for it in all_),
        sum(it.prompt_tokens for it in all_),
        sum(it.cached_tokens for it in all_),
        sum(it.completion_tokens for it in all_),
        sum(costs) if costs else None,
    )
