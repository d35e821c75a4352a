"""What the processes of tools get to see of our environment: a few variables that every program needs, and those that
the tool's declaration names, but never our token (reliability §5.2, 5).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from glmcli.setting_keys import TOKEN_VARIABLES

ALLOWED = ("PATH", "HOME", "LANG", "TERM", "TMPDIR", "USER", "LOGNAME", "SHELL")
ALLOWED_PREFIX = "LC_"

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def child_environment(
    environ: Mapping[str, str], names: Iterable[str] = (), *, secrets: Iterable[str] = ()
) -> dict[str, str]:
    """The environment of a child.

    names: the variables that the tool's declaration names; those that are not set stay unset. secrets: more variables
    that hold a key of ours (a profile's `api_key_env`); like the tokens they are never passed on, even if named.
    """
    never = {*TOKEN_VARIABLES, *secrets}
    wanted = {*ALLOWED, *names}
    found = {
        name: value
        for name, value in environ.items()
        if (name in wanted or name.startswith(ALLOWED_PREFIX)) and name not in never
    }
    return {"PATH": os.defpath, **found}


def hide_environment() -> None:
    """Keeps the processes of the same user, our children first of all, from reading this process's memory and
    /proc/PID/environ, where the token stands. On Linux; elsewhere, and where it cannot be done, nothing happens.

    Programs that we start get the default back (prctl(2), PR_SET_DUMPABLE). Our own /proc/self stays open to us.
    """
    if sys.platform != "linux":
        return
    try:
        import ctypes  # 3 ms

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass
