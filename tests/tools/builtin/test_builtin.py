"""What holds for every tool that comes with glm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glmcli.tools.builtin import NAMES, built_in
from glmcli.tools.definitions import Definition, faults
from glmcli.tools.tool import Approval, Tool
from tests.tools.builtin.called import told


def made(name: str, folder: Path, *roots: Path) -> Tool:
    return built_in(
        name,
        roots=roots or [folder],
        cwd=folder,
        environ={"PATH": "/usr/bin:/bin"},
        now=lambda: 0.0,
        ca_bundle=None,
        config=folder / "glmcli",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_is_valid_and_knows_its_arguments_only(name: str, tmp_path: Path) -> None:
    tool = made(name, tmp_path)
    assert (tool.name, tool.source, tool.kind) == (name, "built in", "function")
    assert faults(Definition(tool.definition, Path(name))) == []
    assert tool.parameters is not None
    assert tool.parameters["additionalProperties"] is False
    (tmp_path / "elsewhere").mkdir()
    assert tool.hash == made(name, tmp_path / "elsewhere").hash


@pytest.mark.parametrize("name", ["read_file", "list_dir", "search_files", "write_file"])
def test_the_model_is_told_of_folders_other_than_the_working_directory(name: str, tmp_path: Path) -> None:
    folders = here, there, odd = tmp_path / "here", tmp_path / "there", tmp_path / "\udcff"
    for folder in folders:
        folder.mkdir()
    (tmp_path / "link").symlink_to(here)
    usual = made(name, here).description
    assert "Folders" not in usual
    assert made(name, here, tmp_path / "link").description == usual
    both = f"{usual} Folders: {here}, {there}; relative paths start in {here}."
    assert made(name, here, here, there).description == both
    assert made(name, here, there).description == f"{usual} Folders: {there}; relative paths start in {there}."
    strange = f"{usual} Folders: {tmp_path}/\ufffd; relative paths start in {tmp_path}/\ufffd."
    assert made(name, here, odd).description == strange


def test_who_is_asked_before_a_tool_runs(tmp_path: Path) -> None:
    assert {name: made(name, tmp_path).approval for name in NAMES} == {
        "calculator": Approval.UNASKED,
        "now": Approval.UNASKED,
        "read_file": Approval.SCOPE,
        "list_dir": Approval.SCOPE,
        "search_files": Approval.SCOPE,
        "write_file": Approval.ALWAYS,
        "fetch_url": Approval.SCOPE,
        "shell": Approval.ALWAYS,
    }


def test_another_name_is_no_tool(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        made("python", tmp_path)


def test_the_time_comes_in_seconds_since_the_epoch(tmp_path: Path) -> None:
    assert told(made("now", tmp_path), timezone="UTC") == "Thursday, 1970-01-01T00:00:00+00:00 (UTC)"


def test_only_the_tool_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys, pathlib; from glmcli.tools.builtin import built_in; here = pathlib.Path('.');"
        "built_in('now', roots=[here], cwd=here, environ={}, now=lambda: 0.0, ca_bundle=None, config=here);"
        "print(sorted(it.rpartition('.')[2] for it in sys.modules if it.startswith('glmcli.tools.builtin.')),"
        " 'httpx' in sys.modules, 'jsonschema_rs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['declaring', 'now'] False False\n"
