"""`glm run` with tools: the model calls, the tools run, their results go back, and the answer after them is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm
from tests.support.served import Script, delta, saying, serving, stream

FUNCTIONS = '''
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def fail(text: str) -> str:
    """Fail."""
    raise ValueError(text)
'''
REFUSED = (
    "The call was not carried out: it needs the user's approval, and nobody is there to give it. Do not repeat it."
)


@pytest.fixture
def functions(tmp_path: Path) -> str:
    path = tmp_path / "functions.py"
    path.write_text(FUNCTIONS)
    return str(path)


def call(arguments: str = '{"a": 2}', name: str = "add", id: str = "call_7d", index: int = 0) -> dict[str, Any]:
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: dict[str, Any], **parts: Any) -> Script:
    return stream(delta(tool_calls=list(calls), **parts), delta(finish="tool_calls"))


def result(text: str, id: str = "call_7d") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": text}


def test_a_call_runs_and_its_result_goes_back_with_the_thinking_before_it(glm: Glm, functions: str) -> None:
    with serving(calling(call(), reasoning="Add them."), saying("Three.")) as served:
        ran = glm("run", "-y", "--functions", functions, "2+1?", env=served.env)
    assert (ran.stdout, ran.status) == ("Three.\n", 0)
    first, second = served.bodies
    assert [tool["function"]["name"] for tool in first["tools"]] == ["add", "fail"]
    assert second == {
        **first,
        "messages": [
            {"role": "user", "content": "2+1?"},
            {
                "role": "assistant",
                "content": "",
                "reasoning": "Add them.",
                "tool_calls": [
                    {"id": "call_7d", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}
                ],
            },
            result("3"),
        ],
    }


# Every way in which a stream has been seen to bring calls (wire-protocol §3.6).
PIECES: dict[str, list[dict[str, Any]]] = {
    "in pieces": [
        delta(content=None, tool_calls=[call("")]),
        delta(tool_calls=[{"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": '{"a'}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '": 2}'}}]),
        delta(finish="tool_calls"),
    ],
    "whole, with the finish reason": [delta(finish="tool_calls", tool_calls=[call()])],
    "without an index": [
        delta(tool_calls=[{key: value for key, value in call().items() if key != "index"}]),
        delta(finish="tool_calls"),
    ],
    "arguments before the name": [
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a": 2}'}}]),
        delta(tool_calls=[{"index": 0, "id": "call_7d", "function": {"name": "add"}}]),
        delta(finish="tool_calls"),
    ],
    "arguments as an object": [
        delta(tool_calls=[{"index": 0, "id": "call_7d", "function": {"name": "add", "arguments": {"a": 2}}}]),
        delta(finish="tool_calls"),
    ],
    "with a closing piece": [
        delta(tool_calls=[call()]),
        delta(tool_calls=[{"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": ""}}]),
        delta(finish="tool_calls"),
    ],
    "with the finish reason stop": [delta(tool_calls=[call()]), delta(finish="stop")],
    "native": [
        {"response": None, "tool_calls": [{"id": "call_7d", "name": "add", "arguments": {"a": 2}}]},
        {"response": "", "tool_calls": []},
    ],
    "as text": [
        delta(content="<tool_call>add\n<arg_key>a</arg_key>"),
        delta(content="\n<arg_value>2</arg_value>\n</tool_call>"),
        delta(finish="stop"),
    ],
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_a_call_is_understood_however_it_comes(pieces: list[dict[str, Any]], glm: Glm, functions: str) -> None:
    with serving(stream(*pieces), saying("Three.")) as served:
        ran = glm("run", "-y", "--functions", functions, "2+1?", env=served.env)
    assert (ran.stdout, ran.status) == ("Three.\n", 0)
    answer, back = served.bodies[1]["messages"][1:]
    assert answer["tool_calls"][0]["function"]["name"] == "add"
    assert json.loads(answer["tool_calls"][0]["function"]["arguments"]) == {"a": 2}
    assert back == result("3", answer["tool_calls"][0]["id"])


def test_calls_at_once_get_their_results_in_the_order_of_the_calls(glm: Glm, functions: str) -> None:
    pieces = [
        delta(tool_calls=[call("", id="b", index=1), call("", id="a")]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a": 1}'}}]),
        delta(tool_calls=[{"index": 1, "function": {"arguments": '{"a": 5, "b": 5}'}}]),
        delta(finish="tool_calls"),
    ]
    with serving(stream(*pieces), saying("Done.")) as served:
        ran = glm("run", "-y", "--functions", functions, "?", env=served.env)
    assert ran.status == 0
    assert served.bodies[1]["messages"][2:] == [result("2", "a"), result("10", "b")]


def test_an_id_that_was_used_in_an_earlier_round_is_replaced(glm: Glm, functions: str) -> None:
    with serving(calling(call()), calling(call('{"a": 3}')), saying("Four.")) as served:
        assert glm("run", "-y", "--functions", functions, "?", env=served.env).status == 0
    messages = served.bodies[2]["messages"]
    ids = [message["tool_calls"][0]["id"] for message in messages if "tool_calls" in message]
    assert ids[0] == "call_7d" != ids[1]
    assert messages[-1] == result("4", ids[1])


@pytest.mark.parametrize(
    ("called", "text"),
    [
        (call("{}"), "The call was not carried out. The arguments do not fit the schema of add:\n/a: is missing"),
        (call('{"a": 2', id="x"), "The call was not carried out. "),
        (call("{}", name="sub"), "There is no tool 'sub'. The tools are: add, fail."),
        (call('{"text": "no"}', name="fail"), "ValueError: no"),
    ],
)
def test_what_goes_wrong_with_a_call_is_told_to_the_model_and_is_no_failure_of_the_run(
    called: dict[str, Any], text: str, glm: Glm, functions: str
) -> None:
    with serving(calling(called), saying("Sorry.")) as served:
        ran = glm("run", "-y", "--functions", functions, "?", env=served.env)
    assert (ran.stdout, ran.status) == ("Sorry.\n", 0)
    assert served.bodies[1]["messages"][-1]["content"].startswith(text)


def test_arguments_that_are_no_object_go_back_in_one_so_that_servers_can_read_the_conversation(
    glm: Glm, functions: str
) -> None:
    with serving(calling(call('{"a": 2')), saying("Sorry.")) as served:
        glm("run", "-y", "--functions", functions, "?", env=served.env)
        glm("run", "-c", "Again?", env=served.env)
    for body in served.bodies[1:]:
        (back,) = body["messages"][1]["tool_calls"]
        assert json.loads(back["function"]["arguments"]) == {"not_json": '{"a": 2'}


def test_a_call_that_the_request_forbade_is_not_carried_out(glm: Glm, functions: str) -> None:
    with serving(calling(call())) as served:
        ran = glm("run", "-y", "--tool-choice", "none", "--functions", functions, "?", env=served.env)
    assert (ran.stdout, ran.status, len(served.requests)) == ("", 0, 1)
    assert ran.stderr == 'tool call add {"a": 2}\n'


def test_without_a_terminal_nothing_unapproved_runs_and_the_status_says_so(glm: Glm, functions: str) -> None:
    with serving(calling(call()), saying("I may not.")) as served:
        ran = glm("run", "--functions", functions, "2+1?", env=served.env)
    assert (ran.stdout, ran.status) == ("I may not.\n", 10)
    assert ran.stderr == (
        f'tool add {{"a": 2}} → refused: {REFUSED}\n'
        "a call was not carried out for want of approval: add\n"
        "glm asks only where its input is a terminal; -y approves all, `glm tools rules` shows what is approved.\n"
    )
    assert served.bodies[1]["messages"][-1] == result(REFUSED)


def test_what_is_denied_does_not_run_and_what_needs_no_approval_does(glm: Glm, functions: str) -> None:
    sum = call('{"expression": "2+1"}', name="calculator", id="c", index=1)
    with serving(calling(call(), sum), saying("Done.")) as served:
        ran = glm("run", "--approve", "deny", "-T", "calculator", "--functions", functions, "?", env=served.env)
    assert ran.status == 10
    refusal = "The call was not carried out: it is refused. Do not repeat it."
    assert served.bodies[1]["messages"][2:] == [result(refusal), result("3", "c")]


def test_the_same_call_three_times_ends_the_turn(glm: Glm, functions: str) -> None:
    again = [calling(call(f'{{{blank}"a": 2}}')) for blank in ("", " ", "  ")]
    with serving(*again, saying("never")) as served:
        ran = glm("run", "-y", "--functions", functions, "?", env=served.env)
    assert (ran.stdout, ran.status, len(served.requests)) == ("", 10, 3)
    assert "the model called add with the same arguments 3 times\n" in ran.stderr


def test_the_number_of_requests_is_limited(glm: Glm, functions: str) -> None:
    with serving(calling(call()), calling(call('{"a": 3}')), saying("never")) as served:
        ran = glm("run", "-y", "--max-turns", "2", "--functions", functions, "?", env=served.env)
    assert (ran.stdout, ran.status, len(served.requests)) == ("", 10, 2)
    assert "the limit of the turn was reached after 2 requests, and the model wants to call more tools\n" in ran.stderr


def test_a_call_of_a_stream_that_was_cut_never_runs(glm: Glm, functions: str) -> None:
    with serving(stream(delta(tool_calls=[call()]), done=False), saying("never")) as served:
        ran = glm("run", "-y", "--functions", functions, "?", env=served.env)
    assert (ran.status, len(served.requests)) == (8, 1)


def test_a_choice_that_forces_a_call_is_not_sent_again(glm: Glm, functions: str) -> None:
    with serving(calling(call()), saying("Three.")) as served:
        glm("run", "-y", "--functions", functions, "--tool-choice", "add", "?", env=served.env)
    assert [body["tool_choice"] for body in served.bodies] == [
        {"type": "function", "function": {"name": "add"}},
        "auto",
    ]


def test_each_answer_of_the_turn_is_in_the_json_and_each_event_in_the_jsonl(glm: Glm, functions: str) -> None:
    script = (calling(call(), content="Let me see."), saying("Three."))
    with serving(*script) as served:
        whole = json.loads(glm("run", "-y", "--json", "--functions", functions, "?", env=served.env).stdout)
    with serving(*script) as served:
        lines = glm("run", "-y", "--jsonl", "--functions", functions, "?", env=served.env).stdout.splitlines()
    assert whole["choices"][0]["message"]["content"] == "Three."
    (earlier,) = whole["glm"]["rounds"]
    assert earlier["choices"][0]["message"]["content"] == "Let me see."
    assert earlier["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "add"
    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events] == [
        *("started", "text_delta", "tool_called", "usage", "tool_returned", "text_delta", "usage", "finished")
    ]
    returned = events[4]
    assert returned.pop("seconds") >= 0
    assert returned == {
        "type": "tool_returned",
        "index": 0,
        "id": "call_7d",
        "name": "add",
        "status": "ok",
        "bytes": 1,
        "text": "3",
    }


def test_a_session_goes_on_with_its_tools(glm: Glm, functions: str) -> None:
    with serving(calling(call()), saying("Three."), calling(call('{"a": 4}')), saying("Five.")) as served:
        glm("run", "-y", "--functions", functions, "2+1?", env=served.env)
        ran = glm("run", "-c", "-y", "4+1?", env=served.env)
    assert (ran.stdout, ran.status) == ("Five.\n", 0)
    *_, third, fourth = served.bodies
    assert third["tools"] == served.bodies[0]["tools"]
    assert [message["role"] for message in third["messages"]] == ["user", "assistant", "tool", "assistant", "user"]
    assert fourth["messages"][-1] == result("5", fourth["messages"][-2]["tool_calls"][0]["id"])


def test_a_session_that_stopped_in_its_calls_goes_on_with_them(glm: Glm, functions: str) -> None:
    with serving(calling(call(), reasoning="Add."), saying("Three.")) as served:
        stopped = glm("run", "-y", "--max-turns", "1", "--functions", functions, "2+1?", env=served.env)
        ran = glm("run", "-c", "-y", env=served.env)
    assert (stopped.status, ran.stdout, ran.status) == (10, "Three.\n", 0)
    messages = served.bodies[1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[1]["reasoning"] == "Add."
    assert messages[2] == result("3")


def test_a_session_that_stopped_in_its_calls_can_be_asked_something_else(glm: Glm, functions: str) -> None:
    with serving(calling(call()), saying("Never mind.")) as served:
        glm("run", "-y", "--max-turns", "1", "--functions", functions, "2+1?", env=served.env)
        ran = glm("run", "-c", "Leave it.", env=served.env)
    assert (ran.stdout, ran.status) == ("Never mind.\n", 0)
    assert served.bodies[1]["messages"][2:] == [
        result("There is no result: the call was not carried out."),
        {"role": "user", "content": "Leave it."},
    ]


def test_a_definition_alone_is_sent_and_its_call_is_left_to_whoever_asked(glm: Glm) -> None:
    tools = glm.folder / "tools"
    tools.mkdir(parents=True)
    definition = {"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}
    (tools / "book.json").write_text(json.dumps(definition))
    with serving(calling(call("{}", name="book"))) as served:
        ran = glm("run", "-T", "book", "--json", "?", env=served.env)
    assert (ran.status, served.bodies[0]["tools"]) == (0, [definition])
    assert json.loads(ran.stdout)["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "book"


def test_the_tools_are_in_the_dry_run_as_they_are_sent(glm: Glm, functions: str) -> None:
    body = json.loads(glm("run", "--dry-run", "--functions", functions, "-T", "now", "?").stdout)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["now", "add", "fail"]
    assert body["tools"][1] == {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Add two numbers.",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
                "required": ["a"],
                "additionalProperties": False,
            },
        },
    }


def test_a_name_that_is_no_tool_is_a_usage_error_that_names_the_nearest(glm: Glm) -> None:
    ran = glm("run", "--dry-run", "-T", "calculater", "?")
    assert ran.answer == ("", "there is no tool calculater\nDid you mean calculator?\n", 2)


def test_the_prompt_form_has_no_place_for_tools(glm: Glm) -> None:
    assert glm("run", "--dry-run", "--prompt-form", "-T", "now", "?").status == 2
    told = "the prompt form has no place for tools\nLeave out --tool and --functions, or give messages.\n"
    assert glm("run", "-T", "now", "--body", "-", stdin=b'{"prompt": "?"}').answer == ("", told, 2)
    assert glm("run", "-T", "now", "-o", "prompt=?").answer == ("", told, 2)
