"""`glm chat` in this process, on a pseudo-terminal: what it needs, says before anything is typed, and keeps."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli import main
from glmcli.cli.conversation import Conversation
from glmcli.cli.device import find_device
from glmcli.cli.keyboard import Keyboard
from glmcli.errors import UsageError
from glmcli.store import Session
from glmcli.world import World
from tests.support.cli import Glm
from tests.support.served import USAGE, saying, serving

GREETING = "@cf/zai-org/glm-4.7-flash, profile default\n/help lists commands and keys, Ctrl-D leaves\n\n"
KEPT = "this session is kept; go on with it: glm chat -c\n"


@contextmanager
def pseudo_terminal() -> Iterator[tuple[int, int]]:
    """Both ends of one: the person's and the program's."""
    person, program = os.openpty()
    try:
        yield person, program
    finally:
        os.close(person)
        os.close(program)


@dataclass
class Chat:
    """Calls `glm chat` with keys waiting on a dumb terminal, which shows plain text; gives what it shows, and the
    status."""

    folder: Path

    def __call__(self, typed: str, *argv: str, env: Mapping[str, str], **how: Any) -> tuple[str, int]:
        environ = {"GLM_CONFIG_DIR": str(self.folder), "TERM": "dumb", **env}
        with pseudo_terminal() as (person, program), os.fdopen(program, "r+b", buffering=0, closefd=False) as tty:
            modes = termios.tcgetattr(program)
            modes[0] &= ~termios.ICRNL  # what is typed before the program is ready would have its Enters translated
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            termios.tcsetattr(program, termios.TCSANOW, modes)
            modes = termios.tcgetattr(program)
            os.write(person, typed.encode())
            streams = {"stdin": tty, "stdout": tty, "stderr": tty}
            terminals = {"stdin_tty": True, "stdout_tty": True, "stderr_tty": True}
            status = main(["chat", *argv], World(**{**streams, **terminals, "environ": environ, **how}))
            assert termios.tcgetattr(program) == modes
            os.write(program, b"END")
            shown = b""
            while not shown.endswith(b"END"):
                shown += os.read(person, 65536)
        return shown.decode().removesuffix("END").replace("\r", ""), status


@pytest.fixture
def chat(glm: Glm, monkeypatch: pytest.MonkeyPatch) -> Chat:
    monkeypatch.setenv("TERM", "dumb")  # prompt-toolkit looks at the real one
    return Chat(glm.folder)


def test_it_talks_and_keeps_what_was_typed(chat: Chat) -> None:
    with serving(saying("Hello.")) as server:
        assert chat("Hi\r\x04", env=server.env) == (f"{GREETING}> Hi\nHello.\n\n> \n{KEPT}", 0)
    assert (chat.folder / "history").read_text().endswith("+Hi\n")


def test_no_log_keeps_nothing(chat: Chat) -> None:
    with serving(saying("Hello.")) as server:
        shown = chat("Hi\rexit\r", "--no-log", env=server.env)
        assert shown == (f"{GREETING}> Hi\nHello.\n\n> exit\n\n", 0)
    assert list(chat.folder.glob("*")) == []


def test_a_resumed_session_counts_what_it_cost_before(chat: Chat) -> None:
    with serving(saying("Hello."), saying("Again."), saying("Cut", usage=False, done=False, finish="stop")) as server:
        chat("/retry\r/exit\r", "Hi", env=server.env)
        shown, status = chat("/usage\r/exit\r", "-c", env=server.env)
    assert status == 0
    assert f"2 answers: {2 * USAGE['prompt_tokens']} tokens in" in shown
    assert "(2 messages)\n" in shown


def test_settings_choose_the_keys(chat: Chat) -> None:
    chat.folder.mkdir()
    (chat.folder / "config.toml").write_text('editing_mode = "vi"\nmultiline = true\n')
    with serving(saying("Hello.")) as server:
        shown, status = chat("one\rtwo\x1b\r/help\x1b\r\x04", env=server.env)
        assert server.bodies[0]["messages"][0]["content"] == "one\ntwo"
    assert (status, "v in command mode" in shown, "Alt-Enter               sends" in shown) == (0, True, True)


@pytest.mark.parametrize(
    ("argv", "env", "status", "message"),
    [
        ((), {}, 3, "no API token"),
        (("--temperature", "9"), {"CLOUDFLARE_API_TOKEN": "x"}, 2, "/temperature: 9 is above the maximum 2"),
        (("-c",), {}, 2, "there is no session to go on with"),
        (("-f", "missing"), {"CLOUDFLARE_API_TOKEN": "x", "CLOUDFLARE_ACCOUNT_ID": "y"}, 2, "missing cannot be read"),
        (("--profile", "nobody"), {}, 3, "there is no profile"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_prompt(
    chat: Chat, argv: tuple[str, ...], env: dict[str, str], status: int, message: str
) -> None:
    shown, ended = chat("Hi\r", *argv, env=env)
    assert ended == status
    assert message in shown
    assert ">" not in shown


def test_a_store_that_cannot_be_read_any_more_counts_as_free(tmp_path: Path) -> None:
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a world has streams, also where nobody looks at them
        conversation = Conversation(tmp_path, World(None, nothing, nothing), keep=True, warn=lambda line: None)
        (tmp_path / "sessions.db").write_bytes(b"no database" * 100)
        conversation.session = Session("1")
        assert conversation.usages() == []
        conversation.close()


# The terminal


def world(**how: Any) -> World:
    nothing = open(os.devnull, "r+b")  # noqa: PTH123, SIM115
    nothing.close()
    return World(**{"stdin": None, "stdout": nothing, "stderr": nothing, **how})


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a terminal"), find_device(world(), tmp_path / "none"):
        pass


def test_the_controlling_terminal_stands_in_for_streams_that_are_none() -> None:
    with pseudo_terminal() as (person, program):
        with find_device(world(), Path(os.ttyname(program))) as device, device.quiet():
            assert not termios.tcgetattr(program)[3] & termios.ECHO
            assert os.read(person, 100) == b"\x1b[?2004h"
            with device.lent():
                signal.raise_signal(signal.SIGCONT)
            assert os.read(person, 100) == b"\x1b[?2004h"
        assert termios.tcgetattr(program)[3] & termios.ECHO
        assert os.read(person, 100) == b"\x1b[?2004l\x1b[?25h"


def test_a_continued_process_quiets_its_terminal_again() -> None:
    with pseudo_terminal() as (_, program):
        found = termios.tcgetattr(program)
        with find_device(world(), Path(os.ttyname(program))) as device, device.quiet():
            quiet = termios.tcgetattr(program)
            termios.tcsetattr(program, termios.TCSANOW, found)
            signal.raise_signal(signal.SIGCONT)
            assert termios.tcgetattr(program) == quiet
        assert termios.tcgetattr(program) == found


def test_a_screen_takes_control_sequences_and_a_dumb_one_none() -> None:
    from prompt_toolkit.output.plain_text import PlainTextOutput
    from prompt_toolkit.output.vt100 import Vt100_Output

    with pseudo_terminal() as (_, program):
        for term, kind in (("xterm", Vt100_Output), ("dumb", PlainTextOutput)):
            with find_device(world(environ={"TERM": term}), Path(os.ttyname(program))) as device:
                keys, screen = Keyboard(device, None).streams()
                assert type(screen) is kind
                assert not keys.closed


def test_a_terminal_that_is_gone_is_no_trouble() -> None:
    person, program = os.openpty()
    with find_device(world(), Path(os.ttyname(program))) as device, device.quiet():
        os.close(person)
    os.close(program)
