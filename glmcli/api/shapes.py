"""The request schema in a form that can be followed: at each place, which single alternative a value is held to.

Every `oneOf` and `anyOf` of the schema keeps its alternatives apart by JSON type and, among objects, by the value of
one required key (`role`, `type`). So the one alternative that a value can match is known before it is looked into:
that makes validation one pass, and its errors point at the real culprit (reliability §2.2). `rule` checks that the
schema is of this kind. Nothing here judges a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import NoneType
from typing import Any

from glmcli.api.fields import Schema, leaves, schema

_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    NoneType: "null",
    int: "integer",
}


def json_type(value: Any) -> str:
    """The narrowest type of JSON Schema: 1.0 is an integer, True is not. Empty for what JSON cannot hold."""
    if type(value) is float:
        return "integer" if value.is_integer() else "number"
    return _TYPES.get(type(value), "")


@dataclass(frozen=True, slots=True)
class Shape:
    """One alternative: a type and what a value of it is held to, mostly under the names of JSON Schema.

    items: what each item of a list is held to; None for what is no list.
    not_empty: minLength or minItems, which are 1 wherever they stand in this schema.
    also: keys that the schema does not know and that are sent on purpose.
    """

    type: str
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    not_empty: bool = False
    max_items: int | None = None
    properties: Mapping[str, "Rule"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    items: "Rule | None" = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What may stand at one place.

    shapes: all alternatives, in the order of the schema. by_type: those that their type alone tells apart.
    tag, by_tag: the required key that tells several objects apart, and the object for each of its values.
    """

    shapes: tuple[Shape, ...]
    by_type: Mapping[str, Shape]
    tag: str = ""
    by_tag: Mapping[str, Shape] = field(default_factory=dict)

    def shape_for(self, value: Any) -> Shape | None:
        """The one alternative that the value can match; None if there is none."""
        kind = json_type(value)
        if kind == "object" and self.tag:
            tag = value.get(self.tag)
            return self.by_tag.get(tag) if type(tag) is str else None
        shape = self.by_type.get(kind)
        return self.by_type.get("number") if shape is None and kind == "integer" else shape


@lru_cache(maxsize=1)
def forms() -> tuple[Shape, Shape]:
    """The two forms of a body: with a prompt, with messages."""
    made: dict[int, Rule] = {}
    prompt_form, messages_form = (
        Shape("object", properties={name: rule(part, made) for name, part in form["properties"].items()})
        for form in schema()["oneOf"]
    )
    return prompt_form, messages_form


def rule(part: Schema, made: dict[int, Rule]) -> Rule:
    """Compiles a part of a schema. made: what is compiled already, by identity, since parts are shared."""
    if id(part) not in made:
        made[id(part)] = _rule(tuple(_shape(leaf, made) for leaf in leaves(part)))
    return made[id(part)]


def _shape(leaf: Schema, made: dict[int, Rule]) -> Shape:
    properties = {name: rule(part, made) for name, part in leaf.get("properties", {}).items()}
    required = tuple(leaf.get("required", ()))
    if not properties.keys() >= set(required):
        raise AssertionError("a required key is not among the properties")
    if leaf["type"] == "array" and "items" not in leaf:
        raise AssertionError("a list says nothing of its items")
    if max(leaf.get("minLength", 0), leaf.get("minItems", 0)) > 1:
        raise AssertionError("a length of at least 2 is asked for")
    return Shape(
        type=leaf["type"],
        enum=tuple(leaf.get("enum", ())),
        minimum=leaf.get("minimum"),
        maximum=leaf.get("maximum"),
        not_empty="minLength" in leaf or "minItems" in leaf,
        max_items=leaf.get("maxItems"),
        properties=properties,
        required=required,
        items=rule(leaf["items"], made) if "items" in leaf else None,
        also=tuple(leaf.get("x-also", ())),
    )


def _rule(shapes: tuple[Shape, ...]) -> Rule:
    objects = [shape for shape in shapes if shape.type == "object"]
    single = {shape.type: shape for shape in shapes if shape.type != "object" or len(objects) == 1}
    if len(objects) < 2:
        if len(single) < len(shapes) or {"integer", "number"} <= single.keys():
            raise AssertionError("two alternatives have one type")
        return Rule(shapes, single)
    for tag in objects[0].required:
        by_tag = {value: it for it in objects for value in _values(it, tag)}
        if all(tag in it.required and _values(it, tag) for it in objects) and len(by_tag) == sum(
            len(_values(it, tag)) for it in objects
        ):
            return Rule(shapes, single, tag, by_tag)
    raise AssertionError("two objects cannot be told apart")


def _values(shape: Shape, key: str) -> tuple[str, ...]:
    """The strings that a key of an object is limited to; empty where it is not."""
    shapes = shape.properties[key].shapes if key in shape.properties else ()
    return shapes[0].enum if len(shapes) == 1 else ()
