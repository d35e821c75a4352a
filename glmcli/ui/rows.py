"""Rows of laid-out text, seen as the letters and digits in them: what stays the same however wide the terminal is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.segment import Segment


def letters(text: str) -> int:
    """How many letters and digits there are. Marks, rules and frames of ours have none."""
    return sum(map(str.isalnum, text))


def text_of(row: "list[Segment]") -> str:
    return "".join(part.text for part in row)


def without(rows: "list[list[Segment]]", count: int) -> "tuple[list[list[Segment]], int]":
    """The rows behind the first `count` letters and digits, and how many of those the rows did not have."""
    for at, row in enumerate(rows):
        if not count:
            return rows[at:], 0
        has = letters(text_of(row))
        if has > count:
            return [_behind(row, count), *rows[at + 1 :]], 0
        count -= has
    return [], count


def _behind(row: "list[Segment]", count: int) -> "list[Segment]":
    left: list[Segment] = []
    for part in row:
        at = 0
        while count and at < len(part.text):
            count -= part.text[at].isalnum()
            at += 1
        if at < len(part.text):
            left.append(part._replace(text=part.text[at:]))
    while left and not left[0].text.strip():
        left.pop(0)
    if left:
        left[0] = left[0]._replace(text=left[0].text.lstrip())
    return left
