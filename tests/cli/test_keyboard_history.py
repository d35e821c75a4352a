"""What was typed stays on disk: the history, and what a process that was killed has not sent."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
from pathlib import Path

import pytest
from prompt_toolkit.input import create_pipe_input

from glmcli.cli.keyboard.unsent import FOLDER, Unsent
from tests.cli.typed_keys import ENTER, UP, Keyboard, Pipe, entries, pasted, typed

LONG = "\n".join(f"line {number}" for number in range(11))


def test_the_history_belongs_to_its_owner_alone(pipe: Pipe, tmp_path: Path) -> None:
    path = tmp_path / "new" / "history"
    typed(pipe, "hello" + ENTER, path=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_file_nothing_is_written(pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed(pipe, "hello" + ENTER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["folder", "file above"])
def test_a_history_that_cannot_be_written_is_no_trouble(pipe: Pipe, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "history"
    if fault == "folder":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "history"
    keyboard = Keyboard(pipe, path)
    pipe.typed.send_text("one\r")
    assert keyboard.read() == "one"
    pipe.typed.send_text(UP + ENTER)
    assert keyboard.read() == "one"


def test_two_processes_share_the_history(tmp_path: Path) -> None:
    path = tmp_path / "history"
    with create_pipe_input() as one, create_pipe_input() as two:
        first, second = Keyboard(Pipe(one), path), Keyboard(Pipe(two), path)
        for number in range(3):
            one.send_text(f"one {number}\nmore\r")
            two.send_text(f"two {number}\r")
            first.read()
            second.read()
    assert entries(path) == [text for n in range(3) for text in (f"one {n}\nmore", f"two {n}")]
    with create_pipe_input() as third:
        third.send_text(UP + UP + UP + ENTER)
        assert Keyboard(Pipe(third), path).read() == "one 2\nmore"


# What is not sent yet


def of_killed(folder: Path, text: str) -> None:
    """A process keeps this text, and is killed."""
    if (child := os.fork()) == 0:
        Unsent(folder).keep(text)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_what_a_killed_process_had_is_found_once_and_what_a_living_one_has_is_left_alone(tmp_path: Path) -> None:
    living = Unsent(tmp_path)
    living.keep("still typing")
    of_killed(tmp_path, "half a\nmessage")
    of_killed(tmp_path, " ")
    assert Unsent(tmp_path).left() == ["half a\nmessage"]
    assert Unsent(tmp_path).left() == []
    assert [path.read_text() for path in (tmp_path / FOLDER).iterdir()] == ["still typing"]
    living.keep("")
    living.close()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_is_not_sent_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    Unsent(tmp_path).keep("secret")
    (file,) = (tmp_path / FOLDER).iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]


def test_it_is_the_whole_of_what_is_typed_now(tmp_path: Path) -> None:
    unsent = Unsent(tmp_path)
    for text in ("a long text", "short", "gr\ud800ße", ""):
        unsent.keep(text)
        (file,) = (tmp_path / FOLDER).iterdir()
        assert file.read_text() == text.replace("\ud800", "?")


def test_where_nothing_can_be_kept_there_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    unsent = Unsent(tmp_path / "file")
    unsent.keep("a")
    unsent.keep("ab")
    assert unsent.left() == []
    unsent.close()

    def unable(file: int, how: int) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(fcntl, "flock", unable)
    unsent = Unsent(tmp_path)
    unsent.keep("a")
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert unsent.left() == []


def test_a_file_that_was_taken_for_a_left_one_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    taken: list[Path] = []

    def late(file: int, how: int) -> None:
        if not taken:
            taken.extend((tmp_path / FOLDER).iterdir())
            taken[0].unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    Unsent(tmp_path).keep("a")
    (file,) = (tmp_path / FOLDER).iterdir()
    assert (file.read_text(), file == taken[0]) == ("a", False)


def test_a_message_is_on_disk_while_it_is_typed_and_gone_when_it_is_sent(pipe: Pipe, tmp_path: Path) -> None:
    seen: list[str] = []

    class Looking(Keyboard):
        def _keep_unsent(self, text: str) -> None:
            super()._keep_unsent(text)
            seen.extend(path.read_text() for path in (tmp_path / FOLDER).iterdir())

    pipe.typed.send_text("ab" + pasted(LONG) + ENTER)
    keyboard = Looking(pipe, tmp_path / "history")
    with keyboard.open():
        keyboard.read()
        assert seen[-3:] == ["ab", f"ab{LONG}", ""]
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_was_left_is_in_the_history(pipe: Pipe, tmp_path: Path) -> None:
    of_killed(tmp_path, "lost?")
    keyboard = Keyboard(pipe, tmp_path / "history")
    assert (keyboard.rescued(), keyboard.rescued(), Keyboard(pipe, None).rescued()) == (1, 0, 0)
    pipe.typed.send_text(UP + ENTER)
    assert keyboard.read() == "lost?"
