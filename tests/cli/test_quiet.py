"""`--quiet` hides what nobody asked for; what a flag of its own asks for is said all the same."""

from __future__ import annotations

import pytest

from tests.support.cli import Glm
from tests.support.served import saying, serving, told

TICKS = {"monotonic": lambda: 0.0}


def test_quiet_leaves_the_usage_that_a_flag_asks_for(glm: Glm) -> None:
    loud = told(glm, saying("Hello"), argv=("run", "hi", "-u"), **TICKS)
    assert told(glm, saying("Hello"), argv=("run", "hi", "-u", "-q"), **TICKS) == loud
    assert loud[2].count("\n") == 1


def test_quiet_hides_the_usage_that_only_the_settings_ask_for(glm: Glm) -> None:
    glm.configure("usage = true\n")
    assert told(glm, saying("Hello"), argv=("run", "hi", "-q"))[1:3] == ("Hello\n", "")


@pytest.mark.parametrize("flag", ["-i", "-v"])
def test_quiet_leaves_the_headers_and_the_exchange(glm: Glm, flag: str) -> None:
    with serving(saying("Hello")) as served:
        loud, quiet = (glm("run", "--no-log", "hi", flag, *more, env=served.env) for more in ((), ("-q",)))
    assert quiet.answer == loud.answer
    assert "cf-ray: ray-1" in quiet.stderr


def test_quiet_hides_a_warning(glm: Glm) -> None:
    assert told(glm, saying("Hello"), argv=("run", "hi", "-o", "unknown=1", "-q"))[1:3] == ("Hello\n", "")
