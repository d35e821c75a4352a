"""Images in an answer, which no documented answer has and some servers send: saved, or named by their address.

They come as parts of the content, or as `images` of the message; anything else of that kind is named too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glmcli.api.events import ContentPart, Event, Finished, Metadata
from glmcli.errors import GlmError
from glmcli.media import UNKNOWN, media_type
from glmcli.ui.clean import one_line
from glmcli.ui.saved import from_base64, save_new
from glmcli.ui.terminal import Terminal

_SUFFIXES = {"image/jpeg": "jpg", "image/svg+xml": "svg", UNKNOWN: "bin", "text/plain": "txt"}


class Images:
    """Saves each image that comes as data as `glm-image-ID.TYPE`, and names files and addresses on standard error."""

    def __init__(self, terminal: Terminal, *, folder: Path = Path()) -> None:
        self._terminal = terminal
        self._folder = folder
        self._id = "answer"
        self._parts: list[tuple[int, Any]] = []

    def feed(self, event: Event) -> None:
        match event:
            case Metadata({"id": str(id)}, "completion"):
                self._id = id
            case Metadata({"images": list(images)}, "message", index):
                self._parts += ((index, image) for image in images)
            case ContentPart(part, index):
                self._parts.append((index, part))
            case Finished():
                self._show()
            case _:
                pass

    def close(self, error: GlmError | None) -> None:
        self._show()

    def _show(self) -> None:
        parts, self._parts = self._parts, []
        for index, part in parts:
            which = f"choice {index + 1}: " if index else ""
            source = _source(part)
            data = from_base64(source)
            if data:
                kind = media_type(data)
                suffix = _SUFFIXES.get(kind) or kind.rpartition("/")[2]
                path = save_new(self._folder, f"glm-image-{self._id}", suffix, data)
                self._terminal.note(f"{which}image saved to {path}")
            elif source and not source.startswith("data:") and "://" in source:
                self._terminal.note(f"{which}image: {one_line(source)}")
            else:
                kind = one_line(str(part.get("type") if isinstance(part, dict) else type(part).__name__))
                self._terminal.note(f"{which}a part of the answer cannot be shown ({kind}): see --json", "warning")


def _source(part: Any) -> str:
    """The address or the base64 data of an image, wherever servers put it; empty if there is none."""
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and "image" in str(part.get("type") or "image"):
        for key in ("image_url", "url", "b64_json", "data", "result", "image", "source"):
            value = part.get(key)
            if isinstance(value, dict):
                value = next((value[name] for name in ("url", "data") if value.get(name)), None)
            if value and isinstance(value, str):
                return value
    return ""
