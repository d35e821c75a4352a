"""Takes `<think>` tags out of an answer's text, wherever the deltas are cut. Pure text.

A server whose reasoning parser fails leaves the thinking in the content (wire-protocol §8.3). What is done:

- a `<think>` block that opens the text is reasoning, its tags and the line breaks after it are dropped;
- a first `</think>` without its opening tag is dropped (GLM's template opens the tag in the prompt), but not beside a
  quote or a backtick: there somebody writes about the tag. A text that has named `<think>` before is left alone too.

After the first such decision, and where reasoning comes under a name of its own, text passes through untouched.
"""

from __future__ import annotations

from enum import Enum, auto

_OPEN = "<think>"
_CLOSE = "</think>"
_QUOTES = frozenset("`\"'")
_MOST_BLANKS = 64  # waited for at the start; more is a text that begins with blanks


class _State(Enum):
    START = auto()
    THINKING = auto()
    AFTER = auto()  # the closing tag was there: line breaks go
    WATCHING = auto()  # text, in which a lone closing tag may come
    PLAIN = auto()


class ThinkSplitter:
    """Splits the text of one choice. At most a few characters are held back between two calls."""

    __slots__ = ("_before", "_held", "_state")

    def __init__(self) -> None:
        self._state = _State.START
        self._held = ""
        self._before = ""  # text given out last, while watching

    @property
    def plain(self) -> bool:
        """Whether all text passes through untouched from now on."""
        return self._state is _State.PLAIN

    def passes(self, text: str) -> bool:
        """Whether this text, not empty, passes through untouched: then it need not be fed. The way of nearly all."""
        if self._state is _State.PLAIN:
            return True
        if self._state is _State.WATCHING and not self._held and "<" not in text:
            self._before = text
            return True
        return False

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """The pieces that this text settles, each with whether it is reasoning; none of them empty."""
        text, self._held = self._held + text, ""
        pieces: list[tuple[bool, str]] = []
        if self._state is _State.START:
            text = self._start(text)
        if self._state is _State.THINKING:
            text = self._think(text, pieces)
        if self._state is _State.AFTER:
            text = text.lstrip("\r\n")
            if text:
                self._state = _State.PLAIN
        elif self._state is _State.WATCHING and text:
            text = self._watch(text, pieces)
        if text:
            pieces.append((False, text))
        return pieces

    def stop(self) -> list[tuple[bool, str]]:
        """What is held back, at the end of the text or when reasoning comes by another way; text is plain after it."""
        held, self._held = self._held, ""
        thinking = self._state is _State.THINKING
        lone = held == _CLOSE and self._before[-1:] not in _QUOTES
        self._state = _State.PLAIN
        return [(thinking, held)] if held and not lone else []

    def _start(self, text: str) -> str:
        body = text.lstrip()
        if len(text) - len(body) <= _MOST_BLANKS:
            if body.startswith(_OPEN):
                self._state = _State.THINKING
                return body[len(_OPEN) :]
            if _OPEN.startswith(body):
                self._held = text
                return ""
        self._state = _State.WATCHING
        return text

    def _think(self, text: str, pieces: list[tuple[bool, str]]) -> str:
        thought, closed, rest = text.partition(_CLOSE)
        if closed:
            self._state = _State.AFTER
        else:
            thought = self._hold_back(text)
        if thought:
            pieces.append((True, thought))
        return rest

    def _watch(self, text: str, pieces: list[tuple[bool, str]]) -> str:
        close = text.find(_CLOSE)
        opened = text.find(_OPEN)
        if opened >= 0 and (close < 0 or opened < close):
            self._state = _State.PLAIN
            return text
        if close < 0:
            text = self._hold_back(text)
            self._before = text or self._before
            return text
        before, rest = text[:close], text[close + len(_CLOSE) :]
        self._before = before or self._before
        if not rest:  # what follows decides
            self._held = _CLOSE
            return before
        if self._before[-1:] in _QUOTES or rest[0] in _QUOTES:
            self._state = _State.PLAIN
            return text
        self._state = _State.PLAIN
        if before:
            pieces.append((False, before))
        elif not self._before:
            # The tag was the very first thing: the line breaks after it belong to it.
            rest = rest.lstrip("\r\n")
            if not rest:
                self._state = _State.AFTER
        return rest

    def _hold_back(self, text: str) -> str:
        """Puts aside an end of the text that may be the beginning of a tag."""
        start = text.rfind("<", -len(_CLOSE))
        if start >= 0 and (_CLOSE.startswith(text[start:]) or _OPEN.startswith(text[start:])):
            self._held = text[start:]
            return text[:start]
        return text
