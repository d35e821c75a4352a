"""One declaration of the fields: the schema, its words and its flags."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema

from glmcli.api import fields as module
from glmcli.api.fields import fields, flags, schema

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
