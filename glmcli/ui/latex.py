r"""Formulas in Markdown: `\( … \)`, `\[ … \]`, `$ … $` and `$$ … $$`, which models write without being asked to.

They are kept as they were written, with their marks, since no terminal sets them: otherwise Markdown would take their
backslashes, and underscores, asterisks and plus signs for marks of its own. Rules for markdown-it, no drawing.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

LONGEST = 300
"""Characters of a formula in a line, at most: so a dollar sign without a partner concerns no more than these."""

_INLINE = re.compile(
    rf"""\\\([^\n`]{{1,{LONGEST}}}?\\\)
    |\\\[(?=\s|(?:(?!\\\])[^\n])*?(?!\\\])[\\^_=+<>{{}}])[^\n`]{{1,{LONGEST}}}?\\\]
    |\$\$(?!\$)(?:\\.|[^$\n\\]){{1,{LONGEST}}}?\$\$
    |\$(?![\s$])(?:\\.|[^$\n`\\]){{1,{LONGEST}}}?(?<!\s)\$(?![\d$])""",
    re.VERBOSE,
)
r"""A price is no formula: `$` has no blank behind it, the second one none before it and no digit behind it. Brackets
that are only escaped, `\[1\]`, have nothing in them that looks like one."""
_LIKELY = re.compile(r"\s|.*[\\^_=+<>{}]")
_ENDS = {"$$": "$$", "\\[": "\\]"}
_BEHIND = re.compile(r"[\s.,;:]*\Z")

BLOCK, INLINE = "math_block", "math_inline"
"""Types of tokens."""


def formulas(parser: MarkdownIt) -> MarkdownIt:
    """The parser, which takes formulas for what they are from now on."""
    parser.block.ruler.before("fence", BLOCK, _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", INLINE, _inline)
    return parser


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "\\$":
        return False
    found = _INLINE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push(INLINE, "math", 0).content = found.group()
    state.pos = found.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula that begins a line: up to the line where it ends, or a blank one, which LaTeX forbids inside."""
    line = _line(state, start)
    if state.is_code_block(start) or line[:2] not in _ENDS or line.startswith("$$$"):
        return False
    ending = _ENDS[line[:2]]
    formula, closed, behind = line[2:].partition(ending)
    if closed and not (_BEHIND.match(behind) and _LIKELY.match(formula)):
        return False  # it stands in a sentence, or is none
    if silent:
        return True
    following = start + 1
    while not closed and following < end and not state.isEmpty(following):
        if state.sCount[following] < state.blkIndent:
            break
        closed = ending if ending in _line(state, following) else ""
        following += 1
    state.line = following
    token = state.push(BLOCK, "", 0)
    token.content = state.getLines(start, following, state.sCount[start], False).rstrip("\n")
    token.map = [start, following]
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
