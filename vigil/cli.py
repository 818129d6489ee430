"""The `vigil` command. Each subcommand reads a file, says what is wrong with it, and hands over to a composition root."""

from __future__ import annotations

import asyncio
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from vigil import __version__, demo
from vigil.calendar import require_years
from vigil.calibrate.command import calibrate
from vigil.center.backup.command import backup, restore
from vigil.center.openapi_command import openapi
from vigil.center.site_commands import apply, export, site
from vigil.clock import SystemClock
from vigil.command_line import F, config_option, told
from vigil.config import Configuration, NodeSettings, load, read_secret
from vigil.discover.command import discover
from vigil.errors import SecretError
from vigil.eval.command import eval_command
from vigil.label.command import label
from vigil.model.people import Grant
from vigil.process import configure_logs, end_beneath, run_until_signal, share_memory
from vigil.roster_command import roster
from vigil.simcam import camera_sim
from vigil.simulator.commands import sim


class _GrantType(click.ParamType[Grant]):
    """A role, or a role and a hall: hall@ID."""

    name = "role"

    def convert(self, value: str | Grant, param: click.Parameter | None, ctx: click.Context | None) -> Grant:
        try:
            return value if isinstance(value, Grant) else Grant.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def role_option(command: F) -> F:
    told = "A role for all halls, or ROLE@HALL for one; may be given several times."
    return click.option("--role", "grants", type=_GrantType(), multiple=True, required=True, help=told)(command)


@click.group()
@click.version_option(__version__, prog_name="vigil")
@click.option("-v", "--verbose", is_flag=True, help="Log in more detail.")
def main(verbose: bool) -> None:
    """Branch-hall video into the centre's operations platform."""
    configure_logs(verbose=verbose)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Name every fault of a configuration file, with its line and what would be right."""
    with told():
        configuration = load(file)
        if configuration.site is not None:
            require_years(configuration.site, SystemClock().now())
    site = configuration.site
    halls = len(site.halls) if site else 0
    cameras = sum(1 for _ in site.cameras()) if site else 0
    windows = sum(1 for hall in site.halls for _ in hall.windows()) if site else 0
    click.echo(f"{file}: right. {halls} halls, {windows} windows, {cameras} cameras, {len(configuration.nodes)} nodes.")


@main.group()
def audit() -> None:
    """The access register's hash chain."""


@audit.command("verify")
@config_option
@click.option("--kept", multiple=True, metavar="NUMBER:SHA256", help="A head that was kept elsewhere; may be repeated.")
def audit_verify(file: Path, kept: tuple[str, ...]) -> None:
    """Follow the register's chain from its first entry; exit status 1 where it is broken."""
    from vigil.center.audit import verified  # noqa: PLC0415, a node must not load the database
    from vigil.store.register_chain import Head  # noqa: PLC0415

    with told():
        try:
            heads = [Head.of(text) for text in kept]
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--kept") from error
        verdict, head = verified(load(file), heads)
    if verdict.fault is not None:
        click.echo(
            f"The register is broken: {verdict.fault}. The {verdict.entries} entries before are whole.", err=True
        )
        sys.exit(1)
    click.echo(f"{verdict.entries} entries, whole. Keep the head elsewhere:\n{head}")


@main.command()
@config_option
def retention(file: Path) -> None:
    """Say how much footage there is, for how long it is kept, and when there is no room for more."""
    from vigil.center.center import retention_plan  # noqa: PLC0415, see `center`

    with told():
        plan = retention_plan(load(file), SystemClock())
    gib, days = 2**30, "{:>8.1f} GiB {:>8.2f} GiB a day, kept {:g} to {:g} days, since {}  {}"
    for one in plan.cameras:
        since = "-" if one.first_at is None else one.first_at.date().isoformat()
        click.echo(
            days.format(one.bytes / gib, one.day_bytes / gib, one.at_least_days, one.at_most_days, since, one.camera)
        )
    click.echo(f"all: {plan.bytes / gib:.1f} GiB; it will be {plan.most_bytes / gib:.1f} GiB, of which")
    click.echo(f"{plan.least_bytes / gib:.1f} GiB must be kept.", nl=False)
    if plan.room_bytes is None:
        click.echo(" The store does not say how much room there is.")
    elif plan.full_at is None:
        click.echo(f" There is room for {plan.room_bytes / gib:.1f} GiB.")
    else:
        click.echo(f" There is room for {plan.room_bytes / gib:.1f} GiB: full on {plan.full_at.date().isoformat()}.")


@main.command()
@config_option
def center(file: Path) -> None:
    """Run the centre: gateway, database, archive."""
    from vigil.center.center import serve  # noqa: PLC0415, a node must not load the web framework

    with told():
        configuration = load(file)
        run_until_signal(lambda stop: serve(configuration, SystemClock(), stop))


