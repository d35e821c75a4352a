"""What comes after the headers, and how it ends, against a server that plays the script of each test."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from glmcli.api.client import Patience
from glmcli.api.events import (
    Event,
    Finished,
    Metadata,
    ReasoningDelta,
    Requested,
    Responded,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Close, LoopbackServer, Request, Reset, Stall, Wait, in_turn
from glmcli.errors import (
    IncompleteError,
    ServerError,
)
from tests.api.scripted import (
    ANSWER,
    ASK,
    DONE,
    JSON,
    SSE,
    WHOLE,
    Step,
    client_of,
    delta,
    envelope,
    play,
    sse,
    stop,
)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ([whole(200, JSON, envelope("Hi"))], ASK),
        ([whole(200, {}, envelope("Hi"))], ASK),
        ([whole(200, {"content-type": "text/event-stream"}, envelope("Hi"))], ASK),
        ([whole(200, {"content-type": "text/plain"}, b" \n" + envelope("Hi"))], ASK),
        ([whole(200, {"content-type": "application/problem+json"}, b"\xef\xbb\xbf" + envelope("Hi"))], ASK),
        (ANSWER, WHOLE),
        (sse(delta(content="Hi"), stop(), headers={**SSE, "content-type": "Text/Event-Stream; charset=x"}), ASK),
        (sse(delta(content="Hi"), stop(), headers={**SSE, "content-type": "application/json"}), ASK),
        (sse(b": hello\n", delta(content="Hi"), stop(), headers={**SSE, "content-type": "text/plain"}), ASK),
        (sse(b"d", b"ata" + delta(content="Hi")[4:] + stop(), headers={**SSE, "content-type": ""}), ASK),
        (sse(delta(content="Hi"), b"data: nonsense\n\ndata: 5\n\n", stop(), DONE), ASK),
        (sse(delta(content="Hi"), stop(), DONE, b"data: {rubbish", delta(content="more")), ASK),
        (sse(delta(content="Hi"), stop() + DONE.strip()), ASK),
        ([whole(200, {**JSON, "content-encoding": "identity"}, b"  " * 70_000 + envelope("Hi"))], WHOLE),
        ([whole(201, JSON, envelope("Hi"))], WHOLE),
    ],
)
def test_what_comes_decides_how_it_is_read(answer: list[Step], body: dict[str, Any]) -> None:
    played = play(answer, body=body)
    assert played.error is None
    assert (played.text, len(played.requests)) == ("Hi", 1)
    assert isinstance(played.events[-1], Finished)


def test_events_are_given_out_as_soon_as_they_come() -> None:
    seen = threading.Event()
    answer: list[Step] = [
        head(200, SSE),
        chunk(delta(content="one")),
        Wait(seen),
        chunk(delta(content="two") + stop()),
        LAST_CHUNK,
    ]
    with LoopbackServer(in_turn(answer)) as server, client_of(server) as client:
        texts = []
        for event in client.stream(ASK):
            if isinstance(event, TextDelta):
                texts.append(event.text)
                seen.set()
    assert texts == ["one", "two"]


def test_a_server_that_goes_on_after_the_end_of_the_answer_is_not_waited_for() -> None:
    with LoopbackServer(in_turn([*ANSWER[:-1], Stall()])) as server, client_of(server) as client:
        assert list(client.stream(ASK))[-1] == Finished(("stop",))
        assert server.disconnected.wait(10)


def test_an_empty_answer_in_one_piece_is_no_answer() -> None:
    played = play([whole(200, JSON, b"")], body=WHOLE)
    assert isinstance(played.error, ServerError)
    assert len(played.requests) == 1


@pytest.mark.parametrize(
    "first",
    [
        delta(content="Hel"),
        delta(reasoning_content="Let me"),
        b'data: {"choices":[{"index":0,"delta":{"refusal":"No"}}]}\n\n',
    ],
)
@pytest.mark.parametrize("end", [[Close()], [Reset()], [LAST_CHUNK]])
def test_after_a_piece_of_the_answer_nothing_is_sent_again_and_what_came_is_kept(first: bytes, end: list[Step]) -> None:
    seen = threading.Event()

    def respond(_: Request) -> Iterator[Step]:
        yield head(200, SSE)
        yield chunk(first)
        yield Wait(seen)
        yield from end

    events = []

    def collect(stream: Iterable[Event]) -> None:
        for event in stream:
            events.append(event)
            if not isinstance(event, Requested | Responded):
                seen.set()

    with LoopbackServer(respond) as server, client_of(server) as client:
        with pytest.raises(IncompleteError) as caught:
            collect(client.stream(ASK))
        assert len(server.requests) == 1
    assert len(events) == 3
    assert (caught.value.http_status, caught.value.request_id) == (200, "ray-1")


def test_a_failure_in_the_stream_comes_after_what_was_said() -> None:
    fault = b'data: {"success":false,"errors":[{"code":3040,"message":"capacity"}]}\n\n'
    played = play(sse(delta(content="Hel"), fault))
    assert played.text == "Hel"
    assert isinstance(played.error, ServerError)
    assert (played.error.code, played.error.request_id, len(played.requests)) == (3040, "ray-1", 1)


def test_a_call_that_was_cut_is_not_given_out() -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    played = play([*sse(delta(tool_calls=[call]))[:-1], Close()])
    assert isinstance(played.error, IncompleteError)
    assert [event for event in played.events if isinstance(event, ToolCalled)] == []


def test_a_connection_that_breaks_after_the_finish_reason_is_forgiven() -> None:
    played = play([*sse(delta(content="Hi"), stop())[:-1], Close()])
    assert played.error is None
    assert played.events[-1] == Finished(("stop",))


def test_compressed_bytes_that_break_off_keep_what_came() -> None:
    packed = zlib.compressobj(wbits=31)
    start = packed.compress(delta(content="Hel") + delta(content="lo <")) + packed.flush(zlib.Z_SYNC_FLUSH)
    played = play(sse(start, b"\xff" * 100, headers={**SSE, "content-encoding": "gzip"}))
    assert played.text == "Hello <"
    assert type(played.error) is ServerError


@pytest.mark.parametrize("body", [ASK, WHOLE])
def test_a_cut_before_the_first_event_is_incomplete_and_not_sent_again(body: dict[str, Any]) -> None:
    for start in (b"", b"data: {", b'{"result": '):
        played = play([head(200, SSE), chunk(start), Close()], body=body)
        assert type(played.error) is IncompleteError
        assert (len(played.requests), played.error.http_status) == (1, 200)
        assert "broke before the answer was complete" in played.error.message


@pytest.mark.parametrize(
    "body",
    [b'{"result": {"choi', b'{"result": ', b'{"result": {}', b'{"a": "caf\xc3', envelope("Hi")[:-1]],
)
def test_json_without_a_length_that_ends_early_was_cut(body: bytes) -> None:
    played = play([head(200, JSON), body, Close()], body=WHOLE)
    assert type(played.error) is IncompleteError
    assert "was cut short" in played.error.message


def test_json_without_a_length_that_is_wrong_in_the_middle_is_no_answer() -> None:
    played = play([head(200, JSON), b'{"result": nonsense, "more": 1}', Close()], body=WHOLE)
    assert type(played.error) is ServerError


def test_silence_in_the_answer_keeps_what_came() -> None:
    played = play([*sse(delta(content="Hel"))[:-1], Stall()], patience=Patience(idle=0.05))
    assert type(played.error) is IncompleteError
    assert played.text == "Hel"
    assert "sent nothing more within 0.05 s" in played.error.message


def test_ids_of_the_tool_calls_so_far_are_not_given_again() -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history: list[Any] = [
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1"}, "rubbish", {"id": 5}]},
        {"role": "user", "tool_calls": None},
        "rubbish",
    ]
    played = play(sse(delta(tool_calls=[call]), stop("tool_calls"), DONE), body={"messages": history, "stream": True})
    (called,) = [event for event in played.events if isinstance(event, ToolCalled)]
    assert called.id != "c1"


def test_metadata_and_usage_come_through() -> None:
    first = b'data: {"id":"x","choices":[{"index":0,"delta":{"reasoning":"hm","content":null}}]}\n\n'
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
    played = play(sse(first, delta(content="Hi"), stop(), usage, DONE))
    kinds = [type(event) for event in played.events[2:]]
    assert kinds == [Metadata, ReasoningDelta, TextDelta, Usage, Finished]
