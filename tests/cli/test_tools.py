"""`glm tools`: list, show and check what the user keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Glm
from tests.tools.test_definitions import SQL, WEATHER


@pytest.fixture
def tools(glm: Glm) -> Path:
    folder = glm.folder / "tools"
    folder.mkdir(parents=True)
    (folder / "weather.json").write_text(json.dumps(WEATHER))
    (folder / "sql.json").write_text(json.dumps([SQL]))
    return folder


def test_list_shows_name_kind_and_what_each_is_for(glm: Glm, tools: Path) -> None:
    wanted = "sql          custom\nget_weather  function  The weather of a city.\n"
    assert glm("tools", "list").answer == (wanted, "", 0)


def test_list_as_json_names_the_files(glm: Glm, tools: Path) -> None:
    result = glm("tools", "list", "--json")
    assert json.loads(result.stdout) == [
        {"name": "sql", "kind": "custom", "description": "", "file": str(tools / "sql.json")},
        {
            "name": "get_weather",
            "kind": "function",
            "description": "The weather of a city.",
            "file": str(tools / "weather.json"),
        },
    ]


def test_list_of_nothing_says_where_definitions_go(glm: Glm) -> None:
    assert glm("tools", "list").answer == ("", f"no definitions yet; put JSON files into {glm.folder / 'tools'}\n", 0)


def test_show_prints_the_definition_as_it_is_sent(glm: Glm, tools: Path) -> None:
    assert json.loads(glm("tools", "show", "sql").stdout) == SQL


def test_show_of_an_unknown_tool_names_the_nearest(glm: Glm, tools: Path) -> None:
    assert glm("tools", "show", "get_wether").answer == (
        "",
        f"there is no tool 'get_wether' in {tools}\nDid you mean get_weather?\n",
        2,
    )
    assert glm("tools", "show", "zzz").stderr.endswith("`glm tools list` lists them.\n")


def test_check_says_of_each_definition_whether_it_is_good(glm: Glm, tools: Path) -> None:
    assert glm("tools", "check").answer == ("ok  sql (sql.json[0])\nok  get_weather (weather.json)\n", "", 0)


def test_check_of_a_name_and_of_a_file_with_a_fault(glm: Glm, tools: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"type": "function", "function": {}}')
    assert glm("tools", "check", "sql", str(bad)).answer == (
        "ok  sql (sql.json[0])\nfail  ? (bad.json)\n      /function/name: is missing\n",
        "",
        2,
    )


def test_check_finds_two_tools_of_one_name(glm: Glm, tools: Path) -> None:
    (tools / "zzz.json").write_text(json.dumps(SQL))
    assert glm("tools", "check").answer == (
        "ok  sql (sql.json[0])\nok  get_weather (weather.json)\n"
        "fail  sql (zzz.json)\n      /custom/name: sql.json[0] has a tool of this name too\n",
        "",
        2,
    )


def test_check_of_nothing_says_so(glm: Glm) -> None:
    assert glm("tools", "check").answer == ("", f"nothing to check in {glm.folder / 'tools'}\n", 0)


def test_a_file_that_cannot_be_read_keeps_nobody_from_the_others(glm: Glm, tools: Path) -> None:
    (tools / "bad.json").write_text("{")
    fault = f"{tools / 'bad.json'}: not JSON: line 1, column 2: expecting property name enclosed in double quotes"
    result = glm("tools", "check")
    assert (result.stdout, result.status) == (
        f"fail  ? (bad.json)\n      {fault}\nok  sql (sql.json[0])\nok  get_weather (weather.json)\n",
        2,
    )
    assert json.loads(glm("tools", "show", "sql").stdout) == SQL
