"""Reads one message at a time from the terminal: keys, history, many lines. The only user of prompt-toolkit.

Enter sends. A new line is Alt-Enter, Ctrl-J, Shift-Enter where the terminal reports it, a backslash before Enter, or
anything between two lines of three double quotes. A paste never sends. Ctrl-C clears the line and keeps it in the
history; on an empty line it is left to the caller. Nothing typed is lost.
"""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from glmcli.errors import UsageError
from glmcli.settings import Settings
from glmcli.world import World

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

QUOTES = '"""'
SHIFT_ENTER = ("\x1b[27;2;13~", "\x1b[13;2u")
"""What xterm and kitty send for it; prompt-toolkit takes the first for Enter and does not know the second."""


class Keyboard:
    """The terminal's keyboard, with a history that several processes may share.

    keep: whether what is typed goes into the history on disk. Raises UsageError where there is no terminal.
    """

    def __init__(self, world: World, folder: Path, settings: Settings, *, keep: bool) -> None:
        self._folder = folder
        self._keep = keep
        self._vi = settings.value("editing_mode").value == "vi"
        self._multiline = bool(settings.value("multiline").value)
        self._tty = _terminal_for(world)
        self._stdin = world.stdin.fileno() if world.stdin is not None and world.stdin_tty else None
        self._session: PromptSession[str] | None = None

    def __enter__(self) -> "Keyboard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tty is not None:
            self._tty.close()

    def read(self, prompt: str = "> ") -> str:
        """The next message. Raises EOFError for Ctrl-D on an empty line, KeyboardInterrupt for Ctrl-C on one."""
        if self._session is None:
            self._session = self._open()
        return whole(self._session.prompt(prompt, prompt_continuation="  "))

    @contextmanager
    def unread(self) -> Iterator[None]:
        """While the block runs, what is typed is not echoed into the answer and waits, Enter keys as such, for the
        next `read`. Ctrl-C and Ctrl-Z work."""
        descriptor = self._tty.fileno() if self._tty is not None else self._stdin
        if descriptor is None:
            yield
            return
        before = termios.tcgetattr(descriptor)
        modes = termios.tcgetattr(descriptor)
        modes[0] &= ~(termios.ICRNL | termios.INLCR)
        modes[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)
        try:
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

    def _open(self) -> "PromptSession[str]":
        from prompt_toolkit import PromptSession
        from prompt_toolkit.enums import EditingMode
        from prompt_toolkit.input import create_input
        from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
        from prompt_toolkit.keys import Keys
        from prompt_toolkit.output import create_output

        for sequence in SHIFT_ENTER:
            ANSI_SEQUENCES[sequence] = (Keys.Escape, Keys.ControlM)
        return PromptSession(
            history=self._history(),
            multiline=True,
            editing_mode=EditingMode.VI if self._vi else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            enable_history_search=False,
            tempfile_suffix=".md",
            key_bindings=_keys(enter_sends=not self._multiline),
            input=create_input(self._tty, always_prefer_tty=True),
            output=create_output(always_prefer_tty=True),
        )

    def _history(self) -> "History":
        from prompt_toolkit.history import FileHistory, InMemoryHistory

        if not self._keep:
            return InMemoryHistory()
        path = self._folder / "history"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600))
        except OSError:
            return InMemoryHistory()
        return FileHistory(str(path))


def _terminal_for(world: World) -> Any:
    """What to read keys from: None for stdin itself, else the terminal of this process, since stdin was a pipe."""
    if world.stdin_tty:
        return None
    try:
        return Path("/dev/tty").open(encoding="utf-8")
    except OSError:
        raise UsageError(
            "glm chat needs a terminal to talk through, and there is none", hint="For one answer use: glm run"
        ) from None


def unfinished(text: str) -> bool:
    """Whether Enter continues the message: it opened a block of three quotes and has not closed it."""
    return text.lstrip().startswith(QUOTES) and (len(text.strip()) < 6 or not text.rstrip().endswith(QUOTES))


def whole(text: str) -> str:
    """The message without the quotes around a block."""
    stripped = text.strip()
    if stripped.startswith(QUOTES) and stripped.endswith(QUOTES) and len(stripped) >= 6:
        return stripped[3:-3].strip("\n")
    return text


def _keys(*, enter_sends: bool) -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif unfinished(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    keys.add("enter")(enter if enter_sends else new_line)
    keys.add("escape", "enter")(new_line if enter_sends else enter)
    keys.add("c-j")(new_line)

    @keys.add("c-c")
    def _clear(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.text:
            buffer.append_to_history()
            buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    return keys
