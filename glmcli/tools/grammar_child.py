"""The child process that checks a text against a lark grammar. Reads {"definition", "text"} as JSON from stdin, where a
text of null asks about the grammar only; writes {"grammar": fault}, {"text": fault}, or {} where nothing is wrong.

A grammar is somebody else's text: it gets no file to read but those of lark (`%import common.WORD`), and no more than
a gigabyte of memory. It must have the rule `start`, as the servers of this API want it.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lark import Lark
    from lark.exceptions import UnexpectedInput

_MEMORY = 1024**3
_MOST_SHOWN = 12


def main() -> None:
    request = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    import lark

    _ = lark.Lark('start: "a"', parser="earley")  # so that all that lark loads late is there
    _close_files(Path(lark.__file__).parent)
    try:
        told = check(request["definition"], request["text"])
    except MemoryError:
        told = {"grammar" if request["text"] is None else "text": "could not be checked: it takes too much memory"}
    json.dump(told, sys.stdout)


def _close_files(allowed: Path) -> None:
    """From here on no file is opened but those below a folder: lark looks for imports in more places than its own."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not str(arguments[0]).startswith(f"{allowed}/"):
            raise FileNotFoundError(2, "no such grammar", str(arguments[0]))

    sys.addaudithook(refuse)


def check(definition: str, text: str | None) -> dict[str, str]:
    """LALR first, which takes no time and says best what was expected; it takes fewer grammars than the servers do, and
    fewer texts, so the last word is Earley's."""
    from lark import Lark
    from lark.exceptions import LarkError, UnexpectedInput

    try:
        quick = Lark(definition, parser="lalr")
        told = _fault(quick, text)
    except (LarkError, OSError, AssertionError, RecursionError, ValueError):
        quick, told = None, None
    if quick is not None and told is None:
        return {}
    try:
        thorough = Lark(definition, parser="earley", ambiguity="forest")
    except UnexpectedInput as error:
        return {"grammar": f"line {error.line}, column {error.column}: {_first_line(error)}"}
    except FileNotFoundError as error:
        return {
            "grammar": f"%import of {error.filename}: only lark's own grammars can be imported, such as common.WORD"
        }
    except (LarkError, OSError, AssertionError, RecursionError, ValueError) as error:
        return {"grammar": _first_line(error)}
    fault = _fault(thorough, text)
    return {"text": told or fault} if fault else {}


def _fault(parser: Lark, text: str | None) -> str | None:
    from lark.exceptions import UnexpectedInput

    if text is None:
        return None
    try:
        parser.parse(text)
    except UnexpectedInput as error:
        return _told(parser, text, error)
    return None


def _told(parser: Lark, text: str, error: UnexpectedInput) -> str:
    names: Iterable[str] = getattr(error, "accepts", None) or getattr(error, "expected", None) or ()
    names = names or getattr(error, "allowed", None) or ()
    spelled = sorted({_spelled(parser, name) for name in names})
    more = f" and {len(spelled) - _MOST_SHOWN} more" if len(spelled) > _MOST_SHOWN else ""
    expected = f"; expected: {', '.join(spelled[:_MOST_SHOWN])}{more}" if spelled else ""
    position = error.pos_in_stream
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        return f"the text ends too early{expected}"
    given = json.dumps(text[position : position + 20], ensure_ascii=False)
    return f"line {error.line}, column {error.column}: {given} does not fit the grammar{expected}"


def _spelled(parser: Lark, name: str) -> str:
    """A terminal as its author would know it: its text, else its name."""
    if name == "$END":
        return "the end"
    pattern = next((it.pattern for it in parser.terminals if it.name == name), None)
    if pattern is None or (pattern.type != "str" and not name.startswith("__")):
        return name
    return json.dumps(pattern.value, ensure_ascii=False) if pattern.type == "str" else f"/{pattern.value}/"


def _first_line(error: BaseException) -> str:
    text = str(error.args[0] if error.args else error).strip()
    if "NonTerminal('start')" in text:
        return "it has no rule named start"
    return next(iter(text.splitlines()), type(error).__name__).rstrip(": ")[:300]


if __name__ == "__main__":
    main()
