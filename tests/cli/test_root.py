"""The command `glm`: what a bare word means, where options may stand, and what a mistyped command line is told
(interface §1)."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli import main
from glmcli.cli.root import COMMANDS, root, with_command
from glmcli.errors import Terminated
from glmcli.world import World
from tests.support.cli import Glm


def world(*, tty: bool) -> World:
    return World(None, None, None, stdin_tty=tty)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["two words"], ["run", "two words"]),
        (["two\nlines"], ["run", "two\nlines"]),
        (["tell", "me", "more"], ["run", "tell", "me", "more"]),
        (["--json", "hi"], ["run", "--json", "hi"]),
        (["-s", "S", "sessions"], ["run", "-s", "S", "sessions"]),
        (["-"], ["run", "-"]),
        ([""], ["run", ""]),
        (["--profile", "demo", "two words"], ["--profile", "demo", "run", "two words"]),
        (["-qv", "--color=never", "two words"], ["-qv", "--color=never", "run", "two words"]),
        (["--profile", "run", "two words"], ["--profile", "run", "run", "two words"]),
        (["--config-dir=two words", "sessions"], ["--config-dir=two words", "sessions"]),
        (["--debug", "config", "path"], ["--debug", "config", "path"]),
        (["--help"], ["--help"]),
        (["-q", "-V"], ["-q", "-V"]),
        (["--profile"], ["--profile"]),
    ],
)
def test_a_command_line_without_a_command_is_a_prompt(argv: list[str], expected: list[str]) -> None:
    assert with_command(argv, world(tty=True)) == expected


@pytest.mark.parametrize(("tty", "command"), [(True, "chat"), (False, "run")])
def test_glm_alone_is_chat_on_a_terminal_and_run_in_a_pipe(tty: bool, command: str) -> None:
    assert with_command([], world(tty=tty)) == [command]
    assert with_command(["--profile", "demo", "-q"], world(tty=tty)) == ["--profile", "demo", "-q", command]


def _helps(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command below this one, its own first."""
    yield path
    for name in getattr(command, "list_commands", lambda context: ())(None):
        yield from _helps(command.get_command(None, name), (*path, name))


@pytest.mark.parametrize("path", [*_helps(root())], ids=" ".join)
def test_what_an_option_takes_is_called_by_a_name_in_every_help(glm: Glm, path: tuple[str, ...]) -> None:
    result = glm(*path, "--help")
    assert (re.findall("<(?:str|int|float|path|.*range|.*[|].*)>", result.stdout), result.stderr) == ([], "")
    assert "--profile NAME" in result.stdout


def test_piped_glm_answers_what_is_piped(glm: Glm) -> None:
    result = glm("--profile", "demo", stdin=b"hello\n")
    assert "> hello\n" in result.stdout
    assert (result.stderr, result.status) == ("", 0)


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (["sesions"], "'sesions' is not a command of glm", "Did you mean `glm sessions`? "),
        (["rnu", "hello"], "'rnu' is not a command of glm", "Did you mean `glm run`? "),
        (["hello"], "'hello' is not a command of glm", ""),
        (["hello", "--help"], "'hello' is not a command of glm", ""),
        (["-q", "--profile", "demo", "hello"], "'hello' is not a command of glm", ""),
    ],
)
def test_a_lone_unknown_word_is_a_usage_error_naming_the_nearest_command(
    glm: Glm, argv: list[str], message: str, hint: str
) -> None:
    words = " ".join(argv[argv.index(message.split("'")[1]) :])
    assert glm(*argv).answer == ("", f"{message}\n{hint}A prompt is asked with: glm run {words}\n", 2)


