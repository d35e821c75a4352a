"""Reads one message at a time from the terminal: keys, history, many lines. Sends nothing, and knows no commands.

Enter sends. A new line is Alt-Enter, Ctrl-J, Shift-Enter where the terminal reports it, a backslash before Enter, or
any Enter between two times three double quotes. A paste never sends. Nothing typed is lost: what is cleared or cut
short goes into the history, which is on disk before a message is answered.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.api.unicode import well_formed
from glmcli.cli.device import Device
from glmcli.errors import Terminated
from glmcli.private_file import make_folder

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import Output

QUOTES = '"""'
SHIFT_ENTER = ("\x1b[27;2;13~", "\x1b[13;2u")
"""What xterm and kitty send for it; prompt-toolkit takes the first for Enter and does not know the second."""
VI_ESCAPE = 0.1
"""Seconds in which an Enter after Escape makes it Alt-Enter, in vi mode, where Escape is a key by itself."""


class Keyboard:
    """The keys of a terminal.

    history: the file that messages are kept in, None to keep them in memory. vi: the keys of vi, else those of Emacs.
    multiline: Enter is a new line and Alt-Enter sends, instead of the other way round.
    """

    def __init__(self, device: Device, history: Path | None, *, vi: bool = False, multiline: bool = False) -> None:
        self.vi = vi
        self.multiline = multiline
        self._device = device
        self._path = history
        self._session: PromptSession[str] | None = None

    @contextmanager
    def open(self) -> Iterator["Keyboard"]:
        """While the block runs, what is typed waits for the next `read`, and is not echoed."""
        with self._device.quiet():
            yield self

    def read(self, prompt: str = "> ") -> str:
        """The next message. Raises EOFError for Ctrl-D on an empty line, KeyboardInterrupt for Ctrl-C on one."""
        if self._session is None:
            self._session = self._prompting()
        session = self._session
        while True:
            try:
                with self._device.lent():
                    return well_formed(block(session.prompt(prompt, prompt_continuation=" " * len(prompt))))
            except (EOFError, KeyboardInterrupt) as end:
                unsent = session.default_buffer
                unsent.append_to_history()
                if not unsent.text or isinstance(end, EOFError | Terminated):
                    raise

    def _prompting(self) -> "PromptSession[str]":
        import logging

        from prompt_toolkit import PromptSession
        from prompt_toolkit.application import create_app_session
        from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
        from prompt_toolkit.enums import EditingMode

        # Tasks that a signal cut short are told about there, to somebody who can do nothing about it.
        logging.getLogger("asyncio").addHandler(logging.NullHandler())
        keys, screen = self.streams()
        # Given as an argument, the screen of a dumb terminal would not be taken for one.
        with create_app_session(output=screen):
            session: PromptSession[str] = PromptSession(
                input=keys,
                history=_shared_history(self._path) if self._path else None,
                key_bindings=_bindings(enter_sends=not self.multiline),
                editing_mode=EditingMode.VI if self.vi else EditingMode.EMACS,
                cursor=ModalCursorShapeConfig() if self.vi else None,
                multiline=True,
                enable_history_search=True,
                enable_suspend=True,
                tempfile_suffix=".md",
            )
        if self.vi:
            session.app.timeoutlen = session.app.ttimeoutlen = VI_ESCAPE
        return session

    def streams(self) -> "tuple[Input, Output]":
        """The device as prompt-toolkit wants it."""
        from prompt_toolkit.input import create_input
        from prompt_toolkit.output import create_output
        from prompt_toolkit.output.plain_text import PlainTextOutput

        keys = open(self._device.keys, closefd=False, encoding="utf-8")  # noqa: SIM115
        screen = open(self._device.screen, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
        return create_input(keys), PlainTextOutput(screen) if self._device.dumb else create_output(screen)

    def described(self) -> list[tuple[str, str]]:
        """Keys and what they do, for the help."""
        sends, breaks = ("Alt-Enter", "Enter") if self.multiline else ("Enter", "Alt-Enter")
        return [
            (sends, "sends"),
            (
                f"{breaks}, Ctrl-J",
                f"new line; so do Shift-Enter where the terminal reports it, \\ before Enter, and Enter between two"
                f" {QUOTES}",
            ),
            ("Up, Down, Ctrl-R", "what was typed before; Up after a few letters finds what begins so"),
            ("v in command mode" if self.vi else "Ctrl-X Ctrl-E", "edits the message in $VISUAL or $EDITOR"),
            ("Ctrl-C", "stops the answer; clears the line; twice on an empty line leaves"),
            ("Ctrl-D", "leaves, on an empty line"),
        ]


def unfinished(text: str) -> bool:
    """Whether Enter continues the message: it begins with three quotes that nothing closes."""
    return text.lstrip().startswith(QUOTES) and text.count(QUOTES) % 2 == 1


def block(text: str) -> str:
    """The message without the three quotes around the whole of it, if there are any."""
    inside = text.strip()
    if inside.startswith(QUOTES) and inside.endswith(QUOTES) and inside.count(QUOTES) == 2:
        return inside[3:-3].strip("\n")
    return text


def _shared_history(path: Path) -> "History":
    from prompt_toolkit.history import FileHistory

    class SharedHistory(FileHistory):
        """A file that several processes add to, and only its owner may read. Trouble with it is no trouble."""

        def load_history_strings(self) -> Iterable[str]:
            with suppress(OSError):
                return super().load_history_strings()
            return []

        def store_string(self, string: str) -> None:
            lines = "".join(f"+{line}\n" for line in string.split("\n"))
            entry = f"\n# {time.strftime('%Y-%m-%d %H:%M:%S')}\n{lines}".encode("utf-8", "replace")
            with suppress(OSError):
                make_folder(path.parent)
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    os.write(file, entry)  # in one piece, so that two processes never mix
                finally:
                    os.close(file)

    return SharedHistory(str(path))


def _bindings(*, enter_sends: bool) -> "KeyBindings":
    from prompt_toolkit.enums import DEFAULT_BUFFER
    from prompt_toolkit.filters import emacs_mode, has_focus, vi_navigation_mode
    from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.keys import Keys

    ANSI_SEQUENCES.update(dict.fromkeys(SHIFT_ENTER, Keys.ControlJ))
    bindings = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)  # and not the text that Ctrl-R looks for

    def send(event: KeyPressEvent) -> None:
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

    bindings.add("enter", filter=typing)(send if enter_sends else new_line)
    bindings.add("escape", "enter", filter=typing)(new_line if enter_sends else send)
    bindings.add("c-j", filter=typing)(new_line)

    @bindings.add("<sigint>")
    def _interrupt(event: KeyPressEvent) -> None:
        # It may come when the message is on its way already, and then there is nothing to clear.
        if event.app.future is not None and not event.app.future.done():
            event.app.exit(exception=KeyboardInterrupt)

    @bindings.add("c-x", "c-e", filter=typing & emacs_mode)
    @bindings.add("v", filter=typing & vi_navigation_mode)
    def _edit(event: KeyPressEvent) -> None:
        event.current_buffer.open_in_editor()  # and back: an editor that was left in anger must send nothing

    return bindings
