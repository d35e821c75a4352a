"""What children see of our environment, and what they can find out about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glmcli.setting_keys import TOKEN_VARIABLES
from glmcli.tools.child import run_child
from glmcli.tools.environment import child_environment
from glmcli.tools.tool import Stop

ROOT = Path(__file__).parents[2]
OURS = {
    "PATH": "/bin:/usr/bin",
    "HOME": "/home/me",
    "LC_ALL": "C.UTF-8",
    "LD_PRELOAD": "/evil.so",
    "WEATHER_KEY": "w",
    "OPENAI_API_KEY": "o",
    **dict.fromkeys(TOKEN_VARIABLES, "secret"),
}


def test_a_child_gets_a_few_variables_and_those_that_are_named() -> None:
    assert child_environment(OURS) == {"PATH": "/bin:/usr/bin", "HOME": "/home/me", "LC_ALL": "C.UTF-8"}
    assert child_environment(OURS, ["WEATHER_KEY", "NOT_SET"]) == {**child_environment(OURS), "WEATHER_KEY": "w"}


def test_our_keys_are_not_passed_on_even_if_they_are_named() -> None:
    assert child_environment(
        OURS, [*TOKEN_VARIABLES, "OPENAI_API_KEY"], secrets=["OPENAI_API_KEY"]
    ) == child_environment(OURS)


def test_there_is_always_a_path() -> None:
    assert child_environment({}) == {"PATH": os.defpath}


def test_no_token_is_in_the_environment_of_a_child(tmp_path: Path) -> None:
    environ = child_environment(OURS, [*TOKEN_VARIABLES, "WEATHER_KEY"])
    finished = run_child(["env"], cwd=tmp_path, environ=environ, stop=Stop())
    assert sorted(finished.stdout.text().splitlines()) == [
        "HOME=/home/me",
        "LC_ALL=C.UTF-8",
        "PATH=/bin:/usr/bin",
        "WEATHER_KEY=w",
    ]


# Root may look at every process. What it starts here may not (PR_CAPBSET_DROP of CAP_SYS_PTRACE, and of CAP_SYS_ADMIN
# and CAP_PERFMON, which are as good since Linux 6.16). Others have none of these to begin with.
WITHOUT_PRIVILEGES = """
import ctypes, os, sys
for capability in 19, 21, 38:
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
HIDDEN = """
import os, sys
from pathlib import Path
from glmcli.tools.child import run_child
from glmcli.tools.environment import hide_environment
from glmcli.tools.tool import Stop
if sys.argv[1] == "hidden":
    hide_environment()
finished = run_child(
    [sys.executable, "-c", sys.argv[2], str(os.getpid())], cwd=Path("/"), environ={"PATH": "/bin"}, stop=Stop()
)
print(finished.stdout.text(), end="")
print(open("/dev/stdin").read(), Path("/proc/self/environ").exists(), os.listdir("/proc/self/fd") != [])
"""

LOOK = """
import sys
try:
    print("TOKEN=secret" in open(f"/proc/{sys.argv[1]}/environ").read())
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of others in /proc")
@pytest.mark.parametrize(("how", "seen"), [("open", "True"), ("hidden", "Permission denied")])
def test_a_child_cannot_read_our_environment_once_it_is_hidden_and_we_still_can(how: str, seen: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_PRIVILEGES, "-c", HIDDEN, how, LOOK],
        env={"PYTHONPATH": str(ROOT), "TOKEN": "secret"},
        input="typed",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.stdout, finished.stderr) == (f"{seen}\ntyped True True\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux")
def test_hiding_is_what_the_kernel_reports() -> None:
    code = (
        "import ctypes; from glmcli.tools.environment import hide_environment; hide_environment();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, text=True, check=True)
    assert finished.stdout == "0\n"
