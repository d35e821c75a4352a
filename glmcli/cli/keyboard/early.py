"""What was typed before there was a prompt for it, as the terminal sends it.

While `glm` was still starting the terminal took each Enter for the end of a line, and at the prompt it must be an Enter
again. While an answer came that was stopped then, each Enter meant to send what the answer may have made pointless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.device import Device
from glmcli.cli.keyboard.ready import ready

if TYPE_CHECKING:
    from prompt_toolkit.input import Input

MOST = 65536


def pending(device: Device) -> str:
    """What lies ready on a device that has just become quiet, each Enter as the key sends it."""
    return ready(device.keys, most=MOST).decode("utf-8", "replace").replace("\n", "\r")


def held(typed: str) -> str:
    """The same, so that it sends nothing: each Enter is a new line, the last ones are nothing. What was still being
    pasted ends."""
    if not typed:
        return ""
    from prompt_toolkit.key_binding import KeyPress
    from prompt_toolkit.keys import Keys

    from glmcli.cli.keyboard.presses import presses, sent

    new_line = KeyPress(Keys.ControlJ, "\n")
    keys = [new_line if press.key == Keys.ControlM else press for press in presses(typed)]
    while keys and keys[-1] == new_line:
        keys.pop()
    return sent(keys)


def press(typed: str, keys: "Input") -> None:
    """It is what is pressed first in the next prompt on these keys."""
    if not typed:
        return
    from prompt_toolkit.input.typeahead import store_typeahead
    from prompt_toolkit.input.vt100 import Vt100Input

    from glmcli.cli.keyboard.presses import presses

    if not isinstance(keys, Vt100Input):
        store_typeahead(keys, presses(typed))
        return
    # Not as keys: the end of a paste, or of one key, may still come from the terminal.
    keys.vt100_parser.feed(typed)
    store_typeahead(keys, keys.flush_keys() if typed.endswith("\x1b") else keys.read_keys())


def rest(keys: "Input") -> str:
    """What the last prompt on these keys has read and not done."""
    from prompt_toolkit.input.typeahead import get_typeahead
    from prompt_toolkit.input.vt100 import Vt100Input

    from glmcli.cli.keyboard.presses import sent
    from glmcli.cli.keyboard.silence import PasteWatch

    watch = keys.vt100_parser if isinstance(keys, Vt100Input) else None
    return sent(get_typeahead(keys)) + (watch.take() if isinstance(watch, PasteWatch) else "")
