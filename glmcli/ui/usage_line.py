"""What an answer cost and how fast it came, as one line of text. Pure: no terminal, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glmcli.api.events import Usage
from glmcli.api.price import dollars, neurons

_READ = {"audio_tokens": "audio"}
_WRITTEN = {
    "reasoning_tokens": "reasoning",
    "audio_tokens": "audio",
    "accepted_prediction_tokens": "of the prediction accepted",
    "rejected_prediction_tokens": "of the prediction rejected",
}


def usage_line(
    usage: Usage, *, first_token: float | None = None, writing: float | None = None, priced: bool = True
) -> str:
    """The line of `-u`. first_token: seconds from the request to the first sign of the answer; writing: seconds from
    then to its end. priced: whether the prices of Workers AI apply."""
    read = ", ".join([f"{usage.cached_tokens} cached", *_details(usage, "prompt_tokens_details", _READ)])
    written = ", ".join(_details(usage, "completion_tokens_details", _WRITTEN))
    parts = [f"{usage.prompt_tokens} in ({read})", f"{usage.completion_tokens} out{f' ({written})' if written else ''}"]
    if priced:
        parts.append(f"${dollars(usage):.6f}")
        parts.append(f"{neurons(usage):.2f} neurons")
    if first_token is not None:
        parts.append(f"first token after {first_token:.2f} s")
    if first_token and writing is not None and writing < first_token / 100:
        # It came in one piece, so it was written while we waited.
        parts.append(f"{usage.completion_tokens / (first_token + writing):.1f} tokens/s")
    elif writing and usage.completion_tokens > 1:
        # The first token came before the writing time began.
        parts.append(f"{(usage.completion_tokens - 1) / writing:.1f} tokens/s")
    return f"usage: {', '.join(parts)}"


def _details(usage: Usage, key: str, names: Mapping[str, str]) -> Iterator[str]:
    """The counts that the server gives and that are not zero."""
    details = usage.raw.get(key)
    for name, words in names.items():
        count = details.get(name) if isinstance(details, dict) else None
        if count and isinstance(count, int):
            yield f"{count} {words}"
