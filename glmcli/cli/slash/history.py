"""Slash commands that show the conversation, or write it to a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.cli.slash.slash import Slash
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl
    from glmcli.store import Session
    from glmcli.store.export import Format

SUFFIXES: dict[str, "Format"] = {
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "jsonl",
}
FORMATS: tuple["Format", ...] = ("md", "html", "json", "jsonl", "body")

MARKS = {"complete": "", "interrupted": " (interrupted)", "error": " (cut short)"}
"""Behind the voice of a message that is not whole."""


def _history(repl: "Repl", argument: str) -> None:
    from glmcli.store import said
    from glmcli.ui.clean import one_line
    from glmcli.ui.columns import fit

    if argument and not (argument.isascii() and argument.isdecimal()):
        raise UsageError(f"{argument} is no number of messages", hint="For example: /history 5")
    path = repl.conversation.path()
    if not path:
        repl.say("nothing was said yet")
        return
    shown = min(int(argument), len(path)) if argument else len(path)
    width = len(str(len(path)))
    for number, it in list(enumerate(path, 1))[len(path) - shown :]:
        text = said(it.message).strip()
        first, _, more = text.partition("\n")
        line = f"{number:>{width}} {it.role + MARKS[it.status]:<9} {one_line(first)}{' …' if more else ''}"
        repl.say(fit(line.rstrip(), repl.terminal.width))


def _export(repl: "Repl", argument: str) -> None:
    name, format = _target(argument)
    conversation = repl.conversation
    if not conversation.messages:
        raise UsageError("nothing was said yet, so nothing was written", hint="Type a message first.")
    if name is None:
        name = f"{_file_name(conversation.label or 'conversation')}.{'json' if format == 'body' else format or 'md'}"
    path = Path(name).expanduser()
    known = format or SUFFIXES.get(path.suffix.lower())
    if known is None and path.suffix:
        raise UsageError(
            f"{path.suffix} is no format of a conversation; nothing was written",
            hint=f"Name it: /export {name} --format {'|'.join(FORMATS)}",
        )
    text = _text(repl, known or "md")
    try:
        with path.open("xb") as file:
            file.write(text.encode())
    except FileExistsError:
        raise UsageError(f"{path} exists; nothing was written", hint="Name another file.") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="Name another file.") from None
    repl.terminal.note(f"written to {path}")


def _target(argument: str) -> tuple[str | None, "Format | None"]:
    """The file and the format that are named, `FILE --format md` say. Raises UsageError."""
    match = re.fullmatch(r"(.*?)\s*(?:(?:^|\s)--format[= ]\s*(\S+)(.*))?", argument, re.DOTALL)
    assert match is not None
    name, format, rest = match[1].strip(), match[2], (match[3] or "").strip()
    if format is None:
        return name or None, None
    for known in FORMATS:
        if format == known:
            return name or rest or None, known
    raise UsageError(f"there is no format {format}; nothing was written", hint=f"There are {', '.join(FORMATS)}.")


def _file_name(label: str) -> str:
    """A name of a session as that of a file in this folder."""
    return re.sub(r"[^\w.-]+", "-", label).strip("-.") or "conversation"


def _text(repl: "Repl", format: "Format") -> str:
    """The conversation; as json with the branches that it left, where it is stored."""
    from glmcli.store.export import exported

    conversation = repl.conversation
    path = conversation.path()
    tree = path
    if conversation.session is not None and format == "json":
        with conversation.store() as store:
            tree = store.tree(conversation.session.id)
    return exported(conversation.session or _unstored(repl), path, tree, format)


def _unstored(repl: "Repl") -> "Session":
    """What a session would be of this conversation, which is not kept."""
    from glmcli.store import Session

    plan = repl.plan
    system = plan.system.value if plan.system else None
    return Session(
        "0",
        created=repl.terminal.world.now(),
        profile=plan.profile,
        model=plan.model.value,
        system=system,
        options=dict(plan.chosen),
    )


SLASHES = (
    Slash(("history",), "[N]", "shows the conversation with its numbers, or the last N messages", _history),
    Slash(
        ("export", "save"),
        "[FILE] [--format F]",
        "writes the conversation to a new file: .md, .html, .json, .jsonl, or --format body",
        _export,
        "path",
    ),
)
