"""Files of tools put into the user's folder, whole or not at all, and taken out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError, UsageError
from glmcli.tools.keeping import belonging, drop, keep, removable


def definition(command: Any = None) -> str:
    return json.dumps({"type": "function", "function": {"name": "f"}} | ({"command": command} if command else {}))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("weather.sh", "clock.sh", "run"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (folder / "weather.json").write_text(definition())
    (folder / "clock.sh.json").write_text(definition())
    (folder / "other.json").write_text(definition(["./run"]))
    (folder / "alone.json").write_text(definition(["sh", "run"]))
    (folder / "trip.py").write_text("def f() -> None: ...\n")
    (folder / "broken.json").write_text("{")
    return folder


def never(path: Path) -> None:
    raise AssertionError(path)


def fine(path: Path) -> None:
    assert path.is_file()


def put(
    folder: Path, files: list[Path], *, link: bool = False, force: bool = False, check: Callable[[Path], object] = fine
) -> list[str]:
    return [it.name for it in keep(folder, files, link=link, force=force, check=check)]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("trip.py", ["trip.py"]),
        ("weather.json", ["weather.json", "weather.sh"]),
        ("weather.sh", ["weather.json", "weather.sh"]),
        ("clock.sh", ["clock.sh.json", "clock.sh"]),
        ("other.json", ["other.json", "run"]),
        ("alone.json", ["alone.json"]),
        ("broken.json", ["broken.json"]),
    ],
)
def test_a_definition_and_its_program_belong_together(given: str, wanted: list[str], source: Path) -> None:
    assert belonging(source / given) == [source / name for name in wanted]


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            "none.py",
            "there is no file {}/none.py",
            "Give a .py file, a .json definition, or a program beside one; an MCP server with --mcp -- COMMAND.",
        ),
        (
            ".",
            "{} is a folder",
            "Give a .py file, a .json definition, or a program beside one; an MCP server with --mcp -- COMMAND.",
        ),
        (
            "run",
            "{}/run has no definition beside it, so the model cannot know it",
            "Write run.json: type, function with name, description and parameters. An MCP server: --mcp -- {}/run",
        ),
    ],
)
def test_what_belongs_to_no_tool_is_told(given: str, message: str, hint: str, source: Path) -> None:
    with pytest.raises(UsageError) as caught:
        belonging(source / given)
    assert (caught.value.message, caught.value.hint) == (message.format(source), hint.format(source))


def test_copies_can_run_and_leave_nothing_else(source: Path, tmp_path: Path) -> None:
    assert put(tmp_path / "glm", belonging(source / "weather.json")) == ["weather.json", "weather.sh"]
    folder = tmp_path / "glm" / "tools"
    assert sorted((it.name, bool(it.stat().st_mode & 0o100), it.is_symlink()) for it in folder.iterdir()) == [
        ("weather.json", False, False),
        ("weather.sh", True, False),
    ]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_links_lead_to_the_files(source: Path, tmp_path: Path) -> None:
    put(tmp_path, belonging(source / "weather.json"), link=True)
    assert (tmp_path / "tools" / "weather.sh").readlink() == source / "weather.sh"


def test_what_is_there_stays_unless_forced(source: Path, tmp_path: Path) -> None:
    place = tmp_path / "tools" / "weather.sh"
    place.parent.mkdir()
    place.symlink_to("/none")
    with pytest.raises(UsageError) as caught:
        put(tmp_path, belonging(source / "weather.json"), check=never)
    assert (caught.value.message, caught.value.hint) == (
        f"{place} is there already",
        "--force puts the new one in its place.",
    )
    assert [it.name for it in place.parent.iterdir()] == ["weather.sh"]
    put(tmp_path, belonging(source / "weather.json"), force=True)
    assert place.read_text() == "#!/bin/sh\n"
    assert not place.is_symlink()


@pytest.mark.parametrize(
    ("name", "link", "hint"),
    [
        ("trip.py", False, "A copy stands alone; --link leaves the file beside what it imports."),
        ("trip.py", True, "mend it"),
        ("weather.json", False, "What its program needs lies beside it, or is named by its whole path."),
    ],
)
def test_what_is_no_good_where_it_would_lie_is_not_kept(
    name: str, link: bool, hint: str, source: Path, tmp_path: Path
) -> None:
    def check(path: Path) -> None:
        raise UsageError(f"{path} line 1: no", hint="mend it")

    with pytest.raises(UsageError) as caught:
        put(tmp_path, belonging(source / name), link=link, check=check)
    assert (caught.value.message, caught.value.hint) == (f"{tmp_path}/tools/{name} line 1: no", hint)
    assert list((tmp_path / "tools").iterdir()) == []


def test_what_lies_in_the_folder_is_not_kept_again(source: Path, tmp_path: Path) -> None:
    put(tmp_path, [source / "trip.py"])
    with pytest.raises(UsageError, match=r"^trip\.py lies in .*/tools already$"):
        put(tmp_path, [tmp_path / "tools" / "trip.py"], link=True, force=True)
    assert (tmp_path / "tools" / "trip.py").read_text() == "def f() -> None: ...\n"


def test_a_folder_that_cannot_be_made_is_told(source: Path, tmp_path: Path) -> None:
    (tmp_path / "tools").write_text("")
    with pytest.raises(ConfigError) as caught:
        put(tmp_path, [source / "trip.py"])
    assert caught.value.message.startswith("cannot ")
    assert str(tmp_path / "tools") in caught.value.message


def test_a_program_goes_with_the_last_definition_that_needs_it(source: Path) -> None:
    one, two = source / "other.json", source / "second.json"
    two.write_text(definition(["./run"]))
    assert removable(one, [one, two, source / "trip.py"]) == [one]
    assert removable(one, [one]) == [one, source / "run"]
    assert removable(source / "trip.py", [one]) == [source / "trip.py"]


def test_of_a_link_the_file_stays(source: Path, tmp_path: Path) -> None:
    put(tmp_path, [source / "trip.py"], link=True)
    drop([tmp_path / "tools" / "trip.py"])
    assert (source / "trip.py").is_file()
    with pytest.raises(ConfigError) as caught:
        drop([tmp_path / "tools" / "trip.py"])
    assert caught.value.message == f"cannot remove {tmp_path}/tools/trip.py: No such file or directory"
