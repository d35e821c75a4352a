"""`glm` on a real terminal: `started("chat")` gives a `Tty`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from glmcli.store import Store, StoredMessage
from glmcli.world import World
from tests.support.cli import Glm
from tests.support.tty import GLM, Tty


class Start(Protocol):
    def __call__(self, *argv: str, env: dict[str, str], **how: Any) -> Tty: ...


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Start]:
    """Starts `glm` with these arguments, or with `shell=` a command line in which "$@" is `glm`."""
    with ExitStack() as stack:

        def start(*argv: str, env: dict[str, str], shell: str | None = None, **how: Any) -> Tty:
            environ = {"HOME": str(tmp_path), "GLM_CONFIG_DIR": str(tmp_path / "glmcli"), **env}
            command = [*GLM, *argv] if shell is None else ["/bin/sh", "-c", shell, "sh", *GLM]
            return stack.enter_context(Tty(command, environ, **how))

        yield start


@pytest.fixture
def stored(glm: Glm) -> Callable[[], list[StoredMessage]]:
    """The messages of the session that was used last, those of left branches too."""

    def messages() -> list[StoredMessage]:
        with (
            open(os.devnull, "r+b") as nothing,  # noqa: PTH123 - a world has streams, also where nobody looks at them
            Store.at(glm.folder, World(None, nothing, nothing), create=False) as store,
        ):
            session = store.last(None)
            return store.tree(session.id) if session else []

    return messages
