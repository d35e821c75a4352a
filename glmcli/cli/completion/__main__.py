"""`python -m glmcli.cli.completion DIR` writes the completion scripts into a directory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from glmcli.cli.completion import bash, fish, zsh
from glmcli.cli.completion.tree import read_tree

RENDERERS = {"glm.bash": bash.render, "_glm": zsh.render, "glm.fish": fish.render}


def scripts() -> dict[str, str]:
    """The text of each script by the name of its file."""
    tree = read_tree()
    return {name: render(tree) for name, render in RENDERERS.items()}


def main(arguments: Sequence[str]) -> int:
    """Writes every script; returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m glmcli.cli.completion DIR\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
