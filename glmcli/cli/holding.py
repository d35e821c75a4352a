"""Holds an answer against the form that was asked for, and asks once more where it does not fit (interface §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from glmcli.api.completion import Completion
from glmcli.api.events import Event, Parsed, SchemaMismatch
from glmcli.errors import GlmError, UsageError

if TYPE_CHECKING:
    from glmcli.structured.form import Form

Outcome = tuple[Completion, GlmError | None]


def held(
    form: "Form",
    outcome: Outcome,
    show: Callable[[Event], None],
    again: Callable[[str], Outcome] | None,
    *,
    hint: str,
) -> Outcome:
    """The answer and why it cannot be used; the last one, where there was another.

    again: asks the model with that message, where that can be done. hint: what to do about one that does not fit.
    """
    from glmcli.structured.form import Unfit, failure, repair

    completion, error = outcome
    if error is not None or (completion.tool_calls() and not completion.text()):
        return outcome
    found: list[Parsed] = []
    for index in completion.choices or (0,):
        try:
            fitting = form.fitting(completion.text(index))
        except Unfit as unfit:
            repairing = again is not None and completion.choices == (0,)
            errors = tuple((it.pointer, it.message) for it in unfit.mismatches)
            show(SchemaMismatch(errors, repairing, index))
            if again is None or not repairing:
                return completion, failure(unfit, hint=hint)
            return held(form, again(repair(unfit)), show, None, hint=hint)
        except UsageError as unusable:
            return completion, unusable
        found.append(Parsed(form.lines(fitting), form.printed(fitting), index))
    for parsed in found:
        show(parsed)
    return completion, None
