"""Conversations on disk: `sessions.db` in the user's directory, and `spool/` for the answers that are coming.

Two processes may use it at once, and a kill at any point loses at most what was not yet shown (interface §7): the
question is committed before the request goes out, every event of the answer is appended to a file of its own before
it is shown, and the answer becomes a row in one transaction when it ends. Whoever opens the store next makes a row
of an answer whose process died.

    store = Store.at(folder, world)
    with store.transaction():                       # one transaction, so one set of syncs
        session = store.create(model=...)
        store.add_message(session.id, {"role": "user", "content": "Hi"})
    log = store.begin_answer(session.id)
    for event in events: log.feed(event)            # never raises
    log.finish(completion, "complete")              # StoreError: warn, the answer was shown all the same

Knows nothing of the terminal and of HTTP. `sqlite3` is imported when a store is opened, not before.
"""

from __future__ import annotations

from glmcli.store.answers import AnswerLog
from glmcli.store.database import Store
from glmcli.store.history import history
from glmcli.store.records import (
    HEAD,
    AmbiguousSession,
    Session,
    Status,
    StoredMessage,
    UnknownSession,
    said,
    text_of,
)
from glmcli.store.search import Hit
from glmcli.store.spent import Spent, total

__all__ = [
    "HEAD",
    "AmbiguousSession",
    "AnswerLog",
    "Hit",
    "Session",
    "Spent",
    "Status",
    "Store",
    "StoredMessage",
    "UnknownSession",
    "history",
    "said",
    "text_of",
    "total",
]
