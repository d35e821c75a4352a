"""The toolbox of a `glm tools` command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glmcli.cli.command import Invocation
from glmcli.tools.toolbox import Toolbox


@contextmanager
def opened(call: Invocation) -> Iterator[Toolbox]:
    """All tools there are. Servers that it starts end with the block."""
    from glmcli.cli.tooling import toolbox_of

    toolbox = toolbox_of(call.folder, call.world, call.settings, call.terminal.note)
    try:
        yield toolbox
    finally:
        toolbox.close()
