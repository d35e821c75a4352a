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

from glmcli.cli.interrupts import Interrupts
from glmcli.errors import ExitStatus, GlmError, Interrupted, Terminated, UsageError
from glmcli.world import World


def main(argv: Sequence[str] | None = None, world: World | None = None) -> int:
    """Runs `glm` with these arguments in this world; by default those of the process. Returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if world is not None:
        return status_of(arguments, world)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), _terminate)
    with Interrupts():
        status = status_of(arguments, World.real())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
    except (OSError, ValueError, AttributeError):
        _discard_stdout()
        return status or int(ExitStatus.BUG)
    return status


def status_of(arguments: Sequence[str], world: World) -> int:
    """Runs the command; every failure ends here, as one or two lines on stderr and an exit status."""
    from glmcli.cli.failure import Bug, show_early_failure
    from glmcli.cli.root import COMMANDS, invoke, usage_error_type

    failure: GlmError
    try:
        return int(invoke(decoded(arguments), world))
    except GlmError as error:
        failure = error
    except usage_error_type() as error:
        from glmcli.cli.usage_error import as_usage_error

        failure = as_usage_error(error, arguments, COMMANDS)
    except KeyboardInterrupt as interrupt:
        failure = Interrupted(terminated=isinstance(interrupt, Terminated))
    except BrokenPipeError:
        # Whoever read our output has seen enough: `glm run … | head -1` is no failure.
        return int(ExitStatus.OK)
    except OSError as error:
        failure = GlmError(f"cannot go on: {error.strerror or error}", hint="--debug shows where.")
        if "--debug" in arguments:
            raise
    except Exception as error:
        if "--debug" in arguments:
            raise
        failure = Bug(error)
    show_early_failure(world, failure, arguments)
    return int(failure.exit_status)


def decoded(arguments: Sequence[str]) -> list[str]:
    """The arguments as UTF-8 text, whatever the locale made of their bytes. Raises UsageError for other bytes."""
    words = []
    for word in arguments:
        try:
            words.append(os.fsencode(word).decode())
        except UnicodeError:
            shown = os.fsencode(word).decode(errors="backslashreplace")
            raise UsageError(
                f"the argument {shown} is not UTF-8 text", hint="Set a UTF-8 locale, or put it into a file."
            ) from None
    return words


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _discard_stdout() -> None:
    """Points stdout at nothing, so that the flush at the end of the process cannot fail a second time."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
