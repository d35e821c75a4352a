"""What flags and assignments choose, where each choice came from, and what is said about one that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from glmcli.api.choices import assigned, chosen, flagged
from glmcli.api.fields import flags, read_flag
from glmcli.api.request import Sourced
from glmcli.errors import UsageError

FILES = {
    "tools.json": '[\n  {"type": "function",\n   "function": {}}\n]\n',
    "old.py": "x = 1\n",
    "voice.json": '{\n "id":\n  7}',
    "bias.json": '{"1": -5}',
    "broken.json": '{"a":\n 1,}',
    "end": "END\n",
}


def read(path: str) -> str:
    if path not in FILES:
        raise UsageError(f"{path} cannot be read: no such file or directory")
    return FILES[path]


def given(*assignments: str, **by_flag: bool | str | Sequence[str]) -> dict[str, Sourced]:
    found = [(flags()[f"--{name.replace('_', '-')}"], value) for name, value in by_flag.items()]
    return chosen(found, assignments, read)


def values(chosen: dict[str, Sourced]) -> dict[str, tuple[Any, str]]:
    return {name: (it.value, it.origin) for name, it in chosen.items()}


def test_flags_and_assignments_choose_fields() -> None:
    assert values(given("seed=7", " user = ann", temperature="0.5", stop=["a", "b"], store=False, logprobs=True)) == {
        "temperature": (0.5, "--temperature"),
        "stop": (["a", "b"], "--stop"),
        "store": (False, "--no-store"),
        "logprobs": (True, "--logprobs"),
        "seed": (7, "-o seed"),
        "user": (" ann", "-o user"),
    }


def test_a_flag_for_the_inside_of_a_field_chooses_a_part_of_it() -> None:
    both = given(voice="alloy", audio_format="mp3")
    assert both == {"audio": Sourced({"voice": "alloy", "format": "mp3"}, "--voice, --audio-format", part=True)}
    assert [both["audio"].told(inside) for inside in ("/voice", "/format")] == ["--voice", "--audio-format"]
    assert given(user_location=["city=Oslo", "country=NO"], search_context_size="low") == {
        "web_search_options": Sourced(
            {
                "user_location": {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}},
                "search_context_size": "low",
            },
            "--user-location, --search-context-size",
            part=True,
        )
    }
    assert given(think=False, clear_thinking=True) == {
        "chat_template_kwargs": Sourced(
            {"enable_thinking": False, "clear_thinking": True}, "--no-think, --clear-thinking", part=True
        )
    }


def test_it_is_laid_over_what_an_assignment_or_a_flag_says_of_the_whole() -> None:
    whole = '{"voice": "ash", "format": "wav"}'
    assert given(f"audio={whole}", voice="alloy") == {
        "audio": Sourced({"voice": "alloy", "format": "wav"}, "-o audio, --voice")
    }
    assert given(audio=whole, voice="alloy") == {
        "audio": Sourced({"voice": "alloy", "format": "wav"}, "--audio, --voice")
    }
    assert given("audio=null", voice="alloy") == {"audio": Sourced({"voice": "alloy"}, "--voice", part=True)}


def test_a_file_stands_for_a_value_and_its_lines_are_known() -> None:
    found = given("tools=@tools.json", "stop=@end", "model=@cf/x", "x=@bias.json", prediction="@old.py")
    assert values(found) == {
        "tools": ([{"type": "function", "function": {}}], "-o tools @tools.json"),
        "stop": ("END", "-o stop @end"),
        "model": ("@cf/x", "-o model"),
        "x": ({"1": -5}, "-o x @bias.json"),
        "prediction": ({"type": "content", "content": "x = 1"}, "--prediction @old.py"),
    }
    assert found["tools"].told("/0/function/name") == "-o tools @tools.json line 3"
    assert found["stop"].told() == "-o stop @end"
    assert found["prediction"].told("/content") == "--prediction @old.py"


def test_the_lines_of_a_file_are_known_inside_of_a_field_too() -> None:
    audio = given(voice="@voice.json", audio_format="mp3")["audio"]
    assert audio.value == {"voice": {"id": 7}, "format": "mp3"}
    assert audio.told("/voice/id") == "--voice @voice.json line 3"
    assert audio.told("/format") == "--audio-format"


def test_a_file_among_several_values_of_a_flag_is_one_of_them() -> None:
    assert values(given(logit_bias=["@bias.json", "2=3"])) == {"logit_bias": ({"1": -5, "2": 3}, "--logit-bias")}


def test_a_stop_text_of_a_flag_is_never_a_file_and_two_at_signs_are_one() -> None:
    assert values(given(stop=["@end", "@@x"])) == {"stop": (["@end", "@@x"], "--stop")}
    assert values(given("stop=@@x")) == {"stop": ("@x", "-o stop")}
    assert values(given(tool_choice="@@x")) == {
        "tool_choice": ({"type": "function", "function": {"name": "@x"}}, "--tool-choice")
    }


@pytest.mark.parametrize(
    ("assignments", "by_flag", "message"),
    [
        (["seed"], {}, "-o 'seed' is not of the form NAME=VALUE"),
        (["=1"], {}, "-o '=1' is not of the form NAME=VALUE"),
        (["seed=1", "seed=2"], {}, "seed is given twice: by -o seed and by -o"),
        (["seed=1"], {"seed": "2"}, "seed is given twice: by --seed and by -o"),
        (["tools=@none.json"], {}, "none.json cannot be read: no such file or directory (from -o tools)"),
        ([], {"voice": "@none.json"}, "none.json cannot be read: no such file or directory (from --voice)"),
        ([], {"logit_bias": ["@none.json"]}, "none.json cannot be read: no such file or directory (from --logit-bias)"),
        (
            ["metadata=@broken.json"],
            {},
            "metadata is not JSON: line 2, column 4: expecting property name enclosed in double quotes"
            " (from -o metadata @broken.json)",
        ),
        (
            ["tools=[{]"],
            {},
            "tools is not JSON: line 1, column 3: expecting property name enclosed in double quotes (from -o tools)",
        ),
        ([], {"logit_bias": ["x"]}, "--logit-bias 'x' is not of the form TOKEN=BIAS"),
        (["tools=@"], {}, "@ names no file (from -o tools)"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    assignments: list[str], by_flag: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        given(*assignments, **by_flag)
    assert error.value.message == message


def test_a_text_may_be_read_in_another_way() -> None:
    def meaning(field: Any, text: str) -> Any:
        return read_flag(field, text)

    assert assigned("tool_choice", "f", "/set", read, meaning) == Sourced(
        {"type": "function", "function": {"name": "f"}}, "/set"
    )
    assert flagged(flags()["--top-p"], ".5", read) == Sourced(0.5, "--top-p")
