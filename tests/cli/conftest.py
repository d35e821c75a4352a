"""What the tests of the command line share: a pipe to type into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prompt_toolkit.input import create_pipe_input

from tests.cli.typed_keys import Pipe


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setenv("TERM", "xterm-256color")
    with create_pipe_input() as keys:
        yield Pipe(keys)
