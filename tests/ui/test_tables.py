"""Tables on narrow screens: whole words as long as there is room, and every word in any case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glmcli.api.events import TextDelta
from glmcli.ui.blocks import Blocks
from glmcli.ui.live import LiveMarkdown
from glmcli.ui.markdown import Layout, Painter
from tests.support.screen import Screen, seen
from tests.ui.drawing import Stage


def shown(text: str, width: int, *, ascii: bool = False) -> list[str]:
    painter = Painter(width, color=False, ascii=ascii)
    rows = painter.rows([Blocks(text, {})], Layout())
    return seen("".join(f"{painter.text(row)}\n" for row in rows).encode(), width)


PEOPLE = (
    "| Name | Department | Position | Address |\n|---|---|---|--:|\n"
    "| Alice Johnson | Engineering | *Developer* | alice@example.com |\n"
    "| Bob | Marketing | | bob@example.com |\n"
)


def test_a_table_with_room_is_as_wide_as_it_must_be() -> None:
    assert shown(PEOPLE, 80) == [
        "Name           Department   Position             Address",
        "─" * 56,
        "Alice Johnson  Engineering  Developer  alice@example.com",
        "Bob            Marketing                 bob@example.com",
    ]


def test_columns_are_narrowed_between_words_and_a_blank_row_tells_where_a_row_of_several_lines_ends() -> None:
    assert shown(PEOPLE, 54) == [
        "Name         Department   Position             Address",
        "─" * 54,
        "Alice        Engineering  Developer  alice@example.com",
        "Johnson",
        "",
        "Bob          Marketing                 bob@example.com",
    ]


def test_long_words_are_broken_for_the_sake_of_others() -> None:
    assert shown(PEOPLE, 48) == [
        "Name       Department   Position         Address",
        "─" * 48,
        "Alice      Engineering  Developer  alice@example",
        "Johnson                                     .com",
        "",
        "Bob        Marketing               bob@example.c",
        "                                              om",
    ]


def test_where_words_have_no_room_beside_each_other_each_row_is_a_record() -> None:
    assert shown(PEOPLE, 36) == [
        "Name        Alice Johnson",
        "Department  Engineering",
        "Position    Developer",
        "Address     alice@example.com",
        "─" * 36,
        "Name        Bob",
        "Department  Marketing",
        "Address     bob@example.com",
    ]
    assert shown(PEOPLE, 36, ascii=True)[4] == "-" * 36


def test_a_wide_table_without_rows_is_its_head() -> None:
    assert shown("| alphabetical | typographical |\n|---|---|\n", 20) == ["alphabetical", "typographical"]


def test_on_the_narrowest_screens_a_value_stands_behind_its_name() -> None:
    assert shown("| one | two | three |\n|---|---|---|\n| *seven* | eight | |\n| nine |\n", 12) == [
        "one: seven",
        "two: eight",
        "─" * 12,
        "one: nine",
    ]


def test_a_column_with_much_text_gets_more_room_than_one_with_little() -> None:
    rows = shown(f"| a | b |\n|---|---|\n| {'some words ' * 4}| {'many more words ' * 12}|\n", 60)
    assert next(row.index("many") for row in rows if "many" in row) < 24
    assert len(rows) < 8


def test_columns_go_on_as_such_where_a_narrower_window_has_left_a_part_of_the_table_standing() -> None:
    stage = Stage(size=(80, 24), environ={"NO_COLOR": "1", "TERM": "xterm"})
    screen = Screen(80, 24)
    renderer = LiveMarkdown(stage.terminal, tickers=stage.tickers)
    *_, last = PEOPLE.splitlines(keepends=True)
    renderer.feed(TextDelta(PEOPLE.removesuffix(last)))
    screen.feed(stage.out.getvalue())
    fed = len(stage.out.getvalue())
    stage.size, stage.clock.now = (36, 24), 5.0
    screen.resize(36, 24)
    renderer.feed(TextDelta(last))
    renderer.close(None)
    rows = screen.feed(stage.out.getvalue()[fed:]).rows
    assert sorted(filter(str.isalnum, "".join(rows))) == sorted(filter(str.isalnum, PEOPLE))


@given(
    st.lists(st.lists(st.text("ab 日é", max_size=30), min_size=3, max_size=3), min_size=1, max_size=5),
    st.integers(3, 90),
)
def test_every_letter_of_every_cell_is_there_at_any_width(cells: list[list[str]], width: int) -> None:
    text = "| x | y | z |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in cells)
    painter = Painter(width, color=False)
    rows = "".join(painter.text(row) for row in painter.rows([Blocks(text, {})], Layout()))
    found, wanted = sorted(filter(str.isalnum, rows)), sorted(filter(str.isalnum, "".join(map("".join, cells))))
    assert [char for char in found if char not in "xyz"] == wanted
