"""The embedded endpoint: a real model on this machine, served by llama.cpp on loopback (interface §9, `local`).

    with local.start(folder, environ=…, on_wait=…) as server:
        endpoint.openai(server.base_url, server.key, server.model, …)

The engine is the optional package `xllamacpp` (`pip install 'glmcli[local]'`), which only a child process ever loads.
The weights are a tiny model for demonstration, or any GGUF file: GLM-4.7-Flash itself where it fits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from glmcli.errors import ConfigError

if TYPE_CHECKING:
    from glmcli.local.server import LocalServer

DEMONSTRATION_CONTEXT = 4096
DEMONSTRATION_PENALTY = 1.1
"""Without it, so small a model now and then says the same until its context is full."""
DEFAULT_CONTEXT = 16_384
"""Tokens of prompt and answer for a model of the user's; more takes more memory, so it is for them to ask."""


def start(
    folder: Path,
    *,
    environ: Mapping[str, str],
    on_wait: Callable[[str], None] = lambda text: None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> "LocalServer":
    """Starts the server on a free port with a random key, and returns when it is ready.

    folder: the user's directory. on_wait: called many times a second with what is being waited for. environ:
    GLM_LOCAL_THREADS, GLM_LOCAL_CONTEXT (tokens) and GLM_LOCAL_WAIT (seconds until the start counts as failed).
    Raises ConfigError: the engine or the model is missing or does not fit this machine, or the server did not start.
    """
    import secrets

    from glmcli.local import engine, weights
    from glmcli.local.server import LONGEST_WAIT, Served, launch

    fault = engine.fault(engine.this_machine(), engine.version())
    if fault is not None:
        raise fault
    model = weights.chosen(folder)
    threads = _whole(environ, "GLM_LOCAL_THREADS")
    context = _whole(environ, "GLM_LOCAL_CONTEXT")
    if model.demonstration:
        context = context or DEMONSTRATION_CONTEXT
        # Its threads wait for each other busily: with one of them out of a processor, all crawl.
        threads = threads or min(4, max(1, _processors() - 1))
    served = Served(
        path=str(model.path),
        name=model.name,
        key=secrets.token_urlsafe(32),
        context=context or DEFAULT_CONTEXT,
        threads=threads,
        repeat_penalty=DEMONSTRATION_PENALTY if model.demonstration else 1.0,
    )
    return launch(
        served,
        environ=environ,
        note=model.note,
        on_wait=on_wait,
        monotonic=monotonic,
        sleep=sleep,
        longest_wait=_whole(environ, "GLM_LOCAL_WAIT") or LONGEST_WAIT,
    )


def _processors() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _whole(environ: Mapping[str, str], name: str) -> int | None:
    """A whole number from 1, from the environment. Raises ConfigError."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise ConfigError(f"{name} must be a whole number from 1, not {text!r}")
