"""`vigil backup` and `vigil restore`: what is asked, and what is said of how it went. Remarks go to standard error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vigil.clock import SystemClock
from vigil.command_line import config_option, told
from vigil.config import load

if TYPE_CHECKING:
    from vigil.center.backup.make import Made
    from vigil.center.backup.missing import Missing
    from vigil.center.backup.restore import Restored

_MIB: Final = 2**20
_SHOWN: Final = 20
"""Keys of objects that are named one by one; the others are counted."""
_KEYS: Final = {
    "none": "",
    "apart": "The key center.identity.key is NOT in it. Keep it apart: without it {sealed} second factors cannot be used.",
    "within": "The key center.identity.key IS in it: who reads this backup can make the codes of {sealed} second factors.",
}


@click.command("backup")
@config_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder that backups go to, each into a folder of its own.",
)
@click.option("--keep", type=click.IntRange(min=1), help="How many stay there: the oldest go. Default: all.")
@click.option("--with-key", is_flag=True, help="Put the key of second factors into it, too.")
def backup(file: Path, out: Path, keep: int | None, with_key: bool) -> None:
    """Back up the centre's database and configuration, beside a running centre."""
    from vigil.center.backup.make import make  # noqa: PLC0415, a node must not load the database

    with told():
        made = make(load(file), out, SystemClock(), with_key=with_key, keep=keep)
    _tell_made(made)


def _tell_made(made: Made) -> None:
    manifest = made.manifest
    click.echo(made.folder)
    click.echo(f"{made.bytes / _MIB:.1f} MiB, schema {manifest.schema}.", err=True)
    if manifest.register is not None:
        click.echo(f"The register's head, to be kept elsewhere:\n{manifest.register}", err=True)
    click.echo(f"Footage, clips and attachments are not in it. Back up {manifest.objects}, after this.", err=True)
    if said := _KEYS[manifest.key]:
        click.echo(said.format(sealed=manifest.sealed), err=True)
    for one in made.removed:
        click.echo(f"removed {one}", err=True)


@click.command("restore")
@config_option
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Go all the way and put nothing in place.")
@click.option("--with-key", is_flag=True, help="Write the backup's key where the configuration names a file for it.")
def restore(file: Path, backup: Path, check: bool, with_key: bool) -> None:
    """Bring a backup into an empty database, SQLite or PostgreSQL, as the file says; the centre must be stopped."""
    from vigil.center.backup.restore import restore as bring  # noqa: PLC0415, see `backup`

    with told():
        restored = bring(load(file), backup, SystemClock(), with_key=with_key, check=check)
    _tell_restored(restored, check=check)
    wrong = restored.register.fault or restored.key_fault or restored.missing.gone or restored.missing.other_size
    if wrong:
        sys.exit(1)


def _tell_restored(restored: Restored, *, check: bool) -> None:
    made_at = restored.manifest.made_at.isoformat()
    if check:
        click.echo(f"The backup of {made_at} can be restored. Nothing was put in place.")
    else:
        click.echo(f"The database of {made_at} is in {restored.where}. Everybody logs in again.")
    for step in restored.steps:
        click.echo(f"brought up: {step}")
    register = restored.register
    if register.fault is None:
        click.echo(f"The register is whole: {register.entries} entries, as they were.")
    else:
        click.echo(f"The register was broken when it was backed up: {register.fault}.", err=True)
    if restored.key_written is not None:
        click.echo(f"The key is in {restored.key_written}.")
    if restored.key_fault is not None:
        click.echo(f"The centre will not start: second factors cannot be opened. {restored.key_fault}.", err=True)
    _tell_missing(restored.missing)


def _tell_missing(missing: Missing) -> None:
    click.echo(
        f"The archive has {missing.named - len(missing.gone)} of {missing.named} objects that the database names."
    )
    for keys, what in ((missing.gone, "missing"), (missing.other_size, "of another size")):
        for key in keys[:_SHOWN]:
            click.echo(f"{what}: {key}", err=True)
        if len(keys) > _SHOWN:
            click.echo(f"{what}: {len(keys) - _SHOWN} more", err=True)
    if missing.unknown:
        click.echo(f"It has {missing.unknown} segments that are newer: enter them with `vigil reindex`.", err=True)
