"""The fields of dataclasses, TypedDicts and NamedTuples with their annotations, and parameters as such fields.

Runs in the child process of a file of functions: standard library only, nothing of ours.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MISSING: Any = inspect.Parameter.empty


class Unsupported(Exception):
    """An annotation that has no JSON Schema; the text says which, and what to write in its place."""


@dataclass(frozen=True)
class Field:
    """One named value of a record: a parameter, or a field of a dataclass. default: MISSING where it must be given."""

    name: str
    annotation: Any
    default: Any = MISSING
    required: bool = True


def hints(annotations: Mapping[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations with those evaluated that are text. Raises Unsupported where one names what is not there."""
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__=dict(annotations)), names, names, True)
    except NameError as error:
        raise Unsupported(f"{error}; import it, and not only under TYPE_CHECKING") from None
    except (TypeError, SyntaxError) as error:
        raise Unsupported(f"the annotation is no type: {error}") from None


def fields_of(cls: type) -> Callable[[], list[Field]] | None:
    if dataclasses.is_dataclass(cls):
        return lambda: _dataclass_fields(cls)
    if typing.is_typeddict(cls):
        return lambda: _typeddict_fields(cls)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return lambda: _namedtuple_fields(cls)
    return None


def _class_hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise Unsupported(f"in {cls.__name__}: {error}; import it, and not only under TYPE_CHECKING") from None


def _dataclass_fields(cls: Any) -> list[Field]:
    known, found = _class_hints(cls), []
    for field in dataclasses.fields(cls):
        if field.init:
            made, default = field.default_factory is not dataclasses.MISSING, field.default
            if made:
                default = field.default_factory() if field.default_factory in (list, dict, set, tuple) else MISSING
            given = default is not dataclasses.MISSING
            found.append(
                Field(field.name, known[field.name], default if given else MISSING, required=not given and not made)
            )
    return found


def _typeddict_fields(cls: Any) -> list[Field]:
    found = []
    for name, annotation in _class_hints(cls).items():
        required = name in cls.__required_keys__
        while typing.get_origin(annotation) in (typing.Required, typing.NotRequired):
            required = typing.get_origin(annotation) is typing.Required
            (annotation,) = typing.get_args(annotation)
        found.append(Field(name, annotation, required=required))
    return found


def _namedtuple_fields(cls: Any) -> list[Field]:
    known, defaults = _class_hints(cls), cls._field_defaults
    return [
        Field(name, known.get(name, Any), defaults.get(name, MISSING), required=name not in defaults)
        for name in cls._fields
    ]
