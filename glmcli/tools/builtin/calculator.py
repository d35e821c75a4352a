"""The tool `calculator`: arithmetic, exact where it can be. What an expression may hold is in `expression.py`."""

from __future__ import annotations

from glmcli.tools.builtin.declaring import Arguments, declared
from glmcli.tools.builtin.expression import FUNCTIONS, value_of
from glmcli.tools.builtin.number_text import text_of
from glmcli.tools.tool import Approval, Result, Stop, Tool

DESCRIPTION = (
    "Works out an arithmetic expression. Whole numbers, decimals and fractions are exact. "
    "Operators as in Python: + - * / // % ** ( ), comparisons, << >> & | for whole numbers; lists in [ ]. "
    f"Constants: pi, e, tau. Functions: {', '.join(FUNCTIONS)}. Angles are in radians."
)


def calculator_tool() -> Tool:
    return declared(
        "calculator",
        DESCRIPTION,
        {
            "expression": {
                "type": "string",
                "description": "For example: (1250 * 1.19 - 40) / 12, or sqrt(2) * factorial(10).",
            }
        },
        _run,
        required=("expression",),
        approval=Approval.UNASKED,
    )


def _run(arguments: Arguments, _: Stop) -> Result:
    return Result(text_of(value_of(arguments["expression"])))
