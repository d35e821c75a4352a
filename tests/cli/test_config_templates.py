"""`glm config templates`: what is kept, listed, shown, edited and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmcli.cli.config_templates import EXAMPLE
from glmcli.templates import load
from tests.cli.test_config import editor
from tests.support.cli import Glm

REVIEW = """\
description = "Reviews a change."
prompt = "Review in a $tone tone, in $lang: $input"

[params]
tone = "kind"
"""
BROKEN = 'templates/bad.toml line 1: unknown key "promt"; did you mean "prompt"?'
OPENS = "`glm config templates edit bad` opens the file."
NONE = "there are no templates yet: `glm config templates edit NAME` writes one\n"


@pytest.fixture
def folder(glm: Glm) -> Path:
    folder = glm.folder / "templates"
    folder.mkdir(parents=True)
    (folder / "review.toml").write_text(REVIEW)
    (folder / "joke.toml").write_text('prompt = "Tell a joke."\n')
    (folder / "bad.toml").write_text("promt = ''\n")
    return folder


@pytest.mark.parametrize("argv", [[], ["list"], ["--color", "never"], ["list", "-q"]])
def test_templates_are_listed_with_their_variables(glm: Glm, folder: Path, argv: list[str]) -> None:
    assert glm("config", "templates", *argv).answer == (
        f"bad     broken                   {BROKEN}\njoke\nreview  $input $tone=kind $lang  Reviews a change.\n",
        "",
        0,
    )


def test_on_a_terminal_each_has_one_row(glm: Glm, folder: Path) -> None:
    shown = glm("config", "templates", tty=True, size=(40, 24), env={"NO_COLOR": "1"}).stdout
    assert [line.rstrip("\r") for line in shown.splitlines()] == [
        "bad     broken                   templa…",
        "joke",
        "review  $input $tone=kind $lang  Review…",
    ]


@pytest.mark.parametrize("argv", [["--json"], ["list", "--json"]])
def test_scripts_get_one_json_value(glm: Glm, folder: Path, argv: list[str]) -> None:
    result = glm("config", "templates", *argv)
    assert (result.stderr, result.status) == ("", 0)
    assert json.loads(result.stdout) == [
        {
            "name": "bad",
            "path": f"{folder}/bad.toml",
            "description": None,
            "takes_input": None,
            "params": None,
            "problem": BROKEN,
        },
        {
            "name": "joke",
            "path": f"{folder}/joke.toml",
            "description": "",
            "takes_input": False,
            "params": {},
            "problem": None,
        },
        {
            "name": "review",
            "path": f"{folder}/review.toml",
            "description": "Reviews a change.",
            "takes_input": True,
            "params": {"tone": "kind", "lang": None},
            "problem": None,
        },
    ]


def test_without_any_it_says_how_to_write_one(glm: Glm) -> None:
    assert glm("config", "templates").answer == ("", NONE, 0)
    assert glm("config", "templates", "--json").answer == ("[]\n", "", 0)


def test_help_and_words_that_are_no_command(glm: Glm) -> None:
    assert glm("config", "templates", "--help").stdout.startswith("Usage: glm config templates [OPTIONS] COMMAND")
    result = glm("config", "templates", "lst")
    assert (result.stdout, result.status) == ("", 2)
    assert "lst" in result.stderr
    assert "list" in result.stderr


def test_show_prints_the_file_and_what_is_wrong_with_it(glm: Glm, folder: Path) -> None:
    assert glm("config", "templates", "show", "review").answer == (REVIEW, "", 0)
    assert glm("config", "templates", "show", "bad").answer == ("promt = ''\n", f"{BROKEN}\n{OPENS}\n", 3)
    assert glm("config", "templates", "show", "reveiw").answer == (
        "",
        "there is no template reveiw\nDid you mean review? `glm config templates` lists them.\n",
        2,
    )


def test_path_tells_the_folder_or_the_file(glm: Glm, folder: Path) -> None:
    assert glm("config", "templates", "path").answer == (f"{folder}\n", "", 0)
    assert glm("config", "templates", "path", "review").answer == (f"{folder}/review.toml\n", "", 0)
    assert glm("config", "templates", "path", "no").status == 2


def test_rm_removes_all_that_are_named_or_none(glm: Glm, folder: Path) -> None:
    assert glm("config", "templates", "rm", "joke", "no").answer == (
        "",
        "there is no template no\n`glm config templates` lists those there are.\n",
        2,
    )
    assert glm("config", "templates", "rm", "joke", "bad").answer == (
        "",
        "removed the template joke\nremoved the template bad\n",
        0,
    )
    assert [it.name for it in folder.iterdir()] == ["review.toml"]


# edit


def test_edit_makes_a_new_template_of_an_example_that_is_right(glm: Glm, tmp_path: Path) -> None:
    env = editor(tmp_path, EXAMPLE + "\n")
    assert glm("config", "templates", "edit", "new", env=env).answer == ("", "use it with: glm run -t new\n", 0)
    assert load(glm.folder, "new").prompt == "$input"


def test_every_line_of_the_example_can_be_taken_into_use(glm: Glm, tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") if " = " in line or "# [" in line else line for line in EXAMPLE.splitlines()]
    for left_out in ("schema", "extract"):  # which are two forms of the answer
        name, text = f"without-{left_out}", "\n".join(it for it in lines if not it.startswith(left_out))
        folder = tmp_path / name
        folder.mkdir()
        assert glm("config", "templates", "edit", name, env=editor(folder, text)).status == 0
    it, other = load(glm.folder, "without-schema"), load(glm.folder, "without-extract")
    assert (it.tools, it.extract, it.options["temperature"].value, it.params) == (("read_file",), "first", 0.2, {})
    assert other.schema is not None


def test_an_example_that_is_left_alone_makes_no_template(glm: Glm) -> None:
    said = "nothing was written, so there is no new template\n"
    assert glm("config", "templates", "edit", "new", env={"EDITOR": "true", "PATH": "/usr/bin:/bin"}).answer == (
        "",
        said,
        0,
    )
    assert list((glm.folder / "templates").iterdir()) == []


def test_an_editor_that_fails_leaves_no_template_behind(glm: Glm) -> None:
    result = glm("config", "templates", "edit", "new", env={"EDITOR": "false", "PATH": "/usr/bin:/bin"})
    assert (result.status, list((glm.folder / "templates").iterdir())) == (2, [])


def test_edit_names_every_fault_and_keeps_what_was_typed(glm: Glm, folder: Path, tmp_path: Path) -> None:
    text = "promt = ''\n[options]\ntemperature = 3"
    assert glm("config", "templates", "edit", "review", env=editor(tmp_path, text)).answer == (
        "",
        'templates/review.toml line 1: unknown key "promt"; did you mean "prompt"?\n'
        f"{folder}/review.toml is kept as you left it.\n",
        3,
    )
    assert (folder / "review.toml").read_text() == text


def test_edit_checks_the_values_of_request_fields_too(glm: Glm, folder: Path, tmp_path: Path) -> None:
    text = "[options]\ntemperature = 3"
    assert glm("config", "templates", "edit", "joke", env=editor(tmp_path, text)).answer == (
        "",
        "/temperature: 3 is above the maximum 2 (from templates/joke.toml line 2)\n"
        f"{folder}/joke.toml is kept as you left it.\n",
        3,
    )


def test_edit_offers_another_visit_on_a_terminal(glm: Glm, folder: Path, tmp_path: Path) -> None:
    env = editor(tmp_path, "prompt = 1", "prompt = 'x'")
    result = glm("config", "templates", "edit", "bad", stdin=b"\n", env=env, stdin_tty=True)
    assert (result.status, load(glm.folder, "bad").prompt) == (0, "x")
    assert result.stderr.count("Edit again? [Y/n] ") == 1


def test_a_name_that_no_template_can_have_opens_no_editor(glm: Glm) -> None:
    assert glm("config", "templates", "edit", "../x", env={"EDITOR": "/no/such"}).answer == (
        "",
        "'../x' cannot be the name of a template\nTake letters, digits, - and _, for example: review\n",
        2,
    )
