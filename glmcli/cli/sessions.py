"""`glm sessions`: the stored conversations listed, read, searched, copied and removed. What they are is
`glmcli.store`'s."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from glmcli.cli.command import Invocation, command, group
from glmcli.cli.session_lines import aligned, charged, date, described, found, sums, titled
from glmcli.errors import ConfigError, StoreError, UsageError
from glmcli.store.export import Format

if TYPE_CHECKING:
    from glmcli.store import Session, Spent, Store

Json = Annotated[bool, typer.Option("--json", help="One JSON value for scripts.")]
Reasoning = Annotated[bool, typer.Option("--reasoning", help="Show what the model thought, too.")]
Key = Annotated[
    str | None, typer.Argument(metavar="[ID|NAME]", help="The beginning of an id, or a name; else the last one used.")
]

One = Annotated[str, typer.Argument(metavar="ID|NAME", help="The beginning of an id, or a name.")]

SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}

app = group("sessions", "Stored conversations.")


@command(app, "list")
def list_(
    call: Invocation,
    limit: Annotated[int, typer.Option("--limit", "-l", metavar="N", min=0, help="How many; 0 for all.")] = 20,
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
        rows = [described(store, session, call.world.now()) for session in sessions]
    _write_lines(call, aligned(rows, right=(1, 2)))


@command(app, "show")
def show(
    call: Invocation,
    key: Key = None,
    reasoning: Reasoning = False,
    raw: Annotated[bool, typer.Option("--raw", "-r", help="Answers as Markdown source, on a terminal too.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Answers line by line, without frames.")] = False,
    json_: Json = False,
) -> None:
    """One conversation, to read. On a terminal its answers are rendered."""
    from glmcli.store.export import passages, record

    with opened(call) as store:
        session = chosen(store, call, key)
        messages = store.messages(session.id)
    if json_:
        _write_json(call, record(session, messages))
        return
    facts = (session.name, session.profile, session.model, date(session.created))
    terminal = call.terminal
    terminal.write(f"{session.title or 'Untitled'}\n", style="bold")
    terminal.write(f"{session.id}  {'  '.join(fact for fact in facts if fact)}\n", style="dim")
    for passage in passages(session, messages):
        terminal.write(f"\n{passage.heading}:\n", style="bold")
        if reasoning and passage.reasoning:
            terminal.write(f"{passage.reasoning.strip()}\n\n", style="dim")
        if passage.role == "assistant" and terminal.out_is_tty:
            from glmcli.ui.again import show_again

            markdown, theme = call.settings.value("markdown").value, call.settings.value("theme").value
            show_again(terminal, passage.text, raw=raw, plain=plain, markdown=markdown, theme=theme)
        elif passage.text:
            terminal.write(passage.text if passage.text.endswith("\n") else f"{passage.text}\n")


@command(app, "export")
def export(
    call: Invocation,
    key: Key = None,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="|".join(get_args(Format)),
            help="md and html to read; json with everything that is stored, jsonl with one message a line,"
            " body as the request that goes on with it.",
        ),
    ] = "md",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else standard output.")] = None,
    reasoning: Reasoning = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """One conversation as a file."""
    from glmcli.store.export import exported

    with opened(call) as store:
        session = chosen(store, call, key)
        text = exported(session, store.messages(session.id), store.tree(session.id), format, reasoning=reasoning)
    if output is None or str(output) == "-":
        call.terminal.write(text)
        return
    try:
        with output.open("wb" if force or output.is_dir() else "xb") as file:
            file.write(text.encode())
    except OSError as error:
        if isinstance(error, FileExistsError) and not output.is_dir():
            raise UsageError(f"{output} exists; nothing was written", hint="--force writes over it.") from None
        raise UsageError(f"cannot write {output}: {error.strerror}", hint="Name another file with --output.") from error


@command(app, "search")
def search(
    call: Invocation,
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Words, or their beginnings; all of them.")],
    limit: Annotated[int, typer.Option("--limit", "-l", metavar="N", min=0, help="How many messages; 0 for all.")] = 20,
    json_: Json = False,
) -> None:
    """Find messages in all conversations: prompts, answers, thinking and calls of tools.

    What is called left is on a branch that its conversation has left since: /branch in chat finds it.
    """
    with opened(call) as store:
        hits = store.search(" ".join(text), limit or None)
        if json_:
            _write_json(
                call,
                [
                    {
                        "session": hit.message.session,
                        "message": hit.message.id,
                        "role": hit.message.role,
                        "part": hit.part,
                        "created": hit.message.created,
                        "snippet": hit.snippet,
                        "left": store.is_left(hit.message),
                    }
                    for hit in hits
                ],
            )
            return
        rows = [found(store, hit, call.world.now()) for hit in hits]
    if not hits:
        call.terminal.note("nothing was found")
    _write_lines(call, aligned(rows, right=(1,)))


@command(app, "usage")
def usage(call: Invocation, json_: Json = False) -> None:
    """What the conversations used and cost, each and in all. Dollars are those of the price list, for Workers AI."""
    from glmcli.store import total

    with opened(call) as store:
        all_ = store.spent()
        rows = [charged(store, spent) for spent in all_]
    if json_:
        listed = [{"session": it.session.id, "name": it.session.name, **_counts(it)} for it in all_]
        _write_json(call, {"sessions": listed, "total": _counts(total(all_))})
        return
    if not rows:
        call.terminal.note("no answer is stored yet")
        return
    heading = ("session", "answers", "in", "cached", "out", "cost", "")
    _write_lines(call, aligned([heading, *rows, ("total", *sums(total(all_)), "")], right=(1, 2, 3, 4, 5)))


@command(app, "rename")
def rename(call: Invocation, key: One, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a conversation a name."""
    with opened(call) as store:
        session = store.find(key)
        store.update(session.id, name=name)
        call.terminal.note(f"{store.short_id(session.id)} is called {name}")


