"""The session behind `run` and `chat`: which one it is, what was said in it, and what is kept of the new turn.

Store trouble never costs an answer: it is said once, the conversation goes on in memory, and `trouble` tells the
command to end with the status for it (interface §5, 11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.api.request import REASONING_FIELDS
from glmcli.cli.turn_log import TurnLog
from glmcli.errors import ConfigError, StoreError, UsageError
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.api.events import ToolCalled, Usage
    from glmcli.cli.plan import Plan
    from glmcli.store import AnswerLog, Session, Store, StoredMessage

Message = dict[str, Any]


class Conversation:
    """One conversation, stored or not.

    session: the stored session, None before the first turn of a new one. messages: what was said so far, as it is
    sent, but for calls of the last answer that have no result (`before`). keep: whether turns are stored. warn: says
    one line to the user.

    Going back, editing and forking leave the store with all that was said before: the conversation takes another
    branch, or goes on in a copy.
    """

    def __init__(self, folder: Path, world: World, *, keep: bool, warn: Callable[[str], None]) -> None:
        self.session: Session | None = None
        self.messages: list[Message] = []
        self.trouble: StoreError | None = None
        self._folder = folder
        self._world = world
        self._keep = keep
        self._warn = warn
        self._store: Store | None = None
        self._name: str | None = None
        self._copying = False
        self._failed = False

    @property
    def id(self) -> str | None:
        return self.session.id if self.session else None

    @property
    def resumed(self) -> str | None:
        """Which stored session this is, in one line; None for a new one without a name."""
        if self.session is not None:
            what = "a copy of session" if self._copying else "session"
            return f"continuing {what} {self.label}: {self.session.title}"
        return f"new session {self._name}" if self._name and self._keep else None

    @property
    def label(self) -> str | None:
        """The session as a person calls it: its name, else as much of its id as is needed; None before there is one."""
        if self.session is None:
            return self._name if self._keep else None
        if self.session.name is None:
            try:
                return self._open().short_id(self.session.id)
            except StoreError:
                return self.session.id
        return self.session.name

    def resume(self, *, last: bool = False, name: str | None = None, fork: bool = False) -> None:
        """Goes on with the last session, or with the one of that name or id; a new name names the session to come.

        fork: goes on in a copy, which is made when the first thing is said in it. Raises UsageError where there is no
        session, or several; ConfigError where the store cannot be read.
        """
        if not last and name is None:
            if fork:
                raise UsageError("--fork needs a session to copy", hint="Name it with --session, or the last one: -c.")
            return
        if last and name is not None:
            raise UsageError("--continue and --session name two sessions", hint="Leave one of them out.")
        from glmcli.store import UnknownSession, history
        from glmcli.store.history import failed

        try:
            store = self._open()
            if name is None:
                self.session = store.last(self._world.terminal_id())
                if self.session is None:
                    raise UsageError("there is no session to go on with", hint="Start one with `glm run PROMPT`.")
            else:
                try:
                    self.session = store.find(name)
                except UnknownSession:
                    if fork:
                        raise
                    self._name = name
                    return
            path = store.messages(self.session.id)
            self.messages, self._failed = history(path), bool(path) and failed(path[-1])
        except StoreError as error:
            raise ConfigError(error.message, hint=error.hint) from error
        self._copying = fork

    def begin(self, new: list[Message], plan: "Plan") -> TurnLog:
        """Keeps the user's messages before they are sent, and gives the log for the answer to the last of them."""
        if new:
            self.messages = [_without_thoughts(message) for message in self.before(new)] + new
        self._failed = False
        log: AnswerLog | None = None
        with self._storing() as storing:
            if storing:
                log = self._keep_question(new, plan)
        return TurnLog(self, log, plan)

    def returned(self, result: Message, after: int | None) -> int | None:
        """The result of a call is part of what is sent on. after: the id of the message before it, where that is
        stored. Returns its own."""
        from glmcli.api.calls import add_result

        add_result(self.messages, result)
        with self._storing() as storing:
            if storing and self.session is not None and after is not None:
                return self._open().add_message(self.session.id, result, parent=after)
        return None

    def begin_next(self, plan: "Plan", after: int | None) -> "AnswerLog | None":
        """The log of another answer in the same turn, after the results of calls."""
        with self._storing() as storing:
            if storing and self.session is not None and after is not None:
                return self._open().begin_answer(self.session.id, parent=after, model=plan.model.value)
        return None

    def before(self, new: list[Message]) -> list[Message]:
        """What is sent before these messages: a question that failed as a whole is not asked again beside another, and
        calls that were not carried out get a result that says so."""
        if not new or not self.messages:
            return self.messages
        last = self.messages[-1].get("role")
        if last == "user":
            return self.messages[:-1] if self._failed else self.messages
        if last == "assistant" and not self.messages[-1].get("tool_calls"):
            return self.messages  # without the store, which --no-log does not need
        from glmcli.store.history import closed

        return closed(self.messages)

    @property
    def stopped_in_calls(self) -> bool:
        """Whether the last turn ended in its tool calls: some have no result, or no answer came after the results."""
        last = self.messages[-1] if self.messages else {}
        return last.get("role") in ("tool", "function") or bool(last.get("tool_calls"))

    def resume_calls(self, plan: "Plan") -> TurnLog:
        """The log of a turn that goes on with the open calls of its last answer."""
        last: int | None = None
        with self._storing() as storing:
            if storing and self.session is not None:
                id = self._own()
                self._open().touch(id, self._world.terminal_id())
                last = self._open().get(id).head
        return TurnLog(self, None, plan, last=last)

    def open_calls(self) -> "list[ToolCalled]":
        """The calls of the last answer that have no result, and after which nothing was said."""
        from glmcli.api.calls import ToolCalls
        from glmcli.store.history import open_calls

        calls = ToolCalls()
        calls.feed(open_calls(self.messages), whole=True)
        return list(calls.finish(0, set()))

    def start_over(self) -> None:
        """The next turn begins a new session; the old one stays stored."""
        self.session, self.messages, self._name, self._copying = None, [], None, False

    # Looking back

    def path(self) -> "list[StoredMessage]":
        """The conversation message by message, with what is known of each: from the store, else as it is sent."""
        with self._storing() as storing:
            if self.session is not None and storing:
                return self._open().messages(self.session.id)
        from glmcli.store import StoredMessage

        return [StoredMessage(0, "", None, message) for message in self.messages]

    def usages(self) -> "list[Usage]":
        """What the answers of the session cost, those of left branches too: they were paid for."""
        from glmcli.api.events import Usage

        if self.session is None or self._copying:
            return []
        with suppress(StoreError):
            counts = [message.usage for message in self._open().tree(self.session.id)]
            return [Usage(**{name: count for name, count in it.items() if name != "raw"}) for it in counts if it]
        return []

    # Other branches

    def back_to_question(self) -> bool:
        """Goes back to the user's last message, so that it can be asked again. False where nothing was asked."""
        asked = [number for number, it in enumerate(self.path(), 1) if it.role == "user"]
        if asked:
            self.cut(asked[-1])
        return bool(asked)

    def cut(self, length: int, more: Message | None = None) -> None:
        """The conversation ends after so many messages of its path, or with one more after them. What followed stays in
        the store, on a branch of its own."""
        from glmcli.store import history

        path = self.path()[:length]
        self.messages = history(path)
        if more is not None:
            self.answered(more)
        with self._storing() as storing:
            if self.session is not None and storing:
                store, session = self._open(), self._own()
                path = store.messages(session)[:length]  # again: a copy has other ids
                with store.transaction():
                    store.set_head(session, path[-1].id if path else None)
                    if more is not None:
                        store.add_message(session, more)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """For a block that goes back, or on, and asks: where no answer comes in it, the conversation is put back as it
        was."""
        messages, head = self.messages, None
        with self._storing() as storing:
            if self.session is not None and storing:
                head = self._open().get(self._own()).head
        try:
            yield
        finally:
            if not self.is_answered:
                self.messages = messages
                with self._storing() as storing:
                    if self.session is not None and storing:
                        self._open().set_head(self.session.id, head)

    @property
    def is_answered(self) -> bool:
        """Whether the last message is none of the user's."""
        return bool(self.messages) and self.messages[-1].get("role") != "user"

    # Other sessions

    @contextmanager
    def store(self) -> "Iterator[Store]":
        """The store, for a look at other sessions. Its troubles as ConfigError: no answer is lost by them."""
        try:
            yield self._open()
        except StoreError as error:
            raise ConfigError(error.message, hint=error.hint) from error

    def begin_with(self, messages: list[Message], plan: "Plan", title: str) -> None:
        """Goes on in a new session that begins with these messages; the old one stays stored."""
        self.start_over()
        self.messages = list(messages)
        with self._storing() as storing:
            if storing:
                store = self._open()
                with store.transaction():
                    session = self._create(store, plan, title)
                    for message in messages:
                        store.add_message(session.id, message)
                self.session = session

    def switch(self, session: "Session") -> None:
        """Goes on with another session; the one before stays stored. Raises ConfigError."""
        from glmcli.store import history

        with self.store() as store:
            messages = history(store.messages(session.id))
            if self._keep and self.trouble is None:
                store.touch(session.id, self._world.terminal_id())
        self.session, self.messages, self._name, self._copying = session, messages, None, False

    def fork(self, name: str | None = None) -> None:
        """Goes on in a copy of the session. Raises UsageError where nothing is stored, or for a name that is taken."""
        with self.store() as store:
            self.session = store.fork(self._stored().id, name=name, terminal=self._world.terminal_id())
        self._copying = False

    def rename(self, name: str) -> None:
        """Gives the session a name, or the one to come. Raises UsageError for a name that is taken or cannot be one."""
        with self.store() as store:
            if self.session is None and self._keep and self.trouble is None:
                store.check_name(name)
                self._name = name
                return
            self._stored()
            id = self._own()
            store.update(id, name=name)
            self.session = store.get(id)

    def keep_choices(self, plan: "Plan") -> None:
        """The session goes on with these choices from now on. A new session gets them with its first message."""
        with self._storing() as storing:
            if self.session is not None and storing:
                system = plan.system.value if plan.system else None
                store, id = self._open(), self._own()
                tools = [tool.definition for tool in plan.tools]
                extra = {**self.session.extra, "tools": {}, "structured": "", **_extra(plan)}
                store.update(id, model=plan.model.value, system=system, options=plan.chosen, tools=tools, extra=extra)
                self.session = store.get(id)

    def answered(self, message: Message, status: str = "complete") -> None:
        """The answer is part of what is sent on, unless it says nothing."""
        self._failed = status == "error" and not message.get("content")
        if message.get("content"):  # without the store, which --no-log does not need
            self.messages.append(message)
            return
        from glmcli.store.history import is_empty

        if not is_empty(message):
            self.messages.append(message)

    @contextmanager
    def _storing(self) -> Iterator[bool]:
        """Whether to write, for a block in which trouble with the store is said and ends the storing."""
        try:
            yield self._keep and self.trouble is None
        except StoreError as error:
            self.give_up(error)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _keep_question(self, new: list[Message], plan: "Plan") -> "AnswerLog":
        store = self._open()
        with store.transaction():
            if self.session is None:
                self.session = self._create(store, plan)
            else:
                store.touch(self._own(), self._world.terminal_id())
            for message in new:
                store.add_message(self.session.id, message)
        return store.begin_answer(self.session.id, model=plan.model.value)

    def _create(self, store: "Store", plan: "Plan", title: str = "") -> "Session":
        return store.create(
            name=self._name,
            title=title,
            profile=plan.profile,
            model=plan.model.value,
            system=plan.system.value if plan.system else None,
            options=plan.chosen,
            tools=[tool.definition for tool in plan.tools],
            extra=_extra(plan),
            terminal=self._world.terminal_id(),
        )

    def _own(self) -> str:
        """The id of the session that is written to: of the copy, which is made now where one is wanted."""
        assert self.session is not None
        if self._copying:
            terminal = self._world.terminal_id()
            self.session = self._open().fork(self.session.id, terminal=terminal)
            self._copying = False
        return self.session.id

    def _stored(self) -> "Session":
        if self.session is None or not self._keep or self.trouble is not None:
            raise UsageError("this conversation is not stored", hint="A session begins with the first message.")
        return self.session

    def _open(self) -> "Store":
        if self._store is None:
            from glmcli.store import Store

            self._store = Store.at(self._folder, self._world, create=self._keep)
        return self._store

    def give_up(self, error: StoreError) -> None:
        """Stores nothing any further, and says why."""
        self.trouble = error
        self._warn(f"{error.message}; this conversation is not stored any further")


def _extra(plan: "Plan") -> dict[str, Any]:
    """What a session keeps of a plan beside model, system prompt, options and definitions."""
    tools = {"tools": plan.wanted.to_json()} if plan.wanted else {}
    return {**tools, **({"structured": plan.structured} if plan.structured else {})}


def _without_thoughts(message: Message) -> Message:
    """A message of an earlier turn: its thinking was for the calls of that turn (wire-protocol §4.2)."""
    if not any(key in message for key in REASONING_FIELDS):
        return message
    return {key: value for key, value in message.items() if key not in REASONING_FIELDS}
