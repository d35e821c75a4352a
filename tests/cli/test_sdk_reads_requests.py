"""The official OpenAI SDK, as a reader of what we send: its own types accept the bodies that `glm run` builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter

from tests.support.cli import Glm
from tests.support.served import delta, saying, serving, stream

TOOL = '[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]'
GRAMMAR = '{"type":"grammar","grammar":{"syntax":"lark","definition":"start: A"}}'
CUSTOM = f'[{{"type":"custom","custom":{{"name":"c","format":{GRAMMAR}}}}}]'


@pytest.mark.parametrize(
    "flags",
    [
        ("--temperature", "0.5", "--top-p", "0.9", "--seed", "7", "--n", "2", "--user", "me"),
        ("--frequency-penalty", "1", "--presence-penalty", "-1", "--logit-bias", "12=-5", "--logit-bias", "13=5"),
        ("--logprobs", "--top-logprobs", "3", "--stop", "a", "--stop", "b", "--metadata", "run=7"),
        ("--voice", "alloy", "--audio-format", "mp3", "--modalities", "text,audio"),
        ("--response-format", "json", "--reasoning-effort", "low", "--service-tier", "flex", "--store"),
        ("-o", f"tools={TOOL}", "--tool-choice", "f", "--no-parallel-tool-calls"),
        ("-o", f"tools={CUSTOM}", "--tool-choice", "required"),
        ("--prediction", "as before", "--user-location", "city=Oslo", "--search-context-size", "low"),
        ("-s", "Be brief.", "--max-tokens", "5"),
    ],
    ids=lambda flags: flags[0],
)
@pytest.mark.parametrize("whole", [False, True])
def test_the_types_of_the_sdk_accept_what_we_send(glm: Glm, flags: tuple[str, ...], whole: bool) -> None:
    glm.configure('[profiles.default]\nendpoint = "workers-ai-openai"\n')
    result = glm("run", "hi", "--dry-run", *flags, *(("--no-stream",) if whole else ()))
    assert result.status == 0, result.stderr
    body = json.loads(result.stdout)
    kind = CompletionCreateParamsNonStreaming if whole else CompletionCreateParamsStreaming
    accepted = TypeAdapter(kind).validate_python(body)
    assert accepted.keys() == body.keys()


def test_the_types_of_the_sdk_accept_the_rounds_of_a_turn_with_tools(glm: Glm, tmp_path: Path) -> None:
    glm.configure('[profiles.default]\nendpoint = "workers-ai-openai"\n')
    (tmp_path / "add.py").write_text('def add(a: int) -> int:\n    """Add one."""\n    return a + 1\n')
    tools = tmp_path / "tools.json"
    custom = {"name": "note", "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "[a-z]+"}}}
    tools.write_text(json.dumps({"type": "custom", "custom": custom, "command": ["cat"]}))
    both = delta(
        tool_calls=[
            {"index": 0, "id": "a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
            {"index": 1, "id": "b", "type": "custom", "custom": {"name": "note", "input": "hello"}},
        ]
    )
    older = delta(function_call={"name": "add", "arguments": '{"a": 2}'})
    scripts = (stream(both, delta(finish="tool_calls")), stream(older, delta(finish="function_call")), saying("Done."))
    with serving(*scripts) as served:
        ran = glm("run", "-y", "--functions", str(tmp_path / "add.py"), "-T", str(tools), "?", env=served.env)
    assert (ran.stdout, ran.status) == ("Done.\n", 0)
    for body in served.bodies:
        accepted: Any = TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)
        messages = [
            {**message, **({"tool_calls": list(calls)} if (calls := message.get("tool_calls")) else {})}
            for message in accepted["messages"]
        ]
        assert messages == body["messages"]
        assert list(accepted["tools"]) == body["tools"]
    assert served.bodies[2]["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
                {"id": "b", "type": "custom", "custom": {"name": "note", "input": "hello"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "2"},
        {"role": "tool", "tool_call_id": "b", "content": "hello"},
        {"role": "assistant", "content": "", "function_call": {"name": "add", "arguments": '{"a": 2}'}},
        {"role": "function", "name": "add", "content": "3"},
    ]
