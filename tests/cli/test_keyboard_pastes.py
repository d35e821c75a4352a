"""Pastes: folded to stubs and sent whole, also where their end got lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application.current import set_app
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from glmcli.cli.keyboard.pastes import Pastes
from glmcli.cli.keyboard.silence import PasteWatch
from tests.cli.typed_keys import CTRL_C, ENTER, UP, Keyboard, Pipe, entries, pasted, typed

LEFT, RIGHT = "\x1b[D", "\x1b[C"
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
        (pasted(LONG) + LEFT + "!" + ENTER, f"!{LONG}"),
        (pasted(LONG) + LEFT + RIGHT + "!" + ENTER, f"{LONG}!"),
        ("a" + pasted(LONG) + "b\x01" + RIGHT * 2 + "!" + ENTER, f"a{LONG}!b"),
        (pasted(LONG) + "\x1bb!" + ENTER, f"!{LONG}"),
        (pasted(LONG) + "\x01\x1bd" + ENTER + "\x1f" + ENTER, LONG),
        (pasted(LONG) + "\x01\x1bd" + ENTER * 2, " 11 lines]"),
        (pasted(LONG) + "\x15gone" + ENTER, "gone"),
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


def test_a_stub_of_which_a_part_is_gone_is_told_from_one_that_is_gone() -> None:
    pastes = Pastes()
    one, two = pastes.fold(LONG, ""), pastes.fold(OTHER, "")
    assert [pastes.damaged(text) for text in (f"{one}{two}", one, "", "pasted", "11 lines", f"{one} and pasted")] == [
        *[""] * 6
    ]
    assert pastes.damaged(f"pasted 11 lines] {two}") == one
    assert pastes.damaged(f"{one} [pasted 11 lines, 2") == two
    assert Pastes().damaged("[pasted 11 lines") == ""


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
