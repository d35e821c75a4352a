"""The README tells the truth: its tables are the program's own, and its two commands are what CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from glmcli.api.field_table import markdown
from glmcli.cli.root import COMMANDS
from glmcli.errors import EXIT_STATUSES
from tests.support.cli import Glm

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


@pytest.mark.parametrize("block", re.findall(r"```console\n(.*?)```", README, re.DOTALL))
def test_the_console_blocks_show_what_happens(block: str, glm: Glm) -> None:
    command, *expected = block.strip().splitlines()
    result = glm(*command.removeprefix("$ glm ").split())
    assert (result.stdout + result.stderr).splitlines() == expected
