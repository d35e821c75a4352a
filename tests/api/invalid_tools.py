"""Tools and choices of tools with faults: the pointer of every culprit, and the sentence about it."""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]
Faults = dict[str, str]

CHOICES = "function, custom, allowed_tools"


def function(**more: Any) -> Fields:
    return {"tools": [{"type": "function", "function": {"name": "f", **more}}]}


def custom(**more: Any) -> Fields:
    return {"tools": [{"type": "custom", "custom": {"name": "c", **more}}]}


def grammar(**more: Any) -> Fields:
    return custom(format={"type": "grammar", "grammar": {"definition": "x", "syntax": "lark", **more}})


def allowed(**more: Any) -> Fields:
    return {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [], **more}}}


TOOLS: list[tuple[Fields, Faults]] = [
    # tools
    ({"tools": None}, {"/tools": "null is not allowed; a list is wanted"}),
    ({"tools": {}}, {"/tools": "{} is an object; a list is wanted"}),
    ({"tools": function()["tools"][0]}, {
        "/tools": '{"type": "function", "function": {"name": "f"}} is an object; a list is wanted; put it into a list'
    }),
    ({"tools": ["f"]}, {"/tools/0": '"f" is a string; an object of type function, custom is wanted'}),
    ({"tools": [{"name": "f"}]}, {"/tools/0/type": "is missing; one of function, custom is wanted"}),
    (
        {"tools": [{"typ": "function", "function": {"name": "f"}}]},
        {"/tools/0/type": 'is missing; one of function, custom is wanted; is "typ" meant for it?'},
    ),
    ({"tools": [{"type": "web"}]}, {"/tools/0/type": '"web" is not one of function, custom'}),
    (
        {"tools": [{"type": "funktion"}]},
        {"/tools/0/type": '"funktion" is not one of function, custom; did you mean function?'},
    ),
    ({"tools": [{"type": 1}]}, {"/tools/0/type": "1 is not one of function, custom"}),
    ({"tools": [{"type": "function"}]}, {"/tools/0/function": "is missing for type function"}),
    (
        {"tools": [{"type": "function", "name": "f"}]},
        {"/tools/0/function": "is missing for type function; name belongs inside of it"},
    ),
    (
        {"tools": [{"type": "function", "name": "f", "parameters": {}}]},
        {"/tools/0/function": "is missing for type function; name and parameters belong inside of it"},
    ),
    (
        {"tools": [{"type": "function", "function": "f"}]},
        {"/tools/0/function": '"f" is a string; an object is wanted for type function'},
    ),
    ({"tools": [{"type": "function", "function": {}}]}, {"/tools/0/function/name": "is missing for type function"}),
    (function(name=1), {"/tools/0/function/name": "1 is an integer; a string is wanted for type function"}),
    (
        function(description=False),
        {"/tools/0/function/description": "false is a boolean; a string is wanted for type function"},
    ),
    (
        function(parameters=None),
        {"/tools/0/function/parameters": "null is not allowed; an object is wanted for type function"},
    ),
    (
        function(strict=1),
        {"/tools/0/function/strict": "1 is an integer; true or false is wanted for type function; write true"},
    ),
    ({"tools": [{"type": "custom"}]}, {"/tools/0/custom": "is missing for type custom"}),
    ({"tools": [{"type": "custom", "custom": []}]}, {
        "/tools/0/custom": "[] is a list; an object is wanted for type custom"
    }),
    ({"tools": [{"type": "custom", "custom": {}}]}, {"/tools/0/custom/name": "is missing for type custom"}),
    (custom(name=1), {"/tools/0/custom/name": "1 is an integer; a string is wanted for type custom"}),
    (custom(description=1), {"/tools/0/custom/description": "1 is an integer; a string is wanted for type custom"}),
    (
        custom(format="text"),
        {"/tools/0/custom/format": '"text" is a string; an object of type text, grammar is wanted for type custom'},
    ),
    (custom(format={}), {"/tools/0/custom/format/type": "is missing; one of text, grammar is wanted for type custom"}),
    (
        custom(format={"type": "json"}),
        {"/tools/0/custom/format/type": '"json" is not one of text, grammar for type custom'},
    ),
    (custom(format={"type": "grammar"}), {"/tools/0/custom/format/grammar": "is missing for type grammar"}),
    (
        custom(format={"type": "grammar", "syntax": "lark", "definition": "x"}),
        {"/tools/0/custom/format/grammar": "is missing for type grammar; syntax and definition belong inside of it"},
    ),
    (
        custom(format={"type": "grammar", "grammar": "x"}),
        {"/tools/0/custom/format/grammar": '"x" is a string; an object is wanted for type grammar'},
    ),
    (
        custom(format={"type": "grammar", "grammar": {}}),
        {
            "/tools/0/custom/format/grammar/definition": "is missing for type grammar",
            "/tools/0/custom/format/grammar/syntax": "is missing for type grammar",
        },
    ),
    (
        grammar(definition=1),
        {"/tools/0/custom/format/grammar/definition": "1 is an integer; a string is wanted for type grammar"},
    ),
    (
        grammar(syntax="ebnf"),
        {"/tools/0/custom/format/grammar/syntax": '"ebnf" is not one of lark, regex for type grammar'},
    ),
    # tool choices
    ({"tool_choice": "any"}, {"/tool_choice": '"any" is not one of none, auto, required'}),
    (
        {"tool_choice": "requird"},
        {"/tool_choice": '"requird" is not one of none, auto, required; did you mean required?'},
    ),
    (
        {"tool_choice": 5},
        {"/tool_choice": f"5 is an integer; none, auto, required or an object of type {CHOICES} is wanted"},
    ),
    (
        {"tool_choice": None},
        {"/tool_choice": f"null is not allowed; none, auto, required or an object of type {CHOICES} is wanted"},
    ),
    ({"tool_choice": {}}, {"/tool_choice/type": f"is missing; one of {CHOICES} is wanted"}),
    ({"tool_choice": {"type": "tool"}}, {"/tool_choice/type": f'"tool" is not one of {CHOICES}'}),
    (
        {"tool_choice": {"type": "function", "name": "f"}},
        {"/tool_choice/function": "is missing for type function; name belongs inside of it"},
    ),
    (
        {"tool_choice": {"type": "function", "function": "f"}},
        {"/tool_choice/function": '"f" is a string; an object is wanted for type function'},
    ),
    (
        {"tool_choice": {"type": "function", "function": {}}},
        {"/tool_choice/function/name": "is missing for type function"},
    ),
    (
        {"tool_choice": {"type": "function", "function": {"name": None}}},
        {"/tool_choice/function/name": "null is not allowed; a string is wanted for type function"},
    ),
    ({"tool_choice": {"type": "custom"}}, {"/tool_choice/custom": "is missing for type custom"}),
    (
        {"tool_choice": {"type": "custom", "custom": 1}},
        {"/tool_choice/custom": "1 is an integer; an object is wanted for type custom"},
    ),
    (
        {"tool_choice": {"type": "custom", "custom": {}}},
        {"/tool_choice/custom/name": "is missing for type custom"},
    ),
    (
        {"tool_choice": {"type": "custom", "custom": {"name": 1}}},
        {"/tool_choice/custom/name": "1 is an integer; a string is wanted for type custom"},
    ),
    (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
        {"/tool_choice/allowed_tools": "is missing for type allowed_tools; mode and tools belong inside of it"},
    ),
    (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": []}},
        {"/tool_choice/allowed_tools": "[] is a list; an object is wanted for type allowed_tools"},
    ),
    (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}},
        {
            "/tool_choice/allowed_tools/mode": "is missing for type allowed_tools",
            "/tool_choice/allowed_tools/tools": "is missing for type allowed_tools",
        },
    ),
    (
        allowed(mode="none"),
        {"/tool_choice/allowed_tools/mode": '"none" is not one of auto, required for type allowed_tools'},
    ),
    (
        allowed(tools={}),
        {
            "/tool_choice/allowed_tools/tools": (
                "{} is an object; a list is wanted for type allowed_tools; put it into a list"
            )
        },
    ),
    (
        allowed(tools=["f"]),
        {"/tool_choice/allowed_tools/tools/0": '"f" is a string; an object is wanted for type allowed_tools'},
    ),
    ({"function_call": "required"}, {"/function_call": '"required" is not one of none, auto'}),
    ({"function_call": 5}, {"/function_call": "5 is an integer; none, auto or an object is wanted"}),
    ({"function_call": {}}, {"/function_call/name": "is missing"}),
    ({"function_call": {"name": ["f"]}}, {"/function_call/name": '["f"] is a list; a string is wanted'}),
]  # fmt: skip
