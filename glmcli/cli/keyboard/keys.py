"""What each key does to the message that is typed (interface §11). Reads nothing itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    has_completions,
    has_focus,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.validation import ValidationError

from glmcli.cli.keyboard.block import unfinished
from glmcli.cli.keyboard.pastes import Pastes

EDITORS = ("/usr/bin/editor", "/usr/bin/nano", "/usr/bin/pico", "/usr/bin/vi", "/usr/bin/emacs")
"""What prompt-toolkit looks for where no editor is named."""

typing = has_focus(DEFAULT_BUFFER)
"""And not the text that Ctrl-R looks for."""


@dataclass(frozen=True)
class Bound:
    """What the keys need. enter_sends: else Alt-Enter does. vi_escape: two letters that leave the insert mode of vi, or
    nothing. last_message: what Esc Esc puts into an empty line. fold: shows or hides the thinking."""

    pastes: Pastes
    enter_sends: bool
    vi_escape: str
    last_message: Callable[[], str]
    fold: Callable[[], None]


def bindings(bound: Bound) -> KeyBindings:
    """Every key that is not as prompt-toolkit has it."""
    keys = KeyBindings()
    _sending(keys, bound)
    _pasting(keys, bound.pastes)
    _viewing(keys, bound)
    _editing(keys, bound)
    return keys


def _sending(keys: KeyBindings, bound: Bound) -> None:
    def send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif unfinished(buffer.text):
            buffer.insert_text("\n")
        elif (stub := bound.pastes.damaged(buffer.text)) and buffer.validation_error is None:
            said = f"a part of {stub} is gone: Ctrl-_ undoes that, Enter sends the rest"
            buffer.validation_error = ValidationError(buffer.cursor_position, said)
        else:
            buffer.validation_error = None
            buffer.validate_and_handle()

    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    keys.add("enter", filter=typing)(send if bound.enter_sends else new_line)
    keys.add("escape", "enter", filter=typing)(new_line if bound.enter_sends else send)
    keys.add("c-j", filter=typing)(new_line)

    @keys.add("enter", filter=typing & completion_is_selected)
    def _take(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @keys.add("tab", filter=typing & Condition(_nothing_else_to_choose))
    def _go_on(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None
        event.current_buffer.start_completion(insert_common_part=True)

    @keys.add("escape", filter=typing & has_completions, eager=True)
    def _leave_menu(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    @keys.add("<sigint>")
    def _interrupt(event: KeyPressEvent) -> None:
        # It may come when the message is on its way already, and then there is nothing to clear.
        if event.app.future is not None and not event.app.future.done():
            event.app.exit(exception=KeyboardInterrupt)


def _nothing_else_to_choose() -> bool:
    """Whether the only suggestion is in the message already: the next Tab goes on behind it, into a folder say."""
    from prompt_toolkit.application import get_app

    state = get_app().current_buffer.complete_state
    return state is not None and state.complete_index is not None and len(state.completions) == 1


def _pasting(keys: KeyBindings, pastes: Pastes) -> None:
    """A stub is put in, and taken out, as one."""

    def behind_stub() -> bool:
        return pastes.before(_typed().text_before_cursor) > 0

    def before_stub() -> bool:
        return pastes.after(_typed().text_after_cursor) > 0

    def _typed() -> Document:
        from prompt_toolkit.application import get_app

        return get_app().current_buffer.document

    @keys.add(Keys.BracketedPaste, filter=typing)
    def _paste(event: KeyPressEvent) -> None:
        pasted = event.data.replace("\r\n", "\n").replace("\r", "\n")
        event.current_buffer.insert_text(pastes.fold(pasted, event.current_buffer.text))

    @keys.add("backspace", filter=typing & Condition(behind_stub) & ~vi_navigation_mode)
    @keys.add("c-w", filter=typing & Condition(behind_stub) & ~vi_navigation_mode)
    @keys.add("escape", "backspace", filter=typing & Condition(behind_stub) & ~vi_navigation_mode)
    def _delete_before(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.save_to_undo_stack()
        buffer.delete_before_cursor(pastes.before(buffer.document.text_before_cursor))

    @keys.add("delete", filter=typing & Condition(before_stub))
    @keys.add("c-d", filter=typing & Condition(before_stub) & ~vi_navigation_mode)
    def _delete_after(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.save_to_undo_stack()
        buffer.delete(pastes.after(buffer.document.text_after_cursor))


def _viewing(keys: KeyBindings, bound: Bound) -> None:
    @keys.add("c-l")
    def _redraw(event: KeyPressEvent) -> None:
        event.app.renderer.erase(leave_alternate_screen=False)
        event.app.renderer.request_absolute_cursor_position()
        event.app.invalidate()

    @keys.add("c-o")
    def _fold(event: KeyPressEvent) -> None:
        bound.fold()
        event.app.invalidate()


def _editing(keys: KeyBindings, bound: Bound) -> None:
    empty = Condition(lambda: not _text())

    def _text() -> str:
        from prompt_toolkit.application import get_app

        return get_app().current_buffer.text

    @keys.add("c-g", filter=typing)
    @keys.add("c-x", "c-e", filter=typing)
    @keys.add("v", filter=typing & vi_navigation_mode)
    def _edit(event: KeyPressEvent) -> None:
        edit(event.current_buffer, bound.pastes)

    @keys.add("escape", "escape", filter=typing & empty)
    def _last_message(event: KeyPressEvent) -> None:
        text = bound.last_message()
        event.current_buffer.document = Document(text, len(text))

    if bound.vi_escape:

        @keys.add(*bound.vi_escape, filter=typing & vi_insert_mode)
        def _escape(event: KeyPressEvent) -> None:
            event.key_processor.feed(KeyPress(Keys.Escape), first=True)


def edit(buffer: Buffer, pastes: Pastes) -> None:
    """Gives the whole message to the editor, and takes it back: one that was left in anger must send nothing."""
    if not any(map(os.environ.get, ("VISUAL", "EDITOR"))) and not any(map(os.path.exists, EDITORS)):
        said = "there is no editor: set VISUAL or EDITOR, for example export EDITOR=nano"
        buffer.validation_error = ValidationError(buffer.cursor_position, said)
        return
    folded = buffer.document
    buffer.document = Document(pastes.unfold(folded.text))
    task = buffer.open_in_editor()  # has written the message to a file when it returns, and opens it afterwards
    buffer.document = folded

    def fold_again(done: object) -> None:
        text = pastes.fold_again(buffer.text)
        if text != buffer.text:
            buffer.document = Document(text, len(text))

    task.add_done_callback(fold_again)


class Whole:
    """Keeps the cursor out of the stubs of a message, so that what is typed never breaks one."""

    def __init__(self, buffer: Buffer, pastes: Pastes) -> None:
        self._buffer = buffer
        self._pastes = pastes
        self._last = 0

    def __call__(self, sender: object = None) -> None:
        """To be called after each key: goes on out of the stub in the direction in which the cursor went."""
        buffer = self._buffer
        inside = self._pastes.around(buffer.text, buffer.cursor_position)
        if inside is not None:
            begin, end = inside
            buffer.cursor_position = end if buffer.cursor_position > self._last else begin
        self._last = buffer.cursor_position
