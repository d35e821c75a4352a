"""Answers that hold everything the documented output schema knows: made by walking it, whole and as streams."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from glmcli.api.decode import Decoder
from glmcli.api.events import Event

Schema = dict[str, Any]
SCHEMA: Schema = json.loads((Path(__file__).parent.parent / "spec" / "response.schema.json").read_text())
COMPLETION: Schema = SCHEMA["oneOf"][0]

# Leaves that must hold something certain to make sense; all others get a value of their own.
FIXED: dict[str, Any] = {
    "object": "chat.completion",
    "choices[].index": 0,
    "choices[].message.role": "assistant",
    "choices[].finish_reason": "stop",
    "choices[].message.annotations[].type": "url_citation",
    "choices[].message.audio.data": base64.b64encode(b"RIFF\x04\0\0\0WAVEsound").decode(),
    "choices[].message.tool_calls[].type": "",
    **{
        f"choices[].logprobs.{channel}[]{more}.bytes[]": 0xE2
        for channel in ("content", "refusal")
        for more in ("", ".top_logprobs[]")
    },
}


def leaves(schema: Schema = COMPLETION, path: str = "") -> dict[str, set[str]]:
    """The paths of all values that hold no others, and of what types they may be."""
    found: dict[str, set[str]] = {}
    for one in _alternatives(schema):
        if "properties" in one:
            inner = [(f"{path}.{key}".lstrip("."), value) for key, value in one["properties"].items()]
        elif "items" in one:
            inner = [(f"{path}[]", one["items"])]
        else:
            found.setdefault(path, set()).add(one["type"])
            continue
        for at, value in inner:
            for leaf, types in leaves(value, at).items():
                found.setdefault(leaf, set()).update(types)
    return found


@cache
def answers() -> tuple[dict[str, Any], ...]:
    """One answer with every property in its first form; then for every other form, and for every property that may be
    missing, one that differs from it in that alone. None without choices: that is no answer."""
    return tuple(answer for answer in _examples(COMPLETION, "") if answer["choices"])


def streamed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The chunks of a stream that carries this answer, in pieces wherever pieces are possible."""
    head = {key: value for key, value in answer.items() if key not in ("choices", "usage", "object")}
    head["object"] = "chat.completion.chunk"
    chunks = []
    for choice in answer["choices"]:
        for delta in _deltas(choice["message"]):
            chunks.append({"index": choice["index"], "delta": delta, "finish_reason": None, "logprobs": None})
        logprobs = choice["logprobs"] or {}
        for channel in ("content", "refusal"):
            for token in logprobs.get(channel) or []:
                chunks.append({"index": choice["index"], "delta": {}, "logprobs": {channel: [token]}})
        rest = {key: value for key, value in logprobs.items() if key not in ("content", "refusal")}
        others = {key: value for key, value in choice.items() if key != "message"}
        chunks.append({**others, "delta": {}, "logprobs": rest or None})
    usage = [{**head, "choices": [], "usage": answer["usage"]}] if "usage" in answer else []
    return [*({**head, "choices": [chunk]} for chunk in chunks), *usage]


def decoded(payloads: list[Any], *, stream: bool) -> list[Event]:
    decoder = Decoder(stream=stream)
    events = [event for payload in payloads for event in decoder.feed(payload)]
    return [*events, *decoder.finish()]


def at(value: Any, path: str) -> Iterator[Any]:
    """All values of an answer at such a path."""
    if not path:
        yield value
    elif path.startswith("[]"):
        for one in value if isinstance(value, list) else []:
            yield from at(one, path[2:].removeprefix("."))
    elif isinstance(value, dict):
        name, list_, rest = path.partition("[]")
        if "." in name:
            name, _, rest = path.partition(".")
            list_ = ""
        if name in value:
            yield from at(value[name], list_ + rest)


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _examples(schema: Schema, path: str) -> Iterator[Any]:
    for one in _alternatives(schema):
        if "properties" in one:
            forms = {
                key: list(_examples(value, f"{path}.{key}".lstrip("."))) for key, value in one["properties"].items()
            }
            full = {key: values[0] for key, values in forms.items()}
            if "type" in full and (kind := full.keys() & {"function", "custom"}):
                full["type"] = kind.pop()
            yield full
            for key, values in forms.items():
                if key not in one.get("required", ()):
                    yield {other: value for other, value in full.items() if other != key}
                yield from ({**full, key: value} for value in values[1:])
        elif "items" in one:
            inner = list(_examples(one["items"], f"{path}[]"))
            yield inner[:1]
            yield from ([value] for value in inner[1:])
            if len(inner) > 1:
                yield [_numbered(item, number) for number, item in enumerate(inner)]
            yield []
        else:
            yield FIXED.get(path, _value(one["type"], path))


def _numbered(item: dict[str, Any], number: int) -> dict[str, Any]:
    """One of several items: no two have the same index, or the same id, since a call is answered by its id."""
    own = {"index": number, "id": f"{item.get('id')}-{number}"}
    return {**item, **{key: value for key, value in own.items() if key in item}}


def _value(kind: str, path: str) -> Any:
    number = 1001 + sorted(leaves()).index(path)
    return {"string": f"v{number}", "integer": number, "number": -number / 10_000, "null": None}[kind]


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": message["role"], "content": ""}
    key: str
    for key, value in message.items():
        match key, value:
            case ("content" | "refusal", str(text)):
                yield {key: text[:2]}
                yield {key: text[2:]}
            case "annotations", list(items):
                for item in items:
                    yield {key: [item]}
            case "audio", {"data": data, "transcript": words, **others}:
                yield {key: {**others, "data": data[:8], "transcript": words[:2]}}
                yield {key: {"data": data[8:], "transcript": words[2:]}}
            case "function_call", {"arguments": text, **others}:
                yield {key: {**others, "arguments": text[:2]}}
                yield {key: {"arguments": text[2:]}}
            case "tool_calls", list(calls):
                for index, call in enumerate(calls):
                    kind = call["type"]
                    content = "input" if kind == "custom" else "arguments"
                    text = call[kind][content]
                    yield {key: [{**call, "index": index, kind: {**call[kind], content: text[:2]}}]}
                    yield {key: [{"index": index, kind: {content: text[2:]}}]}
            case _ if key != "role" and value:
                yield {key: value}
            case _:
                pass
