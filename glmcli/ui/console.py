"""Rich consoles for tables and other laid-out text. Imported, with Rich, only where one is needed.

Rich's own markup, emoji codes and highlighting are off: a string means itself. What a console prints is cleaned on its
way out; callers clean foreign text before as well, since the layout counts the columns of what it is given.
"""

from __future__ import annotations

from typing import IO, Any, cast

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

from glmcli.ui.clean import clean, utf8
from glmcli.ui.terminal import Stream, Terminal


def console(terminal: Terminal, stream: Stream = "stdout") -> Console:
    """A console that writes through the terminal; as wide as the terminal, 80 columns where there is none."""
    color = terminal.color(stream)
    made = _Console(
        file=cast(IO[str], _Door(terminal, stream)),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        width=terminal.width,
        height=terminal.height,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        soft_wrap=False,
        _environ={},
    )
    made.push_render_hook(_Cleaning())
    return made


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the process with a status of its own here."""
        raise BrokenPipeError


class _Door:
    """The text stream Rich wants, in front of the terminal."""

    def __init__(self, terminal: Terminal, stream: Stream) -> None:
        self._terminal = terminal
        self._stream = stream

    def write(self, text: str) -> int:
        if text:
            with self._terminal.above():
                if self._stream == "stdout" and not self._terminal.out_is_tty:
                    self._terminal.write_bytes(utf8(text))
                else:
                    self._terminal.fresh_line(self._stream)
                    self._terminal.draw(text, self._stream)
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()

    def isatty(self) -> bool:
        return self._terminal.out_is_tty if self._stream == "stdout" else self._terminal.err_is_tty


class _Cleaning(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Cleaned(renderable) for renderable in renderables]


class _Cleaned:
    def __init__(self, renderable: Any) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(clean(segment.text), segment.style)
