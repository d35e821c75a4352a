"""Templates in the chat, on a real terminal: Tab, the prompt that waits in the line, and the first message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import saying, serving

TAB, ENTER = "\t", "\r"


@pytest.fixture(autouse=True)
def _templates(glm: Glm) -> None:
    folder: Path = glm.folder / "templates"
    folder.mkdir(parents=True)
    (folder / "review.toml").write_text("prompt = 'Review in $lang: $input'")
    (folder / "haiku.toml").write_text("prompt = '''\nA haiku\nabout $topic.\n'''\nparams.topic = 'snow'")


def test_tab_completes_a_template_and_its_variable(started: Start) -> None:
    with serving(saying("Good.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("/templ" + TAB).prompted("/template").type("rev" + TAB).prompted("/template review")
        chat.type(TAB).prompted("/template review lang=").type("de" + ENTER)
        chat.until("template review: it frames the next message").prompted().type("x = 1" + ENTER).until("Good.")
        assert server.bodies[0]["messages"] == [{"role": "user", "content": "Review in de: x = 1"}]


def test_a_prompt_without_a_place_for_input_waits_in_the_line(started: Start) -> None:
    with serving(saying("White.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("/template haiku" + ENTER)
        chat.until("its prompt is in the line below, to be changed and sent\n\n> A haiku\n  about snow.")
        chat.type("\x7f, please." + ENTER).until("White.")
        assert server.bodies[0]["messages"] == [{"role": "user", "content": "A haiku\nabout snow, please."}]


def test_the_first_message_of_a_chat_is_framed(started: Start) -> None:
    with serving(saying("One."), saying("Two."), saying("Three.")) as server:
        chat = started("chat", "-t", "review", "-p", "lang=de", env=server.env)
        chat.until("template review: it frames the next message").prompted().type("a" + ENTER).until("One.")
        chat.prompted().type("b" + ENTER).until("Two.").prompted().type("\x04")
        assert chat.end() == 0
        chat = started("chat", "-t", "review", "-p", "lang=de", "c", env=server.env)
        chat.until("Three.")
        assert [it["messages"][-1]["content"] for it in server.bodies] == ["Review in de: a", "b", "Review in de: c"]


def test_a_chat_may_begin_with_a_prompt_in_its_line(started: Start) -> None:
    with serving(saying("White.")) as server:
        chat = started("chat", "-t", "haiku", env=server.env)
        chat.until("> A haiku\n  about snow.").type(ENTER).until("White.")
        assert server.bodies[0]["messages"] == [{"role": "user", "content": "A haiku\nabout snow."}]
