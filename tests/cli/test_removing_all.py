"""`glm sessions rm --older-than 0d` names every conversation, so somebody has to say yes to it."""

from __future__ import annotations

import pytest

from glmcli.store import Store
from tests.support.cli import Glm


@pytest.fixture(autouse=True)
def _conversation(glm: Glm) -> None:
    with Store(glm.folder / "sessions.db", now=lambda: 0.0, new_id=lambda: "0199aaaa0001") as store:
        store.create()


def count(glm: Glm) -> int:
    with Store(glm.folder / "sessions.db", now=lambda: 0.0, new_id=str) as store:
        return len(store.list())


@pytest.mark.parametrize("age", ["0d", "0h", "00w"])
def test_without_a_terminal_all_are_removed_only_with_yes(glm: Glm, age: str) -> None:
    assert glm("sessions", "rm", "--older-than", age).answer == (
        "",
        f"--older-than {age} names every conversation\nSay --yes as well: there is no terminal to ask at.\n",
        2,
    )
    assert count(glm) == 1
    assert glm("sessions", "rm", "--older-than", age, "--yes").answer == ("", "removed 1 conversation\n", 0)
    assert count(glm) == 0
