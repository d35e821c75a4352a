"""The line below the prompt, and what the keyboard is told of a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.key_binding.vi_state import InputMode

from glmcli.api.events import Usage
from glmcli.cli.keyboard.looks import mode, pane
from glmcli.cli.repl import Repl
from glmcli.cli.toolbar import Status, line
from glmcli.cli.view import View, view_of
from tests.cli.talking import served
from tests.support.served import delta, failing, saying, stream

FULL = Status("@cf/zai-org/glm-4.7-flash", "default", "trip", context=37.4, cost=0.01234)
THINKING = stream(delta(reasoning_content="Let me \x1b[31msee."), delta(content="Yes."), delta(finish="stop"))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (200, "glm-4.7-flash · default · trip · context 37 % · $0.0123 · thinking on · vi insert"),
        (80, "glm-4.7-flash · trip · context 37 % · $0.0123 · thinking on · vi insert"),
        (66, "glm-4.7-flash · context 37 % · $0.0123 · thinking on · vi insert"),
        (60, "glm-4.7-flash · context 37 % · thinking on · vi insert"),
        (50, "glm-4.7-flash · context 37 % · vi insert"),
        (30, "context 37 % · vi insert"),
        (10, "vi insert"),
        (5, ""),
    ],
)
def test_what_matters_least_is_left_out_where_there_is_no_room(width: int, expected: str) -> None:
    assert line(FULL, "vi insert", width) == expected


def test_what_is_not_known_is_not_shown() -> None:
    assert line(Status("local", "local", thinking=False), "", 80) == "local · local · thinking off"


@pytest.mark.parametrize(("number", "shown"), [(0, "0 %"), (0.2, "<1 %"), (1.0, "1 %"), (99.6, "100 %")])
def test_percents(number: float, shown: str) -> None:
    assert line(Status("m", "p", context=number), "", 80) == f"m · p · context {shown} · thinking on"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0.0, ""), (3e-9, "<$0.0001 · "), (0.0001, "$0.0001 · "), (0.99994, "$0.9999 · "), (12.3456, "$12.35 · ")],
)
def test_an_amount_has_the_digits_that_tell_something(amount: float, shown: str) -> None:
    assert line(Status("m", "p", cost=amount), "", 80) == f"m · p · {shown}thinking on"


def test_wide_characters_take_the_room_that_they_take() -> None:
    assert (
        line(Status("m", "p", "旅行"), "", 24, lambda text: len(text) + 2 * text.count("旅"))
        == "m · 旅行 · thinking on"
    )


def test_the_modes_of_vi_have_names() -> None:
    assert [mode(it) for it in InputMode] == ["vi insert", "vi insert", "vi command", "vi replace", "vi insert"]


# The thinking above the prompt


def test_thinking_is_folded_to_the_columns_and_shows_its_end() -> None:
    assert pane("", 20, 5) == "the last answer came without thinking\n"
    assert pane("one two\tthree\n\nfour\n", 8, 9) == "one two\nthree\n\nfour\n"
    assert pane("abcdefghij kl", 4, 9) == "abcd\nefgh\nij\nkl\n"
    assert pane("日本語 x", 4, 9) == "日本\n語 x\n"
    assert pane("日", 1, 9) == "日\n\n"
    assert pane("a\nb\nc\nd", 9, 3) == "… 2 more rows above; /reasoning shows all\nc\nd\n"


# What the keyboard is told


def status(repl: Repl) -> Status:
    view = view_of(repl)
    assert view.status is not None
    found = view.status()
    assert found is not None
    return found


def test_a_new_conversation(tmp_path: Path) -> None:
    with served(tmp_path) as talk, talk.repl() as repl:
        assert status(repl) == Status("@cf/zai-org/glm-4.7-flash", "default", "", context=0.0, cost=0)
        view = view_of(repl, toolbar=False)
        assert (view.status, view.thinking(), view.last_message()) == (None, "", "")
        assert View().suggest("/") == ()
        assert [it.text for it in view.suggest("/hel")] == ["/help "]


def test_the_toolbar_follows_the_conversation(tmp_path: Path) -> None:
    with (
        served(tmp_path, THINKING) as talk,
        talk.repl("Hi", usages=[Usage(1_000_000, 0, 1_000_000)], session="trip") as repl,
    ):
        repl.run()
        seen = status(repl)
        assert (seen.session, seen.thinking) == ("trip", True)
        assert seen.cost is not None
        assert seen.cost > 0.06
        assert seen.context is not None
        assert 0 < seen.context < 1
        view = view_of(repl)
        assert (view.thinking(), view.last_message()) == ("Let me ␛[31msee.", "Hi")
        assert [it.text for it in view.suggest("/set model ")] == ["@cf/zai-org/glm-4.7-flash"]


def test_thinking_that_is_switched_off_is_told(tmp_path: Path) -> None:
    with served(tmp_path) as talk, talk.repl(option=['chat_template_kwargs={"enable_thinking": false}']) as repl:
        assert not status(repl).thinking


def test_a_model_of_which_nothing_is_known_has_no_context(tmp_path: Path) -> None:
    with served(tmp_path) as talk, talk.repl(option=["model=other"]) as repl:
        assert (status(repl).model, status(repl).context) == ("other", None)
        suggested = [it.text for it in view_of(repl).suggest("/set model ")]
        assert suggested == ["@cf/zai-org/glm-4.7-flash", "other"]


def test_the_last_message_may_be_one_that_could_not_be_sent(tmp_path: Path) -> None:
    with served(tmp_path, failing(400, 5006, "bad")) as talk, talk.repl("One") as repl:
        repl.run()
        assert view_of(repl).last_message() == "One"
        repl.unasked = [{"role": "user", "content": "Two"}]
        assert view_of(repl).last_message() == "Two"


def test_sessions_are_suggested_by_name_or_id_and_trouble_with_the_store_is_none(tmp_path: Path) -> None:
    from glmcli.cli.view import _sessions
    from glmcli.errors import ConfigError

    with served(tmp_path, saying("Yes.")) as talk:
        talk("Hi there", session="trip")
        talk("Nameless")
        with talk.repl() as repl:
            names = _sessions(repl)
            assert sorted(title for _, title in names) == ["Hi there", "Nameless"]
            assert "trip" in [name for name, _ in names]
        (tmp_path / "sessions.db").write_bytes(b"no database at all, but longer than its header would be" * 20)
        with talk.repl() as repl, pytest.raises(ConfigError):
            _sessions(repl)
