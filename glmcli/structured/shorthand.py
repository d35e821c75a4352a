"""The short way to write a schema: `name, age int, tags [str]` is an object with three fields. Pure.

    FIELDS  FIELD, FIELD, …       a line break separates too; with line breaks, commas may stand in descriptions
    FIELD   NAME[?] [TYPE] [: DESCRIPTION]      without a type a text; NAME? may be missing
    TYPE    str int float bool | [TYPE] a list | {FIELDS} an object | (a|b|c) one of these words

The fields without a type and the descriptions after a colon are those of llm, so what people know works here.
"""

from __future__ import annotations

import re
from typing import Any

from glmcli.errors import UsageError

TYPES = {
    **dict.fromkeys(("str", "string", "text"), "string"),
    **dict.fromkeys(("int", "integer"), "integer"),
    **dict.fromkeys(("float", "number"), "number"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
}
_SHOWN_TYPES = "str, int, float, bool, [TYPE], {FIELDS}, (a|b|c)"
_BLANK = re.compile(r"[^\S\n]*")
_ANY_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"[^\W\d][\w-]*")
_WORD = re.compile(r"[^\s,:?()\[\]{}|]+")
_DEEPEST = 32

Schema = dict[str, Any]


def schema_of(fields: str) -> Schema:
    """The JSON Schema of an object with these fields, and no others. Raises UsageError that names the place."""
    return _Reader(fields.strip()).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> Schema:
        schema = self._fields(end="")
        if self._at < len(self._text):
            raise self._fault(f"{self._text[self._at]!r} closes nothing")
        return schema

    def _fields(self, end: str) -> Schema:
        """Fields up to that bracket, or to the end of the text."""
        properties: dict[str, Schema] = {}
        required: list[str] = []
        by_lines = self._is_by_lines()
        while True:
            self._skip(_ANY_BLANK)
            if self._next == end:
                break
            name = self._match(_NAME)
            if not name:
                found = repr(self._next) if self._next else "nothing more"
                raise self._fault(f"a field begins with its name, not with {found}")
            if name in properties:
                raise self._fault(f"the field {name} stands twice")
            optional = self._take("?")
            properties[name] = self._type(f"the type of {name}")
            self._skip(_BLANK)
            if self._take(":") and (description := self._description(end, by_lines)):
                properties[name]["description"] = description
            if not optional:
                required.append(name)
            self._skip(_BLANK)
            if self._next not in (",", "\n", end):
                found = repr(self._next) if self._next else "the end"
                raise self._fault(f"after the field {name} a comma or a line break is wanted, not {found}")
            self._skip(_ANY_BLANK)
            self._take(",")
        if not properties:
            raise self._fault("there is no field in it")
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def _is_by_lines(self) -> bool:
        """Whether fields here are separated by line breaks, so that a comma in a description is one."""
        depth = 0
        for letter in self._text[self._at :]:
            depth += (letter in "{[(") - (letter in "}])")
            if depth < 0:
                return False
            if depth == 0 and letter == "\n":
                return True
        return False

    def _type(self, what: str) -> Schema:
        self._skip(_BLANK)
        if self._next in ("", ",", "\n", ":", "}"):
            return {"type": "string"}
        if self._depth == _DEEPEST:
            raise self._fault(f"there are more than {_DEEPEST} brackets inside of each other")
        self._depth += 1
        try:
            if self._take("["):
                self._skip(_ANY_BLANK)
                items = {"type": "string"} if self._next == "]" else self._type("the type of the items")
                self._close("]")
                return {"type": "array", "items": items}
            if self._take("{"):
                fields = self._fields(end="}")
                self._close("}")
                return fields
            if self._take("("):
                return {"type": "string", "enum": self._words()}
        finally:
            self._depth -= 1
        word = _WORD.match(self._text, self._at)
        if word is None or word[0].lower() not in TYPES:
            found = word[0] if word else self._next
            raise self._fault(f"{what} cannot be {found!r}; there are {_SHOWN_TYPES}")
        self._at = word.end()
        return {"type": TYPES[word[0].lower()]}

    def _words(self) -> list[str]:
        closing = self._text.find(")", self._at)
        if closing < 0:
            raise self._fault("a ( is not closed")
        words = [word.strip() for word in self._text[self._at : closing].split("|")]
        if not all(words) or len(set(words)) < len(words):
            raise self._fault("the words between ( and ) are separated by |, each stands once")
        self._at = closing + 1
        return words

    def _description(self, end: str, by_lines: bool) -> str:
        stops = ("\n", end) if by_lines else (",", "\n", end)
        begin = self._at
        while self._next and self._next not in stops:
            self._at += 1
        return self._text[begin : self._at].strip()

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, blanks: re.Pattern[str]) -> None:
        self._match(blanks)

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _take(self, letter: str) -> bool:
        found = self._next == letter
        self._at += found
        return found

    def _close(self, bracket: str) -> None:
        self._skip(_ANY_BLANK)
        if not self._take(bracket):
            found = repr(self._next) if self._next else "the end"
            raise self._fault(f"{bracket} is wanted, not {found}")

    def _fault(self, what: str) -> UsageError:
        line = self._text.count("\n", 0, self._at) + 1
        column = self._at - self._text.rfind("\n", 0, self._at)
        place = f"column {column}" if "\n" not in self._text else f"line {line}, column {column}"
        return UsageError(f"{what} ({place})", hint="For example: --schema 'name, age int, tags [str]'")
