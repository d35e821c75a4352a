"""One turn in a process of its own, killed at a given line of the store's code. Run by `test_kill.py`.

    python -m tests.store.killed FOLDER FIRST STEP

forks a process for the lines FIRST, FIRST + STEP, ... of a turn that the package `glmcli.store` runs, one folder each,
until one gets to its end. Prints one JSON line a process: {"folder": ..., "shown": what it showed, "done": whether it
got to its end}. It is no part of the test process, which has threads and is no good at forking.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3  # noqa: F401 - before the fork, which is what takes long
import sys
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from glmcli.api import verdict  # noqa: F401
from glmcli.api.completion import Completion
from glmcli.api.events import Event, Finished, ReasoningDelta, TextDelta
from glmcli.store import Store

EVENTS: tuple[Event, ...] = (
    ReasoningDelta("Hm. "),
    TextDelta("one "),
    TextDelta("two "),
    TextDelta("three"),
    Finished(("stop",)),
)
HERE = str(Path(Store.__module__.replace(".", "/")).parent)


def turn(folder: Path, shown: int) -> None:
    """Asks and answers once, showing everything as `glm run` does: after it was fed to the log. shown: a descriptor."""

    def show(text: str) -> None:
        os.write(shown, text.encode())

    ids = (f"0199aaaa{number:016x}" for number in count())
    with Store(folder / "sessions.db", now=lambda: 1.0, new_id=ids.__next__) as store:
        with store.transaction():
            session = store.create(name="killed")
            store.add_message(session.id, {"role": "user", "content": "count"})
        show("asked;")
        log = store.begin_answer(session.id)
        completion = Completion()
        for event in EVENTS:
            completion.feed(event)
            log.feed(event)
            if isinstance(event, TextDelta):
                show(event.text)
        log.finish(completion, "complete")
    show(";stored")


def die_at(line: int) -> Any:
    """A trace function that kills its process at that line of the store's code."""
    passed = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal passed
        if HERE not in frame.f_code.co_filename:
            return None
        if event == "line":
            passed += 1
            if passed == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def main(folder: Path, first: int, step: int) -> None:
    for line in count(first, step):
        mine = folder / str(line)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            sys.settrace(die_at(line))
            turn(mine, write)
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            shown = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"folder": str(mine), "shown": shown, "done": status == 0}), flush=True)  # noqa: T201
        if status == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
