"""Fields with faults, for either form of a body: the pointer of every culprit, and the sentence about it."""

from __future__ import annotations

from typing import Any

from tests.api.invalid_tools import TOOLS, Faults, Fields

TIERS = "auto, default, flex, scale, priority, null"
FORMATS = "wav, aac, mp3, flac, opus, pcm16"


def wanted(**more: Any) -> Fields:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", **more}}}


def place(**more: Any) -> Fields:
    return {"web_search_options": {"user_location": {"type": "approximate", "approximate": more}}}


FIELDS: list[tuple[Fields, Faults]] = [
    *TOOLS,
    # numbers
    ({"temperature": 3}, {"/temperature": "3 is above the maximum 2"}),
    ({"temperature": -0.1}, {"/temperature": "-0.1 is below the minimum 0"}),
    ({"temperature": "hot"}, {"/temperature": '"hot" is a string; a number is wanted'}),
    ({"temperature": "0.5"}, {"/temperature": '"0.5" is a string; a number is wanted; write 0.5 without quotes'}),
    ({"temperature": True}, {"/temperature": "true is a boolean; a number is wanted"}),
    ({"temperature": [1]}, {"/temperature": "[1] is a list; a number is wanted"}),
    ({"temperature": {}}, {"/temperature": "{} is an object; a number is wanted"}),
    ({"top_p": 1.01}, {"/top_p": "1.01 is above the maximum 1"}),
    ({"top_p": -1}, {"/top_p": "-1 is below the minimum 0"}),
    ({"frequency_penalty": -3}, {"/frequency_penalty": "-3 is below the minimum -2"}),
    ({"frequency_penalty": 2.5}, {"/frequency_penalty": "2.5 is above the maximum 2"}),
    ({"frequency_penalty": False}, {"/frequency_penalty": "false is a boolean; a number is wanted"}),
    ({"presence_penalty": -2.1}, {"/presence_penalty": "-2.1 is below the minimum -2"}),
    ({"presence_penalty": 3}, {"/presence_penalty": "3 is above the maximum 2"}),
    ({"n": 0}, {"/n": "0 is below the minimum 1"}),
    ({"n": 129}, {"/n": "129 is above the maximum 128"}),
    ({"n": 1.5}, {"/n": "1.5 is a fraction; an integer is wanted"}),
    ({"n": True}, {"/n": "true is a boolean; an integer is wanted"}),
    ({"seed": 1.5}, {"/seed": "1.5 is a fraction; an integer is wanted"}),
    ({"seed": "seven"}, {"/seed": '"seven" is a string; an integer is wanted'}),
    ({"seed": "1.5"}, {"/seed": '"1.5" is a string; an integer is wanted'}),
    ({"max_tokens": "100"}, {"/max_tokens": '"100" is a string; an integer is wanted; write 100 without quotes'}),
    ({"max_tokens": 0.5}, {"/max_tokens": "0.5 is a fraction; an integer is wanted"}),
    ({"max_completion_tokens": False}, {"/max_completion_tokens": "false is a boolean; an integer is wanted"}),
    ({"top_logprobs": 21}, {"/top_logprobs": "21 is above the maximum 20"}),
    ({"top_logprobs": -1}, {"/top_logprobs": "-1 is below the minimum 0"}),
    # strings and choices
    ({"model": None}, {"/model": "null is not allowed; a string is wanted"}),
    ({"model": ["glm"]}, {"/model": '["glm"] is a list; a string is wanted'}),
    ({"user": 7}, {"/user": "7 is an integer; a string is wanted"}),
    ({"reasoning_effort": "loud"}, {"/reasoning_effort": '"loud" is not one of low, medium, high, null'}),
    (
        {"reasoning_effort": "hihg"},
        {"/reasoning_effort": '"hihg" is not one of low, medium, high, null; did you mean high?'},
    ),
    ({"reasoning_effort": 5}, {"/reasoning_effort": "5 is not one of low, medium, high, null"}),
    ({"service_tier": "fast"}, {"/service_tier": f'"fast" is not one of {TIERS}'}),
    ({"service_tier": 1}, {"/service_tier": f"1 is not one of {TIERS}"}),
    # switches
    ({"logprobs": 1}, {"/logprobs": "1 is an integer; true or false is wanted; write true"}),
    ({"store": "yes"}, {"/store": '"yes" is a string; true or false is wanted'}),
    ({"store": "true"}, {"/store": '"true" is a string; true or false is wanted; write true without quotes'}),
    ({"parallel_tool_calls": None}, {"/parallel_tool_calls": "null is not allowed; true or false is wanted"}),
    ({"stream": 0}, {"/stream": "0 is an integer; true or false is wanted; write false"}),
    # lists
    ({"stop": []}, {"/stop": "is empty; at least 1 item is wanted"}),
    ({"stop": list("abcde")}, {"/stop": "has 5 items; at most 4 are allowed"}),
    ({"stop": 5}, {"/stop": "5 is an integer; a string or a list is wanted"}),
    ({"stop": ["a", 5]}, {"/stop/1": "5 is an integer; a string is wanted"}),
    ({"modalities": ["text", "video"]}, {"/modalities/1": '"video" is not one of text, audio'}),
    ({"modalities": "text"}, {"/modalities": '"text" is a string; a list is wanted; put it into a list'}),
    ({"modalities": "video"}, {"/modalities": '"video" is a string; a list is wanted'}),
    ({"functions": []}, {"/functions": "is empty; at least 1 item is wanted"}),
    ({"functions": [{"name": "f"}] * 129}, {"/functions": "has 129 items; at most 128 are allowed"}),
    ({"functions": None}, {"/functions": "null is not allowed; a list is wanted"}),
    ({"functions": ["f"]}, {"/functions/0": '"f" is a string; an object is wanted'}),
    ({"functions": [{}]}, {"/functions/0/name": "is missing"}),
    ({"functions": [{"nmae": "f"}]}, {"/functions/0/name": 'is missing; is "nmae" meant for it?'}),
    ({"functions": [{"name": 1}]}, {"/functions/0/name": "1 is an integer; a string is wanted"}),
    (
        {"functions": [{"name": "f", "parameters": "{}"}]},
        {"/functions/0/parameters": '"{}" is a string; an object is wanted'},
    ),
    (
        {"functions": [{"name": "f", "description": None, "strict": []}]},
        {
            "/functions/0/description": "null is not allowed; a string is wanted",
            "/functions/0/strict": "[] is a list; true or false is wanted",
        },
    ),
    # the form of the answer
    (
        {"response_format": "json"},
        {"/response_format": '"json" is a string; an object of type text, json_object, json_schema is wanted'},
    ),
    (
        {"response_format": None},
        {"/response_format": "null is not allowed; an object of type text, json_object, json_schema is wanted"},
    ),
    (
        {"response_format": {}},
        {"/response_format/type": "is missing; one of text, json_object, json_schema is wanted"},
    ),
    (
        {"response_format": {"type": "json"}},
        {"/response_format/type": '"json" is not one of text, json_object, json_schema; did you mean json_object?'},
    ),
    (
        {"response_format": {"type": None}},
        {"/response_format/type": "null is not one of text, json_object, json_schema"},
    ),
    (
        {"response_format": {"type": "json_schema"}},
        {"/response_format/json_schema": "is missing for type json_schema"},
    ),
    (
        {"response_format": {"type": "json_schema", "name": "x", "schema": {}}},
        {"/response_format/json_schema": "is missing for type json_schema; name and schema belong inside of it"},
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": "x"}},
        {"/response_format/json_schema": '"x" is a string; an object is wanted for type json_schema'},
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": True}}},
        {
            "/response_format/json_schema/name": "is missing for type json_schema",
            "/response_format/json_schema/schema": "true is a boolean; an object is wanted for type json_schema",
        },
    ),
    (wanted(name=1), {"/response_format/json_schema/name": "1 is an integer; a string is wanted for type json_schema"}),
    (
        wanted(description=[]),
        {"/response_format/json_schema/description": "[] is a list; a string is wanted for type json_schema"},
    ),
    (
        wanted(strict="no"),
        {"/response_format/json_schema/strict": '"no" is a string; true or false is wanted for type json_schema'},
    ),
    ({"audio": "alloy"}, {"/audio": '"alloy" is a string; an object is wanted'}),
    (
        {"audio": {}},
        {"/audio/voice": "is missing; --voice gives it", "/audio/format": "is missing; --audio-format gives it"},
    ),
    (
        {"audio": {"id": "v", "format": "wav"}},
        {"/audio/voice": "is missing; id belongs inside of it"},
    ),
    (
        {"audio": {"voice": "v", "format": "ogg"}},
        {"/audio/format": f'"ogg" is not one of {FORMATS}'},
    ),
    ({"audio": {"voice": {}, "format": "wav"}}, {"/audio/voice/id": "is missing"}),
    ({"audio": {"voice": {"id": 1}, "format": "wav"}}, {"/audio/voice/id": "1 is an integer; a string is wanted"}),
    ({"audio": {"voice": 5, "format": "wav"}}, {"/audio/voice": "5 is an integer; a string or an object is wanted"}),
    # other objects
    ({"logit_bias": [1]}, {"/logit_bias": "[1] is a list; an object is wanted"}),
    ({"metadata": "a=b"}, {"/metadata": '"a=b" is a string; an object is wanted'}),
    ({"stream_options": None}, {"/stream_options": "null is not allowed; an object is wanted"}),
    (
        {"stream_options": {"include_usage": None}},
        {"/stream_options/include_usage": "null is not allowed; true or false is wanted"},
    ),
    (
        {"stream_options": {"include_obfuscation": "x"}},
        {"/stream_options/include_obfuscation": '"x" is a string; true or false is wanted'},
    ),
    ({"prediction": "x"}, {"/prediction": '"x" is a string; an object is wanted'}),
    ({"prediction": {}}, {"/prediction/type": "is missing", "/prediction/content": "is missing"}),
    ({"prediction": {"type": "text", "content": ""}}, {"/prediction/type": '"text" is not one of content'}),
    (
        {"prediction": {"type": "content", "content": 1}},
        {"/prediction/content": "1 is an integer; a string or a list is wanted"},
    ),
    (
        {"prediction": {"type": "content", "content": [{"type": "text"}]}},
        {"/prediction/content/0/text": "is missing"},
    ),
    (
        {"prediction": {"type": "content", "content": ["x", {"text": "x"}]}},
        {
            "/prediction/content/0": '"x" is a string; an object is wanted',
            "/prediction/content/1/type": "is missing",
        },
    ),
    (
        {"prediction": {"type": "content", "content": [{"type": "file", "text": 1}]}},
        {
            "/prediction/content/0/type": '"file" is not one of text',
            "/prediction/content/0/text": "1 is an integer; a string is wanted",
        },
    ),
    ({"web_search_options": True}, {"/web_search_options": "true is a boolean; an object is wanted"}),
    (
        {"web_search_options": {"search_context_size": "big"}},
        {"/web_search_options/search_context_size": '"big" is not one of low, medium, high'},
    ),
    (
        {"web_search_options": {"user_location": "Oslo"}},
        {"/web_search_options/user_location": '"Oslo" is a string; an object is wanted'},
    ),
    (
        {"web_search_options": {"user_location": {"city": "Oslo"}}},
        {
            "/web_search_options/user_location/type": "is missing",
            "/web_search_options/user_location/approximate": "is missing; city belongs inside of it",
        },
    ),
    (
        {"web_search_options": {"user_location": {"type": "exact", "approximate": []}}},
        {
            "/web_search_options/user_location/type": '"exact" is not one of approximate',
            "/web_search_options/user_location/approximate": "[] is a list; an object is wanted",
        },
    ),
    (place(city=1), {"/web_search_options/user_location/approximate/city": "1 is an integer; a string is wanted"}),
    (place(country=[]), {"/web_search_options/user_location/approximate/country": "[] is a list; a string is wanted"}),
    (
        place(region=None, timezone={}),
        {
            "/web_search_options/user_location/approximate/region": "null is not allowed; a string is wanted",
            "/web_search_options/user_location/approximate/timezone": (
                "{} is an object; a string is wanted; write it as JSON in a string"
            ),
        },
    ),
    ({"chat_template_kwargs": []}, {"/chat_template_kwargs": "[] is a list; an object is wanted"}),
    (
        {"chat_template_kwargs": {"enable_thinking": "no", "clear_thinking": 0}},
        {
            "/chat_template_kwargs/enable_thinking": '"no" is a string; true or false is wanted',
            "/chat_template_kwargs/clear_thinking": "0 is an integer; true or false is wanted; write false",
        },
    ),
    # several at once, in the order of the schema
    (
        {"temperature": 3, "n": "two", "extra": 1, "audio": 7},
        {
            "/audio": "7 is an integer; an object is wanted",
            "/n": '"two" is a string; an integer is wanted',
            "/temperature": "3 is above the maximum 2",
        },
    ),
]  # fmt: skip
