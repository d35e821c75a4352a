"""A template file: what it may say, and how faults are told with their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ConfigError
from glmcli.templates.template import Template, read

WHOLE = '''\
description = "Reviews a change."
model = "@cf/zai-org/glm-4.7-flash"
system = """
You review $language code.
"""
prompt = """
Review this, in a ${tone} tone:

$input
"""
tools = ["now", "./more.py"]
functions = ["lint.py", "/abs/other.py"]
schema = "name, age int"

[options]
temperature = 0.2
stop = ["END"]

[options.chat_template_kwargs]
enable_thinking = false

[params]
tone = "friendly"
'''


def reading(tmp_path: Path, text: str) -> Template:
    path = tmp_path / "x.toml"
    path.write_text(text)
    return read(path, "x", "templates/x.toml", "Mend it.")


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        reading(tmp_path, text)
    assert raised.value.hint == "Mend it."
    return raised.value.message.splitlines()


def test_everything_that_a_template_can_say(tmp_path: Path) -> None:
    it = reading(tmp_path, WHOLE)
    sourced: dict[str, Any] = {
        "system": it.system,
        "model": it.model,
        "schema": it.schema,
        "schema_multi": it.schema_multi,
        **it.options,
    }
    assert {name: (value.value, value.origin) if value else None for name, value in sourced.items()} == {
        "system": ("You review $language code.", "templates/x.toml line 3"),
        "model": ("@cf/zai-org/glm-4.7-flash", "templates/x.toml line 2"),
        "schema": ("name, age int", "templates/x.toml line 13"),
        "schema_multi": None,
        "temperature": (0.2, "templates/x.toml line 16"),
        "stop": (["END"], "templates/x.toml line 17"),
        "chat_template_kwargs": ({"enable_thinking": False}, "templates/x.toml line 19"),
    }
    assert it.options["chat_template_kwargs"].told("/enable_thinking") == "templates/x.toml line 20"
    assert (it.name, it.folder, it.description, it.extract) == ("x", tmp_path, "Reviews a change.", None)
    assert it.prompt == "Review this, in a ${tone} tone:\n\n$input"
    assert (it.tools, it.functions) == (("now", "./more.py"), (f"{tmp_path}/lint.py", "/abs/other.py"))
    assert (it.params, it.variables, it.takes_input) == ({"tone": "friendly"}, ["language", "tone"], True)
    assert it.summary == "$input $language $tone=friendly"


def test_an_empty_template_makes_the_input_the_prompt(tmp_path: Path) -> None:
    it = reading(tmp_path, "")
    assert (it.prompt, it.system, it.variables, it.takes_input, it.summary) == (None, None, [], True, "$input")


def test_a_prompt_may_have_no_place_for_an_input(tmp_path: Path) -> None:
    it = reading(tmp_path, 'prompt = "Tell a joke about $topic."')
    assert (it.takes_input, it.summary) == (False, "$topic")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("promt = ''", ['line 1: unknown key "promt"; did you mean "prompt"?']),
        ("colour = ''", ['line 1: unknown key "colour"']),
        ("\ntemperature = 1", ['line 2: unknown key "temperature"; it belongs under [options]']),
        ("temprature = 1", ['line 1: unknown key "temprature"; did you mean "temperature" under [options]?']),
        ("prompt = '$tone'\ntone = 'x'", ['line 2: unknown key "tone"; it belongs under [params]']),
        ("[options]\ntemprature = 1", ['line 2: unknown key "temprature" in [options]; did you mean "temperature"?']),
        ("[options]\nuser = 2026-01-01", ["line 2: user: JSON has no dates; write the value in quotes"]),
        ("[options]\nprompt = 'x'", ["line 2: prompt belongs at the top of the file, not under [options]"]),
        ("[options]\nmodel = 'x'", ["line 2: model belongs at the top of the file, not under [options]"]),
        ("prompt = 3", ["line 1: prompt must be a text, not 3"]),
        ("system = ['x']", ['line 1: system must be a text, not ["x"]']),
        ("model = ' '", ['line 1: model must be a text that is not empty, not " "']),
        ("tools = 'now'", ['line 1: tools must be a list of names, not "now"']),
        ("functions = [1]", ["line 1: functions must be a list of paths, not [1]"]),
        ("extract = 'some'", ['line 1: extract must be first, last or all, not "some"']),
        ("extract = [1]", ["line 1: extract must be first, last or all, not [1]"]),
        ("schema = 1", ["line 1: schema must be a text or a table, not 1"]),
        (
            "options = 1\nparams = 2",
            ["line 1: options must be a table, not 1", "line 2: params must be a table, not 2"],
        ),
        ("schema = 'a'\nschema_multi = 'b'", ["line 2: schema and schema_multi ask for two forms of the answer"]),
        ("schema = 'a'\nextract = 'all'", ["line 2: schema and extract ask for two forms of the answer"]),
        (
            "schema = 'a'\n[options]\nresponse_format = {type = 'text'}",
            ["line 1: options.response_format and schema ask for two forms of the answer"],
        ),
        ("prompt = '$n'\n[params]\nn = 3", ["line 3: n must be a text, not 3; write it in quotes"]),
        ("prompt = '$input'\nparams.input = 'x'", ["line 2: $input is what the user gives; it has no default"]),
        (
            "prompt = '$tone'\n[params]\ntoen = 'x'",
            ['line 3: toen is of no use: $toen stands in neither prompt nor system; did you mean "tone"?'],
        ),
        (
            "system = 'a $input'",
            ["line 1: system has no $input, which differs from message to message; put it into prompt"],
        ),
        ("[params]\nb = 1\n[options]\na = 1\n", ["line 2: b must be a text, not 1; write it in quotes"]),
        ("prompt = '", ['line 1: not valid TOML: expected "\'"']),
    ],
)
def test_faults_are_told_with_their_lines(tmp_path: Path, text: str, told: list[str]) -> None:
    found = faults(tmp_path, text)
    assert found[: len(told)] == [f"templates/x.toml {line}" for line in told]


def test_all_faults_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = "[params]\nb = 'x'\n[options]\ntemprature = 1\n"
    assert faults(tmp_path, text) == [
        "templates/x.toml line 2: b is of no use: $b stands in neither prompt nor system",
        'templates/x.toml line 4: unknown key "temprature" in [options]; did you mean "temperature"?',
    ]


def test_a_template_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"prompt = 1\n\xff")
    with pytest.raises(ConfigError) as raised:
        read(path, "x", "templates/x.toml", "Mend it.")
    assert (raised.value.message, raised.value.hint) == ("x.toml line 2: not valid UTF-8", "Mend it.")
