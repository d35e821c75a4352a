from __future__ import annotations

import stat
from pathlib import Path

import pytest

from glmcli.errors import ConfigError
from glmcli.private_file import locked, make_folder, open_to_others, replace_file


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_a_new_file_and_its_folder_are_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.toml"
    replace_file(path, "ä\r\n")
    assert path.read_bytes() == "ä\r\n".encode()
    assert (mode(path), mode(path.parent)) == ("600", "700")
    assert list(path.parent.iterdir()) == [path]


def test_an_old_file_that_was_open_is_closed_unless_its_mode_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch(mode=0o644)
    path.chmod(0o644)
    replace_file(path, "kept", mode=None)
    assert mode(path) == "644"
    replace_file(path, "closed")
    assert mode(path) == "600"
    replace_file(tmp_path / "fresh", "", mode=None)
    assert mode(tmp_path / "fresh") == "600"


def test_a_symlink_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "config.toml"
    target.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    replace_file(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "\ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match=r"cannot write .*folder: Is a directory"):
        replace_file(tmp_path / "folder", "text")
    with pytest.raises(ConfigError, match="File exists"):
        replace_file(path / "below", "text")
    assert path.read_text() == "old"
    assert sorted(it.name for it in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_can_be_locked_and_is_made_for_it(tmp_path: Path) -> None:
    with locked(tmp_path / "new"):
        assert mode(tmp_path / "new") == "700"
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot use the folder"), locked(tmp_path / "file"):
        raise AssertionError


def test_a_mode_that_lets_others_in_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o640)
    assert open_to_others(path) == "mode 640 lets other users in"
    path.chmod(0o600)
    assert open_to_others(path) is None
    assert open_to_others(tmp_path / "none") is None


def test_a_new_folder_and_the_new_ones_above_it_are_closed_to_other_users(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(tmp_path / "home" / "glmcli" / "models")
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("", "home", "home/glmcli", "home/glmcli/models")]
    assert modes == [0o755, 0o700, 0o700, 0o700]
