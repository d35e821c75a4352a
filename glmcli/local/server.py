"""llama.cpp's HTTP server in a child process: starting it, waiting until it is ready, stopping it.

A crash of native code ends the child alone; and the child ends when its stdin does, so it never outlives us.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import BinaryIO, Self

from glmcli.errors import ConfigError
from glmcli.local import engine

COMMAND = (sys.executable, "-P", "-m", "glmcli.local.serve")
"""-P: nothing is imported from the folder that the user happens to stand in."""

LONGEST_WAIT = 120.0
STOP_WITHIN = 5.0
_LOOK_EVERY = 0.02
_LOG_LINES = 6
_STAMP = re.compile(r"^[\d.]+ [A-Z] +")
"""What llama.cpp puts before each line of its log: the time since its start, and a letter for the level."""
_CURE = "see `glm config local status`; another model: glm config local install PATH.gguf"
_PATIENCE = "GLM_LOCAL_WAIT=600 waits up to ten minutes"


@dataclass(frozen=True)
class Served:
    """What the child is told.

    path: the model file. name: the model's name in answers. prefix: of every path, such as `/client/v4/accounts/a/ai`.
    context: tokens, for prompt and answer together; the model's own limit holds too. slots: requests served at once,
    also the highest `n`. threads: None leaves it to llama.cpp. repeat_penalty: what a token that stood among the last
    ones loses, where a request says nothing; 1 is no loss.
    """

    path: str
    name: str
    key: str = field(repr=False)
    prefix: str = ""
    context: int = 4096
    slots: int = 4
    threads: int | None = None
    repeat_penalty: float = 1.0


class LocalServer:
    """A running server. url: `http://127.0.0.1:PORT` and the prefix. base_url: the same and `/v1`. key: what the
    Authorization header must carry. model: the name to ask for. note: what to tell the user first; may be empty.

    A context manager that stops it.
    """

    def __init__(self, process: "Child", url: str, served: Served, note: str = "") -> None:
        self._process = process
        self.url = url + served.prefix
        self.base_url = f"{self.url}/v1"
        self.key = served.key
        self.model = served.name
        self.note = note

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.popen.pid

    def fault(self) -> ConfigError | None:
        """Why the server is gone, if it is: to tell the user more than that a connection failed."""
        return self._process.fault("stopped")

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Ends the child; kills it when it has not ended within so many seconds. May be called again."""
        self._process.stop(within)


class Child:
    """The process, the line that it says, and its log."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._log: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        try:
            # In a process group of its own, so that Ctrl-C in the terminal reaches us alone.
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=dict(environ),
                process_group=0,
            )
        except BaseException:
            self._log.close()
            raise
        self._line: bytes | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def tell(self, served: Served) -> None:
        """Says what to serve; stdin stays open, since its end is the child's."""
        assert self.popen.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already; `answer` will say so
            self.popen.stdin.write(json.dumps(asdict(served)).encode() + b"\n")
            self.popen.stdin.flush()

    def answer(self) -> dict[str, str] | None:
        """What the child has said, {} where it ended without a word, None as long as it has not spoken."""
        if self._line is None:
            return None
        try:
            said = json.loads(self._line)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    def fault(self, what: str) -> ConfigError | None:
        """How it ended, if it has by itself. what: `stopped`, say."""
        status = None if self._log.closed else self.popen.poll()
        return None if status is None else self.failed(f"{what}: {_ending(status)}")

    def failed(self, what: str, cure: str = _CURE) -> ConfigError:
        """The failure, with the last lines of the log below it."""
        log = self._last_lines()
        return ConfigError(f"the local server {what}" + (f"\n{log}" if log else ""), hint=cure)

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Ends it, and waits until it has ended."""
        if self._log.closed:
            return
        try:
            self.popen.terminate()
            self.popen.wait(within)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        finally:
            self._listener.join()
            for stream in (self.popen.stdin, self.popen.stdout, self._log):
                with contextlib.suppress(BrokenPipeError):
                    assert stream is not None
                    stream.close()

    def _listen(self) -> None:
        assert self.popen.stdout is not None
        self._line = self.popen.stdout.readline()

    def _last_lines(self) -> str:
        # pread leaves the position alone, at which the child writes.
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), 4096, max(0, size - 4096)).decode(errors="replace")
        return "\n".join(_STAMP.sub("", line) for line in tail.splitlines()[-_LOG_LINES:])


def launch(
    served: Served,
    *,
    environ: Mapping[str, str],
    note: str = "",
    on_wait: Callable[[str], None] = lambda text: None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    longest_wait: float = LONGEST_WAIT,
    command: Sequence[str] = COMMAND,
) -> LocalServer:
    """Starts the server and returns when it answers.

    on_wait: called many times a second with what is being waited for. Raises ConfigError, also after `longest_wait`
    seconds; then, and when interrupted, no process is left behind.
    """
    began = monotonic()
    child = Child(command, environ)
    try:
        child.tell(served)
        while (answer := child.answer()) is None:
            waited = monotonic() - began
            if waited > longest_wait:
                raise child.failed(f"was not ready after {longest_wait:.0f} s", cure=_PATIENCE)
            on_wait(f"starting {served.name} on this machine")
            sleep(_LOOK_EVERY)
        if "url" in answer:
            return LocalServer(child, answer["url"], served, note)
        raise _refusal(child, served, answer)
    except BaseException:
        child.stop()
        raise


def _refusal(child: Child, served: Served, answer: Mapping[str, str]) -> ConfigError:
    if "import" in answer:
        return engine.import_fault(answer["import"])
    child.popen.wait()
    if "error" in answer:
        return child.failed(f"could not load {served.path}")
    return child.failed(f"did not start: {_ending(child.popen.returncode)}")


def _ending(status: int) -> str:
    """A process's status in words: `exit status 1`, `Illegal instruction (SIGILL)`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
    return f"{signal.strsignal(-status)} ({name})"
