"""What is typed while there is no prompt: as it is shown, as it is kept, and as the next prompt gets it."""

from __future__ import annotations

import pytest

from glmcli.cli.keyboard.ahead import Ahead
from glmcli.cli.keyboard.early import held
from tests.cli.typed_keys import ALT_ENTER, CTRL_J, ENTER, UP, pasted

LONG = "".join(f"line {number}\r" for number in range(40))
LEFT, CTRL_O, CTRL_U, CTRL_W, BACKSPACE, REPLY = "\x1b[D", "\x0f", "\x15", "\x17", "\x7f", "\x1b[12;1R"


@pytest.mark.parametrize(
    ("keys", "row", "messages"),
    [
        ("", ("", ""), []),
        ("  ", ("> ", "  "), []),
        ("grüße 日本 e\u0301 👩‍👩‍👧", ("> ", "grüße 日本 e\u0301 👩‍👩‍👧"), ["grüße 日本 e\u0301 👩‍👩‍👧"]),
        ("abc" + BACKSPACE, ("> ", "ab"), ["ab"]),
        (BACKSPACE + "a", ("> ", "a"), ["a"]),
        ("one two  " + CTRL_W + "x", ("> ", "one x"), ["one x"]),
        (CTRL_W + CTRL_U + "x", ("> ", "x"), ["x"]),
        ("one" + CTRL_J + "two" + CTRL_U, ("> ", "one\n"), ["one\n"]),
        ("one" + CTRL_J + CTRL_U, ("> ", "one"), ["one"]),
        ("one" + ALT_ENTER + "two", ("> ", "one\ntwo"), ["one\ntwo"]),
        ("one\x1b[13;2utwo", ("> ", "one\ntwo"), ["one\ntwo"]),
        ("one\\" + ENTER + "two", ("> ", "one\ntwo"), ["one\ntwo"]),
        ('"""one' + ENTER + "two", ("> ", '"""one\ntwo'), ['"""one\ntwo']),
        (pasted("one\r\ntwo\r"), ("> ", "one\ntwo\n"), ["one\ntwo\n"]),
        ("\x1b[200~one\rtw", ("> ", "one\ntw"), ["one\ntw"]),
        (f"see {pasted(LONG)}", ("> ", "see [pasted 40 lines]"), ["see " + LONG.replace("\r", "\n")]),
        (f"see {pasted(LONG)}{BACKSPACE}", ("> ", "see "), ["see "]),
        (f"see {pasted(LONG)}{CTRL_W}it", ("> ", "see it"), ["see it"]),
        ("one" + ENTER, ("queued: ", "one"), ["one"]),
        (ENTER + " " + ENTER, ("", ""), []),
        ("one" + ENTER + "tw", ("1 queued > ", "tw"), ["one", "tw"]),
        ("one" + ENTER + "two" + ENTER, ("2 queued, the last: ", "two"), ["one", "two"]),
        ("one" + ENTER + UP, ("> ", "one"), ["one"]),
        ("one" + ENTER + UP + "!" + ENTER, ("queued: ", "one!"), ["one!"]),
        ("one" + ENTER + "x" + UP, ("1 queued > ", "x<up>"), ["one", "x"]),
        ("ab" + LEFT + "c" + BACKSPACE + "\x12\t\x1bx", ("> ", "ab<left>c<backspace>^R<tab><esc>x"), ["abcx"]),
        ("\x1b[E" + REPLY, ("", ""), []),
    ],
)
def test_what_is_shown_and_kept(keys: str, row: tuple[str, str], messages: list[str]) -> None:
    whole = Ahead(keys)
    assert (whole.row, whole.messages) == (row, messages)
    pieces = Ahead()
    for key in keys:
        pieces.feed(key)
    assert (pieces.row, pieces.messages, pieces.typed) == (row, messages, whole.typed)


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        (
            "a\x7f\x17" + LEFT + "\x1b[1;3D\x1bb\x12\tb" + ENTER + UP + "c",
            "a\x7f\x17" + LEFT + "\x1b[1;3D\x1bb\x12\tbc",
        ),
        (
            "\x1b[13;2u" + pasted("one\r\ntwo") + ALT_ENTER + ENTER,
            "\x1b[13;2u" + pasted("one\r\ntwo") + ALT_ENTER + ENTER,
        ),
        ("a" + REPLY + "b", "ab"),
        ("a\x1b", "a\x1b"),
        ("a\x1b[20", "a\x1b[20"),
        ("a\x1b[200~b\rc\x1b[2", "a\x1b[200~b\rc\x1b[2"),
        ("a" + CTRL_O, "a" + CTRL_O),
    ],
)
def test_the_next_prompt_gets_what_the_terminal_sent(keys: str, typed: str) -> None:
    ahead = Ahead()
    for key in keys:
        ahead.feed(key)
    assert ahead.typed == Ahead(keys).typed == typed


def test_ctrl_o_is_taken_out_and_counted_but_for_one_in_a_paste() -> None:
    ahead = Ahead("a")
    folds = ahead.feed(CTRL_O + "b" + pasted(f"x{CTRL_O}y") + CTRL_O, folding=True)
    assert (folds, ahead.typed) == (2, "ab" + pasted(f"x{CTRL_O}y"))


def test_where_enter_is_a_new_line_alt_enter_queues() -> None:
    assert Ahead("one" + ENTER + "two" + ALT_ENTER + "x", multiline=True).messages == ["one\ntwo", "x"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("one" + ENTER + "two" + ENTER + ENTER, "one\ntwo"),
        (LEFT + pasted("a\rb") + ENTER, LEFT + pasted("a\rb")),
        ("\x1b[200~a\rb", pasted("a\rb")),
    ],
)
def test_what_is_held_sends_nothing(typed: str, kept: str) -> None:
    assert held(typed) == kept
