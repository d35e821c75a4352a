"""Asks the person at the terminal: for a line, for a secret without echo, or to edit a file. Decides nothing."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from glmcli.cli.command import Invocation
from glmcli.errors import ExitStatus, UsageError
from glmcli.world import World


def ask(call: Invocation, question: str) -> str:
    """The line that is typed, without blanks around it; empty at the end of input. The question goes to stderr."""
    call.terminal.write_error(question)
    line = call.world.stdin.readline() if call.world.stdin is not None else b""
    return line.decode("utf-8", "replace").strip()


def ask_secret(call: Invocation, question: str) -> str:
    """As `ask`; what is typed does not appear on the terminal."""
    with _without_echo(call.world):
        answer = ask(call, question)
    call.terminal.write_error("\n")  # the Enter was not echoed either
    return answer


def run_editor(world: World, path: Path) -> None:
    """Opens the file in $VISUAL, $EDITOR or vi and waits. Raises UsageError where that fails."""
    command = world.environ.get("VISUAL") or world.environ.get("EDITOR") or "vi"
    try:
        status = subprocess.run([*shlex.split(command), str(path)], env=dict(world.environ), check=False).returncode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the editor {command!r} does not start: {reason}", hint="Set VISUAL or EDITOR.") from None
    if status:
        raise UsageError(f"the editor {command!r} ended with status {status}", hint=f"{path} is as it left it.")


def edit_until_right(call: Invocation, path: Path, faults: Callable[[], Sequence[str]]) -> ExitStatus | None:
    """Opens the file as `run_editor` does, again and again while something is wrong with it and the user wants to mend
    it now. What was typed stays in the file. faults: what is wrong now, a line each."""
    while True:
        run_editor(call.world, path)
        found = faults()
        for fault in found:
            call.terminal.note(fault, style="error")
        if not found:
            return None
        if not call.world.stdin_tty or ask(call, "Edit again? [Y/n] ").lower().startswith("n"):
            call.terminal.note(f"{path} is kept as you left it.", style="warning")
            return ExitStatus.CONFIG


@contextlib.contextmanager
def _without_echo(world: World) -> Iterator[None]:
    import termios

    try:
        assert world.stdin is not None
        descriptor = world.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (AssertionError, OSError, ValueError, termios.error):  # no real terminal: nothing is echoed
        yield
        return
    silent = list(before)
    silent[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
