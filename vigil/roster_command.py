"""`vigil roster`: gives a centre the leave and substitutes of a spreadsheet, as whoever owns the token may.

It speaks with the running centre and not with its database: nodes are told at once, and whoever keeps what is its matter.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from vigil.command_line import told
from vigil.errors import CallRefused

if TYPE_CHECKING:
    from vigil.client import Client
    from vigil.client.answers import RosterRowView, RosterView, RowFaultView

_NOTHING: Final = "nothing was entered"
_FAULTS: Final[Mapping[str, str]] = {
    "missing": "{column}: nothing stands there",
    "no-hall": "hall: you keep none called {value!r}. One of {right}",
    "no-window": "window: the hall has none called {value!r}. One of {right}",
    "several": "{column}: several are called {value!r}. Give the id: {right}",
    "no-kind": "kind: {value!r} is none. One of {right}, or leave, substitute, paused",
    "no-time": "{column}: {value!r} is no time. For example {right}",
    "not-after": "to: {value!r} is not after the beginning. It must be {right}",
    "too-long": "to: {value!r} is more than 31 days on. It must be {right}",
    "past": "from: {value!r} is over; what was is judged at its alert. It must be {right}",
    "too-far": "from: {value!r} is more than a year ahead. It must be {right}",
    "long-note": "note: at most {right} characters",
    "overlaps": "{value} overlaps what is entered: {right}. End that one, or change this row",
    "overlaps-row": "{value} overlaps row {right}",
    "full": "window: {right} are entered ahead already. End some first",
}
"""By vigil.roster.faults.RowFault."""
_COLOURS: Final = {"enter": "green", "there": None, "conflict": "yellow", "faulty": "red"}


@click.group()
def roster() -> None:
    """Leave, substitutes and pauses of many windows at once."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--center", "address", required=True, help="Address of the centre, as https://vigil.example.")
@click.option(
    "--token-file",
    type=click.File(),
    required=True,
    help="File with an API token that may keep-roster and pause-windows.",
)
@click.option(
    "--authority", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM of whoever vouches for it."
)
@click.option("--dry-run", is_flag=True, help="Say what would be entered, and enter nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def import_roster(
    file: Path, address: str, token_file: TextIO, authority: Path | None, dry_run: bool, yes: bool
) -> None:
    """Enter a CSV or XLSX, whole or not at all; a second time it enters nothing."""
    import httpx  # noqa: PLC0415, a node must not load it for this

    from vigil.client import Client  # noqa: PLC0415

    data = file.read_bytes()
    with (
        told(_NOTHING),
        httpx.Client(base_url=address, timeout=30, verify=ssl.create_default_context(cafile=authority)) as http,
        Client(address, token_file.read().strip(), http=http) as client,
    ):
        looked = client.enter_roster(data)
        _show(looked)
        counts = looked["counts"]
        if counts["conflict"] or counts["faulty"]:
            raise click.ClickException(f"{_NOTHING}: {counts['conflict'] + counts['faulty']} rows cannot be")
        if dry_run or not counts["enter"]:
            return
        if not yes:
            click.confirm(f"Enter {counts['enter']}?", abort=True)
        _enter(client, data)


def _enter(client: Client, data: bytes) -> None:
    try:
        entered = client.enter_roster(data, dry_run=False)
    except CallRefused as refusal:
        if "roster" in refusal.told:  # somebody entered one meanwhile
            _show(refusal.told["roster"])
        raise
    click.echo(f"{entered['counts']['enter']} are entered.")


def _show(found: RosterView | Any) -> None:
    for row in found["rows"]:
        click.secho(f"{row['row']:>5}  {row['outcome']:<8}  {_about(row)}", fg=_COLOURS.get(row["outcome"]))
    counts = found["counts"]
    some = f"{counts['enter']} to enter, {counts['there']} there already"
    click.echo(f"{some}, {counts['conflict']} in conflict, {counts['faulty']} faulty.")


def _about(row: RosterRowView) -> str:
    fault = row["fault"]
    if fault is not None:
        return _in_words(fault)
    return f"{row['hall']} {row['window']} {row['kind']} {row['from_at']} {row['to_at']}"


def _in_words(fault: RowFaultView) -> str:
    words = _FAULTS.get(fault["what"], fault["what"])
    return words.format(column=fault["column"], value=fault["value"], right=", ".join(fault["right"]))
