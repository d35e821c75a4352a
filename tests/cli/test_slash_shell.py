"""!command: what it shows, keeps and sees, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli.repl import Repl
from glmcli.cli.scrubbed import without_secrets
from glmcli.cli.slash.shell import ctrl_c, follow, plain
from glmcli.errors import Terminated
from glmcli.settings import load
from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import saying


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("a = 1\n")
    with served(tmp_path, saying("One."), saying("Two."), saying("Three.")) as served_talk:
        served_talk.environ |= {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
        yield served_talk


def test_the_output_of_a_command_goes_along(talk: Talk) -> None:
    told = replies(talk, "!printf 'one\\ntwo\\n'; echo three >&2", "Explain")
    ending = "goes along with the next message, /file none drops it"
    assert told[:4] == ["one", "two", "three", f"exit status 0; the output (3 lines) {ending}"]
    name = "$ printf 'one\\ntwo\\n'; echo three >&2 (exit status 0)"
    assert talk.asked == [[("user", f"``` {name}\none\ntwo\nthree\n```\n\nExplain")]]


def test_a_command_that_fails_or_says_nothing_tells_its_status(talk: Talk) -> None:
    assert replies(talk, "!exit 3", "/run kill -9 $$", "!", "!! literal", "!!hi", "/file") == [
        "exit status 3, no output",
        "ended by SIGKILL, no output",
        "there is no command after it; nothing was run",
        "For example: !git diff",
        "nothing waits; /file PATH adds a text, /attach PATH an image or a recording",
    ]
    assert [messages[-1][1] for messages in talk.asked] == ["! literal", "!hi"]


def test_a_command_sees_no_secrets(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.x]\nendpoint = "openai"\napi_key_env = "X_KEY"\nmodel = "x"\n')
    talk.environ["X_KEY"] = "secret"
    told = replies(talk, "!env | grep -c -e TOKEN -e X_KEY", "!echo $CLOUDFLARE_ACCOUNT_ID")
    assert told[0] == "0"
    assert told[2] == talk.environ["CLOUDFLARE_ACCOUNT_ID"]
    settings = load(tmp_path, talk.environ)
    assert without_secrets({"CF_API_TOKEN": "1", "X_KEY": "2", "A": "3"}, settings) == {"A": "3"}


def test_a_command_reads_nothing_where_there_is_no_terminal(talk: Talk) -> None:
    assert replies(talk, "!cat")[0] == "exit status 0, no output"


def test_a_shell_that_does_not_start_is_said(talk: Talk) -> None:
    talk.environ["SHELL"] = "/no/such/shell"
    assert replies(talk, "!ls")[0] == "the shell does not start: No such file or directory"
    talk.environ["SHELL"] = ""
    assert replies(talk, "!ls a.py")[0] == "a.py"


def test_control_sequences_are_shown_and_not_sent(talk: Talk) -> None:
    told = replies(talk, "!printf '\\033[31mred\\033[0m\\n'", "Hi")
    assert told[0] == "␛[31mred␛[0m"
    assert "\nred\n```" in talk.asked[0][0][1]


def test_ctrl_c_ends_the_command_and_not_the_loop(talk: Talk) -> None:
    told = replies(talk, "!echo begun; kill -INT $PPID; exec sleep 60", "Hi")
    assert told[0] == "begun"
    assert told[1].startswith("ended by SIGINT; the output (1 line)")
    assert len(talk.asked) == 1


def test_a_command_that_does_not_listen_is_ended_more_firmly(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmcli.cli.slash.shell.GRACE", 0.1)
    told = replies(talk, "!trap '' INT; kill -INT $PPID; while :; do sleep 0.05; done", "Hi")
    assert told[0] == "ended by SIGTERM, no output"


@pytest.mark.parametrize(("script", "ended"), [("trap '' TERM; ", 9), ("", 15)])
def test_a_command_that_the_terminal_told_gets_its_time(
    monkeypatch: pytest.MonkeyPatch, script: str, ended: int
) -> None:
    monkeypatch.setattr("glmcli.cli.slash.shell.GRACE", 0.05)
    shown: list[str] = []
    command = ["sh", "-c", f"{script}echo begun; while :; do sleep 0.02; done"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        follow(process, shown.append, time.monotonic, BegunThenPressed(shown), told=True)
    assert (shown[0], process.returncode) == ("begun\n", -ended)


class BegunThenPressed(list[float]):
    """A Ctrl-C that comes when the command has said something."""

    def __init__(self, shown: list[str]) -> None:
        super().__init__()
        self._shown = shown

    def __len__(self) -> int:
        return min(1, len(self._shown))


def test_a_key_that_is_held_down_is_one_press() -> None:
    times = iter([1.0, 1.5, 2.2, 9.0])
    before = signal.getsignal(signal.SIGINT)
    with ctrl_c(lambda: next(times)) as presses:
        for _ in range(4):
            signal.raise_signal(signal.SIGINT)
    assert presses == [1.0, 2.2, 9.0]
    assert signal.getsignal(signal.SIGINT) is before


def test_sigterm_ends_the_command_and_the_loop(talk: Talk) -> None:
    def terminate(repl: Repl) -> None:
        def on_term(number: int, frame: Any) -> None:
            raise Terminated

        before = signal.signal(signal.SIGTERM, on_term)
        try:
            repl.take("!sleep 0.3; kill -TERM $PPID; sleep 60")
        finally:
            signal.signal(signal.SIGTERM, before)

    with pytest.raises(Terminated):
        talk(terminate)


def test_what_runs_on_in_the_background_is_not_waited_for(talk: Talk) -> None:
    told = replies(talk, "!sleep 60 & echo $!", "!exec >&- 2>&-; sleep 0.3")
    os.kill(int(told[0]), 9)
    assert told[1].startswith("exit status 0; ")
    assert told[2] == "exit status 0, no output"


def test_a_long_output_keeps_its_beginning_and_its_end(talk: Talk) -> None:
    talk("!yes | head -c 100000; echo the end", "What was it?")
    sent = talk.bodies[0]["messages"][-1]["content"]
    assert re.search(r"\[… 34,\d{3} bytes left out …\]", sent)
    assert "the end\n" in sent
    assert len(sent) < 66_000


def test_an_output_is_read_as_it_ended() -> None:
    assert plain("10 %\r50 %\r100 %\r\nok\r\n\x1b]0;title\x07\x1b(B\x1b[1mx\x1b[0m\0") == "100 %\nok\nx\ufffd"
