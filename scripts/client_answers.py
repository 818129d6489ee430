"""Writes vigil/client/answers.py, the types of the API's answers, from the document that the gateway gives out.

python scripts/client_answers.py; a test holds the file to it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from vigil.gateway.app import document

TARGET: Final = Path(__file__).resolve().parents[1] / "vigil" / "client" / "answers.py"
_HEAD: Final = '''"""What the API answers. Written by scripts/client_answers.py from the OpenAPI document."""

from __future__ import annotations

from typing import {names}
'''
_PLAIN: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def module(contract: dict[str, Any]) -> str:
    schemas = contract["components"]["schemas"]
    wanted = sorted(_reached(schemas, [one for one in schemas if one.endswith(("View", "List", "Report"))]))
    text = "".join(f"\n\n{_written(name, schemas[name])}\n" for name in wanted)
    used = [name for name in ("Any", "Literal", "NotRequired", "TypedDict") if re.search(rf"\b{name}\b", text)]
    return _formatted(_HEAD.format(names=", ".join(used)) + text)


def _formatted(text: str) -> str:
    command = (sys.executable, "-m", "ruff", "format", "--line-length", "120", "-")
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _reached(schemas: dict[str, Any], names: list[str]) -> set[str]:
    """With all that they are made of."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names += re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schemas[name]))
    return found


def _written(name: str, schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f"{name} = {_type(schema)}"
    return "\n".join((f"class {name}(TypedDict):", *_fields(schema)))


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    if "description" in schema:
        yield f'    """{schema["description"]}"""\n'
    for name, field in schema["properties"].items():
        told = _type(field)
        yield f"    {name}: {told if name in schema.get('required', ()) else f'NotRequired[{told}]'}"


def _type(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str(where)}:
            told = where.rsplit("/", 1)[1]
        case {"enum": list(values)}:
            told = f"Literal[{', '.join(json.dumps(value) for value in values)},]"
        case {"const": value}:
            told = f"Literal[{json.dumps(value)}]"
        case {"anyOf": list(choices)}:
            told = " | ".join(dict.fromkeys(_type(one) for one in choices))
        case {"type": "array"}:
            told = _array(schema)
        case {"type": "object"}:
            told = f"dict[str, {_type(_values(schema))}]"
        case _:
            told = _PLAIN[schema["type"]] if "type" in schema else "Any"
    return told


def _values(schema: dict[str, Any]) -> dict[str, Any]:
    """`true`: whatever they are."""
    found = schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"tuple[{', '.join(_type(one) for one in schema['prefixItems'])}]"
    return f"list[{_type(schema['items'])}]"


if __name__ == "__main__":
    TARGET.write_text(module(document()), encoding="utf-8")
