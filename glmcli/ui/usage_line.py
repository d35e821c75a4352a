"""What an answer cost, as one line of text. Pure: no terminal, no clock.

Prices of @cf/zai-org/glm-4.7-flash: $0.06 per million tokens in, $0.40 per million out, reasoning included; in neurons
0.0055 and 0.0364 a token (wire-protocol §6).
"""

from __future__ import annotations

from glmcli.api.events import Usage

DOLLARS_IN, DOLLARS_OUT = 0.06e-6, 0.40e-6
NEURONS_IN, NEURONS_OUT = 0.0055, 0.0364


def dollars(prompt_tokens: int, completion_tokens: int) -> float:
    """The price in dollars, before the free daily allowance; rounded to a billionth."""
    return round(prompt_tokens * DOLLARS_IN + completion_tokens * DOLLARS_OUT, 9)


def neurons(usage: Usage) -> float:
    """What the server said it took, else what the price list makes of the tokens."""
    if usage.neurons is not None:
        return usage.neurons
    return usage.prompt_tokens * NEURONS_IN + usage.completion_tokens * NEURONS_OUT


def usage_line(
    usage: Usage, *, first_token: float | None = None, writing: float | None = None, priced: bool = True
) -> str:
    """The line of `-u`. first_token: seconds from the request to the first sign of the answer; writing: seconds from
    then to its end. priced: whether the prices of Workers AI apply."""
    parts = [f"{usage.prompt_tokens} in ({usage.cached_tokens} cached)", f"{usage.completion_tokens} out"]
    if priced:
        parts.append(f"${dollars(usage.prompt_tokens, usage.completion_tokens):.6f}")
        parts.append(f"{neurons(usage):.2f} neurons")
    if first_token is not None:
        parts.append(f"first token after {first_token:.2f} s")
    # The first token came before the writing time began.
    if writing and usage.completion_tokens > 1:
        parts.append(f"{(usage.completion_tokens - 1) / writing:.1f} tokens/s")
    return f"usage: {', '.join(parts)}"
