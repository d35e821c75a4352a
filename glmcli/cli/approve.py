"""Asks the person at the terminal whether a call of a tool may run. What is shown is exactly what runs.

Every hidden character is made visible, long runs of blanks are counted, and what does not fit is counted before the
question, with a key that shows it (reliability §5.2, 2). Enter is a no.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.tools.approvals import Call
    from glmcli.tools.calling import Consent
    from glmcli.ui.terminal import Terminal

NO = ("n", "\r", "\n", "\x1b", "\x04", "")
"""Enter, Escape, Ctrl-D and a terminal that is gone are a no as well."""
UNSEEN = (
    "\u00a0\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u200c-\u200f\u202f\u205f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\uffa0"
)
"""What looks like a blank or like nothing, and may stand in prose: in a call it is named. Of a pattern's class."""
BLANKS = 16
"""A run of more blanks than these is counted instead of shown: it might push something out of sight."""
ROOM = 12
"""Lines of the window that the question and what stands around it take."""


class Keys(Protocol):
    """Where answers come from."""

    def key(self) -> str:
        """The next key, as the character that it sends; "" where no more can come. Raises KeyboardInterrupt."""

    def line(self, question: str, default: str = "") -> str:
        """A line, which begins with the default. Raises EOFError or KeyboardInterrupt where the user gives none."""


class Approver:
    """keys: opens the place where answers come from, for one question."""

    def __init__(self, terminal: "Terminal", keys: Callable[[], AbstractContextManager[Keys]]) -> None:
        self._terminal = terminal
        self._keys = keys

    @classmethod
    def of(cls, world: World, terminal: "Terminal") -> "Approver | None":
        """For a command that runs once. None where nobody can be asked: standard input is no terminal, or questions
        would not be seen."""
        return cls(terminal, lambda: _keys_of(world)) if world.stdin_tty and world.stderr_tty else None

    def __call__(self, call: "Call") -> "Consent":
        """What the user says. Raises KeyboardInterrupt."""
        with self._keys() as keys:
            return _Question(self._terminal, keys, call).answer()


@contextmanager
def _keys_of(world: World) -> Iterator[Keys]:
    from glmcli.cli.device import find_device
    from glmcli.cli.keyboard.asking import Asking

    with find_device(world) as device, device.quiet():
        asking = Asking(device)
        asking.begin()
        yield asking


