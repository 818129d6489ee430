"""Reads a file into a Configuration, or raises ConfigError with every fault that was found."""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigil.config import channels, schema
from vigil.config.check import check
from vigil.config.document import Document, Plain, parse
from vigil.config.schema import Configuration
from vigil.errors import ConfigError, Fault
from vigil.model import site as site_model

_SECRETS = {"password", "key", "access_key", "secret_key", "metrics_token", "bearer", "url", "substream"} | {
    "access_token",
    "hook",
    "secret",
    "base_url",
}
"""Keys whose value is never repeated in a message."""

_ADAPTER: TypeAdapter[schema._File] = TypeAdapter(schema._File)


def load(file: Path) -> Configuration:
    """Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Give the path of a UTF-8 YAML file that this user may read"
        raise ConfigError([Fault(str(file), 1, "the file", f"cannot be read: {error}", remedy)]) from error
    return load_text(text, file)


def load_text(text: str, file: Path) -> Configuration:
    document = parse(text, str(file))
    if not isinstance(document.value, dict):
        document.fault((), "a mapping is expected here", "Begin with site:, center: or nodes:")
        raise ConfigError(document.faults)
    read = validated(document)
    configuration = Configuration(file.resolve(), read.site, read.center, read.nodes)
    check(configuration, document)
    if document.faults:
        raise ConfigError(in_order(document))
    return configuration


def validated(document: Document) -> schema._File:
    """Of the right shape; what a shape cannot say is not looked at yet. Raises ConfigError."""
    if isinstance(document.value, dict):
        _inherit_thresholds(document.value)
    try:
        # By way of JSON: strict mode then takes lists for tuples and texts for enums, and still no "5" for 5.
        return _ADAPTER.validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            document.fault(tuple(one["loc"]), *_explain(dict(one)))
        # Without its cause, which repeats what was given, and that may be a secret.
        raise ConfigError(in_order(document)) from None


def _inherit_thresholds(value: dict[str, Plain]) -> None:
    """A hall's thresholds change single values of the site's. What has another shape is left for the schema to refuse."""
    site = value.get("site")
    if not isinstance(site, dict):
        return
    common, halls = site.get("thresholds"), site.get("halls")
    for hall in halls if isinstance(halls, list) else []:
        own = hall.get("thresholds") if isinstance(hall, dict) else None
        if isinstance(hall, dict) and isinstance(own, dict) and isinstance(common, dict):
            hall["thresholds"] = {**common, **own}


def in_order(document: Document) -> list[Fault]:
    return sorted(document.faults, key=lambda fault: fault.line)


def _explain(error: dict[str, Any]) -> tuple[str, str]:
    """What is wrong and what would be right, from pydantic's error."""
    given = _shown(error)
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            name = str(error["loc"][-1])
            near = difflib.get_close_matches(name, sorted(_known_keys()), n=1)
            return f"unknown key {name!r}", f"Did you mean {near[0]!r}?" if near else "Remove it"
        case "missing" | "missing_argument":
            return f"the key {error['loc'][-1]!r} is missing", "Add it"
        case "enum":
            return f"{given} is not known", f"One of {error['ctx']['expected']}"
        case "dataclass_type" if _SECRETS & set(error["loc"]):
            return "a secret does not stand in this file", "Give env: NAME or file: PATH"
        case _:
            return f"{error['msg']}, not {given}", "See docs/reference/configuration.md"


def _shown(error: dict[str, Any]) -> str:
    """What was given, unless a secret could be in it: a password in its own place or within a URL."""
    given = error.get("input")
    if isinstance(given, dict | list):
        return "a mapping" if isinstance(given, dict) else "a list"
    if _SECRETS & set(error["loc"]) or (isinstance(given, str) and "@" in given):
        return "this (not shown, for it may hold a secret)"
    return repr(given)


def _known_keys() -> set[str]:
    classes = [*vars(site_model).values(), *vars(schema).values(), *vars(channels).values()]
    return {
        field.name
        for item in classes
        if isinstance(item, type) and dataclasses.is_dataclass(item)
        for field in dataclasses.fields(item)
    }
