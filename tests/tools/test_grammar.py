"""Grammars of custom tools: what fits, what the model is told, and that no grammar holds us up or reads a file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from glmcli.tools import grammar
from glmcli.tools.grammar import faults, grammar_fault
from glmcli.tools.grammar_child import check
from glmcli.tools.tool import Stop

SUM = 'start: term ("+" term)*\nterm: NUMBER | "(" start ")"\n%import common.NUMBER\n%import common.WS\n%ignore WS\n'
AMBIGUOUS = 'start: x\nx: x x | "a" |\n'


def lark(definition: str) -> dict[str, Any]:
    return {"type": "grammar", "grammar": {"syntax": "lark", "definition": definition}}


def regex(definition: str) -> dict[str, Any]:
    return {"type": "grammar", "grammar": {"syntax": "regex", "definition": definition}}


@pytest.mark.parametrize("format", [None, {"type": "text"}])
def test_text_without_a_grammar_is_any_text(format: dict[str, Any] | None) -> None:
    assert (faults(format, "any\n"), grammar_fault(format)) == (None, None)


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (r"\d{4}-\d\d", "2026-01"),
        ("a|bc", "bc"),
        ("^abc$", "abc"),
        ("(?i)abc", "ABC"),
        ("(?s).*", "a\nb"),
        ("(?x) a b # a comment", "ab"),
        (r"(?P<year>\d+)\p{L}+", "12é"),
    ],
)
def test_a_regular_expression_matches_the_whole_text(definition: str, text: str) -> None:
    assert (faults(regex(definition), text), grammar_fault(regex(definition))) == (None, None)
    for more in (f"{text}\n", f" {text}"):
        fault = faults(regex(definition), more)
        assert fault is None if definition == "(?s).*" else fault is not None


def test_a_text_that_does_not_match_is_told_with_the_expression() -> None:
    assert faults(regex("a|bc"), "ac") == '"ac" does not match, as a whole, the regular expression a|bc'


@pytest.mark.parametrize(
    ("definition", "wanted"),
    [
        ("(", "not a regular expression: missing ), unterminated subpattern at position 0"),
        ("a)|(b", "not a regular expression: unbalanced parenthesis at position 1"),
        ("(?=a)a", grammar._NO_REGEX),
        (r"(a)\1", grammar._NO_REGEX),
    ],
)
def test_what_is_no_regular_expression_fits_nothing(definition: str, wanted: str) -> None:
    assert grammar_fault(regex(definition)) == wanted
    assert faults(regex(definition), "a") == f"its grammar cannot be used: {wanted}"


def test_a_catastrophic_expression_takes_no_time() -> None:
    fault = faults(regex("(a+)+b|(x+x+)+y"), "a" * 60_000)
    assert fault is not None
    assert fault.endswith("does not match, as a whole, the regular expression (a+)+b|(x+x+)+y")


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (SUM, "1 + (2 + 3)"),
        ('start: "a"~2..3 B?\nB: /[0-9]+/', "aaa12"),
        ('start: "if" NAME | NAME\nNAME: /[a-z]+/', "iffy"),
        ('start: a | b\na: "x"\nb: "x"', "x"),
        ("start: LINE+\nLINE: /[^\\n]*\\n/", "abc\n" * 2000),
        ("start: NAME\n%import python.NAME", "spam"),
    ],
)
def test_a_text_that_fits_a_lark_grammar_has_no_fault(definition: str, text: str) -> None:
    assert (check(definition, text), check(definition, None)) == ({}, {})


@pytest.mark.parametrize(
    ("definition", "text", "wanted"),
    [
        (SUM, "1 + x", 'line 1, column 5: "x" does not fit the grammar; expected: "(", NUMBER'),
        (SUM, "1 +\n+", 'line 2, column 1: "+" does not fit the grammar; expected: "(", NUMBER'),
        (SUM, "1 + ", 'the text ends too early; expected: "(", NUMBER'),
        (SUM, "", 'the text ends too early; expected: "(", NUMBER'),
        (SUM, "1 2", 'line 1, column 3: "2" does not fit the grammar; expected: "+", the end'),
        ('start: a | b\na: "x"\nb: "x"', "y", 'line 1, column 1: "y" does not fit the grammar; expected: "x"'),
    ],
)
def test_a_text_that_does_not_fit_is_told_where_and_what_was_expected(definition: str, text: str, wanted: str) -> None:
    assert check(definition, text) == {"text": wanted}


@pytest.mark.parametrize(
    ("definition", "wanted"),
    [
        ("", "it has no rule named start"),
        ('other: "a"', "it has no rule named start"),
        ("start: missing", "Rule 'missing' used but not defined (in rule start)"),
        ('start: "a', "Unexpected input at line 1 column 8 in <string>"),
        ("start: /a*/", "Dynamic Earley doesn't allow zero-width regexps"),
    ],
)
def test_a_grammar_that_is_none_says_why(definition: str, wanted: str) -> None:
    assert check(definition, None) == {"grammar": wanted}


def test_the_check_of_a_lark_grammar_is_the_work_of_a_child() -> None:
    assert faults(lark(SUM), "1 + 1") is None
    assert faults(lark(SUM), "1 +") == 'the text ends too early; expected: "(", NUMBER'
    assert grammar_fault(lark(SUM)) is None
    assert grammar_fault(lark("")) == "it has no rule named start"
    assert faults(lark(""), "a") == "its lark grammar cannot be used: it has no rule named start"


def test_a_grammar_reads_no_file_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.lark").write_text("X: /a/")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grammar, "_CHILD", _beside_a_copy(tmp_path))
    for path in ("secret", ".secret"):
        assert grammar_fault(lark(f"%import {path}.X\nstart: X")) == (
            "%import of secret.lark: only lark's own grammars can be imported, such as common.WORD"
        )


def _beside_a_copy(folder: Path) -> Path:
    """lark looks for relative imports beside the main program: here that is where the secret is."""
    copy = folder / "grammar_child.py"
    copy.write_bytes(grammar._CHILD.read_bytes())
    return copy


@pytest.mark.parametrize(("definition", "text"), [(AMBIGUOUS, "a" * 300), ("start: /(a+)+b/", "a" * 60)])
def test_a_grammar_that_takes_for_ever_is_ended(definition: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "TIMEOUT", 1.5)
    assert faults(lark(definition), text) == "could not be checked within 1.5 s; a shorter one may be"


def test_a_check_can_be_stopped() -> None:
    stop = Stop()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    fault = faults(lark("start: /(a+)+b/"), "a" * 60, stop=stop)
    assert fault == "could not be checked. The check was stopped by the user before it ended."
    timer.join()
