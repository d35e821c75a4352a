"""Keys: what is sent, what is a new line, what is cleared, and what the history keeps of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application.current import set_app
from prompt_toolkit.input import Input, PipeInput, create_pipe_input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput, Output

from glmcli.cli.completing import Suggestion
from glmcli.cli.device import Device
from glmcli.cli.keyboard import Keyboard as TtyKeyboard
from glmcli.cli.keyboard import block, unfinished
from glmcli.cli.keyboard.pastes import Pastes
from glmcli.cli.keyboard.silence import PasteWatch
from glmcli.cli.toolbar import Status
from glmcli.cli.view import View
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

    def __init__(self, pipe: Pipe, history: Path | None, **how: Any) -> None:
        super().__init__(pipe, history, **how)
        self._typed = pipe.typed

    def streams(self) -> tuple[Input, Output]:
        return self._typed, DummyOutput()


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setenv("TERM", "xterm-256color")
    with create_pipe_input() as keys:
        yield Pipe(keys)


def typed(pipe: Pipe, text: str | bytes, *, path: Path | None = None, **how: Any) -> str:
    """What one `read` makes of these keys."""
    pipe.typed.send_bytes(text.encode() if isinstance(text, str) else text)
    return Keyboard(pipe, path, **how).read()


def talking(pipe: Pipe, view: View, text: str, **how: Any) -> str:
    """What one `read` makes of these keys in a conversation."""
    pipe.typed.send_text(text)
    keyboard = Keyboard(pipe, None, **how)
    keyboard.view = view
    return keyboard.read()


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
        ("one\x0ctwo" + ENTER, "onetwo"),
        ("one\x0ftwo\x0f" + ENTER, "onetwo"),
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


def test_vi_may_be_chosen_between_two_messages(pipe: Pipe) -> None:
    keyboard = Keyboard(pipe, None)
    pipe.typed.send_text("one" + ENTER)
    assert keyboard.read() == "one"
    keyboard.vi = True
    pipe.typed.send_text("two\x1bx" + ENTER)
    assert keyboard.read() == "tw"
    keyboard.vi = False
    pipe.typed.send_text("three\x02x" + ENTER)
    assert keyboard.read() == "threxe"


def test_two_letters_may_leave_the_insert_mode(pipe: Pipe) -> None:
    assert typed(pipe, "onejkx" + ENTER, vi=True, vi_escape="jk") == "on"
    assert typed(pipe, "onejx" + ENTER, vi=True, vi_escape="jk") == "onejx"
    assert typed(pipe, "onejkx" + ENTER, vi=True) == "onejkx"
    assert typed(pipe, "onejkx" + ENTER, vi_escape="jk") == "onejkx"


# What the conversation offers

ESC, TAB = "\x1b", "\t"


def colours(text: str) -> list[Suggestion]:
    return [Suggestion(it, len(text), help="a colour " * 9) for it in ("red", "rose", "green") if it.startswith(text)]


@pytest.mark.parametrize("vi", [False, True])
def test_esc_esc_brings_the_last_message_back_on_an_empty_line(pipe: Pipe, vi: bool) -> None:
    view = View(last_message=lambda: "said before")
    assert talking(pipe, view, ESC + ESC + ENTER, vi=vi) == "said before"


def test_esc_esc_leaves_a_line_that_is_not_empty_alone(pipe: Pipe) -> None:
    assert talking(pipe, View(last_message=lambda: "said before"), "new" + ESC + ESC + "\x05" + ENTER) == "new"
    assert typed(pipe, ESC + ESC + "x" + ENTER) == "x"


def test_suggestions_are_in_the_terms_of_prompt_toolkit() -> None:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from glmcli.cli.keyboard.looks import Suggesting

    (red, rose) = Suggesting(colours).get_completions(Document("r"), CompleteEvent())
    assert (red.text, red.start_position, red.display_text) == ("red", -1, "red")
    assert (rose.text, len(rose.display_meta_text)) == ("rose", 60)
    assert rose.display_meta_text.endswith("a col…")


def test_the_toolbar_is_asked_for_once_a_prompt(pipe: Pipe) -> None:
    asked: list[str] = []

    def status() -> Status:
        asked.append("status")
        return Status("m", "p")

    keyboard = Keyboard(pipe, None)
    keyboard.view = View(status=status)
    pipe.typed.send_text("one" + ENTER + "two" + ENTER)
    assert [keyboard.read(), keyboard.read()] == ["one", "two"]
    assert asked == ["status", "status"]


# Long pastes


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


LONG = "\n".join(f"line {number}" for number in range(11))
OTHER = LONG.upper()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (pasted(LONG) + ENTER, LONG),
        ("see " + pasted(LONG) + " and " + pasted(OTHER) + "." + ENTER, f"see {LONG} and {OTHER}."),
        (pasted(LONG) + "\x7f!" + ENTER, "!"),
        (pasted(LONG) + "\x17!" + ENTER, "!"),
        (pasted(LONG) + "\x1b\x7f!" + ENTER, "!"),
        (pasted(LONG) + "\x01\x04!" + ENTER, "!"),
        (pasted(LONG) + "\x01\x1b[3~!" + ENTER, "!"),
        (pasted(LONG) + "\x7f\x1f" + ENTER, LONG),
        (pasted(LONG) + " \x7f\x7f" + pasted(OTHER) + ENTER, OTHER),
        ("[pasted 11 lines]" + pasted(LONG) + ENTER, f"[pasted 11 lines]{LONG}"),
        (
            pasted("[pasted 11 lines, 2]\n" + LONG) + pasted(OTHER + "\n") + ENTER,
            "[pasted 11 lines, 2]\n" + LONG + OTHER + "\n",
        ),
        (pasted('"""\n' + LONG + '\n"""') + ENTER, '"""\n' + LONG + '\n"""'),
        ('"""' + pasted(LONG) + '"""' + ENTER, LONG),
    ],
)
def test_long_pastes_are_whole_in_what_is_sent(pipe: Pipe, keys: str, message: str) -> None:
    assert typed(pipe, keys) == message


def test_what_was_typed_in_the_same_words_is_no_paste(pipe: Pipe) -> None:
    keyboard = Keyboard(pipe, None)
    pipe.typed.send_text(pasted(LONG) + ENTER + "[pasted 11 lines]" + ENTER)
    assert [keyboard.read(), keyboard.read()] == [LONG, "[pasted 11 lines]"]
    pipe.typed.send_text(UP + UP + ENTER)
    assert keyboard.read() == LONG


def test_the_history_keeps_long_pastes_whole(pipe: Pipe, tmp_path: Path) -> None:
    path = tmp_path / "history"
    assert typed(pipe, pasted(LONG) + CTRL_C + "x" + pasted(OTHER) + ENTER, path=path) == f"x{OTHER}"
    assert entries(path) == [LONG, f"x{OTHER}"]


def test_stubs_tell_their_size_and_differ() -> None:
    pastes = Pastes()
    assert pastes.fold("a\n" * 10, "") == "a\n" * 10
    assert pastes.fold("x" * 1000, "") == "x" * 1000
    stubs = [pastes.fold(it, "") for it in ("a\n" * 1320, "b\n" * 1320, "c\n" * 1320, "x" * 1001, "\n" * 11)]
    assert stubs == [
        "[pasted 1,320 lines]",
        "[pasted 1,320 lines, 2]",
        "[pasted 1,320 lines, 3]",
        "[pasted 1,001 characters]",
        "[pasted 11 lines]",
    ]
    assert pastes.unfold(f"{stubs[3]}+{stubs[4]}") == "x" * 1001 + "+" + "\n" * 11
    assert pastes.fold_again("see " + "x" * 1001 + "!") == f"see {stubs[3]}!"
    assert (pastes.before("at " + stubs[3]), pastes.after(stubs[3] + "."), pastes.before("x")) == (25, 25, 0)


# Pastes whose end mark got lost


class Later:
    """A clock that a test moves: what is to be called after a silence."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.seconds: list[float] = []

    def call_later(self, seconds: float, call: Any) -> "Later":
        self.seconds.append(seconds)
        self.waiting = [call]
        return self

    def cancel(self) -> None:
        self.waiting = []

    def pass_(self) -> None:
        for call in self.waiting:
            call()
        self.waiting = []


