"""Two processes that go on with one session at once: both questions and both answers are kept, as one line of turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event

from glmcli.demo.connection import Action, Request
from tests.support.cli import Glm
from tests.support.served import saying, serving


def test_whoever_asks_while_another_is_answered_loses_nothing_and_sees_the_question_alone(glm: Glm) -> None:
    asked = {"first": Event(), "one": Event(), "other": Event()}

    def respond(request: Request) -> Iterator[bytes | Action]:
        said = [it["content"] for it in json.loads(request.body)["messages"]]
        asked[said[-1]].set()
        if said[-1] == "one":  # is answered when the other one has asked
            assert asked["other"].wait(30)
        yield from saying(f"heard: {', '.join(said)}")

    with serving(respond=respond) as served:
        assert glm("run", "first", "--session", "trip", env=served.env).status == 0
        one = glm.process("run", "--session", "trip", "one", env=served.env)
        assert asked["one"].wait(30)
        other = glm.process("run", "--session", "trip", "other", env=served.env)
        outcomes = [(*process.communicate(timeout=60), process.returncode) for process in (one, other)]
    heard = [f"heard: first, heard: first, {rest}" for rest in ("one", "one, other")]
    assert outcomes == [(f"{text}\n".encode(), b"continuing session trip: first\n", 0) for text in heard]
    assert glm.stored() == [
        ("user", "first", "complete"),
        ("assistant", "heard: first", "complete"),
        ("user", "one", "complete"),
        ("assistant", heard[0], "complete"),
        ("user", "other", "complete"),
        ("assistant", heard[1], "complete"),
    ]
