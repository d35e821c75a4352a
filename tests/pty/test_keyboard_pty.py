"""Real keys on a real terminal, and the screens that a person has before them."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from glmcli.demo.server import Wait
from tests.pty.conftest import Start
from tests.support.served import cut, delta, saying, serving, stream
from tests.support.tty import Tty

GREETING = """\
@cf/zai-org/glm-4.7-flash, profile default
/help lists commands and keys, Ctrl-D leaves
"""
TOOLBAR = "glm-4.7-flash · default · context 0 % · thinking on"
THINKING = stream(delta(reasoning_content="A greeting.\nBe kind."), delta(content="Hello."), delta(finish="stop"))
LONG = "".join(f"line {number}\r" for number in range(132))
TAB, ESC, ENTER, CTRL_C, CTRL_G, CTRL_L, CTRL_O, CTRL_Z = "\t", "\x1b", "\r", "\x03", "\x07", "\x0c", "\x0f", "\x1a"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def shows(screen: str) -> Callable[[Tty], Callable[[], bool]]:
    """Whether the rows of the screen are these, blank ones between them left out."""
    wanted = [row for row in screen.split("\n") if row]
    return lambda tty: lambda: [row for row in tty.screen.visible if row] == wanted


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)])
def test_the_toolbar_is_the_last_row(started: Start, columns: int, lines: int) -> None:
    with serving() as server:
        chat = started("chat", env=server.env, columns=columns, lines=lines)
        chat.prompted().until(TOOLBAR)
        assert chat.screen.visible == [*GREETING.split("\n"), ">", *[""] * (lines - 5), TOOLBAR]
        assert b"\x1b[0;7m" not in chat.raw
        chat.type("\x04")
        assert chat.end() == 0
        assert TOOLBAR not in chat.text


def test_plain_has_no_toolbar(started: Start) -> None:
    with serving(saying("Hello.")) as server:
        chat = started("chat", "--plain", env=server.env)
        chat.prompted().type("Hi" + ENTER).until("Hello.").prompted()
        assert chat.rows == [*GREETING.split("\n"), "> Hi", "Hello.", "", ">"]


def test_the_toolbar_goes_and_comes_with_plain(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().until(TOOLBAR).type("/plain on" + ENTER).until("line by line").prompted()
        chat.type("x").prompted("x")
        assert TOOLBAR not in chat.text
        chat.type(CTRL_C).prompted().type("/plain off" + ENTER).until(TOOLBAR).prompted()


def test_the_toolbar_of_vi_shows_its_mode_and_follows_the_window(started: Start, tmp_path: Path) -> None:
    (tmp_path / "glmcli").mkdir()
    (tmp_path / "glmcli" / "config.toml").write_text('editing_mode = "vi"\n')
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().until(f"{TOOLBAR} · vi insert").type("x" + ESC).until(f"{TOOLBAR} · vi command")
        chat.resize(50, 12).until("\nglm-4.7-flash · context 0 % · vi command")
        assert chat.screen.visible == [*GREETING.split("\n"), "> x", *[""] * 7, chat.rows[-1]]
        chat.resize(90, 20).until(f"{TOOLBAR} · vi command").prompted("x")


def test_no_colour_where_none_is_wanted(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env={**server.env, "NO_COLOR": "1"})
        chat.prompted().until(TOOLBAR).type("/" + TAB).until("/exit ").type(TAB).until("> /help")
        assert re.findall(rb"\x1b\[(?:\d+;)*(?:[34][0-8]|9[0-7]|10[0-7])[\d;]*m", chat.raw) == []


def test_tab_offers_commands_with_their_help_then_their_arguments(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("/uns" + TAB).prompted("/unset")
        chat.type("reasoning" + TAB).prompted("/unset reasoning_effort")
        chat.type(CTRL_C).until(lambda: chat.line == ">").type("/set reasoning_effort " + TAB)
        chat.until(
            lambda: shows(
                f"""\
{GREETING}
> /unset reasoning_effort
> /set reasoning_effort
                         low
                         medium
                         high
                         null
{TOOLBAR}"""
            )(chat)()
        )
        chat.type(TAB + TAB).prompted("/set reasoning_effort medium").type(ENTER)
        chat.until(lambda: "  high" not in chat.text).prompted("/set reasoning_effort medium")
        chat.type(ENTER).until('reasoning_effort = "medium" (from /set)')
        chat.prompted().type("/e" + TAB).until("/exit").type(ESC)


def test_tab_completes_a_path(started: Start, tmp_path: Path) -> None:
    (tmp_path / "notes" / "inner").mkdir(parents=True)
    (tmp_path / "notes" / "a file").write_text("")
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("see @~/notes/i" + TAB).prompted("see @~/notes/inner/")
        chat.type(CTRL_C + "@~/notes/a" + TAB).prompted('@"~/notes/a file"')


def test_tab_goes_on_into_a_folder_and_closes_the_quotes_behind_a_file(started: Start, tmp_path: Path) -> None:
    folder = tmp_path / "my dir"
    folder.mkdir()
    (folder / "one.txt").write_text("")
    (folder / "two.txt").write_text("")
    with serving() as server:
        chat = started("chat", env=server.env, cwd=tmp_path)
        chat.prompted().type("@my" + TAB).prompted('@"my dir/').type(TAB)
        chat.until(lambda: [row.strip() for row in chat.rows[3:] if row][1:3] == ["one.txt", "two.txt"])
        chat.type(TAB + TAB).prompted('@"my dir/two.txt"').type(TAB).prompted('@"my dir/')
        chat.type("t" + TAB).prompted('@"my dir/two.txt"')


def test_ctrl_o_shows_the_thinking_and_folds_it_again(started: Start) -> None:
    with serving(THINKING) as server:
        chat = started("chat", "Hi", env=server.env)
        chat.until("Hello.").prompted().type("Bye" + CTRL_O).until("Be kind.").prompted("Bye")
        at = chat.rows.index("A greeting.")
        assert chat.rows[at - 2 : at + 3] == ["Hello.", "", "A greeting.", "Be kind.", "> Bye"]
        chat.type(CTRL_O).until(lambda: "Be kind." not in chat.text).prompted("Bye")
        chat.type(CTRL_O).until("Be kind.").type(CTRL_C).prompted()
        assert "Be kind." not in chat.text


def test_esc_esc_brings_the_last_message_back(started: Start) -> None:
    with serving(saying("One."), saying("Two.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("Hi\nthere" + ENTER).until("One.").prompted()
        chat.type(ESC + ESC).until(lambda: chat.line == "  there").type("!" + ENTER).until("Two.")
        assert server.bodies[1]["messages"][-1]["content"] == "Hi\nthere!"


def test_a_long_paste_is_a_stub_and_sent_whole(started: Start, tmp_path: Path) -> None:
    with serving(saying("Many.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("What are " + pasted(LONG)).prompted("What are [pasted 132 lines]")
        chat.type(" and " + pasted(LONG.upper())).prompted("What are [pasted 132 lines] and [pasted 132 lines, 2]")
        chat.type("\x7f").prompted("What are [pasted 132 lines] and").type("\x17?" + ENTER).until("Many.")
        sent = "What are " + LONG.replace("\r", "\n") + " ?"
        assert server.bodies[0]["messages"][0]["content"] == sent
        assert "> What are [pasted 132 lines] ?" in chat.rows
        lines = (tmp_path / "glmcli" / "history").read_text().split("\n")
        assert [line for line in lines if line.startswith("+")] == [f"+{line}" for line in sent.split("\n")]


@pytest.mark.parametrize("vi", [False, True])
@pytest.mark.parametrize("keys", [CTRL_G, "\x18\x05"])
def test_the_editor_gets_the_whole_message_and_stubs_are_folded_again(
    started: Start, tmp_path: Path, vi: bool, keys: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncp "$1" "$HOME/before"\nprintf " by hand" >> "$1"\n')
    editor.chmod(0o755)
    (tmp_path / "glmcli").mkdir()
    (tmp_path / "glmcli" / "config.toml").write_text(f'editing_mode = "{"vi" if vi else "emacs"}"\n')
    with serving(saying("Yes.")) as server:
        chat = started("chat", env={**server.env, "EDITOR": str(editor)})
        chat.prompted().type("See " + pasted(LONG) + "!" + keys).prompted("See [pasted 132 lines]! by hand")
        whole = "See " + LONG.replace("\r", "\n") + "!"
        assert (tmp_path / "before").read_text() == whole
        chat.type(ENTER).until("Yes.")
        assert server.bodies[0]["messages"][0]["content"] == whole + " by hand"


def test_an_editor_that_fails_leaves_the_stub(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env={**server.env, "EDITOR": "false"})
        chat.prompted().type(pasted(LONG) + CTRL_G).type("!").prompted("[pasted 132 lines]!")


def test_a_lost_end_of_a_paste_does_not_freeze_the_keyboard(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("\x1b[200~one\rtwo").until("> one\n  two").type("!" + ENTER).until("Yes.")
        assert server.bodies[0]["messages"][0]["content"] == "one\ntwo!"


def test_ctrl_l_draws_the_prompt_anew_and_nothing_else(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type("draft").prompted("draft").until(TOOLBAR)
        before, length = chat.screen.visible, len(chat.raw)
        chat.type(CTRL_L).until(lambda: b"draft" in chat.raw[length:] and TOOLBAR in chat.text)
        assert chat.screen.visible == before


def test_ctrl_z_suspends_and_fg_goes_on(started: Start) -> None:
    with serving(saying("Yes.")) as server:
        chat = started(shell='set -m; "$@" chat; echo suspended; read on; fg >/dev/null', env=server.env)
        chat.prompted().type("draft").prompted("draft").type(CTRL_Z).until("suspended")
        assert TOOLBAR not in chat.text
        assert chat.cooked
        chat.type("\n").prompted("draft").until(TOOLBAR).type("!" + ENTER).until("Yes.").prompted().type("\x04")
        assert chat.end() == 0
        assert server.bodies[0]["messages"][0]["content"] == "draft!"


def test_ctrl_z_while_it_answers(started: Start) -> None:
    on = Event()
    with serving(cut("One", end=[Wait(on), *saying(" two.")[1:]])) as server:
        chat = started(shell='set -m; "$@" chat; echo suspended; read on; fg >/dev/null', env=server.env)
        chat.prompted().type("Count" + ENTER).until("One").type(CTRL_Z).until("suspended").type("\n")
        on.set()
        chat.until("two.").prompted().type("\x04")
        assert chat.end() == 0


def test_a_prompt_follows_the_window(started: Start) -> None:
    words = "one two three four five six seven eight nine"
    with serving() as server:
        chat = started("chat", env=server.env)
        chat.prompted().type(words).until(f"> {words}").resize(30, 10)
        chat.until("> one two three four five six\n  seven eight nine").until("context 0 %").signal(signal.SIGWINCH)
        chat.resize(100, 30).until(f"\n> {words}\n").until(TOOLBAR)


def test_a_dumb_terminal_has_no_toolbar(started: Start) -> None:
    with serving() as server:
        chat = started("chat", env={**server.env, "TERM": "dumb"})
        chat.until(lambda: chat.rows[-1:] == [">"]).type("\x04")
        assert chat.end() == 0
        assert "thinking on" not in chat.text
