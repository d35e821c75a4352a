"""The loop of `glm chat`: read a message, ask the model, show the answer; lines that start with `/` are commands.

Nothing that starts with `/` reaches the model unless it starts with `//`. A failure ends the turn, never the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from glmcli.api.client import Client
from glmcli.api.events import Usage
from glmcli.api.request import Sourced, build_body, check, user
from glmcli.cli.answer import Warnings, answer
from glmcli.cli.connect import outline
from glmcli.cli.conversation import Conversation
from glmcli.cli.failure import show_failure
from glmcli.cli.options import TurnOptions
from glmcli.cli.plan import Plan, with_system
from glmcli.errors import GlmError, Interrupted, UsageError

if TYPE_CHECKING:
    from glmcli.ui.terminal import Terminal

FAREWELLS = ("exit", "quit", "bye")


class Reader(Protocol):
    """Where messages come from."""

    def read(self, prompt: str = "> ") -> str: ...

    def unread(self) -> AbstractContextManager[None]: ...


class Repl:
    """One conversation at the terminal.

    plan: what the next turn will ask for; commands replace it. usages: what each answer of this run cost.
    """

    def __init__(
        self,
        plan: Plan,
        conversation: Conversation,
        client_for: Callable[[str], Client],
        keyboard: Reader,
        terminal: "Terminal",
        warn: Warnings,
        *,
        options: TurnOptions,
        verbose: bool = False,
    ) -> None:
        self.plan = plan
        self.conversation = conversation
        self.terminal = terminal
        self.usages: list[Usage] = []
        self._client_for = client_for
        self._keyboard = keyboard
        self._warn = warn
        self._options = options
        self._verbose = verbose
        self._leaving = False

    def run(self, first: str = "") -> None:
        """Talks until the user leaves. first: a message from the command line, asked at once."""
        self._greet()
        if first.strip():
            self.ask([user(first)])
            self.terminal.note("")
        hinted = False
        while not self._leaving:
            try:
                text = self._keyboard.read()
            except EOFError:
                return
            except KeyboardInterrupt:
                if hinted:
                    return
                hinted = True
                self.terminal.note("Ctrl-C again, Ctrl-D or /exit leaves")
                continue
            hinted = False
            self.take(text)
            if text.strip():
                self.terminal.note("")  # room between what was said and the next prompt

    def take(self, text: str) -> None:
        """Handles one message or command."""
        line = text.strip()
        if not line:
            return
        if line in FAREWELLS:
            self.leave()
        elif line.startswith("/") and not line.startswith("//"):
            from glmcli.cli.slash import obey

            try:
                obey(self, line)
            except GlmError as error:
                show_failure(self.terminal, error)
        else:
            self.ask([user(text[text.index("/") + 1 :] if line.startswith("//") else text)])

    def ask(self, new: list[dict[str, Any]], plan: Plan | None = None) -> None:
        """Sends the conversation with these messages added, and shows the answer. plan: for this turn alone."""
        plan = plan or self.plan
        try:
            body = self.body([*self.conversation.messages, *new], plan)
            client = self._client_for(plan.model.value)
            with self._keyboard.unread():
                completion, error = answer(
                    client,
                    plan,
                    self.conversation,
                    new,
                    body,
                    self._options,
                    self.terminal,
                    self._warn,
                    verbose=self._verbose,
                )
        except GlmError as failure:
            show_failure(self.terminal, failure)
            return
        self.conversation.answered(completion.message())
        if completion.usage is not None:
            self.usages.append(completion.usage)
        if isinstance(error, Interrupted):
            self.terminal.note("interrupted; what came is kept, /retry asks again")
        elif error is not None:
            show_failure(self.terminal, error)

    def body(self, messages: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
        """The checked request body of these messages. Raises RequestError."""
        endpoint = outline(plan.settings.profile, plan.model.value, plan.settings.folder)
        params = {**plan.params, "model": plan.model} if endpoint.model_in_body else plan.params
        body = build_body(
            messages=with_system(plan, messages), params=params, limit_fields=endpoint.limit_fields, stream=True
        )
        for line in check(body, plan.origins, strict=plan.strict):
            self._warn(line)
        return body

    def choose(self, plan: Plan) -> None:
        """Goes on with this plan, if a request made by it would be valid. Raises RequestError, and nothing changes."""
        self.body([user("?")], plan)
        self.plan = plan
        self.conversation.keep_choices(plan)

    def start_over(self) -> None:
        self.conversation.start_over()
        self.usages.clear()

    def leave(self) -> None:
        self._leaving = True

    def _greet(self) -> None:
        session = self.conversation.session
        if session is not None:
            count = len(self.conversation.messages)
            self.terminal.note(f"session {session.name or session.id}: {session.title} ({count} messages)")
        self.terminal.note(f"{self.plan.model.value} on {self.plan.profile}; /help lists the commands, Ctrl-D leaves")


def with_field(plan: Plan, name: str, value: Any) -> Plan:
    """The plan with one request field chosen by /set; null drops it."""
    if name == "model":
        if not isinstance(value, str) or not value.strip():
            raise UsageError("/set model wants a name", hint="For example: /set model @cf/zai-org/glm-4.7-flash")
        return replace(plan, model=Sourced(value, "/set model"))
    params = {**plan.params, name: Sourced(value, f"/set {name}")}
    return replace(plan, params=params, chosen={**plan.chosen, name: value})


def without_field(plan: Plan, name: str) -> Plan:
    """The plan with one field left to the server, or to the client's own default."""
    return replace(
        plan,
        params={key: it for key, it in plan.params.items() if key != name},
        chosen={key: it for key, it in plan.chosen.items() if key != name},
    )
