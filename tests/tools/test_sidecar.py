"""What a definition says about the program that carries it out, and what is wrong with that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.tools.definitions import Definition, faults
from glmcli.tools.sidecar import Sidecar, split

WEATHER = {"type": "function", "function": {"name": "get_weather"}}


def program(path: Path, mode: int = 0o700, text: str = "#!/bin/sh\n") -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def definition(folder: Path, file: str = "weather.json", index: int | None = None, **keys: Any) -> Definition:
    return Definition({**WEATHER, **keys}, folder / file, index)


def test_what_is_ours_is_not_sent(tmp_path: Path) -> None:
    it = definition(tmp_path, command=["date"], safe=True)
    assert it.sent == WEATHER
    assert split(it.value) == (WEATHER, {"command": ["date"], "safe": True})
    assert split("no object") == ("no object", {})


def test_a_program_of_the_path_stays_a_name_and_any_other_is_sought_from_the_folder_of_the_file(tmp_path: Path) -> None:
    program(tmp_path / "weather")
    assert definition(tmp_path, command=["date", "-u"]).sidecar == Sidecar(("date", "-u"))
    assert definition(tmp_path, command=["./weather", "./x"]).sidecar == Sidecar((str(tmp_path / "weather"), "./x"))
    assert definition(tmp_path, command=["/bin/sh"]).sidecar == Sidecar(("/bin/sh",))


def test_every_key_counts(tmp_path: Path) -> None:
    it = definition(tmp_path, command=["date"], timeout=5, environment=["A", "B"], cwd=".", safe=True)
    assert it.sidecar == Sidecar(("date",), 5.0, ("A", "B"), tmp_path, True)
    assert faults(it) == []


@pytest.mark.parametrize(
    ("file", "there"),
    [
        ("weather.json", "weather.sh"),
        ("weather.json", "weather"),
        ("weather.sh.json", "weather.sh"),
        ("w.eather.json", "w.eather.py"),
    ],
)
def test_the_executable_of_its_name_is_its_program(tmp_path: Path, file: str, there: str) -> None:
    program(tmp_path / there)
    program(tmp_path / f"{there}~")
    program(tmp_path / "other.sh")
    (tmp_path / "weather.md").write_text("about it")
    it = definition(tmp_path, file, timeout=5)
    assert it.sidecar == Sidecar((str(tmp_path / there),), 5.0)
    assert faults(it) == []


def test_a_definition_without_a_program_is_only_a_definition(tmp_path: Path) -> None:
    (tmp_path / "weather.txt").write_text("notes")
    assert (definition(tmp_path).sidecar, faults(definition(tmp_path))) == (None, [])


def test_no_program_belongs_to_a_list_by_its_name(tmp_path: Path) -> None:
    program(tmp_path / "weather.sh")
    assert definition(tmp_path, index=0).sidecar is None
    assert definition(tmp_path, index=0, command=["date"]).sidecar == Sidecar(("date",))


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"command": "date"}, ["/command: is not a list of strings, the program first: no shell reads it"]),
        ({"command": []}, ["/command: is not a list of strings, the program first: no shell reads it"]),
        ({"command": ["date", 1, "\0"]}, ["/command/1: is not a string", "/command/2: is empty or holds NUL"]),
        ({"command": [""]}, ["/command/0: is empty or holds NUL"]),
        ({"timeout": "5"}, ["/timeout: is not a number of seconds, more than 0 and at most 86,400"]),
        ({"timeout": True}, ["/timeout: is not a number of seconds, more than 0 and at most 86,400"]),
        ({"timeout": 0}, ["/timeout: is not a number of seconds, more than 0 and at most 86,400"]),
        ({"environment": "A"}, ["/environment: is not a list of names of variables"]),
        ({"environment": ["A=1"]}, ["/environment/0: 'A=1' is not the name of a variable"]),
        (
            {"environment": ["A", "CF_API_TOKEN"]},
            ["/environment/1: CF_API_TOKEN holds our token, which no tool gets"],
        ),
        ({"cwd": 1}, ["/cwd: is not the path of a folder"]),
        ({"safe": "yes"}, ["/safe: is neither true nor false"]),
        ({"comand": ["date"]}, ["/comand: is no key of a function definition; did you mean command?"]),
        ({"custom": {}}, ["/custom: is no key of a function definition"]),
        (
            {"safe": True},
            ["/safe: is of no use: there is no command, and no executable file weather beside weather.json"],
        ),
    ],
)
def test_a_fault_points_at_the_key(tmp_path: Path, keys: dict[str, Any], wanted: list[str]) -> None:
    assert faults(definition(tmp_path, **keys)) == wanted


def test_a_program_or_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    program(tmp_path / "plain", 0o600)
    folder = tmp_path
    assert faults(definition(folder, command=["./gone"])) == [f"/command/0: {folder}/gone is no file"]
    assert faults(definition(folder, command=["./plain"])) == [
        f"/command/0: {folder}/plain is not executable: chmod +x it"
    ]
    assert faults(definition(folder, command=["date"], cwd="gone")) == [f"/cwd: {folder}/gone is no folder"]


def test_a_script_of_its_name_that_is_not_executable_is_a_fault(tmp_path: Path) -> None:
    script = program(tmp_path / "weather.sh", 0o600)
    for it in definition(tmp_path), definition(tmp_path, timeout=5):
        assert faults(it) == [f"/command: is missing; weather.sh is not executable: chmod +x {script}"]


def test_two_programs_of_its_name_are_a_fault(tmp_path: Path) -> None:
    program(tmp_path / "weather.sh")
    program(tmp_path / "weather.py")
    assert faults(definition(tmp_path)) == ["/command: is missing, and weather.py and weather.sh may both be meant"]
