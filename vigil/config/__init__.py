"""Configuration: one YAML file, read strictly. Every fault is named with its line and what would be right.

`schema` is the file's shape beyond the site model (`channels` that of notifications), `document` reads YAML and remembers lines,
`check` holds the rules between values (`database`, `forwards`, `identity`, `nodes`, `notify`, `rtsp` those of one part each,
`faults` what they share), `load` puts them together, `site_file` the site alone, `secrets` fetches what the file only points at.
"""

from vigil.config.channels import EmailChannel, NotifySettings
from vigil.config.load import load, load_text
from vigil.config.schema import (
    CenterSettings,
    Configuration,
    DatabaseSettings,
    IdentitySettings,
    NodeSettings,
    ObjectSettings,
    RtspSettings,
    RtspUser,
    S3Settings,
)
from vigil.config.secrets import read_secret
from vigil.config.site_file import document_of, draft_of, load_site, read_document, yaml_of

__all__ = [
    "CenterSettings",
    "Configuration",
    "DatabaseSettings",
    "EmailChannel",
    "IdentitySettings",
    "NodeSettings",
    "NotifySettings",
    "ObjectSettings",
    "RtspSettings",
    "RtspUser",
    "S3Settings",
    "document_of",
    "draft_of",
    "load",
    "load_site",
    "load_text",
    "read_document",
    "read_secret",
    "yaml_of",
]
