"""From what a user wrote for request fields, as flags, with `-o` or `/set`, to values that know where they came from.

A file that is named in place of a value is read by a function that the caller hands in. Judges no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from glmcli.api.fields import Field, expanded, fields, read_flag, read_flags, read_value
from glmcli.api.request import Place, Sourced, lines
from glmcli.errors import UsageError

Read = Callable[[str], str]
"""The text of the file of that path. Raises UsageError that names the file."""


def chosen(
    flags: Iterable[tuple[Field, bool | str | Sequence[str]]], assignments: Iterable[str], read: Read
) -> dict[str, Sourced]:
    """The fields that a command line chooses, by name.

    flags: those that were given, each with what stood after it. assignments: the `NAME=VALUE` of each `-o`.
    What a flag says about the inside of a field is laid over what else is said about the field.
    Raises UsageError for a field given twice, for a value that cannot be read, and as `read` does.
    """
    given: dict[str, Sourced] = {}
    inside: list[tuple[str, Sourced]] = []
    for field, value in flags:
        if len(field.path) > 1:
            inside.append((field.path[0], flagged(field, value, read)))
        else:
            given[field.name] = flagged(field, value, read)
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"-o {assignment!r} is not of the form NAME=VALUE", hint="For example: -o temperature=0.2")
        if name in given:
            raise UsageError(f"{name} is given twice: by {given[name].origin} and by -o")
        given[name] = assigned(name, text, f"-o {name}", read)
    for name, part in inside:
        given[name] = part.over(given[name]) if name in given else part
    return given


def assigned(
    name: str, text: str, origin: str, read: Read, meaning: Callable[[Field | None, str], Any] = read_value
) -> Sourced:
    """What the text chooses for the field of that name. meaning: how a text becomes a value.

    Raises UsageError, which names the origin.
    """
    field = fields().get(name)
    return _sourced(text, origin, lambda it: expanded(field, it, read), lambda it: meaning(field, it))


def flagged(field: Field, value: bool | str | Sequence[str], read: Read) -> Sourced:
    """What a flag chooses, with what stood after it, or with what stood after each of several.

    A flag for the inside of a field chooses a part of that field. Raises UsageError, which names the flag.
    """
    flag = field.flag or ""
    if isinstance(value, bool):
        it = Sourced(value, flag if value else f"--no-{flag[2:]}")
    elif isinstance(value, str):
        it = _sourced(value, flag, lambda text: _from_file(field, text, read), lambda text: read_flag(field, text))
    else:
        with naming(flag):
            it = Sourced(read_flags(field, [_from_file(field, text, read) for text in value]), flag)
    _, *path = field.path
    if not path:
        return it
    whole: Any = it.value
    for key in reversed(path):
        whole = {key: whole}
    pointer = "".join(f"/{key}" for key in path)
    return Sourced(whole, it.origin, part=True, place=lambda inside: it.told(inside.removeprefix(pointer)))


def _from_file(field: Field, text: str, read: Read) -> str:
    """A flag for lists of strings takes each text as it is: a stop text may well begin with an at sign."""
    return expanded(field, text, read) if field.kind == "json" else text


def _sourced(written: str, origin: str, from_file: Callable[[str], str], meaning: Callable[[str], Any]) -> Sourced:
    """The value of what was written, which may name a file."""
    with naming(origin):
        text = from_file(written)
    place: Place | None = None
    if text != written and not written.startswith("@@"):
        origin = f"{origin} {written}"
        place = lines(origin, text) if text.lstrip()[:1] in ("{", "[") else None
    with naming(origin):
        return Sourced(meaning(text), origin, place=place)


@contextmanager
def naming(origin: str) -> Iterator[None]:
    """Tells where an unreadable value came from, where its fault does not say so itself."""
    try:
        yield
    except UsageError as error:
        if origin in error.message:
            raise
        raise UsageError(f"{error.message} (from {origin})", hint=error.hint) from None
