"""The official OpenAI SDK, as a reader of what we send: its own types accept the bodies that `glm run` builds."""

from __future__ import annotations

import json

import pytest
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter

from tests.support.cli import Glm

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
