"""Sessions in which tools were called: what is shown, found and exported of them, and going back in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.talking import Talk
from tests.cli.talking import served as talking
from tests.cli.test_tool_calls import call, calling, result
from tests.support.cli import Glm
from tests.support.served import saying, serving

GREET = '''
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello {name}"
'''
ANN = call('{"name": "Ann"}', name="greet")


@pytest.fixture
def functions(tmp_path: Path) -> str:
    path = tmp_path / "greet.py"
    path.write_text(GREET)
    return str(path)


@pytest.fixture
def held(glm: Glm, functions: str) -> Glm:
    """One session, in which Ann was greeted by a tool."""
    with serving(calling(ANN, content="Let me see."), saying("Done.")) as served:
        assert glm("run", "-y", "--functions", functions, "Greet Ann", env=served.env).status == 0
    return glm


def test_the_calls_and_their_results_are_shown_in_their_places(held: Glm) -> None:
    shown = held("sessions", "show").stdout
    assert shown[shown.index("user:") :].split() == [
        *("user:", "Greet", "Ann", "assistant:", "Let", "me", "see.", "→", 'greet({"name":', '"Ann"})'),
        *("tool", "(greet", '{"name":', '"Ann"}):', "Hello", "Ann", "assistant:", "Done."),
    ]


@pytest.mark.parametrize(("word", "role"), [("greet", "assistant"), ("Hello", "tool")])
def test_calls_and_results_are_found(word: str, role: str, held: Glm) -> None:
    (line,) = [line for line in held("sessions", "search", word).stdout.splitlines() if f"  {role}  " in line]
    assert word in line


@pytest.mark.parametrize("format", ["md", "html"])
def test_a_page_for_people_has_them_too(format: str, held: Glm) -> None:
    text = held("sessions", "export", "--format", format).stdout.replace("&quot;", '"')
    assert '→ greet({"name": "Ann"})' in text
    assert "Hello Ann" in text


def test_the_exported_request_is_the_one_that_would_be_sent(held: Glm) -> None:
    body = json.loads(held("sessions", "export", "--format", "body").stdout)
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert body["messages"][2] == result("Hello Ann")
    assert body["tools"][0]["function"]["name"] == "greet"


def test_a_session_whose_tool_is_gone_says_so_and_goes_on_with_others_or_without(held: Glm, functions: str) -> None:
    Path(functions).unlink()
    assert held("run", "-c", "And now?").answer == (
        "",
        f"there is no file {functions}\n"
        "The session has it. -T NAME gives it other tools for this turn, -o tools=null none.\n",
        2,
    )
    for flags, names in (("-T", "now"), ["now"]), (("-o", "tools=null"), None):
        body = json.loads(held("run", "-c", "--dry-run", *flags, "And now?").stdout)
        assert ([it["function"]["name"] for it in body["tools"]] if "tools" in body else None) == names


@pytest.fixture
def imported(held: Glm) -> Glm:
    """The session has come back from a file too, under the name "back"."""
    record = json.loads(held("sessions", "export", "--format", "json").stdout)
    record["session"]["name"] = "back"
    assert held("sessions", "import", "-", stdin=json.dumps(record).encode()).status == 0
    return held


@pytest.mark.parametrize(
    ("flags", "said", "names"),
    [
        ((), "warning: this session had the tools greet; -T gives it tools again\n", []),
        (("-o", "tools=null"), "", []),
        (("-T", "now"), "", ["now"]),
    ],
)
def test_an_imported_session_says_which_tools_it_had_and_goes_on(
    flags: tuple[str, ...], said: str, names: list[str], imported: Glm
) -> None:
    result = imported("run", "--session", "back", "--dry-run", *flags, "And now?")
    body = json.loads(result.stdout)
    assert ([it["function"]["name"] for it in body.get("tools", [])], result.stderr, result.status) == (names, said, 0)


def test_a_chat_says_once_which_tools_an_imported_session_had(imported: Glm) -> None:
    with talking(imported.folder, saying("One."), saying("Two.")) as talk:
        went_on = talk("a", "b", session="back")
        resumed = talk("/resume back", "c")
    assert went_on.count("this session had the tools greet; -T gives it tools again\n") == 1
    assert resumed.count("this session had the tools greet; /tools NAME gives it tools again\n") == 1
    assert ["tools" in body for body in talk.bodies] == [False, False, False]


def test_a_session_that_took_its_tools_away_itself_misses_none(held: Glm) -> None:
    with talking(held.folder, saying("One.")) as talk:
        talk("/tools none", continue_=True)
        assert "this session had" not in talk("a", continue_=True)


def test_resuming_a_session_whose_tools_are_gone_goes_on_with_the_others(held: Glm, functions: str) -> None:
    with talking(held.folder, saying("One."), saying("Two.")) as talk:
        talk("/tools now", "a", session="mixed")
        talk(f"/tools {functions} calculator", "/tools -now", session="mixed")
        Path(functions).unlink()
        told = talk("/resume mixed", "b").splitlines()
    gone = f"there is no file {functions}; the session goes on without greet.py"
    assert [line for line in told if "greet" in line] == [gone]
    assert [[it["function"]["name"] for it in body.get("tools", [])] for body in talk.bodies] == [
        ["now"],
        ["calculator"],
    ]


@pytest.fixture
def talk(tmp_path: Path, functions: str) -> Iterator[Talk]:
    bob = call('{"name": "Bob"}', name="greet", id="b")
    scripts = (calling(ANN), saying("Ann is greeted."), calling(bob), saying("Bob is greeted."), saying("Again."))
    with talking(tmp_path, *scripts) as talk:
        talk(f"/tools {functions}", "/approve auto", "Greet Ann", "Greet Bob")
        yield talk


def roles(body: object) -> str:
    assert isinstance(body, dict)
    return " ".join(message["role"][0] for message in body["messages"])


def test_retry_asks_the_question_again_without_what_the_tools_said_to_it(talk: Talk) -> None:
    talk("/retry", continue_=True)
    assert [roles(body) for body in talk.bodies] == ["u", "u a t", "u a t a u", "u a t a u a t", "u a t a u"]
    assert [(it.role, it.text) for it in talk.stored()[-2:]] == [("user", "Greet Bob"), ("assistant", "Again.")]


def test_undo_takes_back_the_whole_turn(talk: Talk) -> None:
    told = talk("/undo", "/history", continue_=True)
    assert "offered: Greet Bob" in told
    assert re.findall(r"^[0-9] (user|assistant|tool) ", told, re.MULTILINE) == [
        *("user", "assistant", "tool", "assistant")
    ]
    talk("And now?", continue_=True)
    assert roles(talk.bodies[-1]) == "u a t a u"


def test_undo_and_another_question_leave_no_call_without_its_result(talk: Talk) -> None:
    talk("/undo 2", "Greet Cid", continue_=True)
    assert roles(talk.bodies[-1]) == "u"


def test_an_edited_answer_that_called_is_closed_before_the_next_question(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmcli.cli.slash.turns.edited", lambda repl, text: "Better so.")
    talk("/edit 6", "And now?", continue_=True)
    *_, edited, closing, asked = talk.bodies[-1]["messages"]
    assert (edited["content"], edited["tool_calls"][0]["id"]) == ("Better so.", "b")
    assert closing == result("There is no result: the call was not carried out.", "b")
    assert asked == {"role": "user", "content": "And now?"}
    talk("/edit 3", continue_=True)
    assert "message 3 is neither yours nor an answer" in talk.stderr.getvalue().decode()
