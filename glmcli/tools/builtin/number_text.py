"""How a number is written for the model: in full where it is exact, and saying so where it is not."""

from __future__ import annotations

from fractions import Fraction

LONGEST_DECIMAL = 60  # digits after the point of a decimal that is written in full
LONGEST_FRACTION = 40  # characters of a fraction that is named beside its decimal
ROUNDED = 20  # significant digits of a decimal without an end

Number = int | Fraction | float


def text_of(value: Number | bool) -> str:
    """`true`, `1024`, `0.3`, `0.33333333333333333333 (rounded; exactly 1/3)`, `1.4142135623730951`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    digits = _digits_after_the_point(value.denominator)
    if digits is not None and digits <= LONGEST_DECIMAL:
        return _decimal(value, digits)
    exact = f"{value.numerator}/{value.denominator}"
    return f"{_rounded(value)} (rounded{f'; exactly {exact}' if len(exact) <= LONGEST_FRACTION else ''})"


def _digits_after_the_point(denominator: int) -> int | None:
    """How many digits the decimal of a fraction has; None where it has no end."""
    twos = (denominator & -denominator).bit_length() - 1
    fives, rest = 0, denominator >> twos
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    return max(twos, fives) if rest == 1 else None


def _decimal(value: Fraction, digits: int) -> str:
    scaled = value.numerator * 10**digits // value.denominator
    whole, after = divmod(abs(scaled), 10**digits)
    return f"{'-' if scaled < 0 else ''}{whole}.{after:0{digits}d}"


def _rounded(value: Fraction) -> str:
    from decimal import Context, Decimal

    quotient = Context(prec=ROUNDED).divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{quotient:f}" if -7 < quotient.adjusted() < ROUNDED else f"{quotient:e}"
