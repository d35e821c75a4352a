"""/resume without a name: a menu of the sessions on a real terminal."""

from __future__ import annotations

from tests.pty.conftest import Start
from tests.support.cli import Glm
from tests.support.served import Served, saying, serving

UP, DOWN, ESC, ENTER = "\x1b[A", "\x1b[B", "\x1b", "\r"


def stored(glm: Glm, server: Served) -> None:
    for name, asked in (("rome", "Where to?"), ("code", "Why does it fail?")):
        glm("run", "--session", name, asked, env=server.env)


def test_arrows_mark_a_session_and_letters_narrow_the_menu_down(started: Start, glm: Glm) -> None:
    with serving(saying("Yes.")) as server:
        stored(glm, server)
        chat = started("chat", env=server.env)
        chat.prompted().type("/resume" + ENTER).until("[code] Why does it fail?").until("[rome] Where to?")
        chat.type(DOWN * 2).until("go on with: rome").type(UP).until("go on with: code")
        chat.type("ro").until(lambda: "[code]" not in chat.text and chat.line == "go on with: ro").type(ENTER)
        chat.until("continuing session rome: Where to? (2 messages)\n> Where to?\nYes.").prompted()
        assert "go on with" not in chat.text


def test_escape_leaves_the_menu_and_changes_nothing(started: Start, glm: Glm) -> None:
    with serving(saying("Yes.")) as server:
        stored(glm, server)
        chat = started("chat", env=server.env)
        chat.prompted().type("/resume" + ENTER).until("[rome]").type(ESC).until("nothing was changed").prompted()
        assert chat.rows[3:5] == ["> /resume", "nothing was changed"]


def test_a_dumb_terminal_gets_numbers(started: Start, glm: Glm) -> None:
    with serving(saying("Yes.")) as server:
        stored(glm, server)
        chat = started("chat", env={**server.env, "TERM": "dumb"})
        chat.until(lambda: chat.rows[-1:] == [">"]).type("/resume" + ENTER).until("go on with:").type("2" + ENTER)
        chat.until("continuing session rome: Where to? (2 messages)")
        assert [row.split()[0] for row in chat.rows if "default/glm" in row] == ["1", "2"]
        assert b"\x1b" not in chat.raw
