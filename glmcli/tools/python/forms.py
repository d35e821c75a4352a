"""Annotations of Python functions as JSON Schema, and JSON values as what the annotations promise.

Both come from one walk over an annotation, so that what the schema lets through is what the conversion takes. Runs in
the child process of a file of functions (`child.py`): standard library only, and nothing of ours but
`values.py`.

    int, float, str, bool, None, Any, Literal, Enum, Optional, Union, Annotated[..., "description"], NewType,
    list, tuple, set, frozenset, dict, Sequence, Iterable, Mapping, dataclass, TypedDict, NamedTuple,
    date, datetime, time, Path, UUID, Decimal
"""

from __future__ import annotations

import collections.abc
import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from glmcli.tools.python.fields import MISSING, Field, Unsupported, fields_of
from glmcli.tools.python.values import SCALARS, TEXTS, Mismatch, identity, jsonable, member_value, shown

Convert = Callable[[Any], Any]
Schema = dict[str, Any]

_LISTS: dict[Any, type] = {
    list: list,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Set: frozenset,
    collections.abc.MutableSet: set,
}
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


@dataclass(frozen=True)
class Form:
    """What an annotation comes to. convert: from a JSON value; raises Mismatch."""

    schema: Schema
    convert: Convert


class Forms:
    """The forms of one function. definitions: schemas of classes that hold themselves, for its `$defs`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._classes: dict[type, Form] = {}
        self._open: list[type] = []
        self._names: dict[type, str] = {}

    def of(self, annotation: Any) -> Form:
        """Raises Unsupported."""
        origin, arguments = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
        if origin is typing.Annotated:
            return _described(self.of(arguments[0]), arguments[1:])
        alias = getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None)
        if alias is not None and not isinstance(annotation, type):
            return self.of(alias)
        if origin in (Any, object):
            return Form({}, identity)
        if origin is None:
            origin = type(None)
        if origin is typing.Literal:
            return _choice([(member_value(it) if isinstance(it, enum.Enum) else it, it) for it in arguments])
        if origin in (typing.Union, types.UnionType):
            return _either([self.of(it) for it in arguments])
        if not isinstance(origin, type):
            raise Unsupported(_unsupported(annotation))
        if origin in SCALARS:
            return Form({"type": _JSON_TYPES[origin]}, SCALARS[origin])
        if origin in TEXTS:
            schema, convert = TEXTS[origin]
            return Form(dict(schema), convert)
        if issubclass(origin, enum.Enum) and len(origin):
            return _choice([(member_value(it), it) for it in origin])
        if origin in _LISTS:
            return self._list(_LISTS[origin], *arguments)
        if origin is tuple:
            return self._tuple(arguments)
        if origin in _DICTS:
            return self._dict(*arguments)
        fields, make = fields_of(origin), dict if typing.is_typeddict(origin) else origin
        if fields is None or arguments:
            raise Unsupported(_unsupported(annotation))
        return self._class(origin, fields, make)

    def record(self, fields: Iterable[Field], make: Callable[..., Any], within: str = "") -> Form:
        """An object of named values. within: what the fields belong to, for the text of Unsupported."""
        forms: dict[str, Form] = {}
        required: list[str] = []
        for field in fields:
            try:
                forms[field.name] = self._with_default(field)
            except Unsupported as error:
                raise Unsupported(f"the field {within}.{field.name}: {error}" if within else str(error)) from None
            if field.required:
                required.append(field.name)
        properties = {name: form.schema for name, form in forms.items()}
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False
        return Form(schema, _record_conversion({name: form.convert for name, form in forms.items()}, required, make))

    def _with_default(self, field: Field) -> Form:
        form = self.of(field.annotation)
        if field.default is MISSING:
            return form
        if field.default is None:
            form = _nullable(form)
        try:
            return Form({**form.schema, "default": jsonable(field.default)}, form.convert)
        except (TypeError, ValueError, RecursionError):
            return form  # a default that only Python can hold, such as a marker object

    def _class(self, cls: type, fields: Callable[[], list[Field]], make: Callable[..., Any]) -> Form:
        if cls in self._classes:
            return self._classes[cls]
        if cls in self._open:
            return Form({"$ref": f"#/$defs/{self._name(cls)}"}, lambda value: self._classes[cls].convert(value))
        self._open.append(cls)
        form = self.record(fields(), make, within=cls.__name__)
        self._open.pop()
        text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
        # A dataclass or a NamedTuple without a docstring is given its signature as one.
        if text and not text.startswith(f"{cls.__name__}("):
            form = Form({**form.schema, "docstring": text}, form.convert)
        if cls in self._names:
            self.definitions[self._name(cls)] = form.schema
            form = Form({"$ref": f"#/$defs/{self._name(cls)}"}, form.convert)
        self._classes[cls] = form
        return form

    def _name(self, cls: type) -> str:
        if cls not in self._names:
            same = sum(other.__name__ == cls.__name__ for other in self._names)
            self._names[cls] = f"{cls.__name__}{same + 1 if same else ''}"
        return self._names[cls]

    def _list(self, make: type, item: Any = Any) -> Form:
        if make is list:
            form = self.of(item)
            return Form(_array(form), lambda value: [_at(i, form.convert, it) for i, it in _items(value)])
        if getattr(typing.get_origin(item) or item, "__hash__", None) is None:
            raise Unsupported(f"a set cannot hold {_spelled(item)}; write list[{_spelled(item)}]")
        form = self.of(item)

        def convert(value: Any) -> Any:
            found = [_at(index, form.convert, it) for index, it in _items(value)]
            try:
                made = make(found)
            except TypeError as error:
                raise Mismatch(str(error)) from None
            if len(made) < len(found):
                raise Mismatch(f"an item of {shown(value)} stands twice")
            return made

        return Form({**_array(form), "uniqueItems": True}, convert)

    def _tuple(self, items: tuple[Any, ...]) -> Form:
        if len(items) in (0, 2) and items[1:] in ((), (...,)):
            as_list = self._list(list, *items[:1])
            return Form(as_list.schema, lambda value: tuple(as_list.convert(value)))
        forms = [self.of(item) for item in items]
        size = len(forms)

        def convert(value: Any) -> Any:
            if len(_items(value)) != size:
                raise Mismatch(f"{shown(value)} has {len(value)} items; {size} are wanted")
            return tuple(_at(i, form.convert, it) for form, (i, it) in zip(forms, _items(value), strict=True))

        # The length says all: an `items: false` beside it is not understood by every reader of tool definitions.
        places = [form.schema for form in forms]
        return Form({"type": "array", "prefixItems": places, "minItems": size, "maxItems": size}, convert)

    def _dict(self, key: Any = str, item: Any = Any) -> Form:
        if key not in (str, Any):
            raise Unsupported(f"keys of a dict are text in JSON: write dict[str, {_spelled(item)}]")
        form = self.of(item)

        def convert(value: Any) -> Any:
            if not isinstance(value, dict):
                raise Mismatch(f"{shown(value)} is not an object")
            return {name: _at(name, form.convert, it) for name, it in value.items()}

        return Form({"type": "object", **({"additionalProperties": form.schema} if form.schema else {})}, convert)


def _array(form: Form) -> Schema:
    return {"type": "array", **({"items": form.schema} if form.schema else {})}


def _items(value: Any) -> list[tuple[int, Any]]:
    if not isinstance(value, list):
        raise Mismatch(f"{shown(value)} is not a list")
    return list(enumerate(value))


def _at(key: str | int, convert: Convert, value: Any) -> Any:
    try:
        return convert(value)
    except Mismatch as error:
        raise Mismatch(error.message, f"/{str(key).replace('~', '~0').replace('/', '~1')}{error.pointer}") from None


def _record_conversion(converts: dict[str, Convert], required: list[str], make: Callable[..., Any]) -> Convert:
    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Mismatch(f"{shown(value)} is not an object")
        for name in value:
            if name not in converts:
                raise Mismatch(f"is not known; known: {', '.join(converts) or 'nothing'}", f"/{name}")
        for name in required:
            if name not in value:
                raise Mismatch("is missing", f"/{name}")
        given = {name: _at(name, converts[name], it) for name, it in value.items()}
        try:
            return make(**given)
        except Exception as error:  # noqa: BLE001 - a check of the user's own class, whatever it raises
            raise Mismatch(f"{type(error).__name__}: {error}") from None

    return convert


def _described(form: Form, notes: Iterable[Any]) -> Form:
    for note in notes:
        text = note if isinstance(note, str) else getattr(note, "documentation", None)  # typing_extensions.Doc
        if isinstance(text, str):
            return Form({**form.schema, "description": inspect.cleandoc(text)}, form.convert)
    return form


def _nullable(form: Form) -> Form:
    """`x: int = None` means Optional[int], as it did for long."""
    try:
        form.convert(None)
    except Mismatch:
        return _either([form, Form({"type": "null"}, SCALARS[type(None)])])
    return form


def _either(forms: list[Form]) -> Form:
    def convert(value: Any) -> Any:
        reasons: list[str] = []
        for form in forms:
            try:
                return form.convert(value)
            except Mismatch as error:
                reasons.append(f"{error.pointer}: {error.message}" if error.pointer else error.message)
        raise Mismatch("; ".join(dict.fromkeys(reasons)))

    return Form({"anyOf": [form.schema for form in forms]}, convert)


def _choice(choices: list[tuple[Any, Any]]) -> Form:
    """One of some JSON values, each with what it stands for."""
    kinds = {type(given) for given, _ in choices}
    if not kinds <= set(_JSON_TYPES):
        raise Unsupported("a Literal holds text, numbers, True, False and None; write an Enum for other values")

    def convert(value: Any) -> Any:
        for given, meant in choices:
            if given == value and isinstance(given, bool) == isinstance(value, bool):
                return meant
        raise Mismatch(f"{shown(value)} is not one of {', '.join(shown(given) for given, _ in choices)}")

    kind = {"type": _JSON_TYPES[kinds.pop()]} if len(kinds) == 1 else {}
    return Form({**kind, "enum": [given for given, _ in choices]}, convert)


def _spelled(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).removeprefix("typing.")


def _unsupported(annotation: Any) -> str:
    return (
        f"{_spelled(annotation)} cannot come from JSON; write str, int, float, bool, Literal, an Enum, a list, a dict, "
        "a dataclass, a TypedDict, a date or a Path"
    )
