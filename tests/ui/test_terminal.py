from __future__ import annotations

import errno
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.table import Table

from glmcli.errors import GlmError
from glmcli.ui.console import console
from glmcli.ui.terminal import Terminal
from tests.ui.drawing import Stage


@pytest.mark.parametrize(
    ("choice", "environ", "tty", "colored"),
    [
        ("auto", {"TERM": "xterm"}, True, True),
        ("auto", {"TERM": "xterm"}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "", "TERM": "xterm"}, True, True),
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_there_is_colour(choice: str, environ: dict[str, str], tty: bool, colored: bool) -> None:
    terminal = Stage(tty=tty, environ=environ, color=choice).terminal
    assert (terminal.color("stdout"), terminal.color("stderr")) == (colored, colored)


def test_a_pipe_gets_the_exact_bytes_and_a_terminal_clean_text() -> None:
    pipe, tty = Stage(tty=False), Stage()
    for stage in (pipe, tty):
        stage.terminal.write("a\x1b[31m\r\nb\ud800")
    assert pipe.out.getvalue() == b"a\x1b[31m\r\nb\xef\xbf\xbd"
    assert tty.out.getvalue() == "a␛[31m\nb\ufffd".encode()


def test_a_line_end_that_comes_in_two_pieces_is_one_line_end() -> None:
    stage = Stage()
    for piece in ("a\r", "\nb\r"):
        stage.terminal.write(piece)
    stage.terminal.fresh_line()
    assert stage.stdout == "a\nb␍\n"


def test_colour_of_notes_follows_their_style() -> None:
    stage = Stage(tty=False, err_tty=True)
    for style in ("", "dim", "warning", "error", "bold"):
        stage.terminal.note("x\x1b", style)
    assert stage.stderr == "x␛\n\x1b[2mx␛\x1b[0m\n\x1b[33mx␛\x1b[0m\n\x1b[31mx␛\x1b[0m\n\x1b[1mx␛\x1b[0m\n"


def test_a_note_of_two_lines_is_two_lines() -> None:
    stage = Stage(tty=False)
    stage.terminal.note("a\nb")
    assert stage.stderr == "a\nb\n"


def test_quiet_leaves_errors_alone() -> None:
    stage = Stage(tty=False, quiet=True)
    stage.terminal.note("remark")
    stage.terminal.note("warning", "warning")
    stage.terminal.note("error", "error")
    assert stage.stderr == "error\n"


def test_a_note_begins_on_a_fresh_line_of_the_same_terminal() -> None:
    stage = Stage()
    stage.terminal.write("half a line")
    stage.terminal.note("note", "")
    stage.terminal.write("more")
    stage.terminal.fresh_line()
    stage.terminal.fresh_line()
    assert stage.stdout == "half a line\nnote\nmore\n"


def test_a_note_leaves_a_piped_answer_as_it_is() -> None:
    stage = Stage(tty=False, err_tty=True)
    stage.terminal.write("half a line")
    stage.terminal.note("note", "")
    stage.terminal.fresh_line()
    assert (stage.stdout, stage.stderr) == ("half a line", "note\n")


def test_standard_error_may_get_part_of_a_line() -> None:
    stage = Stage(tty=False)
    stage.terminal.write_error("a\r")
    stage.terminal.write_error("\nb\x1b")
    stage.terminal.write_error("")
    assert (stage.stderr, stage.terminal.inside_line("stderr")) == ("a\nb␛", True)
    stage.terminal.line_entered()
    assert not stage.terminal.inside_line("stderr")


def test_a_reader_that_has_gone_is_told_from_a_full_disk() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as pipe:
        terminal = Terminal(replace(Stage(tty=False).world, stdout=pipe))
        with pytest.raises(BrokenPipeError):
            terminal.write("x")
        with pytest.raises(BrokenPipeError):
            console(terminal).print("x")


class Full(io.RawIOBase):
    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_clear_message() -> None:
    terminal = Terminal(replace(Stage(tty=False).world, stdout=Full()))  # type: ignore[arg-type]
    with pytest.raises(GlmError) as caught:
        terminal.write("x")
    assert caught.value.message == "cannot write to standard output: No space left on device"
    assert caught.value.hint == "Free some space, or write somewhere else."


@pytest.mark.parametrize("closed", ["closed", "read only"])
def test_a_closed_standard_output_is_one_clear_message(closed: str, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with (tmp_path / "out").open("rb") as stream:
        if closed == "closed":
            stream.close()
        terminal = Terminal(replace(Stage(tty=False).world, stdout=stream))
        with pytest.raises(GlmError, match="cannot write to standard output: it is closed"):
            terminal.write("x")


def test_trouble_with_standard_error_is_nobodys_trouble() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as pipe:
        for stream in (pipe, Full()):
            stage = Stage(tty=False)
            terminal = Terminal(replace(stage.world, stderr=stream))  # type: ignore[arg-type]
            terminal.note("x", "error")
            terminal.write("answer")
            terminal.flush()
            assert stage.stdout == "answer"


def test_a_console_prints_strings_as_they_are_and_clean() -> None:
    stage = Stage(environ={"NO_COLOR": "1"})
    stage.terminal.write("half a line")
    printer = console(stage.terminal)
    printer.print("[bold]x[/] :smile: \x9b31m", 123)
    table = Table("name")
    table.add_row("a\u202eb")
    printer.print(table)
    printer.file.flush()
    assert stage.stdout.splitlines()[:2] == ["half a line", "[bold]x[/] :smile: <U+009B>31m 123"]
    assert "a<U+202E>b" in stage.stdout
    assert "\x1b" not in stage.stdout
    assert printer.file.isatty()


def test_a_console_of_a_pipe_writes_no_escapes_and_one_of_standard_error_writes_there() -> None:
    stage = Stage(tty=False, environ={})
    console(stage.terminal).print("out", style="bold")
    console(stage.terminal, "stderr").print("err", style="bold")
    assert (stage.stdout, stage.stderr) == ("out\n", "err\n")
    assert not console(stage.terminal, "stderr").file.isatty()
    assert console(stage.terminal).file.write("") == 0


def test_a_console_with_colour_uses_the_sixteen_colours() -> None:
    stage = Stage(tty=False, color="always")
    console(stage.terminal).print("x", style="#ff0000")
    assert stage.stdout == "\x1b[31mx\x1b[0m\n"


def test_the_size_is_asked_anew_each_time() -> None:
    stage = Stage(size=(100, 30))
    before = (stage.terminal.width, stage.terminal.height)
    stage.size = (0, 0)
    assert (before, (stage.terminal.width, stage.terminal.height)) == ((100, 30), (1, 1))


class Sign:
    """An overlay that writes down what is asked of it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def hide(self) -> None:
        self._terminal.draw("<hide>", "stderr")

    def show(self) -> None:
        self._terminal.draw("<show>", "stderr")

    def refresh(self) -> None:
        self._terminal.draw("<refresh>", "stderr")


def test_an_overlay_is_out_of_the_way_of_everything_that_is_written() -> None:
    stage = Stage()
    sign = Sign(stage.terminal)
    stage.terminal.overlay = sign
    stage.terminal.note("note", "")
    stage.terminal.write("text\n")
    with stage.terminal.above():
        stage.terminal.note("one", "")
        stage.terminal.note("two", "")
    assert stage.terminal.overlay is sign
    assert stage.stdout == "<hide>note\n<show><hide>text\n<show><hide>one\ntwo\n<show>"
