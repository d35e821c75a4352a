"""A fenced code block that is open: which line closes it, and what of a line is code. No drawing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fence:
    """The opening line of a code block: its marks, and the columns by which it and its content are indented."""

    marks: str
    indent: int

    def closed_by(self, line: str) -> bool:
        text = line.lstrip(" \t")
        marks = text.rstrip(" \t")
        return (
            len(line[: len(line) - len(text)].expandtabs(4)) < 4
            and len(marks) >= len(self.marks)
            and not marks.strip(self.marks[0])
        )

    def content(self, line: str) -> str:
        """The line without the indentation of the fence."""
        at = column = 0
        while at < len(line) and column < self.indent and line[at] in " \t":
            column += 4 - column % 4 if line[at] == "\t" else 1
            at += 1
        return " " * (column - self.indent) + line[at:]
