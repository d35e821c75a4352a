"""The README tells the truth: its tables are the program's own, and its two commands are what CI runs."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from glmcli.api.field_table import markdown
from glmcli.cli.root import COMMANDS
from glmcli.errors import EXIT_STATUSES
from glmcli.templates import load
from glmcli.templates.template import KEYS
from tests.support.cli import Glm

DEMO = {"GLM_PROFILE": "demo"}
ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(start: str, end: str) -> str:
    return README.partition(f"<!-- {start} -->\n")[2].partition(end)[0]


def test_the_table_of_exit_statuses_is_the_one_in_the_code() -> None:
    rows = [f"| {int(status)} | {text} |" for status, text in EXIT_STATUSES.items()]
    assert between("exit statuses", "<!-- end -->").splitlines() == ["| status | meaning |", "| --- | --- |", *rows]


def test_the_table_of_fields_is_made_of_their_one_declaration() -> None:
    assert between("fields", "<!-- end -->") == markdown()


def test_the_help_prints_the_same_exit_statuses(glm: Glm) -> None:
    printed = glm("--help").stdout.partition("Exit statuses:\n")[2]
    wanted = [f"{int(status)} {text}" for status, text in EXIT_STATUSES.items()]
    assert [re.sub(r"\s+", " ", line.strip()) for line in printed.strip().splitlines()] == wanted


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert between("test", "\n```\n").splitlines() == [
        "```sh",
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/python -m tests",
    ]
    assert "sed -n '/<!-- test -->/,/^```$/p' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_that_it_shows_exists() -> None:
    shown = set(re.findall(r"(?m)(?:^|\| |`)glm ([a-z]+)\b", README))
    assert shown - {"in"} <= set(COMMANDS)
    assert shown >= {"run", "chat", "sessions", "config", "serve"}


def test_the_example_of_templates_runs_as_printed(glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.py").write_text("x = 1\n")
    lines = between("templates", "\n```\n").splitlines()[1:]
    assert len(lines) == 4
    for line in lines:
        _, piped, command = line.rpartition("| ")
        result = glm(*shlex.split(command, comments=True)[1:], stdin=b"a diff\n" if piped else None, env=DEMO)
        assert result.status == 0, line
    assert result.stdout == "review  $input $tone=kind\n"
    sent = json.loads(glm("sessions", "export", "--format", "body").stdout)["messages"]
    assert [it["content"] for it in sent[:2]] == [
        "You are a strict reviewer.",
        "Review this: x = 1\n\nOnly the names.",
    ]


def test_the_keys_of_a_template_are_right(tmp_path: Path) -> None:
    text = README.partition("## Templates")[2].partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "x.toml").write_text(text)
    it = load(tmp_path, str(tmp_path / "x.toml"))
    assert (it.prompt, it.variables, it.functions) == ("Review this: $input", ["tone"], (f"{tmp_path}/lint.py",))
    assert set(KEYS) - set(tomllib.loads(text)) == {"extract", "schema_multi"}


@pytest.mark.parametrize("block", re.findall(r"```console\n(.*?)```", README, re.DOTALL))
def test_the_console_blocks_show_what_happens(block: str, glm: Glm) -> None:
    command, *expected = block.strip().splitlines()
    result = glm(*command.removeprefix("$ glm ").split())
    assert (result.stdout + result.stderr).splitlines() == expected
