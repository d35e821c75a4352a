"""A call that leaked into the text is recovered only where nothing else can be meant."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.events import Event, Finished, ReasoningDelta, TextDelta, ToolCalled, Usage
from glmcli.api.leaked import recovered
from glmcli.errors import IncompleteError

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}
NOW = {"type": "function", "function": {"name": "now"}}
STOP = Finished(("stop",))
USAGE = Usage(1, 2, 3)
CITY = "<arg_key>city</arg_key>\n<arg_value>42</arg_value>"
DAYS = "<arg_key>days</arg_key>\n<arg_value>2</arg_value>"
LEAK = f"<tool_call>weather\n{CITY}\n{DAYS}\n</tool_call>"
CALL = ToolCalled("call_1", "weather", '{"city": "42", "days": 2}')


def seen(*events: Event, tools: Any = (WEATHER, NOW), used: tuple[str, ...] = ()) -> list[Event]:
    return list(recovered(events, list(tools), used))


@given(st.lists(st.integers(0, len(LEAK)), max_size=6))
def test_a_whole_text_of_calls_becomes_calls_however_it_is_cut(cuts: list[int]) -> None:
    at = sorted({0, len(LEAK), *cuts})
    pieces = [TextDelta(LEAK[a:b]) for a, b in pairwise(at)]
    thought = ReasoningDelta("Look.")
    assert seen(thought, *pieces, USAGE, STOP) == [thought, CALL, USAGE, STOP]


def test_several_calls_in_a_row_are_several_calls_with_ids_that_are_free() -> None:
    text = f"\n{LEAK}\n<tool_call>now</tool_call>\n"
    calls = [ToolCalled("call_2", CALL.name, CALL.arguments), ToolCalled("call_3", "now", "{}")]
    assert seen(TextDelta(text), STOP, used=("call_1",)) == [*calls, STOP]


@pytest.mark.parametrize(
    "text",
    [
        f"Sure: {LEAK}",
        f"{LEAK} Done.",
        LEAK.replace("weather", "unknown"),
        LEAK.removesuffix("</tool_call>"),
        "<tool_call>",
        "<tool",
        "<table>",
        "  \n",
        "A <tool_call> is a tag.",
    ],
)
def test_any_other_text_stays_the_text_that_it_is(text: str) -> None:
    events = seen(*map(TextDelta, text), STOP)
    assert "".join(it.text for it in events if isinstance(it, TextDelta)) == text
    assert [it for it in events if not isinstance(it, TextDelta)] == [STOP]


def test_without_tools_nothing_is_held_back() -> None:
    assert seen(TextDelta(LEAK), STOP, tools=()) == [TextDelta(LEAK), STOP]


def test_beside_a_call_of_the_server_text_is_text() -> None:
    assert seen(TextDelta(LEAK), CALL, STOP) == [TextDelta(LEAK), CALL, STOP]


def test_ordinary_text_passes_as_it_comes() -> None:
    events = (TextDelta("Hel"), TextDelta("lo <tool_call>"), TextDelta("x", 1), STOP)
    assert seen(*events) == list(events)


def test_a_cut_stream_gives_the_text_that_was_held_back_and_no_call() -> None:
    def cut() -> Any:
        yield TextDelta(LEAK)
        raise IncompleteError("cut")

    got: list[Event] = []
    with pytest.raises(IncompleteError):
        got.extend(recovered(cut(), [WEATHER], ()))
    assert got == [TextDelta(LEAK)]


def test_values_are_json_unless_the_schema_says_text() -> None:
    text = (
        "<tool_call>weather<arg_key>city</arg_key><arg_value>[1]</arg_value>"
        "<arg_key>days</arg_key><arg_value>two</arg_value>"
        '<arg_key>more</arg_key><arg_value>{"a": 1}</arg_value></tool_call>'
    )
    (call, _) = seen(TextDelta(text), STOP)
    assert call == ToolCalled("call_1", "weather", '{"city": "[1]", "days": "two", "more": {"a": 1}}')
