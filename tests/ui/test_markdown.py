"""How Markdown looks, and that colours do not depend on how the text came."""

from __future__ import annotations

import pytest
from pygments.lexers import get_all_lexers, get_lexer_by_name
from rich.segment import Segment
from rich.syntax import Syntax

from glmcli.ui.blocks import Blocks
from glmcli.ui.highlight import LineHighlighter
from glmcli.ui.markdown import Layout, Painter
from glmcli.ui.segments import columns, folded
from tests.support.screen import seen


def shown(text: str, width: int = 40) -> list[str]:
    painter = Painter(width, color=False)
    rows = painter.rows([Blocks(text, {})], Layout())
    return seen("".join(f"{painter.text(row)}\n" for row in rows).encode(), width)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("# A\ntext\n***\n###### B", ["A", "", "text", "", "─" * 40, "", "B"]),
        ("- a\n\n- b\n  1. c\n\n  d\n-\n", [" • a", " • b", "    1. c", "", "   d", " •"]),
        ("9. a\n10. b\n\n99. c\n1000) d", [" 9. a", "10. b", "11. c", "", "1000. d"]),
        ("> a\n> b\n>\n> - c\n>\n> d", ["▌ a b", "▌", "▌  • c", "▌", "▌ d"]),
        ("[a](http://x) [http://x](http://x) <a@b.c>", ["a (http://x) http://x a@b.c"]),
        ("![a\u202eb](x) ![](y) ![z]()", ["[a<U+202E>b] (x) [image] (y) [z]"]),
        ("<q>a</q> &lt; &#x202e; a<br>b", ["<q>a</q> < <U+202E> a", "b"]),
        ("|a|b|\n|-|-:|\n|1<br/>2|" + "x" * 45 + "|", ["a                                      b",
         "─" * 40, "1  " + "x" * 37, "2                               " + "x" * 8]),
        ("```py\ncode\n\n\n```\n\n    more", ["code", "", "", "", "more"]),
        ("- ```\n  " + "x" * 40 + "\n  ```", [" • " + "x" * 37, "   xxx"]),
        ("", []),
    ],
)  # fmt: skip
def test_how_markdown_looks(text: str, rows: list[str]) -> None:
    assert shown(text) == rows


def test_deep_lists_on_a_narrow_terminal_lose_their_indentation_and_no_text() -> None:
    rows = shown("".join(f"{'  ' * depth}- word{depth} and more\n" for depth in range(8)), 20)
    assert all(f"word{depth}" in " ".join(rows) for depth in range(8))


@pytest.mark.parametrize("theme", ["dark", "light", "plain", "unheard of"])
def test_every_theme_draws_everything_without_colours_of_its_own(theme: str) -> None:
    painter = Painter(40, color=True, theme=theme)
    text = "# a\n## b\n- `c`\n1. d\n> e\n\n---\n[f](g)\n\n|h|\n|-|\n|i|\n\n```py\nimport j\n```"
    drawn = "".join(painter.text(row) for row in painter.rows([Blocks(text, {})], Layout()))
    assert "\x1b[" in drawn
    assert "38;" not in drawn
    assert "48;" not in drawn


def test_code_is_not_padded_and_not_broken() -> None:
    painter = Painter(20, color=True)
    rows = painter.rows([Blocks("```py\nx = '" + "y" * 40 + "'  \n```", {})], Layout())
    assert ["".join(part.text for part in row) for row in rows] == ["x = '" + "y" * 40 + "'"]


def test_a_row_is_folded_as_a_terminal_folds_it() -> None:
    row = [Segment("ab日"), Segment("本c"), Segment("")]
    assert columns(row) == 7
    assert [["".join(part.text for part in line)] for line in folded(row, 3)] == [["ab"], ["日"], ["本c"]]
    assert folded(row, 7) == [row]


# Colours

