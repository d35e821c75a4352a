"""The tool `shell`: one line of shell, which the user is asked about every time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from glmcli.tools.builtin.declaring import Arguments, Refused, declared
from glmcli.tools.child import TIMEOUT, Finished, run_child
from glmcli.tools.environment import child_environment
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop, Tool

LONGEST = 600
"""Seconds."""
_MOST_STDERR = OUTPUT_LIMIT // 4


def shell_tool(cwd: Path, environ: Mapping[str, str], *, secrets: Iterable[str] = ()) -> Tool:
    """cwd: where commands run. environ: what their few variables are taken from. secrets: names of variables that they
    never get."""
    scrubbed = child_environment(environ, secrets=secrets)

    def run(arguments: Arguments, stop: Stop) -> Result:
        command = arguments["command"]
        if "\0" in command:
            raise Refused("A command cannot hold a NUL character.")
        # sh, not $SHELL: a model writes POSIX sh, and what it wrote shall mean the same to every user.
        argv = ["sh", "-c", "--", command.encode("utf-8", "replace").decode()]
        timeout = float(arguments.get("timeout", TIMEOUT))
        return _told(run_child(argv, cwd=cwd, environ=scrubbed, stop=stop, timeout=timeout))

    return declared(
        "shell",
        "Runs a command with sh, without a terminal and without input, and returns its stdout and stderr. Each call is "
        "a new shell in the working directory; what it leaves running is ended.",
        {
            "command": {"type": "string", "description": "What `sh -c` gets."},
            "timeout": {
                "type": "integer",
                "minimum": 1,
                "maximum": LONGEST,
                "description": f"Seconds until it is ended; {TIMEOUT:g} if left out.",
            },
        },
        run,
        required=("command",),
        approval=Approval.ALWAYS,
    )


def _told(finished: Finished) -> Result:
    """What went wrong, if anything did; stdout; stderr under a line that says so."""
    fault = finished.fault("The command")
    stderr = finished.stderr.text(_MOST_STDERR).rstrip()
    rest = OUTPUT_LIMIT - len(stderr.encode()) - len(fault.encode()) - 16
    stdout = finished.stdout.text(rest).rstrip()
    parts = [fault, stdout, f"[stderr]\n{stderr}" if stderr else ""]
    return Result("\n".join(filter(None, parts)) or "(no output)", failed=bool(fault), foreign=True)
