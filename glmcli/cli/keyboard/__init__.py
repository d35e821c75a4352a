"""The keyboard of `glm chat`: keys, history, long pastes, the menu, the line below. The only home of prompt-toolkit.

Enter sends. A new line is Alt-Enter, Ctrl-J, Shift-Enter where the terminal reports it, a backslash before Enter, or
any Enter between two times three double quotes. A paste never sends. `reading` reads a message, `keys` says what each
key does.
"""

from __future__ import annotations

from glmcli.cli.keyboard.block import block, unfinished
from glmcli.cli.keyboard.reading import Keyboard

__all__ = ["Keyboard", "block", "unfinished"]
