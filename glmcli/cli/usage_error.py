"""What Typer found wrong with a command line, in our words: which option, what is wrong with it, what was meant.

Typer's Click is vendored, and its exceptions are not public, so they are known here by what they carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from glmcli.errors import UsageError

_WORDS = (
    (r"Invalid value for (?:argument )?'(.+?)': (.*)", r"\1: \2"),
    (r"'(.*)' is not a valid float(?: range)?", r"'\1' is not a number"),
    (r"'(.*)' is not a valid int(?:eger)?(?: range)?", r"'\1' is not a whole number"),
    (r"(\S+) is not in the range x>=(\S+)", r"\1 is below the minimum \2"),
    (r"Option '(.+?)' requires an argument", r"\1 needs a value"),
    (r"Option '(.+?)' does not take a value", r"\1 takes no value"),
    (r"No such command '(.*)'\. Did you mean (.*)\?", r"no such command '\1'; did you mean \2?"),
)


def as_usage_error(error: Exception, arguments: Sequence[str], commands: Iterable[str]) -> UsageError:
    """The same fault as one of ours. commands: the names that may stand in the arguments."""
    context = getattr(error, "ctx", None)
    if context is not None:
        path = context.command_path
    else:
        path = " ".join(["glm", *[word for word in arguments if word in set(commands)][:1]])
    if type(error).__name__ == "NoArgsIsHelpError":
        names = ", ".join(context.command.list_commands(context)) if context is not None else ""
        return UsageError(f"{path} needs one of its commands: {names}", hint=f"See {path} --help.")
    return UsageError(_message(error), hint=f"See {path} --help.")


def _message(error: Exception) -> str:
    unknown = getattr(error, "option_name", None)
    known = getattr(error, "possibilities", None)
    if known is not None or type(error).__name__ == "NoSuchOption":
        from difflib import get_close_matches

        bare = {name.lstrip("-"): name for name in known or ()}
        close = get_close_matches(str(unknown).lstrip("-"), bare, n=1)
        return f"no such option {unknown}" + (f"; did you mean {bare[close[0]]}?" if close else "")
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    text = text.strip().rstrip(".")
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text, count=1, flags=re.DOTALL)
    return text[:1].lower() + text[1:]
