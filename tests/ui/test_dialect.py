"""What models write that CommonMark does not know, or would mangle."""

from __future__ import annotations

import pytest

from glmcli.api.events import TextDelta
from glmcli.ui.blocks import Blocks
from glmcli.ui.live import LiveMarkdown
from glmcli.ui.markdown import Layout, Painter
from tests.support.screen import seen
from tests.ui.drawing import Stage


def shown(text: str, width: int = 60, *, ascii: bool = False) -> list[str]:
    painter = Painter(width, color=False, ascii=ascii)
    rows = painter.rows([Blocks(text, {})], Layout())
    return seen("".join(f"{painter.text(row)}\n" for row in rows).encode(), width)


TASKS = "- [x] write *it*\n- [ ] test it\n  - [X] by hand\n\n1. [ ] one\n2. [x] two\n"


def test_tasks_that_are_done_are_told_from_the_others_at_a_glance() -> None:
    assert shown(TASKS) == [" ☑ write it", " ☐ test it", "    ☑ by hand", "", " 1. ☐ one", " 2. ☑ two"]


def test_tasks_keep_their_brackets_where_the_encoding_has_no_boxes() -> None:
    assert shown(TASKS, ascii=True) == [
        " * [x] write it",
        " * [ ] test it",
        "    * [X] by hand",
        "",
        " 1. [ ] one",
        " 2. [x] two",
    ]


@pytest.mark.parametrize("text", ["- [x]", "- [x](y)", "- [y] a", "- [x]a", "- `[x] a`", "[x] a", "- > [x] a"])
def test_brackets_that_are_no_task_stay(text: str) -> None:
    assert "☑" not in "".join(shown(text))


def test_only_the_first_paragraph_of_an_item_makes_it_a_task() -> None:
    assert shown("- a\n\n  [x] b\n- [x] c\n\n  [ ] d") == [" • a", "", "   [x] b", " ☑ c", "", "   [ ] d"]


def test_a_box_is_not_shown_as_text_while_it_comes() -> None:
    stage = Stage(environ={"NO_COLOR": "1", "TERM": "xterm"})
    renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
    screens = []
    for char in "- [x] a":
        stage.clock.now += 1
        renderer.feed(TextDelta(char))
        screens.append(stage.rows)
    assert screens == [[]] * 6 + [[" ☑ a"]]


@pytest.mark.parametrize(
    "formula",
    [
        r"\(a_1 * b_1 * c\)",
        r"$a_1 * b_1 * c$",
        r"$$a_1 * b_1 * c$$",
        r"\[a_1 * b_1\]",
        r"\[ x \]",
        r"$\text{a \$ b}_1*c*$",
        r"\( \frac{1}{2} \)",
    ],
)
def test_a_formula_in_a_line_is_shown_as_it_was_written(formula: str) -> None:
    assert shown(f"so *it* is {formula}, yes") == [f"so it is {formula}, yes"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("from $5 to $10 *each*", "from $5 to $10 each"),
        ("a\\(b *c*", "a(b c"),
        ("\\[1\\] *c*", "[1] c"),
        ("`$a` *b* `c$`", "$a b c$"),
        (r"\$5 *b* \$6", "$5 b $6"),
        ("$ a *b* c $", "$ a b c $"),
        ("$a\n*b*$", "$a b$"),
        ("$HOME *and* $PATH", "$HOME and $PATH"),
    ],
)
def test_what_is_no_formula_is_markdown(text: str, row: str) -> None:
    assert shown(text) == [row]


def test_a_formula_of_its_own_keeps_its_lines_and_needs_no_blank_ones_around_it() -> None:
    assert shown("It is:\n\\[\nx_1 \\\\\n+ *y*\n- z\n\\]\nwhere *x* is\n$$ a_1 $$\n") == [
        "It is:", "", "\\[", "x_1 \\\\", "+ *y*", "- z", "\\]", "", "where x is", "", "$$ a_1 $$",
    ]  # fmt: skip


def test_a_formula_in_an_item_or_a_quote_is_part_of_it() -> None:
    assert shown("- a\n  $$\n  b_1\n  $$\n- c\n\n> \\[ d_1 \\]\nlazy") == [
        " • a", "", "   $$", "   b_1", "   $$", "", " • c", "", "▌ \\[ d_1 \\]", "", "lazy",
    ]  # fmt: skip


