"""The fenced code blocks of an answer, as they were written. Pure: no terminal, no file.

The structure is that of CommonMark, so that a fence in a list counts and one inside of another fence does not. A block
that the answer was cut off in counts too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from glmcli.errors import UnusableError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

Which = Literal["first", "last", "all"]


@dataclass(frozen=True)
class CodeBlock:
    """language: the first word after the opening fence, may be empty. text: the lines between the fences."""

    language: str
    text: str

    @property
    def described(self) -> str:
        """`python, 12 lines`."""
        count = len(self.text.splitlines())
        lines = "1 line" if count == 1 else f"{count} lines"
        return f"{self.language}, {lines}" if self.language else lines


def code_blocks(text: str) -> list[CodeBlock]:
    """All of them, in their order."""
    if "```" not in text and "~~~" not in text:
        return []
    from markdown_it import MarkdownIt

    # Blocks alone: what stands inside of a paragraph takes time and holds no fence.
    outline = MarkdownIt("commonmark").disable(["inline", "text_join"])
    fences = [it for it in outline.parse(text) if it.type == "fence"]
    lines = _LINE.findall(text)
    found = []
    for fence in fences:
        content, begin = fence.content, (fence.map or [0])[0]
        if fence.level == 0 and not lines[begin].startswith(" "):
            # Its lines stand in the text as they are, with line ends and characters that the parser replaces.
            count = content.count("\n") + (not content.endswith("\n") and content != "")
            content = "".join(lines[begin + 1 : begin + 1 + count])
        found.append(CodeBlock("".join(fence.info.split()[:1]), content))
    return found


def extracted(text: str, which: Which) -> str:
    """What -x, --extract-last and --extract-all print of an answer: the exact text of a block, or of all with an
    empty line between two. Raises UnusableError for an answer without one."""
    found = code_blocks(text)
    if not found:
        raise UnusableError(
            "the answer has no code block", hint="Ask for one, or leave out --extract to see the answer."
        )
    if which == "all":
        return "\n".join(block.text for block in found)
    return found[0 if which == "first" else -1].text
