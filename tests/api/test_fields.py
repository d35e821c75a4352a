"""One declaration of the fields, and what a text means for each of them."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from glmcli.api import fields as module
from glmcli.api.fields import Field, expanded, fields, flags, laid_over, read_flag, read_flags, read_value, schema
from glmcli.errors import UsageError

DOCUMENTED = json.loads((Path(__file__).parents[1] / "spec" / "request.schema.json").read_bytes())
PACKAGED = json.loads(Path(module.__file__).with_name("request.schema.json").read_bytes())
KEYWORDS = {"type", "enum", "required", "properties", "items", "oneOf", "anyOf", "minimum", "maximum"} | {
    "minLength",
    "minItems",
    "maxItems",
    "default",
    "title",
}


def bare(part: Any) -> Any:
    """The part of a schema without our own words; a property may itself be called `description`."""
    if isinstance(part, list):
        return [bare(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {name: bare(it) for name, it in value.items()} if key == "properties" else bare(value)
        for key, value in part.items()
        if key not in ("description", "$comment") and not key.startswith("x-")
    }


def test_the_packaged_schema_is_the_documented_one_and_the_newer_thinking_switch() -> None:
    ours = copy.deepcopy(bare(schema()))
    for form in ours["oneOf"]:
        assert form["properties"].pop("chat_template_kwargs") == {
            "type": "object",
            "properties": {
                "enable_thinking": {"type": "boolean", "default": True},
                "clear_thinking": {"type": "boolean", "default": False},
            },
        }
    assert ours == DOCUMENTED


def test_the_packaged_schema_is_a_schema_and_uses_only_keywords_that_the_validator_knows() -> None:
    jsonschema.Draft202012Validator.check_schema(PACKAGED)
    used: set[str] = set()

    def collect(part: Any) -> None:
        if isinstance(part, list):
            for item in part:
                collect(item)
        elif isinstance(part, dict):
            used.update(part)
            for key, value in part.items():
                if key == "properties":
                    collect(list(value.values()))
                elif key in ("items", "oneOf", "anyOf"):
                    collect(value)

    collect(bare(schema()))
    assert used == KEYWORDS


def test_every_property_has_one_sentence_in_our_own_words() -> None:
    documented = set(re.findall(r'"description": "([^"]+)"', json.dumps(DOCUMENTED)))
    sentences: list[str] = []

    def collect(part: Any) -> None:
        if isinstance(part, list):
            for item in part:
                collect(item)
        elif isinstance(part, dict):
            for it in part.get("properties", {}).values():
                sentences.append(it["description"])
            for key, value in part.items():
                collect(list(value.values()) if key == "properties" else value)

    collect(schema()["oneOf"])
    assert all(it.endswith(".") and it[0].isupper() and "\n" not in it and len(it) < 120 for it in sentences)
    assert not documented & set(sentences)


def test_the_fields_are_those_of_both_forms_in_one_order() -> None:
    prompt_form, messages_form = (list(form["properties"]) for form in DOCUMENTED["oneOf"])
    shared = [name for name in messages_form if name not in ("model", "messages")]
    assert set(prompt_form) - {"prompt"} == set(messages_form) - {"messages"}
    assert list(fields()) == ["model", "prompt", "messages", *shared, "chat_template_kwargs"]
    assert all(name == it.name for name, it in fields().items())


def test_what_the_flags_and_the_list_of_parameters_say() -> None:
    listed = {
        it.name: (it.kind, it.flag, it.short, it.metavar, it.type_text, it.bounds_text, it.default, it.group, it.newer)
        for it in fields().values()
    }
    tool_choice = "none|auto|required|NAME|JSON"
    tiers = ("auto", "default", "flex", "scale", "priority")
    number, integer, boolean, object_ = "number or null", "integer or null", "boolean or null", "object or null"
    assert listed == {
        "model": ("string", "--model", "-m", "NAME", "string", "", None, "Model", False),
        "prompt": ("string", None, None, "TEXT", "string", "at least 1 character", None, "", False),
        "messages": ("json", None, None, "JSON", "list of objects", "at least 1 item", None, "", False),
        "audio": ("json", "--audio", None, "JSON", "object", "", None, "Service", False),
        "frequency_penalty": (
            "number", "--frequency-penalty", None, "NUMBER", number, "-2 to 2", 0, "Sampling", False,
        ),
        "logit_bias": ("json", "--logit-bias", None, "TOKEN=BIAS", object_, "", None, "Sampling", False),
        "logprobs": ("boolean", "--logprobs", None, "", boolean, "", False, "Answer", False),
        "top_logprobs": ("integer", "--top-logprobs", None, "N", integer, "0 to 20", None, "Answer", False),
        "max_tokens": ("integer", "--max-tokens", None, "N", integer, "", None, "Answer", False),
        "max_completion_tokens": ("integer", "--max-completion-tokens", None, "N", integer, "", None, "Answer", False),
        "metadata": ("json", "--metadata", None, "KEY=VALUE", object_, "", None, "Service", False),
        "modalities": (
            "strings", "--modalities", None, "text|audio", "list of strings or null", "text, audio", None,
            "Service", False,
        ),
        "n": ("integer", "--n", None, "N", integer, "1 to 128", 1, "Answer", False),
        "parallel_tool_calls": ("boolean", "--parallel-tool-calls", None, "", "boolean", "", True, "Tools", False),
        "prediction": ("json", "--prediction", None, "TEXT|JSON", "object", "", None, "Service", False),
        "presence_penalty": ("number", "--presence-penalty", None, "NUMBER", number, "-2 to 2", 0, "Sampling", False),
        "reasoning_effort": (
            "string", "--reasoning-effort", None, "low|medium|high", "string or null", "low, medium, high", None,
            "Model", False,
        ),
        "response_format": ("json", "--response-format", None, "text|json|JSON", "object", "", None, "Answer", False),
        "seed": ("integer", "--seed", None, "N", integer, "", None, "Sampling", False),
        "service_tier": (
            "string", "--service-tier", None, "|".join(tiers), "string or null", ", ".join(tiers), "auto",
            "Service", False,
        ),
        "stop": (
            "strings", "--stop", None, "TEXT", "string or list of strings or null", "1 to 4 items", None,
            "Answer", False,
        ),
        "store": ("boolean", "--store", None, "", boolean, "", False, "Service", False),
        "stream": ("boolean", None, None, "", boolean, "", False, "", False),
        "stream_options": ("json", None, None, "JSON", "object", "", None, "", False),
        "temperature": ("number", "--temperature", None, "NUMBER", number, "0 to 2", 1, "Sampling", False),
        "tool_choice": (
            "json", "--tool-choice", None, tool_choice, "string or object", "none, auto, required", None,
            "Tools", False,
        ),
        "tools": ("json", None, None, "JSON", "list of objects", "", None, "Tools", False),
        "top_p": ("number", "--top-p", None, "NUMBER", number, "0 to 1", 1, "Sampling", False),
        "user": ("string", "--user", None, "TEXT", "string", "", None, "Service", False),
        "web_search_options": ("json", "--web-search-options", None, "JSON", "object", "", None, "Service", False),
        "function_call": (
            "json", "--function-call", None, "none|auto|NAME|JSON", "string or object", "none, auto", None,
            "Tools", False,
        ),
        "functions": ("json", None, None, "JSON", "list of objects", "1 to 128 items", None, "Tools", False),
        "chat_template_kwargs": ("json", "--chat-template-kwargs", None, "JSON", "object", "", None, "Model", True),
    }  # fmt: skip


def test_the_flags_are_those_of_the_fields_and_of_what_stands_inside_of_them() -> None:
    inside = {it.flag: (it.name, it.path, it.kind, it.metavar, it.group) for it in flags().values() if len(it.path) > 1}
    search, template = "web_search_options", "chat_template_kwargs"
    size, where, think, clear = "search_context_size", "user_location", "enable_thinking", "clear_thinking"
    assert inside == {
        "--voice": ("audio.voice", ("audio", "voice"), "json", "NAME|id:ID|JSON", "Service"),
        "--audio-format": (
            "audio.format", ("audio", "format"), "string", "wav|aac|mp3|flac|opus|pcm16", "Service",
        ),
        "--search-context-size": (f"{search}.{size}", (search, size), "string", "low|medium|high", "Service"),
        "--user-location": (f"{search}.{where}", (search, where), "json", "KEY=VALUE", "Service"),
        "--think": (f"{template}.{think}", (template, think), "boolean", "", "Model"),
        "--clear-thinking": (f"{template}.{clear}", (template, clear), "boolean", "", "Model"),
    }  # fmt: skip
    whole = {it.flag: it for it in fields().values() if it.flag}
    assert {flag: it for flag, it in flags().items() if len(it.path) == 1} == whole
    assert all(flag == it.flag for flag, it in flags().items())
    repeatable = {flag for flag, it in flags().items() if it.repeatable}
    assert repeatable == {"--stop", "--modalities", "--metadata", "--logit-bias", "--user-location"}


def test_a_field_knows_its_bounds() -> None:
    temperature = fields()["temperature"]
    assert (temperature.nullable, temperature.minimum, temperature.maximum, temperature.choices) == (True, 0, 2, ())
    assert fields()["tool_choice"].choices == ("none", "auto", "required")
    assert fields()["user"].nullable is False


# --- -o name=TEXT ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0.2", 0.2),
        ("temperature", "hot", "hot"),
        ("temperature", "NaN", "NaN"),
        ("temperature", "1.0", 1.0),
        ("max_tokens", "null", None),
        ("n", "1.0", 1),
        ("n", "1.5", 1.5),
        ("store", "true", True),
        ("user", "ann", "ann"),
        ("user", '"7"', "7"),
        ("user", "7", 7),
        ("user", "{not json", "{not json"),
        ("stop", "END", "END"),
        ("stop", '["a", "b"]', ["a", "b"]),
        ("stop", "[", "["),
        ("metadata", '{"a": 1}', {"a": 1}),
        ("metadata", "a=1", "a=1"),
        ("tool_choice", "any", "any"),
        ("response_format", "json", "json"),
        ("unheard_of", "1.0", 1.0),
        ("unheard_of", "{x", "{x"),
        ("unheard_of", "", ""),
    ],
)
def test_an_option_is_json_else_a_string(name: str, text: str, value: Any) -> None:
    read = read_value(fields().get(name), text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata", '{"a": 1', "metadata is not JSON: line 1, column 8: expecting ',' delimiter"),
        ("tools", " [NaN]", "tools is not JSON: NaN is not a JSON number"),
        ("metadata", '{"a": 1, "a": 2}', 'metadata: the key "a" stands twice in one JSON object'),
        ("temperature", "1e400", "temperature: the number 1e400 is too large"),
        ("unheard_of", "1e400", "the value: the number 1e400 is too large"),
    ],
)
def test_an_option_that_would_be_sent_as_something_else_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_value(fields().get(name), text)
    assert error.value.message == message


# --- --name TEXT -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0.2", 0.2),
        ("temperature", ".5", 0.5),
        ("temperature", "1.", 1.0),
        ("temperature", "+1", 1),
        ("temperature", "1e-1", 0.1),
        ("temperature", "hot", "hot"),
        ("temperature", "inf", "inf"),
        ("temperature", "null", None),
        ("seed", "-7", -7),
        ("seed", "007", 7),
        ("seed", "1e2", 100),
        ("seed", "1.5", 1.5),
        ("seed", "1_000", "1_000"),
        ("seed", "9" * 350, int("9" * 350)),
        ("user", "7", "7"),
        ("user", "null", "null"),
        ("model", "[x]", "[x]"),
        ("reasoning_effort", "low", "low"),
        ("reasoning_effort", "null", None),
        ("stop", "[", ["["]),
        ("stop", "1", ["1"]),
        ("modalities", "text", ["text"]),
        ("response_format", "json", {"type": "json_object"}),
        ("response_format", "json_object", {"type": "json_object"}),
        ("response_format", "text", {"type": "text"}),
        ("response_format", '{"type": "text"}', {"type": "text"}),
        ("response_format", "yaml", "yaml"),
        ("tool_choice", "auto", "auto"),
        ("tool_choice", "weather", {"type": "function", "function": {"name": "weather"}}),
        ("tool_choice", '{"type": "custom"}', {"type": "custom"}),
        ("metadata", "a=1=2", {"a": "1=2"}),
        ("metadata", "a=", {"a": ""}),
        ("metadata", '{"a": "b", "c": "d"}', {"a": "b", "c": "d"}),
        ("logit_bias", '{"50": -1}', {"50": -1}),
        ("function_call", "auto", "auto"),
        ("function_call", "weather", {"name": "weather"}),
        ("function_call", '{"name": "f"}', {"name": "f"}),
        ("tool_choice", "7", {"type": "function", "function": {"name": "7"}}),
        ("tool_choice", "null", None),
        ("response_format", "null", None),
        ("logit_bias", "123=-5", {"123": -5}),
        ("logit_bias", "123=.5", {"123": 0.5}),
        ("logit_bias", "1=1e400", {"1": "1e400"}),
        ("logit_bias", "null", None),
        ("metadata", "null", None),
        ("metadata", "a=b\nc", {"a": "b\nc"}),
        ("modalities", "text,audio", ["text", "audio"]),
        ("stop", "a,b", ["a,b"]),
        ("prediction", "x = 1", {"type": "content", "content": "x = 1"}),
        ("prediction", "", {"type": "content", "content": ""}),
        ("prediction", "null", {"type": "content", "content": "null"}),
        ("prediction", "{ int x; }", {"type": "content", "content": "{ int x; }"}),
        ("prediction", '{"name": "app"}', {"type": "content", "content": '{"name": "app"}'}),
        ("prediction", "[1]", {"type": "content", "content": "[1]"}),
        ("prediction", '{"type": "content", "content": []}', {"type": "content", "content": []}),
        ("audio", '{"voice": "v"}', {"voice": "v"}),
        ("audio", "loud", "loud"),
        ("web_search_options", "{}", {}),
        ("chat_template_kwargs", "1", 1),
        ("voice", "alloy", "alloy"),
        ("voice", "7", "7"),
        ("voice", "id:abc", {"id": "abc"}),
        ("voice", "id:", "id:"),
        ("voice", '{"id": "abc"}', {"id": "abc"}),
        ("audio_format", "mp3", "mp3"),
        ("search_context_size", "low", "low"),
        ("user_location", "city=Oslo", {"type": "approximate", "approximate": {"city": "Oslo"}}),
        ("user_location", '{"type": "approximate"}', {"type": "approximate"}),
        ("think", "true", True),
    ],
)
def test_a_flag_takes_text_as_people_write_it(name: str, text: str, value: Any) -> None:
    read = read_flag(flags()[f"--{name.replace('_', '-')}"], text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metadata", "a", "--metadata 'a' is not of the form KEY=VALUE"),
        ("metadata", "=a", "--metadata '=a' is not of the form KEY=VALUE"),
        ("logit_bias", "a", "--logit-bias 'a' is not of the form TOKEN=BIAS"),
        ("logit_bias", "a=b", "--logit-bias 'a=b' is not of the form TOKEN=BIAS"),
        ("user_location", "Oslo", "--user-location 'Oslo' is not of the form KEY=VALUE"),
        (
            "metadata",
            "{a=1}",
            "metadata is not JSON: line 1, column 2: expecting property name enclosed in double quotes",
        ),
        (
            "tool_choice",
            "{",
            "tool_choice is not JSON: line 1, column 2: expecting property name enclosed in double quotes",
        ),
        ("temperature", "1e400", "temperature: the number 1e400 is too large"),
    ],
)
def test_a_flag_that_cannot_be_read_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_flag(flags()[f"--{name.replace('_', '-')}"], text)
    assert error.value.message == message


@pytest.mark.parametrize(
    ("flag", "texts", "value"),
    [
        ("--stop", ["a", "b"], ["a", "b"]),
        ("--modalities", ["text", "audio"], ["text", "audio"]),
        ("--metadata", ["a=1", "b=2", "a=1", '{"c": "3"}'], {"a": "1", "b": "2", "c": "3"}),
        ("--logit-bias", ["1=-5", "2=.5"], {"1": -5, "2": 0.5}),
        ("--logit-bias", ["null"], None),
        (
            "--user-location",
            ["city=Oslo", "country=NO"],
            {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}},
        ),
    ],
)
def test_a_flag_that_is_repeated_adds_up(flag: str, texts: list[str], value: Any) -> None:
    assert read_flags(flags()[flag], texts) == value


@pytest.mark.parametrize(
    ("flag", "texts", "message"),
    [
        ("--metadata", ["a=1", "a=2"], "--metadata gives a two values"),
        ("--user-location", ["city=Oslo", "city=Rome"], "--user-location gives city two values"),
        ("--metadata", ["a=1", "null"], "--metadata is given twice, with values that do not go together"),
    ],
)
def test_a_flag_that_is_repeated_with_two_values_for_one_key_is_refused(
    flag: str, texts: list[str], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        read_flags(flags()[flag], texts)
    assert error.value.message == message


# --- @FILE -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("tools", "@tools.json", "<tools.json>"),
        ("stop", "@a b", "<a b>"),
        ("unheard_of", "@x", "<x>"),
        ("metadata", "x@y", "x@y"),
        ("metadata", " @x", " @x"),
        ("metadata", "@@x", "@x"),
        ("metadata", "@@", "@"),
        ("metadata", "", ""),
        # a string, a number, a switch is never a file
        ("model", "@cf/zai-org/glm-4.7-flash", "@cf/zai-org/glm-4.7-flash"),
        ("user", "@ann", "@ann"),
        ("user", "@@ann", "@@ann"),
        ("temperature", "@x", "@x"),
        ("store", "@x", "@x"),
    ],
)
def test_an_at_sign_names_a_file_where_a_list_or_an_object_is_wanted(name: str, text: str, expected: str) -> None:
    assert expanded(fields().get(name), text, lambda path: f"<{path}>\n") == expected


@pytest.mark.parametrize(("ending", "kept"), [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n")])
def test_the_newline_that_ends_a_file_is_no_part_of_the_value(ending: str, kept: str) -> None:
    assert expanded(fields()["stop"], "@x", lambda path: ending) == kept


def test_an_at_sign_alone_names_no_file() -> None:
    with pytest.raises(UsageError, match=r"^@ names no file$"):
        expanded(fields()["tools"], "@", lambda path: "")


def test_a_value_is_laid_over_another_key_by_key() -> None:
    lower = {"a": {"b": 1, "c": 2}, "d": [1], "e": 0}
    assert laid_over(lower, {"a": {"c": 3}, "d": [2], "f": {}}) == {"a": {"b": 1, "c": 3}, "d": [2], "e": 0, "f": {}}
    assert laid_over([1], {"a": 1}) == {"a": 1}
    assert laid_over({"a": 1}, None) is None


# --- any text ----------------------------------------------------------------------------------------------------


def test_any_text_for_any_flag_is_read_or_refused_in_one_line() -> None:
    for it in (fields() | flags()).values():
        for text in ("", "{", "[1", "null", "true", "-", "=", "é", "\udcff", "0x10", "[" * 5000, "1" * 5000):
            _reads(it, text)


def _reads(it: Field, text: str) -> None:
    for read in (read_flag, read_value):
        try:
            read(it, text)
        except UsageError as error:
            assert "\n" not in error.message  # noqa: PT017 - the point is that nothing else is raised
