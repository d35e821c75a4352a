"""Slash commands that gather what goes along with the next message, and the one that writes it in an editor."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.cli.draft import Item
from glmcli.cli.prompt import edited, fetch, is_file, read_file
from glmcli.cli.slash.slash import Slash, prose, row
from glmcli.errors import UsageError

if TYPE_CHECKING:
    from glmcli.api.download import Fetched
    from glmcli.cli.repl import Repl


def _file(repl: "Repl", argument: str) -> None:
    if argument == "none":
        _drop(repl)
    elif argument:
        with _in_words_of("/file", "/attach"):
            _add(repl, [Item(name, _text(repl, name)) for name in _sources(argument)])
    else:
        _list(repl)


def _attach(repl: "Repl", argument: str) -> None:
    if not argument:
        _list(repl)
        return
    if argument == "none":
        _drop(repl)
        return
    from glmcli import attachments

    with _in_words_of("/file", "/attach"):
        sources = list(_sources(argument))
        made = [attachments.part(source, lambda url: _fetch(repl, url), attachments.read_path) for source in sources]
        names = [attachments.name_of(source) for source in sources]
        items = [Item(name, part=part) for name, part in zip(names, made, strict=True)]
        size = sum(item.size for item in [*repl.draft.items, *items])
        if size > attachments.MAX_TOTAL:
            raise UsageError(
                f"{names[-1]} is one attachment too many: they are {size >> 20} MiB together, and at most"
                f" {attachments.MAX_TOTAL >> 20} MiB are allowed",
                hint="/file none drops what waits.",
            )
    if doubt := attachments.warning(made, repl.plan.model.value):
        repl.warn(doubt.replace("-f sends", "/file sends"))
    _add(repl, items)


def _paste(repl: "Repl", argument: str) -> None:
    from glmcli.cli import clipboard

    pasted = clipboard.paste(repl.terminal.world.environ)
    if not pasted.image:
        _add(repl, [Item("the clipboard", pasted.text)])
        return
    from glmcli import attachments

    part = attachments.part("the clipboard", lambda url: _fetch(repl, url), lambda name: pasted.image)
    if doubt := attachments.warning([part], repl.plan.model.value):
        repl.warn(doubt)
    _add(repl, [Item("image from the clipboard", part=part)])


def _editor(repl: "Repl", argument: str) -> None:
    with repl.keyboard.lent():
        text = edited(argument, repl.terminal.world.environ)
    if text.strip():
        repl.tell(text)
    else:
        repl.terminal.note("nothing was written, nothing was sent")


def _add(repl: "Repl", items: Sequence[Item]) -> None:
    repl.draft.add(items)
    named = ", ".join(f"{item.name} ({item.described})" for item in items)
    repl.terminal.note(f"{named}: along with the next message; /file none drops it")


def _drop(repl: "Repl") -> None:
    count = repl.draft.drop()
    repl.terminal.note(f"{count} dropped; the next message goes alone" if count else "nothing was waiting")


def _list(repl: "Repl") -> None:
    if not repl.draft.items:
        prose(repl, "nothing waits; /file PATH adds a text, /attach PATH an image or a recording")
        return
    repl.say("along with the next message:")
    for item in repl.draft.items:
        row(repl, f"  {item.described}", item.name, 16)


def _sources(argument: str) -> Iterator[str]:
    """The words of the argument; a pattern that is the name of no file stands for the files that it fits."""
    try:
        words = shlex.split(argument)
    except ValueError:
        raise UsageError("a quote is not closed; nothing was added", hint='For example: /file "my notes.txt"') from None
    for word in words:
        if not re.search(r"[*?\[]", word) or "://" in word or is_file(word):
            yield word
            continue
        pattern = Path(word).expanduser()
        folder = Path(pattern.anchor)
        found = sorted(path for path in folder.glob(str(pattern.relative_to(folder))) if path.is_file())
        if not found:
            raise UsageError(f"no file fits {word}; nothing was added", hint="Check the path.")
        yield from map(str, found)


def _text(repl: "Repl", name: str) -> str:
    if "://" in name:
        from glmcli import attachments

        return attachments.document(name, lambda url: _fetch(repl, url))
    text = read_file(name, "-f")
    if not text.strip():
        raise UsageError(f"{name} is empty (from -f)", hint="Check that it is the one that was meant.")
    return text


def _fetch(repl: "Repl", url: str) -> "Fetched":
    bundle = repl.options.ca_bundle or repl.plan.settings.value("ca_bundle").value
    return fetch(url, repl.terminal.world.environ, bundle)


@contextmanager
def _in_words_of(file: str, attach: str) -> Iterator[None]:
    """What went wrong, told with these commands where the command line has -f and -a."""

    def said(text: str) -> str:
        return re.sub(r"(?<![\w-])-f\b", file, re.sub(r"(?<![\w-])-a\b", attach, text))

    try:
        yield
    except UsageError as error:
        raise UsageError(said(error.message), hint=said(error.hint)) from None


SLASHES = (
    Slash(
        ("file", "add"),
        "[PATH|URL...]",
        "texts to send with the next message, as @PATH in it does; lists what waits, none drops it",
        _file,
        "path",
        ("none",),
    ),
    Slash(
        ("attach",),
        "[PATH|URL...]",
        "images, recordings and files to send with the next message",
        _attach,
        "path",
        ("none",),
    ),
    Slash(("paste",), "", "the image or text of the clipboard, to send with the next message", _paste),
    Slash(("editor", "multi"), "[TEXT]", "writes the next message in $VISUAL or $EDITOR", _editor),
)
