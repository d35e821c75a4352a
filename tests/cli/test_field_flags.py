"""Every field by a flag of its own, parts of fields by theirs, values from files, and the line of every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.fields import flags
from tests.support.cli import Glm

HINT = "`glm config params` lists every field and what it may be."


def own(glm: Glm, *argv: str) -> dict[str, Any]:
    """What of the body of a dry run the user chose."""
    result = glm("run", "hi", "--dry-run", *argv)
    assert result.status == 0, result.stderr
    rest = ("messages", "max_tokens", "max_completion_tokens", "stream", "stream_options")
    return {name: value for name, value in json.loads(result.stdout).items() if name not in rest}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--voice", "alloy", "--audio-format", "mp3"], {"audio": {"voice": "alloy", "format": "mp3"}}),
        (["--voice", "id:v1", "--audio-format", "mp3"], {"audio": {"voice": {"id": "v1"}, "format": "mp3"}}),
        (
            ["--user-location", "city=Oslo", "--user-location", "country=NO", "--search-context-size", "low"],
            {
                "web_search_options": {
                    "search_context_size": "low",
                    "user_location": {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}},
                }
            },
        ),
        (
            ["--think", "--no-clear-thinking"],
            {"chat_template_kwargs": {"enable_thinking": True, "clear_thinking": False}},
        ),
        (["--logit-bias", "123=-5", "--logit-bias", "7=.5"], {"logit_bias": {"123": -5, "7": 0.5}}),
        (["--modalities", "text,audio"], {"modalities": ["text", "audio"]}),
        (["--modalities", "text", "--modalities", "audio"], {"modalities": ["text", "audio"]}),
        (["--prediction", "x = 1"], {"prediction": {"type": "content", "content": "x = 1"}}),
        (["--function-call", "f"], {"function_call": {"name": "f"}}),
        (["--tool-choice", "f"], {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        (["--response-format", "json"], {"response_format": {"type": "json_object"}}),
    ],
)
def test_a_flag_stands_for_the_json_of_a_field(glm: Glm, argv: list[str], expected: dict[str, Any]) -> None:
    assert own(glm, *argv) == expected


def test_a_part_is_laid_over_the_configuration_and_over_a_whole_body(glm: Glm) -> None:
    glm.folder.mkdir(exist_ok=True)
    (glm.folder / "config.toml").write_text('[defaults.audio]\nvoice = "ash"\nformat = "wav"\n')
    assert own(glm, "--voice", "alloy") == {"audio": {"voice": "alloy", "format": "wav"}}
    assert own(glm, "--voice", "alloy", "-o", 'audio={"format": "mp3"}') == {
        "audio": {"voice": "alloy", "format": "mp3"}
    }
    body = {"prompt": "hi", "audio": {"voice": "ash", "format": "flac"}}
    result = glm("run", "--dry-run", "--body", "-", "--voice", "alloy", stdin=json.dumps(body).encode())
    assert json.loads(result.stdout)["audio"] == {"voice": "alloy", "format": "flac"}


def test_a_fault_of_a_part_names_the_flag_or_the_line_that_is_at_fault(glm: Glm) -> None:
    glm.folder.mkdir(exist_ok=True)
    (glm.folder / "config.toml").write_text('[defaults]\naudio = {voice = "ash", format = "ogg"}\n')
    message = '/audio/format: "ogg" is not one of wav, aac, mp3, flac, opus, pcm16 (from config.toml line 2)'
    assert glm("run", "hi", "--voice", "alloy").answer == ("", f"{message}\n{HINT}\n", 2)
    message = '/audio/format: "x" is not one of wav, aac, mp3, flac, opus, pcm16 (from --audio-format)'
    assert glm("run", "hi", "--audio-format", "x").answer == ("", f"{message}\n{HINT}\n", 2)


def test_a_file_stands_for_a_value_and_its_faults_name_its_lines(glm: Glm, tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text('[\n  {"type": "function", "function": {"name": "f"}},\n  {"type": "web"}\n]\n')
    lines = [f'/tools/1/type: "web" is not one of function, custom (from -o tools @{tools} line 3)', HINT, ""]
    assert glm("run", "hi", "-o", f"tools=@{tools}").answer == ("", "\n".join(lines), 2)
    old = tmp_path / "old.py"
    old.write_text("x = 1\n")
    assert own(glm, "--prediction", f"@{old}") == {"prediction": {"type": "content", "content": "x = 1"}}
    assert own(glm, "-o", "stop=@@x") == {"stop": "@x"}
    assert own(glm, "--stop", "@x") == {"stop": ["@x"]}
    missing = "/missing cannot be read: no such file or directory (from -o tools)\nCheck the path.\n"
    assert glm("run", "hi", "-o", "tools=@/missing").answer == ("", missing, 2)


def test_a_fault_of_a_whole_body_names_its_line_though_a_system_prompt_moves_the_messages(
    glm: Glm, tmp_path: Path
) -> None:
    body = tmp_path / "b.json"
    body.write_text('{"messages": [\n{"role": "user", "content": "x"},\n{"role": "user"}],\n"n": 0}')
    for argv, index in (([], 1), (["-s", "Be brief."], 2)):
        assert glm("run", "--body", str(body), *argv).answer == (
            "",
            f"/messages/{index}/content: is missing for role user (from --body {body} line 3)\n"
            f"/n: 0 is below the minimum 1 (from --body {body} line 4)\n{HINT}\n",
            2,
        )


def test_a_fault_of_given_messages_names_its_line_after_a_system_prompt(glm: Glm, tmp_path: Path) -> None:
    messages = tmp_path / "m.json"
    messages.write_text('[{"role": "user", "content": "x"},\n{"role": "user"}]')
    line = f"/messages/2/content: is missing for role user (from -o messages @{messages} line 2)"
    result = glm("run", "-s", "Be brief.", "more", "-o", f"messages=@{messages}")
    assert result.answer == ("", f"{line}\n{HINT}\n", 2)


def test_every_flag_of_a_field_is_in_the_help(glm: Glm) -> None:
    help = glm("run", "--help").stdout
    assert [flag for flag in flags() if flag not in help] == []


def test_a_part_that_is_missing_is_told_with_the_flag_that_gives_it(glm: Glm) -> None:
    told = f"/audio/format: is missing; --audio-format gives it (from --voice)\n{HINT}\n"
    assert glm("run", "hi", "--voice", "alloy").answer == ("", told, 2)


@pytest.mark.parametrize("value", ["@a.txt", '"@a.txt"'])
def test_a_text_is_never_a_file(glm: Glm, value: str) -> None:
    assert own(glm, "-o", f"user={value}") == {"user": "@a.txt"}