@pytest.mark.parametrize(
    ("argv", "message", "path"),
    [
        ("run --temprature 3 hi", "no such option --temprature; did you mean --temperature?", "glm run"),
        ("run --temprature=3 hi", "no such option --temprature; did you mean --temperature?", "glm run"),
        ("--temprature 3 hi", "no such option --temprature; did you mean --temperature?", "glm run"),
        ("run --nonsense", "no such option --nonsense", "glm run"),
        ("run -X hi", "no such option -X", "glm run"),
        ("run --profile", "--profile needs a value", "glm run"),
        ("--profile", "--profile needs a value", "glm"),
        ("run hi --temperature", "--temperature needs a value", "glm run"),
        ("run --json=3 hi", "--json takes no value", "glm run"),
        ("run --color blue hi", "--color: 'blue' is not one of 'auto', 'always', 'never'", "glm run"),
        ("--color blue run hi", "--color: 'blue' is not one of 'auto', 'always', 'never'", "glm"),
        ("run --retries x hi", "--retries: 'x' is not a whole number", "glm run"),
        ("run --retries -1 hi", "--retries: -1 is below the minimum 0", "glm run"),
        ("run --timeout soon hi", "--timeout: 'soon' is not a number", "glm run"),
        ("run --output-format xml hi", "--output-format: 'xml' is not one of 'text', 'json', 'stream-json'", "glm run"),
        ("sessions lits", "no such command 'lits'; did you mean 'list'?", "glm sessions"),
        ("sessions nonsense", "no such command 'nonsense'", "glm sessions"),
        ("config get", "missing argument 'KEY'", "glm config get"),
    ],
)
def test_a_mistyped_command_line_is_told_in_two_lines(glm: Glm, argv: str, message: str, path: str) -> None:
    assert glm(*argv.split()).answer == ("", f"{message}\nSee {path} --help.\n", 2)


@pytest.mark.parametrize("name", ["sessions", "config", "tools"])
def test_a_group_alone_names_its_commands(glm: Glm, name: str) -> None:
    result = glm(name)
    assert (result.stdout, result.status) == ("", 2)
    first, second = result.stderr.splitlines()
    assert re.fullmatch(rf"glm {name} needs one of its commands: [a-z, ]+", first)
    assert second == f"See glm {name} --help."


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_commands_and_exit_statuses(glm: Glm, flag: str) -> None:
    result = glm(flag)
    assert (result.stderr, result.status) == ("", 0)
    for name, (_, help) in COMMANDS.items():
        assert re.search(rf"\n  {name} +{re.escape(help)}\n", result.stdout)
    assert "\nExit statuses:\n  0    the answer is complete\n" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_both_spellings(glm: Glm, name: str) -> None:
    short, long = glm(name, "-h"), glm(name, "--help")
    assert short == long
    assert (short.stderr, short.status) == ("", 0)
    assert short.stdout.startswith(f"Usage: glm {name} ")
    for option in ("--profile", "--config-dir", "--color", "--quiet", "--verbose", "--debug"):
        assert option in short.stdout


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version(glm: Glm, flag: str) -> None:
    from glmcli import __version__

    assert glm(flag).answer == (f"glm {__version__}\n", "", 0)
    assert glm("-q", flag).answer == (f"glm {__version__}\n", "", 0)


def test_every_option_stands_before_and_after_the_command(glm: Glm) -> None:
    other = str(glm.folder.parent / "other")
    before = glm("--config-dir", other, "config", "path")
    between = glm("config", "--config-dir", other, "path")
    after = glm("config", "path", "--config-dir", other)
    assert before == between == after
    assert before.stdout.startswith(other)


def test_the_later_of_two_places_wins(glm: Glm) -> None:
    assert glm("--color", "never", "run", "--color", "always").stderr.startswith("\x1b[")
    assert glm("--profile", "nope", "run", "hi", "--dry-run", "--profile", "demo").status == 0


@pytest.fixture
def _signals() -> Iterator[None]:
    """The program changes what signals do; the tests that follow get them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


@pytest.mark.usefixtures("_signals")
def test_the_real_world_is_taken_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from glmcli import __version__

    monkeypatch.setattr(sys, "argv", ["glm", "-q", "--version"])
    assert main() == 0
    assert capfd.readouterr() == (f"glm {__version__}\n", "")
    with pytest.raises(Terminated):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.usefixtures("_signals")
def test_a_stdout_that_cannot_be_flushed_at_the_end_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    saved = os.dup(1)
    try:
        monkeypatch.setattr(sys, "stdout", Gone())
        monkeypatch.setattr(Gone, "buffer", io.BytesIO(), raising=False)
        assert main(["config", "path"]) == 0
        assert Path("/proc/self/fd/1").readlink() == Path(os.devnull)
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def test_bytes_of_the_command_line_that_are_no_text_are_a_usage_error(glm: Glm) -> None:
    assert glm("run", "hi", "-m", "x\udcff").answer == (
        "",
        "the argument x\\xff is not UTF-8 text\nSet a UTF-8 locale, or put it into a file.\n",
        2,
    )


def test_a_disk_that_is_full_is_no_bug_of_ours(glm: Glm) -> None:
    for option in ("--help", "--version"):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            process = glm.process(option, stdout=full)
            _, err = process.communicate(timeout=30)
        assert (process.returncode, b"bug of glm" in err) == (1, False)
