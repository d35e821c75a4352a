"""Puts one user message together: files, then stdin, then the words of the command line, then the editor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from glmcli.cli import stdin
from glmcli.cli.options import TurnOptions
from glmcli.errors import UsageError
from glmcli.world import World


def read_prompt(
    options: TurnOptions,
    world: World,
    note: Callable[[str], None],
    *,
    body: str | None = None,
    ca_bundle: str | None = None,
) -> str:
    """The text of the user message; empty where nothing was given.

    body: the file of --body, which is something to send even without a prompt; `-` reads stdin. ca_bundle: for the
    documents that are on the web.
    Raises UsageError for two readers of stdin, and for files that cannot be read or are not text; NetworkError.
    """
    words = options.words
    readers = (words == "-") + (options.file or []).count("-") + (body == "-")
    if readers > 1:
        raise UsageError("stdin can be read only once", hint="Give `-` once: as the prompt, with -f or with --body.")
    if readers and options.no_stdin:
        raise UsageError("`-` reads stdin and --no-stdin forbids it", hint="Leave one of them out.")
    bundle = options.ca_bundle or ca_bundle
    documents = [_document(name, options, world, note, bundle) for name in options.file or []]
    if len(documents) > 1:
        names = ["stdin" if name == "-" else name for name in options.file or []]
        documents = [fenced(name, document) for name, document in zip(names, documents, strict=True)]
    if words == "-":
        documents.append(stdin.read(world, note, timeout=options.stdin_timeout))
        words = ""
    elif not readers and not options.no_stdin and stdin.has_input(world):
        default = stdin.TIMEOUT if words or documents or body else None
        timeout = default if options.stdin_timeout is None else options.stdin_timeout
        documents.append(stdin.read(world, note, timeout=timeout))
    parts = [document.strip("\n") for document in documents if document.strip()]
    if words.strip():
        parts.append(words)
    prompt = "\n\n".join(parts)
    return edited(prompt, world.environ) if options.editor else prompt


def _document(name: str, options: TurnOptions, world: World, note: Callable[[str], None], ca_bundle: str | None) -> str:
    if name == "-":
        return stdin.read(world, note, timeout=options.stdin_timeout)
    if name.lower().startswith(("http://", "https://")):
        from glmcli.cli.web import fetch

        return fetch(name, world.environ, ca_bundle=ca_bundle)
    return read_file(name, "-f")


def read_file(name: str, flag: str) -> str:
    """A text file named on the command line. Raises UsageError that names the file and the flag."""
    try:
        data = Path(name).expanduser().read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{name} cannot be read: {reason} (from {flag})", hint="Check the path.") from None
    return stdin.text(data, name)


def fenced(name: str, document: str) -> str:
    """A document between fences that it cannot close itself, its path on the opening one."""
    longest = max((len(run) for run in re.findall(r"`{3,}", document)), default=2)
    fence = "`" * (longest + 1)
    newline = "" if document.endswith("\n") else "\n"
    return f"{fence} {name}\n{document}{newline}{fence}"


def edited(prompt: str, environ: Mapping[str, str]) -> str:
    """The prompt after a visit to the user's editor. Raises UsageError where there is none, or it fails."""
    import shlex
    import subprocess
    import tempfile

    command = environ.get("VISUAL") or environ.get("EDITOR")
    if not command:
        raise UsageError("no editor is set", hint="Set VISUAL or EDITOR, for example: export EDITOR=nano")
    with tempfile.TemporaryDirectory(prefix="glm-") as folder:
        path = Path(folder) / "prompt.md"
        path.write_text(prompt, encoding="utf-8")
        try:
            status = subprocess.run([*shlex.split(command), str(path)], check=False).returncode
        except (OSError, ValueError) as error:
            raise UsageError(f"the editor {command!r} does not start: {error}", hint="Set VISUAL or EDITOR.") from None
        if status:
            raise UsageError(f"the editor {command!r} ended with status {status}; nothing was sent")
        return stdin.text(path.read_bytes(), "the edited prompt").strip("\n")
