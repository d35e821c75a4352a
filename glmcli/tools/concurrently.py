"""Several things that each wait for a process, waited for at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 8


def concurrently(calls: Sequence[Callable[[], T]], at_once: int = AT_ONCE) -> list[T]:
    """What each call returns, in the order of the calls; or raises what the first of them that failed has raised, once
    all have ended. A call that is alone runs in this thread.

    Ctrl-C leaves the calls behind: their threads keep no process from its end.
    """
    if len(calls) < 2:
        return [call() for call in calls]
    room = threading.Semaphore(at_once)
    futures: list[Future[T]] = [Future() for _ in calls]

    def run(call: Callable[[], T], future: Future[T]) -> None:
        with room:
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it is raised where the results are wanted
                future.set_exception(error)

    for call, future in zip(calls, futures, strict=True):
        threading.Thread(target=run, args=(call, future), daemon=True).start()
    for future in futures:
        future.exception()
    return [future.result() for future in futures]
