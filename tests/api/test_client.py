"""The client against a loopback server that plays the script of each test."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import pytest

from glmcli.api import endpoint as endpoints
from glmcli.api.client import Client, Patience, chance
from glmcli.api.endpoint import Endpoint
from glmcli.api.events import (
    Event,
    Finished,
    Metadata,
    ReasoningDelta,
    Requested,
    Responded,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
)
from glmcli.api.http import Http
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, Close, LoopbackServer, Request, Reset, Stall, Wait, in_turn
from glmcli.errors import (
    AccessError,
    GlmError,
    IncompleteError,
    NetworkError,
    RateLimitError,
    RefusedError,
    RequestError,
    ServerError,
)

TOKEN = "a-token-of-mine"
NOW = 1_800_000_000.0
SSE = {"content-type": "text/event-stream", "transfer-encoding": "chunked", "cf-ray": "ray-1"}
JSON = {"content-type": "application/json", "cf-ray": "ray-1"}
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
WHOLE: dict[str, Any] = {**ASK, "stream": False}
DONE = b"data: [DONE]\n\n"

Step = bytes | Action


def delta(**values: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": values}]}).encode() + b"\n\n"


def stop(reason: str = "stop") -> bytes:
    payload = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def sse(*events: bytes, headers: dict[str, str] = SSE) -> list[Step]:
    return [head(200, headers), *(chunk(event) for event in events), LAST_CHUNK]


def envelope(content: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return json.dumps({"result": {"choices": [choice]}, "success": True, "errors": [], "messages": []}).encode()


def refusal(status: int, code: int, message: str, **headers: str) -> list[Step]:
    body = json.dumps({"success": False, "result": None, "errors": [{"code": code, "message": message}]}).encode()
    return [whole(status, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)]


ANSWER = sse(delta(content="Hi"), stop(), DONE)


@dataclass
class Played:
    """What one call to the model did."""

    events: list[Event] = field(default_factory=list)
    error: GlmError | None = None
    requests: list[Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def retries(self) -> list[Retrying]:
        return [event for event in self.events if isinstance(event, Retrying)]


@contextmanager
def client_of(
    server: LoopbackServer,
    patience: Patience | None = None,
    *,
    slept: list[float] | None = None,
    place: Endpoint | None = None,
) -> Iterator[Client]:
    place = place or endpoints.workers_ai(server.url + "/client/v4", "account", TOKEN, "@cf/zai-org/glm-4.7-flash")
    with Http(environ={}) as http:
        yield Client(
            place,
            http=http,
            patience=patience or Patience(),
            sleep=(slept if slept is not None else []).append,
            random=lambda: 0.5,
            now=lambda: NOW,
        )


def play(
    *answers: Iterable[Step],
    body: dict[str, Any] = ASK,
    patience: Patience | None = None,
    session_id: str | None = None,
) -> Played:
    """Sends one body to a server that gives these answers in turn, the last one again and again."""
    played = Played()
    with LoopbackServer(in_turn(*answers)) as server, client_of(server, patience, slept=played.slept) as client:
        try:
            for event in client.stream(body, session_id=session_id):
                played.events.append(event)
        except GlmError as error:
            played.error = error
        played.requests = list(server.requests)
    return played


def test_a_stream_is_asked_for_and_given_as_events() -> None:
    played = play(ANSWER, session_id="session-1")
    (request,) = played.requests
    assert (request.method, request.target) == ("POST", "/client/v4/accounts/account/ai/run/@cf/zai-org/glm-4.7-flash")
    assert request.body == b'{"messages":[{"role":"user","content":"hi"}],"stream":true}'
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "text/event-stream, application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("glm/")
    assert request.headers["x-session-affinity"] == "session-1"
    requested, responded, *answer = played.events
    assert isinstance(requested, Requested)
    assert (requested.method, requested.body) == ("POST", request.body)
    assert requested.url.endswith(request.target)
    assert dict(requested.headers)["Authorization"] == "[redacted]"
    assert isinstance(responded, Responded)
    assert (responded.status, responded.request_id) == (200, "ray-1")
    assert ("content-type", "text/event-stream") in responded.headers
    assert answer == [TextDelta("Hi"), Finished(("stop",))]
    assert played.error is None


def test_an_answer_in_one_piece_gives_the_same_events() -> None:
    played = play([whole(200, JSON, envelope("Hi"))], body=WHOLE)
    assert played.requests[0].headers["accept"] == "application/json"
    assert played.events[2:] == [TextDelta("Hi"), Finished(("stop",))]
    assert played.error is None


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


def test_the_connection_is_used_again_after_a_stream() -> None:
    with LoopbackServer(in_turn(ANSWER)) as server, client_of(server) as client:
        for _ in range(3):
            list(client.stream(ASK))
        assert [request.connection for request in server.requests] == [0, 0, 0]


def test_a_server_that_goes_on_after_the_end_of_the_answer_is_not_waited_for() -> None:
    with LoopbackServer(in_turn([*ANSWER[:-1], Stall()])) as server, client_of(server) as client:
        assert list(client.stream(ASK))[-1] == Finished(("stop",))
        assert server.disconnected.wait(10)


def test_closing_the_stream_hangs_up_at_once() -> None:
    answer: list[Step] = [head(200, SSE), chunk(delta(content="one")), Stall()]
    with LoopbackServer(in_turn(answer)) as server, client_of(server) as client:
        stream = client.stream(ASK)
        while next(stream) != TextDelta("one"):
            pass
        stream.close()
        assert server.disconnected.wait(10)


def test_ctrl_c_in_a_wait_ends_the_request() -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with LoopbackServer(in_turn(refusal(500, 3043, "internal"))) as server, client_of(server) as client:
        patient = Client(client.endpoint, http=client._http, sleep=interrupt)
        with pytest.raises(KeyboardInterrupt):
            list(patient.stream(ASK))
        assert len(server.requests) == 1


def test_chance_is_a_number_from_0_to_1() -> None:
    assert 0 <= chance() < 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([Close()], "broke before an answer began"),
        ([Reset()], "broke before an answer began"),
        (refusal(408, 3007, "timeout"), "timeout"),
        (refusal(409, 1, "conflict"), "conflict"),
        (refusal(429, 3040, "capacity"), "capacity"),
        (refusal(500, 3043, "internal"), "internal"),
        ([whole(502, {"content-type": "text/html"}, b"<html><title>Bad gateway</title></html>")], "Bad gateway"),
        ([whole(503, {}, b"")], "503"),
        ([whole(529, {}, b"overloaded")], "overloaded"),
        (refusal(200, 3040, "capacity"), "capacity"),
        (sse(b'data: {"success":false,"errors":[{"code":3040,"message":"capacity"}]}\n\n'), "capacity"),
        (sse(), "a stream without events"),
        (sse(DONE), "a stream without events"),
        (sse(b": ping\n\n"), "a stream without events"),
        ([whole(200, SSE, b"")[: -len(b"content-length: 0\r\n\r\n")] + b"\r\n", LAST_CHUNK], "a stream without events"),
        ([whole(200, {}, b"")], "a stream without events"),
    ],
)
def test_what_may_pass_is_sent_again_and_said(answer: list[Step], reason: str) -> None:
    played = play(answer, ANSWER)
    assert played.error is None
    assert played.text == "Hi"
    (retry,) = played.retries
    assert (retry.attempt, retry.of, retry.wait) == (2, 3, 0.25)
    assert reason in retry.reason
    assert played.slept == [0.25]
    assert len(played.requests) == 2
    assert played.requests[0].body == played.requests[1].body
    kinds = [type(event) for event in played.events if not isinstance(event, Responded)]
    assert kinds == [Requested, Retrying, Requested, TextDelta, Finished]


def test_the_waits_double_up_to_eight_seconds_and_half_a_minute_in_all() -> None:
    played = play(refusal(500, 3043, "internal"), patience=Patience(retries=100))
    assert played.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert isinstance(played.error, ServerError)


def test_after_the_retries_the_last_failure_is_given() -> None:
    played = play(refusal(500, 3043, "first"), refusal(500, 3043, "second"), refusal(429, 3040, "third"))
    assert [retry.attempt for retry in played.retries] == [2, 3]
    assert isinstance(played.error, RateLimitError)
    assert "third" in played.error.message
    assert len(played.requests) == 3


def test_no_retries_are_no_retries() -> None:
    for retries in (0, -1):
        played = play(sse(), patience=Patience(retries=retries))
        assert (len(played.requests), played.slept) == (1, [])
        assert isinstance(played.error, IncompleteError)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, 5006, "bad input"), RefusedError),
        (refusal(401, 10000, "Authentication error"), AccessError),
        (refusal(403, 9109, "forbidden"), AccessError),
        (refusal(404, 7003, "no route"), RefusedError),
        (refusal(413, 3006, "too large"), RefusedError),
        (refusal(422, 5012, "not processable"), RefusedError),
        (refusal(429, 3036, "daily free allocation"), RateLimitError),
        (refusal(429, 4006, "you have used up your daily free allocation"), RateLimitError),
        ([whole(302, {"location": "https://evil.example/x"}, b"")], ServerError),
        ([b"garbage\r\n\r\n", Close()], ServerError),
        (refusal(200, 5006, "bad input"), ServerError),
        ([whole(204, {}, b"")[: -len(b"content-length: 0\r\n\r\n")] + b"\r\n"], ServerError),
        ([whole(200, {"content-type": "text/html"}, b"<html>Log in</html>")], ServerError),
        ([whole(200, {}, b"\n<!doctype html>")], ServerError),
        ([whole(200, {"content-type": "text/html"}, b"hello")], ServerError),
        ([whole(200, {"content-type": "text/plain"}, b"hello")], ServerError),
        ([whole(200, {}, b"hello")], ServerError),
        ([whole(200, {}, b" ")], ServerError),
        ([whole(200, JSON, b"hello")], ServerError),
        ([whole(200, JSON, b"[1, 2]")], ServerError),
        ([whole(200, JSON, b'{"ok": true}')], ServerError),
        ([whole(200, JSON, b"[" * 100_000)], ServerError),
        ([whole(200, JSON, b'{"choices": "\xff')], ServerError),
        ([whole(200, {**JSON, "content-encoding": "br"}, b"{}")], ServerError),
        (sse(b"data: hello\n\n"), ServerError),
    ],
)
def test_what_will_not_pass_is_not_sent_again(answer: list[Step], kind: type[GlmError]) -> None:
    played = play(answer)
    assert type(played.error) is kind
    assert (len(played.requests), played.retries, played.slept) == (1, [], [])


def test_a_redirect_is_not_followed_and_its_target_is_named() -> None:
    with LoopbackServer(in_turn(ANSWER)) as other:
        played = play([whole(307, {"location": other.url + "/steal"}, b"")])
        assert other.requests == []
    assert isinstance(played.error, ServerError)
    assert other.url[7:] in played.error.message


def test_an_empty_answer_in_one_piece_is_no_answer() -> None:
    played = play([whole(200, JSON, b"")], body=WHOLE)
    assert isinstance(played.error, ServerError)
    assert len(played.requests) == 1


def test_an_empty_stream_is_sent_again_once_only() -> None:
    played = play(sse())
    assert len(played.requests) == 2
    assert isinstance(played.error, IncompleteError)
    assert "a stream without events" in played.error.message


def test_a_request_that_costs_minutes_is_sent_again_once_only() -> None:
    played = play(refusal(408, 3046, "request timeout"))
    assert len(played.requests) == 2
    assert isinstance(played.error, RefusedError)


def test_different_failures_share_the_tries() -> None:
    played = play(sse(), refusal(500, 3043, "internal"), sse())
    assert len(played.requests) == 3
    assert isinstance(played.error, IncompleteError)


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


def test_silence_before_the_answer_is_not_sent_again() -> None:
    played = play([Stall()], patience=Patience(first_byte=0.05))
    assert type(played.error) is NetworkError
    assert (len(played.requests), played.error.http_status) == (1, None)
    assert "within 0.05 s" in played.error.message


def test_silence_in_the_answer_keeps_what_came() -> None:
    played = play([*sse(delta(content="Hel"))[:-1], Stall()], patience=Patience(idle=0.05))
    assert type(played.error) is IncompleteError
    assert played.text == "Hel"
    assert "sent nothing more within 0.05 s" in played.error.message


def test_an_answer_in_one_piece_is_waited_for_longer() -> None:
    patience = Patience()
    assert (patience.until_first_byte(stream=True), patience.until_first_byte(stream=False)) == (120, 900)
    assert Patience(first_byte=0).until_first_byte(stream=True) == 0


@pytest.mark.parametrize("after", ["7", "7.0", formatdate(NOW + 7, usegmt=True)])
def test_a_wait_that_the_server_asks_for_is_kept(after: str) -> None:
    played = play(refusal(429, 971, "slow down", retry_after=after), ANSWER)
    assert (played.slept, played.error) == ([7.0], None)


@pytest.mark.parametrize("after", ["soon", "-5", "1e20", ""])
def test_a_wait_that_makes_no_sense_is_not(after: str) -> None:
    played = play(refusal(429, 971, "slow down", retry_after=after), ANSWER)
    assert (played.slept, played.error) == ([0.25], None)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retries", [0, 2])
def test_a_wait_over_half_a_minute_ends_at_once_and_the_time_is_named(status: int, retries: int) -> None:
    played = play(refusal(status, 971, "slow down", retry_after="90"), patience=Patience(retries=retries))
    assert isinstance(played.error, RateLimitError)
    assert "slow down; the server asks to wait for 90 s, until 2027-01-15 08:01:30 UTC" in played.error.message
    assert (played.error.http_status, played.error.code, played.error.request_id) == (status, 971, "ray-1")
    assert (len(played.requests), played.slept) == (1, [])


def test_waits_that_the_server_asks_for_are_half_a_minute_in_all() -> None:
    played = play(refusal(429, 971, "slow down", retry_after="20"))
    assert played.slept == [20]
    assert isinstance(played.error, RateLimitError)
    assert "wait for 20 s" in played.error.message


def test_a_time_that_no_calendar_has_is_said_in_words() -> None:
    with LoopbackServer(in_turn(refusal(429, 971, "slow down", retry_after="90"))) as server, client_of(server) as it:
        late = Client(it.endpoint, http=it._http, now=lambda: 1e18)
        with pytest.raises(RateLimitError, match="until far in the future"):
            list(late.stream(ASK))


def test_the_token_is_in_no_event_and_no_error() -> None:
    echo = f"bad header 'Authorization: Bearer {TOKEN}' ({TOKEN})"
    played = play(refusal(401, 10000, echo, x_echo=TOKEN, set_cookie="session=1"))
    assert isinstance(played.error, AccessError)
    shown = repr(played.events) + played.error.message + played.error.hint + str(played.error)
    assert TOKEN not in shown
    assert "session=1" not in shown
    assert "[redacted]" in played.error.message


def test_an_error_body_is_read_to_64_kib_and_not_waited_for() -> None:
    big: list[Step] = [head(500, {"transfer-encoding": "chunked"}), *[chunk(b"x" * 1024)] * 65, Stall()]
    played = play(big, ANSWER)
    assert (played.error, len(played.requests)) == (None, 2)


def test_an_error_body_that_is_cut_still_has_its_status() -> None:
    played = play([head(400, {"content-length": "100"}), b'{"errors": [{"code": 1', Close()])
    assert isinstance(played.error, RefusedError)
    assert played.error.http_status == 400


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


def test_a_body_without_messages_is_sent_as_it_is() -> None:
    played = play(ANSWER, body={"prompt": "hi", "messages": "oops", "stream": True})
    assert played.error is None
    assert played.requests[0].body == b'{"prompt":"hi","messages":"oops","stream":true}'


def test_a_body_that_is_no_json_is_never_sent() -> None:
    played = play(ANSWER, body={"temperature": float("nan")})
    assert isinstance(played.error, RequestError)
    assert (played.requests, played.events) == ([], [])


def test_metadata_and_usage_come_through() -> None:
    first = b'data: {"id":"x","choices":[{"index":0,"delta":{"reasoning":"hm","content":null}}]}\n\n'
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
    played = play(sse(first, delta(content="Hi"), stop(), usage, DONE))
    kinds = [type(event) for event in played.events[2:]]
    assert kinds == [Metadata, ReasoningDelta, TextDelta, Usage, Finished]


def test_a_failure_after_metadata_alone_may_still_be_sent_again() -> None:
    first = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":""}}]}\n\n'
    fault = b'data: {"error":{"message":"upstream failed","code":500}}\n\n'
    played = play(sse(first, fault), ANSWER)
    assert (played.text, len(played.requests), played.error) == ("Hi", 2, None)
