"""Reads one message at a time from the terminal. Sends nothing, and knows no commands.

Nothing typed is lost: what is cleared or cut short goes into the history, which is on disk before a message is
answered, and what is typed while there is no prompt is kept as the terminal sent it, until the next one reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.api.unicode import well_formed
from glmcli.cli.device import Device
from glmcli.cli.keyboard.asking import Asking
from glmcli.cli.keyboard.block import QUOTES, block
from glmcli.cli.keyboard.early import held, pending, press, rest
from glmcli.cli.keyboard.listening import Listening
from glmcli.cli.keyboard.pastes import Pastes
from glmcli.cli.keyboard.unsent import Unsent
from glmcli.errors import Terminated

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import Application
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from glmcli.cli.keyboard.silence import PasteWatch
    from glmcli.cli.toolbar import Status
    from glmcli.cli.view import View
    from glmcli.ui.foot import Foot

VI_ESCAPE = 0.1
"""Seconds in which an Enter after Escape makes it Alt-Enter, in vi mode, where Escape is a key by itself."""
VI_LETTERS = 0.25
"""The same where two letters leave the insert mode, and for those."""
SILENCE = 1.0
"""Seconds without a byte after which a paste counts as ended, its end mark as lost."""


class Keyboard:
    """The keys of a terminal.

    history: the file that messages are kept in, beside what is typed and not sent yet; None to keep them in memory.
    vi: the keys of vi, else those of Emacs; may be changed between two messages. typed: whether anything was typed in
    the last reading, though it may be gone again. multiline: Enter is a new line and Alt-Enter sends, instead of the
    other way round. vi_escape: two letters that leave the insert mode of vi as Escape
    does, such as jk. color: False for none.
    """

    def __init__(
        self,
        device: Device,
        history: Path | None,
        *,
        vi: bool = False,
        multiline: bool = False,
        vi_escape: str = "",
        color: bool = True,
        silence: float = SILENCE,
    ) -> None:
        self.vi = vi
        self.multiline = multiline
        self.typed = False
        self.view: View | None = None
        self.drawn: Callable[[], None] = lambda: None
        self._vi_escape = vi_escape
        self._color = color
        self._silence = silence
        self._device = device
        self._path = history
        self._pastes = Pastes()
        self._session: PromptSession[str] | None = None
        self._offered = ""
        self._ahead = ""  # as the terminal sent it
        self._waiting: list[str] = []  # its messages, which are on disk until the prompt has them
        self._listening: Listening | None = None
        self._watch: PasteWatch | None = None
        self._status: Status | None = None
        self._thinking: str | None = None
        self._unsent = Unsent(history.parent) if history is not None else None

    @contextmanager
    def open(self) -> Iterator["Keyboard"]:
        """While the block runs, what is typed waits for the next `read`, and is not echoed."""
        try:
            with self._device.quiet():
                self._ahead = pending(self._device)
                yield self
        finally:
            if self._unsent is not None:
                self._unsent.close()

    def rescued(self) -> int:
        """How many messages are in the history now that processes which are gone left behind unsent."""
        left = self._unsent.left() if self._unsent is not None else []
        if left:
            from glmcli.cli.keyboard.history import SharedHistory

            assert self._path is not None
            history = SharedHistory(self._path, str)
            for text in left:
                history.store_string(text)
        return len(left)

    def pick(self, prompt: str, offers: Sequence[tuple[str, str]]) -> str:
        """The key of one of the offers, which are shown, or what was typed in place of one. Raises EOFError or
        KeyboardInterrupt where the user would rather have none."""
        from glmcli.cli.keyboard.looks import STYLE
        from glmcli.cli.keyboard.picking import pick, pick_by_number

        keys, screen = self.streams()
        self._press_ahead(keys)
        try:
            with self._device.lent():
                if self._device.dumb:
                    return pick_by_number(keys, screen, prompt, offers)
                return pick(keys, screen, prompt, offers, STYLE, color=self._color)
        finally:
            self._take_rest(keys)

    @contextmanager
    def lent(self) -> Iterator[int | None]:
        """While the block runs the terminal is that of a program which the user runs. Gives the descriptor of keys."""
        with self._device.given_back():
            yield self._device.keys

    def read(self, prompt: str = "> ") -> str:
        """The next message. Raises EOFError for Ctrl-D on an empty line, KeyboardInterrupt for Ctrl-C on one."""
        if self._session is None:
            self._session = self._prompting()
        session, keys = self._session, self._session.app.input
        self._set_mode(session)
        if self.view is not None and self.view.status is not None and not self._device.dumb:
            self._status = self.view.status()
        session.bottom_toolbar = None if self._status is None else self._toolbar
        self.typed = False
        while True:
            self._pastes.clear()
            self._thinking = None
            offered, self._offered = self._offered, ""
            if self._device.dumb:  # whose prompt runs nothing first
                self._press_ahead(keys)
            try:
                with self._device.lent():
                    said = session.prompt(
                        lambda: self._prompt(prompt),
                        prompt_continuation=" " * len(prompt),
                        default=offered,
                        pre_run=lambda: self._press_ahead(keys),
                    )
                return well_formed(self._pastes.unfold(block(said)))
            except (EOFError, KeyboardInterrupt) as end:
                unsent = session.default_buffer
                unsent.append_to_history()
                if not unsent.text or isinstance(end, EOFError | Terminated):
                    raise
            finally:
                self._take_rest(keys)
                self._keep_unsent("")

    def answering(self, foot: "Foot | None" = None) -> Listening:
        """While the block runs an answer comes, and what is typed is kept and shown."""
        self._listening = listening = Listening(
            self._device, self._ahead, multiline=self.multiline, foot=foot, keep=self._keep_ahead, ended=self._answered
        )
        return listening

    def _answered(self) -> None:
        if self._listening is not None:
            self._ahead, self._listening = self._listening.typed, None

    def _keep_ahead(self, messages: list[str]) -> None:
        self._waiting = messages
        self._keep_unsent("")

    @contextmanager
    def asking(self) -> Iterator[Asking]:
        """A question in the middle of an answer. What was typed before it waits for the next prompt, and what is typed
        until it stands there sends nothing: it may have been meant for an answer."""
        listening = self._listening
        with nullcontext() if listening is None else listening.released():
            asking = Asking(self._device, self._typed_ahead, typed=listening is not None and bool(listening.typed))
            asking.begin()
            yield asking

    def _typed_ahead(self, text: str) -> None:
        if self._listening is not None:
            self._listening.typed += held(text)
        else:
            self._ahead += held(text)

    def offer(self, text: str) -> None:
        """The next message begins with this text, to be changed and sent."""
        self._offered = text

    def hold(self) -> None:
        """What was typed ahead begins the next message, and is not sent by the Enters that were typed with it."""
        self._ahead = held(self._ahead + pending(self._device))

    def _press_ahead(self, keys: "Input") -> None:
        """What was typed ahead is what is pressed first on these keys."""
        ahead, self._ahead = self._ahead, ""
        press(ahead, keys)

    def _take_rest(self, keys: "Input") -> None:
        """Takes back what was typed behind the last key that the prompt on these keys has done."""
        self._ahead = rest(keys) + self._ahead
        self._waiting = []
        if self._ahead:
            from glmcli.cli.keyboard.ahead import Ahead

            self._waiting = Ahead(self._ahead, multiline=self.multiline).messages

    def _rendered(self, app: "Application[str]") -> None:
        """The prompt is drawn, and so has in it what was typed ahead, unless there was an Enter in it, or half a paste
        at its end."""
        if self._waiting and not app.is_done and not (self._watch is not None and self._watch.pasting):
            self._waiting = []
            self._keep_unsent(app.current_buffer.text)
        self.drawn()

    def _changed(self, buffer: "Buffer") -> None:
        self.typed = self.typed or bool(buffer.text)
        self._keep_unsent(buffer.text)

    def _keep_unsent(self, text: str) -> None:
        if self._unsent is not None:
            self._unsent.keep(self._pastes.unfold(text), *self._waiting)

    def _prompting(self) -> "PromptSession[str]":
        import logging

        from prompt_toolkit import PromptSession
        from prompt_toolkit.application import create_app_session
        from prompt_toolkit.input.vt100 import Vt100Input
        from prompt_toolkit.output import ColorDepth

        from glmcli.cli.keyboard.history import OwnHistory, SharedHistory
        from glmcli.cli.keyboard.keys import Bound, Whole, bindings
        from glmcli.cli.keyboard.looks import STYLE, Suggesting
        from glmcli.cli.keyboard.silence import PasteWatch

        # Tasks that a signal cut short are told about there, to somebody who can do nothing about it.
        logging.getLogger("asyncio").addHandler(logging.NullHandler())
        keys, screen = self.streams()
        if isinstance(keys, Vt100Input):
            keys.vt100_parser = self._watch = PasteWatch(keys, self._silence)
        whole = self._pastes.unfold
        bound = Bound(
            self._pastes,
            enter_sends=not self.multiline,
            vi_escape=self._vi_escape,
            last_message=lambda: self.view.last_message() if self.view else "",
            fold=self._fold,
        )
        # Given as an argument, the screen of a dumb terminal would not be taken for one.
        with create_app_session(output=screen):
            session: PromptSession[str] = PromptSession(
                input=keys,
                history=SharedHistory(self._path, whole) if self._path else OwnHistory(whole),
                key_bindings=bindings(bound),
                completer=Suggesting(lambda text: self.view.suggest(text) if self.view else ()),
                complete_while_typing=False,
                style=STYLE,
                color_depth=None if self._color else ColorDepth.DEPTH_1_BIT,
                multiline=True,
                enable_history_search=True,
                enable_suspend=True,
                tempfile_suffix=".md",
            )
        session.app.after_render += self._rendered
        session.default_buffer.on_text_changed += self._changed
        session.app.key_processor.after_key_press += Whole(session.default_buffer, self._pastes)
        return session

    def _set_mode(self, session: "PromptSession[str]") -> None:
        from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig, SimpleCursorShapeConfig
        from prompt_toolkit.enums import EditingMode

        session.editing_mode = EditingMode.VI if self.vi else EditingMode.EMACS
        session.cursor = ModalCursorShapeConfig() if self.vi else SimpleCursorShapeConfig()
        escape = VI_LETTERS if self._vi_escape else VI_ESCAPE
        session.app.ttimeoutlen = VI_ESCAPE if self.vi else 0.5
        session.app.timeoutlen = escape if self.vi else 1.0

    def _prompt(self, prompt: str) -> "StyleAndTextTuples":
        """The prompt, with the thinking of the last answer above it where that is unfolded."""
        from prompt_toolkit.application import get_app

        from glmcli.cli.keyboard.looks import pane

        app = get_app()
        above: StyleAndTextTuples = []
        if self._thinking is not None and not app.is_done:
            size = app.output.get_size()
            above = [("class:thinking", pane(self._thinking, size.columns, max(3, size.rows // 2)))]
        return [*above, ("", prompt)]

    def _fold(self) -> None:
        self._thinking = self.view.thinking() if self._thinking is None and self.view is not None else None

    def _toolbar(self) -> str:
        from prompt_toolkit.application import get_app
        from prompt_toolkit.utils import get_cwidth

        from glmcli.cli.keyboard.looks import mode
        from glmcli.cli.toolbar import line

        app = get_app()
        if self._status is None:
            return ""
        vi = mode(app.vi_state.input_mode) if self.vi else ""
        return line(self._status, vi, app.output.get_size().columns, get_cwidth)

    def streams(self) -> "tuple[Input, Output]":
        """The device as prompt-toolkit wants it."""
        from glmcli.cli.keyboard.streams import streams

        return streams(self._device)

    def described(self) -> list[tuple[str, str]]:
        """Keys and what they do, for the help."""
        command = ", v in command mode" if self.vi else ""
        sends, breaks = ("Alt-Enter", "Enter") if self.multiline else ("Enter", "Alt-Enter")
        return [
            (sends, "sends"),
            (
                f"{breaks}, Ctrl-J",
                f"new line; so do Shift-Enter where the terminal reports it, \\ before Enter, and Enter between two"
                f" {QUOTES}",
            ),
            ("Tab", "completes commands, what they take, and paths after @"),
            ("Up, Down, Ctrl-R", "what was typed before; Up after a few letters finds what begins so"),
            (f"Ctrl-G, Ctrl-X Ctrl-E{command}", "edits the message in $VISUAL or $EDITOR"),
            ("Ctrl-O", "shows the thinking, while it comes and afterwards, or hides it"),
            ("Esc Esc", "brings the last message back, on an empty line"),
            ("Ctrl-L", "draws the prompt anew"),
            ("Ctrl-Z", "suspends"),
            (
                f"{sends} while it answers",
                "queues the message, which is sent when the answer is whole; Up on an empty line takes it back, Ctrl-C"
                " stops the answer and puts all of it into the prompt",
            ),
            ("Ctrl-C", "stops the answer; clears the line; twice on an empty line leaves"),
            ("Ctrl-D", "leaves, on an empty line"),
        ]