PYTHON = 'def f(x):\n    """doc\n\n    more"""\n    return f"{x}\\n"  # why\n\n\n@a\nclass B: pass\n'
SAMPLES = {
    "python": PYTHON,
    "json": '{"a": [1, true, null],\n "b": "c"}\n',
    "bash": 'for i in *; do\n  echo "$i"  # all\ndone\n',
    "yaml": "a:\n  - b: 1\n    c: |\n      text\n",
    "html": "<p class='a'>b</p>\n",
    "sql": "SELECT a, 'b' FROM c -- d\nWHERE e = 1;\n",
    "toml": "[a]\nb = 1 # c\n",
    "go": "func main() {\n\tx := `a\nb`\n}\n",
}


def colours(text: str, language: str) -> list[list[tuple[str, str]]]:
    highlighter = LineHighlighter(language, "ansi_dark")
    return [_merged(highlighter.line(line)) for line in text[:-1].split("\n")]


def whole(text: str, language: str) -> list[list[tuple[str, str]]]:
    """What Pygments makes of the whole text at once."""
    theme = Syntax.get_theme("ansi_dark")
    lines: list[list[Segment]] = [[]]
    for kind, value in get_lexer_by_name(language, stripnl=False).get_tokens(text.expandtabs(4)):
        for at, part in enumerate(value.split("\n")):
            if at:
                lines.append([])
            if part:
                lines[-1].append(Segment(part, theme.get_style_for_token(kind)))
    return [_merged(line) for line in lines[:-1]]


def _merged(line: list[Segment]) -> list[tuple[str, str]]:
    """Each character with its style."""
    return [(char, str(part.style)) for part in line for char in part.text if char != " "]


@pytest.mark.parametrize("language", [name for name in SAMPLES if name not in ("go", "yaml")])
def test_colours_line_by_line_are_those_of_the_whole(language: str) -> None:
    assert colours(SAMPLES[language], language) == whole(SAMPLES[language], language)


@pytest.mark.parametrize("language", SAMPLES)
def test_no_character_of_code_is_lost(language: str) -> None:
    highlighter = LineHighlighter(language, "ansi_dark")
    text = SAMPLES[language]
    lines = ["".join(part.text for part in highlighter.line(line)) for line in text.split("\n")]
    assert "\n".join(lines) == text.expandtabs(4)


def test_lexers_keep_every_character() -> None:
    line = "/* x */ <a b='c'> $x #{y} \"z\\\" %w(1) // -- # 日 \t} ] ) /* open"
    for _, aliases, _, _ in list(get_all_lexers(plugins=False))[::8]:
        if aliases:
            highlighter = LineHighlighter(aliases[0], "ansi_dark")
            for text in (line, "", " closed */ 'x", "}"):
                assert "".join(part.text for part in highlighter.line(text)) == text.expandtabs(4), aliases[0]


def test_a_comment_goes_on_over_lines() -> None:
    text = "var a = 1; /* one\n it's two\n\n three */ var b;\n"
    for language in ("js", "csharp", "java"):
        assert colours(text, language) == whole(text, language)


def test_php_needs_no_opening_mark() -> None:
    line = LineHighlighter("php", "ansi_dark").line("echo $a;")
    assert [str(part.style) for part in line if part.text == "$a"] == ["bright_red"]


def test_a_copy_goes_on_by_itself() -> None:
    first = LineHighlighter("python", "ansi_dark")
    first.line('x = """a')
    second = first.copy()
    assert first.line('b"""') == second.line('b"""')
    second.line('"""')
    assert first.line("import x") == LineHighlighter("python", "ansi_dark").line("import x")


@pytest.mark.parametrize(
    ("language", "theme"), [("no such language", "ansi_dark"), ("", "ansi_dark"), ("python", None)]
)
def test_code_of_an_unknown_language_and_code_without_colours_is_plain(language: str, theme: str | None) -> None:
    highlighter = LineHighlighter(language, theme)
    assert (highlighter.line("import\tx"), highlighter.line("")) == ([Segment("import  x")], [])


def test_a_very_long_line_is_plain() -> None:
    assert LineHighlighter("json", "ansi_dark").line("1" * 501) == [Segment("1" * 501)]
