"""What is typed while there is no prompt for it. Reads nothing, shows nothing.

What the terminal sent is kept as it came, for the next prompt, which alone edits: so each key does there what it always
does. Here the keys are read for their likely meaning, to show it and to have it on disk: text, pastes, new lines,
Backspace, Ctrl-U, Ctrl-W and Enter. Any other key is shown by its name, and so is all editing after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from prompt_toolkit.document import Document
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from glmcli.cli.keyboard.block import unfinished
from glmcli.cli.keyboard.pastes import Pastes
from glmcli.cli.keyboard.presses import BEGIN, sent

NAMES = {"c-h": "<backspace>", "c-i": "<tab>", "escape": "<esc>"}


@dataclass
class _Message:
    """keys: what the terminal sent. text: what they make, as far as that is known; shown: the same, with the names of
    the keys that may have made something else of it."""

    keys: list[str] = field(default_factory=list)
    text: str = ""
    shown: str = ""
    pastes: Pastes = field(default_factory=Pastes)

    @property
    def clear(self) -> bool:
        return self.text == self.shown

    def add(self, text: str) -> None:
        self.text, self.shown = self.text + text, self.shown + text

    def become(self, text: str) -> None:
        self.text = self.shown = text


class Ahead:
    """typed: what was typed ahead before. multiline: Enter is a new line, and Alt-Enter sends."""

    def __init__(self, typed: str = "", *, multiline: bool = False) -> None:
        self._multiline = multiline
        self._queued: list[_Message] = []
        self._message = _Message()
        self._presses: list[KeyPress] = []
        self._parser = Vt100Parser(self._presses.append)
        self._open = ""  # the beginning of a key, or of a paste
        self._escaped = False
        self.feed(typed)

    @property
    def typed(self) -> str:
        """What the terminal sent, but for what was taken out of it."""
        return "".join(key for it in self._all for key in it.keys) + self._open

    @property
    def messages(self) -> list[str]:
        """Those that an Enter has ended, then the one that is being typed, if there is anything in it."""
        texts = [it.pastes.unfold(it.text) for it in self._all]
        texts[-1] += self._pasting
        return [text for text in texts if text.strip()]

    @property
    def row(self) -> tuple[str, str]:
        """What is to be shown, and what stands before it; both are empty where nothing is typed."""
        count, shown = len(self._queued), self._message.shown + self._pasting
        if shown:
            return (f"{count} queued > " if count else "> "), shown
        if not count:
            return "", ""
        return ("queued: " if count == 1 else f"{count} queued, the last: "), self._queued[-1].shown

    def feed(self, typed: str, *, folding: bool = False) -> int:
        """More that the terminal sent. folding: whether Ctrl-O is taken out; how often it came, then."""
        self._parser.feed(typed)
        presses = self._presses[:]
        self._presses.clear()
        self._open = (self._open + typed)[len(sent(presses)) :]
        folds = 0
        for press in presses:
            if folding and press.key == Keys.ControlO:
                folds += 1
            elif press.key != Keys.CPRResponse:  # a late one, which the next prompt would take for its own
                self._press(press)
        return folds

    @property
    def _all(self) -> list[_Message]:
        return [*self._queued, self._message]

    @property
    def _pasting(self) -> str:
        """What is being pasted, as far as it has come."""
        return _lines(self._open.removeprefix(BEGIN)) if self._open.startswith(BEGIN) else ""

    def _press(self, press: KeyPress) -> None:
        message, key = self._message, press.key
        if key == Keys.Up and self._queued and not message.keys:
            self._message = self._queued.pop()
            self._message.keys.pop()
            return
        message.keys.append(sent([press]))
        escaped, self._escaped = self._escaped, key == Keys.Escape
        if key == Keys.ControlM:
            self._enter(sends=escaped == self._multiline)
            return
        if escaped:
            message.shown += NAMES["escape"]
        if key == Keys.ControlJ:
            message.add("\n")
        elif key == Keys.BracketedPaste:
            message.add(message.pastes.fold(_lines(press.data), message.text))
        elif key in (Keys.ControlH, Keys.ControlU, Keys.ControlW) and message.clear:
            message.become(_edited(message, key))
        elif not isinstance(key, Keys):
            message.add(press.data)
        elif key not in (Keys.Escape, Keys.Ignore):
            message.shown += _name(key.value)

    def _enter(self, *, sends: bool) -> None:
        message = self._message
        if sends and message.clear and message.text.endswith("\\"):
            message.become(f"{message.text[:-1]}\n")
        elif not sends or unfinished(message.text):
            message.add("\n")
        elif message.shown.strip():
            self._queued.append(message)
            self._message = _Message()
        else:
            message.become("")


def _edited(message: _Message, key: Keys | str) -> str:
    text = message.text
    if key == Keys.ControlU:
        line = Document(text).current_line_before_cursor
        return text[: -len(line)] if line else text[:-1]
    stub = message.pastes.before(text)
    if key == Keys.ControlH or stub:
        return text[: -(stub or 1)]
    back = Document(text).find_start_of_previous_word(WORD=True)
    return "" if back is None else text[:back]


def _lines(pasted: str) -> str:
    return pasted.replace("\r\n", "\n").replace("\r", "\n")


def _name(key: str) -> str:
    if key in NAMES:
        return NAMES[key]
    return f"^{key[2:].upper()}" if key.startswith("c-") and len(key) == 3 else f"<{key}>"
