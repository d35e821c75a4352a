"""Processes that die, disks that fill up, and processes that write at once: what was shown is stored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glmcli.store import Store
from glmcli.world import new_id

ROOT = Path(__file__).parents[2]


def opened(folder: Path) -> Store:
    return Store(folder / "sessions.db", now=lambda: 2.0, new_id=new_id)


def python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_kill_at_any_line_of_the_store_loses_nothing_that_was_shown(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.store.killed", str(tmp_path), "1", "5"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout.splitlines()
    assert len(lines) > 40
    for line in lines:
        run = json.loads(line)
        asked, _, rest = run["shown"].partition(";")
        answer, _, stored = rest.partition(";")
        with opened(Path(run["folder"])) as store:
            sessions = store.list()
            assert [session.name for session in sessions] in ([["killed"]] if asked else [[], ["killed"]])
            said = [message for session in sessions for message in store.messages(session.id)]
            assert [message.role for message in said] in (["user", "assistant"], ["user"], [])
            kept = said[1].text if len(said) == 2 else ""
            assert kept.startswith(answer)
            assert "one two three".startswith(kept)
            if stored:
                assert (said[1].status, said[1].reasoning) == ("complete", "Hm. ")
            assert not list((Path(run["folder"])).glob("spool/*"))
            assert store.list() == opened(Path(run["folder"])).list()
    assert run["done"]


STREAM = """
import itertools, pathlib, sys, time
from glmcli.api.events import TextDelta
from glmcli.store import Store
from glmcli.world import new_id
with Store(pathlib.Path(sys.argv[1]) / "sessions.db", now=time.time, new_id=new_id) as store:
    log = store.begin_answer(store.create(name="stream").id)
    for number in itertools.count():
        log.feed(TextDelta(f"{number} "))
        print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 20, 300])
def test_a_kill_while_an_answer_streams_loses_nothing_that_was_shown(tmp_path: Path, after: int) -> None:
    process = python(STREAM, str(tmp_path))
    assert process.stdout is not None
    for _ in range(after):
        process.stdout.readline()
    process.kill()
    shown, _ = process.communicate()
    last = int((shown.rpartition("\n")[0].rpartition("\n")[2]) or after - 1)
    with opened(tmp_path) as store:
        (message,) = store.messages(store.find("stream").id)
    numbers = message.text.split()
    assert message.status == "interrupted"
    assert numbers == [str(number) for number in range(len(numbers))]
    assert len(numbers) > last


FULL = """
import pathlib, resource, signal, sys, time
from glmcli.api.completion import Completion
from glmcli.api.events import TextDelta
from glmcli.errors import StoreError
from glmcli.store import Store
from glmcli.world import new_id
path = pathlib.Path(sys.argv[1]) / "sessions.db"
with Store(path, now=time.time, new_id=new_id) as store:
    session = store.create(name="full")
    store.add_message(session.id, {"role": "user", "content": "kept"})
    log = store.begin_answer(session.id)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    completion = Completion()
    for number in range(200):
        event = TextDelta(f"{number} " + "x" * 2000)
        completion.feed(event)
        log.feed(event)
    for write in (
        lambda: log.finish(completion, "complete"),
        lambda: store.add_message(session.id, {"role": "user", "content": "y" * 500_000}),
    ):
        try:
            write()
        except StoreError as error:
            print(error.message.rpartition(": ")[2], "|", error.hint)
    print([message.text for message in store.messages(session.id)])
"""


def test_a_full_disk_is_said_and_keeps_all_that_was_kept(tmp_path: Path) -> None:
    process = python(FULL, str(tmp_path), str(100_000))
    said, errors = process.communicate()
    assert errors == ""
    *troubles, messages = said.splitlines()
    assert troubles in (
        ["database or disk is full | Free some space on that disk."] * 2,
        ["disk I/O error | Free some space on that disk, and check that it works."] * 2,
    )
    assert messages == "['kept']"
    with opened(tmp_path) as store:  # there is room again: what the spool could take comes back
        kept, answer = store.messages(store.find("full").id)
        assert (kept.text, answer.status) == ("kept", "interrupted")
        pieces = answer.text.split("x" * 2000)
        assert pieces == [f"{number} " for number in range(len(pieces) - 1)] + [""]
        assert 40 < len(pieces) < 60
        assert store._db.rows("PRAGMA integrity_check") == [("ok",)]


APPEND = """
import pathlib, sys, time
from glmcli.api.completion import Completion
from glmcli.api.events import TextDelta
from glmcli.store import Store
from glmcli.world import new_id
with Store(pathlib.Path(sys.argv[1]) / "sessions.db", now=time.time, new_id=new_id) as store:
    session = store.find("both")
    for number in range(25):
        text = f"{sys.argv[2]}{number}"
        store.add_message(session.id, {"role": "user", "content": text})
        log = store.begin_answer(session.id)
        completion = Completion()
        event = TextDelta("to " + text)
        completion.feed(event)
        log.feed(event)
        log.finish(completion, "complete")
"""


def test_two_processes_appending_at_once_lose_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        session = store.create(name="both").id
        processes = [python(APPEND, str(tmp_path), name) for name in "ab"]
        assert [(process.communicate(), process.returncode) for process in processes] == [(("", ""), 0)] * 2
        texts = [message.text for message in store.messages(session)]
    wanted = [f"{to}{name}{number}" for name in "ab" for number in range(25) for to in ("", "to ")]
    assert sorted(texts) == sorted(wanted)
    for at, text in enumerate(texts):
        if text.startswith("to "):
            assert texts[at - 1] == text.removeprefix("to ")
