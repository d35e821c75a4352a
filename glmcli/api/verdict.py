"""Whether an answer that has ended is one that can be used (interface §5). Pure judgement, no I/O.

HTTP 200 and a finish reason do not make an answer: the output limit may have cut it or thinking eaten it, the model
may have refused, a filter may have taken it away. Each finding names its cure.
"""

from __future__ import annotations

from glmcli.api.completion import Completion
from glmcli.api.faults import one_line
from glmcli.errors import GlmError, IncompleteError, ServerError, UnusableError

_CUT = frozenset(("length", "model_length", "max_tokens"))
_FILTERED = frozenset(("content_filter", "sensitive"))
_FAILED = frozenset(("error", "network_error"))
FINISH_REASONS = _CUT | _FILTERED | _FAILED | {"stop", "tool_calls", "function_call"}
"""Those whose meaning is known. Any other is an end like `stop`."""

MOST_QUOTED = 200
"""Characters of a refusal that an error quotes."""


def verdict(completion: Completion, finished: bool) -> GlmError | None:
    """None for a complete, usable answer; else what is wrong with its first choice that is not.

    finished: whether the `Finished` event came. An answer of tool calls alone is complete; an answer of reasoning
    alone never is.
    """
    if not finished:
        return IncompleteError(
            "the answer was cut before its end", hint="What came is kept; send the request again for a whole answer."
        )
    choices = completion.choices
    if not choices:
        return IncompleteError("the answer holds nothing", hint="Send the request again.")
    for index in choices:
        which = f"choice {index + 1} of {len(choices)}: " if len(choices) > 1 else ""
        error = _of_choice(completion, index, which)
        if error is not None:
            return error
    return None


def _of_choice(completion: Completion, index: int, which: str) -> GlmError | None:
    reason = completion.finish_reason(index)
    said = bool(completion.text(index).strip())
    thought = bool(completion.reasoning(index).strip())
    if reason in _FAILED:
        return ServerError(
            f"{which}the server ended the answer with an error", hint="What came is kept; send the request again."
        )
    if reason in _FILTERED:
        return UnusableError(
            f"{which}the answer was filtered (finish reason {reason})", hint="Put the request otherwise."
        )
    refusal = completion.refusal(index).strip()
    if refusal:
        # A long one is told by what shows the answer, and only there.
        words = one_line(refusal, MOST_QUOTED + 1)
        quoted = f": {words}" if len(words) <= MOST_QUOTED else ""
        return UnusableError(f"{which}the model refused{quoted}", hint="Put the request otherwise.")
    if reason in _CUT:
        more = f"--max-tokens {_more(completion)}"
        if completion.tool_calls(index):
            return IncompleteError(
                f"{which}the output limit cut the answer in a tool call", hint=f"Try again with {more}."
            )
        if thought and not said:
            return IncompleteError(
                f"{which}thinking used up the output limit before an answer began",
                hint=f"Try again with a larger limit ({more}) or without thinking (--no-think).",
            )
        return IncompleteError(f"{which}the answer was cut at the output limit", hint=f"Try again with {more}.")
    if said or completion.tool_calls(index) or completion.audio(index) or completion.parts(index):
        return None
    if thought:
        return IncompleteError(
            f"{which}the model only thought and gave no answer",
            hint=f"Try again without thinking (--no-think) or with a larger limit (--max-tokens {_more(completion)}).",
        )
    return IncompleteError(f"{which}the answer is empty", hint="Try again, or ask in other words.")


def _more(completion: Completion) -> str:
    """An output limit worth trying: about twice of what was used, in steps of 4096; `N` where that is not known."""
    if completion.usage is None or not completion.usage.completion_tokens:
        return "N"
    return str((completion.usage.completion_tokens * 2 // 4096 + 1) * 4096)
