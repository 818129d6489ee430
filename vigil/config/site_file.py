"""The site by itself: read beside the rest of a configuration, and written as YAML.

What is kept of a site is its document: JSON in which every key that has its default is left out, so that one site has one text.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final

import yaml

from vigil.config.check import check
from vigil.config.document import Document, parse
from vigil.config.load import in_order, validated
from vigil.config.schema import Configuration
from vigil.errors import ConfigError, Fault
from vigil.model.site import Hall, Site, Thresholds

_ELSEWHERE: Final = ("center", "nodes")
_WIDTH: Final = 120


def load_site(text: str, name: str, beside: Configuration) -> Configuration:
    """The configuration with the site that stands below `site:` in the text, once both have passed every check together.

    `name` is what faults call the text. What it says of `center:` and `nodes:` is not read: that is `beside`'s.
    Raises ConfigError.
    """
    document = _parsed(text, name)
    return with_site(beside, site_in(document), document)


def draft_of(text: str, name: str) -> str:
    """The document of the site below `site:` in the text, of the right shape and held to no rule yet. Raises ConfigError."""
    document = _parsed(text, name)
    site = site_in(document)
    if document.faults:  # of the text itself, as a key that stands twice
        raise ConfigError(in_order(document))
    return document_of(site)


def read_document(document: str) -> Site:
    """As it is kept; what it goes with is not looked at. Raises ConfigError: it was written by another vigil."""
    return site_in(Document("the site's document", {"site": json.loads(document)}))


def site_in(document: Document) -> Site:
    """Raises ConfigError."""
    site = validated(document).site
    if site is None:
        document.fault(("site",), "it is empty", "Give it a name:, calendars: and halls:")
        raise ConfigError(in_order(document))
    return site


def with_site(configuration: Configuration, site: Site, document: Document) -> Configuration:
    """Raises ConfigError. `document` is what the site was read from."""
    whole = replace(configuration, site=site)
    check(whole, document)
    if document.faults:
        raise ConfigError([_at_home(fault, configuration) for fault in in_order(document)])
    return whole


def document_of(site: Site) -> str:
    """As it is kept. Equal for equal sites, and for no others."""
    return json.dumps(_plain(site, site.thresholds), ensure_ascii=False, separators=(",", ":"))


def yaml_of(document: str) -> str:
    """A file for `load_site`."""
    text: str = yaml.dump(
        {"site": json.loads(document)},
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=_WIDTH,
        Dumper=_Dumper,
    )
    return text


def _parsed(text: str, name: str) -> Document:
    """Raises ConfigError."""
    document = parse(text, name)
    if not isinstance(document.value, dict) or "site" not in document.value:
        document.fault((), "there is no site in it", "Begin with site: and its name:")
        raise ConfigError(in_order(document))
    document.value = {key: value for key, value in document.value.items() if key not in _ELSEWHERE}
    return document


def _at_home(fault: Fault, configuration: Configuration) -> Fault:
    """A rule that the two break together may stand in the configuration's file: it is told where it stands there."""
    section = fault.where.partition(".")[0].partition("[")[0]
    if section not in _ELSEWHERE:
        return fault
    file = configuration.file
    try:
        line = parse(file.read_text(encoding="utf-8"), str(file)).line_of(fault.where)
    except (OSError, UnicodeDecodeError, ConfigError):  # it was altered since it was read
        line = 1
    return replace(fault, file=str(file), line=line)


class _Dumper(yaml.SafeDumper):
    """Without anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _plain(value: Any, common: Thresholds) -> Any:
    """`common` are the site's thresholds: of a hall's own only those are written that differ (vigil/config/load.py)."""
    match value:
        case Enum():
            return value.value
        case Hall(thresholds=Thresholds() as own):
            differing = {field.name for field in fields(own) if getattr(own, field.name) != getattr(common, field.name)}
            plain = _keys(replace(value, thresholds=None), common)
            return plain | {"thresholds": {name: _plain(getattr(own, name), common) for name in sorted(differing)}}
        case dict():
            return {name: _plain(value[name], common) for name in sorted(value)}
        case tuple():
            return [_plain(one, common) for one in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return _keys(value, common) if is_dataclass(value) else value


def _keys(value: Any, common: Thresholds) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(value, field.name), common)
        for field in fields(value)
        if getattr(value, field.name) != _default(field)
    }


def _default(field: Field[Any]) -> Any:
    """MISSING, which nothing equals, of a key that must be given."""
    return field.default_factory() if field.default_factory is not MISSING else field.default
