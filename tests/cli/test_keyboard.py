"""Keys: what is sent, what is a new line, what is cleared, and what the history keeps of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prompt_toolkit.input import Input, PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput, Output

from glmcli.cli.device import Device
from glmcli.cli.keyboard import Keyboard as TtyKeyboard
from glmcli.cli.keyboard import block, unfinished
from glmcli.errors import Terminated


class Pipe(Device):
    """A terminal that a test types on and nobody looks at."""

    def __init__(self, typed: PipeInput) -> None:
        super().__init__(-1, -1)
        self.typed = typed
        self.modes: list[str] = []

    @contextmanager
    def quiet(self) -> Iterator[None]:
        self.modes.append("quiet")
        yield
        self.modes.append("not quiet")

    @contextmanager
    def lent(self) -> Iterator[None]:
        self.modes.append("lent")
        try:
            yield
        finally:
            self.modes.append("not lent")


class Keyboard(TtyKeyboard):
    """One that reads from the pipe."""

    def __init__(self, pipe: Pipe, history: Path | None, **how: bool) -> None:
        super().__init__(pipe, history, **how)
        self._typed = pipe.typed

    def streams(self) -> tuple[Input, Output]:
        return self._typed, DummyOutput()


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setenv("TERM", "xterm-256color")
    with create_pipe_input() as keys:
        yield Pipe(keys)


def typed(pipe: Pipe, text: str | bytes, *, path: Path | None = None, **how: bool) -> str:
    """What one `read` makes of these keys."""
    pipe.typed.send_bytes(text.encode() if isinstance(text, str) else text)
    return Keyboard(pipe, path, **how).read()


ENTER = "\r"
ALT_ENTER = "\x1b\r"
CTRL_C, CTRL_D, CTRL_J, CTRL_R = "\x03", "\x04", "\n", "\x12"
UP = "\x1b[A"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("hello" + ENTER, "hello"),
        ("grüße 👋🏽" + ENTER, "grüße 👋🏽"),
        ("one" + ALT_ENTER + "two" + ENTER, "one\ntwo"),
        ("one" + CTRL_J + "two" + ENTER, "one\ntwo"),
        ("one\x1b[27;2;13~two" + ENTER, "one\ntwo"),
        ("one\x1b[13;2utwo" + ENTER, "one\ntwo"),
        ("one\\" + ENTER + "two" + ENTER, "one\ntwo"),
        ("one\\\\" + ENTER + ENTER, "one\\\n"),
        ('"""' + ENTER + "one" + ENTER + "two" + ENTER + '"""' + ENTER, "one\ntwo"),
        ('"""one' + ENTER + ENTER + 'two"""' + ENTER, "one\n\ntwo"),
        ('say """x' + ENTER, 'say """x'),
        ("\x1b[200~one\rtwo\r\nthree\n\x1b[201~!" + ENTER, "one\ntwo\nthree\n!"),
        ('\x1b[200~"""Doc."""\nimport x\x1b[201~' + ENTER, '"""Doc."""\nimport x'),
        ("one two\x17three" + ENTER, "one three"),
        ("\x1b[200~" + "x" * 5000 + "\x1b[201~" + ENTER, "x" * 5000),
    ],
)
def test_what_is_sent(pipe: Pipe, keys: str, message: str) -> None:
    assert typed(pipe, keys) == message


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("one" + ENTER + "two" + ALT_ENTER, "one\ntwo"),
        ("one" + CTRL_J + "two" + ALT_ENTER, "one\ntwo"),
        ("one\x1b[13;2utwo" + ALT_ENTER, "one\ntwo"),
    ],
)
def test_enter_and_alt_enter_change_places_in_multiline(pipe: Pipe, keys: str, message: str) -> None:
    assert typed(pipe, keys, multiline=True) == message


def test_what_comes_after_a_message_waits_for_the_next_read(pipe: Pipe) -> None:
    pipe.typed.send_text("one\rtwo\r")
    keyboard = Keyboard(pipe, None)
    assert [keyboard.read(), keyboard.read()] == ["one", "two"]


def test_bytes_that_are_no_text_do_no_harm(pipe: Pipe, tmp_path: Path) -> None:
    assert typed(pipe, b"caf\xe9\r", path=tmp_path / "history") == "caf\ufffd"
    assert (tmp_path / "history").read_text().endswith("\n+caf?\n")


def test_ctrl_c_clears_the_line_and_the_history_keeps_it(pipe: Pipe, tmp_path: Path) -> None:
    path = tmp_path / "history"
    assert typed(pipe, "secret plan" + CTRL_C + "other" + ENTER, path=path) == "other"
    assert entries(path) == ["secret plan", "other"]


def test_ctrl_c_on_an_empty_line_is_told(pipe: Pipe) -> None:
    with pytest.raises(KeyboardInterrupt):
        typed(pipe, CTRL_C)


def test_ctrl_d_on_an_empty_line_is_told(pipe: Pipe) -> None:
    with pytest.raises(EOFError):
        typed(pipe, CTRL_D)


def test_ctrl_d_with_text_deletes_and_does_not_leave(pipe: Pipe) -> None:
    assert typed(pipe, "ab\x1b[D" + CTRL_D + ENTER) == "a"


def test_a_signal_keeps_the_line(pipe: Pipe, tmp_path: Path) -> None:
    class Signalled(Pipe):
        """SIGTERM comes while the line is typed."""

        @contextmanager
        def lent(self) -> Iterator[None]:
            yield
            raise Terminated

    pipe.typed.send_text("half a line" + ENTER)
    with pytest.raises(Terminated):
        Keyboard(Signalled(pipe.typed), tmp_path / "history").read()
    assert entries(tmp_path / "history") == ["half a line"]


def test_up_finds_what_was_typed_before(pipe: Pipe, tmp_path: Path) -> None:
    path = tmp_path / "history"
    keyboard = Keyboard(pipe, path)
    pipe.typed.send_text("first line\nsecond\rother\r")
    assert [keyboard.read(), keyboard.read()] == ["first line\nsecond", "other"]
    pipe.typed.send_text(UP + ENTER)
    assert keyboard.read() == "other"
    pipe.typed.send_text("fir" + UP + ENTER)
    assert keyboard.read() == "first line\nsecond"


def test_ctrl_r_searches_the_history_and_enter_takes_what_it_found(pipe: Pipe) -> None:
    keyboard = Keyboard(pipe, None)
    pipe.typed.send_text("needle in hay\rother\r")
    keyboard.read()
    keyboard.read()
    pipe.typed.send_text(CTRL_R + "needle" + ENTER + "!" + ENTER)
    assert "needle" in keyboard.read()
    pipe.typed.send_text(CTRL_R + "needle" + CTRL_C + "new" + ENTER)
    assert keyboard.read() == "new"


def test_vi_keys(pipe: Pipe) -> None:
    assert typed(pipe, "one two\x1bbcwthree\x1b" + "x" + ENTER, vi=True) == "one thre"
    assert typed(pipe, "one" + CTRL_J + "two" + ENTER, vi=True) == "one\ntwo"
    assert typed(pipe, "one" + ALT_ENTER + "two" + ENTER, vi=True) == "one\ntwo"


# The history on disk


def entries(path: Path) -> list[str]:
    """The messages in a history file, oldest first."""
    return [
        "\n".join(line[1:] for line in entry.split("\n") if line.startswith("+"))
        for entry in path.read_text().split("\n# ")
        if "\n+" in entry
    ]


def test_the_history_belongs_to_its_owner_alone(pipe: Pipe, tmp_path: Path) -> None:
    path = tmp_path / "new" / "history"
    typed(pipe, "hello" + ENTER, path=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_file_nothing_is_written(pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed(pipe, "hello" + ENTER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["folder", "file above"])
def test_a_history_that_cannot_be_written_is_no_trouble(pipe: Pipe, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "history"
    if fault == "folder":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "history"
    keyboard = Keyboard(pipe, path)
    pipe.typed.send_text("one\r")
    assert keyboard.read() == "one"
    pipe.typed.send_text(UP + ENTER)
    assert keyboard.read() == "one"


def test_two_processes_share_the_history(tmp_path: Path) -> None:
    path = tmp_path / "history"
    with create_pipe_input() as one, create_pipe_input() as two:
        first, second = Keyboard(Pipe(one), path), Keyboard(Pipe(two), path)
        for number in range(3):
            one.send_text(f"one {number}\nmore\r")
            two.send_text(f"two {number}\r")
            first.read()
            second.read()
    assert entries(path) == [text for n in range(3) for text in (f"one {n}\nmore", f"two {n}")]
    with create_pipe_input() as third:
        third.send_text(UP + UP + UP + ENTER)
        assert Keyboard(Pipe(third), path).read() == "one 2\nmore"


# Modes, blocks, help


def test_the_terminal_is_quiet_but_for_the_reading(pipe: Pipe) -> None:
    pipe.typed.send_text("hello\r")
    with Keyboard(pipe, None).open() as keyboard:
        keyboard.read()
    assert pipe.modes == ["quiet", "lent", "not lent", "not quiet"]


@pytest.mark.parametrize(
    ("text", "open_", "message"),
    [
        ('"""', True, '"""'),
        ('""""""', False, ""),
        ('"""a', True, '"""a'),
        ('"""a"""', False, "a"),
        (' """\n  a\n""" ', False, "  a"),
        ('"""a""" b', False, '"""a""" b'),
        ('"""a""" """b"""', False, '"""a""" """b"""'),
        ('a """', False, 'a """'),
        ("", False, ""),
    ],
)
def test_blocks_of_three_quotes(text: str, open_: bool, message: str) -> None:
    assert (unfinished(text), block(text)) == (open_, message)


def test_the_help_tells_the_keys_as_they_are(pipe: Pipe) -> None:
    keys = dict(Keyboard(pipe, None).described())
    assert keys["Enter"] == "sends"
    assert "Alt-Enter, Ctrl-J" in keys
    swapped = dict(Keyboard(pipe, None, multiline=True, vi=True).described())
    assert swapped["Alt-Enter"] == "sends"
    assert "Enter, Ctrl-J" in swapped
    assert "Ctrl-G, Ctrl-X Ctrl-E, v in command mode" in swapped
