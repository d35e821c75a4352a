"""Starting at once: no command imports a heavy module that it does not use. Each case is a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset(
    (
        "asyncio",
        "glmcli.demo.workers_ai",
        "glmcli.local",
        "glmcli.store",
        "glmcli.ui.live",
        "http.server",
        "httpx",
        "importlib.metadata",
        "jsonschema_rs",
        "markdown_it",
        "multiprocessing",
        "platformdirs",
        "prompt_toolkit",
        "pydantic",
        "pygments",
        "rich",
        "sqlite3",
        "ssl",
        "tomlkit",
        "tomllib",
        "typer",
        "xllamacpp",
    )
)
"""What costs more than a few milliseconds to import, or belongs to one part of the program only."""

REPORT = """
import sys
path, sys.argv = sys.argv[1], ["glm", *sys.argv[2:]]
from glmcli.__main__ import main
try:
    status = main()
except SystemExit as exit:
    status = exit.code
with open(path, "w") as report:
    report.write(str(status or 0) + " " + " ".join(sys.modules))
"""

SENDING = {"typer", "tomllib", "httpx", "ssl"}
DEMO = {"glmcli.demo.workers_ai", "jsonschema_rs"}
STORE = {"glmcli.store", "sqlite3"}


def loaded(tmp_path: Path, *argv: str, folder: bool = True) -> set[str]:
    """The heavy modules that this command line imports."""
    environ = {"HOME": str(tmp_path), "TERM": "xterm", **({"GLM_CONFIG_DIR": str(tmp_path / "glm")} if folder else {})}
    report = tmp_path / "report"
    subprocess.run(
        [sys.executable, "-c", REPORT, str(report), *argv],
        env=environ,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    status, *modules = report.read_text().split(" ")
    assert status == "0"
    return set(modules) & HEAVY


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ("--version", set()),
        ("-V", set()),
        ("--help", {"typer"}),
        ("run --help", {"typer"}),
        ("chat --help", {"typer", "tomllib"}),
        ("serve --help", {"typer"}),
        ("run --dry-run hi", {"typer", "tomllib"}),
        ("run --curl hi", {"typer", "tomllib"}),
        ("run --profile demo --no-log hi", SENDING | DEMO),
        ("run --profile demo hi", SENDING | DEMO | STORE),
        ("run --profile demo --json hi", SENDING | DEMO | STORE),
        ("config path", {"typer", "tomllib"}),
        ("config show", {"typer", "tomllib"}),
        ("tools list", {"typer", "tomllib"}),
    ],
)
def test_a_command_imports_what_it_uses_and_nothing_else(tmp_path: Path, argv: str, expected: set[str]) -> None:
    assert loaded(tmp_path, *argv.split()) == expected


def test_a_session_is_continued_and_listed_without_more(tmp_path: Path) -> None:
    loaded(tmp_path, "run", "--profile", "demo", "hi")
    assert loaded(tmp_path, "run", "-c", "more") == SENDING | DEMO | STORE
    assert loaded(tmp_path, "sessions", "list") == {"typer", "tomllib"} | STORE


def test_the_usual_directory_is_looked_up_only_where_none_is_named(tmp_path: Path) -> None:
    assert loaded(tmp_path, "run", "--dry-run", "hi", folder=False) == {"typer", "tomllib", "platformdirs"}


def test_the_version_costs_almost_nothing(tmp_path: Path) -> None:
    """Nothing of ours but the package itself."""
    report = tmp_path / "report"
    subprocess.run(
        [sys.executable, "-c", REPORT, str(report), "--version"], check=True, stdout=subprocess.DEVNULL, env={}
    )
    ours = [name for name in report.read_text().split(" ") if name.startswith("glmcli")]
    assert ours == ["glmcli", "glmcli.__main__"]


def test_python_dash_m_is_the_same_command() -> None:
    from glmcli import __version__

    done = subprocess.run([sys.executable, "-m", "glmcli", "-V"], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (f"glm {__version__}\n".encode(), b"")
