"""Sending, trying again and giving up, against a server that plays the script of each test."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from glmcli.api.client import Client, Patience, chance
from glmcli.api.events import (
    Finished,
    Requested,
    Responded,
    Retrying,
    TextDelta,
)
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Close, LoopbackServer, Reset, Stall, in_turn
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
from tests.api.scripted import (
    ANSWER,
    ASK,
    DONE,
    JSON,
    NOW,
    SSE,
    TOKEN,
    WHOLE,
    Step,
    client_of,
    delta,
    envelope,
    play,
    refusal,
    sse,
)


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


def test_the_connection_is_used_again_after_a_stream() -> None:
    with LoopbackServer(in_turn(ANSWER)) as server, client_of(server) as client:
        for _ in range(3):
            list(client.stream(ASK))
        assert [request.connection for request in server.requests] == [0, 0, 0]


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


def test_silence_before_the_answer_is_not_sent_again() -> None:
    played = play([Stall()], patience=Patience(first_byte=0.05))
    assert type(played.error) is NetworkError
    assert (len(played.requests), played.error.http_status) == (1, None)
    assert "within 0.05 s" in played.error.message


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


def test_a_body_without_messages_is_sent_as_it_is() -> None:
    played = play(ANSWER, body={"prompt": "hi", "messages": "oops", "stream": True})
    assert played.error is None
    assert played.requests[0].body == b'{"prompt":"hi","messages":"oops","stream":true}'


def test_a_body_that_is_no_json_is_never_sent() -> None:
    played = play(ANSWER, body={"temperature": float("nan")})
    assert isinstance(played.error, RequestError)
    assert (played.requests, played.events) == ([], [])


def test_a_failure_after_metadata_alone_may_still_be_sent_again() -> None:
    first = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":""}}]}\n\n'
    fault = b'data: {"error":{"message":"upstream failed","code":500}}\n\n'
    played = play(sse(first, fault), ANSWER)
    assert (played.text, len(played.requests), played.error) == ("Hi", 2, None)
