"""Shows an answer that was asked for as JSON: nothing before it is known to fit, then the JSON alone (interface §6)."""

from __future__ import annotations

import json

from glmcli.api.events import Event, Finished, Parsed, Retrying, SchemaMismatch, TextDelta
from glmcli.errors import GlmError
from glmcli.ui.renderer import Renderer


class StructuredText:
    """Lets through to `inner` what fits, and nothing else.

    pretty: for people: indented, and between fences where `fenced`, since Markdown is rendered there; and an answer
    that does not fit, or is not whole, is shown after all, as it came. Programs get the JSON as the model wrote it, or
    nothing.
    """

    def __init__(self, inner: Renderer, *, pretty: bool = False, fenced: bool = False) -> None:
        self._inner = inner
        self._pretty = pretty
        self._fenced = fenced
        self._held: list[TextDelta] = []
        self._ended: Finished | None = None

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta():
                self._held.append(event)
            case Finished():
                self._ended = event
            case Parsed(index=index):
                self._held = [it for it in self._held if it.index != index]
                self._inner.feed(TextDelta(self._text(event), index))
            case Retrying() | SchemaMismatch(repairing=True):
                self._held, self._ended = [], None
            case _:
                self._inner.feed(event)

    def close(self, error: GlmError | None) -> None:
        if self._pretty:
            for delta in self._held:
                self._inner.feed(delta)
        if self._ended is not None:
            self._inner.feed(self._ended)
        self._inner.close(error)

    def _text(self, event: Parsed) -> str:
        if not self._pretty:
            return event.text
        several = event.text.endswith("\n")  # an item a line
        text = event.text if several else json.dumps(event.value, ensure_ascii=False, indent=2) + "\n"
        return f"```json\n{text}```\n" if self._fenced else text
