"""Images, and other parts of an answer that are no text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.api.events import ContentPart, Event, Finished, Metadata, TextDelta
from glmcli.errors import IncompleteError
from tests.ui.drawing import Stage
from tests.ui.test_renderers import show

STOP = Finished(("stop",))
PNG = "iVBORw0KGgo="
DATA = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": f"data:image/png;base64,{PNG}"},
        {"type": "output_image", "b64_json": PNG},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image_generation_call", "url": None, "result": PNG},
    ],
)
def test_an_image_that_comes_as_data_is_saved(tmp_path: Path, part: dict[str, Any]) -> None:
    events: list[Event] = [Metadata({"id": "x1"}), TextDelta("Look:"), ContentPart(part), ContentPart(part, 1), STOP]
    stage = show(Stage(tty=False), events, folder=tmp_path)
    assert (stage.stdout, stage.stderr.splitlines()) == (
        "Look:\n",
        [
            f"image saved to {tmp_path}/glm-image-x1.png",
            f"choice 2: image saved to {tmp_path}/glm-image-x1-1.png",
        ],
    )
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [DATA, DATA]


@pytest.mark.parametrize(
    ("data", "name"), [("/9j/", "jpg"), ("R0lGODlh", "gif"), ("AAAA", "bin"), ("QUJD", "txt"), ("PHN2Zz4=", "svg")]
)
def test_the_name_tells_what_the_bytes_are(tmp_path: Path, data: str, name: str) -> None:
    show(Stage(tty=False), [ContentPart({"type": "image", "data": data}), STOP], folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"glm-image-answer.{name}"]


def test_images_beside_the_content_are_shown_too(tmp_path: Path) -> None:
    images = [
        {"type": "image_url", "image_url": {"url": "https://a.b/c.png\x1b"}},
        {"url": "https://d"},
        "https://e",
        7,
    ]
    stage = show(Stage(tty=False), [Metadata({"images": images}, "message"), STOP], folder=tmp_path)
    assert stage.stderr.splitlines() == [
        "image: https://a.b/c.png␛",
        "image: https://d",
        "image: https://e",
        "a part of the answer cannot be shown (int): see --json",
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video\n"},
        {"type": "video\n", "url": "https://a.b"},
        {"type": "video\n", "image_url": {}},
    ],
)
def test_what_cannot_be_shown_is_named(tmp_path: Path, part: dict[str, Any]) -> None:
    stage = show(Stage(tty=False), [ContentPart(part)], IncompleteError("cut"), folder=tmp_path)
    assert stage.stderr == "a part of the answer cannot be shown (video␊): see --json\n"


@pytest.mark.parametrize(
    "image", [{}, {"image_url": {}}, {"image_url": {"url": ""}}, {"url": "data:image/svg+xml,<svg>"}, {"url": "a.png"}]
)
def test_an_image_without_a_usable_source_is_named(tmp_path: Path, image: dict[str, Any]) -> None:
    stage = show(Stage(tty=False), [ContentPart({"type": "image", **image}), STOP], folder=tmp_path)
    assert stage.stderr == "a part of the answer cannot be shown (image): see --json\n"
    assert list(tmp_path.iterdir()) == []
