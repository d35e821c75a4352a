"""`python -m tests`: everything CI checks, in the order that fails soonest. Arguments go to pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def checks(arguments: list[str]) -> list[list[str]]:
    """The commands, each run from the top of the checkout."""
    python = [sys.executable, "-m"]
    return [
        [*python, "ruff", "check"],
        [*python, "ruff", "format", "--check"],
        [*python, "mypy"],
        [str(Path(sys.executable).with_name("lint-imports"))],
        [*python, "pytest", "-n", "2", "--cov", "--cov-report=term", *arguments],
    ]


def main() -> int:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for command in checks(sys.argv[1:]):
        status = run(command, environ)
        if status == FAILED and "pytest" in command:
            # Real servers and terminals, beside other tests on a busy machine: what fails alone as well is broken.
            sys.stdout.write("some tests failed beside others; they are run again, alone\n")
            status = run([sys.executable, "-m", "pytest", "--last-failed", *sys.argv[1:]], environ)
        if status:
            return status
    return 0


FAILED = 1
"""What pytest ends with where tests failed, and nothing else was wrong."""


def run(command: list[str], environ: dict[str, str]) -> int:
    """Shows the command, runs it at the top of the checkout, and returns its status."""
    sys.stdout.write(f"$ {' '.join(command)}\n")
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
