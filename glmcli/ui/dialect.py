"""The Markdown that models write, as a parser: CommonMark, tables, strike-through, task lists, footnotes, formulas,
JSON outside of fences, and a few tags. Other HTML is text, so that nothing the model wrote goes unseen. No drawing.

The rules that are ours look no further ahead than those of CommonMark do, so that an answer can be cut where its blocks
end: each decides by the lines up to where its block ends.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, paragraph, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_inline import StateInline

from glmcli.ui.latex import formulas
from glmcli.ui.tags import tags

DATA = "json_block"
"""Type of a token."""

_JSON = re.compile(r"(?:\{\s*(?:\"|\Z)|\[\s*(?:[{\[]\s*(?:\"|\Z)|\Z))")
LITERAL = re.compile(r"(?<=[\d)])\*(?=[\d(])|(?<![\w\\])__[a-z][a-z0-9_]*[a-z0-9]__(?!\w)")
_NOTE = re.compile(r"\[\^[^\[\]\s]+\]:")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_PIPE = re.compile(r"(?<!\\)\|")


def dialect() -> MarkdownIt:
    """The parser of our dialect."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.before("fence", DATA, _data, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("emphasis", "literal", _literal)
    return tags(formulas(parser))


def outline() -> MarkdownIt:
    """The same without inline rules."""
    return dialect().disable(["inline", "text_join"])


def _data(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """JSON outside of a fence, which is to keep its lines: up to the bracket that closes it, or a blank line."""
    text = _line(state, start)
    if state.is_code_block(start) or not _JSON.match(text):
        return False
    if silent:
        return True
    closed = text.endswith(("}", "]"))
    following = start + 1
    while not closed and following < end and not state.isEmpty(following):
        if state.sCount[following] < state.blkIndent:
            break
        closed = state.sCount[following] <= state.sCount[start] and _line(state, following).startswith(("}", "]"))
        following += 1
    state.line = following
    token = state.push(DATA, "", 0)
    token.info, token.map = "json", [start, following]
    token.content = state.getLines(start, following, state.sCount[start], False).rstrip("\n")
    return True


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[^1]: …` is a paragraph that may follow another one without a blank line. Else it would be a link definition
    if it is one word, and not be shown."""
    if state.is_code_block(start) or not _NOTE.match(state.src, state.bMarks[start] + state.tShift[start]):
        return False
    return silent or paragraph(state, start, end, silent)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, whose rows lose no cells: what a row has more than the head stays in its last one."""
    at = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    rows: list[list[int]] = []
    for index in range(at, len(state.tokens)):
        token = state.tokens[index]
        if token.type == "tr_open" and token.map:
            rows.append([token.map[0]])
        elif token.type == "inline":
            rows[-1].append(index)
    for line, *cells in rows[1:]:
        text = _line(state, line)
        if text.count("|") >= len(cells):
            for index, content in zip(cells, _cells(text, len(cells)), strict=False):
                state.tokens[index].content = content
    return True


def _literal(state: StateInline, silent: bool) -> bool:
    """Marks that mean themselves: the asterisks of `2*3*4`, and the underscores of `__init__`."""
    found = LITERAL.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = found.group()
    state.pos = found.end()
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _cells(text: str, count: int) -> list[str]:
    """The cells of a row, at most so many. If they are more, the pipes in code are no ends of cells, by which GitHub
    takes them."""
    cells = _split(text)
    if len(cells) > count:
        cells = _split(_CODE.sub(lambda code: _PIPE.sub(r"\\|", code.group()), text))
    return cells if len(cells) <= count else [*cells[: count - 1], " | ".join(cells[count - 1 :])]


def _split(text: str) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(text.strip())]
    return cells[not cells[0] : len(cells) - (len(cells) > 1 and not cells[-1])]
