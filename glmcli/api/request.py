"""Puts a request body together and checks it. Pure: body in, body out; nothing is sent or read from anywhere.

A body holds what the user chose and nothing else, but for `stream` and its options and the output limit
(interface §3). Its keys come in one order whatever order they were chosen in, so that equal requests are equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from glmcli.api import json_text
from glmcli.api.doubts import unknown_keys, warnings
from glmcli.api.fields import FIRST, fields, laid_over
from glmcli.api.sendable import Fault, escaped
from glmcli.api.shapes import json_type
from glmcli.api.validate import faults, normalise
from glmcli.errors import RequestError, UsageError

Message = dict[str, Any]
Body = dict[str, Any]

DEFAULT_LIMIT = 16384
"""Tokens of output, thinking included: the server's own default is not known and may be small (wire-protocol §4.4)."""

LIMITS = ("max_tokens", "max_completion_tokens")
"""The two names of the output limit."""

REASONING_FIELDS = ("reasoning_content", "reasoning")
"""The names under which the thinking of an assistant message comes, and goes back (wire-protocol §2.1, §4.2)."""

MOST = 20
"""Faults that are told one by one: a file of a thousand broken messages has one fault a thousand times."""

Place = Callable[[str], str]
"""Where what a JSON pointer leads to came from, "--body req.json line 12"; empty where that is not known."""


@dataclass(frozen=True)
class Sourced:
    """A value and where it came from, as it is told to the user: "--temperature", "config.toml line 7".

    part: it is an object, and only a part of what is meant: it is laid over what a lower layer says, key by key.
    place: where what stands inside of it came from, by pointers into the value; None if that is the origin.
    """

    value: Any
    origin: str
    part: bool = False
    place: Place | None = field(default=None, compare=False)

    def told(self, inside: str = "") -> str:
        """Where what stands at that pointer inside of the value came from."""
        return self.place(inside) if self.place else self.origin

    def over(self, lower: "Sourced") -> "Sourced":
        """The two as one: a part is laid over the lower value, anything else hides it."""
        if not self.part or not isinstance(lower.value, dict):
            return self
        return Sourced(
            laid_over(lower.value, self.value),
            ", ".join(filter(None, (lower.origin, self.origin))),
            lower.part,
            lambda inside: (self if _holds(self.value, inside) else lower).told(inside),
        )

    def moved(self, by: int) -> "Sourced":
        """The same list, for pointers into one in which its items stand so many places further on."""

        def place(inside: str) -> str:
            _, index, *rest = inside.split("/") if inside else ("", "")
            return self.told("/".join(("", str(int(index) - by), *rest)) if index else inside)

        return replace(self, place=place)


def _holds(value: Any, pointer: str) -> bool:
    for key in pointer.split("/")[1:]:
        if not isinstance(value, dict):
            break
        if key not in value:
            return False
        value = value[key]
    return pointer != ""


def lines(origin: str, text: str, around: str = "") -> Place:
    """Tells the lines of a JSON text. around: the pointer, in the text, of the value that the pointers are for."""

    def place(pointer: str) -> str:
        line = json_text.line_of(text, around + pointer)
        return origin if line is None else f"{origin} line {line}"

    return place


def fields_of(body: Body, origin: str, text: str) -> dict[str, Sourced]:
    """The fields of a body that was read from a JSON text, as a layer; each knows the lines it stands on."""
    return {name: Sourced(it, origin, place=lines(origin, text, f"/{escaped(name)}")) for name, it in body.items()}


def user(content: str | Sequence[Mapping[str, Any]]) -> Message:
    """A user message; content: text, or typed parts."""
    return {"role": "user", "content": content if isinstance(content, str) else [dict(part) for part in content]}


def system(text: str) -> Message:
    """A system message."""
    return {"role": "system", "content": text}


def tool_result(call_id: str, text: str) -> Message:
    """What a tool returned for the call of that id."""
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def overlay(*layers: Mapping[str, Sourced]) -> dict[str, Sourced]:
    """The fields of several layers, lowest first: a higher layer's choice hides a lower one's, or is laid over it.

    The two names of the output limit are one choice: a limit in a higher layer hides the other name in the lower
    ones, else `--max-tokens 100` would go out beside the larger limit of a config file.
    """
    result: dict[str, Sourced] = {}
    for layer in layers:
        if any(name in layer and layer[name].value is not None for name in LIMITS):
            for name in LIMITS:
                result.pop(name, None)
        for name, it in layer.items():
            result[name] = it.over(result[name]) if name in result else it
    return result


