"""Configuration: one YAML file, read strictly. Every fault is named with its line and what would be right.

`schema` is the file's shape beyond the site model, `document` reads YAML and remembers lines, `check` holds the rules
between values (`database`, `forwards`, `nodes` and `rtsp` those of one part each, `faults` what they share), `load` puts them
together, `secrets` fetches what the file only points at.
"""

from vigil.config.load import load, load_text
from vigil.config.schema import (
    CenterSettings,
    Configuration,
    DatabaseSettings,
    NodeSettings,
    ObjectSettings,
    RtspSettings,
    RtspUser,
    S3Settings,
)
from vigil.config.secrets import read_secret

__all__ = [
    "CenterSettings",
    "Configuration",
    "DatabaseSettings",
    "NodeSettings",
    "ObjectSettings",
    "RtspSettings",
    "RtspUser",
    "S3Settings",
    "load",
    "load_text",
    "read_secret",
]
