"""What was typed before there was a prompt for it.

While `glm` was still starting the terminal took each Enter for the end of a line, and at the prompt it must be an Enter
again. While an answer came that was stopped then, each Enter meant to send what the answer may have made pointless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.device import Device
from glmcli.cli.keyboard.ready import ready

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPress

MOST = 65536
BEGIN, END = "\x1b[200~", "\x1b[201~"
"""The marks of a paste."""


def pending(device: Device) -> str:
    """What lies ready on a device that has just become quiet, each Enter as the key sends it."""
    return ready(device.keys, most=MOST).decode("utf-8", "replace").replace("\n", "\r")


def press_again(text: str, keys: "Input") -> None:
    """The next prompt on these keys begins with the keys of this text."""
    from prompt_toolkit.input.typeahead import store_typeahead

    store_typeahead(keys, _presses(text))


def hold(device: Device, keys: "Input") -> None:
    """The next prompt on these keys begins with all that was typed ahead, on the device, which is quiet, and on what a
    prompt has read already. Each Enter is a new line, the last ones are nothing."""
    from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
    from prompt_toolkit.key_binding import KeyPress
    from prompt_toolkit.keys import Keys

    new_line = KeyPress(Keys.ControlJ, "\n")
    held = [
        new_line if press.key == Keys.ControlM else press
        for press in [*get_typeahead(keys), *_presses(pending(device))]
    ]
    while held and held[-1] == new_line:
        held.pop()
    store_typeahead(keys, held)


def _presses(text: str) -> "list[KeyPress]":
    from prompt_toolkit.input.vt100_parser import Vt100Parser

    presses: list[KeyPress] = []
    parser = Vt100Parser(presses.append)
    # What was still being pasted would wait for its end, which nobody gives to this parser.
    parser.feed(text + END if text.rfind(BEGIN) > text.rfind(END) else text)
    parser.flush()
    return presses
