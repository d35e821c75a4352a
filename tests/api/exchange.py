"""One exchange over HTTP, for tests of the transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from glmcli.api.http import MAX_BODY, Http, Response, read_up_to
from glmcli.errors import GlmError

PLAIN = {"content-type": "text/plain"}
CHUNKED = {"content-type": "text/plain", "transfer-encoding": "chunked"}


@contextmanager
def sent(http: Http, url: str, *, first_byte: float | None = 5.0, idle: float | None = 5.0) -> Iterator[Response]:
    with http.stream(
        "POST", url, [("X-Test", "1")], b"{}", first_byte_timeout=first_byte, idle_timeout=idle
    ) as response:
        yield response


def read(http: Http, url: str, **limits: float | None) -> bytes:
    with sent(http, url, **limits) as response:
        return read_up_to(response, MAX_BODY)


def failure(call: Callable[[], object]) -> GlmError:
    with pytest.raises(GlmError) as caught:
        call()
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value
