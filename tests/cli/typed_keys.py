"""A keyboard whose keys a test types into a pipe, and nobody looks at the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prompt_toolkit.input import Input, PipeInput
from prompt_toolkit.output import DummyOutput, Output

from glmcli.cli.device import Device
from glmcli.cli.keyboard import Keyboard as TtyKeyboard
from glmcli.cli.view import View


class Pipe(Device):
    """A terminal that a test types on and nobody looks at."""

    def __init__(self, typed: PipeInput) -> None:
        super().__init__(-1, -1)
        self.typed = typed
        self.modes: list[str] = []

    @contextmanager
    def quiet(self) -> Iterator[None]:
        self.modes.append("quiet")
        yield
        self.modes.append("not quiet")

    @contextmanager
    def lent(self) -> Iterator[None]:
        self.modes.append("lent")
        try:
            yield
        finally:
            self.modes.append("not lent")


class Keyboard(TtyKeyboard):
    """One that reads from the pipe."""

    def __init__(self, pipe: Pipe, history: Path | None, **how: Any) -> None:
        super().__init__(pipe, history, **how)
        self._typed = pipe.typed

    def streams(self) -> tuple[Input, Output]:
        return self._typed, DummyOutput()


def typed(pipe: Pipe, text: str | bytes, *, path: Path | None = None, **how: Any) -> str:
    """What one `read` makes of these keys."""
    pipe.typed.send_bytes(text.encode() if isinstance(text, str) else text)
    return Keyboard(pipe, path, **how).read()


def talking(pipe: Pipe, view: View, text: str, **how: Any) -> str:
    """What one `read` makes of these keys in a conversation."""
    pipe.typed.send_text(text)
    keyboard = Keyboard(pipe, None, **how)
    keyboard.view = view
    return keyboard.read()


ENTER = "\r"
ALT_ENTER = "\x1b\r"
CTRL_C, CTRL_D, CTRL_J, CTRL_R = "\x03", "\x04", "\n", "\x12"
UP = "\x1b[A"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def entries(path: Path) -> list[str]:
    """The messages in a history file, oldest first."""
    return [
        "\n".join(line[1:] for line in entry.split("\n") if line.startswith("+"))
        for entry in path.read_text().split("\n# ")
        if "\n+" in entry
    ]