class Processor:
    """Notes the keys that come out, pastes between brackets."""

    def __init__(self) -> None:
        self.came: list[str] = []

    def feed_multiple(self, keys: list[KeyPress]) -> None:
        self.came += [f"<{it.data}>" if it.key == Keys.BracketedPaste else it.data for it in keys]

    def process_keys(self) -> None:
        pass


class Arrivals:
    """What arrives from a terminal, and the keys that come out of the watch over it."""

    def __init__(self, pipe: Vt100Input) -> None:
        self.loop = Later()
        self.key_processor = Processor()
        self._pipe = pipe

    def feed(self, data: str) -> None:
        self._pipe.vt100_parser.feed(data)

    @property
    def came(self) -> list[str]:
        self.key_processor.feed_multiple(self._pipe.flush_keys())
        return self.key_processor.came


@pytest.fixture
def arriving() -> Iterator[Arrivals]:
    with create_pipe_input() as pipe:
        assert isinstance(pipe, Vt100Input)
        pipe.vt100_parser = PasteWatch(pipe, 1.5)
        app: Any = Arrivals(pipe)
        with set_app(app):
            yield app


def test_a_paste_in_pieces_is_one(arriving: Arrivals) -> None:
    later = arriving.loop
    for piece in ("a\x1b[20", "0~one\r", "two", "\x1b[2", "01~b"):
        arriving.feed(piece)
    later.pass_()
    assert arriving.came == ["a", "<one\rtwo>", "b"]
    assert later.seconds == [1.5, 1.5, 1.5]


