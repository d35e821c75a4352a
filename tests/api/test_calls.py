"""Tool calls put together from every form in which servers send them (wire-protocol §3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from glmcli.api.calls import ToolCalls
from glmcli.api.events import ToolCalled


def piece(index: int | None = 0, id: Any = None, name: Any = None, arguments: Any = None) -> dict[str, Any]:
    item: dict[str, Any] = {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return item if index is None else {"index": index, **item}


def assembled(*deltas: Any, whole: bool = False, used: set[str] | None = None) -> list[ToolCalled]:
    calls = ToolCalls()
    for delta in deltas:
        calls.feed(delta, whole=whole)
    return list(calls.finish(0, set() if used is None else used))


OSLO = ToolCalled("call_7d", "get_weather", '{"city": "Oslo"}')
BERN = ToolCalled("call_8e", "get_weather", '{"city": "Bern"}')
NATIVE = {"name": "get_weather", "arguments": {"city": "Oslo"}}

STREAMS: dict[str, tuple[list[Any], list[ToolCalled]]] = {
    "name first, arguments in pieces": (
        [[piece(0, "call_7d", "get_weather", "")], [piece(0, arguments='{"city": "Os')], [piece(0, arguments='lo"}')]],
        [OSLO],
    ),
    "pieces without the keys that do not change": (
        [
            [piece(0, "call_7d", "get_weather", "")],
            [{"index": 0, "function": {"arguments": '{"city": '}}],
            [{"function": {"arguments": '"Oslo"}'}}],
        ],
        [OSLO],
    ),
    "whole in one delta": ([[piece(0, "call_7d", "get_weather", '{"city": "Oslo"}')]], [OSLO]),
    "no index at all": (
        [[piece(None, "call_7d", "get_weather", '{"city": ')], [piece(None, arguments='"Oslo"}')]],
        [OSLO],
    ),
    "the id again in every piece": (
        [[piece(0, "call_7d", "get_weather", '{"city": ')], [piece(0, "call_7d", "get_weather", '"Oslo"}')]],
        [OSLO],
    ),
    "the name again in every piece, no id": (
        [[piece(0, None, "get_weather", '{"city": ')], [piece(0, None, "get_weather", '"Oslo"}')]],
        [ToolCalled("call_1", "get_weather", '{"city": "Oslo"}')],
    ),
    "the name in pieces": (
        [[piece(0, "call_7d", "get_")], [piece(0, None, "weather")], [piece(0, arguments='{"city": "Oslo"}')]],
        [OSLO],
    ),
    "arguments before the name": (
        [[piece(0, arguments='{"city": ')], [piece(0, "call_7d", "get_weather", '"Oslo"}')]],
        [OSLO],
    ),
    "arguments as an object": ([[piece(0, "call_7d", "get_weather", {"city": "Oslo"})]], [OSLO]),
    "nothing is added to an object": (
        [[piece(0, "call_7d", "get_weather", {"city": "Oslo"})], [piece(0, arguments="}")], [piece(0, arguments={})]],
        [OSLO],
    ),
    "an object after the name": (
        [[piece(0, "call_7d", "get_weather")], [piece(0, arguments={"city": "Oslo"})]],
        [OSLO],
    ),
    "an object after the name, with the name again": (
        [[piece(0, None, "get_weather")], [piece(0, None, "get_weather", {"city": "Oslo"})]],
        [ToolCalled("call_1", "get_weather", '{"city": "Oslo"}')],
    ),
    "a closing piece of nulls": (
        [
            [piece(0, "call_7d", "get_weather", '{"city": "Oslo"}')],
            [{"id": None, "type": None, **piece(0, arguments="")}],
        ],
        [OSLO],
    ),
    "a closing piece without a call": ([[piece(0, None, None, "")]], []),
    "parallel calls interleaved": (
        [
            [piece(0, "call_7d", "get_weather", ""), piece(1, "call_8e", "get_weather", "")],
            [piece(1, arguments='{"city": ')],
            [piece(0, arguments='{"city": ')],
            [piece(1, arguments='"Bern"}'), piece(0, arguments='"Oslo"}')],
        ],
        [OSLO, BERN],
    ),
    "the second call first": (
        [
            [piece(1, "call_8e", "get_weather", '{"city": "Bern"}')],
            [piece(0, "call_7d", "get_weather", '{"city": "Oslo"}')],
        ],
        [OSLO, BERN],
    ),
    "a new id with a name at the same index": (
        [
            [piece(0, "call_7d", "get_weather", '{"city": "Oslo"}')],
            [piece(0, "call_8e", "get_weather", '{"city": "Bern"}')],
        ],
        [OSLO, BERN],
    ),
    "a new id with a name, no index": (
        [
            [piece(None, "call_7d", "get_weather", '{"city": "Oslo"}')],
            [piece(None, "call_8e", "get_weather", '{"city": ')],
            [piece(None, arguments='"Bern"}')],
        ],
        [OSLO, BERN],
    ),
    "another name at the same index, no ids": (
        [[piece(0, None, "get_weather", "{}")], [piece(0, None, "get_time", "{}")]],
        [ToolCalled("call_1", "get_weather", "{}"), ToolCalled("call_2", "get_time", "{}")],
    ),
    "the same id in two calls": (
        [
            [
                piece(0, "call_7d", "get_weather", '{"city": "Oslo"}'),
                piece(1, "call_7d", "get_weather", '{"city": "Bern"}'),
            ]
        ],
        [OSLO, ToolCalled("call_2", "get_weather", '{"city": "Bern"}')],
    ),
    "native, one call an event": (
        [[], [NATIVE], [], [{"name": "get_time", "arguments": {}}]],
        [ToolCalled("call_1", "get_weather", '{"city": "Oslo"}'), ToolCalled("call_2", "get_time", "{}")],
    ),
    "native, the same call twice": (
        [[NATIVE, NATIVE]],
        [
            ToolCalled("call_1", "get_weather", '{"city": "Oslo"}'),
            ToolCalled("call_2", "get_weather", '{"city": "Oslo"}'),
        ],
    ),
    "no arguments": ([[piece(0, "call_7d", "now")]], [ToolCalled("call_7d", "now", "{}")]),
    "blank arguments": ([[piece(0, "call_7d", "now", " \n")]], [ToolCalled("call_7d", "now", "{}")]),
    "arguments that are a number": ([[piece(0, "call_7d", "now", 3)]], [ToolCalled("call_7d", "now", "3")]),
    "broken arguments are kept": ([[piece(0, "call_7d", "now", '{"a')]], [ToolCalled("call_7d", "now", '{"a')]),
    "half a character": (
        [[piece(0, "call_7d", "now", '"\ud83c')], [piece(0, arguments='\udf0a"')]],
        [ToolCalled("call_7d", "now", '"🌊"')],
    ),
    "arguments of nothing are no call": ([[piece(0, "call_7d", None, "{}")]], []),
    "rubbish": ([None, "x", {"a": 1}, [None, "x", 3], [{}], [piece(0, 5, ["x"])]], []),
    "a custom tool": (
        [
            [{"index": 0, "id": "c1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}],
            [{"index": 0, "custom": {"input": " -l"}}],
        ],
        [ToolCalled("c1", "shell", "ls -l", "custom")],
    ),
    "a custom tool without input": (
        [[{"index": 0, "id": "c1", "type": "custom", "custom": {"name": "shell"}}]],
        [ToolCalled("c1", "shell", "", "custom")],
    ),
}


@pytest.mark.parametrize(("deltas", "expected"), STREAMS.values(), ids=STREAMS)
def test_a_streamed_call_comes_out_whole(deltas: list[Any], expected: list[ToolCalled]) -> None:
    assert assembled(*deltas) == expected


def test_each_item_of_a_whole_message_is_a_call() -> None:
    items = [piece(None, "x", "a", "{}"), piece(None, "x", "a", "{}"), piece(None, None, "a", {"b": 1})]
    assert assembled(items, whole=True) == [
        ToolCalled("x", "a", "{}"),
        ToolCalled("call_2", "a", "{}"),
        ToolCalled("call_3", "a", '{"b": 1}'),
    ]


def test_an_id_of_an_earlier_turn_is_not_given_out_again() -> None:
    used = {"functions.now:0", "call_3"}
    assert assembled([piece(0, "functions.now:0", "now")], used=used) == [ToolCalled("call_4", "now", "{}")]
    assert used == {"functions.now:0", "call_3", "call_4"}
    assert assembled([piece(0, None, "now")], used={"call_3", "x"}) == [ToolCalled("call_4", "now", "{}")]


def test_the_deprecated_function_call_has_no_id_and_comes_first() -> None:
    calls = ToolCalls()
    calls.feed([piece(0, "a", "now")])
    for delta in ({"name": "get_weather", "arguments": ""}, {"arguments": '{"city": '}, {"arguments": '"Oslo"}'}, None):
        calls.feed_function_call(delta)
    assert list(calls.finish(2, set())) == [
        ToolCalled("", "get_weather", '{"city": "Oslo"}', "function_call", 2),
        ToolCalled("a", "now", "{}", "function", 2),
    ]


def test_unknown_keys_of_a_call_are_kept() -> None:
    first = {
        "index": 0,
        "id": "a",
        "function": {"name": "f", "arguments": "{", "odd": 1},
        "vendor": {"x": 1},
        "no": None,
    }
    second = {"index": 0, "function": {"arguments": "}", "late": 2}, "vendor": None}
    (call,) = assembled([first], [second])
    assert call == ToolCalled("a", "f", "{}", extra={"vendor": {"x": 1}, "no": None, "function": {"odd": 1, "late": 2}})
    (call,) = assembled([{"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}], whole=True)
    assert call == ToolCalled("a", "f", "x", "custom", extra={"index": 0})
