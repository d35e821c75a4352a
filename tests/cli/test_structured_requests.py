"""`--schema` and its kin: what goes out for them, to each endpoint, beside what else was chosen (interface §6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm
from tests.support.served import completion, failing, json_answer, saying, serving

FIELDS = "name, age int"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
MANY = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": SCHEMA}},
    "required": ["items"],
    "additionalProperties": False,
}
ADA = '{"name": "Ada", "age": 36}'
LIMITS = {"max_completion_tokens": 16384, "max_tokens": 16384}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
THOUGHTLESS = {"chat_template_kwargs": {"enable_thinking": False}}
BODY = {"messages": [{"role": "user", "content": "hi"}], "response_format": FORMAT, **LIMITS}
WHOLE = json_answer(completion(ADA))


def sent(glm: Glm, *argv: str, config: str = "", stdin: bytes | None = None) -> dict[str, Any]:
    """The one body of a run whose answer fits, whether it comes as a stream or not."""
    with serving(respond=lambda request: saying(ADA) if b'"stream": true' in request.body else WHOLE) as served:
        if config:
            glm.configure(config.replace("URL", served.server.url))
        result = glm("run", *argv, env=served.env, stdin=stdin)
        assert result.answer == (f"{ADA}\n", "", 0)
        [body] = served.bodies
    assert isinstance(body, dict)
    return body


def test_workers_ai_is_asked_without_streaming_and_without_thinking(glm: Glm) -> None:
    assert sent(glm, "hi", "--schema", FIELDS) == {**BODY, **THOUGHTLESS}


def test_the_openai_form_of_workers_ai_is_asked_so_too(glm: Glm) -> None:
    config = 'profile = "o"\n[profiles.o]\nendpoint = "workers-ai-openai"\n'
    model = {"model": "@cf/zai-org/glm-4.7-flash"}
    assert sent(glm, "hi", "--schema", FIELDS, config=config) == {**model, **BODY, **THOUGHTLESS}


def test_other_servers_stream_and_are_told_nothing_about_thinking(glm: Glm) -> None:
    config = 'profile = "o"\n[profiles.o]\nendpoint = "openai"\nbase_url = "URL/v1"\nmodel = "m"\n'
    body = {**BODY, "model": "m", **STREAMED}
    del body["max_completion_tokens"]
    assert sent(glm, "hi", "--schema", FIELDS, config=config) == body


@pytest.mark.parametrize(
    ("chosen", "fields"),
    [
        (["--think"], {"chat_template_kwargs": {"enable_thinking": True}}),
        (["--no-think"], THOUGHTLESS),
        (["-o", "stream=true"], {**THOUGHTLESS, **STREAMED}),
        (["--reasoning-effort", "high"], {"reasoning_effort": "high"}),
        (["-o", "reasoning_effort=null"], THOUGHTLESS),
        (
            ["-o", 'chat_template_kwargs={"clear_thinking": true}'],
            {"chat_template_kwargs": {"enable_thinking": False, "clear_thinking": True}},
        ),
        (["-o", "chat_template_kwargs=null"], {}),
        (["--max-tokens", "9"], {**THOUGHTLESS, "max_tokens": 9, "max_completion_tokens": 9}),
    ],
)
def test_what_the_user_chose_holds(glm: Glm, chosen: list[str], fields: dict[str, Any]) -> None:
    assert sent(glm, "hi", "--schema", FIELDS, *chosen) == {**BODY, **fields}


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (
            "[defaults]\nchat_template_kwargs = {enable_thinking = true}\n",
            {"chat_template_kwargs": {"enable_thinking": True}},
        ),
        ('[defaults]\nreasoning_effort = "low"\n', {"reasoning_effort": "low"}),
        ("[defaults]\nstream = true\n", {**THOUGHTLESS, **STREAMED}),
        ('[defaults]\nresponse_format = {type = "text"}\n', THOUGHTLESS),
        ("[defaults]\ntemperature = 0\n", {**THOUGHTLESS, "temperature": 0}),
    ],
)
def test_what_the_settings_chose_holds(glm: Glm, config: str, fields: dict[str, Any]) -> None:
    assert sent(glm, "hi", "--schema", FIELDS, config=config) == {**BODY, **fields}


def test_any_object_is_asked_for(glm: Glm) -> None:
    assert sent(glm, "hi", "--json-object") == {**BODY, "response_format": {"type": "json_object"}, **THOUGHTLESS}


def test_several_are_asked_for_as_a_list_in_an_object(glm: Glm) -> None:
    with serving(json_answer(completion('{"items": []}'))) as served:
        assert glm("run", "hi", "--schema-multi", FIELDS, env=served.env).answer == ("", "", 0)
    wrapper = {"name": "answer", "strict": True, "schema": MANY}
    assert served.bodies == [
        {**BODY, "response_format": {"type": "json_schema", "json_schema": wrapper}, **THOUGHTLESS}
    ]


def test_a_format_that_the_user_wrote_is_the_business_of_the_server(glm: Glm) -> None:
    with serving(saying("not JSON")) as served:
        result = glm("run", "hi", "-o", f"response_format={json.dumps(FORMAT)}", env=served.env)
    assert result.answer == ("not JSON\n", "", 0)
    assert served.bodies == [{**BODY, **STREAMED}]


@pytest.mark.parametrize("own", [{}, {"response_format": {"type": "text"}, "stream": True}])
def test_a_whole_body_gets_the_form_and_what_it_needs(glm: Glm, tmp_path: Path, own: dict[str, Any]) -> None:
    path = tmp_path / "body.json"
    path.write_text(json.dumps({"messages": BODY["messages"], **own}))
    body = sent(glm, "--body", str(path), "--schema", FIELDS)
    assert body.pop("stream", False) is False
    assert body == {"messages": BODY["messages"], "response_format": FORMAT, **THOUGHTLESS}


@pytest.mark.parametrize(
    "thinking",
    [{"chat_template_kwargs": {"enable_thinking": True}}, {"reasoning_effort": "low"}],
)
def test_a_whole_body_keeps_what_it_says_about_thinking(glm: Glm, tmp_path: Path, thinking: dict[str, Any]) -> None:
    path = tmp_path / "body.json"
    path.write_text(json.dumps({"messages": BODY["messages"], **thinking}))
    body = sent(glm, "--body", str(path), "--schema", FIELDS)
    assert body.pop("stream", False) is False
    assert body == {"messages": BODY["messages"], "response_format": FORMAT, **thinking}


def test_the_prompt_form_can_ask_for_it_too(glm: Glm) -> None:
    expected = {"prompt": "hi", "response_format": FORMAT, **LIMITS, **THOUGHTLESS}
    assert sent(glm, "hi", "--prompt-form", "--schema", FIELDS) == expected


def test_a_prompt_has_no_place_for_a_repair(glm: Glm) -> None:
    with serving(json_answer(completion("{}"))) as served:
        result = glm("run", "hi", "--prompt-form", "--schema", FIELDS, env=served.env, new_id=lambda: "0" * 24)
    assert result.answer == (
        "",
        "the answer does not fit the schema: /name: is missing; /age: is missing\n"
        "What came is kept: glm sessions show 0000000000.\n",
        9,
    )
    assert len(served.bodies) == 1


# Where the schema comes from


def test_a_schema_in_a_file_gives_its_name(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "my person.json"
    path.write_text(json.dumps(SCHEMA))
    wrapper = {"name": "my_person", "strict": True, "schema": SCHEMA}
    assert sent(glm, "hi", "--schema", str(path))["response_format"]["json_schema"] == wrapper


def test_a_schema_that_is_kept_is_named(glm: Glm) -> None:
    (glm.folder / "schemas").mkdir(parents=True)
    (glm.folder / "schemas" / "person.json").write_text(json.dumps({"title": "A Person", **SCHEMA}))
    wrapper = {"name": "A_Person", "strict": True, "schema": {"title": "A Person", **SCHEMA}}
    assert sent(glm, "hi", "--schema", "person")["response_format"]["json_schema"] == wrapper


def test_a_schema_can_be_written_out(glm: Glm) -> None:
    assert sent(glm, "hi", "--schema", json.dumps(SCHEMA)) == {**BODY, **THOUGHTLESS}


def test_a_dry_run_shows_the_whole_body(glm: Glm) -> None:
    result = glm("run", "hi", "--schema", FIELDS, "--dry-run")
    assert (json.loads(result.stdout), result.stderr, result.status) == ({**BODY, **THOUGHTLESS}, "", 0)


# Refusals


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (
            ["--schema", "persn"],
            "there is no schema named persn; did you mean person?\n"
            "Schemas are in FOLDER/schemas. A single field is written with its type: 'persn str'\n",
        ),
        (
            ["--schema", "FOLDER/broken.json"],
            'FOLDER/broken.json line 3: /properties/age/type: no JSON Schema: "nt" is none of object, array, string, '
            "number, integer, boolean, null\nMend the schema; nothing was sent.\n",
        ),
        (
            ["--schema", "FOLDER/none.json"],
            "the schema FOLDER/none.json cannot be read: no such file or directory\nCheck the path.\n",
        ),
        (
            ["--schema", "name, age nt"],
            "the type of age cannot be 'nt'; there are str, int, float, bool, [TYPE], {FIELDS}, (a|b|c) (column 11)\n"
            "For example: --schema 'name, age int, tags [str]'\n",
        ),
        (["--schema", "a, b", "-x"], "--extract prints code, --schema prints JSON\nLeave one of them out.\n"),
        (
            ["--schema", "a, b", "--json-object"],
            "--schema and --json-object ask for several forms of one answer\nLeave one of them out.\n",
        ),
        (
            ["--schema-multi", "a, b", "--schema", "a, b"],
            "--schema and --schema-multi ask for several forms of one answer\nLeave one of them out.\n",
        ),
        (
            ["--schema", "a, b", "--response-format", "json_object"],
            "--schema and --response-format ask for several forms of one answer\nLeave one of them out.\n",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(glm: Glm, argv: list[str], told: str) -> None:
    (glm.folder / "schemas").mkdir(parents=True)
    (glm.folder / "schemas" / "person.json").write_text(json.dumps(SCHEMA))
    (glm.folder / "broken.json").write_text('{\n "properties": {\n  "age": {"type": "nt"}\n }\n}\n')
    with serving(failing(500, 1, "no")) as served:
        result = glm("run", "hi", *(it.replace("FOLDER", str(glm.folder)) for it in argv), env=served.env)
        assert served.requests == []
    assert (result.stdout, result.stderr.replace(str(glm.folder), "FOLDER"), result.status) == ("", told, 2)
