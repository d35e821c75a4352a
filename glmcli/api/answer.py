"""From the body of a 200 answer to events. Knows content types and where bodies end, not what events mean.

The content type decides, whatever was asked for: some models answer a stream request with JSON (wire-protocol §3.1).
HTTP 200 proves nothing (interface §5): what is no answer ends as ServerError, what is not a whole one as
IncompleteError, after the events that came before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

from glmcli.api.decode import Decoder
from glmcli.api.events import Event
from glmcli.api.http import MAX_BODY, Response, read_up_to
from glmcli.api.sse import DONE, SseDecoder
from glmcli.errors import GlmError, IncompleteError, ServerError

# Seconds that the end of the bytes may take after the end of the answer, for the sake of the connection.
GRACE = 0.25
PAGES = ("text/html", "application/xhtml+xml", "text/xml", "application/xml")
FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


class EmptyStream(IncompleteError):
    """A stream that ended as it should, without an event in it."""


def read_answer(
    response: Response,
    where: str,
    *,
    asked_to_stream: bool,
    used_ids: Collection[str] = (),
    on_skipped: Callable[[int], None] = lambda count: None,
) -> Iterator[Event]:
    """The events of an answer with status 200.

    where: the host, for messages. used_ids: of the tool calls in the conversation so far; no new call gets one.
    on_skipped: told, at the end of a stream, how many of its events could not be read, if any.

    Raises EmptyStream, IncompleteError, ServerError, and what a failure inside the answer is mapped to.
    """
    if response.status in (204, 205):
        raise ServerError(f"{where} answered {response.status}, which has no content", hint="Check the base URL.")
    content_type = response.header("content-type").partition(";")[0].strip().lower()
    first = next((chunk for chunk in response.chunks if chunk), b"")
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not first and asked_to_stream:
        raise _empty(where)
    if content_type in PAGES or start.startswith(b"<"):
        raise ServerError(
            f"{where} answered with a web page, not with an answer",
            hint="A login page of the network or a proxy may stand in between; check the base URL too.",
        )
    if start.startswith(b"{"):
        yield from _from_json(response, first, where, used_ids)
    elif content_type == "text/event-stream" or _starts_a_field(start):
        yield from _from_stream(response, first, where, used_ids, on_skipped)
    elif content_type == "application/json" or content_type.endswith("+json"):
        yield from _from_json(response, first, where, used_ids)
    else:
        raise ServerError(
            f"{where} answered with {content_type or 'something without a content type'}, not with an answer",
            hint="Check the base URL.",
        )


def _from_json(response: Response, first: bytes, where: str, used_ids: Collection[str]) -> Iterator[Event]:
    body = first + read_up_to(response, MAX_BODY - len(first))
    try:
        payload = json.loads(body)
    except RecursionError:
        raise ServerError(f"the JSON of {where} is nested too deeply", hint="Check the base URL.") from None
    except ValueError as error:
        if _ends_anywhere(response) and _is_cut(error, body):
            raise IncompleteError(f"the answer of {where} was cut short", hint="Try again.") from None
        raise ServerError(f"{where} sent JSON that cannot be read", hint="Try again, or check the base URL.") from None
    decoder = Decoder(stream=False, used_ids=used_ids)
    yield from decoder.feed(payload)
    yield from decoder.finish()


def _from_stream(
    response: Response, first: bytes, where: str, used_ids: Collection[str], on_skipped: Callable[[int], None]
) -> Iterator[Event]:
    decoder = Decoder(stream=True, used_ids=used_ids)
    cut: list[GlmError] = []
    done = False
    for data in _data(_until_cut(chain([first], response.chunks), cut)):
        yield from decoder.feed_data(data)
        if data.strip() == DONE:
            done = True
            break
    if decoder.empty and not cut:
        if decoder.skipped:
            raise ServerError(f"{where} sent events that are not an answer", hint="Check the base URL.")
        raise _empty(where)
    if decoder.skipped:
        on_skipped(decoder.skipped)
    try:
        yield from decoder.finish()
    except IncompleteError:
        # The finish reason never came. Where the connection broke, that is why.
        if cut:
            raise cut[0] from None
        raise
    if done:
        response.drain(GRACE)


def _until_cut(chunks: Iterable[bytes], cut: list[GlmError]) -> Iterator[bytes]:
    """The chunks up to where they break off, which is kept in `cut`: an answer may be whole all the same."""
    try:
        yield from chunks
    except GlmError as error:
        cut.append(error)


def _data(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = SseDecoder()
    for chunk in chunks:
        yield from decoder.feed(chunk)
    yield from decoder.close()


def _starts_a_field(start: bytes) -> bool:
    """Whether these bytes begin an event stream, as far as they came: JSON and prose do not begin so."""
    return bool(start) and any(field.startswith(start[: len(field)]) for field in FIELDS)


def _ends_anywhere(response: Response) -> bool:
    """Whether the body had no length, so that a broken connection looks like its end."""
    return not response.header("content-length") and "chunked" not in response.header("transfer-encoding").lower()


def _is_cut(error: ValueError, body: bytes) -> bool:
    """Whether more bytes might have made it JSON."""
    if not isinstance(error, json.JSONDecodeError):
        return isinstance(error, UnicodeDecodeError) and error.end == len(body)
    return error.msg.startswith("Unterminated string") or error.pos >= len(error.doc.rstrip())


def _empty(where: str) -> EmptyStream:
    return EmptyStream(f"{where} sent an empty answer: a stream without events", hint="Try again.")
