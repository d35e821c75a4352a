"""Work that cannot be interrupted, such as asking a name server, done aside so that nobody has to wait for its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from glmcli.tools.builtin.declaring import Refused
from glmcli.tools.tool import Stop

T = TypeVar("T")


def within(seconds: float, stop: Stop, work: Callable[[Callable[[], bool]], T]) -> T:
    """What the work returns or raises; Refused where it takes too long, or is stopped.

    The work gets a function to ask now and then whether somebody still waits for it.
    """
    ended, abandoned = threading.Event(), threading.Event()
    values: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            values.append(work(abandoned.is_set))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)
        ended.set()

    with stop.watched(ended.set):
        threading.Thread(target=run, name="tool work", daemon=True).start()
        ended.wait(seconds)
    abandoned.set()
    if errors:
        raise errors[0]
    if values:
        return values[0]
    raise Refused("Stopped before it was done." if stop.is_set else f"Stopped: it took longer than {seconds:g} s.")