@main.command("reindex")
@config_option
def reindex_command(file: Path) -> None:
    """Make the index of footage again from the archive, for a database that was lost or is older than it."""
    from vigil.center.center import reindex_archive  # noqa: PLC0415, see `center`

    with told():
        found = reindex_archive(load(file))
    for key in found.unreadable:
        click.echo(f"{key}: no segment, or damaged; left where it is", err=True)
    click.echo(f"{found.entered} segments entered, {found.known} known, {len(found.unreadable)} unreadable.")
    if found.unreadable:
        sys.exit(1)


@main.command()
@config_option
@click.option("--node", "node_id", help="Which node of the file; may be left out when there is one.")
def node(file: Path, node_id: str | None) -> None:
    """Run a node: its cameras, recording, analytics, and the uplink to the centre."""
    share_memory()
    from vigil.node.node import Node  # noqa: PLC0415, the centre must not load detector and decoder

    with told():
        configuration = load(file)
        settings = _chosen(configuration, node_id)
        if settings.key is None:
            raise SecretError(f"{settings.id} has no key: give key: {{file: PATH}} and enrol it (vigil enrol)")
        key = read_secret(settings.key, configuration.folder)

        async def run(stop: asyncio.Event) -> None:
            await Node(settings, key, configuration.folder, SystemClock()).run(stop)

        run_until_signal(run)
        end_beneath("analytics", "detector")


@main.command()
@config_option
@click.option("--node", "node_id", help="Which node of the file; may be left out when there is one.")
@click.option(
    "--token-file", type=click.File(), required=True, help="File with the centre's token; - for standard input."
)
def enrol(file: Path, node_id: str | None, token_file: TextIO) -> None:
    """Make this node a key and have the centre take it, by a token from `vigil nodes token`."""
    from vigil.node.enrolment import enrol as enrol_node  # noqa: PLC0415, see `node`

    with told():
        configuration = load(file)
        settings = _chosen(configuration, node_id)
        key = enrol_node(settings, configuration.folder, token_file.read().strip())
    click.echo(f"{settings.id} is enrolled; its key is in {key}.")


@main.command()
@config_option
def run(file: Path) -> None:
    """Run the centre and all nodes of a file on this machine, supervised."""
    with told():
        configuration = load(file)
        demo.make_keys(configuration)
        demo.run_all(configuration)


@main.command("demo")
@click.option("--config", "file", type=click.Path(dir_okay=False, path_type=Path), help="Another demo configuration.")
def demo_command(file: Path | None) -> None:
    """Show everything at work: simulated cameras, a node, the centre and the screen, on this machine."""
    with told():
        demo.run_demo(file)


main.add_command(camera_sim)
main.add_command(sim)
main.add_command(eval_command)
main.add_command(label)
main.add_command(calibrate)
main.add_command(discover)
main.add_command(apply)
main.add_command(export)
main.add_command(site)
main.add_command(backup)
main.add_command(restore)
main.add_command(openapi)
main.add_command(roster)


@main.group()
def database() -> None:
    """The centre's database and its schema."""


@database.command("status")
@config_option
def database_status(file: Path) -> None:
    """Show which schema the database has, and which this vigil needs; changes nothing."""
    from vigil.center.database import standing  # noqa: PLC0415, see `center`

    with told():
        found = standing(load(file))
    click.echo(f"{found.where}: {found.schema}")
    for step in found.ahead:
        click.echo(f"to come: {step}", err=True)
    if found.ahead:
        sys.exit(1)


@database.command("upgrade")
@config_option
def database_upgrade(file: Path) -> None:
    """Bring the database to this vigil's schema; the centre does so by itself when it starts."""
    from vigil.center.database import upgrade  # noqa: PLC0415, see `center`

    with told():
        taken, found = upgrade(load(file))
    for step in taken:
        click.echo(f"done: {step}")
    click.echo(f"{found.where}: {found.schema}")


@database.command("copy")
@config_option
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Default: vigil.db in center.data.",
)
def database_copy(file: Path, source: Path | None) -> None:
    """Copy every row of an SQLite database to the PostgreSQL server of the file, which has none yet."""
    from vigil.center.database import copy  # noqa: PLC0415, see `center`

    with told():
        copied = copy(load(file), source)
    for table, rows in copied.items():
        click.echo(f"{table}\t{rows}")


@main.group()
def nodes() -> None:
    """Nodes that have a key of their own."""


@nodes.command("token")
@config_option
@click.argument("node_id")
def nodes_token(file: Path, node_id: str) -> None:
    """Make a token that enrols a node: once, within a day."""
    from vigil.center import enrolment  # noqa: PLC0415, see `center`

    with told():
        token = enrolment.make_token(load(file), node_id, SystemClock())
    click.echo(token)
    click.echo(f"Good once, for a day, for {node_id}; shown this once. There: vigil enrol --token-file -", err=True)


@nodes.command("list")
@config_option
def nodes_list(file: Path) -> None:
    """Show which nodes are enrolled, and since when."""
    from vigil.center import enrolment  # noqa: PLC0415

    with told():
        for one in enrolment.listed(load(file)):
            click.echo(f"{one.node}\t{one.enrolled_at.astimezone():%Y-%m-%d %H:%M}")


