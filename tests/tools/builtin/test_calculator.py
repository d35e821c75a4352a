"""The tool calculator: what it works out, what it refuses, and that nothing makes it hang."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.tools.builtin.calculator import calculator_tool
from glmcli.tools.builtin.declaring import Refused
from glmcli.tools.builtin.expression import value_of
from tests.tools.builtin.called import refusal, told

TOOL = calculator_tool()
TOO_LARGE = "The result, or a number on the way to it, is too large, or too close to zero, to be written down."
TOO_DEEP = "The expression is nested too deeply. Take it in parts."


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1/3", "0.33333333333333333333 (rounded; exactly 1/3)"),
        ("-2/3", "-0.66666666666666666667 (rounded; exactly -2/3)"),
        ("1/7**60", "1.9684192301175999487e-51 (rounded)"),
        ("10/4", "2.5"),
        ("-10/4", "-2.5"),
        ("6/3", "2"),
        ("7//2", "3"),
        ("-7 % 3", "2"),
        ("2**100", str(2**100)),
        ("2**-2", "0.25"),
        ("4**0.5", "2"),
        ("2**0.5", "1.4142135623730951"),
        ("1e5 + 1_000", "101000"),
        ("0xff + 0b101", "260"),
        ("(1250 * 1.19 - 40) / 12", "120.625"),
        ("6 × 7 ÷ 2 − 1", "20"),
        ("1 < 2 <= 2", "true"),
        ("3 != 4 == 5", "false"),
        ("1 << 10 | 1", "1025"),
        ("~5 & 0xf", "10"),
        ("xor(5, 1)", "4"),
        ("sqrt(2)", "1.4142135623730951"),
        ("sqrt(0.25)", "0.5"),
        ("log(100, 10)", "2"),
        ("sin(pi / 2)", "1"),
        ("round(2.675, 2)", "2.68"),
        ("round(1234.5, -2)", "1200"),
        ("factorial(20)", str(math.factorial(20))),
        ("comb(52, 5) + perm(5, 2)", "2598980"),
        ("gcd(12, 18) + lcm(4, 6)", "18"),
        ("sum([1, 2, 3.5]) + max(1, 2)", "8.5"),
        ("mean([1, 2]) + median(3, 1, 2, 10)", "4"),
        ("prod([1, 2, 3])", "6"),
        ("pow(3, 200, 1000007)", str(pow(3, 200, 1000007))),
        ("pow(2, 0.5)", "1.4142135623730951"),
        ("pi * 1e16", "3.1415926535897932e+16"),
        ("1+" * 400 + "1", "401"),
    ],
)
def test_an_expression_is_worked_out_exactly_where_it_can_be(expression: str, text: str) -> None:
    assert told(TOOL, expression=expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (" ", "The expression is empty."),
        ("1 +", "1 + is no arithmetic expression."),
        ("3%%2", "3%%2 is no arithmetic expression at character 3."),
        ("2^10", "Write a power as 2**10, not 2^10; for the bits of whole numbers there is xor(a, b)."),
        ("5!", "Write factorial(5), not 5!."),
        ("2pi", "'2p' is no number. Write * between what is multiplied."),
        ("1,000 + 1", "The result is several numbers, not one. Write thousands without commas: 1000, not 1,000."),
        ("1/0", "That divides by zero."),
        ("0**-1", "That divides by zero."),
        ("1 % 0", "That divides by zero."),
        ("(-8)**(1/3)", "The result is no real number."),
        ("sqrt(-1)", "sqrt(-1) has no real value."),
        ("log(0)", "log(0) has no real value."),
        ("factorial(-1)", "factorial(-1) has no real value."),
        ("factorial(2.5)", "factorial does not take (2.5)."),
        ("sin(1, 2)", "sin does not take (1, 2)."),
        ("max()", "max does not take ()."),
        ("max(1 < 2, 3)", "max takes numbers, or one list of numbers."),
        ("1.5 << 2", "<< >> & and | want whole numbers."),
        ("(1 < 2) + 1", "1 < 2 is a comparison, and a number is wanted there."),
        ("[1] + 1", "[1] is a list, and a number is wanted there."),
        ("x + 1", "Unknown name: x. Constants: pi, e, tau."),
        ("sqrt", "sqrt is a function: write sqrt(...)."),
        ("abs(*[1])", "abs takes plain arguments: abs(1, 2)."),
        ("True", "True is no real number."),
        ("1 if 2 else 3", "1 if 2 else 3 is no arithmetic."),
        ("1 in [1]", "[1] is a list, and a number is wanted there."),
        ("1 is 1", "`in` and `is` are no arithmetic."),
        ("not 1", "~ wants a whole number; `not` is no arithmetic."),
        ("x.real", "x.real is no arithmetic."),
        ("'a'", '"\'" has no meaning here. Write numbers, names, + - * / // % ** and brackets.'),
        ("1e309 * 1.0 * pi", TOO_LARGE),
        ("1e308 * pi * 10", TOO_LARGE),
        ("exp(1000)", TOO_LARGE),
    ],
)
def test_what_is_no_arithmetic_is_refused_with_what_to_write_instead(expression: str, text: str) -> None:
    assert refusal(TOOL, expression=expression) == text


def test_an_unknown_function_is_told_with_those_there_are() -> None:
    assert refusal(TOOL, expression="eval(1)").startswith("Unknown function: eval. There are: abs, round, floor, ")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("9**9**9", TOO_LARGE),
        ("2**100000000", TOO_LARGE),
        ("(1/3)**50000", TOO_LARGE),
        ("1.1**-50000", TOO_LARGE),
        ("2**14000 * 2**14000", TOO_LARGE),
        ("1 << 10**9", TOO_LARGE),
        ("factorial(10**9)", TOO_LARGE),
        ("factorial(factorial(1000))", TOO_LARGE),
        ("comb(10**9, 5 * 10**8)", TOO_LARGE),
        ("perm(10**9, 10**8)", TOO_LARGE),
        ("perm(10**4000, 100)", TOO_LARGE),
        ("round(1, 10**9)", TOO_LARGE),
        ("1e999999999", TOO_LARGE),
        ("1e-999999999", TOO_LARGE),
        ("pow(3, 10**4000, 10**4000 + 1)", TOO_LARGE),
        ("prod([" + "10**4000, " * 80 + "1])", TOO_LARGE),
        ("-" * 999 + "1", TOO_DEEP),
        ("abs(" * 150 + "1" + ")" * 150, TOO_DEEP),
        ("2**" * 300 + "2", TOO_DEEP),
        ("1" * 1001, "The expression has 1001 characters; at most 1000 are worked out. Take it in parts."),
    ],
)
def test_nothing_takes_long_or_grows_without_end(expression: str, text: str) -> None:
    began = time.process_time()
    assert refusal(TOOL, expression=expression) == text
    assert time.process_time() - began < 1


def test_the_largest_numbers_are_written_out() -> None:
    assert told(TOOL, expression="factorial(1500) - 1") == str(math.factorial(1500) - 1)


NUMBERS = st.one_of(
    st.integers(0, 10**6).map(lambda number: (str(number), Fraction(number))),
    st.decimals(0, 1000, places=3).map(lambda number: (f"({number})", Fraction(number))),
)


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, Fraction]:
    """An expression, and its value by Python's own fractions."""
    text, value = draw(NUMBERS)
    for _ in range(draw(st.integers(0, 6))):
        other, number = draw(NUMBERS)
        sign = draw(st.sampled_from("+-*/%"))
        if sign in "/%" and not number:
            continue
        text = f"({text}) {sign} {other}"
        value = {
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "*": lambda a, b: a * b,
            "/": lambda a, b: a / b,
            "%": lambda a, b: a % b,
        }[sign](value, number)
    return text, value


@given(expressions())
def test_the_value_is_that_of_exact_fractions(case: tuple[str, Fraction]) -> None:
    text, value = case
    assert value_of(text) == value


@given(st.from_regex(r"([0-9+\-*%() ]|//){1,25}", fullmatch=True))
def test_whole_numbers_agree_with_python(text: str) -> None:
    try:
        value = value_of(text)
        wanted = eval(" ".join(text.split()), {"__builtins__": {}})
    except (Refused, OverflowError):  # Python's fractions are floats, and may be too large for one
        return
    assert value == wanted or isinstance(wanted, float)


@given(st.text(max_size=40))
def test_any_text_is_worked_out_or_refused(text: str) -> None:
    with suppress(Refused):
        assert isinstance(value_of(text), int | float | Fraction)
