"""The entry point: `glm` and `python -m glmcli`. Answers `--version` before anything is imported."""

import os
import sys


def main() -> int:
    """Runs the command line of this process and returns its exit status."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from glmcli import __version__

        try:
            os.write(1, f"glm {__version__}\n".encode())
        except BrokenPipeError:
            return 0
        except OSError:  # a full disk, or no standard output at all
            return 1
        return 0
    try:
        from glmcli.cli import main as run

        return run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        return 130


if __name__ == "__main__":
    sys.exit(main())
