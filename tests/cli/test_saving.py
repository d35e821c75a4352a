"""`glm run … --save NAME`: the command line as a template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Glm


def saved(glm: Glm, *argv: str) -> str:
    """The text of the template."""
    path = glm.folder / "templates" / "x.toml"
    assert glm("run", "--save", "x", *argv).answer == ("", f"saved as {path}; use it with: glm run -t x\n", 0)
    return path.read_text()


def test_everything_that_is_kept(glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("system.txt").write_text("Be $tone.\nAlways.\n")
    Path("dice.py").write_text("")
    argv = ["--system-file", "system.txt", "-m", "@cf/m", "--temperature", "0.2", "-o", 'metadata={"a b": "c"}']
    argv += ["-T", "now", "-T", "./dice.py", "--functions", "dice.py", "-p", "tone=kind", "--no-think", "-x"]
    assert (
        saved(glm, *argv, "Sum", "up: $input", "for $5")
        == f'''\
prompt = "Sum up: $input for $5"
system = """
Be $tone.
Always."""
model = "@cf/m"
tools = ["now", "{tmp_path}/dice.py"]
functions = ["{tmp_path}/dice.py"]
extract = "first"

[options]
temperature = 0.2
metadata = {{ "a b" = "c" }}
chat_template_kwargs = {{ enable_thinking = false }}

[params]
tone = "kind"
'''
    )


def test_what_is_saved_asks_for_the_same(glm: Glm) -> None:
    argv = ["-s", "Be kind.", "--temperature", "0.2", "--stop", "END", "--think", "-T", "now"]
    same = glm("run", "--dry-run", *argv, "Sum up: this").stdout
    saved(glm, *argv, "Sum up: $input")
    assert glm("run", "--dry-run", "-t", "x", "this").stdout == same
    assert json.loads(same)["stop"] == ["END"]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--schema", "name, age int"], 'schema = "name, age int"\n'),
        (["--schema-multi", '{"type": "object"}'], 'schema_multi = "{\\"type\\": \\"object\\"}"\n'),
        (["--extract-all"], 'extract = "all"\n'),
        (["-s", ""], 'system = ""\n'),
    ],
)
def test_parts_of_a_template_are_enough(glm: Glm, argv: list[str], text: str) -> None:
    assert saved(glm, *argv) == text


def test_a_schema_in_a_file_is_found_from_anywhere(glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text("{}")
    assert saved(glm, "--schema", "s.json") == f'schema = "{tmp_path}/s.json"\n'


def test_stdin_is_left_alone(glm: Glm) -> None:
    assert glm("run", "--save", "x", "Hi", stdin=b"text").status == 0
    assert (glm.folder / "templates" / "x.toml").read_text() == 'prompt = "Hi"\n'


PLACE = "It keeps prompt, system prompt, model, fields, tools, schema, --extract and -p."
QUOTES = "Put the words between single quotes, so that the shell leaves the dollar signs in them."


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (["x"], "there is nothing to save", "For example: glm run --save x 'Sum up: $input'"),
        (["x", "--json", "Hi"], "a template has no place for --json", PLACE),
        (["x", "-f", "a.txt", "Hi"], "a template has no place for --file", PLACE),
        (["x", "-c", "Hi"], "a template has no place for --continue", PLACE),
        (["x", "-t", "y", "Hi"], "a template has no place for --template", PLACE),
        (["x", "--timeout", "3", "Hi"], "a template has no place for --timeout", PLACE),
        (["x", "-", "Hi"], "a template is saved without its input", "Write $input where stdin belongs."),
        (["x", "-o", "seed=null", "Hi"], "a template cannot leave out a field: -o seed", "Leave that flag out."),
        (["x", "-o", "prompt=Hi"], "the prompt of a template is given as words", "Leave out -o prompt."),
        (
            ["x", "-p", "tone=kind", "Be "],
            "-p tone is of no use: $tone stands in neither prompt nor system prompt",
            QUOTES,
        ),
        (["x", "-p", "input=a", "$input"], "-p input is of no use: $input is what is given later", QUOTES),
        (["x", "-s", "a $input"], "a system prompt has no $input", "It belongs into the prompt."),
        (
            ["x", "--temperature", "3", "Hi"],
            "/temperature: 3 is above the maximum 2 (from --temperature)",
            "`glm config params` lists every field and what it may be.",
        ),
        (
            ["a/b", "Hi"],
            "'a/b' cannot be the name of a template",
            "Take letters, digits, - and _, for example: review",
        ),
    ],
)
def test_what_no_template_can_hold_is_refused_and_nothing_is_written(
    glm: Glm, argv: list[str], message: str, hint: str
) -> None:
    assert glm("run", "--save", *argv).answer[1:] == (f"{message}\n{hint}\n", 2)
    assert not (glm.folder / "templates").exists()


def test_a_template_is_never_overwritten(glm: Glm) -> None:
    saved(glm, "One")
    assert glm("run", "--save", "x", "Two").answer == (
        "",
        "there is a template x already\n"
        "`glm config templates edit x` changes it, `glm config templates rm x` removes it.\n",
        2,
    )
    assert (glm.folder / "templates" / "x.toml").read_text() == 'prompt = "One"\n'
