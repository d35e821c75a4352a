"""The smallest JSON value that a JSON Schema accepts, as far as its plain keywords tell. Imports nothing of ours.

Read are: const, enum, default, $ref within the schema, allOf, anyOf, oneOf, type, properties, required, items,
prefixItems, the bounds of numbers, strings and arrays, and the common formats. Not read are pattern, not, if,
dependencies and uniqueItems: a value for those may be wrong.
"""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
DEEPEST = 10  # levels; a schema may refer to itself without end
DEEP = 4  # levels, from which on null is chosen wherever it may be


def smallest(schema: Any) -> Any:
    """A value for the schema; null where nothing is known about it, or where it has no end."""
    return _value(schema, schema, 0)


def _value(schema: Any, root: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    schema = _flat(schema, root, depth)
    for certain in ("const", "default"):
        if certain in schema:
            return schema[certain]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    match _kind(schema):
        case "object":
            properties = _dict(schema.get("properties"))
            required = [name for name in _list(schema.get("required")) if isinstance(name, str)]
            return {name: _value(properties.get(name, {}), root, depth + 1) for name in required}
        case "array":
            first = [_value(item, root, depth + 1) for item in _list(schema.get("prefixItems"))]
            missing = int(_number(schema, "minItems", 0)) - len(first)
            return first + [_value(schema.get("items"), root, depth + 1) for _ in range(min(missing, 100))]
        case "string":
            return _string(schema)
        case "integer":
            return ceil(_least(schema, 1))
        case "number":
            return _least(schema, 0.5)
        case "boolean":
            return True
        case _:
            return None


def _flat(schema: dict[str, Any], root: Any, depth: int) -> dict[str, Any]:
    """The schema with its references followed, and with the first alternative of each choice taken in."""
    flat = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
    if depth > DEEPEST:
        return flat
    parts = [_referred(schema["$ref"], root)] if "$ref" in schema else []
    parts += _list(schema.get("allOf"))
    for choice in ("anyOf", "oneOf"):
        nullable_last = sorted(_list(schema.get(choice)), key=lambda part: _dict(part).get("type") == "null")
        parts += nullable_last[-1:] if depth > DEEP else nullable_last[:1]
    for part in parts:
        if isinstance(part, dict):
            more = _flat(part, root, depth + 1)
            properties = {**_dict(flat.get("properties")), **_dict(more.get("properties"))}
            required = [*_list(flat.get("required")), *_list(more.get("required"))]
            flat = {**more, **flat, "properties": properties, "required": required}
    return flat


def _referred(reference: Any, root: Any) -> Any:
    """The part of the schema that `#/a/b` names; None for any other reference."""
    place = root
    for name in str(reference).removeprefix("#").split("/")[1:]:
        place = _dict(place).get(name.replace("~1", "/").replace("~0", "~"))
    return place if str(reference).startswith("#") else None


def _kind(schema: dict[str, Any]) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), None)
    if isinstance(kinds, str):
        return kinds
    if schema.get("properties") or schema.get("required"):
        return "object"
    return "array" if "items" in schema else "string"


def _string(schema: dict[str, Any]) -> str:
    text = FORMATS.get(str(schema.get("format")), "demo")
    return text[: max(0, int(_number(schema, "maxLength", len(text))))].ljust(
        min(int(_number(schema, "minLength", 0)), 10_000), "."
    )


def _least(schema: dict[str, Any], usual: float) -> float:
    """The usual value if the bounds allow it, else one next to a bound."""
    step = _number(schema, "multipleOf", 1 if usual == int(usual) else 0)
    low = _number(schema, "minimum", float("-inf"))
    high = _number(schema, "maximum", float("inf"))
    low = max(low, _number(schema, "exclusiveMinimum", float("-inf")) + (step or 1e-6))
    high = min(high, _number(schema, "exclusiveMaximum", float("inf")) - (step or 1e-6))
    value = max(low, min(usual, high))
    return ceil(value / step) * step if step > 0 else value


def _number(schema: dict[str, Any], key: str, default: float) -> float:
    value = schema.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return value if value == default or isfinite(value) else default


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
