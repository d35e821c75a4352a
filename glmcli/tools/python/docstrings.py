"""What docstrings say of parameters, put into the JSON Schemas that they belong to. Google, reST and NumPy styles.

Here, not in the child process, so that the child needs no library; a text is harmless.
"""

from __future__ import annotations

from typing import Any

_INNER = ("items", "additionalProperties")
_INNERS = ("anyOf", "prefixItems")
_NAMED = ("properties", "$defs")


def documented(schema: dict[str, Any], docstring: str) -> str:
    """Describes the properties of an object by a docstring, unless an annotation did, and those of the objects in it
    by theirs, which stand under the key `docstring` and are taken away. Returns the description of the whole."""
    description, parameters = read(docstring)
    for name, inner in schema.get("properties", {}).items():
        if name in parameters:
            inner.setdefault("description", parameters[name])
    _document_inner(schema)
    return description


def read(docstring: str) -> tuple[str, dict[str, str]]:
    """What is said before the sections, its first paragraph on one line; and of each parameter, each on one line."""
    from docstring_parser import ParseError, parse

    try:
        parsed = parse(docstring)
    except ParseError:
        return _text(docstring), {}
    between = "\n\n" if parsed.blank_after_short_description else "\n"
    text = between.join(filter(None, (parsed.short_description, parsed.long_description)))
    parameters = {
        name.strip(): _line(it.description) for it in parsed.params for name in it.arg_name.split(",") if it.description
    }
    return _text(text), parameters


def _text(text: str) -> str:
    """Of what follows the first paragraph, lines stay lines: they may be a list."""
    first, _, rest = text.partition("\n\n")
    return f"{_line(first)}\n\n{rest.strip()}" if rest.strip() else _line(first)


def _line(text: str) -> str:
    return " ".join(text.split())


def _document_inner(schema: dict[str, Any]) -> None:
    inner = [schema[key] for key in _INNER if isinstance(schema.get(key), dict)]
    inner += [it for key in _INNERS for it in schema.get(key, ())]
    inner += [it for key in _NAMED for it in schema.get(key, {}).values()]
    for it in inner:
        description = documented(it, it.pop("docstring", ""))
        if description:
            it.setdefault("description", description)
