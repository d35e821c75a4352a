"""`glm sessions`: the stored conversations listed, read, exported and removed. What they are is `glmcli.store`'s."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.errors import ConfigError, StoreError, UsageError
from glmcli.store.export import Format

if TYPE_CHECKING:
    from glmcli.store import Session, Store

Json = Annotated[bool, typer.Option("--json", help="One JSON value for scripts.")]
Reasoning = Annotated[bool, typer.Option("--reasoning", help="Show what the model thought, too.")]
Key = Annotated[
    str | None, typer.Argument(metavar="[ID|NAME]", help="The beginning of an id, or a name; else the last one used.")
]

SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}

app = group("sessions", "Stored conversations.")


@command(app, "list")
def list_(
    call: Invocation,
    limit: Annotated[int, typer.Option("--limit", "-l", min=0, help="How many; 0 for all.")] = 20,
    json_: Json = False,
) -> None:
    """The conversations used last."""
    with opened(call) as store:
        sessions = store.list(limit or None)
        if json_:
            _write_json(call, [_summary(store, session) for session in sessions])
            return
        if not sessions:
            call.terminal.note("no conversation is stored yet")
            return
        _write_table(call, [_row(store, session, call.world.now()) for session in sessions])


@command(app, "show")
def show(call: Invocation, key: Key = None, reasoning: Reasoning = False, json_: Json = False) -> None:
    """One conversation, to read."""
    from glmcli.store.export import passages, record

    with opened(call) as store:
        session = chosen(store, call, key)
        messages = store.messages(session.id)
    if json_:
        _write_json(call, record(session, messages))
        return
    facts = (session.name, session.profile, session.model, _date(session.created))
    terminal = call.terminal
    terminal.write(f"{session.title or 'Untitled'}\n", style="bold")
    terminal.write(f"{session.id}  {'  '.join(fact for fact in facts if fact)}\n", style="dim")
    for passage in passages(session, messages):
        terminal.write(f"\n{passage.heading}:\n", style="bold")
        if reasoning and passage.reasoning:
            terminal.write(f"{passage.reasoning.strip()}\n\n", style="dim")
        if passage.text:
            terminal.write(passage.text if passage.text.endswith("\n") else f"{passage.text}\n")


@command(app, "export")
def export(
    call: Invocation,
    key: Key = None,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            help="md and html to read; json with everything that is stored, jsonl with one message a line,"
            " body as the request that goes on with it.",
        ),
    ] = "md",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else standard output.")] = None,
    reasoning: Reasoning = False,
) -> None:
    """One conversation as a file."""
    with opened(call) as store:
        session = chosen(store, call, key)
        text = _exported(store, session, format, reasoning)
    if output is None or str(output) == "-":
        call.terminal.write(text)
        return
    try:
        output.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}", hint="Name another file with --output.") from error


@command(app, "rm")
def rm(
    call: Invocation,
    keys: Annotated[list[str] | None, typer.Argument(metavar="[ID|NAME]...", help="Which ones.")] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Those not used for 12h, 30d or 8w, say.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove conversations for good. --older-than asks first where there is a terminal."""
    if not keys and older_than is None:
        raise UsageError("nothing is named to be removed", hint="Give ids or names, or --older-than 30d.")
    with opened(call) as store:
        removed = {session.id for session in (store.find(key) for key in keys or ())}
        if older_than is not None:
            old = {session.id for session in store.unused_since(call.world.now() - seconds(older_than))}
            if (
                old - removed
                and not yes
                and not _confirmed(call, f"Remove {_count(len(old))} not used for {older_than}?")
            ):
                call.terminal.note("nothing was removed")
                return
            removed |= old
        call.terminal.note(f"removed {_count(store.remove(removed) if removed else 0)}")


@contextlib.contextmanager
def opened(call: Invocation) -> Iterator["Store"]:
    """The store, to be read or cleared; empty where nothing was stored yet. Its troubles as ConfigError: no answer was
    given, so none was lost."""
    from glmcli.store import Store

    try:
        with Store.at(call.folder, call.world, create=False) as store:
            yield store
    except StoreError as error:
        raise ConfigError(error.message, hint=error.hint) from error


def chosen(store: "Store", call: Invocation, key: str | None) -> "Session":
    """The session of that key, else the one used last. Raises UsageError."""
    if key is not None:
        return store.find(key)
    session = store.last(call.world.terminal_id())
    if session is None:
        raise UsageError("no conversation is stored yet", hint="Start one: glm run PROMPT, or glm chat.")
    return session


def seconds(age: str) -> float:
    """An age of hours, days or weeks in seconds. Raises UsageError."""
    match = re.fullmatch(r"(\d{1,6})([hdw])", age.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(f"{age!r} is no age", hint="Ages are hours, days or weeks: 12h, 30d, 8w.")
    return float(int(match[1]) * SECONDS[match[2]])


def _exported(store: "Store", session: "Session", format: Format, reasoning: bool) -> str:
    from glmcli.store.export import body, json_lines, json_text, markdown, page, record

    messages = store.messages(session.id)
    match format:
        case "md":
            return markdown(session, messages, reasoning=reasoning)
        case "html":
            return page(session, messages, reasoning=reasoning)
        case "jsonl":
            return json_lines(session, messages)
        case "body":
            return json_text(body(session, messages))
    return json_text(record(session, store.tree(session.id)))


def _confirmed(call: Invocation, question: str) -> bool:
    """Whether the person at the terminal says yes; without a terminal nobody can be asked, and the command stands."""
    world = call.world
    if world.stdin is None or not (world.stdin_tty and world.stderr_tty):
        return True
    call.terminal.write_error(f"{question} [y/N] ")
    return world.stdin.readline().strip().lower() in (b"y", b"yes")


def _count(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number} conversations"


def _summary(store: "Store", session: "Session") -> dict[str, Any]:
    return {
        "id": session.id,
        "name": session.name,
        "title": session.title,
        "created": session.created,
        "updated": session.updated,
        "profile": session.profile,
        "model": session.model,
        "messages": store.count(session.id),
    }


def _row(store: "Store", session: "Session", now: float) -> tuple[str, ...]:
    model = (session.model or "").rpartition("/")[2]
    shown = f"[{session.name}] {session.title}" if session.name else session.title
    return (
        store.short_id(session.id),
        _age(session.updated, now),
        str(store.count(session.id)),
        "/".join(part for part in (session.profile, model) if part),
        shown,
    )


def _write_table(call: Invocation, rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as they need be, lines cut to a terminal's width."""
    from glmcli.ui.clean import one_line
    from glmcli.ui.status import fit

    rows = [tuple(one_line(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3].ljust(widths[3])]
        line = "  ".join([*cells, row[4]]).rstrip()
        call.terminal.write(f"{fit(line, call.terminal.width) if call.terminal.out_is_tty else line}\n")


def _write_json(call: Invocation, value: Any) -> None:
    from glmcli.store.export import json_text
    from glmcli.ui.clean import escaped_in_json

    call.terminal.write(escaped_in_json(json_text(value)))


def _age(then: float, now: float) -> str:
    """How long ago, roughly; the date where that is a week or more."""
    passed = now - then
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if passed >= size:
            return f"{int(passed // size)} {unit} ago" if passed < 7 * 86400 else _date(then)[:10]
    return "now"


def _date(seconds: float) -> str:
    """In the time zone of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
