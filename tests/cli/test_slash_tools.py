"""Slash commands about tools, and turns of the REPL that call them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.cli.test_tool_calls import call, calling, result
from tests.support.served import saying

ADD = '''
def add(a: int) -> int:
    """Add one."""
    return a + 1
'''


@pytest.fixture
def functions(tmp_path: Path) -> str:
    path = tmp_path / "plus.py"
    path.write_text(ADD)
    return str(path)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, calling(call()), saying("Three."), calling(call('{"a": 4}')), saying("Five.")) as it:
        yield it


def lines(*told: str) -> list[str]:
    return "\n".join(told).splitlines()


def test_tools_are_given_taken_and_listed(talk: Talk, functions: str) -> None:
    talk.width = 120
    told = replies(
        talk, "/tools", "/tools now calculator", "/tools -now", "/tools", f"/tools {functions}", "/tools none"
    )
    assert told == lines(
        "The model may call no tools. /tools NAME gives it one; `glm tools list` lists them.",
        "the model may call now, calculator",
        "the model may call calculator",
        "calculator              runs unasked (built in)",
        "/tools NAME gives another one, /tools -NAME takes it away, /approve says who approves calls",
        "the model may call calculator, add",
        "the model may call no tools",
    )


def test_a_tool_that_is_not_there_changes_nothing(talk: Talk) -> None:
    told = replies(talk, "/tools now", "/tools nwo", "/tools -shell", "/tools -now")
    assert told == lines(
        "the model may call now",
        "there is no tool nwo\nDid you mean now?",
        "shell was not given to the model; given: now\nTake away what was given.",
        "the model may call no tools",
    )


def test_approval_is_shown_and_changed(talk: Talk) -> None:
    told = replies(talk, "/approve", "/approve deny", "/approve", "/permissions auto", "/approve perhaps")
    assert told == lines(
        "ask                     glm asks before a call that is not approved yet",
        "glm refuses every call that is not approved yet",
        "deny                    glm refuses every call that is not approved yet",
        "glm runs every call unasked",
        "perhaps is none of ask, auto, deny\nFor example: /approve ask",
    )


def test_servers_are_listed(talk: Talk) -> None:
    (talk.folder / "mcp.json").write_text(
        json.dumps({"mcpServers": {"time": {"command": "time-server"}, "far": {"url": "https://x.test/mcp"}}})
    )
    told = replies(talk, "/mcp", "/mcp nowhere")
    assert told == lines(
        "time                    not given: time-server\nfar                     not given: https://x.test/mcp",
        "there is no MCP server nowhere; there are: time, far\n`glm tools add` adds one.",
    )


def test_a_session_keeps_the_tools_that_it_was_given(talk: Talk, functions: str) -> None:
    talk(f"/tools {functions}", "/approve auto", "2+1?")
    talk("/approve auto", "4+1?", continue_=True)
    assert [len(body["tools"]) for body in talk.bodies] == [1, 1, 1, 1]
    assert talk.bodies[1]["messages"][-1] == result("3")
    assert talk.said == "Three.\nFive.\n"


def test_what_every_answer_of_the_turn_cost_is_counted(talk: Talk, functions: str) -> None:
    told = talk(f"/tools {functions}", "/approve auto", "2+1?", "/usage")
    assert "2 answers" in told


def test_without_anybody_to_ask_a_call_is_refused_and_the_chat_goes_on(talk: Talk, functions: str) -> None:
    told = talk(f"/tools {functions}", "2+1?", "/usage")
    assert "a call was not carried out for want of approval: add" in told
    assert talk.said == "Three.\n"


def test_continue_carries_out_the_calls_that_a_turn_stopped_in(talk: Talk, functions: str) -> None:
    told = talk(f"/tools {functions}", "/approve auto", "2+1?", max_turns=1)
    assert "the limit of the turn was reached after 1 request" in told
    told = talk("/approve auto", "/continue", continue_=True)
    assert "the last turn stopped in its tool calls; /continue goes on with them\n" in told
    assert talk.said == "Three.\n"
    assert [message["role"] for message in talk.bodies[1]["messages"]] == ["user", "assistant", "tool"]


def test_a_bad_server_is_shown_among_the_others_and_says_why_it_cannot_be_given(talk: Talk) -> None:
    talk.width = 400
    talk.folder.mkdir(exist_ok=True)
    path = talk.folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"bad": {}, "git": {"command": "x"}}}))
    why = f"{path}: /mcpServers/bad has neither a command nor a url"
    assert replies(talk, "/mcp", "/mcp bad", "/mcp zzz") == [
        "git                     not given: x",
        f"bad                     broken: {why}",
        why,
        "A server is started by a command or reached by a url.",
        "there is no MCP server zzz; there are: git",
        "`glm tools add` adds one.",
    ]
