from __future__ import annotations

from pathlib import Path

import pytest

from glmcli.errors import ConfigError, UsageError
from glmcli.toml_text import join_key, key_lines, line_of, parse, read_file, split_key

LINES = [
    '# a comment with [brackets] = "quotes"',
    "plain = 1",
    r""""quoted \u006Bey" = 'x' # trailing [""",
    "dotted . inner = true",
    "list = [",
    '  "a", # ]',
    "  [1, 2],",
    "]",
    "after_list = { x = [",
    "], y = 2 }",
    "literal = '''",
    "[not_a_table]",
    "key = 1''''",
    'text = """',
    r'\" [no] """""',
    "last = 1",
    "",
    "[table]",
    "in_table = 1",
    '  [ table . "sub.table" ] # why',
    'deep = "]"',
    "[[many]]",
    "one = 1",
]


def test_every_key_has_the_line_it_stands_on() -> None:
    data, lines = parse("\n".join(LINES), "config.toml")
    assert (data["text"], data["literal"]) == ('" [no] ""', "[not_a_table]\nkey = 1'")
    assert lines == {
        ("plain",): 2,
        ("quoted key",): 3,
        ("dotted",): 4,
        ("dotted", "inner"): 4,
        ("list",): 5,
        ("after_list",): 9,
        ("literal",): 11,
        ("text",): 14,
        ("last",): 16,
        ("table",): 18,
        ("table", "in_table"): 19,
        ("table", "sub.table"): 20,
        ("table", "sub.table", "deep"): 21,
        ("many",): 22,
        ("many", "one"): 23,
    }


def test_a_key_of_an_inline_table_has_the_line_of_the_table() -> None:
    lines = key_lines("a = 1\nb = { c = 1 }\n")
    assert [line_of(lines, path) for path in (("b", "c"), ("b",), ("x", "y"))] == [2, 2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = \n", "config.toml line 2: not valid TOML: invalid value"),
        ("a = 1\na = 2", "config.toml line 2: not valid TOML: cannot overwrite a value"),
        ('a = """\n\n', "config.toml line 3: not valid TOML: unterminated string"),
        (f"a = {'9' * 5000}", "config.toml line 1: not valid TOML: exceeds the limit"),
        (f"a = {'[' * 5000}", "config.toml line 1: not valid TOML: "),
    ],
)
def test_text_that_is_no_toml_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.toml")
    assert caught.value.message.startswith(message)


def test_a_missing_file_is_empty_and_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read_file(tmp_path / "none.toml") == ""
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_file(tmp_path / "bom.toml") == "a = 1"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        read_file(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"a = 1\nb = '\xe4'\n")
    with pytest.raises(ConfigError, match=r"latin\.toml line 2: not valid UTF-8"):
        read_file(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("log", ("log",)),
        (" defaults.top_p ", ("defaults", "top_p")),
        ('profiles."my.own".model', ("profiles", "my.own", "model")),
        ("profiles.'a b'.model", ("profiles", "a b", "model")),
    ],
)
def test_a_dotted_key_is_split_as_toml_does(text: str, parts: tuple[str, ...]) -> None:
    assert split_key(text) == parts
    assert split_key(join_key(parts)) == parts


@pytest.mark.parametrize("text", ["", "a.", ".a", "a..b", "a b", "a=1", "[a]", 'a."b', 'a."\\q"x', "#", 'a."""b\n"""'])
def test_what_is_no_key_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="is not a key"):
        split_key(text)
