"""Spoken answers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.events import Audio, Event, Finished, TextDelta
from glmcli.errors import IncompleteError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import plain, show

STOP = Finished(("stop",))
WAV = b"RIFF\x04\0\0\0WAVE" + bytes(range(40))


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spoken(data: bytes, id: Any = "a1", index: int = 0) -> list[Event]:
    text = encoded(data)
    return [
        Audio({"id": id, "data": text[:8], "transcript": "Hel"}, index),
        Audio({"data": text[8:], "transcript": "lo"}, index),
        Audio({"expires_at": 9}, index),
    ]


def test_the_sound_is_saved_and_the_transcript_is_the_answer(tmp_path: Path) -> None:
    stage = show(Stage(tty=False), [*spoken(WAV), STOP], folder=tmp_path, output=tmp_path / "answer.txt")
    assert (stage.stdout, stage.stderr) == ("Hello\n", f"audio saved to {tmp_path}/glm-audio-a1.wav\n")
    assert (tmp_path / "glm-audio-a1.wav").read_bytes() == WAV
    assert (tmp_path / "answer.txt").read_text() == "Hello\n"


@pytest.mark.parametrize("how", [{}, {"raw": True}, {"plain": True}])
def test_every_choice_is_heard_and_read(tmp_path: Path, how: dict[str, Any]) -> None:
    events = [*spoken(WAV), *spoken(b"fLaC....", "b/../1", 1), STOP]
    stage = show(plain(err_tty=False), events, folder=tmp_path, choices=2, **how)
    assert stage.rows == ["choice 1 of 2", "Hello", "", "choice 2 of 2", "Hello"]
    assert stage.stderr.splitlines() == [
        f"audio saved to {tmp_path}/glm-audio-a1.wav",
        f"choice 2: audio saved to {tmp_path}/glm-audio-b-1.flac",
    ]


def test_text_that_came_is_not_said_again_by_the_transcript(tmp_path: Path) -> None:
    stage = show(Stage(tty=False), [*spoken(WAV), TextDelta("Text."), STOP], folder=tmp_path)
    assert stage.stdout == "Text.\n"


def test_each_of_several_answers_has_its_own_transcript(tmp_path: Path) -> None:
    events: list[Event] = [TextDelta("Text."), STOP, *spoken(WAV), STOP, *spoken(WAV), STOP]
    stage = show(Stage(tty=False), events, folder=tmp_path)
    assert stage.stdout == "Text.\nHello\nHello\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["glm-audio-a1-1.wav", "glm-audio-a1.wav"]


@pytest.mark.parametrize(
    ("data", "format", "name"),
    [
        (b"\0\1\0\1", "pcm16", "glm-audio-a1.pcm16"),
        (b"\0\1\0\1", "wav", "glm-audio-a1.wav"),
        (b"\0\1\0\1", "../odd", "glm-audio-a1.odd"),
        (b"ID3\4....", "wav", "glm-audio-a1.mp3"),
        (b"OggS\0....OpusHead", "opus", "glm-audio-a1.opus"),
        (b"OggS\0....", "wav", "glm-audio-a1.ogg"),
        (b"\xff\xf1....", "aac", "glm-audio-a1.aac"),
    ],
)
def test_the_name_tells_what_the_bytes_are_else_what_was_asked_for(
    tmp_path: Path, data: bytes, format: str, name: str
) -> None:
    show(Stage(tty=False), [*spoken(data), STOP], folder=tmp_path, audio_format=format)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: data}


def test_sound_that_is_no_base64_is_kept_as_it_came(tmp_path: Path) -> None:
    stage = show(Stage(tty=False), [Audio({"data": "no base64!"}), STOP], folder=tmp_path)
    path = tmp_path / "glm-audio-answer.base64"
    assert path.read_text() == "no base64!"
    assert stage.stderr == f"the audio is not valid base64; it is kept as it came in {path}\n"


def test_sound_of_a_cut_answer_is_saved_as_far_as_it_came(tmp_path: Path) -> None:
    stage = show(Stage(tty=False), spoken(WAV), IncompleteError("cut"), folder=tmp_path)
    assert (stage.stdout, stage.stderr) == (
        "Hello\n",
        f"audio, as far as it came, saved to {tmp_path}/glm-audio-a1.wav\n",
    )


@pytest.mark.parametrize("audio", [{"transcript": "Hello"}, {"transcript": "Hello", "data": ""}, {"data": 3}])
def test_without_sound_there_is_no_file(tmp_path: Path, audio: dict[str, Any]) -> None:
    stage = show(Stage(tty=False), [Audio(audio), STOP], folder=tmp_path)
    assert (stage.stdout, list(tmp_path.iterdir())) == ("Hello\n" if "transcript" in audio else "", [])


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_answers_for_programs_hold_the_sound_themselves(tmp_path: Path, format: str) -> None:
    stage = show(Stage(tty=False), [*spoken(WAV), STOP], format=format, folder=tmp_path)
    assert encoded(WAV)[8:] in stage.stdout
    assert list(tmp_path.iterdir()) == []


def test_sound_is_saved_for_callers_that_print_the_answer_themselves(tmp_path: Path) -> None:
    stage = show(Stage(tty=False), [*spoken(WAV), STOP], format="none", folder=tmp_path)
    assert (stage.stdout, [path.name for path in tmp_path.iterdir()]) == ("", ["glm-audio-a1.wav"])
