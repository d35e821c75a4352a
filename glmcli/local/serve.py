"""The child process that holds llama.cpp's server: `python -m glmcli.local.serve`. Only it loads native code.

One line of JSON on stdin says what to serve (the fields of `glmcli.local.server.Served`); so the key stands neither in
the arguments nor in the environment. One line of JSON on stdout says how it went: {"url": …}, {"import": reason} or
{"error": reason}. The end of stdin is the end of this process, so it does not outlive its parent, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

KEEP_ALIVE_EVERY = 10
"""Seconds of silence before a comment line in the stream says that the server is still reading the prompt."""


def parameters(engine: Any, served: Mapping[str, Any]) -> Any:
    """What llama.cpp is told. engine: the module `xllamacpp`."""
    params = engine.CommonParams()
    params.model.path = served["path"]
    params.model_alias = {served["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [served["key"]]
    params.api_prefix = served["prefix"]
    # A page in a browser may not read what is said here, whatever it guesses.
    params.cors_origins = ""
    # One store of context for all slots: a request alone gets all of it, and `n` choices need no more than they use.
    params.kv_unified = True
    params.n_parallel = served["slots"]
    params.n_ctx = served["context"]
    if served["threads"] is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = served["threads"]
    params.sampling.penalty_repeat = served["repeat_penalty"]
    # A reply that fills the context ends with finish_reason "length" rather than forgetting its beginning.
    params.ctx_shift = False
    params.cache_ram_mib = 0
    params.sse_ping_interval = KEEP_ALIVE_EVERY
    params.offline = True
    params.ui = False
    params.verbosity = 1
    return params


def started(served: Mapping[str, Any], load: Callable[[], Any]) -> tuple[dict[str, str], Any]:
    """Starts the server: the line to say, and the server, which lives as long as it is referred to."""
    try:
        engine = load()
    except ImportError as error:
        return {"import": str(error)}, None
    try:
        server = engine.Server(parameters(engine, served))
    except (RuntimeError, ValueError) as error:
        return {"error": str(error)}, None
    return {"url": server.listening_address}, server


def load() -> Any:
    """The native module. Raises ImportError."""
    import xllamacpp

    return xllamacpp


def end_with(stdin: int) -> threading.Thread:
    """Ends this process when the pipe with that descriptor ends.

    A thread waits for that; but llama.cpp holds the interpreter while it loads a model, so on Linux the kernel is
    asked for a signal too, whose default action is the end.
    """
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(stdin, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(stdin, fcntl.F_SETFL, fcntl.fcntl(stdin, fcntl.F_GETFL) | os.O_ASYNC)

    def wait() -> None:
        while os.read(stdin, 4096):
            pass
        os._exit(0)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def main() -> int:
    """Serves until stdin ends or a signal comes; returns only when the server could not be started."""
    # Ctrl-C in the terminal is for the parent, which stops us when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever native code prints goes to the log: stdout is for our one line.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    served = json.loads(sys.stdin.buffer.readline())
    waiting = end_with(0)
    line, server = started(served, load)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(BrokenPipeError), answer:
        answer.write(json.dumps(line) + "\n")
    if server is None:
        return 1
    waiting.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
