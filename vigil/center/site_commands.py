"""`vigil apply`, `vigil export` and `vigil site`: the site in the centre's database, beside a running centre or without one."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

import click

from vigil.clock import SystemClock
from vigil.command_line import config_option, told
from vigil.config import Configuration, load, read_document
from vigil.model.site_changes import Change, ChangeKind, KeyChange, Noun
from vigil.model.site_versions import Loss, SiteVersion

if TYPE_CHECKING:
    from vigil.center.site_desk import SiteDesk
    from vigil.store.users import User

_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}
_COLOURS = {ChangeKind.ADDED: "green", ChangeKind.CHANGED: "yellow", ChangeKind.REMOVED: "red"}
_LONGEST = 160
_NOTHING = "nothing was changed"


@click.command("apply")
@config_option
@click.option(
    "-f", "--file", "new", type=click.File(encoding="utf-8"), required=True, help="The site; - for standard input."
)
@click.option("--from", "begins", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="In force from then on.")
@click.option("--why", default="", help="Why it is changed, as the history and the register keep it.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--remove", is_flag=True, help="Halls, window groups, windows and cameras that are missing there may go.")
def apply(file: Path, new: TextIO, begins: datetime | None, why: str, dry_run: bool, yes: bool, remove: bool) -> None:
    """Give the centre another site: what changes is shown first."""
    with told(_NOTHING), _desk(file) as (desk, configuration):
        text = new.read()
        at = None if begins is None else begins.replace(tzinfo=_zone(desk, configuration)).astimezone(UTC)
        try:
            proposal = desk.propose(text, new.name, at)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--from") from error
        _show(proposal.changes)
        _show_losses(proposal.losses)
        _show_waiting(proposal.replaced_by)
        if not proposal.changes and not proposal.takes_over:
            click.echo(f"The site is as the file has it: {_NOTHING}.")
            return
        if proposal.takes_over:
            click.echo(
                "From this version on the site in the database counts, and `site:` in the configuration no more."
            )
        if proposal.removes and not remove:
            what = "Something would be removed. If that is meant, say --remove"
            if not dry_run:
                raise click.ClickException(f"{what}; {_NOTHING}.")
            click.echo(f"{what}.")
        if dry_run:
            return
        if not yes:
            click.confirm("Apply this?", abort=True)
        version = desk.enter(proposal, _hand(), why.strip())
        if version is None:
            raise click.ClickException(
                f"Somebody entered another version meanwhile; {_NOTHING}. Look at it and try again."
            )
    when = "now" if at is None else f"from {at.astimezone():%Y-%m-%d %H:%M} on"
    click.echo(f"Version {version.number} is in force {when}. A running centre takes it up within a few seconds.")


@click.command("export")
@config_option
@click.option("--version", "number", type=click.IntRange(1), help="Another than what is in force.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
def export(file: Path, number: int | None, output: Path | None) -> None:
    """Write the site as a file that `vigil apply` takes."""
    with told(_NOTHING), _desk(file) as (desk, _):
        text = desk.export(number)
        if text is None:
            raise click.ClickException(f"There is no version {number}.")
        if output is None:
            click.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")


@click.group()
def site() -> None:
    """Versions of the site."""


@site.command("versions")
@config_option
def site_versions(file: Path) -> None:
    """Show every version: number, whether in force, from when on, who entered it when and why."""
    with told(_NOTHING), _desk(file) as (desk, _):
        now = desk.now()
        for one in desk.versions():
            mark = "*" if now is not None and one.number == now.number else " "
            click.echo(
                f"{one.number}{mark}\t{one.effective_from.astimezone():%Y-%m-%d %H:%M}\t"
                f"{one.at.astimezone():%Y-%m-%d %H:%M}\t{one.by}\t{one.sha256[:12]}\t{one.why}"
            )


@site.command("diff")
@config_option
@click.argument("before", type=click.IntRange(1))
@click.argument("after", type=click.IntRange(1))
def site_diff(file: Path, before: int, after: int) -> None:
    """Show what one version changed of another."""
    with told(_NOTHING), _desk(file) as (desk, _):
        found = desk.difference(before, after)
        if found is None:
            raise click.ClickException("There is no such version.")
        _show(found)


@contextmanager
def _desk(file: Path) -> Iterator[tuple[SiteDesk, Configuration]]:
    from vigil.center.sections import open_database  # noqa: PLC0415, a node must not load the database
    from vigil.center.site_desk import SiteDesk  # noqa: PLC0415
    from vigil.store.stores import Stores  # noqa: PLC0415

    configuration = load(file)
    database = open_database(configuration)
    try:
        yield SiteDesk(configuration, Stores.over(database), SystemClock()), configuration
    finally:
        database.close()


def _zone(desk: SiteDesk, configuration: Configuration) -> ZoneInfo:
    """The site's, as it is now: people of the halls say from which day on."""
    version = desk.now()
    site = configuration.site if version is None else read_document(version.document)
    return ZoneInfo(site.time_zone if site is not None else "Asia/Shanghai")


def _hand() -> User:
    from vigil.store.users import User  # noqa: PLC0415

    return User(f"cli:{getpass.getuser()}", "vigil apply", "中心主机", frozenset())


def _show(found: Iterable[Change]) -> None:
    for change in found:
        where = f" in {change.hall}" if change.hall is not None and change.noun is not Noun.HALL else ""
        name = f" {change.id} ({change.name})" if change.id and change.id != change.name else f" {change.name}"
        click.secho(f"{_SIGNS[change.kind]} {change.noun}{name}{where}", fg=_COLOURS[change.kind])
        for key in change.keys:
            click.echo(f"    {_key(key)}")


def _key(change: KeyChange) -> str:
    if change.before is None:
        return f"{change.key}: {_short(change.after)}"
    return f"{change.key}: {_short(change.before)} -> {_short(change.after)}"


def _short(value: str | None) -> str:
    if value is None:
        return "(default)"
    text = json.loads(value) if value.startswith('"') else value
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _show_losses(losses: Iterable[Loss]) -> None:
    for loss in losses:
        told = (
            f"{loss.noun} {loss.id} goes: {loss.alerts} alerts of it go on or wait for a decision, and stay in the list"
        )
        if loss.footage_bytes:
            told += f"; its {loss.footage_bytes / 2**30:.2f} GiB of footage stay until their time is over"
        click.echo(f"{told}.")


def _show_waiting(waiting: Iterable[SiteVersion]) -> None:
    for one in waiting:
        click.echo(
            f"Version {one.number} is in force from {one.effective_from.astimezone():%Y-%m-%d %H:%M} on and will take "
            "these changes back: apply them with --from that time, too."
        )
