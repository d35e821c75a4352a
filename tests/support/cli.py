"""Runs `glm` inside this process, in a world made for one call: streams in memory, an environment of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from glmcli.cli import main
from glmcli.world import World


@dataclass(frozen=True)
class Result:
    """What a run left behind."""

    stdout: str
    stderr: str
    status: int
    raw: bytes = b""

    @property
    def answer(self) -> tuple[str, str, int]:
        return (self.stdout, self.stderr, self.status)


@contextlib.contextmanager
def piped(data: bytes) -> Iterator[BinaryIO]:
    """A real pipe with the data in it, since the program looks at what kind of file stdin is."""
    read, write = os.pipe()

    def fill() -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(write, "wb") as pipe:
            pipe.write(data)

    writer = threading.Thread(target=fill)
    writer.start()
    try:
        with os.fdopen(read, "rb") as stdin:
            yield stdin
    finally:
        writer.join()


class Glm:
    """`glm("run", "hi")` gives a `Result`. Nothing of the real home, environment or terminal is seen."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environ = {"GLM_CONFIG_DIR": str(folder), "HOME": str(folder), "TERM": "xterm-256color", **(environ or {})}
        self.sleeps: list[float] = []

    def __call__(
        self,
        *argv: str,
        stdin: bytes | None = None,
        tty: bool = False,
        stderr_tty: bool | None = None,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        **world: Any,
    ) -> Result:
        """stdin None: /dev/null, else a pipe holding these bytes. tty: stdout is a terminal, and stderr unless said."""
        out, err = io.BytesIO(), io.BytesIO()
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(Path(os.devnull).open("rb") if stdin is None else piped(stdin))  # noqa: SIM115
            real_out = io.TextIOWrapper(out, "utf-8", write_through=True)
            stack.enter_context(contextlib.redirect_stdout(real_out))  # Typer prints its help there
            stack.callback(real_out.detach)
            given: dict[str, Any] = {
                "stdin": source,
                "stdout": out,
                "stderr": err,
                "stdin_tty": False,
                "stdout_tty": tty,
                "stderr_tty": tty if stderr_tty is None else stderr_tty,
                "environ": {**self.environ, **(env or {})},
                "sleep": self.sleeps.append,
                "random": lambda: 1.0,
                "size": lambda: size,
            }
            status = main(list(argv), World(**{**given, **world}))
            result = Result(out.getvalue().decode(errors="replace"), err.getvalue().decode(), status, out.getvalue())
        _refuse_secrets(result, given["environ"])
        return result

    def configure(self, text: str) -> None:
        """Writes config.toml."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "config.toml").write_text(text)

    def stored(self) -> list[tuple[str, str, str]]:
        """Role, content and status of every message of the one session there is."""
        from glmcli.store import Store

        store = Store.at(self.folder, World(None, io.BytesIO(), io.BytesIO()), create=False)
        try:
            [session] = store.list(2)
            return [(it.role, it.message.get("content", ""), it.status) for it in store.messages(session.id)]
        finally:
            store.close()

    def process(self, *argv: str, env: Mapping[str, str] | None = None, **how: Any) -> subprocess.Popen[bytes]:
        """The same in a process of its own, for signals and real files. Its three streams are pipes unless `how` says
        otherwise; it reads no stdin."""
        environ = {"PATH": os.environ.get("PATH", ""), **self.environ, **(env or {})}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, "-W", "error", "-m", "glmcli", *argv]
        return subprocess.Popen(command, env=environ, **{**streams, **how})


def _refuse_secrets(result: Result, environ: Mapping[str, str]) -> None:
    """No output ever holds a token, whatever a test is about."""
    for name, value in environ.items():
        if "TOKEN" in name or "KEY" in name:
            assert value not in result.stdout + result.stderr, f"the value of {name} was printed"
