"""The words on the terminal are those of `rich.markdown`, whatever its width, in nested and never-ending blocks too."""

from __future__ import annotations

import io
import random
import re
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.markdown import Markdown

from tests.ui.test_live_is_exact import CORPORA, live, whole

NESTED = {
    "item of pages": "- first\n\n"
    + "".join(f"  paragraph {i} of it, *marked* and plain\n\n" for i in range(30))
    + "- end\n",
    "code in an item": "1. do\n   ```py\n" + "".join(f"   x{i} = '''{i}\n\n" for i in range(40)) + "   ```\n2. end\n",
    "code further in than its item": "- a\n   ```\n   b\n  c\n    d\n   ```\n  e\n1. f\n    ```\n    g\n    ```\n\n"
    "   h\n\n> - i\n>    ```\n>    j\n>   k\n>    ```\n>   l\n\n-  m\n    ```\n    n\n    ```\n   o\n",
    "code in a quote": "> text\n>\n> ```py\n" + "".join(f"> x = {i}\n>\n" for i in range(30)) + "> ```\n> end\n",
    "quote of pages": "".join(f"> paragraph {i}\n>\n> - item {i}\n>   1. sub\n>\n" for i in range(20)) + "\nend",
    "deep lists": "".join(f"{'   ' * (i % 5)}{i + 1}. item {i}\n" for i in range(60)),
    "all ones deep": "1. a\n" + "   1. b\n" * 30 + "1. c\n   - d\n\n     e\n   - f\n",
    "crooked": "- a\n   - b\n  - c\n\n     d\n- - e\n  - f\n   g\n* * h\n  * i\n" * 4,
    "rule of marks": "* a\n  * *\n  * b\n* * *\n- - -\n",
    "indented code": "".join(f"    line {i}\n{chr(10) if i % 7 == 0 else ''}" for i in range(60)) + "end",
    "marked paragraph": "".join(f"w{i} **bold {i}** `code {i}` [l](http://x/{i}) _em_ (a) 3.5 " for i in range(60)),
    "paragraph with an open mark": "*open " + "".join(f"word{i} " for i in range(300)),
    "paragraph then heading": "".join(f"word{i} " for i in range(200)) + "\n===\nend",
    "paragraph then table": "".join(f"word{i}\n" for i in range(100)) + "a | b\n--|--\n1 | 2\n",
    "table in an item": "- item\n\n  | a | b |\n  |---|---|\n"
    + "".join(f"  | row {i} | {'x' * (i % 4)} |\n" for i in range(40))
    + "- end\n",
    "table in a quote": "> | a | b |\n> |---|--:|\n" + "".join(f"> | {i} | y |\n" for i in range(30)) + "> \n> end\n",
    "paragraph of lines in a quote": "".join(f"> line {i}\n" for i in range(40)) + "lazy\n> more\n===\nend",
    "paragraph of lines in an item": "1. a\n" + "".join(f"   line {i}\n" for i in range(40)) + "lazy\n2. b\n",
    "marks where a row ends": "- a\n" + "**bold** `code` " * 40,
    "empty code in a quote": "> ```\n> ```\n> h\n\n- ```\n  ```\n\n  a\n",
    "right to left": "שלום עולם, مرحبا بالعالم e\u0301 😀 " * 40,
}


@pytest.mark.parametrize(("each", "size"), [(7, (80, 24)), (31, (37, 9)), (3, (200, 12)), (100_000, (60, 10))], ids=str)
@pytest.mark.parametrize("name", NESTED)
def test_the_rows_are_those_of_one_print(name: str, each: int, size: tuple[int, int]) -> None:
    text = NESTED[name]
    assert live(text, list(range(each, len(text), each)), size) == whole(text, size)


LINES = st.sampled_from(
    ["- a", "  - b", "  c", "    d", "1. e", "   f", "   - g", "> h", "> - i", ">   j", "", "", "```", "  ```",
     "   ```", "> ```", "    code", "word " * 12, "**bold** `code` " * 6, "  more " * 10, "| a | b |", "|---|---|",
     "  | a | b |", "  |---|---|", "> | a | b |", "> |---|---|", "lazy", "===", "> ===",
     "* * *", "***", "$$", "  $$", "> $$", "\\[ x_1", "+ y \\]", "- [x] z", "[^1]: n", ": d", "{", "}", '{"a"']
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=24), st.integers(0, 2**32), st.integers(20, 200), st.integers(4, 12))
def test_any_nesting_cut_anywhere_leaves_the_rows_of_one_print(
    lines: list[str], seed: int, width: int, height: int
) -> None:
    text = "\n".join(lines)
    cuts = sorted(random.Random(seed).sample(range(len(text) + 1), min(len(text), 30)))
    assert live(text, cuts, (width, height)) == whole(text, (width, height))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalize("NFC", text)))


@pytest.mark.parametrize("width", [20, 80, 200])
@pytest.mark.parametrize("name", [*NESTED, "prose", "bullets", "nested lists", "fence", "quotes", "headings", "breaks"])
def test_the_letters_are_those_of_rich(name: str, width: int) -> None:
    text = NESTED.get(name) or CORPORA[name]
    if "http" in text:
        text = re.sub(r"\[l\]\(.*?\)", "", text)  # Rich hides or shows addresses by its own rule
    if re.search(r"^\s*\d+\. ", text, re.MULTILINE):
        return  # Rich numbers items without a dot, and pads them by the last
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(Markdown(text, hyperlinks=False))
    file = console.file
    assert isinstance(file, io.StringIO)
    assert letters("".join(live(text, list(range(50, len(text), 50)), (width, 12)))) == letters(file.getvalue())
