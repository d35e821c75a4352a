"""The entry point: `glm` and `python -m glmcli`. Answers `--version` before anything is imported."""

import gc
import os
import sys

GARBAGE_AFTER = 50_000
"""New objects after which garbage is looked for. Imports make tens of thousands and hardly any garbage; at the usual
700, looking through them again and again takes a tenth of the time until the first prompt."""


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
    gc.set_threshold(GARBAGE_AFTER)
    try:
        from glmcli.cli import main as run

        return run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        return 130


if __name__ == "__main__":
    sys.exit(main())
