"""`--schema` and its kin: what is printed of answers that fit, that do not, and that are none (interface §6)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from glmcli.demo.framing import LAST_CHUNK
from tests.cli.test_structured_requests import ADA, FIELDS, SCHEMA
from tests.cli.test_tool_calls import FUNCTIONS, call
from tests.support.cli import Glm
from tests.support.screen import seen
from tests.support.served import USAGE, Script, completion, cut, failing, json_answer, serving
from tests.test_clipboard import tools

YOUNG = '{"name": "Ada", "age": "young"}'
NOTE = 'the answer does not fit; asking again: /age: "young" is not of type integer\n'
UNFIT = 'the answer does not fit the schema: /age: "young" is not of type integer'
WRONG = f"{UNFIT}\nWhat came is kept: glm sessions show 0000000000.\n"
ASKED_AGAIN = (
    "Your answer does not fit the JSON Schema that was asked for:\n"
    '- /age: "young" is not of type integer\n'
    "Answer again with the whole JSON, corrected, and with nothing else."
)


def said(text: str, **choice: Any) -> Script:
    """A whole answer of that text."""
    whole = completion(text)
    whole["result"]["choices"][0].update(choice)
    return json_answer(whole)


def asked(glm: Glm, *scripts: Script, argv: tuple[str, ...] = (), **world: Any) -> tuple[str, str, int, list[Any]]:
    """stdout, stderr and status of a run that asks for a person, and the bodies that were sent."""
    with serving(*scripts) as served:
        env = {**served.env, **world.pop("env", {})}
        form = () if any(it.startswith(("--schema", "--json-object")) for it in argv) else ("--schema", FIELDS)
        result = glm("run", "hi", *form, *argv, env=env, new_id=lambda: "0" * 24, **world)
        return result.stdout, result.stderr, result.status, served.bodies


# Answers that fit


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (ADA, ADA),
        (f"\n {ADA}\n\n", ADA),
        ('{\n  "age": 36.0,\n  "name": "Ada"\n}', '{\n  "age": 36.0,\n  "name": "Ada"\n}'),
        (f"```json\n{ADA}\n```", ADA),
        (f"Here it is:\n\n```\n{ADA}\n```\nAnything else?", ADA),
        (f"The person is {ADA}.", ADA),
    ],
)
def test_the_json_alone_is_printed(glm: Glm, answer: str, printed: str) -> None:
    assert asked(glm, said(answer))[:3] == (f"{printed}\n", "", 0)


def test_a_terminal_shows_it_laid_out(glm: Glm) -> None:
    with serving(said(ADA)) as served:
        result = glm("run", "hi", "--schema", FIELDS, env=served.env, tty=True)
    assert seen(result.raw) == ["{", '  "name": "Ada",', '  "age": 36', "}"]


def test_the_source_on_a_terminal_has_no_fences(glm: Glm) -> None:
    with serving(said(ADA)) as served:
        result = glm("run", "hi", "--raw", "--schema", FIELDS, env=served.env, tty=True)
    assert seen(result.raw) == ["{", '  "name": "Ada",', '  "age": 36', "}"]


def test_several_are_printed_one_a_line(glm: Glm) -> None:
    answer = '{"items": [{"name": "Ada",\n"age": 36}, {"name": "Zoë", "age": 7}]}'
    argv = ("--schema-multi", FIELDS)
    assert asked(glm, said(answer), argv=argv)[:3] == (f'{ADA}\n{{"name": "Zoë", "age": 7}}\n', "", 0)


def test_any_object_will_do_where_no_schema_is_named(glm: Glm) -> None:
    assert asked(glm, said('{"x": [1]}'), argv=("--json-object",))[:3] == ('{"x": [1]}\n', "", 0)


def test_what_is_no_object_will_not(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, said("[1]"), argv=("--json-object", "--no-repair"))
    assert (stdout, status, len(bodies)) == ("", 9, 1)
    assert stderr.splitlines()[0] == "the answer does not fit the schema: [1] is not of type object"


def test_the_file_of_output_and_the_clipboard_get_the_json_too(glm: Glm, tmp_path: Path) -> None:
    path = tmp_path / "ada.json"
    argv = ("--output", str(path), "--copy")
    environ = tools(tmp_path, "pbcopy")
    stdout, stderr, status, _ = asked(glm, said(f"```json\n{ADA}\n```"), argv=argv, env=environ)
    assert (stdout, stderr, status) == (f"{ADA}\n", "copied, with pbcopy\n", 0)
    assert path.read_text() == f"{ADA}\n"
    assert (tmp_path / "tools" / "pbcopy.in").read_text() == ADA


# Answers that do not fit


def test_a_mismatch_is_asked_for_once_more_with_what_was_wrong(glm: Glm) -> None:
    stdout, stderr, status, [first, second] = asked(glm, said(YOUNG), said(ADA))
    assert (stdout, stderr, status) == (f"{ADA}\n", NOTE, 0)
    assert second == {
        **first,
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": YOUNG},
            {"role": "user", "content": ASKED_AGAIN},
        ],
    }
    assert [it[1:] for it in glm.stored()] == [
        ("hi", "complete"),
        (YOUNG, "complete"),
        (ASKED_AGAIN, "complete"),
        (ADA, "complete"),
    ]


def test_the_system_prompt_goes_out_again_with_the_repair(glm: Glm) -> None:
    *_, bodies = asked(glm, said("No."), said(ADA), argv=("-s", "Be brief."))
    assert bodies[1]["messages"][:3] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "No."},
    ]


def test_a_second_mismatch_is_the_last(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, said(YOUNG))
    assert (stdout, stderr, status, len(bodies)) == ("", NOTE + WRONG, 9, 2)


def test_without_repair_the_first_mismatch_is_the_last(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, said(YOUNG), argv=("--no-repair",))
    cure = f"{WRONG[:-1]} Without --no-repair it is asked for once more.\n"
    assert (stdout, stderr, status, len(bodies)) == ("", cure, 9, 1)


def test_what_is_not_stored_is_found_by_json(glm: Glm) -> None:
    _, stderr, _, _ = asked(glm, said(YOUNG), argv=("--no-repair", "--no-log"))
    assert stderr.splitlines()[1] == "--json shows what came. Without --no-repair it is asked for once more."


def test_what_is_no_json_is_told_so(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, said("I think so."))
    assert (stdout, status, len(bodies)) == ("", 9, 2)
    assert bodies[1]["messages"][2]["content"].startswith("Your answer is not the JSON that was asked for:\n- ")
    assert stderr.splitlines()[1].startswith("the answer is not the JSON that was asked for: ")


def test_a_terminal_shows_what_does_not_fit_as_it_came(glm: Glm) -> None:
    with serving(said("Sorry, no.")) as served:
        result = glm("run", "hi", "--schema", FIELDS, "--no-repair", env=served.env, tty=True, stderr_tty=False)
    assert (seen(result.raw), result.status) == (["Sorry, no."], 9)


@pytest.mark.parametrize(
    ("script", "status", "first"),
    [
        (said('{"name": "A', finish_reason="length"), 8, "the answer was cut at the output limit"),
        (said("", finish_reason="stop"), 8, "the answer is empty"),
        (
            said("", message={"role": "assistant", "content": None, "refusal": "I will not."}),
            9,
            "the model refused: I will not.",
        ),
        (said(ADA, finish_reason="content_filter"), 9, "the answer was filtered (finish reason content_filter)"),
    ],
)
def test_an_answer_that_is_no_whole_one_is_not_asked_for_again(
    glm: Glm, script: Script, status: int, first: str
) -> None:
    stdout, stderr, got, bodies = asked(glm, script)
    assert (stdout, stderr.splitlines()[0], got, len(bodies)) == ("", first, status, 1)


def test_a_cut_stream_prints_nothing(glm: Glm) -> None:
    half = cut('{"name": ', end=[LAST_CHUNK])
    stdout, stderr, status, bodies = asked(glm, half, argv=("-o", "stream=true"))
    assert (stdout, status, len(bodies)) == ("", 8, 1)
    assert stderr.splitlines()[0] == "the stream was cut: it ended without a finish reason"


def test_a_repair_that_fails_ends_as_that_failure(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, said(YOUNG), failing(400, 5007, "no such model"))
    assert (stdout, status, len(bodies)) == ("", 4, 2)
    assert stderr.startswith(f"{NOTE}the request was refused (HTTP 400, code 5007): no such model\n")


# For programs


def test_json_holds_what_the_answer_says(glm: Glm) -> None:
    stdout, stderr, status, _ = asked(glm, said(f"```\n{ADA}\n```"), argv=("--json",))
    document = json.loads(stdout)
    assert document["glm"] == {
        "session": "0" * 24,
        "profile": "default",
        "cost": pytest.approx(1.62e-6),
        "warnings": [],
        "parsed": {"name": "Ada", "age": 36},
    }
    assert document["choices"][0]["message"]["content"] == f"```\n{ADA}\n```"
    assert (stderr, status) == ("", 0)


def test_json_holds_the_answer_that_did_not_fit_beside_the_one_that_does(glm: Glm) -> None:
    stdout, stderr, status, _ = asked(glm, said(YOUNG), said(ADA), argv=("--json",))
    document = json.loads(stdout)
    told = document["glm"]
    assert [it["choices"][0]["message"]["content"] for it in (*told.pop("rounds"), document)] == [YOUNG, ADA]
    assert told == {
        "session": "0" * 24,
        "profile": "default",
        "cost": pytest.approx(2 * 1.62e-6),
        "warnings": [],
        "parsed": {"name": "Ada", "age": 36},
    }
    assert (stderr, status) == (NOTE, 0)


def test_json_of_what_does_not_fit_holds_the_error(glm: Glm) -> None:
    stdout, _, status, _ = asked(glm, said(YOUNG), argv=("--json", "--no-repair"))
    document = json.loads(stdout)
    message, hint = WRONG.splitlines()
    assert document["error"] == {
        "type": "unusable",
        "message": message,
        "hint": f"{hint} Without --no-repair it is asked for once more.",
        "status": 200,
        "code": None,
        "exit_code": 9,
        "request_id": None,
    }
    assert ("parsed" in document["glm"], status) == (False, 9)


def test_jsonl_tells_what_did_not_fit_and_what_does(glm: Glm) -> None:
    stdout, _, status, _ = asked(glm, said(YOUNG), said(ADA), argv=("--jsonl",))
    usage = {"type": "usage", **USAGE, "cached_tokens": 0, "neurons": None}
    assert [json.loads(line) for line in stdout.splitlines()] == [
        {
            "type": "started",
            "version": 1,
            "session": "0" * 24,
            "profile": "default",
            "model": "@cf/zai-org/glm-4.7-flash",
        },
        {"type": "text_delta", "index": 0, "text": YOUNG},
        usage,
        {
            "type": "schema_mismatch",
            "index": 0,
            "errors": [{"path": "/age", "message": '"young" is not of type integer'}],
            "repairing": True,
        },
        {"type": "text_delta", "index": 0, "text": ADA},
        usage,
        {"type": "parsed", "index": 0, "value": {"name": "Ada", "age": 36}},
        {"type": "finished", "reason": "stop", "reasons": ["stop"]},
    ]
    assert status == 0


def test_usage_counts_both_answers(glm: Glm) -> None:
    stdout, stderr, status, _ = asked(glm, said(YOUNG), said(ADA), argv=("-u",))
    assert (stdout, status) == (f"{ADA}\n", 0)
    assert stderr.startswith(f"{NOTE}usage: 14 in (0 cached), 6 out, ")


# Several choices, tools


def choices(*texts: str) -> Script:
    made = [
        {"index": at, "message": {"role": "assistant", "content": it}, "finish_reason": "stop"}
        for at, it in enumerate(texts)
    ]
    return json_answer(completion("", choices=made))


def test_of_several_choices_each_has_to_fit(glm: Glm) -> None:
    warning = "warning: only the first choice is printed; --json gives all of them\n"
    bob = '{"name": "Bob", "age": 1}'
    assert asked(glm, choices(f"It is {ADA}", bob), argv=("--n", "2"))[:3] == (f"{ADA}\n", warning, 0)


def test_of_several_choices_none_is_asked_for_again(glm: Glm) -> None:
    stdout, stderr, status, bodies = asked(glm, choices(ADA, YOUNG), argv=("--n", "2", "--jsonl"))
    assert (status, len(bodies)) == (9, 1)
    assert stderr == WRONG
    assert [json.loads(line)["type"] for line in stdout.splitlines()][-2:] == ["schema_mismatch", "error"]


def test_calls_come_before_the_json(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    message = {"role": "assistant", "content": "", "tool_calls": [call()]}
    first = said("", message=message, finish_reason="tool_calls")
    argv = ("-y", "--functions", str(tmp_path / "functions.py"))
    stdout, stderr, status, bodies = asked(glm, first, said(YOUNG), said(ADA), argv=argv)
    assert (stdout, status) == (f"{ADA}\n", 0)
    assert re.sub(r"\d\.\d s", "T s", stderr) == f'tool add {{"a": 2}} → 1 B, T s\n{NOTE}'
    assert [it["response_format"]["json_schema"]["schema"] for it in bodies] == [SCHEMA] * 3
    assert [it["role"] for it in bodies[2]["messages"]] == ["user", "assistant", "tool", "assistant", "user"]


# Sessions


def test_a_session_goes_on_with_its_schema_unless_a_flag_says_another(glm: Glm) -> None:
    with serving(said(ADA), said(f"It is {ADA}"), said('{"x": "y"}'), said("Words.")) as served:
        told = [
            glm("run", *argv, env=served.env).stdout
            for argv in (
                ("hi", "--schema", FIELDS),
                ("-c", "again"),
                ("-c", "other", "--schema", "x str"),
                ("-c", "any", "-o", "response_format=null"),
            )
        ]
    assert told == [f"{ADA}\n", f"{ADA}\n", '{"x": "y"}\n', "Words.\n"]
    names = [
        list(it.get("response_format", {}).get("json_schema", {}).get("schema", {}).get("properties", ()))
        for it in served.bodies
    ]
    assert names == [["name", "age"], ["name", "age"], ["x"], []]
