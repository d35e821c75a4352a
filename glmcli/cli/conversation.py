"""The session behind `run` and `chat`: which one it is, what was said in it, and what is kept of the new turn.

Store trouble never costs an answer: it is said once, the conversation goes on in memory, and `trouble` tells the
command to end with the status for it (interface §5, 11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.errors import ConfigError, GlmError, StoreError, UsageError
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.api.completion import Completion
    from glmcli.api.events import Event
    from glmcli.cli.plan import Plan
    from glmcli.store import AnswerLog, Session, Store

Message = dict[str, Any]


class Conversation:
    """One conversation, stored or not.

    session: the stored session, None before the first turn of a new one. messages: what was said so far, as it is
    sent. keep: whether turns are stored. warn: says one line to the user.
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

    @property
    def id(self) -> str | None:
        return self.session.id if self.session else None

    @property
    def resumed(self) -> str | None:
        """Which stored session this is, in one line; None for a new one without a name."""
        if self.session is not None:
            return f"continuing session {self.session.name or self.session.id}: {self.session.title}"
        return f"new session {self._name}" if self._name and self._keep else None

    def resume(self, *, last: bool = False, name: str | None = None) -> None:
        """Goes on with the last session, or with the one of that name or id; a new name names the session to come.

        Raises UsageError where there is none, or several; ConfigError where the store cannot be read.
        """
        if not last and name is None:
            return
        if last and name is not None:
            raise UsageError("--continue and --session name two sessions", hint="Leave one of them out.")
        from glmcli.store import UnknownSession, history

        try:
            store = self._open(create=self._keep)
            if name is None:
                self.session = store.last(self._world.terminal_id())
                if self.session is None:
                    raise UsageError("there is no session to go on with", hint="Start one with `glm run PROMPT`.")
            else:
                try:
                    self.session = store.find(name)
                except UnknownSession:
                    self._name = name
                    return
            self.messages = history(store.messages(self.session.id))
        except StoreError as error:
            raise ConfigError(error.message, hint=error.hint) from error

    def begin(self, new: list[Message], plan: "Plan") -> "Log":
        """Keeps the user's messages before they are sent, and gives the log for the answer to the last of them."""
        self.messages = [*self.messages, *new]
        log: AnswerLog | None = None
        with self._storing() as storing:
            if storing:
                log = self._keep_question(new, plan)
        return Log(log, self._give_up)

    def start_over(self) -> None:
        """The next turn begins a new session; the old one stays stored."""
        self.session, self.messages, self._name = None, [], None

    def back_to_question(self) -> bool:
        """Goes back to the user's last message, so that it can be asked again; the answer it had stays in the store,
        on a branch of its own. False where nothing was asked."""
        asked = [at for at, message in enumerate(self.messages) if message.get("role") == "user"]
        if not asked:
            return False
        del self.messages[asked[-1] + 1 :]
        with self._storing() as storing:
            if self.session is not None and storing:
                store = self._open(create=True)
                path = store.messages(self.session.id)
                store.set_head(self.session.id, next(it.id for it in reversed(path) if it.role == "user"))
        return True

    def keep_choices(self, plan: "Plan") -> None:
        """The session goes on with these choices from now on. A new session gets them with its first message."""
        with self._storing() as storing:
            if self.session is not None and storing:
                system = plan.system.value if plan.system else None
                store = self._open(create=True)
                store.update(self.session.id, model=plan.model.value, system=system, options=plan.chosen)
                self.session = store.get(self.session.id)

    def answered(self, message: Message) -> None:
        """The answer is part of what is sent on, unless it says nothing. Calls in it were not carried out."""
        from glmcli.store.history import is_empty, without_result

        if not is_empty(message):
            self.messages += [message, *without_result(call["id"] for call in message.get("tool_calls") or ())]

    @contextmanager
    def _storing(self) -> Iterator[bool]:
        """Whether to write, for a block in which trouble with the store is said and ends the storing."""
        try:
            yield self._keep and self.trouble is None
        except StoreError as error:
            self._give_up(error)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _keep_question(self, new: list[Message], plan: "Plan") -> "AnswerLog":
        store = self._open(create=True)
        terminal = self._world.terminal_id()
        with store.transaction():
            if self.session is None:
                self.session = store.create(
                    name=self._name,
                    profile=plan.profile,
                    model=plan.model.value,
                    system=plan.system.value if plan.system else None,
                    options=plan.chosen,
                    terminal=terminal,
                )
            else:
                store.touch(self.session.id, terminal)
            for message in new:
                store.add_message(self.session.id, message)
        return store.begin_answer(self.session.id, model=plan.model.value)

    def _open(self, *, create: bool) -> "Store":
        if self._store is None:
            from glmcli.store import Store

            self._store = Store.at(self._folder, self._world, create=create)
        return self._store

    def _give_up(self, error: StoreError) -> None:
        self.trouble = error
        self._warn(f"{error.message}; this conversation is not stored any further")


class Log:
    """An answer log that never raises: `glmcli.turn.AnswerLog` over the store's, or over nothing."""

    def __init__(self, log: "AnswerLog | None", give_up: Callable[[StoreError], None]) -> None:
        self._log = log
        self._give_up = give_up

    def feed(self, event: "Event") -> None:
        if self._log is not None:
            self._log.feed(event)

    def finish(self, completion: "Completion", status: Any, error: GlmError | None) -> None:
        if self._log is None:
            return
        from glmcli.api.price import dollars

        usage = completion.usage
        try:
            self._log.finish(completion, status, error=error, cost=dollars(usage) if usage else None)
        except StoreError as trouble:
            self._give_up(trouble)
