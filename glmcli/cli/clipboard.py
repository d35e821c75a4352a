"""The clipboard of the person at the terminal, also across SSH: written by a tool of the system or by the terminal
itself (OSC 52), read by a tool. Knows nothing of what it carries.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glmcli.errors import UsageError
from glmcli.ui.clean import utf8

if TYPE_CHECKING:
    from glmcli.ui.terminal import Stream, Terminal

MOST_BY_TERMINAL = 74_994
"""Bytes that OSC 52 carries: in base64 they are 100,000, which is where terminals begin to drop the sequence."""

SCREEN_PIECE = 250
"""Bytes of one string that GNU screen passes on; it knows no longer ones than 256."""

PATIENCE = 10.0
"""Seconds for a tool; one that asks a display that is gone would wait for ever."""


@dataclass(frozen=True)
class _Tool:
    """variable: the environment variable without which there is nothing for it to talk to."""

    argv: tuple[str, ...]
    variable: str = ""
    encoding: str = "utf-8"


_WRITERS = (
    _Tool(("wl-copy",), "WAYLAND_DISPLAY"),
    _Tool(("xclip", "-selection", "clipboard", "-in"), "DISPLAY"),
    _Tool(("xsel", "--clipboard", "--input"), "DISPLAY"),
    _Tool(("pbcopy",)),
    _Tool(("clip.exe",), encoding="utf-16-le"),
)
_TMUX = _Tool(("tmux", "load-buffer", "-w", "-"), "TMUX")
_IMAGE_READERS = (
    _Tool(("wl-paste", "--type", "image/png"), "WAYLAND_DISPLAY"),
    _Tool(("xclip", "-selection", "clipboard", "-out", "-target", "image/png"), "DISPLAY"),
    _Tool(("pngpaste", "-")),
)
_TEXT_READERS = (
    _Tool(("wl-paste", "--no-newline"), "WAYLAND_DISPLAY"),
    _Tool(("xclip", "-selection", "clipboard", "-out"), "DISPLAY"),
    _Tool(("xsel", "--clipboard", "--output"), "DISPLAY"),
    _Tool(("pbpaste",)),
)


def copy(terminal: "Terminal", text: str) -> str:
    """Puts the text into the clipboard and returns how, `with xclip` say.

    Over SSH the terminal comes first, since a tool would fill the clipboard of the far machine; else the tools do.
    Raises UsageError where neither can.
    """
    environ = terminal.world.environ
    far = environ.get("SSH_TTY") or environ.get("SSH_CONNECTION")
    ways = (_by_tmux, _by_terminal, _by_tool) if far else (_by_tool, _by_tmux, _by_terminal)
    for way in ways:
        if how := way(terminal, text):
            return how
    size = len(utf8(text))
    if _stream(terminal) is not None and size > MOST_BY_TERMINAL:
        raise UsageError(
            f"{size:,} bytes are too many for the terminal, which takes {MOST_BY_TERMINAL:,}, and no tool of the system"
            " took them; nothing was copied",
            hint="Copy less, or write it to a file.",
        )
    raise UsageError(
        "there is no clipboard: no tool of the system takes the text, and no terminal is there to take it",
        hint="Install wl-clipboard or xclip.",
    )


@dataclass(frozen=True)
class Pasted:
    """What the clipboard holds: an image, as PNG, or a text."""

    image: bytes = b""
    text: str = ""


def paste(environ: Mapping[str, str]) -> Pasted:
    """What the clipboard holds, an image first. Raises UsageError where there is no tool, or nothing."""
    for tool in _IMAGE_READERS:
        data = _output(tool, environ)
        if data and data.startswith(b"\x89PNG"):
            return Pasted(image=data)
    for tool in _TEXT_READERS:
        data = _output(tool, environ)
        if data and data.strip():
            return Pasted(text=data.decode("utf-8", "replace").replace("\0", "\ufffd"))
    if any(_find(tool, environ) for tool in _TEXT_READERS):
        raise UsageError("the clipboard holds neither text nor an image, or cannot be reached")
    raise UsageError(
        "the clipboard cannot be read: there is none of wl-paste, xclip, xsel and pbpaste, or no display for it",
        hint="Paste with the keys of the terminal, or name a file with /file or /attach.",
    )


def by_sequence(text: str, environ: Mapping[str, str]) -> str:
    """The control sequence that asks a terminal to fill its clipboard, wrapped so that tmux or screen lets it through.

    OSC 52 ; c ; base64 BEL (xterm's control sequences). tmux takes it as it is under its option set-clipboard, and
    with every escape doubled inside of its own wrapping under allow-passthrough, so it gets both; screen gets it in
    pieces.
    """
    sequence = f"\x1b]52;c;{base64.b64encode(utf8(text)).decode()}\x07"
    if in_tmux(environ):
        return sequence + "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        pieces = [sequence[at : at + SCREEN_PIECE] for at in range(0, len(sequence), SCREEN_PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence


def in_tmux(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is tmux; over SSH only its kind says so."""
    return bool(environ.get("TMUX")) or environ.get("TERM", "").startswith("tmux")


def _by_tmux(terminal: "Terminal", text: str) -> str:
    """Of a tmux that can be asked: it tells its own terminal, whatever its options are about those inside of it."""
    environ = terminal.world.environ
    program = _find(_TMUX, environ)
    if program is None or _run(_TMUX, program, environ, utf8(text)) is None:
        return ""
    return "by tmux, as a buffer of its own and to its terminal"


def _by_terminal(terminal: "Terminal", text: str) -> str:
    stream = _stream(terminal)
    if stream is None or len(utf8(text)) > MOST_BY_TERMINAL:
        return ""
    environ = terminal.world.environ
    with terminal.above():
        terminal.draw(by_sequence(text, environ), stream)
    if in_tmux(environ):
        return "by the terminal, OSC 52 through tmux, whose option set-clipboard or allow-passthrough must be on"
    return "by the terminal, OSC 52" + (" through screen" if environ.get("STY") else "")


def _stream(terminal: "Terminal") -> "Stream | None":
    """The stream that is a terminal and understands control sequences."""
    if terminal.dumb:
        return None
    if terminal.err_is_tty:
        return "stderr"
    return "stdout" if terminal.out_is_tty else None


def _by_tool(terminal: "Terminal", text: str) -> str:
    environ = terminal.world.environ
    for tool in _WRITERS:
        program = _find(tool, environ)
        # In a session of its own: the tool stays to serve the clipboard, and Ctrl-C must not reach it. Its outputs are
        # nobody's, since it would keep them open.
        if program is not None and _run(tool, program, environ, text.encode(tool.encoding, "replace")) is not None:
            return f"with {tool.argv[0]}"
    return ""


def _find(tool: _Tool, environ: Mapping[str, str]) -> str | None:
    if tool.variable and not environ.get(tool.variable):
        return None
    return shutil.which(tool.argv[0], path=environ.get("PATH", ""))


def _output(tool: _Tool, environ: Mapping[str, str]) -> bytes | None:
    """What the tool prints; None where it is not there or fails."""
    program = _find(tool, environ)
    return _run(tool, program, environ) if program is not None else None


def _run(tool: _Tool, program: str, environ: Mapping[str, str], given: bytes | None = None) -> bytes | None:
    """Its output, where nothing is given to it; None where it fails."""
    try:
        done = subprocess.run(
            [program, *tool.argv[1:]],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            stdout=subprocess.PIPE if given is None else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            timeout=PATIENCE,
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout or b"") if done.returncode == 0 else None
