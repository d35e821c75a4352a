"""Nothing of an answer is lost: each property of the documented output schema, and each form it may take, stands in
the object of `--json` as it came, and has its place in what people are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import exp
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from glmcli.api.events import Event
from tests.ui.drawing import Stage
from tests.ui.test_renderers import show
from tests.ui.whole_answers import SCHEMA, answers, at, decoded, leaves, streamed

ANSWERS = answers()


def of_whole(answer: dict[str, Any]) -> list[Event]:
    return decoded([answer], stream=False)


def of_envelope(answer: dict[str, Any]) -> list[Event]:
    return decoded([{"result": answer, "success": True, "errors": [], "messages": []}], stream=False)


def of_stream(answer: dict[str, Any]) -> list[Event]:
    return decoded(streamed(answer), stream=True)


WAYS: list[Callable[[dict[str, Any]], list[Event]]] = [of_whole, of_envelope, of_stream]


def lost(wanted: Any, got: Any, path: str = "") -> list[str]:
    """Where the second value does not hold what the first does. More keys are no loss."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return [
            place
            for key, value in wanted.items()
            for place in (lost(value, got[key], f"{path}.{key}") if key in got else [f"{path}.{key}"])
        ]
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return [place for pair in zip(wanted, got, strict=True) for place in lost(*pair, f"{path}[]")]
    return [] if wanted == got and type(wanted) is type(got) else [f"{path}: {got!r} in place of {wanted!r}"]


def without_nothing(value: Any) -> Any:
    """A stream does not say what it has none of."""
    if isinstance(value, dict):
        return {key: without_nothing(one) for key, one in value.items() if one is not None and one != []}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def test_the_answers_are_valid_and_hold_every_form_of_every_property() -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)
    assert all(validator.is_valid(answer) for answer in ANSWERS)
    kinds = {str: "string", int: "integer", float: "number", type(None): "null"}
    for path, types in leaves().items():
        found = {kinds.get(type(value), "") for answer in ANSWERS for value in at(answer, path)}
        assert found - {""} == types, path


@pytest.mark.parametrize("events", WAYS)
def test_the_object_holds_every_property_as_it_came(events: Callable[[dict[str, Any]], list[Event]]) -> None:
    for answer in ANSWERS:
        stage = show(Stage(tty=False), events(answer), format="json")
        wanted = without_nothing(answer) if events is of_stream else answer
        assert lost(wanted, json.loads(stage.stdout)) == []


@pytest.mark.parametrize("events", WAYS)
def test_the_object_holds_unknown_keys_wherever_they_stand(events: Callable[[dict[str, Any]], list[Event]]) -> None:
    def odd(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: odd(one) for key, one in value.items()}, "odd": {"a": [1, None]}, "odder": "b"}
        return [odd(one) for one in value] if isinstance(value, list) else value

    for answer in ANSWERS:
        wanted = odd(answer)
        stage = show(Stage(tty=False), events(wanted), format="json")
        assert lost(without_nothing(wanted), without_nothing(json.loads(stage.stdout))) == []


def written(value: Any) -> str:
    return str(value)


def percent(value: float) -> str:
    return f"{100 * exp(value):.2f} %"


def hexadecimal(value: int) -> str:
    return f"<{value:X}>"