@command(app, "fork")
def fork(
    call: Invocation, key: One, name: Annotated[str | None, typer.Argument(help="The name of the copy.")] = None
) -> None:
    """Copy a conversation, to go on with the copy."""
    with opened(call) as store:
        copy = store.fork(store.find(key).id, name=name, terminal=call.world.terminal_id())
        call.terminal.write(f"{copy.name or store.short_id(copy.id)}\n")


@command(app, "import")
def import_(
    call: Invocation, file: Annotated[str, typer.Argument(metavar="FILE|-", help="What export --format json wrote.")]
) -> None:
    """Bring in a conversation from a file, with the branches that it left."""
    from glmcli.api import json_text
    from glmcli.cli.prompt import read_path

    if file == "-":
        data = call.world.stdin.read() if call.world.stdin is not None else b""
        text = data.decode("utf-8-sig", "replace")
    else:
        text = read_path(file)
    record = json_text.parse(text)
    with opened(call, create=True) as store:
        session = store.take_in(record)
        call.terminal.note(f"kept as {session.name or store.short_id(session.id)}: {titled(session)}")


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
            age = seconds(older_than)
            if not age and not yes and not _can_ask(call):
                raise UsageError(
                    f"--older-than {older_than} names every conversation",
                    hint="Say --yes as well: there is no terminal to ask at.",
                )
            old = {session.id for session in store.unused_since(call.world.now() - age)}
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
def opened(call: Invocation, *, create: bool = False) -> Iterator["Store"]:
    """The store; empty where nothing was stored yet. Its troubles as ConfigError: no answer was given, so none was
    lost."""
    from glmcli.store import Store

    try:
        with Store.at(call.folder, call.world, create=create) as store:
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


def _confirmed(call: Invocation, question: str) -> bool:
    """Whether the person at the terminal says yes; without a terminal nobody can be asked, and the command stands."""
    if not _can_ask(call):
        return True
    call.terminal.write_error(f"{question} [y/N] ")
    assert call.world.stdin is not None
    return call.world.stdin.readline().strip().lower() in (b"y", b"yes")


def _can_ask(call: Invocation) -> bool:
    return call.world.stdin is not None and call.world.stdin_tty and call.world.stderr_tty


def _count(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number} conversations"


def _counts(spent: "Spent") -> dict[str, Any]:
    return {
        "answers": spent.answers,
        "prompt_tokens": spent.prompt_tokens,
        "cached_tokens": spent.cached_tokens,
        "completion_tokens": spent.completion_tokens,
        "cost": spent.cost,
    }


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


def _write_lines(call: Invocation, lines: list[str]) -> None:
    """Lines, cut to a terminal's width."""
    from glmcli.ui.columns import fit

    for line in lines:
        call.terminal.write(f"{fit(line, call.terminal.width) if call.terminal.out_is_tty else line}\n")


def _write_json(call: Invocation, value: Any) -> None:
    from glmcli.store.export import json_text
    from glmcli.ui.clean import escaped_in_json

    call.terminal.write(escaped_in_json(json_text(value)))
