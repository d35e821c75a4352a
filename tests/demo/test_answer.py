"""What the demo says, and how it counts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from glmcli.demo.answer import Answer, Call, compose, count, tokens

THOUGHT = (
    "The last message is from the user and has 9 characters. "
    "I am a demo and cannot think about it, so I repeat it and say what I am."
)
TEXT = """This is a **demo answer**: no language model has read what you sent.

You wrote:

> hi
>
> there

What came with it:

- messages so far: 2
- system prompt: Be brief.

```python
print("A code block, to show what one looks like.")
```
"""
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"required": ["city"], "properties": {"city": {"type": "string"}}}},
}
CLOCK = {"type": "function", "function": {"name": "clock"}}
GRAMMAR = {"type": "custom", "custom": {"name": "grammar"}}


def ask(content: Any = "hi", **fields: Any) -> Answer:
    return compose({"messages": [{"role": "user", "content": content}], **fields})


def content(answer: Answer) -> str:
    return answer.choices[0].text("content")


def test_the_answer_owns_up_repeats_and_lists_what_came() -> None:
    answer = compose(
        {
            "messages": [
                {"role": "system", "content": [{"type": "text", "text": "Be\nbrief."}]},
                {"role": "user", "content": "hi\n\nthere"},
            ]
        }
    )
    [choice] = answer.choices
    assert content(answer) == TEXT
    assert choice.text("reasoning") == THOUGHT
    assert (choice.finish_reason, choice.matched_stop, choice.call) == ("stop", 151_336, None)
    assert answer.prompt_tokens == (3 + 4) + (3 + 4)
    assert answer.completion_tokens == count(THOUGHT) + count(TEXT) + 1


def test_tokens_are_up_to_four_visible_characters_with_the_blanks_before_them() -> None:
    assert tokens("Hello, wide\n\n  world! ") == ["Hell", "o,", " wide", "\n\n  worl", "d!", " "]
    assert count("Hello, wide\n\n  world! ") == 6


def test_without_thinking_there_is_no_reasoning() -> None:
    answer = ask(chat_template_kwargs={"enable_thinking": False})
    assert answer.choices[0].text("reasoning") == ""
    assert content(answer).startswith("This is a **demo answer**")


@pytest.mark.parametrize("switches", [None, 5, {}, {"enable_thinking": True}])
def test_anything_else_leaves_the_thinking_on(switches: Any) -> None:
    assert ask(chat_template_kwargs=switches).choices[0].text("reasoning")


def test_attachments_and_an_empty_message_are_named() -> None:
    said = content(ask([{"type": "image_url", "image_url": {"url": "data:"}}, {"type": "text"}]))
    assert "> (nothing)\n" in said
    assert "- an attachment of type `image_url`\n" in said


def test_a_long_message_is_repeated_in_part() -> None:
    said = content(ask("x" * 4_001))
    assert "> " + "x" * 4_000 + "\n>\n> … (4,001 characters in all)\n" in said


def test_the_prompt_form_is_one_message_of_a_user() -> None:
    assert "You wrote:\n\n> hello\n" in content(compose({"prompt": "hello", "messages": "broken"}))


def test_another_last_speaker_is_named() -> None:
    said = content(compose({"messages": [{"role": "assistant", "content": None}]}))
    assert "The last message, from the assistant, says:\n\n> (nothing)\n" in said


def test_several_choices_differ() -> None:
    answer = ask(n=2.0)
    first, second = answer.choices
    assert "This is choice 1 of 2." in first.text("content")
    assert "This is choice 2 of 2." in second.text("content")
    assert answer.completion_tokens == first.completion_tokens + second.completion_tokens


@pytest.mark.parametrize("fields", [{"max_tokens": 3}, {"max_completion_tokens": 3, "max_tokens": 50}])
def test_the_limit_cuts_and_reasoning_counts_against_it(fields: dict[str, int]) -> None:
    [choice] = ask(**fields).choices
    assert choice.tokens == [("reasoning", "The"), ("reasoning", " last"), ("reasoning", " mess")]
    assert (choice.finish_reason, choice.matched_stop, choice.completion_tokens) == ("length", None, 3)


def test_an_answer_that_just_fits_has_room_for_its_end() -> None:
    whole = ask().completion_tokens
    assert ask(max_tokens=whole).choices[0].finish_reason == "stop"
    assert ask(max_tokens=whole - 1).choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_tokens": 0}, "max_tokens must be at least 1, got 0."),
        (
            {"max_completion_tokens": 131_073},
            "max_completion_tokens is too large: 131073. This model supports at most 131072 tokens.",
        ),
        (
            {"max_tokens": 131_072},
            "Requested token count exceeds the model's maximum context length of 131072 tokens.",
        ),
    ],
)
def test_numbers_that_no_model_could_serve_are_refused(fields: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ask(**fields)


def test_a_prompt_that_fills_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match="maximum context length"):
        ask("a " * 131_072)


def test_a_stop_string_ends_the_content_before_it() -> None:
    [choice] = ask(stop=["", "nowhere", "demo", "is a"]).choices
    assert (choice.text("content"), choice.finish_reason, choice.matched_stop) == ("This ", "stop", "is a")
    assert content(ask(stop=" is")) == "This"


def test_earlier_turns_of_a_session_count_as_cached_in_whole_blocks() -> None:
    body = {
        "messages": [
            {"role": "user", "content": "w " * 100},
            {"role": "assistant", "content": "y"},
            {"role": "user", "content": "z"},
        ]
    }
    assert compose(body).cached_tokens == 0
    assert compose(body, same_session=True).cached_tokens == 64


def test_json_is_answered_where_json_is_asked_for() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    wrapped = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(content(ask(response_format=wrapped))) == {"a": 1}
    assert json.loads(content(ask(response_format={"type": "json_schema", "json_schema": {"name": "x"}}))) == {}
    assert json.loads(content(ask(response_format={"type": "json_object"}))) == {"demo": True, "question": "hi"}
    assert content(ask(response_format={"type": "text"})).startswith("This is a **demo answer**")


@pytest.mark.parametrize(
    ("choice", "call", "arguments"),
    [
        ("auto", Call("call_demo_1_0", "function", "weather"), '{"city": "demo"}'),
        ({"type": "function", "function": {"name": "clock"}}, Call("call_demo_1_0", "function", "clock"), "{}"),
        ({"type": "custom", "custom": {"name": "grammar"}}, Call("call_demo_1_0", "custom", "grammar"), "hi"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}, CLOCK]}},
            Call("call_demo_1_0", "function", "clock"),
            "{}",
        ),
    ],
)
def test_a_tool_that_is_offered_is_called(choice: Any, call: Call, arguments: str) -> None:
    [answer] = ask(tools=[WEATHER, CLOCK, GRAMMAR], tool_choice=choice).choices
    assert (answer.call, answer.text("call"), answer.text("content")) == (call, arguments, "")
    assert answer.finish_reason == "tool_calls"
    assert answer.text("reasoning").endswith(f"whether the tool {call.name} helps, so it just calls it.")


@pytest.mark.parametrize("choice", ["none", {"type": "function", "function": {"name": "unknown"}}])
def test_no_tool_is_called_that_may_not_be(choice: Any) -> None:
    answer = ask(tools=[WEATHER], tool_choice=choice)
    assert (answer.choices[0].call, answer.choices[0].finish_reason) == (None, "stop")


def test_what_a_tool_answered_is_repeated() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "x", "content": "21 °C"}]
    assert "The tool answered:\n\n> 21 °C\n" in content(compose({"messages": messages, "tools": [WEATHER]}))


def test_a_limit_may_fall_before_or_into_a_call() -> None:
    whole = ask(tools=[WEATHER])
    thought = count(whole.choices[0].text("reasoning"))
    [before] = ask(tools=[WEATHER], max_tokens=thought).choices
    assert (before.call, before.finish_reason) == (None, "length")
    [within] = ask(tools=[WEATHER], max_tokens=thought + 2).choices
    assert (within.call, within.text("call"), within.finish_reason) == (whole.choices[0].call, '{"ci', "length")
