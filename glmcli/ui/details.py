"""What a server says about an answer besides its words, for `-v`: a line a value, `* ` before it as in curl.

Identifiers, the fingerprint of the system, the tier, finish reasons, whole tool calls, all of the usage, and every key
unknown to us: what has no other place on the terminal has one here.
"""

from __future__ import annotations

import json
from typing import Any

from glmcli.api.events import Audio, Event, Finished, Metadata, ToolCalled, Usage
from glmcli.errors import GlmError
from glmcli.ui.clean import one_line
from glmcli.ui.columns import fit
from glmcli.ui.remarks import CALLS
from glmcli.ui.terminal import Terminal

SHOWN = 2000
"""Columns of a value: one may be an image of the server's own invention."""


class Details:
    """Says all of it on standard error when the answer has ended."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._values: dict[tuple[int, str, str], Any] = {}

    def feed(self, event: Event) -> None:
        match event:
            case Metadata(values, place, index):
                where = "message." if place == "message" else ""
                for key, value in values.items():
                    self._note(key, value, index if place != "completion" else -1, where)
            case Audio(audio, index):
                for key, value in audio.items():
                    if key not in ("data", "transcript"):
                        self._note(key, value, index, "message.audio.")
            case ToolCalled(id, name, arguments, kind, index, extra):
                call = {"name": name, "arguments": arguments, **extra}
                self._note(f"{CALLS[kind]} {id}".rstrip(), call, index)
            case Usage(raw=raw):
                self._note("usage", raw, -1)
            case Finished(reasons):
                for index, reason in enumerate(reasons):
                    self._note("finish_reason", reason, index)
                self._say(len(reasons) > 1)
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._say(any(index > 0 for index, _, _ in self._values))

    def _note(self, key: str, value: Any, index: int, where: str = "") -> None:
        if value not in (None, {}, [], ""):
            self._values[index, where, key] = value

    def _say(self, several: bool) -> None:
        values, self._values = self._values, {}
        for (index, where, key), value in sorted(values.items(), key=lambda it: it[0][0]):
            which = f"choice {index + 1} " if several and index >= 0 else ""
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            line = f"* {which}{one_line(f'{where}{key}')}: {fit(one_line(text), SHOWN)}"
            self._terminal.note(line, "", asked=True)
