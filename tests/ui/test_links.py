from __future__ import annotations

from zlib import crc32

import pytest

from glmcli.ui.blocks import Blocks
from glmcli.ui.links import safe
from glmcli.ui.markdown import Layout, Painter


def drawn(text: str, *, color: bool, width: int = 60) -> list[str]:
    painter = Painter(width, color=color, theme="plain")
    return [painter.text(row) for row in painter.rows([Blocks(text, {})], Layout())]


@pytest.mark.parametrize(
    ("address", "text", "whether"),
    [
        ("https://x.y/a?b=c#d", "a page", True),
        ("http://x.y", "http://x.y", True),
        ("mailto:a@b.c", "a@b.c", True),
        ("mailto:a@b.c", "write", True),
        ("ftp://x.y", "a", False),
        ("javascript:alert(1)", "a", False),
        ("file:///etc/passwd", "a", False),
        ("https://x.y/\u202e", "a", False),
        ("https://x.y/\x1b", "a", False),
        ("https://x.y/ a", "a", False),
        ("https://good.com@evil.com/", "a", False),
        ("https://evil.com", "https://good.com", False),
        ("https://evil.com", "www.good.com", False),
        ("https://evil.com", "good.com/login", False),
        ("https://x.y/" + "a" * 2001, "a", False),
    ],
)
def test_which_links_may_be_clicked(address: str, text: str, whether: bool) -> None:
    assert safe(address, text) is whether


def test_a_safe_link_is_clickable_with_its_address_beside_it() -> None:
    (row,) = drawn("see [this](https://x.y) now", color=True)
    opened = f"\x1b]8;id={crc32(b'https://x.y'):x};https://x.y\x1b\\"
    closed = "\x1b]8;;\x1b\\"
    assert row == f"see {opened}this{closed}{opened} (https://x.y){closed} now"


@pytest.mark.parametrize("text", ["[a](ftp://x.y)", "[www.good.com](https://evil.com)"])
def test_another_link_is_text_with_its_address(text: str) -> None:
    (row,) = drawn(text, color=True)
    assert "\x1b]8" not in row
    assert row.count("(") == 1


def test_without_colour_nothing_is_clickable() -> None:
    assert drawn("see [this](https://x.y) <https://z.w>", color=False) == ["see this (https://x.y) https://z.w"]
