"""Invalid bodies and what is wrong with each: the pointer of every culprit, and the sentence about it.

Written by hand. A test holds them to the schema: every property, every alternative and every bound of both forms has
its body here.
"""

from __future__ import annotations

from typing import Any

from tests.api.invalid_fields import FIELDS
from tests.api.invalid_tools import Faults, Fields

HI = [{"role": "user", "content": "hi"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUSTOM_CALL = {"id": "c1", "type": "custom", "custom": {"name": "f", "input": ""}}

ROLES = "developer, system, user, assistant, tool, function"
PARTS = "text, image_url, input_audio, file"


def says(content: Any, role: str = "user") -> Fields:
    return {"messages": [{"role": role, "content": content}]}


def part(**more: Any) -> Fields:
    return says([more])


def assistant(**more: Any) -> Fields:
    return {"messages": [{"role": "assistant", **more}]}


def text_parts(role: str, **message: Any) -> list[tuple[Any, Faults]]:
    """What can be wrong with a message whose content is text, as one string or in parts."""
    here, held = "/messages/0", f"for role {role}"

    def it(**more: Any) -> Fields:
        return {"messages": [{"role": role, "content": "x", **message, **more}]}

    missing = it()
    del missing["messages"][0]["content"]
    return [
        (missing, {f"{here}/content": f"is missing {held}"}),
        (it(content=5), {f"{here}/content": f"5 is an integer; a string or a list is wanted {held}"}),
        (it(content=["x"]), {f"{here}/content/0": f'"x" is a string; an object is wanted {held}'}),
        (it(content=[{"type": "text"}]), {f"{here}/content/0/text": f"is missing {held}"}),
        (it(content=[{"text": "x"}]), {f"{here}/content/0/type": f"is missing {held}"}),
        (
            it(content=[{"type": "image_url", "text": 1}]),
            {
                f"{here}/content/0/type": f'"image_url" is not one of text {held}',
                f"{here}/content/0/text": f"1 is an integer; a string is wanted {held}",
            },
        ),
    ]


BODIES: list[tuple[Any, Faults]] = [
    # the body itself
    ([], {"": "[] is a list; an object is wanted"}),
    (None, {"": "null is nothing; an object is wanted"}),
    ("hi", {"": '"hi" is a string; an object is wanted'}),
    ({}, {"/messages": "is missing, and so is prompt; one of them is wanted"}),
    ({"temperature": 1}, {"/messages": "is missing, and so is prompt; one of them is wanted"}),
    (
        {"message": HI},
        {"/messages": 'is missing, and so is prompt; one of them is wanted; is "message" meant for it?'},
    ),
    ({"pormpt": "hi"}, {"/messages": 'is missing, and so is prompt; one of them is wanted; is "pormpt" meant for it?'}),
    ({"prompt": "hi", "messages": HI}, {"/prompt": "stands beside messages; only one of them is allowed"}),
    (
        {"prompt": "", "messages": []},
        {"/prompt": "is empty; at least 1 character is wanted", "/messages": "is empty; at least 1 item is wanted"},
    ),
    ({"prompt": ""}, {"/prompt": "is empty; at least 1 character is wanted"}),
    ({"prompt": ["hi"]}, {"/prompt": '["hi"] is a list; a string is wanted'}),
    ({"prompt": None}, {"/prompt": "null is not allowed; a string is wanted"}),
    ({"prompt": "", "messages": HI, "top_p": 2}, {"/top_p": "2 is above the maximum 1"}),
    # the list of messages
    ({"messages": []}, {"/messages": "is empty; at least 1 item is wanted"}),
    ({"messages": "hi"}, {"/messages": '"hi" is a string; a list is wanted'}),
    ({"messages": None}, {"/messages": "null is not allowed; a list is wanted"}),
    (
        {"messages": HI[0]},
        {"/messages": '{"role": "user", "content": "hi"} is an object; a list is wanted; put it into a list'},
    ),
    ({"messages": ["hi"]}, {"/messages/0": f'"hi" is a string; an object of role {ROLES} is wanted'}),
    ({"messages": [{}]}, {"/messages/0/role": f"is missing; one of {ROLES} is wanted"}),
    ({"messages": [{"content": "hi"}]}, {"/messages/0/role": f"is missing; one of {ROLES} is wanted"}),
    (
        {"messages": [{"rol": "user", "content": "hi"}]},
        {"/messages/0/role": f'is missing; one of {ROLES} is wanted; is "rol" meant for it?'},
    ),
    (says("hi", "robot"), {"/messages/0/role": f'"robot" is not one of {ROLES}'}),
    (says("hi", "assitant"), {"/messages/0/role": f'"assitant" is not one of {ROLES}; did you mean assistant?'}),
    ({"messages": [{"role": 5, "content": "hi"}]}, {"/messages/0/role": f"5 is not one of {ROLES}"}),
    (
        {"messages": [*HI, {"role": "user"}], "temperature": 3},
        {"/messages/1/content": "is missing for role user", "/temperature": "3 is above the maximum 2"},
    ),
    # developer, system
    *text_parts("developer"),
    *text_parts("system"),
    (
        {"messages": [{"role": "developer", "content": "", "name": 1}]},
        {"/messages/0/name": "1 is an integer; a string is wanted for role developer"},
    ),
    (
        {"messages": [{"role": "system", "content": "", "name": None}]},
        {"/messages/0/name": "null is not allowed; a string is wanted for role system"},
    ),
    # user
    ({"messages": [{"role": "user"}]}, {"/messages/0/content": "is missing for role user"}),
    (
        {"messages": [{"role": "user", "contnet": "hi"}]},
        {"/messages/0/content": 'is missing for role user; is "contnet" meant for it?'},
    ),
    (
        {"messages": [{"role": "user", "content": "hi", "name": []}]},
        {"/messages/0/name": "[] is a list; a string is wanted for role user"},
    ),
    (says(None), {"/messages/0/content": "null is not allowed; a string or a list is wanted for role user"}),
    (
        says({"type": "text"}),
        {
            "/messages/0/content": (
                '{"type": "text"} is an object; a string or a list is wanted for role user; put it into a list'
            )
        },
    ),
    (says([]), {"/messages/0/content": "is empty; at least 1 item is wanted for role user"}),
    (says(["x"]), {"/messages/0/content/0": '"x" is a string; an object is wanted for role user'}),
    (part(text="x"), {"/messages/0/content/0/type": "is missing for role user"}),
    (part(type="video"), {"/messages/0/content/0/type": f'"video" is not one of {PARTS} for role user'}),
    (part(type="text", text=5), {"/messages/0/content/0/text": "5 is an integer; a string is wanted for role user"}),
    (
        part(type="image_url", image_url="http://x"),
        {"/messages/0/content/0/image_url": '"http://x" is a string; an object is wanted for role user'},
    ),
    (
        part(type="image_url", image_url={"url": ["u"], "detail": "max"}),
        {
            "/messages/0/content/0/image_url/url": '["u"] is a list; a string is wanted for role user',
            "/messages/0/content/0/image_url/detail": '"max" is not one of auto, low, high for role user',
        },
    ),
    (
        part(type="input_audio", input_audio="UklG"),
        {"/messages/0/content/0/input_audio": '"UklG" is a string; an object is wanted for role user'},
    ),
    (
        part(type="input_audio", input_audio={"data": 1, "format": "ogg"}),
        {
            "/messages/0/content/0/input_audio/data": "1 is an integer; a string is wanted for role user",
            "/messages/0/content/0/input_audio/format": '"ogg" is not one of wav, mp3 for role user',
        },
    ),
    (
        part(type="file", file="a.pdf"),
        {"/messages/0/content/0/file": '"a.pdf" is a string; an object is wanted for role user'},
    ),
    (
        part(type="file", file={"file_data": 1, "file_id": None, "filename": []}),
        {
            "/messages/0/content/0/file/file_data": "1 is an integer; a string is wanted for role user",
            "/messages/0/content/0/file/file_id": "null is not allowed; a string is wanted for role user",
            "/messages/0/content/0/file/filename": "[] is a list; a string is wanted for role user",
        },
    ),
    # assistant
    (assistant(content=5), {"/messages/0/content": "5 is an integer; a string or a list is wanted for role assistant"}),
    (
        assistant(content=["x"]),
        {"/messages/0/content/0": '"x" is a string; an object is wanted for role assistant'},
    ),
    (assistant(content=[{}]), {"/messages/0/content/0/type": "is missing for role assistant"}),
    (
        assistant(content=[{"type": "image_url"}]),
        {"/messages/0/content/0/type": '"image_url" is not one of text, refusal for role assistant'},
    ),
    (
        assistant(content=[{"type": "refusal", "refusal": 1}]),
        {"/messages/0/content/0/refusal": "1 is an integer; a string is wanted for role assistant"},
    ),
    (
        assistant(content=[{"type": "text", "text": []}]),
        {"/messages/0/content/0/text": "[] is a list; a string is wanted for role assistant"},
    ),
    (assistant(refusal=False), {"/messages/0/refusal": "false is a boolean; a string is wanted for role assistant"}),
    (assistant(name=1), {"/messages/0/name": "1 is an integer; a string is wanted for role assistant"}),
    (assistant(audio=None), {"/messages/0/audio": "null is not allowed; an object is wanted for role assistant"}),
    (assistant(audio={}), {"/messages/0/audio/id": "is missing for role assistant"}),
    (assistant(audio={"id": 1}), {"/messages/0/audio/id": "1 is an integer; a string is wanted for role assistant"}),
    (
        assistant(tool_calls=None),
        {"/messages/0/tool_calls": "null is not allowed; a list is wanted for role assistant"},
    ),
    (
        assistant(tool_calls=[1]),
        {
            "/messages/0/tool_calls/0": (
                "1 is an integer; an object of type function, custom is wanted for role assistant"
            )
        },
    ),
    (
        assistant(tool_calls=[{"id": "c"}]),
        {"/messages/0/tool_calls/0/type": "is missing; one of function, custom is wanted for role assistant"},
    ),
    (
        assistant(tool_calls=[{"id": "c", "type": "call"}]),
        {"/messages/0/tool_calls/0/type": '"call" is not one of function, custom for role assistant'},
    ),
    (
        assistant(tool_calls=[{"type": "function", "function": {"name": "f", "arguments": ""}}]),
        {"/messages/0/tool_calls/0/id": "is missing for type function"},
    ),
    (
        assistant(tool_calls=[{**CALL, "id": 1, "function": {}}]),
        {
            "/messages/0/tool_calls/0/id": "1 is an integer; a string is wanted for type function",
            "/messages/0/tool_calls/0/function/name": "is missing for type function",
            "/messages/0/tool_calls/0/function/arguments": "is missing for type function",
        },
    ),
    (
        assistant(tool_calls=[{"id": "c", "type": "function", "name": "f", "arguments": "{}"}]),
        {
            "/messages/0/tool_calls/0/function": (
                "is missing for type function; name and arguments belong inside of it"
            )
        },
    ),
    (
        assistant(tool_calls=[{**CALL, "function": "f"}]),
        {"/messages/0/tool_calls/0/function": '"f" is a string; an object is wanted for type function'},
    ),
    (
        assistant(tool_calls=[{**CALL, "function": {"name": 1, "arguments": {"a": 1}}}]),
        {
            "/messages/0/tool_calls/0/function/name": "1 is an integer; a string is wanted for type function",
            "/messages/0/tool_calls/0/function/arguments": (
                '{"a": 1} is an object; a string is wanted for type function; write it as JSON in a string'
            ),
        },
    ),
    (
        assistant(tool_calls=[{"id": "c", "type": "custom", "function": {}}]),
        {"/messages/0/tool_calls/0/custom": "is missing for type custom"},
    ),
    (
        assistant(tool_calls=[{**CUSTOM_CALL, "custom": None}]),
        {"/messages/0/tool_calls/0/custom": "null is not allowed; an object is wanted for type custom"},
    ),
    (
        assistant(tool_calls=[{"type": "custom", "custom": {}}]),
        {
            "/messages/0/tool_calls/0/id": "is missing for type custom",
            "/messages/0/tool_calls/0/custom/name": "is missing for type custom",
            "/messages/0/tool_calls/0/custom/input": "is missing for type custom",
        },
    ),
    (
        assistant(tool_calls=[{"id": [], "type": "custom", "custom": {"name": 1, "input": 2}}]),
        {
            "/messages/0/tool_calls/0/id": "[] is a list; a string is wanted for type custom",
            "/messages/0/tool_calls/0/custom/name": "1 is an integer; a string is wanted for type custom",
            "/messages/0/tool_calls/0/custom/input": "2 is an integer; a string is wanted for type custom",
        },
    ),
    (
        assistant(function_call="f"),
        {"/messages/0/function_call": '"f" is a string; an object is wanted for role assistant'},
    ),
    (
        assistant(function_call={}),
        {
            "/messages/0/function_call/name": "is missing for role assistant",
            "/messages/0/function_call/arguments": "is missing for role assistant",
        },
    ),
    (
        assistant(function_call={"name": 1, "arguments": {}}),
        {
            "/messages/0/function_call/name": "1 is an integer; a string is wanted for role assistant",
            "/messages/0/function_call/arguments": (
                "{} is an object; a string is wanted for role assistant; write it as JSON in a string"
            ),
        },
    ),
    # tool, function
    *text_parts("tool", tool_call_id="c"),
    (
        {"messages": [*HI, {"role": "tool", "content": "x"}]},
        {"/messages/1/tool_call_id": "is missing for role tool"},
    ),
    (
        {"messages": [{"role": "tool", "content": "x", "tool_id": "c"}]},
        {"/messages/0/tool_call_id": 'is missing for role tool; is "tool_id" meant for it?'},
    ),
    (
        {"messages": [{"role": "tool", "tool_call_id": 1}]},
        {
            "/messages/0/content": "is missing for role tool",
            "/messages/0/tool_call_id": "1 is an integer; a string is wanted for role tool",
        },
    ),
    (
        {"messages": [{"role": "function"}]},
        {
            "/messages/0/content": "is missing for role function",
            "/messages/0/name": "is missing for role function",
        },
    ),
    (
        {"messages": [{"role": "function", "content": ["x"], "name": 1}]},
        {
            "/messages/0/content": '["x"] is a list; a string is wanted for role function',
            "/messages/0/name": "1 is an integer; a string is wanted for role function",
        },
    ),
]  # fmt: skip

CORPUS: list[tuple[Any, Faults]] = [
    *(({"messages": HI, **fields}, found) for fields, found in FIELDS),
    *(({"prompt": "hi", **fields}, found) for fields, found in FIELDS),
    *BODIES,
]
