"""The store: sessions and their messages, and what keeps them whole.

A session's head is the newest message of its conversation as it goes on. A retried, edited or undone turn is a branch
that the head has left; nothing is overwritten. Two processes that go on with one session at a time get one line of
turns: an answer is put right after its question, before whatever the other process has hung there meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from glmcli.errors import StoreError, UsageError
from glmcli.store import answers, copies, lookup, search, spent, tree
from glmcli.store.answers import Answer, AnswerLog, Question
from glmcli.store.connection import Connection
from glmcli.store.records import (
    HEAD,
    Session,
    Status,
    StoredMessage,
    UnknownSession,
    check_name,
    dumps,
    label,
    title_of,
)
from glmcli.store.search import Hit
from glmcli.store.spent import Spent
from glmcli.store.spool import orphans
from glmcli.world import World

FILE_NAME = "sessions.db"
SPOOL = "spool"

TERMINAL_DAYS = 90
"""How long it is remembered what was used last in a terminal."""

_LABELS = ("name", "title", "profile", "model")
_JSON = ("system", "options", "tools", "extra")

Sessions = list[Session]
Messages = list[StoredMessage]
Hits = list[Hit]
Bills = list[Spent]


class Store:
    """An open store. Every method raises StoreError where the disk or the file does not do as it should.

    path: the database; the spools are in `spool` beside it. now: seconds since the epoch. new_id: a fresh identifier
    that sorts by time. create: make the file where there is none; without it a missing file is an empty store.
    recovered: ids of the sessions that got an answer back whose process had been killed.
    """

    def __init__(self, path: Path, *, now: Callable[[], float], new_id: Callable[[], str], create: bool = True) -> None:
        self.path = path
        self._spools = path.parent / SPOOL
        self._now = now
        self._new_id = new_id
        self._db = Connection(path, create=create)
        self.recovered = self._recover() if path.exists() else ()

    @classmethod
    def at(cls, folder: Path, world: World, *, create: bool = True) -> "Store":
        """The store in the user's directory."""
        return cls(folder / FILE_NAME, now=world.now, new_id=world.new_id, create=create)

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is kept together, or none of it. May be nested: the outermost one counts."""
        return self._db.transaction()

    # Sessions

    def create(
        self,
        *,
        name: str | None = None,
        title: str = "",
        profile: str | None = None,
        model: str | None = None,
        system: str | None = None,
        options: Mapping[str, Any] | None = None,
        tools: Iterable[Any] = (),
        extra: Mapping[str, Any] | None = None,
        terminal: str | None = None,
    ) -> Session:
        """A new session, empty, used in this terminal. Without a title it takes that of its first prompt. Raises
        UsageError for a name that is taken or cannot be one."""
        id, now = self._new_id(), self._now()
        values = {"name": name, "title": title, "profile": profile, "model": model, "system": system}
        more = {"options": dict(options or {}), "tools": list(tools), "extra": dict(extra or {})}
        with self.transaction():
            columns = self._columns(id, {**values, **more})
            self._db.insert("session", {"id": id, "created": now, "updated": now, **columns})
            self._use(id, terminal, now)
        return self.get(id)

    def get(self, session_id: str) -> Session:
        """The session of a whole id. Raises UnknownSession."""
        for session in lookup.select(self._db, "WHERE id = ?", session_id):
            return session
        raise UnknownSession(f"there is no session {session_id}")

    def find(self, key: str) -> Session:
        """The session of that name, else the one whose id begins so (4 characters and more).

        Raises AmbiguousSession, which lists the ones it could be, or UnknownSession, which names the nearest.
        """
        return lookup.find(self._db, key)

    def last(self, terminal: str | None = None) -> Session | None:
        """The session used last in this terminal, else the one used last anywhere."""
        return lookup.last(self._db, terminal)

    def list(self, limit: int | None = None) -> Sessions:
        """Sessions, the one used last first."""
        return lookup.newest(self._db, limit)

    def unused_since(self, time: float) -> Sessions:
        """The sessions last used before that time (seconds since the epoch), oldest first."""
        return lookup.select(self._db, "WHERE updated < ? ORDER BY updated", time)

    def short_id(self, session_id: str) -> str:
        """As much of an id as tells it from every other one, and a little more."""
        return lookup.short_id(self._db, session_id)

    def update(self, session_id: str, **changes: Any) -> None:
        """Changes any of name, title, profile, model, system, options, tools, extra. That is no use of the session.
        Raises UsageError for a name that is taken or cannot be one."""
        with self.transaction():
            self._change(session_id, **self._columns(session_id, changes))

    def check_name(self, name: str, session_id: str = "") -> None:
        """Raises UsageError for a name that cannot be one, or that a session other than this one has."""
        if self._db.rows("SELECT 1 FROM session WHERE name = ? AND id <> ?", check_name(name), session_id):
            raise UsageError(f"a session named {name!r} exists already", hint="Take another name.")

    def touch(self, session_id: str, terminal: str | None = None) -> None:
        """The session is in use, in this terminal."""
        with self.transaction():
            now = self._now()
            self._change(session_id, updated=now)
            self._use(session_id, terminal, now)

    def set_head(self, session_id: str, message_id: int | None) -> None:
        """The conversation ends with that message now, and goes on from there; None: before its first message."""
        with self.transaction():
            self._change(session_id, head=message_id)

    def remove(self, session_ids: Iterable[str]) -> int:
        """Removes sessions and their messages, and overwrites where they stood; where much was freed, the file shrinks.
        Returns how many there were."""
        self._db.run("PRAGMA secure_delete=ON")
        with self.transaction():
            search.forget(self._db)
            removed = sum(self._db.run("DELETE FROM session WHERE id = ?", id) for id in session_ids)
        self._db.shrink()
        return removed

    def fork(self, session_id: str, *, name: str | None = None, terminal: str | None = None) -> Session:
        """A new session that begins with the conversation of this one, which stays as it is. The answers in it were
        paid for there, so the copies have no usage and no cost. Raises UsageError for a name that is taken."""
        origin = self.get(session_id)
        with self.transaction():
            session = self.create(
                name=name,
                title=origin.title,
                profile=origin.profile,
                model=origin.model,
                system=origin.system,
                options=origin.options,
                tools=origin.tools,
                extra={**origin.extra, "forked_from": origin.id},
                terminal=terminal,
            )
            self._change(session.id, head=copies.path(self._db, session.id, self.messages(session_id)))
        return self.get(session.id)

    def take_in(self, record: Any) -> Session:
        """The session of a record, as `export.record` makes it, with its id and name unless they are taken here. It
        names no tools: those run, and a record may come from anywhere. Raises UsageError for what is no such record."""
        origin, messages = copies.read(record)
        with self.transaction():
            id = self._new_id() if lookup.select(self._db, "WHERE id = ?", origin.id) else origin.id
            taken = self._db.rows("SELECT 1 FROM session WHERE name = ?", origin.name)
            extra = {key: value for key, value in origin.extra.items() if key != "tools"}
            values = {**vars(origin), "name": None if taken else origin.name, "extra": extra}
            columns = self._columns(id, values)
            self._db.insert("session", {"id": id, "created": origin.created, "updated": self._now(), **columns})
            ids = copies.tree(self._db, id, messages)
            self._change(id, head=ids.get(origin.head))
        return self.get(id)

    def search(self, text: str, limit: int | None = None) -> Hits:
        """The messages of all sessions in which every word of the text begins a word, the newest first."""
        return search.search(self._db, text, limit)

    def spent(self) -> Bills:
        """What the answers of each session that has any used and cost, in the order of `list`."""
        return spent.by_session(self._db)

    # Messages

    def messages(self, session_id: str) -> Messages:
        """The conversation, first message to head."""
        return tree.path(self._db, self._head(session_id)[0])

    def count(self, session_id: str) -> int:
        """How many messages the conversation has."""
        return tree.length(self._db, self._head(session_id)[0])

    def is_left(self, message: StoredMessage) -> bool:
        """Whether a message is on a branch that its conversation has left."""
        return not tree.holds(self._db, self._head(message.session)[0], message.id)

    def tree(self, session_id: str) -> Messages:
        """All messages of a session, those of left branches too, oldest first."""
        return tree.everything(self._db, session_id)

    def add_message(
        self,
        session_id: str,
        message: Mapping[str, Any],
        *,
        parent: int | None = HEAD,
        status: Status = "complete",
        **parts: Any,
    ) -> int:
        """Keeps a message and makes it the head; returns its id. Committed on return, but for an outer transaction.

        parent: an explicit one makes a branch there. parts: any of created, model, finish_reason, usage, cost,
        reasoning, extra, as in StoredMessage.
        """
        with self.transaction():
            head, title = self._head(session_id)
            now = self._now()
            values = {"created": now, **parts, "message": message, "status": status}
            id = tree.add(self._db, session_id, head if parent == HEAD else parent, values)
            if not title and message.get("role") == "user":
                title = title_of(message)
            self._change(session_id, head=id, title=title, updated=now)
        return id

    def begin_answer(self, session_id: str, *, parent: int | None = HEAD, model: str | None = None) -> AnswerLog:
        """The answer to the session's head is about to come; or to `parent`, which becomes the head."""
        if parent == HEAD:
            parent = self._head(session_id)[0]
        else:
            self.set_head(session_id, parent)
        question = Question(session_id, parent, self._now(), model)
        return answers.start(self._new_id(), question, self._spools, self._keep)

    def _keep(self, answer: Answer) -> int:
        """Makes an answer a message. Twice is once: it is known by its log."""
        question, values = answer.question, answers.columns(answer)
        with self.transaction():
            head, _ = self._head(question.session)
            id = tree.of_log(self._db, question.session, question.parent, answer.log)
            if id is not None:
                search.forget(self._db)
                tree.replace(self._db, id, values, answer.log)
                return id
            id = tree.add(self._db, question.session, question.parent, values, log=answer.log)
            follower = tree.step_below(self._db, question.parent, head)
            if follower is None:
                self._change(question.session, head=id)
            else:
                tree.hang(self._db, follower, id)
        return id

    def _recover(self) -> tuple[str, ...]:
        """Makes messages of the answers whose processes died. Where the store cannot be written they wait."""
        sessions = []
        for spool in orphans(self._spools):
            try:
                answer = answers.recovered(spool)
                if answer is None:
                    spool.set_aside()
                    continue
                if lookup.select(self._db, "WHERE id = ?", answer.question.session):
                    self._keep(answer)
                    sessions.append(answer.question.session)
            except (StoreError, OSError):
                spool.close()
            else:
                spool.remove()
        return tuple(sessions)

    def _head(self, session_id: str) -> tuple[int | None, str]:
        """Head and title of a session. Raises StoreError where it is gone."""
        for head, title in self._db.rows("SELECT head, title FROM session WHERE id = ?", session_id):
            return head, title
        raise _gone(session_id)

    def _change(self, session_id: str, **columns: Any) -> None:
        assigned = ", ".join(f"{column} = ?" for column in columns)
        if not self._db.run(f"UPDATE session SET {assigned} WHERE id = ?", *columns.values(), session_id):
            raise _gone(session_id)

    def _columns(self, session_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a session as its columns hold them. Raises UsageError for a name that it cannot have."""
        if values.get("name") is not None:
            self.check_name(values["name"], session_id)
        labels = {key: label(values[key]) for key in _LABELS if key in values}
        return labels | {key: dumps(values[key]) for key in _JSON if key in values}

    def _use(self, session_id: str, terminal: str | None, now: float) -> None:
        if terminal:
            self._db.run("DELETE FROM terminal WHERE used < ?", now - TERMINAL_DAYS * 86400)
            self._db.run("INSERT OR REPLACE INTO terminal VALUES (?, ?, ?)", label(terminal), session_id, now)


def _gone(session_id: str) -> StoreError:
    return StoreError(f"the session {session_id} was removed meanwhile", hint="Start a new one.")
