"""What an answer cost and how fast it came, as one line of text. Pure: no terminal, no clock."""

from __future__ import annotations

from glmcli.api.events import Usage
from glmcli.api.price import dollars, neurons


def usage_line(
    usage: Usage, *, first_token: float | None = None, writing: float | None = None, priced: bool = True
) -> str:
    """The line of `-u`. first_token: seconds from the request to the first sign of the answer; writing: seconds from
    then to its end. priced: whether the prices of Workers AI apply."""
    parts = [f"{usage.prompt_tokens} in ({usage.cached_tokens} cached)", f"{usage.completion_tokens} out"]
    if priced:
        parts.append(f"${dollars(usage):.6f}")
        parts.append(f"{neurons(usage):.2f} neurons")
    if first_token is not None:
        parts.append(f"first token after {first_token:.2f} s")
    # The first token came before the writing time began.
    if writing and usage.completion_tokens > 1:
        parts.append(f"{(usage.completion_tokens - 1) / writing:.1f} tokens/s")
    return f"usage: {', '.join(parts)}"