def test_a_long_formula_is_the_terminals_to_wrap_so_that_a_copy_is_whole() -> None:
    painter = Painter(20, color=False)
    formula = f"$${' + '.join('abcdefgh')}$$"
    assert [painter.text(row) for row in painter.rows([Blocks(formula, {})], Layout())] == [formula]


def test_a_formula_without_an_end_ends_with_its_paragraph() -> None:
    assert shown("$$ a_1 *b*\n\n*c*") == ["$$ a_1 *b*", "", "c"]


def test_pairs_of_tags_are_what_they_mean() -> None:
    text = "H<sub>2</sub>O mc<sup>2</sup> x<sup>n+1</sup> a<sub>Ω</sub> a<sub>ΩΩ</sub> "
    text += "<kbd>a*b*c</kbd> <b>*d*</b> <u>e</u>"
    assert shown(text, 80) == ["H₂O mc² xⁿ⁺¹ a_Ω a_(ΩΩ) a*b*c d e"]
    assert shown(text, 80, ascii=True) == ["H_2O mc^2 x^(n+1) a_Ω a_(ΩΩ) a*b*c d e"]


def test_other_tags_are_text() -> None:
    text = '<b>open <i>i</b> <a href="x">y</a> <details> `<b>z</b>` <br>'
    assert shown("<b>open\n\n" + text[8:]) == ["<b>open", "", '<i>i</b> <a href="x">y</a> <details> <b>z</b>']


def test_styles_of_tags_are_those_of_markdown() -> None:
    painter = Painter(40, color=True)

    def drawn(text: str) -> str:
        return painter.text(painter.rows([Blocks(text, {})], Layout())[0])

    assert drawn("<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>") == drawn("**a** *b* ~~c~~ `d`")


def test_footnotes_are_paragraphs_and_never_hidden() -> None:
    assert shown("a[^1] *b*[^c]\n\n[^1]: https://x.y\n[^c]: two *words*\nof it") == [
        "a[^1] b[^c]", "", "[^1]: https://x.y", "", "[^c]: two words of it",
    ]  # fmt: skip


def test_definitions_and_points_that_are_no_markdown_keep_their_lines() -> None:
    text = "Term\n: one\n: two\n\n• a\n• b\n✅ c\n✅ d\n├── e\n*f*\n- g\n:h"
    assert shown(text) == ["Term", ": one", ": two", "", "• a", "• b", "✅ c", "✅ d", "├── e f", "", " • g :h"]


def test_json_outside_of_a_fence_keeps_its_lines_and_its_marks() -> None:
    data = ["{", '  "a_b": "*c*",', '  "d": [1,', "    2]", "}"]
    assert shown("Here:\n" + "\n".join(data) + "\nand *so* on") == ["Here:", "", *data, "", "and so on"]
    assert shown('- {"a": "*b*"}\n  [\n    *c*\n  ]\n- [{"d": 1}]') == [
        ' • {"a": "*b*"}', "", "   [", "     *c*", "   ]", "", ' • [{"d": 1}]',
    ]  # fmt: skip
    assert shown('{a} *b*\n\n["c"](x)\n\n[{d}] *e*') == ["{a} b", "", '"c" (x)', "", "[{d}] e"]


def test_labels_begin_a_line() -> None:
    assert shown("**One:** a\n**Two**: b\n**three** c\n**Four:**") == ["One: a", "Two: b three c", "Four:"]


def test_products_and_names_with_underscores_keep_their_marks() -> None:
    assert shown("2*3*4 *a* 5*b*c (1)*(2)*3 __init__.py __bold text__ __Bold__ a__b__") == [
        "2*3*4 a 5bc (1)*(2)*3 __init__.py bold text Bold a__b__"
    ]


def test_the_item_behind_code_stands_apart() -> None:
    assert shown("1. a\n   ```\n   b\n   ```\n2. c\n   - d\n     $$\n     e\n     $$\n3. f\n4. g") == [
        " 1. a", "", "    b", "", " 2. c", "     • d", "", "       $$", "       e", "       $$", "", " 3. f", " 4. g",
    ]  # fmt: skip


def test_no_cell_of_a_table_is_lost() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n| `x|y` | z |\n| c \\| d | `e \\| f` |\n| g |"
    assert shown(text, 20) == [
        "a      b", "─" * 12, "1      2 | 3", "x|y    z", "c | d  e | f", "g",
    ]  # fmt: skip
