"""What is done while the user types, so that an answer begins sooner: the modules that show it are imported, and the
connection is opened. In a thread, once the prompt is there; it says nothing, and whatever fails is tried again by the
one who needs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from threading import Thread

MODULES = (
    "glmcli.ui.renderers",
    "glmcli.ui.live",
    "glmcli.ui.markdown",
    "glmcli.store",
    "sqlite3",
    "glmcli.attachments",
    "glmcli.cli.slash",
    "glmcli.cli.completing",
)
"""What an answer, a command or the Tab key imports when it comes."""
AGAIN = 30.0
"""Seconds after which it is looked again, while the user types, whether the connection is still there."""


class Meanwhile:
    """connect: opens the connection, or makes ready for it; may take long. modules: are imported after that."""

    def __init__(
        self,
        connect: Callable[[], None],
        *,
        modules: Iterable[str] = MODULES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._modules = modules
        self._monotonic = monotonic
        self._next = float("-inf")

    def drawn(self) -> None:
        """The prompt was drawn, for the first time or after a key. Returns at once."""
        now = self._monotonic()
        if now >= self._next:
            self._next = now + AGAIN
            Thread(target=self._prepare, daemon=True).start()

    def _prepare(self) -> None:
        with suppress(Exception):
            self._connect()
        for name in self._modules:
            with suppress(Exception):
                import_module(name)
