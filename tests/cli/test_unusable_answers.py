"""Answers that came and are no whole or usable ones, or could not be kept (interface §5: 8, 9 and 11)."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import pytest

from glmcli.demo.connection import Close, Request, Reset, Stall, Wait
from glmcli.demo.framing import LAST_CHUNK
from tests.support.cli import Glm
from tests.support.served import (
    Script,
    cut,
    delta,
    saying,
    serving,
    stream,
    told,
)


@pytest.mark.parametrize(
    ("end", "message", "hint"),
    [
        (Close(), "the connection to HOST broke before the answer was complete", "What came is kept; try again."),
        (Reset(), "the connection to HOST broke before the answer was complete", "What came is kept; try again."),
        (
            LAST_CHUNK,
            "the stream was cut: it ended without a finish reason",
            "What came is kept; send the request again for a whole answer.",
        ),
    ],
)
def test_8_a_dropped_stream_keeps_the_partial_answer(glm: Glm, end: Any, message: str, hint: str) -> None:
    seen = Event()

    def respond(request: Request) -> Script:
        return cut("Hel", "lo", end=[Wait(seen), end])

    with serving(respond=respond) as served:
        out = _Watched(5, seen)
        result = glm("run", "hi", env=served.env, stdout=out)
        err = result.stderr.replace(served.host, "HOST")
    assert (out.getvalue(), err, result.status) == (b"Hello\n", f"{message}\n{hint}\n", 8)
    assert glm.stored() == [("user", "hi", "complete"), ("assistant", "Hello", "error")]


def test_8_a_cut_answer_is_part_of_what_is_sent_on(glm: Glm) -> None:
    with serving(cut("Hel", end=[LAST_CHUNK]), saying("more")) as served:
        assert glm("run", "hi", env=served.env).status == 8
        assert glm("run", "-c", "go on", env=served.env).status == 0
        assert served.bodies[1]["messages"] == [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "Hel"},
            {"role": "user", "content": "go on"},
        ]


def test_8_never_after_a_delta_is_a_request_sent_again(glm: Glm) -> None:
    thinking = stream(delta(reasoning_content="hm"), usage=False, end=[Close()])
    status, out, err, requests = told(glm, thinking, saying("second"))
    assert (status, out, requests) == (8, "", 1)
    assert "retrying" not in err


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (saying("Hel", finish="length"), "the answer was cut at the output limit", "Try again with --max-tokens 4096."),
        (
            stream(delta(reasoning_content="hm"), delta(finish="length")),
            "thinking used up the output limit before an answer began",
            "Try again with a larger limit (--max-tokens 4096) or without thinking (--no-think).",
        ),
        (
            stream(delta(reasoning_content="hm"), delta(finish="stop")),
            "the model only thought and gave no answer",
            "Try again without thinking (--no-think) or with a larger limit (--max-tokens 4096).",
        ),
        (stream(delta(finish="stop")), "the answer is empty", "Try again, or ask in other words."),
    ],
)
def test_8_an_answer_that_is_no_whole_one_names_its_cure(glm: Glm, script: Script, message: str, hint: str) -> None:
    status, out, err, requests = told(glm, script)
    assert (status, out, err, requests) == (8, "Hel\n" if "cut" in message else "", f"{message}\n{hint}\n", 1)


def test_8_silence_in_the_middle_of_an_answer(glm: Glm) -> None:
    assert told(glm, cut("Hel", end=[Stall()]), argv=("run", "hi", "--timeout", "0.2")) == (
        8,
        "Hel\n",
        "HOST sent nothing more within 0.2 s\nWhat came is kept; wait longer with --timeout SEC.\n",
        1,
    )


def test_8_a_stream_without_events_is_tried_once_more(glm: Glm) -> None:
    empty = "HOST sent an empty answer: a stream without events"
    assert told(glm, stream(usage=False, done=False)) == (
        8,
        "",
        f"retrying in 0.5 s (attempt 2 of 3): {empty}\n{empty}\nTry again.\n",
        2,
    )


def test_9_a_refusal(glm: Glm) -> None:
    status, out, err, _ = told(glm, stream(delta(refusal="I will not."), delta(finish="stop")))
    assert (status, out) == (9, "")
    assert "the model refused: I will not.\n" in err


def test_9_a_filtered_answer_keeps_what_came(glm: Glm) -> None:
    assert told(glm, saying("Well", finish="content_filter")) == (
        9,
        "Well\n",
        "the answer was filtered (finish reason content_filter)\nPut the request otherwise.\n",
        1,
    )


def test_11_the_answer_is_delivered_though_it_cannot_be_stored(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    path = glm.folder / "sessions.db"
    assert told(glm, saying("Hello")) == (
        11,
        "Hello\n",
        f"warning: the session store {path}: file is not a database; this conversation is not stored any further\n"
        "Move that file away; a new one is made.\n",
        1,
    )
    quiet = f"the answer was delivered but not stored: the session store {path}: file is not a database\n"
    told_quietly = (11, "Hello\n", f"{quiet}Move that file away; a new one is made.\n", 1)
    assert told(glm, saying("Hello"), argv=("run", "hi", "-q")) == told_quietly


def test_11_the_code_of_an_answer_that_cannot_be_stored_is_printed(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    assert told(glm, saying("```sh\nls\n```\n"), argv=("run", "hi", "-x"))[:2] == (11, "ls\n")


def test_11_only_where_it_would_be_0(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    assert told(glm, saying("Hel", finish="length"))[0] == 8


def test_3_a_store_that_cannot_be_read_is_no_answer_to_continue(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    assert told(glm, saying("Hello"), argv=("run", "-c", "hi"))[::3] == (3, 0)


class _Watched:
    """Standard output that tells when it got so many bytes."""

    def __init__(self, size: int, seen: Event) -> None:
        self._data = bytearray()
        self._size = size
        self._seen = seen

    def write(self, data: bytes) -> int:
        self._data += data
        if len(self._data) >= self._size:
            self._seen.set()
        return len(data)

    def flush(self) -> None: ...

    def getvalue(self) -> bytes:
        return bytes(self._data)


def test_11_is_the_error_of_json(glm: Glm) -> None:
    glm.folder.mkdir()
    (glm.folder / "sessions.db").write_bytes(b"not a database " * 100)
    status, out, _, _ = told(glm, saying("Hello"), argv=("run", "hi", "--json"))
    document = json.loads(out)
    assert (status, document["error"]["type"], document["error"]["exit_code"]) == (11, "not_stored", 11)
    assert document["choices"][0]["message"]["content"] == "Hello"
    assert document["glm"]["session"] is None
