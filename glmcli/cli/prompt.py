"""Puts one user message together: files, then stdin, then the words of the command line, then the editor; and what is
attached to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmcli.cli import stdin
from glmcli.cli.options import TurnOptions
from glmcli.errors import UsageError
from glmcli.world import World

if TYPE_CHECKING:
    from glmcli.api.download import Fetched

Message = dict[str, Any]

EDITORS = ("editor", "nano", "vi")
"""Programs to edit with where the user names none, in the order of the editing keys of chat."""


@dataclass(frozen=True)
class Sources:
    """Reads what a command line names. note: says one line to the user. ca_bundle: for what is on the web."""

    options: TurnOptions
    world: World
    note: Callable[[str], None]
    ca_bundle: str | None = None

    def prompt(self) -> str:
        """The text of the user message; empty where nothing was given.

        Raises UsageError for two readers of stdin, and for files that cannot be read or are not text; NetworkError.
        """
        options, words = self.options, self.options.words
        check_readers(options)
        documents = [self._document(name) for name in options.file or []]
        if len(documents) > 1:
            names = ["stdin" if name == "-" else name for name in options.file or []]
            documents = [fenced(name, document) for name, document in zip(names, documents, strict=True)]
        unasked = not options.readers and not options.no_stdin and stdin.has_input(self.world)
        if options.prompts_from_stdin or unasked:
            whole = options.frame is not None and options.frame.is_prompt
            default = stdin.TIMEOUT if words or options.sources or whole else None
            documents.append(self._stdin(default, optional=unasked and default is not None))
        parts = [document.strip("\r\n") for document in documents if document.strip()]
        if words.strip():
            parts.append(words)
        prompt = "\n\n".join(parts)
        return edited(prompt, self.world.environ) if options.editor else prompt

    def attached(self) -> list[Message]:
        """The content parts of -a. Raises UsageError that names the source, and NetworkError."""
        if not self.options.attachment:
            return []
        from glmcli import attachments

        def read(name: str) -> bytes:
            return self.bytes_of(name, "-a") if name == "-" else attachments.read_path(name)

        return attachments.parts(self.options.attachment, self._fetch, read)

    def bytes_of(self, name: str, flag: str) -> bytes:
        """What is in a file, or on stdin for `-`. Raises UsageError that names the file and the flag."""
        if name == "-":
            return stdin.read_bytes(self.world, self.note, timeout=self.options.stdin_timeout)
        return _bytes(name, flag)

    def _document(self, name: str) -> str:
        if name == "-":
            return self._stdin()
        if "://" in name:
            from glmcli import attachments

            return attachments.document(name, self._fetch)
        return read_file(name, "-f")

    def _stdin(self, default: float | None = None, *, optional: bool = False) -> str:
        timeout = default if self.options.stdin_timeout is None else self.options.stdin_timeout
        return stdin.read(self.world, self.note, timeout=timeout, optional=optional)

    def _fetch(self, url: str) -> "Fetched":
        return fetch(url, self.world.environ, self.options.ca_bundle or self.ca_bundle)


def check_readers(options: TurnOptions) -> None:
    """Raises UsageError where two want to read stdin, or one that may not."""
    if options.readers > 1:
        raise UsageError(
            "stdin can be read only once",
            hint="Give `-` once: as the prompt, or with one of -f, -a, --system-file, --body and --messages.",
        )
    if options.readers and options.no_stdin:
        raise UsageError("`-` reads stdin and --no-stdin forbids it", hint="Leave one of them out.")


def system_prompt(options: TurnOptions, world: World, note: Callable[[str], None]) -> str | None:
    """What --system or --system-file says, None where neither is given. Raises UsageError where both are, and for a
    file that cannot be read."""
    if options.system is not None and options.system_file is not None:
        raise UsageError("--system and --system-file name two system prompts", hint="Leave one of them out.")
    if options.system_file is None:
        return options.system
    if options.system_file == "-":
        check_readers(options)
        return stdin.read(world, note, timeout=options.stdin_timeout).strip("\n")
    return read_file(options.system_file, "--system-file").strip("\n")


def fetch(url: str, environ: Mapping[str, str], ca_bundle: str | None) -> "Fetched":
    """Downloads what the user names. Raises UsageError, NetworkError and others that name the URL."""
    from glmcli.api.download import download
    from glmcli.api.http import Http
    from glmcli.attachments import MAX_SIZE

    with Http(ca_bundle=ca_bundle, environ=environ) as http:
        return download(http, url, limit=MAX_SIZE)


def is_file(name: str) -> bool:
    """Whether a word names a file, with `~` for the home directory."""
    try:
        return Path(name).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long for a path, a NUL in it, no home directory
        return False


def read_file(name: str, flag: str) -> str:
    """A text file named on the command line. Raises UsageError that names the file and the flag."""
    return stdin.text(_bytes(name, flag), name)


def read_path(name: str) -> str:
    """A text file that stands for a value. Raises UsageError that names the file; whoever asked names the flag."""
    return stdin.text(_bytes(name), name)


def _bytes(name: str, flag: str = "") -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        origin = f" (from {flag})" if flag else ""
        raise UsageError(f"{name} cannot be read: {reason}{origin}", hint="Check the path.") from None


def fenced(name: str, document: str) -> str:
    """A document between fences that it cannot close itself, its path on the opening one."""
    longest = max((len(run) for run in re.findall(r"`{3,}", document)), default=2)
    fence = "`" * (longest + 1)
    newline = "" if document.endswith("\n") else "\n"
    return f"{fence} {name}\n{document}{newline}{fence}"


def edited(prompt: str, environ: Mapping[str, str]) -> str:
    """The prompt after a visit to the user's editor, where none is named to one of EDITORS. Raises UsageError where
    there is none, or it fails."""
    import shlex
    import shutil
    import subprocess
    import tempfile

    command = environ.get("VISUAL") or environ.get("EDITOR")
    command = command or next((it for it in EDITORS if shutil.which(it, path=environ.get("PATH", ""))), None)
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
