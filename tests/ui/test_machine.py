from __future__ import annotations

import json
from typing import Any

from glmcli.api.events import Event, Finished, Metadata, ReasoningDelta, Requested, TextDelta, ToolCalled, Usage
from glmcli.errors import IncompleteError, NetworkError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import REQUEST, RESPONSE, show

STOP = Finished(("stop",))
ERROR = {
    "type": "network", "message": "no answer", "hint": None, "status": None, "code": None, "exit_code": 6,
    "request_id": None,
}  # fmt: skip


def document(events: list[Event], **how: Any) -> dict[str, Any]:
    stage = show(Stage(tty=False), events, format="json", **how)
    assert (stage.stdout.count("\n"), stage.stdout[-1]) == (1, "\n")
    loaded: dict[str, Any] = json.loads(stage.stdout)
    return loaded


def test_json_is_the_whole_completion_and_what_we_know_beside_it() -> None:
    events: list[Event] = [REQUEST, RESPONSE, Metadata({"id": "x"}), TextDelta("a\x1b"), Usage(1, 2, 3), STOP]
    got = document(events, extras=lambda: {"session": "s", "cost": 0.5})
    assert got["choices"][0]["message"]["content"] == "a\x1b"
    assert (got["id"], got["glm"], "error" in got) == ("x", {"session": "s", "cost": 0.5}, False)


def test_json_of_a_cut_answer_holds_what_came_and_the_error() -> None:
    got = document([REQUEST, TextDelta("half")], error=IncompleteError("cut"))
    assert got["choices"][0]["message"]["content"] == "half"
    assert (got["error"]["type"], got["error"]["exit_code"]) == ("incomplete", 8)


def test_json_of_no_answer_is_the_error_alone() -> None:
    assert document([REQUEST, Usage(1, 0, 1)], error=NetworkError("no answer")) == {"error": ERROR}
    after_status_line = {"error": {**ERROR, "status": 200}}
    assert document([REQUEST, RESPONSE], error=NetworkError("no answer")) == after_status_line
    assert document([REQUEST, RESPONSE, REQUEST], error=NetworkError("no answer")) == {"error": ERROR}


def test_json_of_several_answers_is_the_last_with_the_earlier_beside_it() -> None:
    got = document([REQUEST, ToolCalled("1", "f", "{}"), STOP, REQUEST, TextDelta("3"), STOP, Usage(1, 1, 2)])
    assert got["choices"][0]["message"]["content"] == "3"
    assert [it["choices"][0]["message"]["tool_calls"][0]["function"]["name"] for it in got["glm"]["rounds"]] == ["f"]


def test_json_of_nothing_is_nothing() -> None:
    assert show(Stage(tty=False), [], format="json").stdout == ""


def test_json_on_a_terminal_is_laid_out_and_harmless() -> None:
    stage = show(Stage(environ={}), [TextDelta("\x1b\x9b\u202e"), STOP], format="json")
    assert '\n  "choices": [' in stage.stdout
    assert '"\\u001b\\u009b\\u202e"' in stage.stdout


def test_jsonl_is_one_event_a_line() -> None:
    events: list[Event] = [REQUEST, ReasoningDelta("hm"), TextDelta("a\u2028"), TextDelta("b", 1), Usage(1, 2, 3), STOP]
    stage = show(Stage(tty=False), events, format="jsonl", started={"session": None, "profile": "p", "model": "m"})
    assert stage.stdout.splitlines() == [
        '{"type": "started", "version": 1, "session": null, "profile": "p", "model": "m"}',
        '{"type": "reasoning_delta", "index": 0, "text": "hm"}',
        '{"type": "text_delta", "index": 0, "text": "a\\u2028"}',
        '{"type": "text_delta", "index": 1, "text": "b"}',
        '{"type": "usage", "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cached_tokens": 0, '
        '"neurons": null}',
        '{"type": "finished", "reason": "stop", "reasons": ["stop"]}',
    ]


def test_jsonl_ends_with_the_error_if_there_is_one() -> None:
    stage = show(Stage(tty=False), [TextDelta("a"), STOP], NetworkError("no answer"), format="jsonl")
    lines = [json.loads(line) for line in stage.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["started", "text_delta", "error"]
    assert lines[-1] == {"type": "error", "error": ERROR}


def test_jsonl_that_was_given_up_has_no_last_line() -> None:
    assert show(Stage(tty=False), [TextDelta("a")], format="jsonl").stdout.count("\n") == 2


def test_thinking_is_only_counted_beside_json() -> None:
    stage = show(
        Stage(tty=False, err_tty=True),
        [Requested("POST", "u", (), b""), ReasoningDelta("hm"), TextDelta("a"), STOP],
        format="json",
    )
    assert "hm" not in stage.stderr
    assert stage.stderr.endswith("\x1b[2mthought for 0 s (~1 tokens)\x1b[0m\n")
