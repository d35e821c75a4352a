"""New files for sound and images."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from glmcli.errors import GlmError
from glmcli.ui.saved import from_base64, save_new


def test_no_file_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a-1.b").symlink_to(tmp_path / "nowhere")
    paths = [save_new(tmp_path, "a", "b", data) for data in (b"1", b"2", b"3")]
    assert [(path.name, path.read_bytes()) for path in paths] == [("a.b", b"1"), ("a-2.b", b"2"), ("a-3.b", b"3")]
    assert not (tmp_path / "nowhere").exists()


def test_a_name_from_a_server_leads_nowhere(tmp_path: Path) -> None:
    assert save_new(tmp_path, "x/../../\x1b é", "w a/v", b"").relative_to(tmp_path) == Path("x.w-a-v")
    assert len(save_new(tmp_path, "y" * 999, "z" * 999, b"").name) == 161


def test_what_cannot_be_saved_here_is_saved_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = save_new(tmp_path / "missing", "a", "b", b"1")
    assert (path, path.read_bytes()) == (tmp_path / "a.b", b"1")


def test_what_cannot_be_saved_anywhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(GlmError) as caught:
        save_new(tmp_path / "missing", "a", "b", b"1")
    assert caught.value.message == "cannot save a.b: No such file or directory"


class Full:
    """A folder on a disk that is full: files can be made and not written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> FullPath:
        return FullPath(self.folder / name)


class FullPath:
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, mode: str) -> object:
        self.path.touch()
        return Path("/dev/full").open("wb", buffering=0)

    def unlink(self, missing_ok: bool) -> None:
        self.path.unlink()


def test_a_half_written_file_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "other"))
    path = save_new(Full(tmp_path), "a", "b", b"1")  # type: ignore[arg-type]
    assert path == tmp_path / "other" / "a.b"
    assert [file.name for file in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("QUJD", b"ABC"),
        ("QUI", b"AB"),
        ("QUI=", b"AB"),
        (" QU\r\nI=\n", b"AB"),
        ("data:image/png;base64,QUJD", b"ABC"),
        ("", b""),
        ("QUJDR", None),
        ("QUI=QUI=", None),
        ("https://a.b", None),
        ("é", None),
    ],
)
def test_base64_is_read_leniently_but_never_guessed(text: str, data: bytes | None) -> None:
    assert from_base64(text) == data
