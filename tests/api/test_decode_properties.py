"""Any answer, streamed in any way, amounts to the same; any JSON value is survived."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.completion import Completion
from glmcli.api.decode import Decoder
from glmcli.errors import GlmError
from tests.api.decoding import decoded
from tests.api.recorded import replay_stream, replay_whole

words = st.text(st.sampled_from('ab 🌊é\n<>{}"'), max_size=12)
MODEL = "@cf/zai-org/glm-4.7-flash"
calls = st.lists(
    st.tuples(st.sampled_from(["get_weather", "now"]), st.dictionaries(words, words, max_size=2)), max_size=3
)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """A whole answer with everything in it that a stream can carry too."""
    choices = []
    for index in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["reasoning", "reasoning_content"]))
        thoughts = draw(words)
        made = [
            {"id": f"c{index}{n}", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
            for n, (tool, arguments) in enumerate(draw(calls))
        ]
        choices.append(
            {
                "index": index,
                # A tag in the text is the business of test_think; here text has to come out as it went in.
                "message": {"role": "assistant", "content": draw(words) or None, "refusal": draw(words) or None}
                | ({name: thoughts} if thoughts else {})
                | ({"tool_calls": made} if made else {}),
                "finish_reason": draw(st.sampled_from(["stop", "length", "tool_calls"])),
                "logprobs": None,
            }
        )
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11, "neurons": 0.5}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": MODEL, "choices": choices, "usage": usage}


def cut(draw: st.DrawFn, text: str | None) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text or "")), max_size=3)))
    return [(text or "")[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[dict[str, Any], bytes]:
    """An answer, and the bytes of a stream that carries it: deltas of any size, choices interleaved."""
    answer = draw(answers())
    head = {key: answer[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    lines: list[list[dict[str, Any]]] = []
    for choice in answer["choices"]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": draw(st.sampled_from([None, ""]))}]
        for key in ("reasoning", "reasoning_content", "content", "refusal"):
            deltas += [{key: piece} for piece in cut(draw, choice["message"].get(key))]
        for place, call in enumerate(choice["message"].get("tool_calls", [])):
            function = call["function"]
            deltas.append(
                {"tool_calls": [{**call, "index": place, "function": {"name": function["name"], "arguments": ""}}]}
            )
            for piece in cut(draw, function["arguments"]):
                deltas.append({"tool_calls": [{"index": place, "id": None, "function": {"arguments": piece}}]})
        lines.append([{"index": choice["index"], "delta": delta, "finish_reason": None} for delta in deltas])
        lines[-1].append({"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]})
    events: list[dict[str, Any]] = []
    while any(lines):
        line = draw(st.sampled_from([line for line in lines if line]))
        events.append({**head, "choices": [line.pop(0)], "p": draw(st.sampled_from(["", "abc"]))})
    events.append({**head, "choices": [], "usage": answer["usage"]})
    ensure_ascii = draw(st.booleans())
    body = "".join(f"data: {json.dumps(event, ensure_ascii=ensure_ascii)}\n\n" for event in events)
    return answer, f"{body}data: [DONE]\n\n".encode()


@settings(max_examples=60, deadline=None)
@given(streams(), st.data())
def test_any_stream_amounts_to_its_whole_answer_however_it_is_cut(
    stream: tuple[dict[str, Any], bytes], data: st.DataObject
) -> None:
    answer, body = stream
    together = replay_stream([body])
    assert together.completion.to_json() == answer
    assert replay_whole(answer).completion.to_json() == answer
    assert replay_whole({"result": answer, "success": True}).completion.to_json() == answer
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    parts = [body[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    assert replay_stream(parts).events == together.events


# What every JSON value may hold in places where something else belongs.
KEYS = (
    *("choices", "delta", "message", "content", "reasoning", "tool_calls", "function", "name", "arguments", "usage"),
    *("response", "result", "index", "finish_reason", "logprobs", "error", "errors", "streamed_data", "audio", "text"),
    *("annotations", "prompt_tokens", "code", "id", "custom", "input", "refusal", "success", "function_call"),
)
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(anything, st.booleans())
def test_no_json_value_makes_it_fail_in_another_way_than_its_own(payload: Any, stream: bool) -> None:
    events = decoded(Decoder(stream), json.dumps(payload) if stream else payload)
    completion = Completion()
    for event in events:
        if not isinstance(event, GlmError):
            completion.feed(event)
    json.dumps(completion.to_json()).encode()
    json.dumps(completion.message())
