"""Ends a paste whose end mark got lost, after a silence: without it every further key would be taken for pasted text.

Knows what arrives from the terminal, nothing of what it means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.input.vt100_parser import Vt100Parser

from glmcli.cli.keyboard.presses import BEGIN, END

if TYPE_CHECKING:
    from asyncio import TimerHandle


class PasteWatch(Vt100Parser):
    """The parser of that input, which ends a paste when nothing has arrived for so many seconds.

    It may have been too early: more lines at once are then pasted as well, for no key makes them.
    """

    def __init__(self, keys: Vt100Input, silence: float) -> None:
        super().__init__(keys.vt100_parser.feed_key_callback)
        self._keys = keys
        self._parser = keys.vt100_parser
        self._silence = silence
        self._seen = ""
        self._pasted = ""
        self._pasting = self._cut = False
        self._timer: "TimerHandle | None" = None

    def feed(self, data: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._cut and not self._pasting and END in data:
            self._cut = False
            if BEGIN not in data[: data.index(END)]:
                data = BEGIN + data
        elif self._cut and not self._pasting and BEGIN not in data and _several_lines(data):
            data = BEGIN + data
        elif data == "\r":
            self._cut = False  # somebody pressed Enter: the paste is over
        self._note(data)
        self._parser.feed(data)
        loop = get_app().loop
        if self._pasting and loop is not None:
            self._timer = loop.call_later(self._silence, self._give_up)

    def flush(self) -> None:
        self._parser.flush()

    @property
    def pasting(self) -> bool:
        """Whether a paste has begun that has not ended."""
        return self._pasting

    def take(self) -> str:
        """What was sent of a paste that has not ended, for somebody else to go on with. It is forgotten here."""
        if not self._pasting:
            return ""
        if self._timer is not None:
            self._timer.cancel()
        taken = self._pasted
        self._pasting, self._seen, self._pasted = False, "", ""
        self._parser.reset()
        return taken

    def _note(self, data: str) -> None:
        """Whether a paste is open after this; a mark may come in two pieces."""
        seen = self._seen + data
        begun, ended = seen.rfind(BEGIN), seen.rfind(END)
        went_on = self._pasting
        if begun != ended:
            self._pasting = begun > ended
        if begun > ended:
            self._pasted = seen[begun:]
        elif self._pasting and went_on:
            self._pasted += data
        self._seen = seen[-len(END) + 1 :]

    def _give_up(self) -> None:
        self._pasting, self._cut, self._seen, self._pasted = False, True, "", ""
        self._parser.feed(END)
        keys = get_app().key_processor
        keys.feed_multiple(self._keys.flush_keys())
        keys.process_keys()


def _several_lines(data: str) -> bool:
    return any(mark in data[:-1] for mark in "\r\n")
