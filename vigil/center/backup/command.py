"""`vigil backup` and `vigil restore`: what is asked, and what is said of how it went. Remarks go to standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vigil.clock import SystemClock
from vigil.command_line import config_option, told
from vigil.config import load

if TYPE_CHECKING:
    from vigil.center.backup.bring import Brought
    from vigil.center.backup.carry import Carried
    from vigil.center.backup.gather import Plan
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
@click.option(
    "--objects", is_flag=True, help="Clips, pictures, attachments and reports go along: those that FOLDER has not."
)
@click.option("--footage", is_flag=True, help="And all footage; its size is told first.")
def backup(file: Path, out: Path, keep: int | None, with_key: bool, objects: bool, footage: bool) -> None:
    """Back up the centre's database and configuration, beside a running centre."""
    from vigil.center.backup.carry import Along  # noqa: PLC0415, a node must not load the database
    from vigil.center.backup.make import make  # noqa: PLC0415, likewise

    along = Along.FOOTAGE if footage else Along.EVIDENCE if objects else Along.NOTHING
    with told():
        made = make(load(file), out, SystemClock(), with_key=with_key, keep=keep, along=along, tell=_tell_plan)
    _tell_made(made)


def _tell_plan(plan: Plan) -> None:
    click.echo(
        f"Of {len(plan.wanted) + len(plan.there)} objects {len(plan.wanted)} are to be copied, {plan.bytes / _MIB:.1f} MiB.",
        err=True,
    )


def _tell_made(made: Made) -> None:
    manifest = made.manifest
    click.echo(made.folder)
    click.echo(f"{made.bytes / _MIB:.1f} MiB, schema {manifest.schema}.", err=True)
    if manifest.register is not None:
        click.echo(f"The register's head, to be kept elsewhere:\n{manifest.register}", err=True)
    if made.carried is None:
        click.echo(f"Footage, clips and attachments are not in it. Back up {manifest.objects}, after this.", err=True)
    else:
        _tell_carried(made.carried)
    if said := _KEYS[manifest.key]:
        click.echo(said.format(sealed=manifest.sealed), err=True)
    for one in made.removed:
        click.echo(f"removed {one}", err=True)
    if made.swept:
        click.echo(f"removed {made.swept} objects that no backup names any more", err=True)


def _tell_carried(carried: Carried) -> None:
    click.echo(f"{carried.count} objects are with it, {carried.copied} of them copied now.", err=True)
    _tell_keys(carried.gone, "not with it, the archive has none")
    _tell_keys(carried.altered, "not with it, the archive's is not what the database says")


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
    missing, brought = restored.missing, restored.brought
    damaged = brought is not None and brought.damaged
    if (
        restored.register.fault
        or restored.key_fault
        or missing.gone
        or missing.other_size
        or damaged
        or not restored.entered
    ):
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
    if restored.brought is not None:
        _tell_brought(restored.brought, check=check)
    if not restored.entered:
        click.echo(
            "The register has no entry of this list of objects: it is not the one that was made with it.", err=True
        )
    _tell_missing(restored.missing)


def _tell_brought(brought: Brought, *, check: bool) -> None:
    whole = len(brought.sizes)
    if check:
        click.echo(f"{whole} objects of the backup are as they were copied.")
    else:
        click.echo(f"{whole} objects of the backup are in the archive, {brought.put} of them by this.")
    _tell_keys(brought.damaged, "damaged in the backup")


def _tell_missing(missing: Missing) -> None:
    click.echo(
        f"The archive has {missing.named - len(missing.gone)} of {missing.named} objects that the database names."
    )
    _tell_keys(missing.gone, "missing")
    _tell_keys(missing.other_size, "of another size")
    if missing.unknown:
        click.echo(f"It has {missing.unknown} segments that are newer: enter them with `vigil reindex`.", err=True)


def _tell_keys(keys: Sequence[str], what: str) -> None:
    for key in keys[:_SHOWN]:
        click.echo(f"{what}: {key}", err=True)
    if len(keys) > _SHOWN:
        click.echo(f"{what}: {len(keys) - _SHOWN} more", err=True)
