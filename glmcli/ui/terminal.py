"""The single door to standard output and standard error.

Everything foreign is cleaned here on its way to a terminal; only a pipe or a file gets the exact bytes of the answer.
Nothing here knows events, Markdown or Rich (`glmcli.ui.console` puts a Rich console in front of it).

What moves on the terminal (a spinner, the open block of an answer) is an `Overlay`: it is taken away before anything
else is written and put back afterwards, so lines from anywhere in the program never tear it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from glmcli.errors import GlmError
from glmcli.ui.clean import Cleaner, clean, utf8
from glmcli.ui.columns import wrapped
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.ui.foot import Foot

Stream = Literal["stdout", "stderr"]
Style = Literal["", "dim", "warning", "error", "bold"]

SGR: dict[str, str] = {"dim": "2", "warning": "33", "error": "31", "bold": "1"}
"""Select Graphic Rendition parameters of our own few styles."""


class Overlay(Protocol):
    """Something drawn for the moment. Both calls happen while the terminal is locked."""

    def hide(self) -> None:
        """Take it off the terminal; the cursor ends on a fresh line."""

    def show(self) -> None:
        """Draw it again as it is now."""

    def refresh(self) -> None:
        """Draw the foot anew, and of the rest no more than that takes."""


class Terminal:
    """Standard output and standard error of a `World`, with their colours and their one cursor.

    Writing raises BrokenPipeError when the reader of standard output has gone, and GlmError when standard output
    cannot take more for another reason (a full disk, a closed stream). Trouble with standard error is never raised:
    there is nobody left to tell.
    """

    def __init__(
        self, world: World, *, color: Literal["auto", "always", "never"] = "auto", quiet: bool = False
    ) -> None:
        self.world = world
        self.quiet = quiet
        self.out_is_tty = world.stdout_tty
        self.err_is_tty = world.stderr_tty
        self.lock = RLock()
        self._choice = color
        self._cleaners: dict[Stream, Cleaner] = {"stdout": Cleaner(), "stderr": Cleaner()}
        self._overlay: Overlay | None = None
        self.foot: Foot | None = None
        # A terminal that shows both streams has one cursor; otherwise each stream has its own.
        self._shared = self.out_is_tty and self.err_is_tty
        self._inside_line: dict[Stream, bool] = {"stdout": False, "stderr": False}
        self.displaced = 0

    # What the terminal can do

    def color(self, stream: Stream = "stdout") -> bool:
        """Whether our own text on that stream is coloured: --color, then NO_COLOR, FORCE_COLOR, the terminal."""
        if self._choice != "auto":
            return self._choice == "always"
        environ = self.world.environ
        if environ.get("NO_COLOR"):
            return False
        if environ.get("FORCE_COLOR"):
            return environ["FORCE_COLOR"] != "0"
        return (self.out_is_tty if stream == "stdout" else self.err_is_tty) and not self.dumb

    @property
    def dumb(self) -> bool:
        """Whether the terminal cannot move its cursor, as one without a name may not, but for those of Windows."""
        kind = self.world.environ.get("TERM", "")
        return kind in ("dumb", "unknown") or (not kind and os.name == "posix")

    @property
    def reflows(self) -> bool:
        """Whether it may wrap the lines it shows anew when its window becomes narrower, as most do (tmux and screen
        too); the others, known here as far as they can be, cut them off."""
        environ = self.world.environ
        kind = environ.get("TERM", "")
        return not (environ.get("XTERM_VERSION") or kind.startswith(("linux", "st-", "vt")) or kind == "st")

    @property
    def background(self) -> Literal["dark", "light"]:
        """What COLORFGBG says of the terminal's colours. The terminal itself is not asked: its reply might be taken
        for something typed."""
        colour = self.world.environ.get("COLORFGBG", "").rpartition(";")[2]
        return "light" if colour in ("7", "9", "10", "11", "12", "13", "14", "15") else "dark"

    @property
    def ascii(self) -> bool:
        """Whether marks of our own must be ASCII: the locale names another encoding than UTF-8."""
        environ = self.world.environ
        encoding = environ.get("PYTHONIOENCODING", "").partition(":")[0]
        if not encoding:
            locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
            encoding = locale.partition("@")[0].partition(".")[2] or ("" if locale not in ("C", "POSIX") else "ascii")
        return encoding.lower().replace("-", "").replace("_", "") not in ("", "utf8", "cp65001")

    @property
    def width(self) -> int:
        """Columns, asked anew each time."""
        return max(1, self.world.size()[0])

    @property
    def height(self) -> int:
        """Lines, asked anew each time."""
        return max(1, self.world.size()[1])

    # Writing

    def write(self, text: str, *, style: Style = "") -> None:
        """Text for standard output: cleaned (and styled) on a terminal, else its exact UTF-8 bytes."""
        if not self.out_is_tty:
            self.write_bytes(utf8(text))
            return
        shown = self._cleaners["stdout"].feed(text)
        if shown:
            with self.above():
                self._put("stdout", self._styled(shown, style, "stdout"), shown)

    def write_bytes(self, data: bytes) -> None:
        """Bytes for standard output as they are, flushed. The caller answers for what they do to a terminal."""
        with self.lock:
            self._send("stdout", data)

    def write_error(self, text: str, *, style: Style = "") -> None:
        """Cleaned text for standard error that need not be a whole line (thinking, as it comes)."""
        shown = self._cleaners["stderr"].feed(text)
        if shown:
            with self.above():
                self._put("stderr", self._styled(shown, style, "stderr"), shown)

    def note(self, text: str, style: Style = "dim", *, wrap: bool = True, asked: bool = False) -> None:
        """One line on standard error, always cleaned, on a terminal broken between words unless it is no prose.
        `quiet` leaves only those of style `error`, and those that a flag of their own has asked for."""
        if self.quiet and style != "error" and not asked:
            return
        with self.above():
            self.fresh_line("stderr")
            lines = clean(text).split("\n")
            if wrap and self.err_is_tty and not self.dumb:
                lines = [row for line in lines for row in wrapped(line, self.width)]
            self._put("stderr", "".join(f"{self._styled(line, style, 'stderr')}\n" for line in lines), "\n")

    def fresh_line(self, stream: Stream = "stdout") -> None:
        """Ends the line if the cursor stands inside one. A pipe or file on standard output is left alone."""
        with self.lock:
            if stream == "stdout" and not self.out_is_tty:
                return
            held = self._cleaners[stream].feed("", final=True)
            if held:
                self._put(stream, held, held)
            if self._inside_line[stream]:
                self._put(stream, "\n", "\n")

    def inside_line(self, stream: Stream) -> bool:
        """Whether what was written last on that stream (or on its terminal) did not end its line."""
        return self._inside_line[stream]

    def line_entered(self) -> None:
        """The user pressed Enter after a question of ours, so the cursor stands on a fresh line."""
        self._inside_line = dict.fromkeys(self._inside_line, False)

    def displace(self) -> None:
        """Somebody else had the terminal meanwhile, a shell after Ctrl-Z: the cursor stands on a fresh line, and what
        moved stands above for good."""
        self.line_entered()
        self.displaced += 1

    def erase_echo(self) -> None:
        """Takes away what the terminal echoed of a key (`^C`) on the fresh line where the cursor stands."""
        with self.lock:
            if self.err_is_tty and not self.dumb and not self._inside_line["stderr"]:
                self._send("stderr", b"\r\x1b[K")

    def flush(self) -> None:
        """Everything written so far is on its way."""
        with self.lock:
            self._send("stdout", b"")
            self._send("stderr", b"")

    # What moves

    @property
    def overlay(self) -> Overlay | None:
        return self._overlay

    @overlay.setter
    def overlay(self, overlay: Overlay | None) -> None:
        """Puts another overlay in place of the last one, which must be hidden already. Does not draw it."""
        with self.lock:
            self._overlay = overlay

    @contextmanager
    def above(self) -> Iterator[None]:
        """The overlay and the foot, if any, are out of the way meanwhile, and nobody else writes."""
        with self.lock:
            overlay, self._overlay = self._overlay, None
            moving = overlay or self.foot
            if moving is None:
                yield
                return
            moving.hide()
            foot, self.foot = self.foot, None
            try:
                yield
            finally:
                self._overlay, self.foot = overlay, foot
                moving.show()

    def draw(self, data: str, stream: Stream = "stdout") -> None:
        """Our own control sequences and cleaned text, as they are. They leave the cursor at the start of a line, or,
        for a status line, where the next `draw` takes it from."""
        self._send(stream, utf8(data))

    # Inside

    def _styled(self, text: str, style: Style, stream: Stream) -> str:
        return f"\x1b[{SGR[style]}m{text}\x1b[0m" if style and text and self.color(stream) else text

    def _put(self, stream: Stream, data: str, shown: str) -> None:
        self._send(stream, utf8(data))
        inside = not shown.endswith("\n")
        self._inside_line[stream] = inside
        if self._shared:
            self._inside_line["stdout"] = self._inside_line["stderr"] = inside

    def _send(self, stream: Stream, data: bytes) -> None:
        """One write, at once flushed: what was shown is shown, and the two streams keep their order."""
        try:
            out: BinaryIO = self.world.stdout if stream == "stdout" else self.world.stderr
            if data:
                out.write(data)
            out.flush()
        except BrokenPipeError:
            if stream == "stdout":
                raise
        except (OSError, ValueError) as error:
            if stream == "stdout":
                raise _cannot_write(error) from error


def _cannot_write(error: OSError | ValueError) -> GlmError:
    number = getattr(error, "errno", None)
    reason = os.strerror(number) if number else "it is closed"
    hint = "Free some space, or write somewhere else." if number == errno.ENOSPC else ""
    return GlmError(f"cannot write to standard output: {reason}", hint=hint)
