"""`!command`: runs a command of the user's and keeps its output to go along with the next message.

The command has the terminal while it runs, and none of our secrets. Ctrl-C is for it, and not for the REPL.
"""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from glmcli.cli.draft import Item
from glmcli.cli.scrubbed import without_secrets
from glmcli.cli.slash.slash import Slash
from glmcli.errors import Terminated, UsageError
from glmcli.ui.clean import one_line

if TYPE_CHECKING:
    from glmcli.cli.repl import Repl

GRACE = 2.0
"""Seconds after which a command that was told to end is told so more firmly."""

LOOK = 0.2
"""Seconds between two looks at whether it has ended."""

PIECE = 65536
LONGEST_NAME = 200


def _run(repl: "Repl", command: str) -> None:
    if not command:
        raise UsageError("there is no command after it; nothing was run", hint="For example: !git diff")
    terminal = repl.terminal
    environ = without_secrets(terminal.world.environ, repl.plan.settings)
    from glmcli.tools.kept import Kept

    kept = Kept()

    def show(text: str) -> None:
        kept.add(text.encode())
        terminal.write_error(text)

    terminal.fresh_line("stderr")
    monotonic = terminal.world.monotonic
    with repl.keyboard.lent() as keys, ctrl_c(monotonic) as presses:
        try:
            process = subprocess.Popen(
                [environ.get("SHELL") or "/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL if keys is None else keys,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environ,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"the shell does not start: {reason}", hint="It is the one of $SHELL.") from None
        with process:
            follow(process, show, monotonic, presses, told=keys is not None)
    terminal.fresh_line("stderr")
    terminal.erase_echo()
    ended = _ended(process.returncode)
    text = plain(kept.text())
    if not text.strip():
        terminal.note(f"{ended}, no output")
        return
    name = one_line(command).replace("`", "'")
    item = Item(f"$ {name[:LONGEST_NAME]} ({ended})", text)
    repl.draft.add([item])
    terminal.note(f"{ended}; the output ({item.described}) goes along with the next message, /file none drops it")


def plain(text: str) -> str:
    """An output as a reader of its last state would see it: no colours, no line that was written over, no NUL."""
    text = re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^_`-~])", "", text)
    text = re.sub(r"[^\n]*\r(?=[^\r\n])", "", text.replace("\r\n", "\n"))
    return text.replace("\r", "").replace("\0", "\ufffd")


def follow(
    process: "subprocess.Popen[bytes]",
    show: Callable[[str], None],
    monotonic: Callable[[], float],
    presses: Sequence[float],
    *,
    told: bool,
) -> None:
    """Shows what the process says until it has ended.

    presses: when Ctrl-C came, which ends it; told: whether the terminal has told it so already. Raises Terminated,
    the process killed. What it leaves behind in the background may keep its output open, and is not waited for.
    """
    assert process.stdout is not None
    source = process.stdout.fileno()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    firmer = [signal.SIGTERM, signal.SIGKILL] if told else [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    seen, since = 0, 0.0
    closed = False
    try:
        while True:
            over = process.poll() is not None
            if closed:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
                    return
            elif select.select([source], [], [], 0.0 if over else LOOK)[0]:
                data = os.read(source, PIECE)
                show(decoder.decode(data, final=not data))
                closed = not data
            elif over:
                return
            if len(presses) > seen:
                seen, since = len(presses), monotonic()
                if seen == 1 and told:
                    continue
            elif not seen or monotonic() - since < GRACE:
                continue
            since = monotonic()
            process.send_signal(firmer.pop(0) if firmer[1:] else firmer[0])
    except Terminated:
        process.kill()
        raise


@contextmanager
def ctrl_c(monotonic: Callable[[], float]) -> Iterator[list[float]]:
    """The times at which Ctrl-C came while the block runs; it does nothing else. Several presses at once are one."""
    presses: list[float] = []

    def press(number: int, frame: object) -> None:
        now = monotonic()
        if not presses or now - presses[-1] > 1.0:
            presses.append(now)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _ended(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"ended by {signal.Signals(-status).name}"


SLASHES = (
    Slash(("run",), "COMMAND", "runs a command and sends its output with the next message; so does !COMMAND", _run),
)
