"""Where a conversation ended is shown as it looked: in the chat, and by `glm sessions show`."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.store import Store
from tests.support.cli import Glm
from tests.support.screen import seen

SOURCE = "# Head\n\nSome *words*.\n\n- [x] one\n"
DRAWN = ["Head", "", "Some words.", "", " ☑ one"]


@pytest.fixture
def session(glm: Glm) -> str:
    with Store(glm.folder / "sessions.db", now=lambda: 0.0, new_id=lambda: "0199aaaa0001") as store:
        made = store.create(name="sky")
        store.add_message(made.id, {"role": "user", "content": "*Why*?\n- a"})
        store.add_message(made.id, {"role": "assistant", "content": SOURCE})
    return made.id


def shown(glm: Glm, *flags: str, **more: Any) -> list[str]:
    result = glm("sessions", "show", "sky", *flags, tty=True, **{"env": {"NO_COLOR": "1"}, **more})
    rows = seen(result.raw)
    return rows[rows.index("user:") :]


def test_a_conversation_is_rendered_on_a_terminal_but_for_what_the_user_wrote(glm: Glm, session: str) -> None:
    assert shown(glm) == ["user:", "*Why*?", "- a", "", "assistant:", *DRAWN]
    assert shown(glm, "--plain") == ["user:", "*Why*?", "- a", "", "assistant:", *DRAWN]


def test_raw_shows_the_source_and_so_does_a_pipe(glm: Glm, session: str) -> None:
    asked = ["user:", "*Why*?", "- a", "", "assistant:"]
    assert shown(glm, "--raw") == [*asked, *SOURCE.splitlines()]
    assert glm("sessions", "show", "sky").stdout.endswith(f"assistant:\n{SOURCE}")
    glm.configure("markdown = false")
    assert shown(glm) == [*asked, *SOURCE.splitlines()]


def test_its_colours_are_those_of_answers(glm: Glm, session: str) -> None:
    glm.configure('theme = "light"')
    drawn = glm("sessions", "show", "sky", tty=True).stdout
    assert "\x1b[1;4;34mHead\x1b[0m" in drawn
