"""The program between us and a child, so that the child and all it started end when we do, even by `kill -9`.

    python -I -S supervisor.py PARENT GRACE STATUS -- PROGRAM ARGUMENT...

PARENT: the process id of who starts it. GRACE: seconds between SIGTERM and SIGKILL. STATUS: a descriptor, or `-`.

It leads a process group of its own with the program in it, and ends as the program did: same exit status, same signal.
Before that it kills what the program left behind; on Linux also what left the group. When the parent is gone, it kills
all at once. SIGTERM, SIGINT and SIGHUP go on to the group, and what still runs after GRACE is killed. stdin, stdout and
stderr are the program's alone once that runs.

STATUS gets `+` once the program runs, or `-` and the errno that kept it from running, and is at its end when the
supervisor is. With `-` the latter goes to stderr, and the exit status is that of shells: 127 not found, 126 otherwise.

A script, never imported, on every call's way: only modules that cost next to nothing, and none of ours.
"""

import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any
else:
    import _signal as signal  # `signal` imports enum, which takes as long as all the rest

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
POLL = 0.2
"""Seconds between two looks at the parent where the system cannot tell us of its end."""
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def supervise(parent: int, grace: float, status: int | None, argv: list[str]) -> int:
    """Runs the program to its end and returns its wait status. Does not return where the parent ended, or the grace."""
    if os.getpgrp() != os.getpid():
        os.setsid()
    wake = wake_on_signals()
    end_of_parent = watch(parent)
    if os.getppid() != parent:
        sys.exit(1)
    adopt_orphans()
    child = start(argv, status)
    try:
        let_go_of_streams()
        if status is not None:
            os.write(status, b"+")
        return attend(child, parent, end_of_parent, wake, grace)
    except BaseException:  # the parent ended before the write, say: whatever it is, nothing may outlive us
        kill_all()
        raise


def attend(child: int, parent: int, end_of_parent: "Any | None", wake: int, grace: float) -> int:
    """Waits for the end of the child, of the parent, and for signals. Returns the wait status of the child."""
    watched = [wake] if end_of_parent is None else [wake, end_of_parent]
    deadline = None
    while True:
        waits = [it for it in (POLL if end_of_parent is None else None, left(deadline)) if it is not None]
        ready = select.select(watched, [], [], min(waits, default=None))[0]
        if end_of_parent in ready or os.getppid() != parent or left(deadline) == 0:
            kill_all()
        came = os.read(wake, 512) if wake in ready else b""
        ended = reap(child)
        if ended is not None:
            end_descendants()
            return ended
        if deadline is None and (passed_on := [it for it in came if it in PASSED_ON]):
            deadline = time.monotonic() + grace
            os.killpg(0, passed_on[0])  # comes back to us too, and finds the deadline set


def left(deadline: float | None) -> float | None:
    """Seconds until then, at least 0."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def wake_on_signals() -> int:
    """A descriptor from which the numbers of the signals that come can be read."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    for number in (*PASSED_ON, signal.SIGCHLD):
        signal.signal(number, lambda number, frame: None)
    return wake


def watch(parent: int) -> "Any | None":
    """What `select` finds readable once the process has ended; None where the system has no such thing."""
    try:
        if sys.platform == "linux":
            return os.pidfd_open(parent)  # since 5.3
        queue = select.kqueue()  # macOS, BSD
        event = select.kevent(parent, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
        queue.control([event], 0)
        return queue
    except (OSError, AttributeError):  # an older system, a sandbox that forbids it, or a parent that is gone
        return None


def start(argv: list[str], status: int | None) -> int:
    """The process id of the program. Ends this one where there is no such program."""
    if status is not None:
        os.set_inheritable(status, False)
    try:
        # A mask and handlers of their own: the program must not inherit what Python has set for itself.
        return os.posix_spawnp(
            argv[0], argv, os.environ, setsigmask=(), setsigdef=(*PASSED_ON, *IGNORED_BY_PYTHON, signal.SIGCHLD)
        )
    except OSError as error:
        if status is not None:
            os.write(status, b"-%d" % (error.errno or 0))
        else:
            os.write(2, os.fsencode(f"glm: {argv[0]} cannot be started: {error.strerror}\n"))
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def let_go_of_streams() -> None:
    """The program alone holds them from now on, so that what it closes is closed."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def adopt_orphans() -> None:
    """Descendants whose parents end become our children, so that none escapes by leaving the group. Linux only."""
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass


def reap(child: int) -> int | None:
    """The wait status of the child if it has ended; adopted orphans that have are just taken off the table."""
    ended = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        if pid == child:
            ended = status


def end_descendants() -> None:
    """Kills our children until none is left: the orphans of each one become our children in turn."""
    beyond_us: set[int] = set()
    while found := [pid for pid in children() if pid not in beyond_us]:
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:  # a program that runs as another user
                beyond_us.add(pid)


def children() -> list[int]:
    """Our children; none where the system does not list them."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as listed:  # noqa: PTH123 - pathlib takes 10 ms
            return [int(pid) for pid in listed.read().split()]
    except OSError:
        return []


def kill_all() -> None:
    """Ends the descendants, the group, and with it ourselves."""
    end_descendants()
    os.killpg(0, signal.SIGKILL)


def end_as(status: int) -> None:
    """Ends this process with the wait status of another one."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core of the program is the one of interest
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if not number else 128 + number)


if __name__ == "__main__":
    _, _parent, _grace, _status, _, *_argv = sys.argv
    end_as(supervise(int(_parent), float(_grace), None if _status == "-" else int(_status), _argv))