@nodes.command("revoke")
@config_option
@click.argument("node_id")
def nodes_revoke(file: Path, node_id: str) -> None:
    """Shut a node out: its key is good no more, and its link ends within half a minute."""
    from vigil.center import enrolment  # noqa: PLC0415

    with told():
        enrolment.revoke(load(file), node_id)
    click.echo(f"{node_id} is shut out.")


@main.group()
def report() -> None:
    """Figures of the halls as files, from the centre's database, beside a running centre or without one."""


@report.command("make")
@config_option
@click.option("--kind", type=click.Choice(["month", "two-months", "quarter", "span"]), required=True)
@click.option("--first-day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="A day of it; of a span the first.")
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), help="Of a span.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder for the files.")
def report_make(file: Path, kind: str, first_day: datetime, last_day: datetime | None, out: Path) -> None:
    """Make a pack: XLSX and PDF."""
    from vigil.center import report_files  # noqa: PLC0415, see `center`

    last = None if last_day is None else last_day.date()
    with told():
        for path in report_files.make(load(file), kind, first_day.date(), last, out, SystemClock()):
            click.echo(path)


@report.command("filing")
@config_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder for the file.")
def report_filing(file: Path, out: Path) -> None:
    """Make the filing of decree 799, article 14: places, devices, how long footage is kept."""
    from vigil.center import report_files  # noqa: PLC0415

    with told():
        click.echo(report_files.make_filing(load(file), out, SystemClock()))


@main.group()
def user() -> None:
    """People who may use the screen."""


@user.command("add")
@config_option
@click.argument("username")
@click.option("--name", required=True, help="The person's name, as the register shows it.")
@click.option("--unit", required=True, help="The office that the person belongs to.")
@role_option
@click.option("--password-file", type=click.Path(exists=True, path_type=Path), help="Default: one is made and shown.")
def user_add(
    file: Path, username: str, name: str, unit: str, grants: tuple[Grant, ...], password_file: Path | None
) -> None:
    """Enter a person."""
    from vigil.center import people  # noqa: PLC0415, see `center`

    with told():
        configuration = load(file)
        password = _password(password_file)
        people.add(configuration, username, name, unit, frozenset(grants), password, initial=True)
    _tell_password(username, password, password_file)


@user.command("list")
@config_option
def user_list(file: Path) -> None:
    """Show who is entered, with roles."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        for person in people.listed(load(file)):
            roles = ", ".join(sorted(str(grant) for grant in person.grants))
            state = "  (disabled)" if person.disabled else ""
            click.echo(f"{person.username}\t{person.name}\t{person.unit}\t{roles}{state}")


@user.command("password")
@config_option
@click.argument("username")
@click.option("--password-file", type=click.Path(exists=True, path_type=Path), help="Default: one is made and shown.")
def user_password(file: Path, username: str, password_file: Path | None) -> None:
    """Give a person a new password, to be changed at the next login; sessions and tokens end."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        password = _password(password_file)
        people.set_password(load(file), username, password, initial=True)
    _tell_password(username, password, password_file)


@user.command("roles")
@config_option
@click.argument("username")
@role_option
def user_roles(file: Path, username: str, grants: tuple[Grant, ...]) -> None:
    """Give a person these roles and no others, from the next request on."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        people.set_grants(load(file), username, frozenset(grants))
    click.echo(f"{username}: {', '.join(sorted(str(grant) for grant in grants))}.")


@user.command("enable")
@config_option
@click.argument("username")
def user_enable(file: Path, username: str) -> None:
    """Let a person in again who was disabled."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        people.enable(load(file), username)
    click.echo(f"{username} is enabled.")


@user.command("logout")
@config_option
@click.argument("username")
def user_logout(file: Path, username: str) -> None:
    """End a person's sessions and revoke the API tokens."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        people.log_out(load(file), username)
    click.echo(f"{username}: sessions ended, tokens revoked.")


@user.command("reset-factor")
@config_option
@click.argument("username")
def user_reset_factor(file: Path, username: str) -> None:
    """Remove a person's second factor; make sure that it is he who asks."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        people.reset_second_factor(load(file), username)
    click.echo(f"{username}: the second factor is removed.")


@user.command("disable")
@config_option
@click.argument("username")
def user_disable(file: Path, username: str) -> None:
    """Shut a person out; open sessions end, and what the register says of them stays."""
    from vigil.center import people  # noqa: PLC0415

    with told():
        people.disable(load(file), username)
    click.echo(f"{username} is disabled.")


def _chosen(configuration: Configuration, node_id: str | None) -> NodeSettings:
    if node_id is None and len(configuration.nodes) == 1:
        return configuration.nodes[0]
    chosen = configuration.node(node_id or "")
    if chosen is None:
        known = ", ".join(one.id for one in configuration.nodes) or "none"
        raise click.UsageError(f"Say which node with --node. The file has: {known}.")
    return chosen


def _password(file: Path | None) -> str:
    return file.read_text(encoding="utf-8").strip() if file else secrets.token_urlsafe(12)


def _tell_password(username: str, password: str, file: Path | None) -> None:
    click.echo(f"{username}: done." if file else f"{username}: password {password}  (shown this once)")
