"""Two processes that go on with one session at once: both questions and both answers are kept, as one line of turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Barrier

from glmcli.demo.connection import Action, Request
from tests.support.cli import Glm
from tests.support.served import saying, serving


def test_two_that_ask_at_once_are_kept_one_after_the_other_and_neither_saw_the_other(glm: Glm) -> None:
    both = Barrier(2, timeout=30)  # no answer begins before both have asked

    def respond(request: Request) -> Iterator[bytes | Action]:
        messages = json.loads(request.body)["messages"]
        asked = messages[-1]["content"]
        if asked != "first":
            both.wait()
        yield from saying(f"{len(messages)} messages, the last: ", asked)

    with serving(respond=respond) as served:
        assert glm("run", "first", "--session", "trip", env=served.env).status == 0
        processes = {
            asked: glm.process("run", "--session", "trip", asked, env=served.env) for asked in ("one", "other")
        }
        said = {asked: (*process.communicate(timeout=60), process.returncode) for asked, process in processes.items()}
    told = b"continuing session trip: first\n"
    assert said == {asked: (f"3 messages, the last: {asked}\n".encode(), told, 0) for asked in processes}
    opening, *turns = [glm.stored()[at : at + 2] for at in (0, 2, 4)]
    assert opening == [("user", "first", "complete"), ("assistant", "1 messages, the last: first", "complete")]
    assert sorted(turns) == [
        [("user", asked, "complete"), ("assistant", f"3 messages, the last: {asked}", "complete")]
        for asked in ("one", "other")
    ]
