"""The functions of the calculator. Exact numbers stay exact; each refuses, before it starts, what would be too large.

Pure. An exact number is an int or a Fraction of at most BITS bits above and below the line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from glmcli.tools.builtin.declaring import Refused

BITS = 14_000
"""About 4200 decimal digits: what Python writes down without being asked twice (its own limit is 4300)."""

MODULAR_BITS = 4096
"""Of the modulus and the exponent of pow(a, b, m), whose time grows with their third power: 0.2 s."""

Number = int | Fraction | float


def too_large() -> Refused:
    return Refused("The result, or a number on the way to it, is too large, or too close to zero, to be written down.")


def bounded(value: Any) -> Number:
    """The number, simplified to an int where it is one. Raises Refused where it is too large, or no real number."""
    if isinstance(value, Fraction):
        if value.denominator != 1:
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
                raise too_large()
            return value
        value = value.numerator
    if isinstance(value, complex):
        raise Refused("The result is no real number.")
    if isinstance(value, float):
        if math.isnan(value):
            raise Refused("The result is not defined.")
        if math.isinf(value):
            raise too_large()
        return value
    assert isinstance(value, int)
    if value.bit_length() > BITS:
        raise too_large()
    return value


def power(base: Number, exponent: Number) -> Any:
    """Exact for a whole exponent of an exact base; else a float, or a complex number."""
    if isinstance(exponent, int) and not isinstance(base, float):
        if base == 0 and exponent < 0:
            raise ZeroDivisionError
        longest = max(base.numerator.bit_length(), base.denominator.bit_length())
        if longest > 1 and (longest - 1) * abs(exponent) > BITS:
            raise too_large()
        return Fraction(base) ** exponent
    return float(base) ** float(exponent)


def shifted(number: int, by: int) -> int:
    if by > 0 and number.bit_length() + by > BITS:
        raise too_large()
    return number << by if by >= 0 else number >> -by


def _whole(value: Any) -> int:
    if isinstance(value, int):
        return value
    raise TypeError


def _several(values: Sequence[Any]) -> list[Number]:
    """The numbers of f(1, 2, 3), and of f([1, 2, 3])."""
    numbers = list(values[0]) if len(values) == 1 and isinstance(values[0], list) else list(values)
    if not numbers or any(isinstance(number, list) for number in numbers):
        raise TypeError
    return numbers


def _sum(*values: Any) -> Any:
    total: Any = 0
    for number in _several(values):
        total = bounded(total + number)
    return total


def _product(*values: Any) -> Any:
    total: Any = 1
    for number in _several(values):
        total = bounded(total * number)
    return total


def _quotient(value: Any, by: int) -> Any:
    return value / by if isinstance(value, float) else Fraction(value) / by


def _mean(*values: Any) -> Any:
    return _quotient(_sum(*values), len(_several(values)))


def _median(*values: Any) -> Any:
    ordered = sorted(_several(values))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _quotient(ordered[middle - 1] + ordered[middle], 2)


def _round(value: Any, digits: Any = 0) -> Any:
    """Halves go to the even neighbour, as in Python; but 2.675 is exact here, and rounds to 2.68."""
    if abs(_whole(digits)) > BITS // 4:
        raise too_large()
    return round(value, digits) if digits else round(value)


def _sqrt(value: Any) -> Any:
    if not isinstance(value, float) and value >= 0:
        above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if above * above == value.numerator and below * below == value.denominator:
            return Fraction(above, below)
    return math.sqrt(value)


def _log(value: Any, base: Any = math.e) -> float:
    return math.log(value) if base == math.e else _ratio_of_logs(value, base)


def _ratio_of_logs(value: Any, base: Any) -> float:
    if base in (2, 10):
        return math.log2(value) if base == 2 else math.log10(value)
    return math.log(value) / math.log(base)


def _factorial(number: Any) -> int:
    if _whole(number) > 2000:
        raise too_large()
    return math.factorial(number)


def _combinations(number: Any, chosen: Any) -> int:
    fewest = min(_whole(chosen), _whole(number) - _whole(chosen))
    if min(number, fewest * number.bit_length()) > 4 * BITS:
        raise too_large()
    return math.comb(number, chosen)


def _permutations(number: Any, chosen: Any) -> int:
    if min(_whole(chosen), _whole(number)) * number.bit_length() > 4 * BITS:
        raise too_large()
    return math.perm(number, chosen)


def _lcm(*values: Any) -> int:
    total = 1
    for number in _several(values):
        total = _whole(bounded(math.lcm(total, _whole(number))))
    return total


def _remainder_of_power(base: Any, exponent: Any, modulus: Any = None) -> Any:
    if modulus is None:
        return power(base, exponent)
    if max(_whole(exponent).bit_length(), _whole(modulus).bit_length()) > MODULAR_BITS:
        raise too_large()
    return pow(_whole(base), exponent, modulus)


TABLE: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "min": lambda *values: min(_several(values)),
    "max": lambda *values: max(_several(values)),
    "sum": _sum,
    "prod": _product,
    "mean": _mean,
    "median": _median,
    "sqrt": _sqrt,
    "cbrt": math.cbrt,
    "hypot": math.hypot,
    "pow": _remainder_of_power,
    "exp": math.exp,
    "log": _log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "atan2": math.atan2,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "degrees": math.degrees,
    "radians": math.radians,
    "factorial": _factorial,
    "comb": _combinations,
    "perm": _permutations,
    "gcd": lambda *values: math.gcd(*map(_whole, _several(values))),
    "lcm": _lcm,
    "xor": lambda left, right: _whole(left) ^ _whole(right),
}
