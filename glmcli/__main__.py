"""The entry point: `glm` and `python -m glmcli`. Answers `--version` before anything is imported."""

import sys


def main() -> int:
    """Runs the command line of this process and returns its exit status."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from glmcli import __version__

        sys.stdout.write(f"glm {__version__}\n")
        return 0
    try:
        from glmcli.cli import main as run

        return run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        return 130


if __name__ == "__main__":
    sys.exit(main())
