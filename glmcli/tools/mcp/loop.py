"""An event loop in a thread of its own, for synchronous callers. The only meeting point of threads and coroutines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import nullcontext, suppress
from typing import Any, TypeVar

from glmcli.tools.tool import Stop

T = TypeVar("T")


class Loop:
    """Starts with the first coroutine. The thread is a daemon, so that nothing there keeps the program from ending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop

    def result(self, make: Callable[[], Coroutine[Any, Any, T]], stop: Stop | None = None) -> T:
        """What the coroutine comes to. Left early, by `stop` or an exception in this thread such as Ctrl-C, it is
        cancelled. Raises what it raises, and `concurrent.futures.CancelledError` where it was stopped or the loop is
        closed."""
        with self._lock:
            if self._closed:
                raise CancelledError
            self._start()
            future = asyncio.run_coroutine_threadsafe(make(), self._loop)

        def cancel() -> None:
            future.cancel()

        with stop.watched(cancel) if stop else nullcontext():
            try:
                return future.result()
            finally:
                cancel()

    def close(self, finish: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        """Runs a last coroutine for at most so many seconds, then ends the loop. Later calls do nothing."""
        with self._lock:
            if self._closed or self._thread is None:
                self._closed = True
                return
            self._closed = True
            future = asyncio.run_coroutine_threadsafe(finish(), self._loop)
        try:
            with suppress(TimeoutError):
                future.result(seconds)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(1.0)

    def _start(self) -> None:
        if self._thread is not None:
            return
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = runner.get_loop()

        def run() -> None:
            with runner:
                self._loop.run_forever()

        self._thread = threading.Thread(target=run, name="glm-mcp", daemon=True)
        self._thread.start()
