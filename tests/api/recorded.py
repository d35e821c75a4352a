"""The recorded replies, and what our code makes of one. As a program: writes `expected.json` anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from glmcli.api.completion import Completion
from glmcli.api.decode import Decoder
from glmcli.api.events import Event, Finished, usage_json
from glmcli.api.faults import from_response
from glmcli.api.sse import SseDecoder
from glmcli.api.verdict import verdict
from glmcli.errors import GlmError

REPLIES = Path(__file__).parent.parent / "replies"
EXPECTED = REPLIES / "expected.json"


@dataclass(frozen=True)
class Recording:
    """One HTTP response. body: without the chunk framing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def streams(self) -> bool:
        return self.header("content-type").startswith("text/event-stream")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@cache
def recordings() -> dict[str, Recording]:
    """All of them, by folder and name."""
    with ZipFile(REPLIES / "transcripts.zip") as archive:
        return {name.removesuffix(".response"): _parsed(archive.read(name)) for name in archive.namelist()}


def _parsed(response: bytes) -> Recording:
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    recording = Recording(int(first.split()[1]), headers, body)
    if recording.header("transfer-encoding") == "chunked":
        return Recording(recording.status, headers, _without_chunks(body))
    return recording


def _without_chunks(framed: bytes) -> bytes:
    body = []
    while framed:
        size, _, rest = framed.partition(b"\r\n")
        length = int(size, 16)
        body.append(rest[:length])
        framed = rest[length + 2 :]
        if not length:
            break
    return b"".join(body)


@dataclass
class Replay:
    """What came out of a reply: its events, the answer they make, and why it is not whole."""

    events: list[Event]
    completion: Completion
    error: GlmError | None


def replay_stream(chunks: Iterable[bytes]) -> Replay:
    """Decodes the body of a stream that came in these chunks."""
    replay = Replay([], Completion(), None)
    sse, decoder = SseDecoder(), Decoder(stream=True)
    try:
        for chunk in chunks:
            for data in sse.feed(chunk):
                _take(replay, decoder.feed_data(data))
        for data in sse.close():
            _take(replay, decoder.feed_data(data))
        _take(replay, decoder.finish())
        replay.error = verdict(replay.completion, isinstance(replay.events[-1], Finished))
    except GlmError as error:
        replay.error = error
    return replay


def replay_whole(payload: Any) -> Replay:
    """Decodes a whole JSON answer."""
    replay = Replay([], Completion(), None)
    decoder = Decoder(stream=False)
    try:
        _take(replay, decoder.feed(payload))
        _take(replay, decoder.finish())
        replay.error = verdict(replay.completion, isinstance(replay.events[-1], Finished))
    except GlmError as error:
        replay.error = error
    return replay


def _take(replay: Replay, events: Iterable[Event]) -> None:
    for event in events:
        replay.events.append(event)
        replay.completion.feed(event)


def outcome(recording: Recording) -> dict[str, Any]:
    """What a reader would want to check of a reply; keys that would be empty are left out."""
    if recording.status != 200:
        fault = from_response(recording.status, recording.headers, recording.body)
        return {"status": recording.status, "error": _error_json(fault)}
    if recording.streams:
        replay = replay_stream([recording.body])
    else:
        replay = replay_whole(json.loads(recording.body or b"null"))
    answer = replay.completion
    choices = [
        {
            "finish_reason": answer.finish_reason(index),
            "reasoning": answer.reasoning(index),
            "text": answer.text(index),
            "tool_calls": [f"{call.id}: {call.name}({call.arguments})" for call in answer.tool_calls(index)],
        }
        for index in answer.choices
    ]
    result = {
        "choices": [{key: value for key, value in choice.items() if value} for choice in choices],
        "usage": usage_json(answer.usage) if answer.usage else None,
        "error": _error_json(replay.error) if replay.error else None,
    }
    return {key: value for key, value in result.items() if value}


def _error_json(error: GlmError) -> dict[str, Any]:
    return {"type": error.type, "message": error.message, "code": error.code}


if __name__ == "__main__":
    outcomes = {name: outcome(recording) for name, recording in sorted(recordings().items())}
    EXPECTED.write_text(json.dumps(outcomes, ensure_ascii=False, indent=1) + "\n")
