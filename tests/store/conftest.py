"""Stores in a folder of the test, with a clock that goes one second a look and ids that are easy to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest

from glmcli.store import Store

START = 1_800_000_000.0


class Open(Protocol):
    def __call__(self, *, create: bool = True) -> Store: ...


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "glmcli"


@pytest.fixture
def open_store(folder: Path) -> Iterator[Open]:
    """Opens the same store again and again, as processes one after the other or at once do."""
    seconds = count()
    numbers = count(1)

    with ExitStack() as stack:

        def opened(*, create: bool = True) -> Store:
            return stack.enter_context(
                Store(
                    folder / "sessions.db",
                    now=lambda: START + next(seconds),
                    new_id=lambda: f"0199aaaa{next(numbers):016x}",
                    create=create,
                )
            )

        yield opened


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()
