"""What may follow a text that is typed so far: commands, what they take, and paths. Draws nothing, knows no keys.

What a command takes is said by the command itself (`Slash.completes`); fields and their values come from the schema.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glmcli.api.fields import Field, fields
from glmcli.cli.asked_form import SEVERAL
from glmcli.cli.slash.slash import Slash
from glmcli.errors import GlmError

MOST = 500
"""Files of a folder that are offered."""


@dataclass(frozen=True)
class Suggestion:
    """One way to go on. text: takes the place of the last `back` characters. shown: in the menu, where it is not the
    text. help: beside it."""

    text: str
    back: int
    shown: str = ""
    help: str = ""


@dataclass(frozen=True)
class Known:
    """What there is to choose from. sessions: their names, or ids, with their titles; may raise GlmError, and so may
    tools and servers, which are names; schemas are names too. templates: names with descriptions; parameters: those of
    a template, with what they are where nobody gives them a value."""

    slashes: Sequence[Slash]
    sessions: Callable[[], Iterable[tuple[str, str]]]
    models: Callable[[], Iterable[str]]
    tools: Callable[[], Iterable[str]] = tuple
    servers: Callable[[], Iterable[str]] = tuple
    schemas: Callable[[], Iterable[str]] = tuple
    templates: Callable[[], Iterable[tuple[str, str]]] = tuple
    parameters: Callable[[str], Iterable[tuple[str, str]]] = lambda name: ()


def suggestions(text: str, known: Known) -> Iterator[Suggestion]:
    """What may follow the text, best first."""
    line = text.lstrip()
    if line.startswith("/") and not line.startswith("//"):
        name, blank, argument = re.fullmatch(r"/(\S*)(\s*)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
        if not blank:
            yield from _commands(name, known.slashes, "/", " ")
        elif slash := _named(name, known.slashes):
            yield from _arguments(slash, argument, known)
    elif mention := re.search(r"(?<!\S)@(\"[^\"\n]*|\S*)\Z", text):
        yield from _paths(mention[1])


def _commands(typed: str, slashes: Sequence[Slash], mark: str, end: str) -> Iterator[Suggestion]:
    """The commands whose name begins so, else those that also answer to such a name."""
    for slash in slashes:
        name = next((it for it in slash.names if it.startswith(typed)), None)
        if name is not None:
            after = end if slash.argument else ""
            yield Suggestion(f"{mark}{name}{after}", len(mark + typed), f"/{name}", slash.help)


def _named(name: str, slashes: Sequence[Slash]) -> Slash | None:
    """The command that `obey` would take."""
    exact = [it for it in slashes if name in it.names]
    begun = [it for it in slashes if any(other.startswith(name) for other in it.names)]
    return exact[0] if exact else begun[0] if len(begun) == 1 and name else None


def _arguments(slash: Slash, typed: str, known: Known) -> Iterator[Suggestion]:
    yield from _words(slash.choices, typed)
    match slash.completes:
        case "command":
            mark = "/" if typed.startswith("/") else ""
            yield from _commands(typed.removeprefix("/"), known.slashes, mark, "")
        case "field":
            yield from _fields(typed, "")
        case "assignment":
            name, between, value = re.fullmatch(r"([^\s=]*)([\s=]*)(.*)", typed, re.DOTALL).groups()  # type: ignore[union-attr]
            yield from _values(name, value, known) if between else _fields(typed, " ")
        case "assignments":
            name, equals, value = typed.rpartition(" ")[2].partition("=")
            yield from _values(name, value, known) if equals else _fields(name, "=")
        case "model":
            yield from _words(known.models(), typed)
        case "session":
            with suppress(GlmError):
                for name, title in known.sessions():
                    if name.startswith(typed):
                        yield Suggestion(name, len(typed), help=title)
        case "tool":
            with suppress(GlmError):
                yield from _words(known.tools(), typed.rpartition(" ")[2].lstrip("+-"))
        case "server":
            with suppress(GlmError):
                yield from _words(known.servers(), typed)
        case "schema":
            typed = typed.removeprefix(SEVERAL)
            yield from _words(known.schemas(), typed)
            yield from _paths(typed)
        case "template":
            yield from _template(typed, known)
        case "path":
            word = re.search(r"(?<!\S)(\"[^\"\n]*|'[^'\n]*|\S*)\Z", typed)
            assert word is not None  # the last of these may be empty
            yield from _paths(word[1])


def _template(typed: str, known: Known) -> Iterator[Suggestion]:
    """The name of a template, then those of its variables that have no value yet, and paths after @ in its text."""
    name, *words = re.split(r"\s+", typed)
    if not words:
        for other, description in known.templates():
            if other.startswith(name):
                yield Suggestion(f"{other} ", len(name), other, description)
        return
    *given, last = words
    if all("=" in it for it in given):
        have = {it.partition("=")[0] for it in given}
        for variable, default in known.parameters(name):
            if variable.startswith(last) and variable not in have:
                yield Suggestion(f"{variable}=", len(last), variable, default)
    if last.startswith("@"):
        yield from _paths(last[1:])


def _fields(typed: str, end: str) -> Iterator[Suggestion]:
    for name, field in fields().items():
        if name.startswith(typed) and name not in ("prompt", "messages"):
            yield Suggestion(name + end, len(typed), name, field.help)


def _values(name: str, typed: str, known: Known) -> Iterator[Suggestion]:
    field = fields().get(name)
    if field is not None:
        yield from _words(known.models() if name == "model" else _words_of(field), typed)


def _words_of(field: Field) -> Iterator[str]:
    yield from field.choices
    if field.kind == "boolean":
        yield from ("true", "false")
    if field.nullable:
        yield "null"


def _words(words: Iterable[str], typed: str) -> Iterator[Suggestion]:
    return (Suggestion(word, len(typed)) for word in words if word.startswith(typed))


def _paths(typed: str) -> Iterator[Suggestion]:
    """Files and folders whose path begins so; a path with blanks is put between quotes, hidden ones want their dot."""
    mark = typed[:1] if typed[:1] in ('"', "'") else ""
    folder, slash, begun = typed.removeprefix(mark).rpartition("/")
    names: list[tuple[str, bool]] = []
    with suppress(OSError, ValueError, RuntimeError), os.scandir(Path(folder + slash).expanduser()) as entries:
        names = [
            (it.name, it.is_dir())
            for it in entries
            if it.name.startswith(begun) and (begun.startswith(".") or not it.name.startswith("."))
        ]
    for name, is_folder in sorted(names)[:MOST]:
        if not name.isprintable():
            continue
        path = f"{folder}{slash}{name}{'/' if is_folder else ''}"
        around = mark or ('"' if re.search(r"\s", path) else "")
        closed = "" if is_folder else around
        yield Suggestion(f"{around}{path}{closed}", len(typed), f"{name}{'/' if is_folder else ''}")
