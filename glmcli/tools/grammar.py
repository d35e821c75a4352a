"""Checks the input of a custom tool against its grammar, and the grammar itself.

Regular expressions are those of Rust, which the servers of this API take too: without look-around and back references,
and in time linear in the text, whatever the pattern. They come with the validator of JSON Schemas, so \\d and \\w are
those of ASCII. Lark grammars are parsed in a child process (`grammar_child.py`) under limits of time and memory, since
an ambiguous one can take any amount of both.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from glmcli.api.sendable import shown
from glmcli.tools.child import run_child
from glmcli.tools.environment import child_environment
from glmcli.tools.tool import Stop

TIMEOUT = 10.0
"""Seconds that a lark grammar may take over one text."""

_CHILD = Path(__file__).with_name("grammar_child.py")
_SLOW = f"could not be read within {TIMEOUT:g} s; is it very large?"
_NO_REGEX = "not a regular expression, or one with look-around or back references, which are not known here"


def faults(format: dict[str, Any] | None, text: str, *, stop: Stop | None = None) -> str | None:
    """Why the text is not what the format of a custom tool wants, for the model; None if it is.

    format: as in the request: {"type": "text"}, or {"type": "grammar", "grammar": {"syntax": "lark" or "regex",
    "definition": …}}; None takes any text. stop: ends the check, with a fault.
    """
    grammar = _grammar(format)
    if grammar is None:
        return None
    syntax, definition = grammar
    if syntax == "regex":
        return _regex_faults(definition, text)
    told = _told_by_child(definition, text, stop)
    return f"its lark grammar cannot be used: {told['grammar']}" if "grammar" in told else told.get("text")


def grammar_fault(format: dict[str, Any] | None) -> str | None:
    """Why the grammar itself is not good; None if it is, or if there is none."""
    grammar = _grammar(format)
    if grammar is None:
        return None
    syntax, definition = grammar
    if syntax == "lark":
        return _told_by_child(definition, None, None).get("grammar")
    return None if _compiled(definition) else _regex_problem(definition)


def _grammar(format: dict[str, Any] | None) -> tuple[str, str] | None:
    """Syntax and definition."""
    if format is None or format.get("type") != "grammar":
        return None
    grammar = format["grammar"]
    return str(grammar["syntax"]), str(grammar["definition"])


def _regex_faults(definition: str, text: str) -> str | None:
    # By itself first: `a)|(b` is a regular expression only with brackets around it. The line end is for a comment that
    # (?x) lets stand at its end.
    wrapped = (f"^(?:{definition}{end})$" for end in ("", "\n"))
    pattern = next(filter(_compiled, wrapped), None) if _compiled(definition) else None
    if pattern is None:
        return f"its grammar cannot be used: {_regex_problem(definition)}"
    if _validator(pattern).is_valid(text):
        return None
    return f"{shown(text)} does not match, as a whole, the regular expression {definition}"


def _compiled(pattern: str) -> bool:
    try:
        _validator(pattern)
    except ValueError:
        return False
    return True


def _validator(pattern: str) -> Any:
    import jsonschema_rs  # 25 ms

    return jsonschema_rs.validator_for(
        {"type": "string", "pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
    )


def _regex_problem(definition: str) -> str:
    """Python says where the mistake is, if it is one to Python too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(definition)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression: {error}"
    return _NO_REGEX


def _told_by_child(definition: str, text: str | None, stop: Stop | None) -> dict[str, str]:
    finished = run_child(
        [sys.executable, "-P", str(_CHILD)],
        stdin=json.dumps({"definition": definition, "text": text}).encode(),
        cwd=Path("/"),
        environ=child_environment({}),
        stop=stop or Stop(),
        timeout=TIMEOUT,
    )
    if not finished.fault("") and finished.stdout.whole:
        told = json.loads(finished.stdout.whole)
        assert isinstance(told, dict)
        return told
    key = "grammar" if text is None else "text"
    if finished.timed_out:
        return {key: _SLOW if text is None else f"could not be checked within {TIMEOUT:g} s; a shorter one may be"}
    return {key: f"could not be checked. {finished.fault('The check')} {finished.stderr.end(200)}".rstrip()}
