"""Hypothesis strategies for request bodies: valid ones made from the schema, and ones spoilt in a place or two."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from glmcli.api.fields import FIRST, leaves, schema

text = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.floats(-1000, 1000, allow_nan=False) | st.integers(-1000, 1000)
anything = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)


_made: dict[int, st.SearchStrategy[Any]] = {}


def valid(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the part of the packaged schema takes."""
    if id(part) not in _made:
        _made[id(part)] = st.one_of([_leaf(leaf) for leaf in leaves(part)])
    return _made[id(part)]


def _leaf(leaf: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in leaf:
        return st.sampled_from(leaf["enum"])
    match leaf["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "string":
            return st.text(st.characters(codec="utf-8"), min_size=leaf.get("minLength", 0), max_size=8)
        case "integer":
            whole = st.integers(leaf.get("minimum", -1000), leaf.get("maximum", 100_000))
            return whole | whole.map(float)
        case "number":
            return st.floats(leaf["minimum"], leaf["maximum"]) | st.integers(leaf["minimum"], leaf["maximum"])
        case "array":
            return st.lists(valid(leaf["items"]), min_size=leaf.get("minItems", 0), max_size=leaf.get("maxItems", 3))
        case _:
            return _objects(leaf)


def _objects(leaf: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in leaf:
        return st.dictionaries(text, anything, max_size=3)
    required = set(leaf.get("required", ()))
    each = {name: valid(part) for name, part in leaf["properties"].items()}
    return st.fixed_dictionaries(
        {name: it for name, it in each.items() if name in required},
        optional={name: it for name, it in each.items() if name not in required},
    )


@st.composite
def valid_bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies of either form that the schema takes, with a few of the optional fields."""
    form = draw(st.sampled_from(schema()["oneOf"]))
    properties = form["properties"]
    names = draw(st.lists(st.sampled_from([it for it in properties if it not in FIRST]), max_size=5, unique=True))
    return {name: draw(valid(properties[name])) for name in (*form["required"], *names)}


@st.composite
def spoilt_bodies(draw: st.DrawFn) -> Any:
    """Bodies with one to three places replaced, removed or added; some are still valid."""
    body: Any = copy.deepcopy(draw(valid_bodies()))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(body))
        container, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "remove", "add", "swap"])):
            case "replace":
                container[key] = draw(anything | st.sampled_from(["", [], {}, None, True, 0, -1, 3, 1.5, 1.0, "auto"]))
            case "remove":
                del container[key]
            case "add" if isinstance(container, list):
                container.insert(0, draw(anything))
            case "swap":
                other, its_key = draw(st.sampled_from(places))
                container[key] = copy.deepcopy(other[its_key])
            case _:
                container[draw(st.sampled_from(["prompt", "messages", "type", "role", "name", "x"]))] = draw(anything)
        if not body:
            break
    return body


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from _places(item)
