"""One child process: fed, read, limited in time and output, and ended with all that it started.

No shell, and no environment but the one that is given. Between us and the program stands `supervisor.py`, so that even
`kill -9` of this process ends it.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from glmcli.tools.kept import Kept
from glmcli.tools.tool import OUTPUT_LIMIT, Result, Stop

TIMEOUT = 60.0
"""Seconds that a program may take."""
GRACE = 2.0
"""Seconds from SIGTERM to SIGKILL."""
PATIENCE = 1.0
"""Seconds after the grace until a supervisor that does not do its work is killed with its group."""
STDERR_END = 4 * 1024
"""Bytes of stderr that a failure is told with."""

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_CHUNK = 64 * 1024
_MOST_IN_PIPE = 1024 * 1024
"""Bytes that a pipe can hold (Linux, fs.pipe-max-size): what is read beyond them was written after the end."""


@dataclass(frozen=True)
class Finished:
    """What became of a child.

    status: the exit status; the negative number of the signal that ended it. problem: why it could not be started.
    timeout: seconds that it was given.
    """

    stdout: Kept
    stderr: Kept
    status: int = 0
    timed_out: bool = False
    stopped: bool = False
    problem: str = ""
    timeout: float = TIMEOUT

    def fault(self, name: str) -> str:
        """A sentence for the model about what went wrong; "" if nothing did."""
        if self.problem:
            return f"{name} could not be started: {self.problem}."
        if self.stopped:
            return f"{name} was stopped by the user before it ended."
        if self.timed_out:
            return f"{name} timed out after {self.timeout:g} s and was ended."
        if self.status < 0:
            with suppress(ValueError):
                return f"{name} was ended by {signal.Signals(-self.status).name}."
            return f"{name} was ended by signal {-self.status}."
        return f"{name} failed with exit status {self.status}." if self.status else ""


def result_of(finished: Finished, name: str, limit: int = OUTPUT_LIMIT) -> Result:
    """stdout as the result; where the child failed, what went wrong, the end of stderr, and stdout. limit: bytes."""
    fault = finished.fault(name)
    if not fault:
        return Result(finished.stdout.text(limit))
    told = [fault]
    if stderr := finished.stderr.end(STDERR_END):
        told.append(f"[the end of its stderr]\n{stderr}")
    if finished.stdout.total:
        rest = limit - sum(len(part.encode()) + 1 for part in told)
        told.append(f"[its stdout]\n{finished.stdout.text(rest - 16).rstrip()}")
    return Result("\n".join(told), failed=True)


def supervised(argv: Sequence[str], *, grace: float = GRACE, status: int | None = None) -> list[str]:
    """The command that runs another one, and ends it with all that it started when this process ends. It must be a
    direct child of this process. stdin, stdout, stderr and the exit status are those of the command."""
    told = "-" if status is None else str(status)
    return [sys.executable, "-I", "-S", str(_SUPERVISOR), str(os.getpid()), str(grace), told, "--", *argv]


def run_child(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    cwd: Path,
    environ: Mapping[str, str],
    stop: Stop,
    timeout: float = TIMEOUT,
    limit: int = OUTPUT_LIMIT,
    grace: float = GRACE,
) -> Finished:
    """Runs a program to its end, or to that of its time, and kills what it leaves behind.

    argv: a program without a "/" is looked for in the PATH of environ. stdin: what it can read; where empty, it has
    /dev/null. environ: its whole environment. stop: ends it as a timeout does: SIGTERM to its process group, SIGKILL
    after the grace. timeout, grace: seconds. limit: bytes that are kept of stdout, and of stderr.

    Raises nothing for what the program does or is.
    """
    child = _Child(timeout, limit, grace)
    return child.run(argv, stdin, cwd, environ, stop)


class _Child:
    """One run. The supervisor's end is that of the pipe it alone has, `status`; no output pipe is waited for, since a
    process that left the group may hold it for ever."""

    def __init__(self, timeout: float, limit: int, grace: float) -> None:
        self._timeout = timeout
        self._grace = grace
        self._deadline = time.monotonic() + timeout
        self._stdout = Kept(limit)
        self._stderr = Kept(limit)
        self._said = b""
        self._timed_out = False
        self._stopped = False
        self._ending = False

    def run(self, argv: Sequence[str], stdin: bytes, cwd: Path, environ: Mapping[str, str], stop: Stop) -> Finished:
        if stop.is_set:
            self._stopped = True
            return self._finished(0)
        with ExitStack() as stack:
            status, told = os.pipe()
            stack.callback(os.close, status)
            try:
                process = subprocess.Popen(
                    supervised(argv, grace=self._grace, status=told),
                    stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    cwd=cwd,
                    env=environ,
                    start_new_session=True,
                    pass_fds=(told,),
                )
            except OSError as error:
                return self._finished(0, _start_problem(error, cwd))
            except ValueError:
                return self._finished(0, "its arguments or its environment hold a NUL byte")
            finally:
                os.close(told)
            stack.enter_context(process)
            alarm = stack.enter_context(_Alarm())
            selector = stack.enter_context(selectors.DefaultSelector())
            try:
                with stop.watched(alarm.ring):
                    self._talk(process, selector, status, alarm.descriptor, stdin)
            finally:
                # Before `wait`: until then no other group can have got its number.
                _kill_group(process.pid)
                process.wait()
            for stream, keeper in ((process.stdout, self._stdout), (process.stderr, self._stderr)):
                _drain(stream, keeper)
            return self._finished(process.returncode, self._problem(argv[0], cwd, environ))

    def _talk(
        self, process: subprocess.Popen[bytes], selector: selectors.BaseSelector, status: int, alarm: int, stdin: bytes
    ) -> None:
        """Feeds and reads until the supervisor has ended; ends it when the time comes."""
        for stream, keeper in ((process.stdout, self._stdout), (process.stderr, self._stderr)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, keeper)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(status, selectors.EVENT_READ)
        selector.register(alarm, selectors.EVENT_READ)
        unwritten = memoryview(stdin)
        while True:
            for key, _ in selector.select(max(0.0, self._deadline - time.monotonic())):
                if key.fd == status:
                    said = os.read(status, 64)
                    if not said:
                        return
                    self._said += said
                elif key.fd == alarm:
                    selector.unregister(alarm)
                    self._stopped = True
                    self._end(process)
                elif key.fileobj is process.stdin:
                    unwritten = unwritten[_write(key.fd, unwritten) :]
                    if not unwritten:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                elif data := _read(key.fd):
                    key.data.add(data)
                elif data is not None:
                    selector.unregister(key.fileobj)
            if time.monotonic() >= self._deadline:
                self._timed_out = self._timed_out or not self._stopped
                self._end(process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """First kindly, then not: the supervisor has its grace to end the group, and an end of its own after that."""
        if self._ending:
            _kill_group(process.pid)
        else:
            os.kill(process.pid, signal.SIGTERM)
            os.kill(process.pid, signal.SIGCONT)  # a program can stop its supervisor
        self._ending = True
        self._deadline = time.monotonic() + self._grace + PATIENCE

    def _problem(self, program: str, cwd: Path, environ: Mapping[str, str]) -> str:
        if self._said.startswith(b"+") or self._timed_out or self._stopped:
            return ""
        if not self._said.startswith(b"-"):
            return "its supervisor did not start"
        number = int(self._said[1:])
        if number == errno.ENOENT:
            if "/" not in program:
                return f"there is no {program} in {environ.get('PATH', os.defpath)}"
            if (cwd / program).exists():
                return "the interpreter that its first line (#!) names is not there"
        if number == errno.ENOEXEC:
            return "it is no program: a script begins with #! and its interpreter"
        return os.strerror(number).lower()

    def _finished(self, status: int, problem: str = "") -> Finished:
        return Finished(
            self._stdout, self._stderr, status, self._timed_out, self._stopped, problem, timeout=self._timeout
        )


class _Alarm:
    """Wakes a selector from another thread, even one that comes too late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.descriptor, self._bell = os.pipe()
        self._is_open = True

    def ring(self) -> None:
        with self._lock:
            if self._is_open:
                os.write(self._bell, b"!")

    def __enter__(self) -> _Alarm:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_open = False
            os.close(self.descriptor)
            os.close(self._bell)


def _start_problem(error: OSError, cwd: Path) -> str:
    if error.filename is not None and Path(error.filename) == cwd:
        return f"its working directory {cwd} is not there, or not ours to enter"
    return (error.strerror or str(error)).lower()


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # gone, or (macOS) only zombies and others' processes left
        os.killpg(leader, signal.SIGKILL)


def _read(descriptor: int) -> bytes | None:
    """Some bytes; b"" at the end; None where nothing is there."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def _write(descriptor: int, data: memoryview) -> int:
    """Bytes that are done with: written, or all of them where nobody reads any more."""
    try:
        return os.write(descriptor, data[:_CHUNK])
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return len(data)


def _drain(stream: IO[bytes] | None, keeper: Kept) -> None:
    """Takes what lies in the pipe, whoever still holds it."""
    assert stream is not None
    taken = 0
    while taken < _MOST_IN_PIPE and (data := _read(stream.fileno())):
        keeper.add(data)
        taken += len(data)
