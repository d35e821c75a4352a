"""A block that stays open for pages is read about as often as a short one, whatever it is and wherever it stands."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from glmcli.ui.blocks import Splitter

ROW, LINE = "| r{} | c |\n", "line {} of it\n"
BLOCKS = {
    "table": ("| a | b |\n|---|---|\n", ROW),
    "table in an item": ("- item\n\n  | a | b |\n  |---|---|\n", f"  {ROW}"),
    "table that begins an item": ("- | a | b |\n  |---|---|\n", f"  {ROW}"),
    "table in a numbered item": ("1. item\n   | a | b |\n   |---|---|\n", f"   {ROW}"),
    "table in a quote": ("> | a | b |\n> |---|---|\n", f"> {ROW}"),
    "table in an inner item": ("- a\n  - b\n    1. c\n\n       | a | b |\n       |---|---|\n", f"       {ROW}"),
    "paragraph": ("", LINE),
    "paragraph in an item": ("- a\n", f"  {LINE}"),
    "paragraph in a quote": ("> a\n", f"> {LINE}"),
    "paragraph with a first line of its own": ("> a\n", LINE),
    "items": ("", f"- {LINE}"),
    "inner items": ("- a\n", f"  - {LINE}"),
    "code": ("```\n", LINE),
    "code in an item": ("- a\n\n  ```\n", f"  {LINE}"),
    "formula": ("$$\n", f"+ {LINE}"),
    "data": ("{\n", '  "a": "{}",\n'.replace("{}", LINE.strip())),
    "formula in an item": ("- a\n\n  \\[\n", f"  + {LINE}"),
    "indented code": ("", f"    {LINE}"),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_the_parser_sees_each_character_a_few_times(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse, parsed = MarkdownIt.parse, list[int]()

    def counted(self: MarkdownIt, source: str, env: dict[str, object] | None = None) -> object:
        parsed.append(len(source))
        return parse(self, source, env)

    monkeypatch.setattr(MarkdownIt, "parse", counted)
    head, line = BLOCKS[name]
    text = head + "".join(line.format(i) for i in range(200))
    splitter = Splitter()
    for piece in text.splitlines(keepends=True):
        splitter.feed(piece)
        splitter.take()
        splitter.rest(16)
    splitter.take(final=True)
    assert sum(parsed) < 6 * len(text)
