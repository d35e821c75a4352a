"""A question in the middle of a turn: one key, or one line. What was typed before the question is no answer to it."""

from __future__ import annotations

import os
import select
from collections.abc import Callable

from glmcli.cli.device import Device
from glmcli.cli.keyboard.ready import ready

ESCAPE = b"\x1b"
INTRODUCERS = (b"[", b"O")
"""What follows Escape in the keys that send several bytes; then come digits and signs, then the last one."""
PASTE, PASTED = b"200~", b"\x1b[201~"
"""Behind the introducer: what follows was pasted, up to the other mark."""
QUIET = 0.5
"""Seconds without a key until somebody who was typing is asked: what they go on to type must not answer."""
MORE = 0.05
"""Seconds in which the rest of a key comes that sends several bytes: an arrow, a letter beyond ASCII."""


class Asking:
    """Questions on a device that is quiet.

    before: takes what was typed ahead, so that it is not lost; None to drop it. typed: whether somebody has typed
    already, and may be in the middle of it.
    """

    def __init__(self, device: Device, before: Callable[[str], None] | None = None, *, typed: bool = False) -> None:
        self._device = device
        self._before = before
        self._typed = typed

    def begin(self) -> None:
        """From here on keys are answers. Waits for a pause of whoever is typing."""
        ahead = ready(self._device.keys)
        if ahead or self._typed:
            ahead += ready(self._device.keys, QUIET)
        if ahead and self._before is not None:
            self._before(ahead.decode("utf-8", "replace"))

    def key(self) -> str:
        """The next key: a letter or sign, or the control character of one like Enter or Escape; "" where the terminal
        is gone. Arrows and the like are passed over, and so is what is pasted. Raises KeyboardInterrupt."""
        while True:
            pressed = self._read(1)
            if pressed == ESCAPE:
                following = self._follows()
                if not following:
                    return "\x1b"
                code = b""
                while following in INTRODUCERS or b"0" <= following <= b"?":
                    following = self._follows()
                    code += following
                if code == PASTE:
                    self._pass_over_paste()
            elif pressed < b"\x80":
                return pressed.decode()
            else:
                ready(self._device.keys, MORE)

    def line(self, question: str, default: str = "") -> str:
        """The line that is typed, which begins with the default. Raises EOFError, KeyboardInterrupt."""
        from prompt_toolkit.application import create_app_session
        from prompt_toolkit.shortcuts import PromptSession

        from glmcli.cli.keyboard.streams import streams

        keys, screen = streams(self._device)
        with self._device.lent(), create_app_session(input=keys, output=screen):
            session: PromptSession[str] = PromptSession(question)
            return session.prompt(default=default)

    def _pass_over_paste(self) -> None:
        pasted = b""
        while not pasted.endswith(PASTED) and (piece := self._read(1)):
            pasted = pasted[1 - len(PASTED) :] + piece

    def _follows(self) -> bytes:
        """The next byte of a key that sends several, b"" where it has none."""
        return self._read(1) if select.select([self._device.keys], [], [], MORE)[0] else b""

    def _read(self, most: int) -> bytes:
        try:
            return os.read(self._device.keys, most)
        except OSError:  # the terminal is gone
            return b""
