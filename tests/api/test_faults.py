"""What servers say when they fail, in every form known (wire-protocol §5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glmcli.api.faults import from_payload, from_response, is_retryable, one_line
from glmcli.errors import AccessError, GlmError, RateLimitError, RefusedError, ServerError

UUID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
CAPACITY = "Capacity temporarily exceeded, please try again."


def envelope(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"result": None, "success": False, "errors": [{"code": code, "message": message, **more}], "messages": []}


# name: (status, body), (type, message, code, request id)
CASES: dict[str, tuple[tuple[int, Any], tuple[type[GlmError], str, int | str | None, str | None]]] = {
    "envelope": (
        (401, envelope(10000, "Authentication error")),
        (AccessError, "access denied (HTTP 401, code 10000): Authentication error", 10000, None),
    ),
    "envelope with prefixes and an id": (
        (400, envelope(5006, f"AiError: AiError: Bad input: Error: oneOf at '/' not met ({UUID})")),
        (
            RefusedError,
            "the request was refused (HTTP 400, code 5006): Bad input: Error: oneOf at '/' not met",
            5006,
            UUID,
        ),
    ),
    "an id that is no uuid": (
        (400, envelope(5006, "AiError: Bad input (5f0e-uuid)")),
        (RefusedError, "the request was refused (HTTP 400, code 5006): Bad input", 5006, "5f0e-uuid"),
    ),
    "brackets that are no id": (
        (400, envelope(5006, "Bad input (see docs)")),
        (RefusedError, "the request was refused (HTTP 400, code 5006): Bad input (see docs)", 5006, None),
    ),
    "several errors": (
        (
            400,
            {"success": False, "errors": [{"code": 7003, "message": "No route"}, {"code": 7000, "message": "No such"}]},
        ),
        (RefusedError, "the request was refused (HTTP 400, code 7003): No route; No such", 7003, None),
    ),
    "a chain of errors": (
        (400, envelope(6003, "Invalid request headers", error_chain=[{"code": 6111, "message": "Invalid format"}])),
        (
            RefusedError,
            "the request was refused (HTTP 400, code 6003): Invalid request headers: Invalid format",
            6003,
            None,
        ),
    ),
    "capacity": (
        (429, envelope(3040, f"AiError: {CAPACITY}")),
        (RateLimitError, f"no capacity (HTTP 429, code 3040): {CAPACITY}", 3040, None),
    ),
    "quota": (
        (429, envelope(4006, "you have used up your daily free allocation of 10,000 neurons")),
        (
            RateLimitError,
            "the quota is used up (HTTP 429, code 4006): you have used up your daily free allocation of 10,000 neurons",
            4006,
            None,
        ),
    ),
    "quota by its text": (
        (429, {"error": "You have used up your Daily Free Allocation"}),
        (
            RateLimitError,
            "the quota is used up (HTTP 429, code 3036): You have used up your Daily Free Allocation",
            3036,
            None,
        ),
    ),
    "a code in the text": (
        (429, {"error": {"message": f"InferenceUpstreamError: 3040: {CAPACITY}", "type": "server_error", "code": 429}}),
        (RateLimitError, f"no capacity (HTTP 429, code 3040): {CAPACITY}", 3040, None),
    ),
    "a code in the text alone": (
        (400, f"3040: {CAPACITY}"),
        (RefusedError, f"the request was refused (HTTP 400, code 3040): {CAPACITY}", 3040, None),
    ),
    "a code of its own and one in the text": (
        (400, envelope(5006, "AiError: 5007: no such thing")),
        (RefusedError, "the request was refused (HTTP 400, code 5006): no such thing", 5006, None),
    ),
    "a page that never ends": (
        (500, b"<title>" * 9_000),
        (ServerError, "the server failed (HTTP 500): <t", None, None),
    ),
    "an object under error": (
        (400, {"error": {"code": "invalid_prompt", "message": "AiError: no prompt"}}),
        (RefusedError, "the request was refused (HTTP 400, code invalid_prompt): no prompt", "invalid_prompt", None),
    ),
    "an array under error": (
        (
            400,
            {
                "success": False,
                "error": [{"code": 2005, "message": "Failed to get response from provider"}],
                "name": "AiGatewayError",
                "httpCode": 400,
                "internalCode": 2005,
                "message": "ignored",
                "requestId": "r-1",
            },
        ),
        (
            RefusedError,
            "the request was refused (HTTP 400, code 2005): Failed to get response from provider",
            2005,
            "r-1",
        ),
    ),
    "a string under error": ((500, {"error": "boom"}), (ServerError, "the server failed (HTTP 500): boom", None, None)),
    "AiError": (
        (400, {"name": "AiError", "httpCode": 400, "internalCode": 5006, "message": "bad", "requestId": "r-2"}),
        (RefusedError, "the request was refused (HTTP 400, code 5006): bad", 5006, "r-2"),
    ),
    "vLLM": (
        (404, {"object": "error", "message": "no such model", "type": "NotFoundError", "param": None, "code": 404}),
        (RefusedError, "the request was refused (HTTP 404, code NotFoundError): no such model", "NotFoundError", None),
    ),
    "llama.cpp": (
        (400, {"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error", "n_ctx": 4096}}),
        (
            RefusedError,
            "the request was refused (HTTP 400, code exceed_context_size_error): too long",
            "exceed_context_size_error",
            None,
        ),
    ),
    "litellm": (
        (400, {"error": {"message": "No connected db.", "type": "None", "param": None, "code": "400"}}),
        (RefusedError, "the request was refused (HTTP 400): No connected db.", 400, None),
    ),
    "Z.ai": (
        (429, {"error": {"code": "1302", "message": "rate"}}),
        (RateLimitError, "too many requests (HTTP 429, code 1302): rate", 1302, None),
    ),
    "Anthropic": (
        (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}),
        (
            RefusedError,
            "the request was refused (HTTP 400, code invalid_request_error): no",
            "invalid_request_error",
            None,
        ),
    ),
    "detail": (
        (404, {"detail": "Not Found"}),
        (RefusedError, "the request was refused (HTTP 404): Not Found", None, None),
    ),
    "a list of details": (
        (422, {"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]}),
        (RefusedError, "the request was refused (HTTP 422, code missing): field required", "missing", None),
    ),
    "description": (
        (400, {"description": "so it is"}),
        (RefusedError, "the request was refused (HTTP 400): so it is", None, None),
    ),
    "JSON that says nothing": ((400, {"a": 1}), (RefusedError, "the request was refused (HTTP 400)", None, None)),
    "a JSON number": ((500, 3), (ServerError, "the server failed (HTTP 500)", None, None)),
    "no body": ((502, b""), (ServerError, "the server failed (HTTP 502)", None, None)),
    "plain text": (
        (500, b"Internal Server Error\n"),
        (ServerError, "the server failed (HTTP 500): Internal Server Error", None, None),
    ),
    "the edge's text": (
        (429, b"error code: 1015"),
        (RateLimitError, "too many requests (HTTP 429, code 1015): error code: 1015", 1015, None),
    ),
    "a web page": (
        (502, b"<!DOCTYPE html><html><head><title>x.test | 502: Bad\n gateway</title></head><body>...</body></html>"),
        (ServerError, "the server failed (HTTP 502): x.test | 502: Bad gateway", None, None),
    ),
    "a web page without a title": (
        (503, b"<html><style>p { color: red }</style><p>Please <b>wait</b></p></html>"),
        (ServerError, "the server failed (HTTP 503): Please wait", None, None),
    ),
    "bytes that are no text": (
        (500, b"\xff\x1b[31m\0x"),
        (ServerError, "the server failed (HTTP 500): \ufffd [31m x", None, None),
    ),
    "nesting without end": (
        (400, b"[" * 60_000),
        (RefusedError, f"the request was refused (HTTP 400): {'[' * 299}…", None, None),
    ),
    "a long text": (
        (400, {"message": "x" * 5000}),
        (RefusedError, f"the request was refused (HTTP 400): {'x' * 299}…", None, None),
    ),
    "a token in the text": (
        (401, {"message": "what is Bearer s3cret.token-42, please"}),
        (AccessError, "access denied (HTTP 401): what is Bearer [redacted], please", None, None),
    ),
    "codes that are none": (
        (400, {"error": {"message": "no", "code": True, "type": None}}),
        (RefusedError, "the request was refused (HTTP 400): no", None, None),
    ),
    "a status of no meaning": (
        (204, b""),
        (ServerError, "what the server sent is not an answer (HTTP 204)", None, None),
    ),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES)
def test_a_failure_says_what_happened_in_one_line(
    given: tuple[int, Any], expected: tuple[type[GlmError], str, int | str | None, str | None]
) -> None:
    status, body = given
    error = from_response(status, [], body if isinstance(body, bytes) else json.dumps(body).encode())
    assert (type(error), error.message, error.code, error.request_id) == expected
    assert error.http_status == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, RefusedError) for status in (400, 402, 404, 408, 409, 422)),
        *((status, AccessError) for status in (401, 403)),
        *((status, ServerError) for status in (100, 201, 302, 500, 503, 529)),
        (429, RateLimitError),
    ],
)
def test_the_status_decides_the_type(status: int, kind: type[GlmError]) -> None:
    assert type(from_response(status, [], b"")) is kind


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 10000, "glm config doctor"),
        (400, 6003, "glm config login"),
        (404, 7003, "account id"),
        (429, 3036, "00:00 UTC"),
        (429, 4006, "00:00 UTC"),
        (429, 3040, "no capacity"),
        (400, 5007, "model name"),
        (404, 3042, "model name"),
        (413, 3006, "too large"),
        (400, 8006, "--max-tokens"),
        (408, 3046, "--no-think"),
        (401, None, "glm config doctor"),
        (404, None, "glm config doctor"),
        (407, None, "HTTPS_PROXY"),
        (429, None, "Wait"),
        (503, None, "starting"),
        (500, None, "try again later"),
        (200, 99, "Try again."),
    ],
)
def test_the_hint_says_what_to_do(status: int, code: int | None, words: str) -> None:
    error = from_response(status, [], json.dumps({"error": {"code": code, "message": "no"}}).encode())
    assert words in error.hint


@pytest.mark.parametrize(
    "body",
    [
        envelope(8007, "This model's maximum context length is 131072 tokens"),
        {"error": {"message": "request (9 tokens) exceeds the available context size"}},
        {"error": {"message": "too long", "type": "exceed_context_size_error"}},
    ],
)
def test_a_full_context_is_recognised(body: dict[str, Any]) -> None:
    assert "Shorten the conversation" in from_response(400, [], json.dumps(body).encode()).hint


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://login.example/x?next=secret", "redirected (HTTP 302) to login.example, which is not followed"),
        ("https://user:pass@login.example:8443/", "redirected (HTTP 302) to login.example:8443, which is not followed"),
        ("//other.example/x", "redirected (HTTP 302) to other.example, which is not followed"),
        ("/login?next=secret", "redirected (HTTP 302) to /login, which is not followed"),
        ("https://[bad", "redirected (HTTP 302) to https://[bad, which is not followed"),
        ("", "redirected (HTTP 302) without saying where to"),
    ],
)
def test_a_redirect_names_its_host_and_is_no_answer(location: str, message: str) -> None:
    error = from_response(302, [("Location", location)], b"<html>moved</html>")
    assert (type(error), error.message) == (ServerError, message)
    assert "base URL" in error.hint
    assert not is_retryable(error)


def test_the_best_request_id_there_is_is_kept() -> None:
    body = json.dumps(envelope(5006, f"bad ({UUID})")).encode()
    ray, own, other = ("CF-RAY", "8f-OSL"), ("cf-ai-req-id", "abc"), ("X-Request-Id", "xyz")
    assert from_response(400, [ray, own, other], body).request_id == "abc"
    assert from_response(400, [ray, other], body).request_id == UUID
    assert from_response(400, [other, ray], b"").request_id == "8f-OSL"
    assert from_response(400, [other], b"").request_id == "xyz"
    assert from_response(400, [], b"").request_id is None


def test_the_hint_of_a_rate_limit_says_how_long_to_wait() -> None:
    headers = [("Retry-After", "12")]
    assert from_response(429, headers, b"", now=0.0).hint == "Try again in 12 s."
    assert "Wait" in from_response(429, [], b"", now=0.0).hint
    assert "00:00 UTC" in from_response(429, headers, json.dumps(envelope(3036, "used")).encode(), now=0.0).hint


@pytest.mark.parametrize(
    "payload",
    [
        {"errors": [{"code": 3040, "message": f"AiError: {CAPACITY}"}], "success": False, "result": {}, "messages": []},
        {"error": {"code": 3040, "message": CAPACITY}},
        {"error": f"3040: {CAPACITY}", "choices": []},
        {"object": "error", "message": f"3040: {CAPACITY}"},
        {"name": "AiError", "internalCode": 3040, "message": CAPACITY},
    ],
)
def test_a_failure_after_a_status_of_200_is_the_servers(payload: dict[str, Any]) -> None:
    error = from_payload(payload)
    assert type(error) is ServerError
    assert error.message == f"the server reported a failure (HTTP 200, code 3040): {CAPACITY}"
    assert (error.http_status, error.code) == (200, 3040)
    assert "no capacity" in error.hint


@pytest.mark.parametrize(
    "payload",
    [
        None,
        3,
        "x",
        [],
        {},
        {"choices": [], "error": None},
        {"response": "", "errors": []},
        {"success": True, "result": {}},
    ],
)
def test_what_reports_no_failure_is_none(payload: Any) -> None:
    assert from_payload(payload) is None


def test_an_unhappy_answer_without_words_is_a_failure_all_the_same() -> None:
    error = from_payload({"success": False, "result": None})
    assert error is not None
    assert error.message == "the server reported a failure (HTTP 200)"


def test_a_line_is_cut_to_its_length() -> None:
    assert one_line(" a\r\n\x1b[2J\tb\x85c ", 20) == "a [2J b c"
    assert one_line("abcdef", 6) == "abcdef"
    assert one_line("abcdefg", 6) == "abcde…"
