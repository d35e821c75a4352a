"""The head and the tail of an output of any length, in bounded memory (reliability §5.2, 6)."""

from __future__ import annotations

from glmcli.tools.tool import OUTPUT_LIMIT

_ROOM = 64
"""Bytes that the line about what was left out may take."""


class Kept:
    """Takes bytes as they come and keeps those that a text of `limit` bytes needs, and at most as much again.

    total: bytes that came.
    """

    def __init__(self, limit: int = OUTPUT_LIMIT) -> None:
        self.limit = limit
        self.total = 0
        self._most_head = limit // 2
        self._most_tail = limit - self._most_head
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self._most_head - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._most_tail:
            del self._tail[: -self._most_tail]

    @property
    def whole(self) -> bytes | None:
        """All that came, byte by byte; None where it was more than the limit."""
        return bytes(self._head + self._tail) if self.total <= self.limit else None

    def text(self, limit: int | None = None) -> str:
        """What came, as text: bytes that are not UTF-8, and NUL, are replaced; of more than the limit the head and the
        tail, with a line in between that says how much is left out. limit: bytes, at most that of `Kept`."""
        limit = self.limit if limit is None else min(limit, self.limit)
        head, tail = bytes(self._head), bytes(self._tail[-self._most_tail :])
        if self.total <= limit:
            return _decoded(head + tail)
        room = max(0, limit - _ROOM)
        if self.total <= self.limit:  # all is there, and the smaller limit cuts it elsewhere
            head = tail = head + tail
        head = _without_cut_end(head[: room // 2])
        tail = _without_cut_start(tail[len(tail) - (room - room // 2) :])
        return f"{_decoded(head)}\n[… {self.total - len(head) - len(tail):,} bytes left out …]\n{_decoded(tail)}"

    def end(self, limit: int) -> str:
        """The last bytes of what came, as text without blanks around it."""
        last = bytes((self._head + self._tail)[-limit:]) if self.total <= self.limit else bytes(self._tail[-limit:])
        return _decoded(_without_cut_start(last) if self.total > limit else last).strip()


def kept(text: str, limit: int = OUTPUT_LIMIT) -> str:
    """A text of at most so many bytes of UTF-8: its head and its tail where it is longer."""
    keeper = Kept(limit)
    keeper.add(text.encode("utf-8", "replace"))
    return keeper.text()


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "�")


def _without_cut_end(data: bytes) -> bytes:
    """Without the first bytes of a character that does not end here."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data[:-back] if length > back else data
        if byte < 0x80:
            break
    return data


def _without_cut_start(data: bytes) -> bytes:
    """Without the last bytes of a character that did not begin here."""
    start = 0
    while start < min(3, len(data)) and 0x80 <= data[start] < 0xC0:
        start += 1
    return data[start:]
