"""What is in a request body, in which order, and what flags and defaults make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glmcli.api.request import (
    Sourced,
    build_body,
    overlay,
    user,
)
from glmcli.errors import UsageError

BOTH = ("max_completion_tokens", "max_tokens")
HI = [user("hi")]


def chosen(**values: Any) -> dict[str, Sourced]:
    return {name: Sourced(value, f"--{name}") for name, value in values.items()}


def text(body: Any) -> str:
    return json.dumps(body)


def built(limit_fields: tuple[str, ...] = BOTH, *, stream: bool = False, **params: Any) -> dict[str, Any]:
    return build_body(messages=HI, params=chosen(**params), limit_fields=limit_fields, stream=stream)


# --- what is in it -----------------------------------------------------------------------------------------------


def test_a_body_holds_the_messages_the_limit_and_the_stream_and_nothing_else() -> None:
    assert built(stream=True) == {
        "messages": HI,
        "max_tokens": 16384,
        "max_completion_tokens": 16384,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_body_that_is_not_streamed_says_nothing_of_streams() -> None:
    assert built() == {"messages": HI, "max_tokens": 16384, "max_completion_tokens": 16384}


def test_the_prompt_form_holds_a_prompt() -> None:
    body = build_body(prompt="hi", params={}, limit_fields=BOTH, stream=False)
    assert body == {"prompt": "hi", "max_tokens": 16384, "max_completion_tokens": 16384}


def test_the_keys_come_in_one_order_whatever_order_they_were_chosen_in() -> None:
    ordered = (
        '{"model": "m", "messages": [{"role": "user", "content": "hi"}], "frequency_penalty": 1, "max_tokens": 5, '
        '"max_completion_tokens": 5, "n": 1, "stop": ["x"], "stream": true, "stream_options": {"include_usage": true}, '
        '"temperature": 0.5, "top_p": 1, "chat_template_kwargs": {}, "zzz": 1, "aaa": 2}'
    )
    params: dict[str, Any] = {
        "zzz": 1,
        "top_p": 1,
        "temperature": 0.5,
        "max_tokens": 5,
        "chat_template_kwargs": {},
        "stop": ["x"],
        "model": "m",
        "n": 1,
        "aaa": 2,
        "frequency_penalty": 1,
    }
    assert text(built(stream=True, **params)) == ordered
    backwards = dict(reversed(list(params.items())))
    assert text(built(stream=True, **backwards)) == ordered.replace('"zzz": 1, "aaa": 2', '"aaa": 2, "zzz": 1')


def test_null_leaves_a_field_out() -> None:
    assert built((), temperature=None, stop=None, unheard_of=None) == {"messages": HI}


def test_a_whole_float_is_sent_as_an_integer_where_an_integer_is_wanted() -> None:
    assert text(built(("max_tokens",), n=1.0, max_tokens=50.0, temperature=1.0)) == (
        '{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 50, "n": 1, "temperature": 1.0}'
    )


def test_a_chosen_stream_beats_the_output_format() -> None:
    assert built((), stream=True, stream_=None) == built((), stream=True)
    params = {"stream": Sourced(False, "-o stream")}
    assert build_body(messages=HI, params=params, limit_fields=(), stream=True) == {"messages": HI, "stream": False}
    params = {"stream": Sourced(None, "-o stream")}
    assert build_body(messages=HI, params=params, limit_fields=(), stream=True) == {"messages": HI}
    params = {"stream": Sourced(True, "-o stream"), "stream_options": Sourced(None, "-o stream_options")}
    assert build_body(messages=HI, params=params, limit_fields=(), stream=False) == {"messages": HI, "stream": True}


def test_chosen_stream_options_are_sent_as_they_are() -> None:
    body = built((), stream=True, stream_options={"include_obfuscation": False})
    assert body["stream_options"] == {"include_obfuscation": False}


def test_the_conversation_may_be_a_field() -> None:
    body = build_body(params=chosen(messages=HI), limit_fields=(), stream=False)
    assert body == {"messages": HI}


@pytest.mark.parametrize(("name", "value"), [("messages", HI), ("prompt", "hi")])
def test_two_conversations_are_refused_and_neither_is_lost(name: str, value: Any) -> None:
    with pytest.raises(UsageError) as error:
        build_body(**{name: value}, params={name: Sourced(value, f"-o {name}")}, limit_fields=(), stream=False)
    assert error.value.message == f"there are two conversations: the prompt, and {name} from -o {name}"


def test_the_arguments_are_not_changed() -> None:
    base = {"prompt": "hi", "stream": True, "n": 1.0}
    params = chosen(temperature=1, n=None)
    build_body(params=params, limit_fields=BOTH, stream=False, base=base)
    assert base == {"prompt": "hi", "stream": True, "n": 1.0}
    assert params == chosen(temperature=1, n=None)


# --- the output limit (interface §3) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit_fields", "params", "sent"),
    [
        # always sent, 16384 unless told otherwise, by Workers AI under both names
        (BOTH, {}, {"max_tokens": 16384, "max_completion_tokens": 16384}),
        (BOTH, {"max_tokens": 100}, {"max_tokens": 100, "max_completion_tokens": 100}),
        (BOTH, {"max_completion_tokens": 100}, {"max_tokens": 100, "max_completion_tokens": 100}),
        (BOTH, {"max_tokens": 100, "max_completion_tokens": 200}, {"max_tokens": 100, "max_completion_tokens": 200}),
        # null drops a field, and that one only
        (BOTH, {"max_tokens": None}, {"max_completion_tokens": 16384}),
        (BOTH, {"max_completion_tokens": None}, {"max_tokens": 16384}),
        (BOTH, {"max_tokens": None, "max_completion_tokens": None}, {}),
        (BOTH, {"max_tokens": 100, "max_completion_tokens": None}, {"max_tokens": 100}),
        # other endpoints take the field that their profile names
        (("max_tokens",), {}, {"max_tokens": 16384}),
        (("max_tokens",), {"max_tokens": 100}, {"max_tokens": 100}),
        (("max_tokens",), {"max_tokens": None}, {}),
        (("max_tokens",), {"max_completion_tokens": 100}, {"max_tokens": 100, "max_completion_tokens": 100}),
        (("max_completion_tokens",), {}, {"max_completion_tokens": 16384}),
        (("max_completion_tokens",), {"max_tokens": 100}, {"max_completion_tokens": 100}),
        (("max_completion_tokens",), {"max_tokens": None}, {"max_completion_tokens": 16384}),
        (
            ("max_completion_tokens",),
            {"max_tokens": 100, "max_completion_tokens": 50},
            {"max_tokens": 100, "max_completion_tokens": 50},
        ),
        ((), {"max_tokens": 100}, {"max_tokens": 100}),
        # a limit that is none is refused once, under the name it was given
        (BOTH, {"max_tokens": "lots"}, {"max_tokens": "lots"}),
        (BOTH, {"max_tokens": True}, {"max_tokens": True}),
        (BOTH, {"max_completion_tokens": 1.5}, {"max_completion_tokens": 1.5}),
        (BOTH, {"max_tokens": -5}, {"max_tokens": -5, "max_completion_tokens": -5}),
    ],
    ids=str,
)
def test_the_output_limit(limit_fields: tuple[str, ...], params: dict[str, Any], sent: dict[str, Any]) -> None:
    assert built(limit_fields, **params) == {"messages": HI, **sent}


def test_another_default_limit_is_sent_in_place_of_16384() -> None:
    body = build_body(messages=HI, params={}, limit_fields=BOTH, default_limit=512, stream=False)
    assert body == {"messages": HI, "max_tokens": 512, "max_completion_tokens": 512}


def test_a_higher_layer_hides_a_lower_one() -> None:
    low = {"temperature": Sourced(1, "config.toml line 2"), "n": Sourced(2, "config.toml line 3")}
    assert overlay(low, chosen(temperature=0)) == {"temperature": Sourced(0, "--temperature"), "n": low["n"]}


def test_a_limit_hides_the_limit_of_a_lower_layer_under_either_name() -> None:
    low = {"max_completion_tokens": Sourced(500, "config.toml line 2"), "max_tokens": Sourced(None, "x")}
    assert overlay(low, chosen(max_tokens=100)) == chosen(max_tokens=100)
    assert overlay(low, chosen(max_tokens=None)) == low | chosen(max_tokens=None)
    assert overlay() == {}


def part(origin: str, **value: Any) -> Sourced:
    return Sourced(value, origin, part=True)


def test_a_part_is_laid_over_what_a_lower_layer_says_of_the_rest() -> None:
    low = {"audio": Sourced({"voice": "ash", "format": "wav"}, "config.toml line 2")}
    both = overlay(low, {"audio": part("--voice", voice="alloy")})["audio"]
    assert both == Sourced({"voice": "alloy", "format": "wav"}, "config.toml line 2, --voice")
    told = {inside: both.told(inside) for inside in ("", "/voice", "/voice/id", "/format", "/other")}
    assert told == {
        "": "config.toml line 2",
        "/voice": "--voice",
        "/voice/id": "--voice",
        "/format": "config.toml line 2",
        "/other": "config.toml line 2",
    }


def test_a_part_hides_what_is_no_object_and_is_hidden_by_a_whole() -> None:
    above = part("--voice", voice="alloy")
    assert overlay({"audio": Sourced(None, "-o audio")}, {"audio": above}) == {"audio": above}
    whole = Sourced({"format": "wav"}, "-o audio")
    assert overlay({"audio": above}, {"audio": whole}) == {"audio": whole}


def test_two_parts_are_a_part() -> None:
    two = part("--audio-format", format="mp3").over(part("--voice", voice="alloy"))
    assert two == part("--voice, --audio-format", voice="alloy", format="mp3")
    assert [two.told(inside) for inside in ("/voice", "/format", "/x")] == ["--voice", "--audio-format", "--voice"]
    nested = part("--city", where={"city": "Oslo"}).over(part("--size", where={"country": "NO"}))
    assert [nested.told(inside) for inside in ("/where", "/where/city", "/where/country")] == [
        "--city", "--city", "--size",
    ]  # fmt: skip


def test_a_part_is_laid_over_a_whole_body_too() -> None:
    base = {"prompt": "hi", "audio": {"voice": "ash", "format": "wav"}}
    params = {"audio": part("--voice", voice="alloy"), "chat_template_kwargs": part("--think", enable_thinking=True)}
    assert build_body(params=params, limit_fields=(), stream=False, base=base) == {
        "prompt": "hi",
        "audio": {"voice": "alloy", "format": "wav"},
        "chat_template_kwargs": {"enable_thinking": True},
    }


# --- a whole body from the user ----------------------------------------------------------------------------------


def test_a_whole_body_gets_only_what_flags_say() -> None:
    base = {"temperature": 0, "prompt": "hi", "top_k": 5}
    body = build_body(params=chosen(temperature=1, n=2), limit_fields=BOTH, stream=False, base=base)
    assert text(body) == '{"prompt": "hi", "n": 2, "temperature": 1, "top_k": 5}'


def test_a_null_flag_takes_a_field_out_of_a_whole_body() -> None:
    base = {"prompt": "hi", "temperature": 0}
    assert build_body(params=chosen(temperature=None, n=None), limit_fields=BOTH, stream=False, base=base) == {
        "prompt": "hi"
    }


def test_a_null_in_a_whole_body_is_sent() -> None:
    base = {"prompt": "hi", "reasoning_effort": None}
    assert build_body(params={}, limit_fields=BOTH, stream=False, base=base) == base


@pytest.mark.parametrize(
    ("given", "stream", "sent"),
    [
        ({}, False, {}),
        ({}, True, {"stream": True}),
        ({"stream": True}, True, {"stream": True}),
        ({"stream": False}, True, {"stream": True}),
        ({"stream": None}, False, {"stream": None}),
        ({"stream": False}, False, {"stream": False}),
        ({"stream": True, "stream_options": {"include_usage": True}}, False, {"stream": False}),
        ({"stream_options": {}}, True, {"stream": True, "stream_options": {}}),
    ],
    ids=str,
)
def test_the_stream_of_a_whole_body_follows_the_output_format(
    given: dict[str, Any], stream: bool, sent: dict[str, Any]
) -> None:
    base = {"prompt": "hi", **given}
    assert build_body(params={}, limit_fields=BOTH, stream=stream, base=base) == {"prompt": "hi", **sent}


def test_a_chosen_stream_beats_that_of_a_whole_body() -> None:
    params = {"stream": Sourced(False, "-o stream")}
    base = {"prompt": "hi", "stream": True}
    assert build_body(params=params, limit_fields=(), stream=True, base=base) == {"prompt": "hi", "stream": False}
