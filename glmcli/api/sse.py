"""Server-sent events: bytes in, the data of each event out. No I/O, no JSON, no meaning.

The rules are those of the WHATWG HTML standard, "Interpreting an event stream" (reliability §1.1): bytes are UTF-8
whatever the headers say, lines end in LF, CR or CRLF and in nothing else, one leading byte order mark is dropped, and
an event is dispatched by the blank line after it. Of the fields only `data` is read: nothing here reconnects, so `id`
and `retry` have no use, and no server known gives `event` a meaning that its data does not repeat.

One deviation: at the end of the bytes the standard drops an event that no blank line has closed. Some servers leave
out the last line end (wire-protocol §3.1), so `close` still gives such an event if it is provably whole: `[DONE]`, or
a JSON object that parses, since no true prefix of a JSON object does.
"""

from __future__ import annotations

import json

from glmcli.errors import ServerError

DONE = "[DONE]"
EVENT_LIMIT = 32 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class SseDecoder:
    """Takes chunks of bytes, cut anywhere, and gives the data of the events that they complete.

    The time taken is linear in the bytes fed, however they are cut. Raises ServerError when one event grows over
    `limit` bytes (a compressed answer can be small on the wire and endless behind it).
    """

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._line: list[bytes] = []  # pieces of a line that has not ended; joined once
        self._line_size = 0
        self._data: list[bytes] = []  # the data lines of an event that has not ended
        self._data_size = 0
        self._at_start = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of each event that this chunk completes, decoded; invalid bytes become U+FFFD."""
        if self._after_cr and chunk:
            # The CR ended its line at once; an LF that follows is the other half of a CRLF.
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = chunk.split(b"\n")
        if len(lines) == 1:
            self._hold(chunk)
            return []
        if self._line:
            self._line.append(lines[0])
            lines[0] = self._held()
        rest = lines.pop()
        events: list[str] = []
        for line in lines:
            self._take(line, events)
        self._hold(rest)
        return events

    def close(self) -> list[str]:
        """The event that no blank line has closed, if it is whole (see above); at most one."""
        if self._line:
            self._take(self._held(), [])
        if not self._data:
            return []
        data = b"\n".join(self._data).decode(errors="replace")
        self._data.clear()
        return [data] if data == DONE or _is_object(data) else []

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._line.append(piece)
            self._line_size += len(piece)
            self._check_size()

    def _held(self) -> bytes:
        line = b"".join(self._line)
        self._line.clear()
        self._line_size = 0
        return line

    def _check_size(self) -> None:
        if self._line_size + self._data_size > self._limit:
            raise ServerError(
                f"one event of the stream is larger than {self._limit} bytes",
                hint="What the server sends is no answer of a model; check the base URL.",
            )

    def _take(self, line: bytes, events: list[str]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(data.decode(errors="replace"))
                self._data.clear()
                self._data_size = 0
        elif line.startswith(b"data:"):
            self._add(line[6:] if line.startswith(b"data: ") else line[5:])
        elif line == b"data":
            self._add(b"")

    def _add(self, value: bytes) -> None:
        self._data.append(value)
        self._data_size += len(value) + 1
        self._check_size()


def _is_object(data: str) -> bool:
    if not data.startswith("{"):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
