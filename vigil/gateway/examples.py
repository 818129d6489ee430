"""Examples of the OpenAPI document. A model says what its plain values look like; what it is made of brings its own.

All are of one Monday morning in the halls of `vigil demo`: the clerk of window gongan-2 leaves at 9:30, the alert is raised
five minutes later, and somebody takes it on.
"""

from __future__ import annotations

from typing import Any


def shown(**values: Any) -> dict[str, Any]:
    """For `json_schema_extra`: fields as they stand in JSON, or a model, whose example stands there.

    Left out: what may be null and is, what is false, the first of its choices, or a model in any case.
    """
    return {"examples": [{name: _referred(value) for name, value in values.items()}]}


def take_out(schemas: dict[str, Any]) -> dict[str, Any]:
    """The whole example of each shape that has one, by its name. The shapes keep none: their own is a part of it."""
    whole = {name: found[0] for name, schema in schemas.items() if (found := _of(schema, schemas))}
    for schema in schemas.values():
        schema.pop("examples", None)
    return whole


def _of(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    """One, or none where nobody said what a plain value looks like."""
    found: list[Any] = []
    match schema:
        case {"$ref": str(where)}:
            found = _of(schemas[where.rsplit("/", 1)[1]], schemas)
        case {"properties": _}:
            found = _of_object(schema, schemas)
        case {"const": value} | {"enum": [value, *_]}:
            found = [value]
        case {"anyOf": choices}:
            found = [None] if {"type": "null"} in choices else _of(choices[0], schemas)
        case {"type": "array", "items": items}:
            found = [[one] for one in _of(items, schemas)]
        case {"type": "boolean"}:
            found = [False]
        case {"type": "null"}:
            found = [None]
    return found


def _of_object(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    said, required = schema.get("examples", [{}])[0], schema.get("required", ())
    made: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        found = _said(said[name], schemas) if name in said else _of(field, schemas) if name in required else None
        if found == []:
            return []
        if found is not None:
            made[name] = found[0]
    return [made]


def _referred(value: Any) -> Any:
    return {"$ref": f"#/components/schemas/{value.__name__}"} if isinstance(value, type) else value


def _said(value: Any, schemas: dict[str, Any]) -> list[Any]:
    return _of(value, schemas) if isinstance(value, dict) and "$ref" in value else [value]
