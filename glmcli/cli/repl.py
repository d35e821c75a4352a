"""The loop of `glm chat`: read a message, ask the model, show the answer; lines that start with `/` are commands.

Nothing that starts with `/` reaches the model unless it starts with `//`. A failure ends the turn, never the loop, and
so does Ctrl-C wherever it comes; only at the prompt, twice in a row, it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from glmcli.api.events import Usage
from glmcli.api.request import build_body, check, user
from glmcli.cli.answer import answer
from glmcli.cli.connect import outline
from glmcli.cli.conversation import Conversation
from glmcli.cli.draft import Draft, mentions, missing
from glmcli.cli.failure import show_failure
from glmcli.cli.interrupts import Interrupts
from glmcli.cli.mentioned import mentioned
from glmcli.cli.options import TurnOptions
from glmcli.cli.plan import Plan, with_system
from glmcli.cli.prompt import is_file
from glmcli.cli.room import Filled, Room
from glmcli.cli.tooling import Tooling
from glmcli.cli.warnings import Warnings
from glmcli.errors import ExitStatus, GlmError, Interrupted, StoreError, Terminated, UsageError

if TYPE_CHECKING:
    from glmcli.api.client import Client
    from glmcli.api.completion import Completion
    from glmcli.settings import Settings
    from glmcli.store import Session
    from glmcli.templates import Frame
    from glmcli.ui.foot import Foot
    from glmcli.ui.terminal import Terminal

FAREWELLS = ("exit", "quit", "bye")


class Reader(Protocol):
    """Where messages come from. vi: whether the keys are those of vi. typed: whether anything was, in the last read."""

    vi: bool
    typed: bool

    def read(self) -> str:
        """The next message. Raises EOFError to leave, KeyboardInterrupt for Ctrl-C on an empty line."""

    def offer(self, text: str) -> None:
        """The next message begins with this text, to be changed and sent."""

    def answering(self, foot: "Foot | None") -> AbstractContextManager[object]:
        """While the block runs an answer comes: what is typed is kept, and shown in the foot of the terminal."""

    def hold(self) -> None:
        """What was typed ahead begins the next message, and sends nothing by itself."""

    def rescued(self) -> int:
        """How many messages are in the history now that processes which are gone left behind unsent."""

    def pick(self, prompt: str, offers: Sequence[tuple[str, str]]) -> str:
        """The key of one of the offers, which are shown, or what was typed in place of one. Raises EOFError or
        KeyboardInterrupt where the user would rather have none."""

    def lent(self) -> AbstractContextManager[int | None]:
        """While the block runs the terminal is that of a program which the user runs. Gives the file descriptor that
        keys come from, None where there is none."""

    def described(self) -> list[tuple[str, str]]:
        """Keys and what they do."""


class Repl:
    """One conversation at the terminal.

    plan: what the next turn will ask for; commands replace it. client_for: the client for a model; raises ConfigError.
    usages: what each answer of the session cost. unasked: the last message, where it could not even be sent.
    draft: what goes along with the next message. room: how full the model's context is.
    sent: the last request and the plan it was made by. last: the last answer of this run.
    """

    def __init__(
        self,
        plan: Plan,
        conversation: Conversation,
        client_for: "Callable[[str], Client]",
        keyboard: Reader,
        terminal: "Terminal",
        warn: Warnings,
        *,
        options: TurnOptions,
        tooling: Tooling | None = None,
        usages: Sequence[Usage] = (),
        verbose: bool = False,
        debug: bool = False,
    ) -> None:
        self.plan = plan
        self.conversation = conversation
        self.keyboard = keyboard
        self.terminal = terminal
        self.tooling = tooling
        self.usages = list(usages)
        self.unasked: list[dict[str, Any]] = []
        self.draft = Draft()
        self.room = Room()
        self.sent: tuple[dict[str, Any], Plan] | None = None
        self.last: Completion | None = None
        self._client_for = {plan.profile: client_for}
        self._connections = ExitStack()
        self._warn = warn
        self._options = options
        self._verbose = verbose
        self._debug = debug
        self._leaving = False

    def run(self, first: Sequence[dict[str, Any]] = ()) -> None:
        """Talks until the user leaves. first: the message of the command line, asked at once, if there is one.

        Raises Terminated, or Interrupted for an answer that was terminated.
        """
        self._greet()
        waiting = list(first)
        reading = hinted = False
        with self._connections, Interrupts() as interrupts:
            while not self._leaving:
                try:
                    interrupts.rearm()
                    if waiting:
                        asked, waiting = waiting, []
                        self.ask(asked)
                    else:
                        reading = True
                        text = self.keyboard.read()
                        reading = hinted = False
                        if not text.strip():
                            continue
                        self.take(text)
                    self.terminal.note("")  # room between what was said and the next prompt
                except EOFError:
                    break
                except Terminated:
                    raise
                except KeyboardInterrupt:
                    if reading and hinted and not self.keyboard.typed:
                        break
                    if not reading:
                        self.keyboard.hold()
                    self.terminal.note("Ctrl-C again leaves; so do Ctrl-D and /exit" if reading else "interrupted")
                    hinted = reading
        self._take_leave()

    def take(self, text: str) -> None:
        """Handles one message or command."""
        line = text.strip()
        if line in FAREWELLS:
            self.leave()
            return
        try:
            if line.startswith(("//", "!!")):
                self.tell(text[text.index(line[0]) + 1 :])
            elif line.startswith(("/", "!")):
                from glmcli.cli.slash import obey

                obey(self, line)
            else:
                self.tell(text)
        except GlmError as error:
            if error.exit_status == ExitStatus.TERMINATED:
                raise
            show_failure(self.terminal, error)

    def tell(self, text: str) -> None:
        """Sends a text as a message, with what waits for it and the files that it names. Raises UsageError for one
        of them that cannot be read; then nothing is sent, and the text is in the next prompt again."""
        said, paths = mentions(text, is_file)
        try:
            named = [mentioned(path) for path in paths]
        except UsageError:
            self.keyboard.offer(text)
            raise
        if parts := [it.part for it in named if it.part is not None]:
            from glmcli import attachments

            if doubt := attachments.warning(parts, self.plan.model.value):
                self._warn(doubt)
        for path in missing(text, is_file):
            self.terminal.note(f"there is no file {path}; the word is sent as it stands")
        going = [f"{it.name} ({it.described})" for it in (*self.draft.items, *named)]
        if self.draft.frame is not None:
            going.insert(0, f"template {self.draft.frame.template.name}")
        if going:
            self.terminal.note("with " + ", ".join(going))
        self.ask([self.draft.message(said, named)])

    def take_up(self, frame: "Frame") -> str:
        """The prompt of a template is for the next message. Says how, which is nothing where it has none."""
        if frame.is_prompt:
            self.keyboard.offer(frame.prompt(""))
            return "its prompt is in the line below, to be changed and sent"
        if frame.template.prompt is None:
            return ""
        self.draft.frame = frame
        return "it frames the next message"

    def ask(self, new: list[dict[str, Any]], plan: Plan | None = None) -> None:
        """Sends the conversation with these messages added, and shows the answer. plan: for this turn alone.

        Raises Interrupted when the process is to end.
        """
        plan = plan or self.plan
        self.unasked = new
        try:
            if doubt := self.room.doubt(self.filled(new, plan), new):
                self.terminal.note(f"warning: {doubt}", "warning")
            body = self.body([*self.conversation.before(new), *new], plan)
            client = self.client(plan)
            self.unasked = []  # from here on the conversation has it
            self.draft.sent(new)
            self.sent = (body, plan)
            with self.answering(plan):
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
                    debug=self._debug,
                    on_usage=self.usages.append,
                    tooling=self.tooling,
                    pending=() if new else self.conversation.open_calls(),
                )
        except GlmError as failure:
            self.keyboard.hold()
            show_failure(self.terminal, failure)
            return
        self.last = completion
        if completion.usage is not None:
            self.room.counted(self.conversation.messages, completion.usage)
        if error is None or isinstance(error, StoreError):  # that it is not stored was said when it began
            return
        if error.exit_status == ExitStatus.TERMINATED:
            raise error
        begun = self.conversation.is_answered
        ways = "/retry asks again"
        if begun and error.exit_status in (ExitStatus.INTERRUPTED, ExitStatus.INCOMPLETE):
            ways = f"/continue goes on, {ways}"
        self.keyboard.hold()
        if isinstance(error, Interrupted):
            ways = f"interrupted{'; what came is kept' if begun else ' before an answer began'}: {ways}"
        else:
            show_failure(self.terminal, error, in_chat=True)
        self.terminal.note(ways)

    def answering(self, plan: Plan) -> AbstractContextManager[object]:
        """While the block runs an answer comes, and what is typed meanwhile is kept and shown."""
        from glmcli.ui.foot import foot_of

        source = self._options.raw or not plan.settings.value("markdown").value
        return self.keyboard.answering(foot_of(self.terminal, source=source, plain=self._options.plain))

    def body(self, messages: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
        """The checked request body of these messages. Raises RequestError."""
        endpoint = outline(plan.settings.profile, plan.model.value, plan.settings.folder)
        body = build_body(
            messages=with_system(plan, messages),
            params=plan.params_for(endpoint),
            limit_fields=endpoint.limit_fields,
            stream=plan.streams(endpoint),
        )
        for line in check(body, plan.origins, strict=plan.strict):
            self._warn(line)
        return body

    def filled(self, new: Sequence[dict[str, Any]] = (), plan: Plan | None = None) -> Filled:
        """How full the context is, with these messages added."""
        plan = plan or self.plan
        return self.room.filled(with_system(plan, [*self.conversation.messages, *new]), plan.model.value)

    def reach(self, settings: "Settings", model: str) -> None:
        """Other settings can be asked under from now on. Raises ConfigError where their endpoint cannot be."""
        from glmcli.cli.connect import connected

        if settings.profile.name not in self._client_for:
            with ExitStack() as stack:
                client_for = stack.enter_context(
                    connected(settings, self._options, self.terminal.world, self.terminal, self._warn)
                )
                client_for(model)
                self._connections.push(stack.pop_all())
            self._client_for[settings.profile.name] = client_for

    def client(self, plan: Plan) -> "Client":
        """What sends the requests of this plan. Raises ConfigError."""
        return self._client_for[plan.profile](plan.model.value)

    def show_with(self, **choices: Any) -> None:
        """Answers are shown with other options from now on, by their names in TurnOptions."""
        self._options = replace(self._options, **choices)

    @property
    def options(self) -> TurnOptions:
        """How answers are shown, and what the command line said."""
        return self._options

    def warn(self, line: str) -> None:
        """Says a warning, once."""
        self._warn(line)

    def check(self, plan: Plan) -> None:
        """Whether a request made by this plan would be valid. Raises RequestError."""
        self.body([user("?")], plan)

    def choose(self, plan: Plan) -> None:
        """Goes on with this plan, and so does the session. Raises RequestError, and nothing changes."""
        self.check(plan)
        self.plan = plan
        self.conversation.keep_choices(plan)

    def say(self, text: str = "") -> None:
        """A line that was asked for, so that --quiet does not silence it."""
        self.terminal.fresh_line("stderr")
        self.terminal.write_error(f"{text}\n")

    def start_over(self) -> None:
        """The next message begins a new session."""
        self.conversation.start_over()
        self.usages.clear()
        self.last = None

    def leave(self) -> None:
        """Ends the loop after what is being done now."""
        self._leaving = True

    def _greet(self) -> None:
        session, note = self.conversation.session, self.terminal.note
        if session is not None:
            self.announce()
        note(f"{self.plan.model.value}, profile {self.plan.profile}")
        note("/help lists commands and keys, Ctrl-D leaves")
        if count := self.keyboard.rescued():
            what = "a message that was" if count == 1 else f"{count} messages that were"
            note(f"{what} typed but not sent when glm ended: the Up key brings it back", "warning")
        note("")
        if session is not None:
            self.recall()
            note("")
        if self.conversation.stopped_in_calls:
            note("the last turn stopped in its tool calls; /continue goes on with them")
            note("")

    def announce(self) -> None:
        """Says which stored session it goes on with."""
        count = len(self.conversation.messages)
        self.terminal.note(f"{self.conversation.resumed} ({'1 message' if count == 1 else f'{count} messages'})")

    def thinking(self) -> str:
        """What the model thought before its last answer, also where that was given in an earlier run."""
        if self.last is not None:
            return self.last.reasoning()
        path = self.conversation.path() if self.conversation.session is not None else []
        return next((it.reasoning for it in reversed(path) if it.role == "assistant"), "")

    def go_on_with(self, session: "Session") -> None:
        """Goes on with a stored session, or with another branch of this one. Raises ConfigError."""
        self.conversation.switch(session)
        self.unasked, self.last = [], None

    def recall(self) -> None:
        """Shows the end of what was said before."""
        from glmcli.cli.recall import recall

        recall(self.conversation.messages, self.terminal, self.plan.settings, self._options)

    def _take_leave(self) -> None:
        session = self.conversation.session
        if session is not None and self.conversation.trouble is None:
            name = f"session {session.name}" if session.name else "this session"
            key = f"--session {session.name}" if session.name else "-c"
            self.terminal.note(f"{name} is kept; go on with it: glm chat {key}")
