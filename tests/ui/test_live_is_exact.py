"""An answer drawn while it comes leaves on the terminal what one print of the whole leaves."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.events import TextDelta
from glmcli.ui.blocks import Blocks
from glmcli.ui.clean import clean
from glmcli.ui.live import LiveMarkdown
from glmcli.ui.markdown import Layout, Painter
from tests.support.screen import seen
from tests.ui.drawing import Clock, Stage

PROSE = "The open block is small, and the others are *never* touched again; `code` and **bold** too. " * 3

CORPORA = {
    "prose": "\n\n".join([PROSE] * 3),
    "one long paragraph": PROSE * 30,
    "paragraph of many lines": "\n".join(f"line {i} of a paragraph" for i in range(60)),
    "headings": "# One\n\nTwo\n===\ntext\nThree\n---\n#### Four #\n\ntext\n\n---\n\n***\nend",
    "setext of two lines": "a paragraph\nof two lines\n-\nafter\n\nagain\n--\n\n\nlast\n=",
    "bullets": "- one\n- two\n  more of two\n- three\n\n  a second paragraph\n\n- four\n* another list\n* two\n+ third",
    "numbers": "".join(f"{i}. item {i}\n" for i in range(7, 14)) + "\n1) other\n2) marks\n",
    "numbers that grow to hundreds": "".join(f"{i}. item\n" for i in range(96, 104)),
    "all ones": "1. a\n1. b\n1. c\n\n   more of c\n1. d\n\nend",
    "nested lists": "- a\n  - b\n    - c\n      1. d\n      2. e\n  - f\n- g\n\n  - h\n\n    text of h\n\n- i\n",
    "lists with code": "1. do this:\n   ```sh\n   ls /*\n\n   echo\n   ```\n2. then\n\n       indented\n\n3. done\n",
    "crooked lists": "- a\n - b\n  - c\n   - d\n    - e\n-\n- \n  f\n-\n\n  g\n- h\nlazy\n",
    "list then indented": "- a\n\n    b\n\n      c\n\ntext\n\n    code after text\n",
    "fence": "```python\ndef f():\n    '''doc\n\n    more'''\n\n\n    return 1  # c\n```\nafter\n",
    "fence without end": "text\n\n~~~~js\n/* one\n   two */ let x = `a\nb`;\n~~~\nstill code",
    "fences of other kinds": "```` md\n```\ninner\n```\n````\n\n```x`y```\n\n  ```\n  two\n three\n    four\n\tfive\n"
    "  ```\n```\n```\nend",
    "empty fences": "```\n```\n\n```py\n\n```\n~~~\n\n\n~~~",
    "long code lines": "```\n" + "x" * 300 + "\n" + "日本" * 60 + "\nshort\n```\n\n    " + "y" * 200 + "\n\nend",
    "table": "before\n\n| a | b | c |\n|---|:-:|--:|\n" + "| one | two | three |\n" * 40 + "after\n\nend",
    "table that begins in a paragraph": "text\na | b\n--- | ---\n1 | 2\n3 | 4 | 5\n\n| no | table\nreally",
    "table with long cells": "|a|b|\n|-|-|\n|"
    + "word " * 30
    + "|"
    + "x" * 90
    + "|\n| `a|b` <br> **c** | [l](http://e.x/y) |",
    "quotes": "> quote\nlazy\n> > inner\n> - item\n>   more\n\n> other\n>\n> ```\n> code\n> ```\n\nend",
    "html": "<div>\n\n*text*\n\n</div>\n<!-- a\n\nb -->\n<pre>\n\nx\n</pre>\nend<br>of line\n",
    "references": "[a]: http://x.y\n\nsee [a] and [b]\n\n[b]: http://late\n\nnow [b] and [c][a]\n",
    "definitions alone": "[a]: http://x.y\n[b]: <z> 'title'\n",
    "wide text": "日本語のテキスト" * 12 + "\n\n- 項目\n- 👩‍👩‍👧 家族 é\n\n| 表 | b |\n|--|--|\n| 値 | 🏴󠁧󠁢󠁥󠁮󠁧󠁿 |\n",
    "control characters": "a\x1b[31mred\x07\n\n- \x9b2J\n\n```\n\x1b]52;c;aGk=\x07\n```\n"
    "\u202eevil &#27; &#x202e; [x](a\u202eb)",
    "line ends": "a\r\nb\r\n\r\n- c\r\n- d\r\n\r\n```\r\ncode\r\n```\r\n",
    "breaks": "hard  \nbreak\\\nhere\nsoft\n\n\ttab code\n\n- a\tb\n",
    "blank": "\n\n  \n",
    "blank lines first": "\n\n\n- a\n\n\n\n- b\n\n\n\n\nend\n\n\n",
    "images and links": "![](x) ![alt](y 't') [![i](a)](b) <http://c.d> <a@b.c> [*em* `co`](<u v>) [](e)\n",
    "rules": "a\n***\nb\n\n- - -\n- c\n---\n_ _ _\n",
    "tasks": "- [ ] open\n- [x] *done*\n  - [X] inner\n\n  [x] text\n- [x]\n- [ ]\n  lazy\n\n1. [ ] a\n2. [x] b\n",
    "formulas in lines": "so \\(a_1 * b_1\\) and $x_1*y_1$ cost $5 or $6 \\[c_1\\] \\[1\\] $$d_1*e_1$$ `$f$` \\(g $h\n"
    * 5,
    "formulas": "text\n\\[\na_1\n+ b_1 \\\\\n= *c*\n\\]\nmore\n$$ x_1 $$\n\n$$\n- open\n\n- a\n  \\[ b \\]\n- $$\n  c\n"
    "  + d\n  $$ e\n\n> \\[\n> f\n> \\]\nlazy\n\n\\[1\\] no *formula*\n\n$$ neither $$ *is* this\n$$",
    "data": 'So:\n{\n  "a_b": "*c*",\n  "d": [\n    1\n  ]\n}\nand *on*\n\n[\n  {"e": 1},\n\n- {"f": 2}\n- [\n  3\n',
    "tags": "H<sub>2</sub>O x<sup>*n*</sup> <kbd>a*b</kbd> <b>bold *both*</b> <b>open <i>i</b> x</i> <B>c</B> <a>\n"
    * 3,
    "notes": "a[^1] b[^n]\n\n[^1]: one\n[^n]: two words\nmore\n\n[^3]: *three*\n    far\n- c\n\n  [^4]: d\n  [^5]: e\n",
    "items behind code": "1. a\n   ```\n   b\n   ```\n2. c\n\n       d\n3. e\n   - f\n     ```\n     g\n     ```\n"
    "   - h\n4. i\n   $$\n   j\n   $$\n   - k\n     | l |\n     |---|\n     | m |\n5. n\n\n"
    "> - o\n>   ```\n>   p\n>   ```\n> - q\n",
    "literal marks": "2*3*4 and *a*5 __init__ __a *b* __c__ (2)*(3)*4\n" * 8,
    "lines of their own": "Term\n: one\n: two\n\n• a\n• b\n✅ c\n✅ d\n├── e\n└── f\n— g\nh\n"
    "**I:** j\n**k** l\n**m**: n\n",
    "table with too many cells": "| a | b |\n|---|---|\n| 1 | 2 | 3 | 4 |\n| `x|y` | z |\n| `x || y` | z | w |\n|||\n",
    "tabs in a paragraph": "a\tb c\t\td `e\tf` " * 40,
    "tabs in lists": "-\ta\n\n\tb\n-\tc\n1.\td\n\n\te\n",
}


def live(text: str, cuts: list[int], size: tuple[int, int], step: float = 1.0) -> list[str]:
    stage = Stage(size=size, clock=Clock(step=step))
    renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        renderer.feed(TextDelta(text[begin:end]))
    renderer.close(None)
    return stage.rows


def whole(text: str, size: tuple[int, int]) -> list[str]:
    painter = Painter(size[0], color=False)
    rows = painter.rows([Blocks(clean(text), {})], Layout())
    return seen("".join(f"{painter.text(row)}\n" for row in rows).encode(), *size)


@pytest.mark.parametrize(("each", "size"), [(4, (80, 24)), (1, (37, 8)), (29, (12, 40))], ids=str)
@pytest.mark.parametrize("name", CORPORA)
def test_the_rows_are_those_of_one_print(name: str, each: int, size: tuple[int, int]) -> None:
    text = CORPORA[name]
    if name == "references":
        text = text.replace("see [a] and [b]", "see [a]")  # what is defined after its use cannot be known in time
    if len(text) > 1000:
        each *= 7
    assert live(text, list(range(each, len(text), each)), size) == whole(text, size)


def shown_while_it_comes(text: str, cuts: list[int], size: tuple[int, int]) -> None:
    """At each frame the terminal holds what it holds where all the text so far came at once."""
    stage = Stage(size=size)
    renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        stage.clock.now += 1
        renderer.feed(TextDelta(text[begin:end]))
        other = Stage(size=size)
        LiveMarkdown(other.terminal, tickers=other.tickers).feed(TextDelta(text[:end]))
        assert stage.rows == other.rows, text[:end]


@pytest.mark.parametrize("name", sorted(CORPORA.keys() - {"references", "line ends"}))
def test_every_frame_is_that_of_the_text_so_far(name: str) -> None:
    text = CORPORA[name][:250]
    shown_while_it_comes(text, list(range(4, len(text), 4)), (37, 12))


WORDS = st.sampled_from([
    "word", " word", " ", "  ", "a, b", ".", "-", "*", "**", "_", "`", "\n", "\n\n", "[", "](x)", "1. ", "- ", "é",
    "&amp", ";", "a " * 30, "x" * 30, "[a]: ", "|", "    ", "# ", "> ", "\n---\n", "日",
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=15))
def test_every_frame_of_any_words_is_that_of_the_text_so_far(words: list[str]) -> None:
    cuts = list(itertools.accumulate(len(word) for word in words))[:-1]
    shown_while_it_comes("".join(words), cuts, (30, 10))


PIECES = st.sampled_from(
    [piece for text in CORPORA.values() if "http" not in text for piece in text[:400].splitlines(keepends=True)]
    + ["\n", "\n\n", "- ", "> ", "1. ", "    ", "```\n", "***", "|a|b|\n|-|-|\n", "---\n", "\t", "`", "* "]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join), st.integers(0, 2**32), st.sampled_from([(60, 10), (21, 5)]))
def test_any_text_cut_anywhere_leaves_the_rows_of_one_print(text: str, seed: int, size: tuple[int, int]) -> None:
    cuts = sorted(random.Random(seed).sample(range(len(text) + 1), min(len(text), 25)))
    assert live(text, cuts, size) == whole(text, size)
