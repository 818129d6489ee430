"""Fills the city's database by COPY, in the order in which it would have come. The same city makes the same rows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

import psycopg
from psycopg import sql

from benchmarks.centre.city import City
from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.looks import Unknown
from vigil.model.steps import DismissReason, Step

_MINUTE: Final = timedelta(minutes=1)
_NODE: Final = "node-1"
_KINDS: Final = {
    AlertKind.WINDOW_UNSTAFFED: 62,
    AlertKind.UNSERVED_VISITOR: 14,
    AlertKind.QUEUE_BUILDUP: 16,
    AlertKind.CAMERA_FAULT: 8,
}
_STATES: Final = {
    AlertState.OPEN: 3,
    AlertState.ACKNOWLEDGED: 2,
    AlertState.CONFIRMED: 35,
    AlertState.DISMISSED: 25,
    AlertState.RECTIFIED: 35,
}
_STEPS: Final[dict[AlertState, tuple[Step, ...]]] = {
    AlertState.OPEN: (),
    AlertState.ACKNOWLEDGED: (Step.ACKNOWLEDGE,),
    AlertState.CONFIRMED: (Step.ACKNOWLEDGE, Step.CONFIRM),
    AlertState.DISMISSED: (Step.ACKNOWLEDGE, Step.DISMISS),
    AlertState.RECTIFIED: (Step.ACKNOWLEDGE, Step.CONFIRM, Step.RECTIFY),
}
_OF_WINDOWS: Final = ["window", "at", "minute", "staffed_s", "unstaffed_s", "unknown_s", "visitor_s", "looks"]
_OF_QUEUES: Final = [
    *("group", "at", "minute", "in_service_s", "known_s", "waiting_mean", "waiting_least", "waiting_most"),
    *("staffed_mean", "wait_s"),
]
_BULK: Final = ("window_minutes", "queue_minutes")


def fill(city: City, where: str) -> dict[str, int]:
    """How many rows of each. `where` is the connection string of a superuser."""
    counted = {}
    with psycopg.connect(where) as connection:
        connection.execute("SET session_replication_role = replica")  # no check of each row's record: we number both
        connection.execute("SET maintenance_work_mem = '256MB'")
        for table in _BULK:
            connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*_names(table, f"{table}_pkey")))
        counted["minutes"] = _copy(connection, "minutes", _minutes(city))
        counted["window_minutes"] = _copy_text(connection, "window_minutes", _OF_WINDOWS, _window_minutes(city))
        counted["queue_minutes"] = _copy_text(connection, "queue_minutes", _OF_QUEUES, _queue_minutes(city))
        for table, name in zip(_BULK, ("window", "group"), strict=True):
            statement = "ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({}, at, minute)"
            connection.execute(sql.SQL(statement).format(*_names(table, f"{table}_pkey", name)))
        alerts = list(_alerts(city))
        counted["alerts"] = _copy(connection, "alerts", (row for row, _, _ in alerts))
        counted["alert_steps"] = _copy(connection, "alert_steps", _steps(alerts))
        counted["clips"] = _copy(connection, "clips", (clip for _, _, clip in alerts if clip is not None))
        counted["observations"] = _copy(connection, "observations", _observations(city))
        counted["segments"] = _copy(connection, "segments", _segments(city))
        counted["footage_hours"] = _copy(connection, "footage_hours", _hours(city))
        for table in ("minutes", "alert_steps"):  # whose next rows are the centre's
            statement = "SELECT setval(pg_get_serial_sequence({}, 'number'), max(number)) FROM {}"
            connection.execute(sql.SQL(statement).format(sql.Literal(table), sql.Identifier(table)))
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return counted


Row = dict[str, Any]


def _names(*names: str) -> tuple[sql.Identifier, ...]:
    return tuple(map(sql.Identifier, names))


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterable[Row]) -> int:
    """All rows have the columns of the first."""
    count, rest = 0, iter(rows)
    first = next(rest)
    with connection.cursor() as cursor, cursor.copy(_statement(table, list(first))) as copy:
        for row in chain((first,), rest):
            copy.write_row([json.dumps(one) if isinstance(one, dict | list) else one for one in row.values()])
            count += 1
    return count


def _copy_text(connection: psycopg.Connection[Any], table: str, columns: list[str], parts: Iterable[str]) -> int:
    """For millions of rows, as COPY has them: a line each."""
    count = 0
    with connection.cursor() as cursor, cursor.copy(_statement(table, columns)) as copy:
        for part in parts:
            copy.write(part)
            count += part.count("\n")
    return count


def _statement(table: str, columns: list[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(_names(*columns)))


def _times(city: City) -> Iterator[datetime]:
    per_minute, left = city.halls * city.windows, city.minutes
    for span in city.spans():
        at = span.from_at
        while at < span.to_at and left > 0:
            yield at
            at += _MINUTE
            left -= per_minute


def _minutes(city: City) -> Iterator[Row]:
    for number, at in enumerate(_times(city), 1):
        yield {"number": number, "record": f"{_NODE}/{number}", "node": _NODE, "at": at, "seconds": 60.0}


def _window_minutes(city: City) -> Iterator[str]:
    """Nine in ten staffed, of the others half unstaffed and half unknown; each window stays as it is for a while."""
    chance = random.Random(1)
    staffed = [f"{60}\t0\t{{}}\t{seconds}\t30" for seconds in range(0, 60, 4)]
    absent = [f"{60 - gone}\t{gone}\t{{}}\t{seconds}\t30" for gone in (20, 45, 60) for seconds in (0, 10)]
    unknown = [f'{known}\t0\t{{"{why}": {60 - known}}}\t0\t12' for known in (0, 30, 50) for why in Unknown]
    names = [window for hall in city.hall_names for window in city.window_names(hall)]
    pools = [staffed] * len(names)
    for number, at in enumerate(_times(city), 1):
        for place in chance.sample(range(len(names)), max(1, len(names) // 15)):
            pools[place] = chance.choices((staffed, absent, unknown), (90, 5, 5))[0]
        turn = number % 90
        ending = f"\t{at.isoformat()}\t{number}\t"
        lines = (
            f"{name}{ending}{pool[(turn + place) % len(pool)]}\n"
            for place, (name, pool) in enumerate(zip(names, pools, strict=True))
        )
        yield "".join(lines)


def _queue_minutes(city: City) -> Iterator[str]:
    names = [group for hall in city.hall_names for group in city.group_names(hall)]
    chance = random.Random(2)
    for number, at in enumerate(_times(city), 1):
        lines = []
        for name in names:
            waiting = int(chance.gammavariate(1.6, 2.2))
            wait_s = "\\N" if waiting == 0 else str(waiting * chance.randint(20, 60))
            lines.append(
                f"{name}\t{at.isoformat()}\t{number}\t60\t60\t{waiting}\t{waiting}\t{waiting + 1}\t4\t{wait_s}\n"
            )
        yield "".join(lines)


def _chosen(chance: random.Random, weights: dict[Any, int]) -> Any:
    return chance.choices(list(weights), list(weights.values()))[0]


def _alerts(city: City) -> Iterator[tuple[Row, tuple[Step, ...], Row | None]]:
    """By time; two in three have a clip. What is open is of the last days."""
    chance, days = random.Random(3), city.days_before(city.alert_days)
    moments = sorted(
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=chance.randint(1800, 36000))
        for day in chance.choices(days, k=city.alerts)
    )
    recent = len(moments) - len(moments) // 50
    for number, raised_at in enumerate(moments):
        hall = chance.choice(city.hall_names)
        place = chance.randrange(city.windows)
        kind: AlertKind = _chosen(chance, _KINDS)
        state: AlertState = _chosen(chance, _STATES)
        if number < recent and state in (AlertState.OPEN, AlertState.ACKNOWLEDGED):
            state = AlertState.RECTIFIED
        lasting_s = chance.randint(120, 2400)
        name, camera = f"alert-{number:06}", city.camera_names(hall)[place // 5]
        of_window = kind in (AlertKind.WINDOW_UNSTAFFED, AlertKind.UNSERVED_VISITOR)
        row = {
            "id": name,
            "revision": 3,
            "kind": kind,
            "hall": hall,
            "camera": camera,
            "window": city.window_names(hall)[place] if of_window else None,
            "group": city.group_names(hall)[place // 5] if kind is AlertKind.QUEUE_BUILDUP else None,
            "began_at": raised_at - timedelta(minutes=5),
            "raised_at": raised_at,
            "escalated_at": None,
            "ended_at": raised_at + timedelta(seconds=lasting_s),
            "end_reason": EndReason.RESOLVED,
            "clip_from_at": raised_at - timedelta(minutes=5),
            "clip_to_at": raised_at + _MINUTE,
            "facts": {"absent_s": float(lasting_s)} if of_window else {"waiting": 9, "staffed": 1},
            "state": state,
            "backfilled": chance.random() < 0.01,
            "snapshot_key": f"snapshots/{name}.jpg",
            "received_at": raised_at + timedelta(seconds=1),
            "waits_since": raised_at + timedelta(seconds=1),
            "level": 0,
            "assigned": "role:supervisor" if chance.random() < 0.1 else None,
            "muted_until": None,
        }
        yield row, _STEPS[state], _clip(row) if number % 3 else None


def _clip(alert: Row) -> Row:
    return {
        "id": f"clip-{alert['id']}",
        "camera": alert["camera"],
        "alert": alert["id"],
        "from_at": alert["clip_from_at"],
        "to_at": alert["clip_to_at"],
        "state": "ready",
        "object_key": f"clips/{alert['id']}.mp4",
        "size": 18_000_000,
        "sha256": "0" * 64,
        "gaps": [],
        "reason": None,
        "by": None,
        "created_at": alert["raised_at"],
    }


def _steps(alerts: Iterable[tuple[Row, tuple[Step, ...], Row | None]]) -> Iterator[Row]:
    number = 0
    for alert, steps, _ in alerts:
        for place, step in enumerate(steps, 1):
            number += 1
            yield {
                "number": number,
                "alert": alert["id"],
                "at": alert["raised_at"] + timedelta(seconds=97 * place),
                "by": "supervisor",
                "step": step,
                "note": None if place == 1 else "已核实",
                "reason": DismissReason.OFFICIAL_ERRAND if step is Step.DISMISS else None,
            }


def _observations(city: City) -> Iterator[Row]:
    """A change of each window every half an hour."""
    for number, at in enumerate(_times(city)):
        if number % 30:
            continue
        for hall in city.hall_names:
            for place, window in enumerate(city.window_names(hall)):
                yield {
                    "record": f"{_NODE}/o-{number}-{window}",
                    "window": window,
                    "staffing": "staffed" if (number // 30 + place) % 8 else "unstaffed",
                    "in_service": True,
                    "since_at": at,
                    "visitor": "clear",
                }


def _cameras(city: City) -> Iterator[str]:
    return (camera for hall in city.hall_names for camera in city.camera_names(hall))


def _segments(city: City) -> Iterator[Row]:
    """A minute each, of the last days; none is missing but one in a thousand."""
    last = datetime(city.last.year, city.last.month, city.last.day, 16, tzinfo=UTC)
    for number in range(city.footage_days * 1440, 0, -1):
        start_at = last - number * _MINUTE
        for place, camera in enumerate(_cameras(city)):
            if (number * 7 + place) % 1000 == 0:
                continue
            yield {
                "id": f"{camera}-{number}",
                "camera": camera,
                "start_at": start_at,
                "end_at": start_at + _MINUTE,
                "size": 30_000_000,
                "sha256": "0" * 64,
                "previous_sha256": "0" * 64,
                "packets": 1500,
                "codec": "h265",
                "width": 2560,
                "height": 1440,
                "recovered": False,
                "backfilled": False,
                "object_key": f"segments/{camera}/{number}.mp4",
                "state": "stored",
            }


def _hours(city: City) -> Iterator[Row]:
    first = datetime(city.first.year, city.first.month, city.first.day, tzinfo=UTC) - timedelta(hours=8)
    hours = ((city.last - city.first).days + 1) * 24
    for number in range(hours):
        for camera in _cameras(city):
            yield {"camera": camera, "at": first + timedelta(hours=number), "stored_s": 3600.0 - number % 7}
