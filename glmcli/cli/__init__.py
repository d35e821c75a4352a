"""Reads argv, runs one command, and turns whatever went wrong into an exit status: the one error boundary.

Only the module of the command that was asked for is imported. This package is the only home of Typer and
prompt-toolkit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from glmcli.errors import ExitStatus, GlmError, Terminated
from glmcli.world import World


def main(argv: Sequence[str] | None = None, world: World | None = None) -> int:
    """Runs `glm` with these arguments in this world; by default those of the process. Returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if world is not None:
        return status_of(arguments, world)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), _terminate)
    status = status_of(arguments, World.real())
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        _discard_stdout()
    return status


def status_of(arguments: Sequence[str], world: World) -> int:
    """Runs the command; every failure ends here, as one or two lines on stderr and an exit status."""
    from glmcli.cli.root import invoke, usage_error_type

    debug = "--debug" in arguments
    try:
        return int(invoke(arguments, world))
    except GlmError as error:
        failure = error
    except usage_error_type() as error:
        failure = _usage_error(error)
    except KeyboardInterrupt as interrupt:
        return int(ExitStatus.TERMINATED if isinstance(interrupt, Terminated) else ExitStatus.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough: `glm run … | head -1` is no failure.
        _discard_stdout()
        return int(ExitStatus.OK)
    except Exception as error:
        if debug:
            raise
        failure = GlmError(
            f"unexpected {type(error).__name__}: {error}".replace("\n", " "),
            hint="This is a bug of glm. Run the same again with --debug to see where, and report it.",
        )
    from glmcli.cli.failure import show_failure
    from glmcli.ui.terminal import Terminal

    show_failure(Terminal(world, color="auto"), failure)
    return int(failure.exit_status)


def _usage_error(error: Exception) -> GlmError:
    """What Typer found wrong with the command line, in our form."""
    from glmcli.errors import UsageError

    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "glm"
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=f"See {path} --help.")


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _discard_stdout() -> None:
    """Points stdout at nothing, so that the flush at the end of the process cannot fail a second time."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
