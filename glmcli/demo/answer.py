"""What the demo says: Markdown that owns up to being a demo, made from the request alone. Knows no wire format.

A token is up to four visible characters with the blanks before them; the sum of an answer's tokens is its text. A
message of the request counts its tokens and four more, tools count the tokens of their JSON. Reasoning counts against
the output limit, and so does the unseen token that ends an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from glmcli.demo.instance import smallest

Channel: TypeAlias = Literal["reasoning", "content", "call"]
CONTEXT = 131_072  # tokens, input and output together (wire-protocol §6)
MESSAGE = 4  # tokens that a message costs beside its text
BLOCK = 64  # tokens; a prefix is cached in whole blocks
QUOTED = 4_000  # characters of a message that are repeated
END_TOKEN = 151_336  # what `matched_stop` shows for an answer that ended by itself

_TOKEN = re.compile(r"\s*\S{1,4}|\s+")


@dataclass(frozen=True)
class Call:
    """The head of a tool call; its arguments (a custom tool's input) are the tokens of the channel `call`."""

    id: str
    kind: Literal["function", "custom"]
    name: str


@dataclass(frozen=True)
class Choice:
    """One answer, cut where the limit fell. matched_stop: what ended it, a stop string or the number of a token."""

    index: int
    tokens: list[tuple[Channel, str]]
    call: Call | None
    finish_reason: str
    matched_stop: str | int | None

    @property
    def ended(self) -> bool:
        """Whether it ended by itself, which takes a token that is not shown."""
        return self.matched_stop == END_TOKEN

    @property
    def completion_tokens(self) -> int:
        return len(self.tokens) + self.ended

    def text(self, channel: Channel) -> str:
        return "".join(text for spoken_on, text in self.tokens if spoken_on == channel)


@dataclass(frozen=True)
class Answer:
    choices: list[Choice]
    prompt_tokens: int
    cached_tokens: int

    @property
    def completion_tokens(self) -> int:
        return sum(choice.completion_tokens for choice in self.choices)


def tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def count(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))


def compose(body: dict[str, Any], *, same_session: bool = False) -> Answer:
    """The answer to a body that the schema accepts.

    same_session: the earlier turns were seen before, so that they count as cached.
    Raises ValueError, with the reason, for token numbers that no model could serve.
    """
    messages = conversation(body)
    prompt_tokens = _cost(messages) + (count(json.dumps(body["tools"])) if body.get("tools") else 0)
    cached_tokens = 0
    if same_session:
        last = max((at for at, message in enumerate(messages) if message["role"] == "assistant"), default=0)
        cached_tokens = _cost(messages[:last]) // BLOCK * BLOCK
    limit = output_limit(body, prompt_tokens)
    number = int(body.get("n") or 1)
    choices = [_choice(body, messages, index, number, limit) for index in range(number)]
    return Answer(choices, prompt_tokens, cached_tokens)


