"""The clipboard: which way is taken, what is written, and what is said where there is none."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import pytest

from glmcli.cli.clipboard import MOST_BY_TERMINAL, SCREEN_PIECE, Pasted, by_sequence, copy, paste
from glmcli.errors import UsageError
from glmcli.ui.terminal import Terminal
from glmcli.world import World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def tools(folder: Path, *names: str, prints: bytes = b"", status: int = 0) -> dict[str, str]:
    """Programs of these names: each writes its arguments and what it reads into files beside it, and prints."""
    place = folder / "tools"
    place.mkdir(exist_ok=True)
    (place / "output").write_bytes(prints)
    for name in names:
        program = place / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {place}/called\n/bin/cat > {place}/{name}.in\n'
            f"/bin/cat {place}/output\nexit {status}\n"
        )
        program.chmod(0o755)
    return {"PATH": str(place)}


def terminal(environ: dict[str, str], *, out: bool = False, err: bool = True) -> Terminal:
    world = World(stdin=None, stdout=io.BytesIO(), stderr=io.BytesIO(), environ={"TERM": "xterm", **environ})
    return Terminal(replace(world, stdout_tty=out, stderr_tty=err))


def written(it: Terminal, stream: str = "stderr") -> bytes:
    file = getattr(it.world, stream)
    assert isinstance(file, io.BytesIO)
    return file.getvalue()


# Writing


@pytest.mark.parametrize(
    ("name", "variable", "called"),
    [
        ("wl-copy", "WAYLAND_DISPLAY", "wl-copy \n"),
        ("xclip", "DISPLAY", "xclip -selection clipboard -in\n"),
        ("xsel", "DISPLAY", "xsel --clipboard --input\n"),
        ("pbcopy", "", "pbcopy \n"),
    ],
)
def test_a_tool_of_the_system_comes_first(tmp_path: Path, name: str, variable: str, called: str) -> None:
    environ = tools(tmp_path, name)
    it = terminal({**environ, **({variable: ":0"} if variable else {})})
    assert copy(it, "héllo\n") == f"with {name}"
    assert (tmp_path / "tools" / f"{name}.in").read_text() == "héllo\n"
    assert (tmp_path / "tools" / "called").read_text() == called
    assert written(it) == b""


def test_windows_gets_what_it_reads(tmp_path: Path) -> None:
    assert copy(terminal(tools(tmp_path, "clip.exe")), "é") == "with clip.exe"
    assert (tmp_path / "tools" / "clip.exe.in").read_bytes() == b"\xe9\x00"


def test_without_a_display_its_tools_are_left_alone(tmp_path: Path) -> None:
    it = terminal(tools(tmp_path, "wl-copy", "xclip", "xsel"))
    assert copy(it, "hi") == "by the terminal, OSC 52"
    assert written(it) == b"\x1b]52;c;aGk=\x07"


def test_a_tool_that_fails_leaves_it_to_the_next(tmp_path: Path) -> None:
    environ = {**tools(tmp_path, "xclip", status=1), "DISPLAY": ":0"}
    tools(tmp_path, "xsel")
    assert copy(terminal(environ), "hi") == "with xsel"


def test_a_tool_that_cannot_be_run_leaves_it_to_the_next(tmp_path: Path) -> None:
    environ = tools(tmp_path, "pbcopy")
    (tmp_path / "tools" / "pbcopy").write_text("#!/no/such/interpreter\n")
    assert copy(terminal(environ), "hi") == "by the terminal, OSC 52"


@pytest.mark.parametrize("variable", ["SSH_TTY", "SSH_CONNECTION"])
def test_over_ssh_the_terminal_comes_first(tmp_path: Path, variable: str) -> None:
    it = terminal({**tools(tmp_path, "pbcopy"), variable: "x"}, out=True, err=False)
    assert copy(it, "hi") == "by the terminal, OSC 52"
    assert written(it, "stdout") == b"\x1b]52;c;aGk=\x07"
    assert not (tmp_path / "tools" / "called").exists()


def test_over_ssh_without_a_terminal_a_tool_will_do(tmp_path: Path) -> None:
    assert copy(terminal({**tools(tmp_path, "pbcopy"), "SSH_TTY": "x"}, err=False), "hi") == "with pbcopy"


def test_tmux_and_screen_let_it_through() -> None:
    it = terminal({"PATH": "", "TMUX": "x", "STY": "y"})
    must = "whose option set-clipboard or allow-passthrough must be on"
    assert copy(it, "hi") == f"by the terminal, OSC 52 through tmux, {must}"
    assert written(it) == b"\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"
    screen = terminal({"PATH": "", "STY": "y"})
    assert copy(screen, "hi") == "by the terminal, OSC 52 through screen"
    assert written(screen) == b"\x1bP\x1b]52;c;aGk=\x07\x1b\\"


def test_a_tmux_on_the_near_side_of_ssh_is_known_by_its_kind() -> None:
    sequence = by_sequence("hi", {"TERM": "tmux-256color", "SSH_TTY": "x"})
    assert sequence == "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"


@pytest.mark.parametrize("far", [{}, {"SSH_TTY": "x"}])
def test_a_tmux_that_can_be_asked_passes_it_on_by_itself(tmp_path: Path, far: dict[str, str]) -> None:
    it = terminal({**tools(tmp_path, "tmux"), **far, "TMUX": "x"})
    assert copy(it, "hi") == "by tmux, as a buffer of its own and to its terminal"
    assert (tmp_path / "tools" / "tmux.in").read_text() == "hi"
    assert (tmp_path / "tools" / "called").read_text() == "tmux load-buffer -w -\n"
    assert written(it) == b""


def test_an_old_tmux_that_cannot_leaves_it_to_the_sequence(tmp_path: Path) -> None:
    it = terminal({**tools(tmp_path, "tmux", status=1), "TMUX": "x"})
    assert copy(it, "hi").startswith("by the terminal, OSC 52 through tmux")


def test_screen_gets_it_in_pieces() -> None:
    pieces = by_sequence("x" * 1000, {"STY": "y"}).split("\x1b\\")
    assert pieces.pop() == ""
    assert all(piece.startswith("\x1bP") and len(piece) <= SCREEN_PIECE + 2 for piece in pieces)
    sequence = "".join(piece.removeprefix("\x1bP") for piece in pieces)
    assert base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")) == b"x" * 1000


def test_what_is_too_much_for_the_terminal_is_said() -> None:
    it = terminal({"PATH": "", "SSH_TTY": "x"})
    assert copy(it, "x" * MOST_BY_TERMINAL) == "by the terminal, OSC 52"
    with pytest.raises(UsageError, match=r"74,995 bytes are too many for the terminal, which takes 74,994"):
        copy(it, "x" * (MOST_BY_TERMINAL + 1))


@pytest.mark.parametrize(("term", "err"), [("dumb", True), ("xterm", False)])
def test_where_nothing_takes_it_that_is_said(term: str, err: bool) -> None:
    with pytest.raises(UsageError, match="there is no clipboard"):
        copy(terminal({"TERM": term}, err=err), "hi")


# Reading


@pytest.mark.parametrize(
    ("name", "variable", "called"),
    [
        ("wl-paste", "WAYLAND_DISPLAY", "wl-paste --type image/png\n"),
        ("xclip", "DISPLAY", "xclip -selection clipboard -out -target image/png\n"),
        ("pngpaste", "", "pngpaste -\n"),
    ],
)
def test_an_image_is_read_first(tmp_path: Path, name: str, variable: str, called: str) -> None:
    environ = {**tools(tmp_path, name, prints=PNG), **({variable: ":0"} if variable else {})}
    assert paste(environ) == Pasted(image=PNG)
    assert (tmp_path / "tools" / "called").read_text() == called


@pytest.mark.parametrize(
    ("name", "variable"),
    [("wl-paste", "WAYLAND_DISPLAY"), ("xclip", "DISPLAY"), ("xsel", "DISPLAY"), ("pbpaste", "")],
)
def test_a_text_is_read_where_there_is_no_image(tmp_path: Path, name: str, variable: str) -> None:
    environ = {**tools(tmp_path, name, prints=b"h\xc3\xa9\0\xff"), **({variable: ":0"} if variable else {})}
    assert paste(environ) == Pasted(text="hé\ufffd\ufffd")


def test_an_empty_clipboard_is_told_from_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the clipboard holds neither text nor an image, or cannot be reached"):
        paste(tools(tmp_path, "pbpaste", prints=b" \n"))
    with pytest.raises(UsageError, match="the clipboard holds neither"):
        paste({**tools(tmp_path, "xclip", status=1), "DISPLAY": ":0"})
    with pytest.raises(UsageError, match="the clipboard cannot be read: there is none of"):
        paste({"PATH": str(tmp_path)})
