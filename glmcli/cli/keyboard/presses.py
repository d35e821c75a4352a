"""What a terminal sends, as keys in the terms of prompt-toolkit, and back. Knows no meaning of a key but one."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

BEGIN, END = "\x1b[200~", "\x1b[201~"
"""The marks of a paste."""
SHIFT_ENTER = ("\x1b[27;2;13~", "\x1b[13;2u")
"""What xterm and kitty send for it; prompt-toolkit takes the first for Enter and does not know the second."""
# Here, since a parser remembers for good which sequences there are.
ANSI_SEQUENCES.update(dict.fromkeys(SHIFT_ENTER, Keys.ControlJ))


def presses(text: str) -> list[KeyPress]:
    """The keys of a text that nothing follows: what was still being pasted ends with it."""
    found: list[KeyPress] = []
    parser = Vt100Parser(found.append)
    parser.feed(text + END if text.rfind(BEGIN) > text.rfind(END) else text)
    parser.flush()
    return found


def sent(pressed: Iterable[KeyPress]) -> str:
    """What a terminal sends for these keys."""
    return "".join(f"{BEGIN}{it.data}{END}" if it.key == Keys.BracketedPaste else it.data for it in pressed)
