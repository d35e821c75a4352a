"""A template whose variables have their values: what it makes of the input of a user. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from glmcli.api.request import Sourced
from glmcli.errors import UsageError
from glmcli.setting_keys import nearest
from glmcli.templates.template import Template
from glmcli.templates.text import INPUT, filled


@dataclass(frozen=True)
class Frame:
    """Made by `of`, which checks the values."""

    template: Template
    values: Mapping[str, str]

    @classmethod
    def of(cls, template: Template, given: Mapping[str, str], form: str) -> "Frame":
        """The template with these values, and its own where none is given. form: how a user gives one, "-p {}".

        Raises UsageError for a variable that it does not have, and for those that have no value.
        """
        for name in given:
            if name == INPUT:
                raise UsageError(f"${INPUT} is what you give as the prompt", hint="Leave that parameter out.")
            if name not in template.variables:
                raise _unknown(template, name)
        values = {**template.params, **given}
        if missing := [name for name in template.variables if name not in values]:
            raise _missing(template, missing, form)
        return cls(template, values)

    @cached_property
    def system(self) -> Sourced | None:
        """The system prompt; None where the template has nothing to say about that."""
        own = self.template.system
        return replace(own, value=filled(own.value, self.values)) if own else None

    @property
    def is_prompt(self) -> bool:
        """Whether there is a prompt without any input."""
        return not self.template.takes_input

    def prompt(self, given: str) -> str:
        """The prompt around the input. Where it has no place for that, the input follows after a blank line: nothing
        that was given is dropped."""
        own = self.template.prompt
        if own is None:
            return given
        text = filled(own, {**self.values, INPUT: given})
        return text if self.template.takes_input or not given.strip() else f"{text}\n\n{given}"


def _unknown(template: Template, name: str) -> UsageError:
    if not template.variables:
        return UsageError(f"template {template.name} has no parameters", hint=f"Leave out {name}.")
    near = nearest(name, template.variables)
    known = "It has " + ", ".join(template.variables) + "."
    return UsageError(
        f"template {template.name} has no parameter {name}", hint=f"Did you mean {near}? {known}" if near else known
    )


def _missing(template: Template, names: list[str], form: str) -> UsageError:
    what = "a value" if len(names) == 1 else "values"
    example = " ".join(form.format(f"{name}=…") for name in names)
    return UsageError(
        f"template {template.name} wants {what} for {', '.join(names)}",
        hint=f"A dollar sign itself is $$ in a template. Give {what}: {example}",
    )
