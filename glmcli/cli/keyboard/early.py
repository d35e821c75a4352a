"""What was typed while `glm` was still starting: the terminal took each Enter for the end of a line then, and at the
prompt it must be an Enter again.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING

from glmcli.cli.device import Device

if TYPE_CHECKING:
    from prompt_toolkit.input import Input

MOST = 65536


def pending(device: Device) -> str:
    """What lies ready on a device that has just become quiet, each Enter as the key sends it."""
    found = b""
    with suppress(OSError, ValueError):  # the terminal is gone
        while len(found) < MOST and select.select([device.keys], [], [], 0)[0]:
            piece = os.read(device.keys, MOST)
            if not piece:
                break
            found += piece
    return found.decode("utf-8", "replace").replace("\n", "\r")


def press_again(text: str, keys: "Input") -> None:
    """The next prompt on these keys begins with the keys of this text."""
    from prompt_toolkit.input.typeahead import store_typeahead
    from prompt_toolkit.input.vt100_parser import Vt100Parser
    from prompt_toolkit.key_binding import KeyPress

    presses: list[KeyPress] = []
    parser = Vt100Parser(presses.append)
    parser.feed(text)
    parser.flush()
    store_typeahead(keys, presses)
