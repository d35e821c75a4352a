"""The request fields as a Markdown table, for the README. A test holds the README to it.

python -m glmcli.api.field_table
"""

from __future__ import annotations

import json
import sys

from glmcli.api.fields import Field, fields, flags

HEAD = "| field | flags | type | may be | default | |\n| --- | --- | --- | --- | --- | --- |\n"


def markdown() -> str:
    """The table: one row a field, in the order of a body, with the flags for the field and for what is inside."""
    return HEAD + "".join(f"| {' | '.join(_row(it))} |\n" for it in fields().values())


def _row(it: Field) -> list[str]:
    own = [flag for flag in flags().values() if flag.path[0] == it.name]
    default = "" if it.default is None else f"`{json.dumps(it.default)}`"
    return [f"`{it.name}`", "<br>".join(map(_flag, own)) or "`-o`", it.type_text, it.bounds_text, default, it.help]


def _flag(it: Field) -> str:
    """A flag with its short form and its value; a pipe would end the cell even inside of code."""
    names = ", ".join(filter(None, (it.short, it.flag)))
    if it.kind == "boolean":
        return f"`{names}`, `--no-{(it.flag or '')[2:]}`"
    return f"`{names} {it.metavar}{'...' if it.repeatable else ''}`".replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())