def conversation(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages; those of the form `{"prompt": …}` are a user's one."""
    prompt = body.get("prompt")
    if isinstance(prompt, str) and prompt:
        return [{"role": "user", "content": prompt}]
    messages: list[dict[str, Any]] = body["messages"]
    return messages


def output_limit(body: dict[str, Any], prompt_tokens: int) -> int:
    """How many tokens may come: the smaller of the two fields, or what is left of the context. Raises ValueError."""
    asked = {field: body.get(field) for field in ("max_completion_tokens", "max_tokens")}
    given = {field: int(value) for field, value in asked.items() if value is not None}
    for field, value in given.items():
        if value < 1:
            raise ValueError(f"{field} must be at least 1, got {value}.")
        if value > CONTEXT:
            raise ValueError(f"{field} is too large: {value}. This model supports at most {CONTEXT} tokens.")
    room = CONTEXT - prompt_tokens
    limit = min(given.values(), default=room)
    if room < max(1, limit):
        raise ValueError(f"Requested token count exceeds the model's maximum context length of {CONTEXT} tokens.")
    return limit


def text_of(message: dict[str, Any]) -> str:
    """The text of a message; its other parts are left out."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if part["type"] == "text")
    return content or ""


def _cost(messages: list[dict[str, Any]]) -> int:
    return sum(count(text_of(message)) + MESSAGE for message in messages)


def _choice(body: dict[str, Any], messages: list[dict[str, Any]], index: int, number: int, limit: int) -> Choice:
    call, arguments = _tool_call(body, messages, index)
    content, stop = "", None
    if call is None:
        content, stop = _stopped(_content(body, messages, index, number), body.get("stop"))
    spoken: list[tuple[Channel, str]] = []
    if _thinks(body):
        spoken += [("reasoning", token) for token in tokens(_reasoning(messages, call))]
    spoken += [("content", token) for token in tokens(content)]
    if call is not None:
        spoken += [("call", token) for token in ["", *tokens(arguments)]]
    if len(spoken) + (stop is None) > limit:
        spoken = spoken[:limit]
        reached = any(channel == "call" for channel, _ in spoken)
        return Choice(index, spoken, call if reached else None, "length", None)
    if stop is not None:
        return Choice(index, spoken, None, "stop", stop)
    return Choice(index, spoken, call, "tool_calls" if call else "stop", END_TOKEN)


def _thinks(body: dict[str, Any]) -> bool:
    switches = body.get("chat_template_kwargs")
    return not (isinstance(switches, dict) and switches.get("enable_thinking") is False)


def _reasoning(messages: list[dict[str, Any]], call: Call | None) -> str:
    last = messages[-1]
    thought = f"The last message is from the {last['role']} and has {len(text_of(last))} characters. "
    if call is not None:
        return thought + f"A demo cannot know whether the tool {call.name} helps, so it just calls it."
    return thought + "I am a demo and cannot think about it, so I repeat it and say what I am."


def _tool_call(body: dict[str, Any], messages: list[dict[str, Any]], index: int) -> tuple[Call | None, str]:
    """The tool to call and its arguments; none after a tool has answered, or nothing would ever end."""
    offered = list(_offered(body))
    if not offered or messages[-1]["role"] in ("tool", "function"):
        return None, ""
    kind, tool = offered[0]
    call = Call(f"call_demo_{len(messages)}_{index}", kind, tool["name"])
    if kind == "custom":
        return call, text_of(messages[-1])[:QUOTED] or "demo"
    arguments = smallest({"type": "object", **(tool.get("parameters") or {})})
    return call, json.dumps(arguments, ensure_ascii=False)


def _offered(body: dict[str, Any]) -> Iterator[tuple[Literal["function", "custom"], dict[str, Any]]]:
    """The tools that `tool_choice` leaves over, in their order."""
    choice = body.get("tool_choice", "auto")
    if choice == "none":
        return
    wanted: list[Any] | None = None
    if isinstance(choice, dict):
        allowed = choice.get("allowed_tools")
        wanted = [choice] if allowed is None else allowed["tools"]
    for tool in body.get("tools") or []:
        kind = tool["type"]
        if wanted is None or any(_names(one, kind, tool[kind]["name"]) for one in wanted):
            yield kind, tool[kind]


def _names(choice: dict[str, Any], kind: str, name: str) -> bool:
    named = choice.get(kind)
    return choice.get("type") == kind and isinstance(named, dict) and named.get("name") == name


def _content(body: dict[str, Any], messages: list[dict[str, Any]], index: int, number: int) -> str:
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return json.dumps(smallest(form["json_schema"].get("schema", {"type": "object"})), ensure_ascii=False)
    if form.get("type") == "json_object":
        return json.dumps({"demo": True, "question": text_of(messages[-1])[:QUOTED]}, ensure_ascii=False)
    return "\n\n".join(_paragraphs(messages, index, number)) + "\n"


def _paragraphs(messages: list[dict[str, Any]], index: int, number: int) -> Iterator[str]:
    last = messages[-1]
    yield "This is a **demo answer**: no language model has read what you sent."
    said = {"tool": "The tool answered:", "function": "The function answered:", "user": "You wrote:"}
    yield said.get(last["role"], f"The last message, from the {last['role']}, says:")
    yield _quote(text_of(last), QUOTED)
    yield "What came with it:"
    yield "\n".join(f"- {item}" for item in _inventory(messages))
    if number > 1:
        yield f"This is choice {index + 1} of {number}."
    yield '```python\nprint("A code block, to show what one looks like.")\n```'


def _inventory(messages: list[dict[str, Any]]) -> Iterator[str]:
    yield f"messages so far: {len(messages)}"
    for message in messages:
        if message["role"] in ("system", "developer"):
            yield f"system prompt: {' '.join(text_of(message)[:200].split())}"
            break
    content = messages[-1].get("content")
    if isinstance(content, list):
        for part in content:
            if part["type"] != "text":
                yield f"an attachment of type `{part['type']}`"


def _quote(text: str, longest: int) -> str:
    lines = (text[:longest] or "(nothing)").split("\n")
    if len(text) > longest:
        lines += ["", f"… ({len(text):,} characters in all)"]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _stopped(text: str, stops: Any) -> tuple[str, str | None]:
    """The text up to the first stop string in it, and that string."""
    wanted = [stops] if isinstance(stops, str) else stops or []
    found = [(text.find(stop), stop) for stop in wanted if stop and stop in text]
    if not found:
        return text, None
    at, stop = min(found)
    return text[:at], stop
