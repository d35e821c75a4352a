"""Lets the user pick one of several things from a menu that the typed letters narrow down. Reads one line, knows no
messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

Offers = Sequence[tuple[str, str]]
"""Keys, and what is shown of each."""

ROWS = 12


class Narrowing(Completer):
    """The offers that have every typed word in them."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    def fitting(self, typed: str) -> Offers:
        words = typed.casefold().split()
        return [(key, shown) for key, shown in self._offers if all(word in shown.casefold() for word in words)]

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text
        for key, shown in self.fitting(typed):
            yield Completion(key, -len(typed), display=shown)


def pick(keys: Input, screen: Output, prompt: str, offers: Offers, style: Style, *, color: bool) -> str:
    """The key of the offer that is marked, else of the first one that the typed words are in, else those words.

    Raises EOFError for Escape and Ctrl-D, KeyboardInterrupt for Ctrl-C.
    """
    narrowing = Narrowing(offers)
    session: PromptSession[str] = PromptSession(
        input=keys,
        output=screen,
        completer=narrowing,
        complete_while_typing=True,
        reserve_space_for_menu=min(ROWS, len(offers)) + 1,
        key_bindings=_bindings(),
        style=style,
        color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        erase_when_done=True,
    )
    session.app.ttimeoutlen = 0.05  # Escape is a key by itself here
    typed = session.prompt(prompt, pre_run=lambda: session.default_buffer.start_completion(select_first=False)).strip()
    if not typed or typed in dict(offers):
        return typed
    return next((key for key, _ in narrowing.fitting(typed)), typed)


def pick_by_number(keys: Input, screen: Output, prompt: str, offers: Offers) -> str:
    """The same on a terminal that shows no menus: the offers are lines, and have numbers too."""
    for number, (_, shown) in enumerate(offers[:ROWS], 1):
        screen.write(f"{number:>2} {shown}\n")
    screen.flush()
    session: PromptSession[str] = PromptSession(input=keys, output=screen)
    typed = session.prompt(prompt).strip()
    if typed.isascii() and typed.isdecimal() and 1 <= int(typed[:9]) <= min(ROWS, len(offers)):
        return offers[int(typed) - 1][0]
    return typed


def _bindings() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add(Keys.Any, filter=completion_is_selected)
    def _narrow(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()  # the letters that were there take the place of the marked key again
        event.current_buffer.insert_text(event.data)

    return keys
