"""What a terminal can show, by what the environment says of it."""

from __future__ import annotations

import pytest

from glmcli.api.events import Finished, TextDelta
from glmcli.ui.renderers import choose
from tests.ui.drawing import Stage


@pytest.mark.parametrize(
    ("environ", "ascii"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "de_DE"}, False),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, True),
        ({"LC_CTYPE": "de_DE.ISO-8859-15@euro", "LANG": "C.UTF-8"}, True),
        ({"PYTHONIOENCODING": "cp1252:replace"}, True),
        ({"PYTHONIOENCODING": "utf-8", "LC_ALL": "C"}, False),
    ],
)
def test_marks_are_ascii_where_the_locale_is(environ: dict[str, str], ascii: bool) -> None:
    assert Stage(environ=environ).terminal.ascii is ascii


@pytest.mark.parametrize(
    ("value", "background"),
    [("15;0", "dark"), ("0;15", "light"), ("0;default;7", "light"), ("", "dark"), ("x", "dark")],
)
def test_the_theme_follows_the_background(value: str, background: str) -> None:
    environ = {"TERM": "xterm", "COLORFGBG": value}
    assert Stage(environ=environ).terminal.background == background
    drawn = []
    for theme in ("auto", background):
        stage = Stage(environ=environ)
        renderer = choose(stage.terminal, theme=theme, tickers=stage.tickers)
        renderer.feed(TextDelta("# head\n\n`code`"))
        renderer.feed(Finished(("stop",)))
        renderer.close(None)
        drawn.append(stage.stdout)
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("environ", "reflows"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(390)"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "st-256color"}, False),
        ({"TERM": "st"}, False),
        ({"TERM": "screen"}, True),
        ({"TERM": "screen", "TMUX": "/tmp/x"}, True),
    ],
)
def test_which_terminals_wrap_anew(environ: dict[str, str], reflows: bool) -> None:
    assert Stage(environ=environ).terminal.reflows is reflows


@pytest.mark.parametrize(
    ("kind", "system", "dumb"),
    [
        ("dumb", "posix", True),
        ("unknown", "posix", True),
        ("", "posix", True),
        (None, "posix", True),
        ("xterm", "posix", False),
        (None, "nt", False),
        ("dumb", "nt", True),
    ],
)
def test_a_terminal_without_a_name_is_taken_for_one_that_cannot_move_its_cursor(
    kind: str | None, system: str, dumb: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(environ={} if kind is None else {"TERM": kind})
    with monkeypatch.context() as patch:
        patch.setattr("os.name", system)
        assert stage.terminal.dumb is dumb


def test_notes_are_broken_between_words_on_a_terminal_only() -> None:
    for tty, rows in [(True, "some words\nof a note\n"), (False, "some words of a note\n")]:
        stage = Stage(tty=tty, size=(12, 5), environ={"NO_COLOR": "1", "TERM": "xterm"})
        stage.terminal.note("some words of a note")
        assert stage.stderr == rows
    stage = Stage(size=(12, 5), environ={"NO_COLOR": "1", "TERM": "xterm"})
    stage.terminal.note("some words of a note", wrap=False)
    assert stage.stderr == "some words of a note\n"
