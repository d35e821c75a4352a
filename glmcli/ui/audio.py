"""Spoken answers (`message.audio`): the sound goes into a file, the transcript stands in for the text there is not.

Their events are collected until the answer ends, since a server may send either in pieces, and text after them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glmcli.api.completion import joined_audio
from glmcli.api.events import Audio, Event, Finished, TextDelta
from glmcli.errors import GlmError
from glmcli.media import media_type
from glmcli.ui.renderer import Renderer
from glmcli.ui.saved import from_base64, save_new
from glmcli.ui.terminal import Terminal

_SUFFIXES = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/mp4": "m4a"}
_OGG = ("audio/ogg", "application/ogg")


class SavedAudio:
    """Saves the sound of each choice as `glm-audio-ID.FORMAT` and names the file on standard error.

    format: the one that was asked for (`audio.format` of the request). It counts where the bytes do not tell.
    """

    def __init__(self, terminal: Terminal, *, format: str = "wav", folder: Path = Path()) -> None:
        self._terminal = terminal
        self._format = format
        self._folder = folder
        self._pieces: dict[int, list[dict[str, Any]]] = {}

    def feed(self, event: Event) -> None:
        match event:
            case Audio(audio, index):
                self._pieces.setdefault(index, []).append(audio)
            case Finished():
                self._save()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._save(cut=True)

    def _save(self, *, cut: bool = False) -> None:
        choices, self._pieces = self._pieces, {}
        for index in sorted(choices):
            audio = joined_audio(choices[index]) or {}
            data = audio.get("data")
            if not data or not isinstance(data, str):
                continue
            which = f"choice {index + 1}: " if index else ""
            name = f"glm-audio-{audio.get('id') or 'answer'}"
            sound = from_base64(data)
            if sound is None:
                path = save_new(self._folder, name, "base64", data.encode("utf-8", "replace"))
                self._terminal.note(f"{which}the audio is not valid base64; it is kept as it came in {path}", "warning")
            else:
                path = save_new(self._folder, name, _suffix(sound, self._format), sound)
                self._terminal.note(f"{which}audio{', as far as it came,' if cut else ''} saved to {path}")


class Transcribed:
    """Shows the transcript of each choice that has one and no text, as if it were its text."""

    def __init__(self, text: Renderer) -> None:
        self._text = text
        self._said: set[int] = set()
        self._transcripts: dict[int, list[str]] = {}

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text, index) if text:
                self._said.add(index)
            case Audio({"transcript": str(words)}, index):
                self._transcripts.setdefault(index, []).append(words)
            case Finished():
                self._transcribe()
            case _:
                pass
        self._text.feed(event)

    def close(self, error: GlmError | None) -> None:
        try:
            self._transcribe()
        finally:
            self._text.close(error)

    def _transcribe(self) -> None:
        transcripts, self._transcripts = self._transcripts, {}
        said, self._said = self._said, set()
        for index in sorted(transcripts.keys() - said):
            self._text.feed(TextDelta("".join(transcripts[index]), index))


def _suffix(sound: bytes, format: str) -> str:
    kind = media_type(sound)
    if kind in _OGG:
        return "opus" if format == "opus" else "ogg"
    return _SUFFIXES.get(kind) or format
