"""`glm run -t NAME -p K=V`: what is sent, where it comes from, and what beats it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Glm
from tests.support.served import completion, json_answer, saying, serving

REVIEW = """\
system = "You are a $tone reviewer."
model = "@cf/other"
prompt = '''
Review this in $lang:

$input
'''

[options]
temperature = 0.2
max_tokens = 100

[params]
tone = "kind"
"""
WANTS = "A dollar sign itself is $$ in a template. Give a value: -p lang=…"


def keep(glm: Glm, name: str, text: str) -> Path:
    path = glm.folder / "templates" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture(autouse=True)
def _review(glm: Glm) -> None:
    keep(glm, "review", REVIEW)


def body(glm: Glm, *argv: str, **how: Any) -> dict[str, Any]:
    """The request body; nothing stands on stderr."""
    result = glm("run", "--dry-run", *argv, **how)
    assert (result.stderr, result.status) == ("", 0)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(it["role"], it["content"]) for it in body["messages"]]


def test_a_template_frames_the_input_and_brings_its_choices(glm: Glm) -> None:
    found = body(glm, "-t", "review", "-p", "lang=German", "x = 1")
    assert said(found) == [
        ("system", "You are a kind reviewer."),
        ("user", "Review this in German:\n\nx = 1"),
    ]
    assert (found["temperature"], found["max_tokens"], found["max_completion_tokens"]) == (0.2, 100, 100)


def test_the_model_of_a_template_is_asked(glm: Glm) -> None:
    with serving(saying("Good.")) as served:
        result = glm("run", "-t", "review", "-p", "lang=German", "x", env=served.env)
    assert result.answer == ("Good.\n", "", 0)
    assert served.requests[0].target.endswith("/ai/run/@cf/other")


def test_files_stdin_and_words_are_the_input(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    found = body(glm, "-t", "review", "-p", "lang=$input", "-f", str(tmp_path / "a.txt"), "x", stdin=b"$lang\n")
    assert said(found)[1] == ("user", "Review this in $input:\n\na\n\n$lang\n\nx")


def test_what_is_given_follows_a_prompt_that_has_no_place_for_it(glm: Glm) -> None:
    keep(glm, "joke", "prompt = 'Tell a joke.'")
    assert said(body(glm, "-t", "joke")) == [("user", "Tell a joke.")]
    assert said(body(glm, "-t", "joke", "About cats.")) == [("user", "Tell a joke.\n\nAbout cats.")]
    assert said(body(glm, "-t", "joke", stdin=b"piped\n")) == [("user", "Tell a joke.\n\npiped")]


def test_a_template_without_a_prompt_leaves_the_input_as_it_is(glm: Glm) -> None:
    keep(glm, "terse", "system = 'Be brief.'")
    assert said(body(glm, "-t", "terse", "$x $$")) == [("system", "Be brief."), ("user", "$x $$")]
    assert glm("run", "-t", "terse").answer == (
        "",
        'there is no prompt\nFor example: glm run "Why is the sky blue?", or pipe text into it.\n',
        2,
    )


def test_an_attachment_is_an_input_too(glm: Glm, tmp_path: Path) -> None:
    keep(glm, "look", "prompt = 'Describe: $input'")
    (tmp_path / "x.bin").write_bytes(b"\0\1")
    result = glm("run", "--dry-run", "-t", "look", "-a", str(tmp_path / "x.bin"))
    assert json.loads(result.stdout)["messages"][0]["content"][0] == {"type": "text", "text": "Describe: "}


def test_flags_beat_the_template_and_the_template_beats_the_settings(glm: Glm) -> None:
    glm.configure('system = "S"\n[defaults]\ntemperature = 1\nseed = 7\nmax_completion_tokens = 5')
    found = body(glm, "-t", "review", "-p", "lang=de", "x")
    assert (found["temperature"], found["seed"], found["max_tokens"]) == (0.2, 7, 100)
    found = body(glm, "-t", "review", "-p", "lang=de", "--temperature", "2", "-s", "Own.", "x")
    assert (found["temperature"], said(found)[0]) == (2, ("system", "Own."))
    assert said(body(glm, "-t", "review", "-p", "lang=de", "-s", "", "x"))[0][0] == "user"


def test_a_flag_changes_a_part_of_what_the_template_says(glm: Glm) -> None:
    keep(glm, "quiet", "[options.chat_template_kwargs]\nenable_thinking = false\nclear_thinking = true")
    found = body(glm, "-t", "quiet", "--think", "x")
    assert found["chat_template_kwargs"] == {"enable_thinking": True, "clear_thinking": True}


def test_the_session_keeps_what_the_template_chose(glm: Glm) -> None:
    with serving(saying("One."), saying("Two."), saying("Three.")) as served:
        glm("run", "-t", "review", "-p", "lang=de", "x", env=served.env)
        glm("run", "-c", "more", env=served.env)
        keep(glm, "other", "system = 'Other.'\n[options]\ntemperature = 1")
        glm("run", "-c", "-t", "other", "on", env=served.env)
    assert [said(it)[0][1] for it in served.bodies] == ["You are a kind reviewer."] * 2 + ["Other."]
    assert [it["temperature"] for it in served.bodies] == [0.2, 0.2, 1]
    assert [it.target.rpartition("/")[2] for it in served.requests] == ["other"] * 3
    assert said(served.bodies[2])[1:4:2] == [("user", "Review this in de:\n\nx"), ("user", "more")]


def test_a_refusal_names_the_file_and_the_line(glm: Glm) -> None:
    keep(glm, "hot", "[options]\nseed = 1\ntemperature = 3\n\n[options.chat_template_kwargs]\nenable_thinking = 'no'")
    assert glm("run", "-t", "hot", "x").answer == (
        "",
        "/temperature: 3 is above the maximum 2 (from templates/hot.toml line 3)\n"
        '/chat_template_kwargs/enable_thinking: "no" is a string; true or false is wanted'
        " (from templates/hot.toml line 6)\n"
        "`glm config params` lists every field and what it may be.\n",
        2,
    )


def test_a_template_may_be_a_file_anywhere(glm: Glm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("prompt = 'Mine: $input'\n[options]\ntemperature = 3")
    result = glm("run", "-t", "mine.toml", "x")
    assert result.stderr.splitlines()[0] == "/temperature: 3 is above the maximum 2 (from mine.toml line 3)"
    assert said(body(glm, "-t", "./mine.toml", "--temperature", "1", "x")) == [("user", "Mine: x")]


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (
            ["-t", "reveiw", "x"],
            "there is no template reveiw",
            "Did you mean review? `glm config templates` lists them.",
        ),
        (["-t", "review", "x"], "template review wants a value for lang", WANTS),
        (
            ["-t", "review", "-p", "lang=de"],
            "template review wants an input",
            "Give it words, files with -f, or text on stdin.",
        ),
        (
            ["-t", "review", "-p", "lagn=de", "x"],
            "template review has no parameter lagn",
            "Did you mean lang? It has tone, lang.",
        ),
        (["-p", "lang=de", "x"], "-p lang is for a template, and none is named", "Name it: -t NAME"),
        (
            ["-t", "review", "-p", "lang", "x"],
            "-p 'lang' is not of the form NAME=VALUE",
            "For example: -p lang=English",
        ),
        (["-t", "review", "-p", "=de", "x"], "-p '=de' is not of the form NAME=VALUE", "For example: -p lang=English"),
        (
            ["-t", "review", "-p", "lang=de", "-p", "lang=en", "x"],
            "-p lang is given twice",
            "Leave one of them out.",
        ),
        (
            ["-t", "review", "-p", "lang=de", "--body", "b.json"],
            "--body brings a prompt of its own",
            "Leave out --body, or --template.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(glm: Glm, argv: list[str], message: str, hint: str) -> None:
    assert glm("run", *argv).answer == ("", f"{message}\n{hint}\n", 2)


def test_a_broken_template_is_told_with_its_line_before_anything_is_sent(glm: Glm) -> None:
    keep(glm, "bad", "\npromt = 'x'")
    assert glm("run", "-t", "bad", "x").answer == (
        "",
        'templates/bad.toml line 2: unknown key "promt"; did you mean "prompt"?\n'
        "`glm config templates edit bad` opens the file.\n",
        3,
    )


# Tools, code, forms of the request


FUNCTIONS = 'def dice(sides: int = 6) -> int:\n    """Throws dice."""\n    return 4\n'


def test_tools_and_functions_come_from_the_folder_of_the_template(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "dice.py").write_text(FUNCTIONS)
    (tmp_path / "lib" / "throw.py").write_text(FUNCTIONS.replace("dice", "throw"))
    (tmp_path / "lib" / "t.toml").write_text('tools = ["now", "./throw.py"]\nfunctions = ["dice.py"]')
    found = body(glm, "-t", str(tmp_path / "lib" / "t.toml"), "x")
    assert [it["function"]["name"] for it in found["tools"]] == ["now", "throw", "dice"]
    found = body(glm, "-t", str(tmp_path / "lib" / "t.toml"), "-T", "calculator", "x")
    assert [it["function"]["name"] for it in found["tools"]] == ["calculator"]


CODE = "Two:\n```py\na\n```\n```py\nb\n```\n"


def test_extract_is_of_the_template_unless_flags_ask_for_something_else(glm: Glm) -> None:
    keep(glm, "code", "extract = 'last'")
    with serving(saying(CODE)) as served:
        assert glm("run", "-t", "code", "x", env=served.env).answer == ("b\n", "", 0)
        assert glm("run", "-t", "code", "-x", "x", env=served.env).answer == ("a\n", "", 0)
        whole = json.loads(glm("run", "-t", "code", "--json", "x", env=served.env).stdout)
    assert whole["choices"][0]["message"]["content"] == CODE


PERSON = "schema = 'name, age int'"


def test_the_schema_of_a_template_is_asked_for_and_checked(glm: Glm) -> None:
    keep(glm, "person", PERSON)
    with serving(json_answer(completion('{"name": "Ada", "age": 36}'))) as served:
        assert glm("run", "-t", "person", "x", env=served.env).answer == ('{"name": "Ada", "age": 36}\n', "", 0)
    form = served.bodies[0]["response_format"]
    assert (form["type"], list(form["json_schema"]["schema"]["properties"])) == ("json_schema", ["name", "age"])


@pytest.mark.parametrize(
    "text",
    [
        "schema = 'person.json'",
        "[schema]\ntype = 'object'\nproperties = {name = {type = 'string'}}",
        """schema = '{"type": "object", "properties": {"name": {"type": "string"}}}'""",
    ],
)
def test_a_schema_may_be_a_table_or_a_file_beside_the_template(glm: Glm, text: str) -> None:
    keep(glm, "person", text)
    (glm.folder / "templates" / "person.json").write_text(
        '{"type": "object", "properties": {"name": {"type": "string"}}}'
    )
    schema = body(glm, "-t", "person", "x")["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"name": {"type": "string"}}


def test_schema_multi_asks_for_a_list(glm: Glm) -> None:
    keep(glm, "people", "schema_multi = 'name str'")
    schema = body(glm, "-t", "people", "x")["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["items"]["type"] == "array"


def test_flags_beat_the_form_of_the_template(glm: Glm) -> None:
    keep(glm, "person", PERSON)
    keep(glm, "object", "[options]\nresponse_format = {type = 'json_object'}")
    keep(glm, "code", "extract = 'first'")
    assert body(glm, "-t", "person", "--response-format", "text", "x")["response_format"] == {"type": "text"}
    assert body(glm, "-t", "person", "--json-object", "x")["response_format"] == {"type": "json_object"}
    assert body(glm, "-t", "object", "--schema", "a int", "x")["response_format"]["type"] == "json_schema"
    assert body(glm, "-t", "code", "--schema", "a int", "x")["response_format"]["type"] == "json_schema"
    assert glm("run", "-t", "person", "-x", "x").answer == (
        "",
        "--extract prints code, and template person asks for JSON\nLeave out --extract.\n",
        2,
    )


def test_a_schema_that_is_none_is_told_with_its_line(glm: Glm) -> None:
    keep(glm, "person", "\nschema = 'nobody'")
    result = glm("run", "-t", "person", "x")
    assert (result.status, result.stderr.splitlines()[0]) == (
        2,
        "there is no schema named nobody (from templates/person.toml line 2)",
    )


def test_the_prompt_form_takes_the_framed_prompt(glm: Glm) -> None:
    keep(glm, "plain", "prompt = 'Say: $input'")
    assert body(glm, "-t", "plain", "--prompt-form", "x")["prompt"] == "Say: x"
    result = glm("run", "--dry-run", "-t", "review", "-p", "lang=de", "--prompt-form", "x")
    assert result.stderr == (
        "warning: the prompt form has no place for a system prompt; the one from templates/review.toml line 1 is left"
        " out\n"
    )


def test_curl_has_the_framed_prompt(glm: Glm) -> None:
    assert "Review this in de:" in glm("run", "--curl", "-t", "review", "-p", "lang=de", "x").stdout


def test_a_silent_stdin_is_not_waited_for_where_the_prompt_is_whole(glm: Glm) -> None:
    keep(glm, "joke", "prompt = 'Tell a joke.'")
    waits: list[float | None] = []

    def readable(descriptor: int, seconds: float | None) -> bool:
        waits.append(seconds)
        return False

    result = glm("run", "-t", "joke", stdin=b"", readable=readable)
    assert (result.status, waits) == (2, [3.0, 57.0])
    assert "--no-stdin does not look at it" in result.stderr
