"""The templates that are kept: found by name or path, listed, and written anew."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.errors import ConfigError, GlmError, UsageError
from glmcli.templates import Broken, kept, load
from glmcli.templates.writing import create, toml_of


@pytest.fixture
def user(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "review.toml").write_text("prompt = 'Review: $input'")
    (folder / "bad one.toml").write_text("promt = ''")
    for other in (".hidden.toml", "notes.txt"):
        (folder / other).write_text("")
    (folder / "folder.toml").mkdir()
    return tmp_path


def fault(call: Any, *arguments: Any) -> tuple[type[GlmError], str, str]:
    with pytest.raises(GlmError) as raised:
        call(*arguments)
    return type(raised.value), raised.value.message, raised.value.hint


def test_a_template_is_found_by_its_name_and_by_a_path(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(user / "templates")
    monkeypatch.setenv("HOME", str(user))
    for name in ("review", "review.toml", "./review.toml", "~/templates/review.toml", f"{user}/templates/review.toml"):
        assert (load(user, name).name, load(user, name).prompt) == ("review", "Review: $input")


def test_the_kept_ones_are_listed_and_broken_ones_with_what_is_wrong(user: Path) -> None:
    assert list(kept(user)) == [
        Broken(
            "bad one",
            'templates/bad one.toml line 1: unknown key "promt"; did you mean "prompt"?',
            "`glm config templates edit bad one` opens the file.",
        ),
        load(user, "review"),
    ]
    assert list(kept(user / "nowhere")) == []


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("reveiw", "there is no template reveiw", "Did you mean review? `glm config templates` lists them."),
        ("", "there is no template ", "`glm config templates` lists those there are."),
        (".hidden", "there is no template .hidden", "`glm config templates` lists those there are."),
        ("x\0", "there is no template x\0", "`glm config templates` lists those there are."),
        ("x\0.toml", "x\0.toml cannot be read: no such file", "Check the path."),
        ("../x", "../x cannot be read: no such file", "Check the path."),
        ("review.toml", "review.toml cannot be read: no such file", "Did you mean review, which is kept?"),
        ("~nobody-at-all/x", "~nobody-at-all/x cannot be read: no such file", "Check the path."),
        (".//", ".// cannot be read: it is no file", "Check the path."),
    ],
)
def test_a_name_or_path_that_leads_nowhere(
    user: Path, name: str, message: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(user)
    assert fault(load, user, name) == (UsageError, message, hint)


def test_where_there_are_none_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    assert fault(load, tmp_path, "x") == (
        UsageError,
        "there is no template x",
        "There are none yet: `glm config templates edit NAME` writes one, `glm run --save NAME` too.",
    )


def test_a_fault_in_a_file_of_ones_own_names_it_as_it_was_named(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(user)
    Path("mine.toml").write_text("[options]\ntemprature = 1")
    assert fault(load, user, "./mine.toml") == (
        ConfigError,
        './mine.toml line 2: unknown key "temprature" in [options]; did you mean "temperature"?',
        "Mend the file.",
    )


# Writing


def test_a_new_template_is_readable_by_its_user_alone_and_by_people(tmp_path: Path) -> None:
    text = toml_of(
        {
            "prompt": 'Say "hi":\n\n$input \\o/',
            "model": "m",
            "tools": ["now", "a b"],
            "options": {"temperature": 0.2, "stop": ["\n"], "metadata": {"a b": "c"}},
            "params": {"tone": "kind"},
        }
    )
    path = create(tmp_path, "new", text)
    assert path == tmp_path / "templates" / "new.toml"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert (
        path.read_text()
        == '''\
prompt = """
Say "hi":

$input \\\\o/"""
model = "m"
tools = ["now", "a b"]

[options]
temperature = 0.2
stop = ["\\n"]
metadata = { "a b" = "c" }

[params]
tone = "kind"
'''
    )


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".x", "-x", "x.toml", "a b", "none", "x\n", "x" * 101])
def test_a_name_that_no_template_can_have(tmp_path: Path, name: str) -> None:
    assert fault(create, tmp_path, name, "") == (
        UsageError,
        f"{name!r} cannot be the name of a template",
        "Take letters, digits, - and _, for example: review",
    )


def test_nothing_is_overwritten(user: Path) -> None:
    assert fault(create, user, "review", "") == (
        UsageError,
        "there is a template review already",
        "`glm config templates edit review` changes it, `glm config templates rm review` removes it.",
    )
    assert load(user, "review").prompt == "Review: $input"


def test_what_toml_cannot_say_is_refused() -> None:
    assert fault(toml_of, {"options": {"max_tokens": None}}) == (
        ConfigError,
        "this cannot be written as TOML",
        "Write it by hand: glm config templates edit NAME",
    )


TEXTS = st.text() | st.text(alphabet='\n"\\\t\r\x7f\x00$a', max_size=12)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"prompt": TEXTS, "options": st.dictionaries(TEXTS, VALUES, max_size=3)}))
def test_what_is_written_is_what_is_read(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml_of(data)) == data
