"""`glm sessions`: stored conversations listed, read, exported and removed."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from glmcli.errors import ExitStatus
from glmcli.store import Store
from tests.support.cli import Glm

NOON = 1_800_014_400.0  # 2027-01-15 12:00 UTC
DAY = 86400.0
MODEL = "@cf/zai-org/glm-4.7-flash"
ERROR = {"message": "the stream was cut"}


def stored(folder: Path) -> list[str]:
    """Three conversations, the third one used last; their ids."""
    at = iter((NOON - 40 * DAY, *[NOON - 3 * DAY] * 5, *[NOON - 90.0] * 5))
    numbers = count(1)
    with Store(folder / "sessions.db", now=lambda: next(at), new_id=lambda: f"0199aaaa000{next(numbers)}") as store:
        old = store.create(title="Old \x1b[31mnews\n2", model=MODEL, profile="local")
        sky = store.create(name="sky", model=MODEL, profile="default", system="Be brief.")
        store.add_message(sky.id, {"role": "user", "content": "Why is the sky blue?"}, created=NOON)
        store.add_message(sky.id, {"role": "assistant", "content": "Rayleigh."}, reasoning="Hm.\n", created=NOON)
        new = store.create()
        store.add_message(new.id, {"role": "user", "content": "Tell \x9b31m all"}, created=NOON)
        store.add_message(
            new.id, {"role": "assistant", "content": ""}, status="error", created=NOON, extra={"error": ERROR}
        )
    return [old.id, sky.id, new.id]


@pytest.fixture
def ids(glm: Glm) -> list[str]:
    return stored(glm.folder)


def at_noon(glm: Glm, *argv: str, **more: Any) -> tuple[str, str, int]:
    return glm("sessions", *argv, now=lambda: NOON, **more).answer


def test_the_list_has_a_line_for_each_conversation(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "list") == (
        "0199aaaa0003   1 min ago  2                         Tell <U+009B>31m all\n"
        "0199aaaa0002     3 d ago  2  default/glm-4.7-flash  [sky] Why is the sky blue?\n"
        "0199aaaa0001  2026-12-06  0  local/glm-4.7-flash    Old ␛[31mnews␊2\n",
        "",
        0,
    )


def test_on_a_terminal_lines_are_cut_to_its_width(glm: Glm, ids: list[str]) -> None:
    out, _, _ = at_noon(glm, "list", "-l", "2", tty=True, size=(60, 24))
    assert out.splitlines() == [
        "0199aaaa0003  1 min ago  2                         Tell <U+…",
        "0199aaaa0002    3 d ago  2  default/glm-4.7-flash  [sky] Wh…",
    ]


def test_the_list_as_json_has_everything_that_identifies_them(glm: Glm, ids: list[str]) -> None:
    out, err, status = at_noon(glm, "list", "--json", "--limit", "0")
    assert (err, status) == ("", 0)
    assert "\x9b" not in out
    assert json.loads(out)[1:] == [
        {
            "id": ids[1],
            "name": "sky",
            "title": "Why is the sky blue?",
            "created": NOON - 3 * DAY,
            "updated": NOON - 3 * DAY,
            "profile": "default",
            "model": MODEL,
            "messages": 2,
        },
        {
            "id": ids[0],
            "name": None,
            "title": "Old \x1b[31mnews\n2",
            "created": NOON - 40 * DAY,
            "updated": NOON - 40 * DAY,
            "profile": "local",
            "model": MODEL,
            "messages": 0,
        },
    ]


def test_where_nothing_is_stored_that_is_said_and_nothing_is_made(glm: Glm) -> None:
    assert at_noon(glm, "list") == ("", "no conversation is stored yet\n", 0)
    assert at_noon(glm, "list", "--json") == ("[]\n", "", 0)
    assert at_noon(glm, "show") == (
        "",
        "no conversation is stored yet\nStart one: glm run PROMPT, or glm chat.\n",
        ExitStatus.USAGE,
    )
    assert not (glm.folder / "sessions.db").exists()


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (0, "now"),
        (59, "now"),
        (60, "1 min ago"),
        (3600, "1 h ago"),
        (DAY, "1 d ago"),
        (7 * DAY - 1, "6 d ago"),
        (-5, "now"),
    ],
)
def test_a_recent_use_is_told_by_its_age(glm: Glm, passed: float, shown: str) -> None:
    with Store(glm.folder / "sessions.db", now=lambda: NOON - passed, new_id=lambda: "0199aaaa0001") as store:
        store.create(title="x")
    assert at_noon(glm, "list")[0] == f"0199aaaa00  {shown}  0    x\n"


def test_a_conversation_is_shown_to_be_read(glm: Glm, ids: list[str]) -> None:
    out, err, status = at_noon(glm, "show", "sky")
    assert (re.sub(r"2027-01-1\d \d\d:\d\d", "DATE", out), err, status) == (
        f"Why is the sky blue?\n{ids[1]}  sky  default  {MODEL}  DATE\n\n"
        "system:\nBe brief.\n\nuser:\nWhy is the sky blue?\n\nassistant:\nRayleigh.\n",
        "",
        0,
    )
    assert "assistant:\nHm.\n\nRayleigh.\n" in at_noon(glm, "show", "sky", "--reasoning")[0]


def test_without_a_name_the_last_conversation_is_shown_and_cleaned_on_a_terminal(glm: Glm, ids: list[str]) -> None:
    out, _, _ = at_noon(glm, "show", tty=True, env={"NO_COLOR": "1"})
    assert "user:\nTell <U+009B>31m all\n" in out
    assert out.endswith("\nassistant (error: the stream was cut):\n")


def test_a_conversation_as_json_has_its_messages_in_the_apis_form(glm: Glm, ids: list[str]) -> None:
    out, _, _ = at_noon(glm, "show", ids[2], "--json")
    found = json.loads(out)
    assert (found["session"]["id"], [message["status"] for message in found["messages"]]) == (
        ids[2],
        ["complete", "error"],
    )
    assert found["messages"][0]["message"] == {"role": "user", "content": "Tell \x9b31m all"}


def test_an_unknown_or_ambiguous_conversation_is_a_usage_error(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "show", "sly") == (
        "",
        "there is no session 'sly'\nDid you mean sky? `glm sessions list` shows what there is.\n",
        ExitStatus.USAGE,
    )
    out, err, status = at_noon(glm, "export", "0199")
    assert (out, status) == ("", ExitStatus.USAGE)
    assert err.startswith("'0199' begins the ids of 3 sessions\nWhich one? 0199aaaa0001 (")


@pytest.mark.parametrize(
    ("format", "beginning"),
    [
        ("md", "# sky\n\nSession 0199aaaa0002, "),
        ("html", "<!DOCTYPE html>\n"),
        ("json", '{\n  "version": 1,\n  "session": {\n    "id": "0199aaaa0002",\n    "name": "sky",'),
        ("jsonl", '{"role": "system", "content": "Be brief."}\n{"role": "user", "content": "Why is the sky blue?"}\n'),
        ("body", '{\n  "messages": [\n    {\n      "role": "system",\n      "content": "Be brief."\n    },'),
    ],
)
def test_a_conversation_is_exported_to_standard_output_or_a_file(
    glm: Glm, ids: list[str], tmp_path: Path, format: str, beginning: str
) -> None:
    out, err, status = at_noon(glm, "export", "sky", "--format", format)
    assert (err, status) == ("", 0)
    assert out.startswith(beginning)
    assert at_noon(glm, "export", "sky", "--format", format, "-o", "-") == (out, "", 0)
    assert at_noon(glm, "export", "sky", "--format", format, "-o", str(tmp_path / "out")) == ("", "", 0)
    assert (tmp_path / "out").read_text() == out


def test_a_file_that_is_there_is_only_written_over_by_force(glm: Glm, ids: list[str], tmp_path: Path) -> None:
    there = tmp_path / "out.md"
    there.write_text("mine")
    refused = f"{there} exists; nothing was written\n--force writes over it.\n"
    assert at_noon(glm, "export", "sky", "-o", str(there)) == ("", refused, ExitStatus.USAGE)
    assert there.read_text() == "mine"
    assert at_noon(glm, "export", "sky", "-o", str(there), "--force") == ("", "", 0)
    assert there.read_text() == at_noon(glm, "export", "sky")[0]


def test_the_exported_reasoning_is_what_is_asked_for(glm: Glm, ids: list[str]) -> None:
    assert ["Hm." in at_noon(glm, "export", "sky", *flag)[0] for flag in ([], ["--reasoning"])] == [False, True]


def test_a_file_that_cannot_be_written_is_named(glm: Glm, ids: list[str], tmp_path: Path) -> None:
    assert at_noon(glm, "export", "sky", "-o", str(tmp_path)) == (
        "",
        f"cannot write {tmp_path}: Is a directory\nName another file with --output.\n",
        ExitStatus.USAGE,
    )


# search


def test_search_tells_where_the_words_are(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "search", "rayl") == ("sky  now  assistant  Rayleigh.\n", "", 0)
    assert at_noon(glm, "search", "Hm") == ("sky  now  reasoning  Hm.\n", "", 0)
    assert at_noon(glm, "search", "is", "why")[0] == "sky  now  user  Why is the sky blue?\n"
    assert at_noon(glm, "search", "moon") == ("", "nothing was found\n", 0)
    assert at_noon(glm, "search")[2] == ExitStatus.USAGE


def test_search_as_json_and_with_a_limit(glm: Glm, ids: list[str]) -> None:
    out, err, status = at_noon(glm, "search", "--json", "--limit", "0", "sky")
    assert (json.loads(out), err, status) == (
        [
            {
                "session": ids[1],
                "message": 1,
                "role": "user",
                "part": "user",
                "created": NOON,
                "snippet": "Why is the sky blue?",
                "left": False,
            }
        ],
        "",
        0,
    )
    assert len(at_noon(glm, "search", "-l", "1", "all")[0].splitlines()) == 1
    assert at_noon(glm, "search", "--json", "moon") == ("[]\n", "", 0)


# usage


def test_usage_sums_up_each_conversation_and_all_of_them(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "usage") == ("", "no answer is stored yet\n", 0)
    nothing = {"answers": 0, "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0, "cost": None}
    assert json.loads(at_noon(glm, "usage", "--json")[0]) == {"sessions": [], "total": nothing}
    with Store(glm.folder / "sessions.db", now=lambda: NOON, new_id=lambda: "x") as store:
        counts = {"prompt_tokens": 12345, "cached_tokens": 5, "completion_tokens": 7}
        store.add_message(ids[1], {"role": "assistant", "content": "x"}, usage=counts, cost=0.25)
        store.add_message(ids[2], {"role": "assistant", "content": "x"}, usage=counts)
    assert at_noon(glm, "usage")[0].splitlines() == [
        "session       answers      in  cached  out       cost",
        "0199aaaa0003        1  12,345       5    7          -  Tell <U+009B>31m all",
        "0199aaaa0002        1  12,345       5    7  $0.250000  [sky] Why is the sky blue?",
        "total               2  24,690      10   14  $0.250000",
    ]
    found = json.loads(at_noon(glm, "usage", "--json")[0])
    mine = {"answers": 1, "prompt_tokens": 12345, "cached_tokens": 5, "completion_tokens": 7, "cost": 0.25}
    assert found["sessions"][1] == {"session": ids[1], "name": "sky", **mine}
    assert found["total"] == {key: value * 2 for key, value in mine.items()} | {"cost": 0.25}


# rename, fork, import


def test_rename_gives_a_name(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "rename", ids[2], "all") == ("", "0199aaaa0003 is called all\n", 0)
    assert at_noon(glm, "show", "all")[2] == 0
    assert at_noon(glm, "rename", ids[0], "sky") == (
        "",
        "a session named 'sky' exists already\nTake another name.\n",
        ExitStatus.USAGE,
    )


def test_fork_copies_a_conversation_and_prints_what_it_is_called(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "fork", "sky", "other") == ("other\n", "", 0)
    out, _, _ = at_noon(glm, "fork", "sky", new_id=lambda: "0299")
    assert out == "0299\n"
    shown = [at_noon(glm, "export", key, "--format", "jsonl")[0] for key in ("sky", "other", "0299")]
    assert len(set(shown)) == 1
    assert at_noon(glm, "fork", "moon")[2] == ExitStatus.USAGE


def test_a_copy_is_told_from_its_original(glm: Glm, ids: list[str]) -> None:
    at_noon(glm, "fork", "sky", new_id=lambda: "0299")
    out, _, _ = at_noon(glm, "list")
    assert [line.split("  ")[-1] for line in out.splitlines() if "blue?" in line] == [
        "(copy) Why is the sky blue?",
        "[sky] Why is the sky blue?",
    ]


def test_an_exported_conversation_can_be_imported_elsewhere(glm: Glm, ids: list[str], tmp_path: Path) -> None:
    out, _, _ = at_noon(glm, "export", "sky", "--format", "json")
    file = tmp_path / "sky.json"
    file.write_text(out)
    elsewhere = ("--config-dir", str(tmp_path / "elsewhere"))
    assert at_noon(glm, "import", str(file), *elsewhere) == ("", "kept as sky: [sky] Why is the sky blue?\n", 0)
    again = json.loads(at_noon(glm, "export", "sky", "--format", "json", *elsewhere)[0])
    expected = json.loads(out)
    assert again["session"] == {**expected["session"], "updated": NOON}
    assert again["messages"] == expected["messages"]
    # From stdin, and where it is already: another one.
    assert at_noon(glm, "import", "-", *elsewhere, stdin=out.encode(), new_id=lambda: "0299") == (
        "",
        "kept as 0299: Why is the sky blue?\n",
        0,
    )


def test_what_cannot_be_imported_is_said(glm: Glm, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    out, err, status = at_noon(glm, "import", str(tmp_path / "a.json"))
    assert (out, status) == ("", ExitStatus.USAGE)
    assert err.startswith("this is no session as `glm sessions export --format json` writes it")
    assert at_noon(glm, "import", str(tmp_path / "none.json"))[2] == ExitStatus.USAGE
    assert at_noon(glm, "import", "-", stdin=b"{")[2] == ExitStatus.USAGE
    assert at_noon(glm, "import", "-", stdin=b"")[2] == ExitStatus.USAGE
    assert left(glm) == []


def left(glm: Glm) -> list[str]:
    return [session["id"] for session in json.loads(at_noon(glm, "list", "--json")[0])]


def test_named_conversations_are_removed_without_a_question(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "rm", "sky", ids[0], stdin_tty=True, tty=True, env={"NO_COLOR": "1"}) == (
        "",
        "removed 2 conversations\n",
        0,
    )
    assert left(glm) == [ids[2]]


def test_nothing_is_removed_if_one_name_is_unknown(glm: Glm, ids: list[str]) -> None:
    assert at_noon(glm, "rm", "sky", "moon")[2] == ExitStatus.USAGE
    assert len(left(glm)) == 3


@pytest.mark.parametrize(("age", "gone"), [("30d", 1), ("2d", 2), ("71h", 2), ("1W", 1), ("100w", 0)])
def test_conversations_not_used_for_long_are_removed(glm: Glm, ids: list[str], age: str, gone: int) -> None:
    said = "removed 1 conversation\n" if gone == 1 else f"removed {gone} conversations\n"
    assert at_noon(glm, "rm", "--older-than", age) == ("", said, 0)
    assert left(glm) == [ids[2], ids[1], ids[0]][: 3 - gone]


@pytest.mark.parametrize(
    ("answer", "removed"), [(b"y\n", True), (b"Yes\n", True), (b"n\n", False), (b"\n", False), (b"", False)]
)
def test_on_a_terminal_removing_by_age_is_asked_about(glm: Glm, ids: list[str], answer: bytes, removed: bool) -> None:
    said = at_noon(
        glm, "rm", "--older-than", "2d", stdin=answer, stdin_tty=True, stderr_tty=True, env={"NO_COLOR": "1"}
    )
    outcome = "removed 2 conversations" if removed else "nothing was removed"
    assert said == ("", f"Remove 2 conversations not used for 2d? [y/N] \n{outcome}\n", 0)
    assert len(left(glm)) == (1 if removed else 3)


def test_yes_answers_that_question(glm: Glm, ids: list[str]) -> None:
    args = ("rm", "--older-than", "2d", "-y")
    assert at_noon(glm, *args, stdin=b"", stdin_tty=True, stderr_tty=True, env={"NO_COLOR": "1"}) == (
        "",
        "removed 2 conversations\n",
        0,
    )


@pytest.mark.parametrize("age", ["", "30", "d", "-1d", "30m", "1.5d", "٣d", "9999999d"])
def test_what_is_no_age_is_a_usage_error(glm: Glm, ids: list[str], age: str) -> None:
    out, err, status = at_noon(glm, "rm", f"--older-than={age}")
    assert (out, status) == ("", ExitStatus.USAGE)
    assert err.endswith(" is no age\nAges are hours, days or weeks: 12h, 30d, 8w.\n")


def test_removing_nothing_is_a_usage_error(glm: Glm) -> None:
    assert at_noon(glm, "rm") == (
        "",
        "nothing is named to be removed\nGive ids or names, or --older-than 30d.\n",
        ExitStatus.USAGE,
    )


def test_a_store_that_cannot_be_read_is_a_fault_of_this_machine(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"x" * 4096)
    assert at_noon(glm, "list") == (
        "",
        f"the session store {glm.folder}/sessions.db: file is not a database\n"
        "Move that file away; a new one is made.\n",
        ExitStatus.CONFIG,
    )
