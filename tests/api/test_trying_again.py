"""What may be tried again, and how long a server asks to wait before (wire-protocol §5)."""

from __future__ import annotations

import json

import pytest

from glmcli.api.faults import from_response, is_retryable, retry_after
from glmcli.errors import NetworkError

NOW = 1_790_000_000.0  # Mon, 21 Sep 2026 14:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Mon, 21 Sep 2026 14:13:50 GMT"}, 30.0),
        ({"retry-after": "Mon, 21 Sep 2026 14:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 21 Sep 9999 14:00:00 GMT"}, None),
        ({"retry-after": "Mon, 99 Sep 2026 14:00:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "+5"}, None),
        ({"retry-after": "٥"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "100000000000000000000"}, None),
        ({"retry-after": "99999999"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(list(headers.items()), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        *((status, None, True) for status in (408, 409, 429, 500, 502, 503, 504, 520, 529)),
        *((status, None, False) for status in (302, 400, 401, 403, 404, 405, 413, 422, 200)),
        *((429, code, False) for code in (3036, 4006, 2045)),
        *((429, code, True) for code in (3040, 971, 1015)),
        *((200, code, True) for code in (3040, 500, 503, 429, 3043, 8005)),
        *((200, code, False) for code in (3036, 5007, 10000, 400)),
    ],
)
def test_only_what_may_pass_is_tried_again(status: int, code: int | None, expected: bool) -> None:
    error = from_response(status, [], json.dumps({"error": {"code": code, "message": "no"}}).encode())
    assert is_retryable(error) is expected


def test_connections_are_not_judged_here() -> None:
    assert not is_retryable(NetworkError("refused"))
