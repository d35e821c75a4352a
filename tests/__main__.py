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
        sys.stdout.write(f"$ {' '.join(command)}\n")
        sys.stdout.flush()
        status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
