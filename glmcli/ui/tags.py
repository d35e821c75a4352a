"""The few HTML tags that models put into Markdown for what it has no marks for: `H<sub>2</sub>O`, `<kbd>Ctrl</kbd>`.

A pair of them in one line is shown as what it means; every other tag stays as it is written, so that nothing goes
unseen. A rule for markdown-it, no drawing.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

LONGEST = 300
"""Characters between two tags, at most: so one without a partner concerns no more than these."""

_STYLES = {
    **dict.fromkeys(("b", "strong", "mark", "summary"), "strong"),
    **dict.fromkeys(("i", "em", "var"), "em"),
    **dict.fromkeys(("s", "del", "strike"), "s"),
    **dict.fromkeys(("u", "ins"), "u"),
}
_CODE = ("kbd", "code", "samp", "tt")
_LEVELS = {"sub": "_", "sup": "^"}
NAMES = (*_STYLES, *_CODE, *_LEVELS)

_PAIR = re.compile(rf"<({'|'.join(NAMES)})>([^\n]{{1,{LONGEST}}}?)</\1>", re.IGNORECASE)
_SMALL = {
    "sub": str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"),
    "sup": str.maketrans("0123456789+-=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"),
}


def tags(parser: MarkdownIt) -> MarkdownIt:
    """The parser, which takes these tags for what they mean from now on."""
    parser.inline.ruler.before("autolink", "tags", _pair)
    return parser


def raised(name: str, text: str, *, ascii: bool) -> str:
    """What stands in `sub` or `sup`: in small characters if there are such for all of it, else behind `_` or `^`."""
    small = _SMALL[name]
    if not ascii and all(ord(char) in small for char in text):
        return text.translate(small)
    return f"{_LEVELS[name]}{text}" if len(text) == 1 else f"{_LEVELS[name]}({text})"


def _pair(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    found = _PAIR.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    name, text = found[1].lower(), found[2]
    if not silent:
        if name in _STYLES:
            _inside(state, _STYLES[name], found.start(2), found.end(2))
        elif name in _CODE:
            state.push("code_inline", "code", 0).content = text
        else:
            token = state.push("raised", "", 0)
            token.content, token.info = text, name
    state.pos = found.end()
    return True


def _inside(state: StateInline, tag: str, begin: int, end: int) -> None:
    """What stands in a pair of tags, as Markdown."""
    most = state.posMax
    state.pos, state.posMax = begin, end
    state.push(f"{tag}_open", tag, 1)
    state.md.inline.tokenize(state)
    state.push(f"{tag}_close", tag, -1)
    state.posMax = most
