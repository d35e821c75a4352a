"""/copy and /code: what is taken out of a conversation, and where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import failing, saying
from tests.test_clipboard import tools

FIRST = "Plain."
SECOND = "Try:\n\n```python\nprint(1)\n```\n\nor\n\n```sh\nls\n```\n"


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with served(tmp_path, saying(FIRST), saying(SECOND), failing(400, 1, "no")) as served_talk:
        served_talk.environ |= tools(tmp_path, "pbcopy")
        yield served_talk


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return tmp_path / "tools" / "pbcopy.in"


@pytest.mark.parametrize(
    ("line", "told", "text"),
    [
        ("/copy", "the last answer: 11 lines, 47 characters", SECOND),
        ("/copy 1", "answer 1: 1 line, 6 characters", FIRST),
        ("/copy 2", "answer 2: 11 lines, 47 characters", SECOND),
        ("/copy code", "code block 2: 1 line, 3 characters", "ls\n"),
        ("/copy code 1", "code block 1: 1 line, 9 characters", "print(1)\n"),
        (
            "/copy all",
            "the whole conversation: 25 lines, 97 characters",
            f"## You\n\nHi\n\n## GLM\n\n{FIRST}\n\n## You\n\nCode\n\n## GLM\n\n{SECOND}",
        ),
    ],
)
def test_what_is_copied(talk: Talk, copied: Path, line: str, told: str, text: str) -> None:
    assert replies(talk, "Hi", "Code", line) == [f"copied {told}, with pbcopy"]
    assert copied.read_text() == text


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/copy 3", ["there is no answer 3", "There are 2; 1 is the first."]),
        ("/copy 0", ["there is no answer 0", "There are 2; 1 is the first."]),
        ("/copy code 3", ["there is no code block 3", "The last answer has 2; 1 is the first."]),
        ("/copy it", ["/copy does not know it; nothing was copied", "/copy, /copy 2, /copy code, /copy all"]),
        ("/code x", ["/code does not know x; nothing was done", "/code, /code 2, /code 2 > FILE"]),
        ("/code > a b", ["> takes one path; nothing was written", 'For example: /code 1 > "my program.py"']),
        ('/code > "a', ["> takes one path; nothing was written", 'For example: /code 1 > "my program.py"']),
        ("/code > gone/x", ["gone/x cannot be written: no such file or directory"]),
    ],
)
def test_what_is_not_there_is_not_copied(talk: Talk, copied: Path, line: str, fault: list[str]) -> None:
    assert replies(talk, "Hi", "Code", line) == fault
    assert not copied.exists()


def test_before_the_first_answer_there_is_nothing(talk: Talk) -> None:
    assert replies(talk, "/copy", "/copy all", "Hi", "/copy code", "/code") == [
        "there is no answer yet",
        "Type a message first.",
        "nothing was said yet; nothing was copied",
        "the last answer has no code block",
        "Ask for one.",
        "the last answer has no code block",
        "Ask for one.",
    ]


def test_an_answer_that_failed_is_none(talk: Talk, copied: Path) -> None:
    talk("Hi", "Code", "Fail", "/copy")
    assert copied.read_text() == SECOND


def test_where_there_is_no_clipboard_that_is_said(talk: Talk) -> None:
    talk.environ["PATH"] = ""
    assert replies(talk, "Hi", "/copy")[0].startswith("there is no clipboard")


def test_code_is_shown(talk: Talk) -> None:
    assert replies(talk, "Hi", "Code", "/code", "/code 1") == [
        "code block 2 of 2 (sh, 1 line)",
        "code block 1 of 2 (python, 1 line)",
    ]
    assert talk.said.endswith("```\nls\nprint(1)\n")


def test_code_is_written_and_never_over_a_file(talk: Talk) -> None:
    assert replies(talk, "Hi", "Code", '/code 1 > "my x.py"', "/code >'my x.py'", "/code >| 'my x.py'") == [
        "my x.py written (python, 1 line)",
        "my x.py is there already; nothing was written",
        "Take another name; >| in place of > replaces it.",
        "my x.py written (sh, 1 line)",
    ]
    assert Path("my x.py").read_text() == "ls\n"
