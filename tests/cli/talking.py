"""A REPL with a scripted keyboard, against the demo or a scripted server: what `glm chat` does, typed by a test."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glmcli.api.events import Usage
from glmcli.cli.command import Invocation
from glmcli.cli.connect import connected
from glmcli.cli.conversation import Conversation
from glmcli.cli.options import TurnOptions, from_values
from glmcli.cli.plan import make_plan
from glmcli.cli.prompt import read_path
from glmcli.cli.repl import Repl
from glmcli.cli.tooling import tooling
from glmcli.cli.warnings import Warnings
from glmcli.demo import DemoServer
from glmcli.demo.server import Action, Request
from glmcli.store import Store, StoredMessage
from glmcli.world import World
from tests.support.served import serving

Typed = str | type[BaseException] | Callable[[Repl], None]


class Script:
    """A keyboard: types the lines, raises the exceptions, calls what looks at the REPL meanwhile; then Ctrl-D.

    repl: set by whoever puts the keyboard into it.
    """

    repl: Repl

    def __init__(self, typed: Iterable[Typed]) -> None:
        self._typed = iter(typed)

    def read(self) -> str:
        for it in self._typed:
            if isinstance(it, str):
                return it
            if isinstance(it, type):
                raise it
            it(self.repl)
        raise EOFError

    vi = False
    typed = False

    def answering(self, foot: object) -> AbstractContextManager[object]:
        return nullcontext()

    def hold(self) -> None:
        pass

    def rescued(self) -> int:
        return 0

    def pick(self, prompt: str, offers: Sequence[tuple[str, str]]) -> str:
        for _, shown in offers:
            self.repl.say(shown)
        self.repl.say(prompt)
        return self.read()

    @contextmanager
    def lent(self) -> Iterator[None]:
        yield

    def offer(self, text: str) -> None:
        self.repl.say(f"offered: {text}")

    def described(self) -> list[tuple[str, str]]:
        return [("Enter", "sends"), ("Ctrl-D", "leaves")]


class Stdout(io.BytesIO):
    """Standard output; a signal arrives when a certain text has been written to it."""

    def __init__(self, at: bytes, signal: type[BaseException]) -> None:
        super().__init__()
        self._at = at
        self._signal = signal

    def write(self, data: Any) -> int:
        written = super().write(data)
        if self._at and self._at in bytes(data):
            self._at = b""
            raise self._signal
        return written


@dataclass
class Talk:
    """One call of `glm chat` after another in one user directory, with one server."""

    folder: Path
    requests: list[Request]
    environ: dict[str, str]
    keep: bool = True
    verbose: bool = False
    quiet: bool = False
    width: int = 80
    stdout: io.BytesIO = field(default_factory=io.BytesIO)
    terminal: str = "tty1"

    @property
    def world(self) -> World:
        return World(
            stdin=None,
            stdout=self.stdout,
            stderr=self.stderr,
            environ=self.environ,
            size=lambda: (self.width, 24),
            terminal_id=lambda: self.terminal,
            sleep=lambda seconds: None,
            random=lambda: 0.0,
        )

    def __post_init__(self) -> None:
        self.stderr = io.BytesIO()

    @contextmanager
    def repl(self, *typed: Typed, usages: Iterable[Usage] = (), **options: Any) -> Iterator[Repl]:
        self.stderr = io.BytesIO()
        call = Invocation(self.world, config_dir=str(self.folder), quiet=self.quiet, verbose=self.verbose)
        chosen = from_values(TurnOptions, options, read_path)
        terminal = call.terminal
        warn = Warnings(terminal)
        with ExitStack() as stack:
            conversation = Conversation(self.folder, call.world, keep=self.keep, warn=warn)
            stack.callback(conversation.close)
            conversation.resume(last=chosen.continue_, name=chosen.session, fork=chosen.fork)
            tools = stack.enter_context(tooling(call.folder, call.world, chosen, warn, None))
            plan = tools.equip(make_plan(call, chosen, conversation.session), conversation.session)
            client_for = stack.enter_context(connected(plan.settings, chosen, call.world, terminal, warn))
            script = Script(typed)
            script.repl = Repl(
                plan,
                conversation,
                client_for,
                script,
                terminal,
                warn,
                options=chosen,
                tooling=tools,
                usages=list(usages),
                verbose=self.verbose,
            )
            yield script.repl

    def __call__(self, *typed: Typed, first: str = "", **options: Any) -> str:
        """Types it all and leaves. Returns what stderr got."""
        with self.repl(*typed, **options) as repl:
            repl.run([{"role": "user", "content": first}] if first.strip() else [])
        return self.stderr.getvalue().decode()

    @property
    def said(self) -> str:
        return self.stdout.getvalue().decode()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was sent."""
        return [json.loads(request.body) for request in self.requests]

    @property
    def asked(self) -> list[list[tuple[str, str]]]:
        """The messages of each request, each as its role and text."""
        return [[(message["role"], message["content"]) for message in body["messages"]] for body in self.bodies]

    def stored(self, key: str | None = None, *, branches: bool = False) -> list[StoredMessage]:
        with Store.at(self.folder, self.world, create=False) as store:
            session = store.find(key) if key else store.last(self.terminal)
            if session is None:
                return []
            return store.tree(session.id) if branches else store.messages(session.id)


def to_demo(folder: Path, demo: DemoServer) -> Talk:
    environ = {"GLM_BASE_URL": demo.base, "CLOUDFLARE_API_TOKEN": "token", "CLOUDFLARE_ACCOUNT_ID": "account"}
    return Talk(folder, demo.requests, environ)


@contextmanager
def served(folder: Path, *scripts: list[bytes | Action]) -> Iterator[Talk]:
    """Talks to a server that plays these scripts, one a request, the last one again and again."""
    with serving(*scripts) as server:
        yield Talk(folder, server.requests, server.env)
