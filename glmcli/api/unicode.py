"""Characters that JSON escaped in halves, made whole. Pure text.

JSON can write a character outside the basic plane as two escapes, and a server that cuts its text by UTF-16 units can
send the halves in two deltas. Python keeps a lone half in a string, and then fails when the string is written.
"""

from __future__ import annotations


def well_formed(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced by U+FFFD, so that it can be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Joiner:
    """Makes one channel of deltas well formed, whatever the cuts: a first half at the end waits for the next delta."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        if self._half:
            text, self._half = self._half + text, ""
        elif text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return well_formed(text)

    def flush(self) -> str:
        """What still waits: U+FFFD for a half that never got its other one, or nothing."""
        half, self._half = self._half, ""
        return well_formed(half)