def test_a_paste_without_an_end_ends_after_a_silence_and_keys_are_keys_again(arriving: Arrivals) -> None:
    later = arriving.loop
    arriving.feed("\x1b[200~one\rtwo")
    arriving.feed("typed")
    assert arriving.came == []
    later.pass_()
    assert arriving.came == ["<one\rtwotyped>"]
    arriving.feed("x")
    arriving.feed("\r")
    assert arriving.came == ["<one\rtwotyped>", "x", "\r"]
    assert later.waiting == []
    arriving.feed("one\rtwo")
    assert "".join(arriving.came[3:]) == "one\rtwo"


def test_the_rest_of_a_slow_paste_never_sends(arriving: Arrivals) -> None:
    later = arriving.loop
    arriving.feed("\x1b[200~one\r")
    later.pass_()
    arriving.feed("two\rthree")
    later.pass_()
    arriving.feed("four\r\x1b[201~x")
    arriving.feed("\x1b[200~new\x1b[201~")
    assert arriving.came == ["<one\r>", "<two\rthree>", "<four\r>", "x", "<new>"]


def test_a_new_paste_after_a_cut_one_is_taken_as_it_is(arriving: Arrivals) -> None:
    later = arriving.loop
    arriving.feed("\x1b[200~one")
    later.pass_()
    arriving.feed("a\x1b[200~two\x1b[201~")
    assert arriving.came == ["<one>", "a", "<two>"]


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


def test_what_is_offered_begins_the_next_message_and_only_that(pipe: Pipe) -> None:
    keyboard = Keyboard(pipe, None)
    keyboard.offer("once more")
    pipe.typed.send_text("!\rnew\r")
    assert [keyboard.read(), keyboard.read()] == ["once more!", "new"]
