"""`-` on the command line is stdin: as the prompt, beside its words, and in place of a file (interface §2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm, Result
from tests.support.served import TOKEN


def messages_of(result: Result) -> list[tuple[Any, Any]]:
    """Role and content of the messages of a dry run."""
    assert (result.stderr, result.status) == ("", 0)
    return [(it["role"], it["content"]) for it in json.loads(result.stdout)["messages"]]


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (("-",), "document"),
        (("-", "two", "words"), "document\n\ntwo words"),
        (("two", "words", "-"), "document\n\ntwo words"),
        (("what", "is", "3", "-", "2"), "document\n\nwhat is 3 - 2"),
    ],
)
def test_a_dash_beside_words_is_the_document_before_them(glm: Glm, words: tuple[str, ...], prompt: str) -> None:
    assert messages_of(glm("run", "--dry-run", *words, stdin=b"document\n")) == [("user", prompt)]


def test_a_dash_between_words_is_a_word_and_reads_nothing(glm: Glm) -> None:
    assert messages_of(glm("run", "--dry-run", "--no-stdin", "3", "-", "2")) == [("user", "3 - 2")]


def test_a_system_prompt_comes_through_a_pipe(glm: Glm) -> None:
    result = glm("run", "--dry-run", "--system-file", "-", "hi", stdin=b"Be brief.\n")
    assert messages_of(result) == [("system", "Be brief."), ("user", "hi")]


def test_a_system_prompt_from_a_pipe_goes_into_a_whole_body(glm: Glm, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"messages": [{"role": "system", "content": "old"}, {"role": "user", "content": "hi"}]}')
    result = glm("run", "--dry-run", "--body", str(body), "--system-file", "-", stdin=b"Be brief.\n")
    assert messages_of(result) == [("system", "Be brief."), ("user", "hi")]


@pytest.mark.parametrize("argv", [("-", "words", "-"), ("--system-file", "-", "-"), ("--system-file", "-", "-f", "-")])
def test_two_dashes_are_two_readers(glm: Glm, argv: tuple[str, ...]) -> None:
    assert glm("run", *argv, stdin=b"x", env={"CLOUDFLARE_API_TOKEN": TOKEN}).answer == (
        "",
        "stdin can be read only once\n"
        "Give `-` once: as the prompt, or with one of -f, -a, --system-file, --body and --messages.\n",
        2,
    )


@pytest.mark.parametrize(
    ("argv", "out", "waits"),
    [
        (("-", "words"), "", [3.0, 57.0]),
        (("--system-file", "-", "hi", "--stdin-timeout", "9"), "", [3.0, 6.0]),
        (("--stdin-timeout", "9"), "", [3.0, 6.0]),
        (("hi",), "--no-stdin does not look at {}", [3.0, 57.0]),
    ],
)
def test_no_stdin_is_named_only_where_it_is_a_way_out(
    glm: Glm, argv: tuple[str, ...], out: str, waits: list[float]
) -> None:
    asked: list[float | None] = []

    def never(descriptor: int, seconds: float | None) -> bool:
        asked.append(seconds)
        return False

    first, second = (f"{out.format(it)}, " if out else "" for it in ("it", "stdin"))
    assert glm("run", "--dry-run", *argv, stdin=b"", readable=never).answer == (
        "",
        f"waiting for stdin, which is open and silent; {first}Ctrl-C ends\n"
        f"nothing came on stdin within {sum(waits):g} s; nothing was sent\n"
        f"{second}--stdin-timeout 0 waits for ever.\n",
        2,
    )
    assert asked == waits
