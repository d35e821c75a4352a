"""What a valid request body says that cannot be meant. It is warned about and sent (interface §3). No I/O.

Only `unknown_keys` takes any body; the rest is about one in which `glmcli.api.validate.faults` finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glmcli.api.fields import fields
from glmcli.api.nearest import nearest
from glmcli.api.sendable import Fault, escaped, shown
from glmcli.api.shapes import Rule, forms, json_type
from glmcli.api.validate import form_faults


def warnings(body: dict[str, Any]) -> list[Fault]:
    """What the schema lets through and what cannot be meant (interface §3, reliability §2.1). The body is valid."""
    return [
        *unknown_keys(body),
        *_ignored_form(body),
        *_means_nothing(body),
        *_names_nothing(body),
        *_limits_in_words(body),
        *_parts_without_content(body),
    ]


def unknown_keys(body: Any) -> list[Fault]:
    """The keys that the schema does not know, here and inside, each with the nearest one that it does."""
    if not isinstance(body, dict):
        return []
    found: list[Fault] = []
    known = fields()
    for key in body:
        if key not in known:
            found.append(Fault(f"/{escaped(key)}", _unknown(key, known) + _ELSEWHERE.get(key, "")))
    for name, rule in forms()[1].properties.items():  # the other form adds `prompt`, which holds no keys
        if name in body:
            _unknown_inside(rule, body[name], f"/{name}", found)
    return found


_ELSEWHERE = {
    "enable_thinking": " (Workers AI ignores it here; --think and --no-think send it where it counts)",
    "thinking": " (Workers AI ignores it; --think and --no-think send what counts)",
    "reasoning": " (Workers AI ignores it; --think and --no-think send what counts)",
    "top_k": " (it has led to time-outs on Workers AI)",
    "repetition_penalty": " (it has led to time-outs on Workers AI)",
}
"""What is known of keys that other servers have (wire-protocol §4.1, §4.4)."""


def _unknown_inside(rule: Rule, value: Any, pointer: str, found: list[Fault]) -> None:
    shape = rule.shape_for(value)
    if shape is None:
        return
    if shape.items is not None:
        for index, item in enumerate(value):
            _unknown_inside(shape.items, item, f"{pointer}/{index}", found)
    elif shape.properties:
        for key, item in value.items():
            if key in shape.properties:
                _unknown_inside(shape.properties[key], item, f"{pointer}/{key}", found)
            elif key not in shape.also:
                found.append(Fault(f"{pointer}/{escaped(key)}", _unknown(key, shape.properties)))


def _unknown(key: str, known: Iterable[str]) -> str:
    near = nearest(key, known)
    return "is not a key of the schema" + (f"; did you mean {near}?" if near else "")


def _ignored_form(body: dict[str, Any]) -> Iterable[Fault]:
    given = form_faults(body)
    if len(given) == 2:
        for key, own in given.items():
            if own:
                other = "messages" if key == "prompt" else "prompt"
                yield Fault(f"/{key}", f"is not valid, and is let through only because {other} is given as well")


def _means_nothing(body: dict[str, Any]) -> Iterable[Fault]:
    if body.get("top_logprobs") is not None and body.get("logprobs") is not True:
        yield Fault("/top_logprobs", "means nothing without logprobs: true")
    if "stream_options" in body and body.get("stream") is not True:
        yield Fault("/stream_options", "means nothing without stream: true")
    for key in ("tool_choice", "parallel_tool_calls"):
        if key in body and not body.get("tools"):
            yield Fault(f"/{key}", "means nothing without tools")
    if "function_call" in body and not body.get("functions"):
        yield Fault("/function_call", "means nothing without functions")
    spoken = "audio" in (body.get("modalities") or ())
    if spoken and "audio" not in body:
        yield Fault("/audio", "is missing, though modalities asks for audio")
    if "audio" in body and not spoken:
        yield Fault("/audio", "means nothing without audio among the modalities")
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema" and "schema" not in wanted["json_schema"]:
        yield Fault("/response_format/json_schema/schema", "is missing, so the answer is held to no schema")


def _names_nothing(body: dict[str, Any]) -> Iterable[Fault]:
    """A choice of one tool or function that is not among those that are sent along, perhaps since it is misspelt."""
    for key, lists in (("tool_choice", "tools"), ("function_call", "functions")):
        choice, known = body.get(key), body.get(lists)
        if not isinstance(choice, dict) or not known:
            continue
        kind = choice.get("type", "")
        if kind == "allowed_tools":
            continue
        name = choice[kind]["name"] if kind else choice["name"]
        names = [it[kind]["name"] if kind else it["name"] for it in known if it.get("type", "") == kind]
        if name not in names:
            near = nearest(name, (*names, *fields()[key].choices))
            advice = f"did you mean {near}?" if near else ""
            pointer = f"/{key}/{kind}/name" if kind else f"/{key}/name"
            yield Fault(pointer, f"{shown(name)} is not among the {lists}", advice=advice)


def _limits_in_words(body: dict[str, Any]) -> Iterable[Fault]:
    """Bounds that the schema states in its descriptions only."""
    for key in ("max_tokens", "max_completion_tokens"):
        limit = body.get(key)
        if limit is not None and limit < 1:
            yield Fault(f"/{key}", f"{limit} leaves no room for an answer")
            break  # the other one is mostly its copy
    if len(body.get("metadata") or ()) > 16:
        yield Fault("/metadata", f"has {len(body['metadata'])} pairs; at most 16 are kept")
    for token, bias in (body.get("logit_bias") or {}).items():
        if not token.isdecimal():
            yield Fault(f"/logit_bias/{escaped(token)}", "is not the number of a token")
        if json_type(bias) not in ("integer", "number") or not -100 <= bias <= 100:
            yield Fault(f"/logit_bias/{escaped(token)}", f"{shown(bias)} is not a number from -100 to 100")


def _parts_without_content(body: dict[str, Any]) -> Iterable[Fault]:
    """A part of a message names the key that holds its content, and the schema does not ask for that key."""
    if form_faults(body).get("messages") != []:
        return
    for index, message in enumerate(body["messages"]):
        content = message.get("content")
        for number, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] not in part:
                yield Fault(f"/messages/{index}/content/{number}/{part['type']}", "is missing, so the part is empty")
