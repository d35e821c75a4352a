"""Works out an arithmetic expression, without `eval`: a walk over its syntax tree that knows numbers and nothing else.

Whole numbers, decimals and fractions stay exact (0.1 + 0.2 is 0.3); what has no exact value (sqrt(2), sin(1)) goes on
as a float. Every step is measured before it is taken, so that no expression takes long or much memory.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from glmcli.tools.builtin.bounded_math import BITS, TABLE, Number, bounded, power, shifted, too_large
from glmcli.tools.builtin.declaring import Refused

LONGEST = 1000  # characters
DEEPEST = 60  # operations in operations

FUNCTIONS = tuple(TABLE)
CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e, "tau": math.tau}

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: power,
    ast.LShift: lambda number, by: shifted(number, by),
    ast.RShift: lambda number, by: shifted(number, -by),
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
_OF_WHOLE_NUMBERS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.Invert)
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "π": "pi", "≤": "<=", "≥": ">=", "≠": "!="})
_FOREIGN = re.compile(r"[^\sA-Za-z0-9_.,+\-*/%()\[\]<>=!&|~^]")
_JOINED = re.compile(  # a number, and a letter right behind it
    r"(?<![\w.])(?=\.?\d)(?>0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[\d_]*\.?[\d_]*(?:[eE][+-]?\d[\d_]*)?)[A-Za-z_]"
)


def value_of(expression: str) -> Number | bool:
    """The value. Raises Refused, whose text says what cannot be worked out and what to write instead."""
    tree = _parsed(expression.translate(_SIGNS).strip())
    try:
        value = _Reader(tree[0]).read(tree[1].body)
    except ZeroDivisionError:
        raise Refused("That divides by zero.") from None
    except (OverflowError, InvalidOperation):  # the latter of a decimal whose exponent no decimal can have
        raise too_large() from None
    if not isinstance(value, Number):
        raise Refused("The result is several numbers, not one. Write thousands without commas: 1000, not 1,000.")
    return value


def _parsed(text: str) -> tuple[str, ast.Expression]:
    if not text:
        raise Refused("The expression is empty.")
    if len(text) > LONGEST:
        raise Refused(f"The expression has {len(text)} characters; at most {LONGEST} are worked out. Take it in parts.")
    if foreign := _FOREIGN.search(text):
        raise Refused(f"{foreign[0]!r} has no meaning here. Write numbers, names, + - * / // % ** and brackets.")
    if joined := _JOINED.search(text):
        raise Refused(f"{joined[0]!r} is no number. Write * between what is multiplied.")
    if re.search(r"\d!(?!=)|\)!(?!=)", text):
        raise Refused("Write factorial(5), not 5!.")
    text = " ".join(text.split())
    try:
        return text, ast.parse(text, mode="eval")
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise Refused(f"{_short(text)} is no arithmetic expression{where}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise Refused("The expression is nested too deeply. Take it in parts.") from None


class _Reader:
    """Reads one tree. text: the expression, for the decimals, of which the tree holds only the nearest float."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, node: ast.expr, depth: int = 0) -> Any:
        """An int, a Fraction, a float, a bool, or a list of these."""
        if depth > DEEPEST:
            raise Refused("The expression is nested too deeply. Take it in parts.")
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node.id)
            case ast.List() | ast.Tuple():
                return [self.read(item, depth + 1) for item in node.elts]
            case ast.UnaryOp():
                return self._unary(node.op, self._number(node.operand, depth))
            case ast.BinOp():
                return self._chain(node, depth)
            case ast.Compare():
                values = [self._number(part, depth) for part in (node.left, *node.comparators)]
                return self._compared(node.ops, values)
            case ast.Call():
                return self._call(node, depth)
        raise Refused(f"{self._source(node)} is no arithmetic.")

    def _number(self, node: ast.expr, depth: int) -> Number:
        value = self.read(node, depth + 1)
        if isinstance(value, list | bool):
            what = "a list" if isinstance(value, list) else "a comparison"
            raise Refused(f"{self._source(node)} is {what}, and a number is wanted there.")
        assert isinstance(value, int | Fraction | float)
        return value

    def _constant(self, node: ast.Constant) -> Number:
        source = (ast.get_source_segment(self._text, node) or "").replace("_", "")
        if type(node.value) is int:
            return bounded(node.value)
        if type(node.value) is not float:
            raise Refused(f"{_short(source)} is no real number.")
        decimal = Decimal(source)
        if abs(decimal.adjusted()) > BITS // 4:
            raise too_large()
        fraction = Fraction(decimal)
        return bounded(fraction)

    def _name(self, name: str) -> float:
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in TABLE:
            raise Refused(f"{name} is a function: write {name}(...).")
        raise Refused(f"Unknown name: {_short(name)}. Constants: {', '.join(CONSTANTS)}.")

    def _unary(self, sign: ast.unaryop, value: Number) -> Number:
        match sign:
            case ast.USub():
                return -value
            case ast.UAdd():
                return value
            case ast.Invert() if isinstance(value, int):
                return ~value
        raise Refused("~ wants a whole number; `not` is no arithmetic.")

    def _chain(self, node: ast.BinOp, depth: int) -> Number:
        """1 + 2 + 3 leans to the left in the tree; such a chain may be as long as it likes."""
        links = [node]
        while isinstance(links[-1].left, ast.BinOp):
            links.append(links[-1].left)
        value = self._number(links[-1].left, depth)
        for link in reversed(links):
            value = self._binary(link.op, value, self._number(link.right, depth))
        return value

    def _binary(self, sign: ast.operator, left: Number, right: Number) -> Number:
        if isinstance(sign, ast.BitXor):
            raise Refused("Write a power as 2**10, not 2^10; for the bits of whole numbers there is xor(a, b).")
        if isinstance(sign, _OF_WHOLE_NUMBERS) and not (isinstance(left, int) and isinstance(right, int)):
            raise Refused("<< >> & and | want whole numbers.")
        if isinstance(sign, ast.Div):
            if isinstance(left, float) or isinstance(right, float):
                return bounded(left / right)
            return bounded(Fraction(left) / Fraction(right))
        if type(sign) not in _OPERATORS:
            raise Refused("@ is no arithmetic.")
        return bounded(_OPERATORS[type(sign)](left, right))

    def _compared(self, signs: Sequence[ast.cmpop], values: Sequence[Number]) -> bool:
        for sign in signs:
            if type(sign) not in _COMPARISONS:
                raise Refused("`in` and `is` are no arithmetic.")
        pairs = zip(signs, values, values[1:], strict=False)
        return all(_COMPARISONS[type(sign)](left, right) for sign, left, right in pairs)

    def _call(self, node: ast.Call, depth: int) -> Number:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in TABLE:
            raise Refused(f"Unknown function: {self._source(node.func)}. There are: {', '.join(FUNCTIONS)}.")
        if node.keywords or any(isinstance(it, ast.Starred) for it in node.args):
            raise Refused(f"{name} takes plain arguments: {name}(1, 2).")
        arguments = [self.read(argument, depth + 1) for argument in node.args]
        for value in _flat(arguments):
            if isinstance(value, bool | list):
                raise Refused(f"{name} takes numbers, or one list of numbers.")
        try:
            return bounded(TABLE[name](*arguments))
        except TypeError:
            raise Refused(f"{name} does not take {self._source(node).removeprefix(name)}.") from None
        except (ValueError, ArithmeticError) as error:
            if isinstance(error, Refused | ZeroDivisionError | OverflowError):
                raise
            raise Refused(f"{self._source(node)} has no real value.") from None

    def _source(self, node: ast.expr) -> str:
        return _short(ast.get_source_segment(self._text, node) or "")


def _flat(values: Sequence[Any]) -> list[Any]:
    return [inner for value in values for inner in (value if isinstance(value, list) else [value])]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
