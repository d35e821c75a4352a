"""How a failure is told: its message in a line or two and what to do next, on stderr; as JSON too, where a program
asked for that. The one place that prints errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from glmcli.errors import GlmError

if TYPE_CHECKING:
    from glmcli.ui.terminal import Terminal
    from glmcli.world import World


IN_CHAT = {"--max-tokens ": "/retry max_tokens=", "--no-think": "/think off, /retry"}
"""Cures in the words of the chat, which takes no flags."""


def show_failure(terminal: "Terminal", failure: GlmError, *, in_chat: bool = False) -> None:
    """Says what went wrong on stderr."""
    for line in failure.message.splitlines():
        terminal.note(line, style="error")
    hint = failure.hint
    for flag, command in IN_CHAT.items() if in_chat else ():
        hint = hint.replace(flag, command)
    if hint:
        terminal.note(hint, style="error" if terminal.quiet else "dim")  # the cure belongs to the error


def show_early_failure(world: "World", failure: GlmError, arguments: Sequence[str]) -> None:
    """Tells a failure that ended a command before it had anything to show, the ones of the command line included.

    So the options that say how to tell it are looked for in the arguments, whether these can be parsed or not.
    """
    from glmcli.ui.terminal import Terminal

    color = _value(arguments, "--color")
    terminal = Terminal(world, color="always" if color == "always" else "never" if color == "never" else "auto")
    with suppress(GlmError, OSError):  # whoever reads stdout has left: stderr and the status remain
        _show_to_program(terminal, failure, format_asked(arguments))
    show_failure(terminal, failure)


def _show_to_program(terminal: "Terminal", failure: GlmError, format: Literal["text", "json", "jsonl"]) -> None:
    from glmcli.ui.machine import Json, Jsonl

    if format == "json":
        Json(terminal).close(failure)
    elif format == "jsonl":
        Jsonl(terminal, {"session": None, "profile": None, "model": None}).close(failure)


def format_asked(arguments: Sequence[str]) -> Literal["text", "json", "jsonl"]:
    """In which form these arguments ask for the answer."""
    words = _options(arguments)
    named = _value(arguments, "--output-format")
    if "--jsonl" in words or named == "stream-json":
        return "jsonl"
    return "json" if "--json" in words or named == "json" else "text"


class Bug(GlmError):
    """A bug of ours, as one line."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"unexpected {type(error).__name__}: {error}".replace("\n", " "),
            hint="This is a bug of glm. Run the same again with --debug to see where, and report it.",
        )


def _options(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments up to `--`, after which everything is a word of the prompt."""
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _value(arguments: Sequence[str], option: str) -> str | None:
    """The value of an option, of the last one where it stands twice."""
    words = _options(arguments)
    found = None
    for word, following in zip_longest(words, words[1:]):
        name, equals, value = word.partition("=")
        if name == option:
            found = value if equals else following
    return found
