"""`glm run -x` and its kin: the code of an answer and nothing else (interface §4)."""

from __future__ import annotations

import pytest

from tests.support.cli import Glm
from tests.support.served import saying, serving

TWO = "First:\n\n```python\nprint(1)\n```\n\nthen\n\n```sh\nls -l\n```\n"


@pytest.mark.parametrize(
    ("flag", "printed"),
    [("-x", "print(1)\n"), ("--extract-last", "ls -l\n"), ("--extract-all", "print(1)\n\nls -l\n")],
)
@pytest.mark.parametrize("tty", [False, True])
def test_the_code_alone_is_printed(glm: Glm, flag: str, printed: str, tty: bool) -> None:
    with serving(saying(TWO)) as served:
        result = glm("run", "hi", flag, env=served.env, tty=tty, stderr_tty=False)
    assert result.answer == (printed, "", 0)


def test_an_answer_without_code_is_unusable(glm: Glm) -> None:
    with serving(saying("No code.")) as served:
        result = glm("run", "hi", "-x", env=served.env)
    assert (result.stdout, result.status) == ("", 9)
    assert "code block" in result.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("-x", "--extract-all"), "one kind of --extract at a time\nLeave the others out.\n"),
        (("-x", "--jsonl"), "--extract prints code, not JSON\nLeave one of them out.\n"),
    ],
)
def test_contradictions_are_usage_errors(glm: Glm, flags: tuple[str, ...], message: str) -> None:
    result = glm("run", "hi", *flags)
    assert (result.stderr, result.status) == (message, 2)


def test_what_is_printed_can_be_copied_or_it_is_said_why_not(glm: Glm) -> None:
    with serving(saying(TWO)) as served:
        result = glm("run", "hi", "-x", "--copy", env={**served.env, "PATH": ""})
    assert (result.stdout, result.status) == ("print(1)\n", 0)
    assert result.stderr.startswith("warning: ")
