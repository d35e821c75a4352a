"""What tokens of this model cost on Workers AI (documentation page, Unit Pricing; wire-protocol §6). Pure.

The price of reasoning is that of output. Cached input has no price of its own on the model's page.
"""

from __future__ import annotations

from glmcli.api.events import Usage

DOLLARS_IN, DOLLARS_OUT = 0.06e-6, 0.40e-6
NEURONS_IN, NEURONS_OUT = 0.0055, 0.0364


def dollars(usage: Usage) -> float:
    """The price in dollars, before the free daily allowance; rounded to a billionth."""
    return round(usage.prompt_tokens * DOLLARS_IN + usage.completion_tokens * DOLLARS_OUT, 9)


def neurons(usage: Usage) -> float:
    """What the server said it took, else what the price list makes of the tokens."""
    if usage.neurons is not None:
        return usage.neurons
    return usage.prompt_tokens * NEURONS_IN + usage.completion_tokens * NEURONS_OUT
