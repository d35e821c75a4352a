"""The table of the README has every field, and is a table."""

from __future__ import annotations

import re
import subprocess
import sys

from glmcli.api.field_table import markdown
from glmcli.api.fields import fields, flags


def rows() -> list[list[str]]:
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in markdown().splitlines()]


def test_every_row_has_the_same_cells() -> None:
    head, rule, *rest = rows()
    assert head == ["field", "flags", "type", "may be", "default", ""]
    assert rule == ["---"] * 6
    assert [row[0] for row in rest] == [f"`{name}`" for name in fields()]
    assert {len(row) for row in rest} == {6}


def test_every_flag_is_in_the_row_of_its_field() -> None:
    found = {row[0].strip("`"): re.findall(r"(?:^`|, |<br>`)(?:-m, )?(--(?!no-)[a-z-]+)", row[1]) for row in rows()[2:]}
    assert {flag: name for name, own in found.items() for flag in own} == {
        flag: it.path[0] for flag, it in flags().items()
    }


def test_a_row_says_what_a_field_may_be() -> None:
    by_name = {row[0].strip("`"): row[1:] for row in rows()}
    assert by_name["temperature"][:4] == ["`--temperature NUMBER`", "number or null", "0 to 2", "`1`"]
    assert by_name["model"][0] == "`-m, --model NAME`"
    assert by_name["store"][0] == "`--store`, `--no-store`"
    assert by_name["stop"][0] == "`--stop TEXT...`"
    assert by_name["tools"][0] == "`-o`"
    assert by_name["reasoning_effort"][0] == r"`--reasoning-effort low\|medium\|high`"


def test_it_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "glmcli.api.field_table"], capture_output=True, text=True, check=True
    )
    assert (printed.stdout, printed.stderr) == (markdown(), "")
