"""Slash commands that take something out of the conversation: into the clipboard, or into a file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.cli.slash.slash import Slash
from glmcli.code_blocks import CodeBlock, code_blocks
from glmcli.errors import UsageError
from glmcli.store.records import text_of
from glmcli.ui.clean import utf8

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl

_VOICES = {"user": "You", "assistant": "GLM"}
_CODE = re.compile(r"(\d*)\s*(?:(>\|?)\s*(.+))?", re.DOTALL)


def _copy(repl: "Repl", argument: str) -> None:
    what, text = _chosen(repl, argument)
    from glmcli.cli.clipboard import copy

    how = copy(repl.terminal, text)
    count, lines = len(text), len(text.splitlines())
    repl.terminal.note(
        f"copied {what}: {lines:,} {'line' if lines == 1 else 'lines'}, {count:,}"
        f" {'character' if count == 1 else 'characters'}, {how}"
    )


def _chosen(repl: "Repl", argument: str) -> tuple[str, str]:
    """What is to be copied: its name, and itself."""
    words = argument.split()
    if not words:
        return "the last answer", _answer(repl)
    if words[0] == "code" and len(words) <= 2 and (len(words) == 1 or words[1].isdecimal()):
        number, block, _ = _block(repl, words[1] if words[1:] else "")
        return f"code block {number}", block.text
    if len(words) == 1 and words[0].isdecimal():
        return f"answer {words[0]}", _answer(repl, int(words[0]))
    if words == ["all"]:
        said = [(message, text_of(message).strip("\n")) for message in repl.conversation.messages]
        parts = [f"## {_VOICES[it['role']]}\n\n{text}" for it, text in said if it.get("role") in _VOICES and text]
        if not parts:
            raise UsageError("nothing was said yet; nothing was copied")
        return "the whole conversation", "\n\n".join(parts) + "\n"
    raise UsageError(
        f"/copy does not know {argument}; nothing was copied", hint="/copy, /copy 2, /copy code, /copy all"
    )


def _answers(repl: "Repl") -> list[str]:
    spoken: list[dict[str, Any]] = [it for it in repl.conversation.messages if it.get("role") == "assistant"]
    return [text for text in map(text_of, spoken) if text.strip()]


def _answer(repl: "Repl", number: int | None = None) -> str:
    answers = _answers(repl)
    if not answers:
        raise UsageError("there is no answer yet", hint="Type a message first.")
    if number is None:
        return answers[-1]
    if not 1 <= number <= len(answers):
        raise UsageError(f"there is no answer {number}", hint=f"There are {len(answers)}; 1 is the first.")
    return answers[number - 1]


def _block(repl: "Repl", number: str) -> tuple[int, CodeBlock, int]:
    """A code block of the last answer, with its number and how many there are; without a number the last one."""
    found = code_blocks(_answer(repl))
    if not found:
        raise UsageError("the last answer has no code block", hint="Ask for one.")
    at = int(number) if number else len(found)
    if not 1 <= at <= len(found):
        raise UsageError(f"there is no code block {at}", hint=f"The last answer has {len(found)}; 1 is the first.")
    return at, found[at - 1], len(found)


def _code(repl: "Repl", argument: str) -> None:
    match = _CODE.fullmatch(argument)
    if match is None:
        raise UsageError(f"/code does not know {argument}; nothing was done", hint="/code, /code 2, /code 2 > FILE")
    number, block, count = _block(repl, match[1])
    if match[2]:
        _write(repl, block, match[3], over=match[2] == ">|")
        return
    repl.terminal.note(f"code block {number} of {count} ({block.described})")
    repl.terminal.write(block.text)
    repl.terminal.fresh_line()


def _write(repl: "Repl", block: CodeBlock, given: str, *, over: bool) -> None:
    try:
        words = shlex.split(given)
    except ValueError:
        words = []
    if len(words) != 1:
        raise UsageError("> takes one path; nothing was written", hint='For example: /code 1 > "my program.py"')
    try:
        with Path(words[0]).expanduser().open("wb" if over else "xb") as file:
            file.write(utf8(block.text))
    except FileExistsError:
        raise UsageError(
            f"{words[0]} is there already; nothing was written", hint="Take another name; >| in place of > replaces it."
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise UsageError(f"{words[0]} cannot be written: {reason}") from None
    repl.terminal.note(f"{words[0]} written ({block.described})")


SLASHES = (
    Slash(
        ("copy",),
        "[N|code [N]|all]",
        "copies the last answer, answer N, its last code block or block N, or all",
        _copy,
        "choice",
        ("code", "all"),
    ),
    Slash(("code",), "[N] [> FILE]", "shows or writes the last code block of the last answer, or block N", _code),
)
