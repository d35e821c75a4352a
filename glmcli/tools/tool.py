"""A tool that the model may call: its definition as it is sent, and what runs when it is called.

Where tools come from is the business of the other modules of this package; who is asked before one runs, of
`glmcli.tools.approvals`. A tool knows no terminal and no model.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

OUTPUT_LIMIT = 64 * 1024
"""Bytes of a result that the model gets: the head and the tail of more (reliability §5.2, 6)."""


class Approval(Enum):
    """Who is asked before a call runs."""

    UNASKED = "unasked"
    """Nobody: it can neither change nor learn anything."""
    SCOPE = "once per scope"
    """The user, once for what `Tool.scope` names: a folder, a host."""
    EACH = "each call"
    """The user, unless this call, or calls like it, were approved for the session or for good."""
    ALWAYS = "always"
    """The user, at every call; nothing is remembered."""


@dataclass(frozen=True)
class Result:
    """What a call came to. text: for the model. failed: the tool could not do it, and text says why.

    foreign: text was written by somebody else than the tool's author (a web page, a file), so the model is told that it
    is data and no instruction.
    """

    text: str
    failed: bool = False
    foreign: bool = False


class Stop:
    """Ends the calls that are running, from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endings: list[Callable[[], None]] = []
        self._is_set = False

    @property
    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        """Calls every ending that is watched, once each; those watched later are called at once."""
        with self._lock:
            self._is_set = True
            endings, self._endings = self._endings, []
        for end in endings:
            end()

    @contextmanager
    def watched(self, end: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `set` calls `end`, which must return soon and not raise."""
        with self._lock:
            ended = self._is_set
            if not ended:
                self._endings.append(end)
        if ended:
            end()
        try:
            yield
        finally:
            with self._lock:
                if end in self._endings:
                    self._endings.remove(end)


@dataclass(frozen=True)
class Tool:
    """One tool.

    definition: an item of the request's `tools`, of kind function or custom, which `glmcli.tools.definitions.faults`
    finds nothing wrong with.
    source: where it comes from, as a person would say it: "built in", a path, "MCP server github".
    run: takes the arguments (a dict that fits the schema; the input text of a custom tool) and what ends it early, and
    returns a result. Runs in a thread of its own, several at once. A failure is a `Result`, never an exception. None
    where there is only a definition: whoever asked carries the call out.
    scope: what one approval of `Approval.SCOPE` covers, from the arguments. Raises ValueError where there is no such
    thing, which the model is told.
    shares: tools with the same word here share what is approved by scope until the process ends: one yes to reading in
    a folder is enough.
    implementation: what would run, beside the definition: the content of a file, a command, an address. An approval is
    bound to it, so that what was approved cannot be swapped for something else.
    """

    definition: dict[str, Any]
    source: str
    run: Callable[[Any, Stop], Result] | None
    approval: Approval = Approval.EACH
    scope: Callable[[Any], str] | None = None
    implementation: bytes = field(default=b"", repr=False)
    shares: str = ""

    @property
    def kind(self) -> str:
        """ "function" or "custom"."""
        return str(self.definition["type"])

    @property
    def name(self) -> str:
        return str(self._inner["name"])

    @property
    def description(self) -> str:
        return str(self._inner.get("description") or "")

    @property
    def parameters(self) -> dict[str, Any] | None:
        """The JSON Schema of a function's arguments; None where there is none."""
        parameters = self._inner.get("parameters")
        return parameters if isinstance(parameters, dict) else None

    @property
    def format(self) -> dict[str, Any] | None:
        """What a custom tool's input must look like; None for any text."""
        format = self._inner.get("format")
        return format if isinstance(format, dict) else None

    @property
    def hash(self) -> str:
        """A digest of the definition and what would run: 64 hexadecimal digits."""
        digest = hashlib.sha256(json.dumps(self.definition, sort_keys=True, ensure_ascii=True).encode())
        digest.update(b"\0" + self.implementation)
        return digest.hexdigest()

    @property
    def _inner(self) -> dict[str, Any]:
        inner = self.definition[self.kind]
        assert isinstance(inner, dict)
        return inner
