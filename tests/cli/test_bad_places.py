"""Where the user's directory cannot be what it should be: one line each, and a way out."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from glmcli.errors import ConfigError
from glmcli.settings import config_dir
from tests.support.cli import Glm


@pytest.mark.parametrize(
    "argv",
    [("--profile", "demo", "run", "hi"), ("sessions", "list"), ("config", "show"), ("config", "set", "log", "no")],
)
def test_a_file_in_the_place_of_the_folder_is_one_message(glm: Glm, tmp_path: Path, argv: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert glm(*argv, env={"GLM_CONFIG_DIR": str(file)}).answer == (
        "",
        f"{file} is not a folder\nMove that file away, or name another folder with --config-dir or GLM_CONFIG_DIR.\n",
        3,
    )


def test_the_place_is_named_whatever_is_there(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = {"GLM_CONFIG_DIR": str(tmp_path / "file")}
    assert glm("config", "path", env=place).answer == (f"{tmp_path}/file/config.toml\n", "", 0)


def test_a_home_that_nobody_has_is_one_message(glm: Glm) -> None:
    assert glm("config", "path", env={"GLM_CONFIG_DIR": "~nobody-of-that-name/glm"}).answer == (
        "",
        "there is no home directory for ~nobody-of-that-name/glm\nSet HOME, or GLM_CONFIG_DIR.\n",
        3,
    )


def test_without_a_home_no_folder_is_made_where_the_user_happens_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    # What platformdirs says for a user id that the system does not know, as in a container.
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: Path("~/.config") / name)
    with pytest.raises(ConfigError) as caught:
        config_dir({})
    assert (caught.value.message, caught.value.hint) == (
        "there is no home directory",
        "Set HOME, or GLM_CONFIG_DIR.",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_one_message(glm: Glm) -> None:
    glm.folder.mkdir(mode=0o500)
    result = glm("config", "set", "log", "no")
    glm.folder.chmod(0o700)
    assert result.answer == (
        "",
        f"cannot write {glm.folder}/config.toml: Permission denied\nThe file is as it was before.\n",
        3,
    )
