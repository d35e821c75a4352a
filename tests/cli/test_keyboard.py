"""Keys: what is sent, what is a new line, what is cleared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glmcli.cli.completing import Suggestion
from glmcli.cli.keyboard import block, unfinished
from glmcli.cli.toolbar import Status
from glmcli.cli.view import View
from glmcli.errors import Terminated
from tests.cli.typed_keys import (
    ALT_ENTER,
    CTRL_C,
    CTRL_D,
    CTRL_J,
    CTRL_R,
    ENTER,
    UP,
    Keyboard,
    Pipe,
    entries,
    talking,
    typed,
)


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


@pytest.mark.parametrize(
    ("keys", "whether"), [(CTRL_C, False), ("a" + CTRL_C + CTRL_C, True), ("a\x15" + CTRL_C, True)]
)
def test_it_is_told_whether_anything_was_typed_before_ctrl_c_on_an_empty_line(
    pipe: Pipe, keys: str, whether: bool
) -> None:
    keyboard = Keyboard(pipe, None)
    for given, told in [(keys, whether), (CTRL_C, False)]:
        pipe.typed.send_text(given)
        with pytest.raises(KeyboardInterrupt):
            keyboard.read()
        assert keyboard.typed is told


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