@dataclass
class _Question:
    terminal: "Terminal"
    keys: Keys
    call: "Call"
    changed: bool = False

    def answer(self) -> "Consent":
        from glmcli.tools.calling import Consent

        self._show()
        self._ask()
        while True:
            match self.keys.key().lower():
                case "y":
                    self._said("yes")
                    return self._consent("once")
                case "s" if self._rememberable:
                    self._said("yes, for this session")
                    return self._consent("session")
                case "a" if self._rememberable:
                    self._said("always")
                    if (patterns := self._patterns()) is not None:
                        return replace(self._consent("always"), patterns=patterns)
                    self._ask()
                case "e":
                    self._said("edit")
                    self._edit()
                    self._ask()
                case "v" if self._hidden:
                    self._said("view")
                    self._show(whole=True)
                    self._ask()
                case "r":
                    self._said("no, since")
                    return Consent("no", reason=self._line("why? "))
                case key if key in NO:
                    self._said("no")
                    return Consent("no")
                case _:  # a slip
                    pass

    def _consent(self, kind: Any) -> "Consent":
        from glmcli.tools.calling import Consent

        return Consent(kind, changed=self.call if self.changed else None)

    @property
    def _rememberable(self) -> bool:
        from glmcli.tools.tool import Approval

        return self.call.tool.approval is not Approval.ALWAYS

    def _show(self, *, whole: bool = False) -> None:
        from glmcli.ui.clean import one_line

        lines = [row for line in shown(self.call) for row in _rows(line, self.terminal.width - 2)]
        most = max(3, self.terminal.height - ROOM)
        self._hidden = 0 if whole else max(0, len(lines) - most)
        self.terminal.note(
            f"{one_line(self.call.tool.name)} wants to run ({one_line(self.call.tool.source)})", "warning", asked=True
        )
        for line in lines[: len(lines) - self._hidden]:
            self.terminal.note(f"  {line}", "", wrap=False, asked=True)
        if self._hidden:
            count = "1 more line" if self._hidden == 1 else f"{self._hidden} more lines"
            self.terminal.note(f"  … {count}: v shows all", "warning", asked=True)

    def _ask(self) -> None:
        scope = self.call.scope if self._rememberable else None
        offers = [f"y all in {visible(scope)} for now" if scope else "y once"]
        if self._rememberable:
            offers += ["a always"] if scope else ["s this session", "a always …"]
        offers += ["e edit", *(["v view"] if self._hidden else []), "r no, and why", "N no"]
        self.terminal.note(f"run it? {' · '.join(offers)} ", "warning", asked=True)

    def _said(self, what: str) -> None:
        self.terminal.note(f"> {what}", asked=True)

    def _patterns(self) -> dict[str, str] | None:
        """What an approval for good covers. None where the user gives it up."""
        from glmcli.tools.approvals import any_like, exactly, kind_of

        exact, every = exactly(self.call), any_like(self.call)
        if exact == every:
            return exact
        self.terminal.note(
            "always: x exactly this call · * every call of this tool · p a pattern · any other key: back"
        )
        match self.keys.key().lower():
            case "x":
                self._said("exactly this call")
                return exact
            case "*":
                self._said("every call")
                return every
            case "p":
                kind = kind_of(self.call)
                self._said(f"a pattern for the {kind}: * any text, ? any character, [*] a star")
                return self._edited_patterns(exact, kind)
            case _:
                return None

    def _edited_patterns(self, patterns: dict[str, str], kind: str) -> dict[str, str] | None:
        from fnmatch import fnmatchcase

        edited = {name: self._line(f"{name}: ", text) for name, text in patterns.items()}
        for name, text in self.call.texts.items():
            if not fnmatchcase(text, edited[name]):
                self.terminal.note(f"the pattern does not cover this call: {name} is {visible(text)}", "warning")
                return None
        return edited

    def _edit(self) -> None:
        from glmcli.tools.calling import checked, text_of

        before = text_of(self.call.arguments)
        text = self._line("arguments: ", before)
        if text in ("", before):
            return
        try:
            self.call = checked(self.call.tool, text)
            self.changed = True
        except ValueError as fault:
            self.terminal.note(f"{fault}", "error")
        self._show()

    def _line(self, question: str, default: str = "") -> str:
        try:
            return self.keys.line(question, default).strip()
        except EOFError:
            return default
        finally:
            self.terminal.line_entered()


def shown(call: "Call") -> Iterator[str]:
    """The arguments of a call, whole, every line of them safe to show: a value of one line beside its name, a longer
    one below it."""
    if not isinstance(call.arguments, dict):
        yield from (f"| {visible(line)}" for line in call.arguments.split("\n"))
        return
    if not call.arguments:
        yield "without arguments"
    for name, value in call.arguments.items():
        if isinstance(value, str) and "\n" in value:
            yield f"{visible(name)} ="
            yield from (f"| {visible(line)}" for line in value.split("\n"))
        else:
            yield f"{visible(name)} = {visible(json.dumps(value, ensure_ascii=False))}"


def visible(line: str) -> str:
    """One line of foreign text, with everything in it that could not be seen."""
    from glmcli.ui.clean import one_line

    text = re.sub(r" +$", lambda blanks: f"[{len(blanks[0])} blanks]" if len(blanks[0]) > 1 else "[blank]", line)
    text = re.sub(rf"[ \t{UNSEEN}]{{{BLANKS + 1},}}", lambda blanks: f" [{len(blanks[0])} blanks] ", text)
    return re.sub(f"[{UNSEEN}]", lambda unseen: f"<U+{ord(unseen[0]):04X}>", one_line(text))


def _rows(line: str, columns: int) -> Iterator[str]:
    """The line as rows of a window so wide. Those after the first are set in, where no name of an argument stands."""
    from glmcli.ui.columns import chopped

    first, *others = chopped(line, max(20, columns - 4))
    yield first
    yield from (f"    {row}" for row in others)