# The line in which a value stands, with -v and -u, on the terminal that stdout or stderr is.
OUT: dict[str, Callable[[Any], str]] = {
    "choices[].index": lambda it: f"\nchoice {it + 1}\n",
    "choices[].message.content": str,
    "choices[].message.audio.transcript": str,
    "choices[].message.annotations[].url_citation.url": lambda it: f"<{it}>",
    "choices[].message.annotations[].url_citation.title": lambda it: f"[1] {it} <",
    "choices[].message.annotations[].url_citation.start_index": lambda it: f"(characters {it}-",
    "choices[].message.annotations[].url_citation.end_index": lambda it: f"-{it})",
    **{
        f"choices[].logprobs.{channel}[]{more}": shown
        for channel in ("content", "refusal")
        for more, shown in {
            ".token": written,
            ".logprob": percent,
            ".bytes[]": hexadecimal,
            ".top_logprobs[].token": written,
            ".top_logprobs[].logprob": percent,
            ".top_logprobs[].bytes[]": hexadecimal,
        }.items()
    },
}
ERR: dict[str, Callable[[Any], str]] = {
    "id": lambda it: f"* id: {it}",
    "created": lambda it: f"* created: {it}",
    "model": lambda it: f"* model: {it}",
    "system_fingerprint": lambda it: f"* system_fingerprint: {it}",
    "service_tier": lambda it: f"* service_tier: {it}",
    "choices[].finish_reason": lambda it: f"* finish_reason: {it}",
    "choices[].message.refusal": lambda it: f"the model refused: {it}",
    "choices[].message.audio.id": lambda it: f"glm-audio-{it}.wav",
    "choices[].message.audio.data": lambda it: "audio saved to ",
    "choices[].message.audio.expires_at": lambda it: f"* message.audio.expires_at: {it}",
    "choices[].message.tool_calls[].id": lambda it: f" call {it}: ",
    "choices[].message.tool_calls[].type": lambda it: {"function": "* tool call ", "custom": "* custom tool call "}[it],
    "choices[].message.tool_calls[].function.name": lambda it: f"tool call {it} ",
    "choices[].message.tool_calls[].function.arguments": lambda it: f" {it}",
    "choices[].message.tool_calls[].custom.name": lambda it: f"custom tool call {it} ",
    "choices[].message.tool_calls[].custom.input": lambda it: f" {it}",
    "choices[].message.function_call.name": lambda it: f"function call {it} ",
    "choices[].message.function_call.arguments": lambda it: f" {it}",
    "usage.prompt_tokens": lambda it: f"{it} in",
    "usage.completion_tokens": lambda it: f"{it} out",
    "usage.total_tokens": lambda it: f'"total_tokens": {it}',
    "usage.prompt_tokens_details.cached_tokens": lambda it: f"{it} cached",
    "usage.prompt_tokens_details.audio_tokens": lambda it: f"{it} audio",
    "usage.completion_tokens_details.reasoning_tokens": lambda it: f"{it} reasoning",
    "usage.completion_tokens_details.audio_tokens": lambda it: f"{it} audio",
    "usage.completion_tokens_details.accepted_prediction_tokens": lambda it: f"{it} of the prediction accepted",
    "usage.completion_tokens_details.rejected_prediction_tokens": lambda it: f"{it} of the prediction rejected",
}
UNSEEN = {
    "object": "the same for every answer",
    "choices[].message.role": "the same for every answer",
    "choices[].message.annotations[].type": "one documented kind, and sources are what it means",
}


def test_every_property_has_its_place_in_what_people_see() -> None:
    said = (path for path, types in leaves().items() if types != {"null"})
    assert sorted([*OUT, *ERR, *UNSEEN]) == sorted(said)


@pytest.mark.parametrize("events", WAYS)
def test_every_property_is_shown(events: Callable[[dict[str, Any]], list[Event]], tmp_path: Path) -> None:
    missing = {*OUT, *ERR}
    for answer in ANSWERS:
        stage = Stage(tty=True, err_tty=False, environ={"NO_COLOR": "1", "TERM": "xterm"}, size=(200, 24))
        show(stage, events(answer), raw=True, verbose=True, usage=True, folder=tmp_path)
        missing -= {path for path, line in OUT.items() if any(line(it) in stage.stdout for it in some(answer, path))}
        missing -= {path for path, line in ERR.items() if any(line(it) in stage.stderr for it in some(answer, path))}
    assert missing == set()


def some(answer: dict[str, Any], path: str) -> list[Any]:
    return [value for value in at(answer, path) if value is not None]


@pytest.mark.parametrize(
    "payload",
    ["Two.", {"result": "Two.", "success": True}, {"response": "Two."}, {"result": {"response": "Two."}}],
)
def test_a_plain_text_and_the_form_of_older_models_are_answers_too(payload: Any) -> None:
    events = decoded([payload], stream=False)
    assert show(Stage(tty=False), events).stdout == "Two.\n"
    (choice,) = json.loads(show(Stage(tty=False), events, format="json").stdout)["choices"]
    assert choice["message"]["content"] == "Two."
