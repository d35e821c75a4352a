"""One request to the model, one stream of events back: sending, trying again, and giving up. No bytes are read here.

The retry policy is interface §4 and reliability §7.1: what is sent again is what cannot have begun to answer, and
never after a piece of an answer was given out. Time and chance come from outside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from glmcli.api import faults
from glmcli.api.answer import EmptyStream, read_answer
from glmcli.api.endpoint import Endpoint, encode_body, is_secret
from glmcli.api.events import Event, Metadata, Requested, Responded, Retrying
from glmcli.api.http import BrokenConnection, Http, Response, host_of
from glmcli.api.leaked import recovered
from glmcli.errors import GlmError, RateLimitError

MAX_ERROR_BODY = 64 * 1024  # bytes; the rest of a longer one is not read
SHORTEST, LONGEST = 0.5, 8.0  # seconds: the first and the last ceiling of a wait
PATIENCE = 30.0  # seconds: the waits of one request together, and the longest retry-after that is honoured
# These cost minutes or hide a failed provider: sent again once at most (wire-protocol §5.2).
ONCE = (3046, 2005)


def chance() -> float:
    """A random number from 0 to 1."""
    import random

    return random.random()


@dataclass(frozen=True)
class Patience:
    """How long to wait and how often to try. Seconds; 0 waits for ever.

    first_byte: for the status line; None is 120 for a stream and 900 for an answer in one piece, which comes only
    when it is whole. idle: between any two bytes after that. retries: tries after the first.
    """

    connect: float | None = 10.0
    first_byte: float | None = None
    idle: float | None = 60.0
    retries: int = 2

    def until_first_byte(self, *, stream: bool) -> float:
        if self.first_byte is not None:
            return self.first_byte
        return 120.0 if stream else 900.0


@dataclass
class _Try:
    """What is known about one try when it fails."""

    shown: bool = False  # whether a piece of an answer was given out
    response: Response | None = None
    skipped: int = 0  # events of the stream that could not be read

    def skip(self, events: int) -> None:
        self.skipped = events


class Client:
    """Talks to one endpoint.

    http: the connections, which may be shared with other clients of the same thread. sleep: seconds. random: from 0
    to 1. now: seconds since the epoch.
    warn: told in one line, when a stream ends, how many of its events could not be read, if any.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        http: Http,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = chance,
        now: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.endpoint = endpoint
        self.patience = patience or Patience()
        self._http = http
        self._sleep = sleep
        self._random = random
        self._now = now
        self._warn = warn

    def warm(self) -> None:
        """Opens the connection for the next request, as `Http.warm` does; a thread of its own may call it."""
        self._http.warm(self.endpoint.url)

    def stream(self, body: dict[str, Any], *, session_id: str | None = None) -> Generator[Event, None, None]:
        """Sends the body and yields what happens: Requested, then Responded, then the events of the answer, the last
        of them Finished. Before the request is sent again comes Retrying, and it all starts over.

        `body["stream"]` decides whether the answer is asked for in pieces. Closing the generator closes the
        connection. Raises GlmError, after the events that came before; no secret is in any of them.
        """
        stream = body.get("stream") is True
        data = encode_body(body)
        headers = self.endpoint.request_headers(stream=stream, session_id=session_id)
        requested = Requested("POST", self.endpoint.url, self._without_secrets(headers), data)
        used_ids = set(_call_ids(body))
        tries = 1 + max(0, self.patience.retries)
        waited = 0.0
        last_chances: set[object] = set()
        number = 0
        while True:
            number += 1
            yield requested
            this = _Try()
            try:
                yield from self._try(this, data, headers, stream=stream, used_ids=used_ids, tools=body.get("tools"))
                self._tell_skipped(this)
                return
            except GlmError as error:
                self._complete(error, this)
                wait = self._wait_after(error, this, number, tries, waited, last_chances)
                if wait is None:
                    self._tell_skipped(this)
                    raise
                reason = error.message
            yield Retrying(number + 1, tries, wait, reason)
            self._sleep(wait)
            waited += wait

    def _try(
        self, this: _Try, data: bytes, headers: list[tuple[str, str]], *, stream: bool, used_ids: set[str], tools: Any
    ) -> Generator[Event, None, None]:
        with self._http.stream(
            "POST",
            self.endpoint.url,
            headers,
            data,
            first_byte_timeout=self.patience.until_first_byte(stream=stream),
            idle_timeout=self.patience.idle,
            connect_timeout=self.patience.connect or 0.0,
        ) as response:
            this.response = response
            yield Responded(response.status, self._without_secrets(response.headers), _request_id(response))
            if not 200 <= response.status < 300:
                raise faults.from_response(response.status, response.headers, _error_body(response), now=self._now())
            where = host_of(self.endpoint.url)
            events = read_answer(response, where, asked_to_stream=stream, used_ids=used_ids, on_skipped=this.skip)
            for event in recovered(events, tools, used_ids):
                this.shown = this.shown or not isinstance(event, Metadata)
                yield event

    def _tell_skipped(self, this: _Try) -> None:
        if this.skipped == 1:
            self._warn("1 event of the stream could not be read and was skipped")
        elif this.skipped:
            self._warn(f"{this.skipped} events of the stream could not be read and were skipped")

    def _wait_after(
        self, error: GlmError, this: _Try, number: int, tries: int, waited: float, last_chances: set[object]
    ) -> float | None:
        """Seconds to the next try, None where there is none. Raises RateLimitError when the server wants too many."""
        if this.shown or not _may_pass(error):
            return None
        asked = faults.retry_after(this.response.headers, self._now()) if this.response else None
        if asked is not None and waited + asked > PATIENCE:
            raise self._come_back(error, asked) from error
        once = type(error) if isinstance(error, EmptyStream) else error.code if error.code in ONCE else None
        if number == tries or once in last_chances:
            return None
        if once is not None:
            last_chances.add(once)
        # "Full jitter": clients that failed together do not come back together.
        wait = asked if asked is not None else self._random() * min(LONGEST, SHORTEST * 2 ** (number - 1))
        return wait if waited + wait <= PATIENCE else None

    def _come_back(self, error: GlmError, seconds: float) -> RateLimitError:
        try:
            then = datetime.fromtimestamp(self._now() + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        except (ValueError, OverflowError, OSError):
            then = "far in the future"
        return RateLimitError(
            f"{error.message}; the server asks to wait for {seconds:.0f} s, until {then}",
            hint=f"Try again at {then}.",
            http_status=error.http_status,
            code=error.code,
            request_id=error.request_id,
        )

    def _complete(self, error: GlmError, this: _Try) -> None:
        """Puts into the error what only the response knew, and takes out what nobody may see: servers echo tokens."""
        if this.response is not None:
            error.http_status = error.http_status or this.response.status
            error.request_id = error.request_id or _request_id(this.response) or None
        error.message = self.endpoint.redact(error.message)
        error.hint = self.endpoint.redact(error.hint)
        error.args = (error.message,)

    def _without_secrets(self, headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, "[redacted]" if is_secret(name) else self.endpoint.redact(value)) for name, value in headers
        )


def _call_ids(body: dict[str, Any]) -> Iterator[str]:
    """The ids of the tool calls in the history."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("id"), str):
                yield call["id"]


def _may_pass(error: GlmError) -> bool:
    return isinstance(error, (BrokenConnection, EmptyStream)) or faults.is_retryable(error)


def _request_id(response: Response) -> str:
    return response.header("cf-ai-req-id") or response.header("cf-ray")


def _error_body(response: Response) -> bytes:
    """As much of it as came: the status says more than a body that breaks off."""
    body = bytearray()
    try:
        for chunk in response.chunks:
            body += chunk
            if len(body) >= MAX_ERROR_BODY:
                break
    except GlmError:
        pass
    return bytes(body[:MAX_ERROR_BODY])
