"""`vigil openapi`: the API's document as a file, for who writes a client or compares versions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigil.command_line import told


@click.command("openapi")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; default: standard output.")
def openapi(out: Path | None) -> None:
    """Write the OpenAPI document of the API, without a centre."""
    from vigil.gateway.app import document  # noqa: PLC0415, a node must not load the web framework

    text = json.dumps(document(), ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
        return
    with told("nothing was written"):
        out.write_text(f"{text}\n", encoding="utf-8")