def build_body(
    *,
    messages: Sequence[Message] | None = None,
    prompt: str | None = None,
    params: Mapping[str, Sourced],
    limit_fields: Sequence[str],
    default_limit: int = DEFAULT_LIMIT,
    stream: bool,
    base: Body | None = None,
) -> Body:
    """The request body: the model, the messages or the prompt, then the fields in the order of the schema.

    params: what the user chose; null leaves a field out, or takes it out of `base`. A `stream` among them beats
    the argument of that name.
    limit_fields: the names under which the endpoint takes the output limit. Each gets the limit that was chosen
    under either name, else `default_limit`, unless that very name was chosen, be it as null. A `max_tokens` that the
    endpoint does not take goes out under the name that it does.
    base: a whole body of the user's: it gets `params`, which should hold what flags say and no defaults, and no
    output limit; its `stream` follows the argument.
    Raises UsageError if messages or prompt are given both as such and among `params`.
    """
    chosen = dict(params)
    conversations: dict[str, Sequence[Message] | str | None] = {"messages": messages, "prompt": prompt}
    for name, value in conversations.items():
        if value is None:
            continue
        if name in chosen:
            raise UsageError(
                f"there are two conversations: the prompt, and {name} from {chosen[name].origin}",
                hint="Leave one of them out.",
            )
        chosen[name] = Sourced(value if isinstance(value, str) else list(value), "")
    if base is not None:
        return _merged(base, {name: it.over(Sourced(base.get(name), "")).value for name, it in chosen.items()}, stream)
    values = {name: it.value for name, it in chosen.items()}
    _limit(values, limit_fields, default_limit)
    if values.setdefault("stream", stream or None):
        values.setdefault("stream_options", {"include_usage": True})
    return _ordered({name: value for name, value in values.items() if value is not None})


def _limit(values: Body, limit_fields: Sequence[str], default_limit: int) -> None:
    chosen = {name: values[name] for name in LIMITS if values.get(name) is not None}
    limit = next(iter(chosen.values()), default_limit)
    if json_type(limit) != "integer":
        return  # it will be refused; once is enough
    for name in limit_fields:
        values.setdefault(name, limit)
    if "max_tokens" in chosen and len(chosen) == 1 and limit_fields and "max_tokens" not in limit_fields:
        del values["max_tokens"]


def _merged(base: Body, values: Body, stream: bool) -> Body:
    merged = dict(base)
    if "stream" not in values and bool(base.get("stream")) is not stream:
        merged["stream"] = stream
        if not stream:
            merged.pop("stream_options", None)
    for name, value in values.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return _ordered(merged)


def _ordered(values: Body) -> Body:
    names = dict.fromkeys((*FIRST, *fields(), *values))
    return normalise({name: values[name] for name in names if name in values})


def check(body: Body, origins: Mapping[str, str | Place], *, strict: bool) -> list[str]:
    """Judges a body before it is sent. Returns one line for each thing that is valid and cannot be meant.

    origins: where a field came from, by its name; "" is where the body as a whole came from. A `Place` is asked with
    the pointer inside of the field, or of the body.
    strict: a key that the schema does not know is a fault as well.
    Raises RequestError with one line for each fault, `/temperature: 3 is above the maximum 2 (from --temperature)`;
    `MOST` at most, of either.
    """
    found = faults(body)
    if strict:
        found += unknown_keys(body)
    if found:
        raise RequestError(
            "\n".join(_told(found, origins)),
            hint="`glm config params` lists every field and what it may be.",
        )
    return _told(warnings(body), origins)


def _told(found: Sequence[Fault], origins: Mapping[str, str | Place]) -> list[str]:
    told = [_line(fault, origins) for fault in found[:MOST]]
    return told if len(found) <= MOST else [*told, f"and {len(found) - MOST} more"]


def _line(fault: Fault, origins: Mapping[str, str | Place]) -> str:
    # A field's name holds no ~ or / in any schema that is known here; an unknown one may be escaped in the pointer.
    name, slash, inside = fault.pointer[1:].partition("/")
    name = name.replace("~1", "/").replace("~0", "~")
    origin = _origin(origins.get(name), slash + inside) or _origin(origins.get(""), fault.pointer)
    return f"{fault.pointer or 'the body'}: {fault.sentence}" + (f" (from {origin})" if origin else "")


def _origin(origin: str | Place | None, pointer: str) -> str:
    return origin(pointer) if callable(origin) else origin or ""
