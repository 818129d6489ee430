"""Rules between values: what a type alone cannot say. Each fault names the place, what is wrong and what is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vigil.calendar import parse_hours
from vigil.config.database import check_database
from vigil.config.document import Document, Path
from vigil.config.escalation import check_escalation, check_ledger
from vigil.config.faults import FaultSink, check_listen, check_secret, is_address, is_plain
from vigil.config.forwards import check_center_forwards, check_forwards
from vigil.config.identity import check_identity
from vigil.config.keep import check_keep
from vigil.config.nodes import check_node
from vigil.config.notify import check_notify, check_public_url
from vigil.config.rtsp import check_rtsp
from vigil.config.schema import CenterSettings, Configuration, NodeSettings, ObjectSettings
from vigil.config.sources import check_source
from vigil.model.site import (
    Calendar,
    Camera,
    ClipRules,
    Hall,
    Point,
    Rates,
    Recording,
    RecordingMode,
    Retention,
    Site,
    Thresholds,
    TicketFeed,
    Window,
    WindowGroup,
    Zone,
    ZoneKind,
)

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_OWNER = {ZoneKind.STAFF_AREA: "window", ZoneKind.VISITOR_SPOT: "window", ZoneKind.QUEUE: "group"}

_DAY_S = 86_400
_MOST_STAFF = 4
_LEAST_DAYS = 30


def check(configuration: Configuration, document: Document) -> None:
    """Adds every fault to the document."""
    fault = document.fault
    if configuration.site is not None:
        _site(configuration.site, fault)
        _nodes_of_cameras(configuration.site, configuration.nodes, fault)
    if configuration.center is not None:
        _center(configuration.center, fault)
        check_identity(configuration.center.identity, configuration.site, fault)
        check_escalation(configuration.center.escalation, fault)
        check_ledger(configuration.center.ledger, fault)
        check_keep(configuration.center.keep, fault)
        check_center_forwards(configuration.center.forwards, configuration.site, fault)
        if configuration.center.rtsp is not None:
            check_rtsp(configuration.center.rtsp, configuration, fault)
        if configuration.center.notify is not None:
            escalation = configuration.center.escalation
            check_notify(configuration.center.notify, escalation, configuration.site, fault)
        if configuration.center.public_url is not None:
            check_public_url(configuration.center.public_url, fault)
    for index, node in enumerate(configuration.nodes):
        check_node(node, ("nodes", index), fault)
    _unique((((("nodes", i), str(n.id)) for i, n in enumerate(configuration.nodes))), "node", fault)


def _site(site: Site, fault: FaultSink) -> None:
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Asia
        fault(("site", "time_zone"), f"{site.time_zone!r} is not a time zone", "For example Asia/Shanghai")
    for name, calendar in site.calendars.items():
        _calendar(calendar, ("site", "calendars", name), fault)
    _thresholds(site.thresholds, ("site", "thresholds"), fault)
    _clips(site.clips, ("site", "clips"), fault)
    _retention(site.retention, ("site", "retention"), fault)
    for index, hall in enumerate(site.halls):
        _hall(hall, site, ("site", "halls", index), fault)
    for noun, ids in _ids(site):
        _unique(ids, noun, fault)


def _ids(site: Site) -> Iterator[tuple[str, list[tuple[Path, str]]]]:
    halls: list[tuple[Path, str]] = []
    groups: list[tuple[Path, str]] = []
    windows: list[tuple[Path, str]] = []
    cameras: list[tuple[Path, str]] = []
    for h, hall in enumerate(site.halls):
        at: Path = ("site", "halls", h)
        halls.append((at, hall.id))
        cameras += [((*at, "cameras", c), camera.id) for c, camera in enumerate(hall.cameras)]
        for g, group in enumerate(hall.groups):
            groups.append(((*at, "groups", g), group.id))
            windows += [((*at, "groups", g, "windows", w), window.id) for w, window in enumerate(group.windows)]
    yield from (("hall", halls), ("window group", groups), ("window", windows), ("camera", cameras))


def _unique(ids: Iterable[tuple[Path, str]], noun: str, fault: FaultSink) -> None:
    seen: set[str] = set()
    for path, name in ids:
        if not _SLUG.fullmatch(name):
            remedy = "Lower-case letters, digits and hyphens, at most 63; names people read go into name:"
            fault((*path, "id"), f"{name!r} cannot be the id of a {noun}", remedy)
        if name in seen:
            fault((*path, "id"), f"a {noun} {name!r} stands already above", "Give each its own id")
        seen.add(name)


def _calendar(calendar: Calendar, path: Path, fault: FaultSink) -> None:
    try:
        parse_hours(calendar.hours)
    except ValueError as error:
        fault((*path, "hours"), str(error), 'For example ["08:30-12:00", "14:30-18:00"], in order')
    for key in ("closed", "open"):
        for index, day in enumerate(getattr(calendar, key)):
            try:
                date.fromisoformat(day)
            except ValueError:
                fault((*path, key, index), f"{day!r} is not a date", "Write YYYY-MM-DD")
    for index, day in enumerate(calendar.open):
        if day in calendar.closed:
            fault((*path, "open", index), f"{day} is listed as closed, too", "Keep one of the two")


def _thresholds(values: Thresholds, path: Path, fault: FaultSink) -> None:
    rules = (
        ("absence_alert_s", values.absence_alert_s >= values.absent_after_s, "at least absent_after_s"),
        (
            "absence_escalate_s",
            values.absence_escalate_s >= values.absence_alert_s,
            "at least absence_alert_s",
        ),
        (
            "queue_per_window_exit",
            0 < values.queue_per_window_exit < values.queue_per_window_enter,
            "above 0 and below queue_per_window_enter, so that an alert does not flutter",
        ),
        (
            "stale_after_s",
            2 <= values.stale_after_s <= 9,
            "from 2 to 9: ten seconds after the last look nothing is known",
        ),
        ("on_duty_after_s", 0 <= values.on_duty_after_s <= _DAY_S, "from 0 to a day (86400)"),
        ("absent_after_s", values.absent_after_s > 0, "above 0"),
        ("absence_escalate_s", values.absence_escalate_s <= _DAY_S, "a day (86400) at most"),
        ("queue_alert_s", 0 <= values.queue_alert_s <= _DAY_S, "from 0 to a day (86400)"),
        ("queue_clear_s", 0 <= values.queue_clear_s <= _DAY_S, "from 0 to a day (86400)"),
        (
            "resume_within_s",
            values.stale_after_s <= values.resume_within_s <= _DAY_S,
            "from stale_after_s to a day (86400): what was seen must be remembered until the next look",
        ),
        ("camera_alert_s", 0 <= values.camera_alert_s <= _DAY_S, "from 0 to a day (86400)"),
        (
            "unserved_alert_s",
            values.absent_after_s <= values.unserved_alert_s <= _DAY_S,
            "from absent_after_s to a day (86400): before, nobody is known to be missing",
        ),
        ("queue_wait_alert_s", 0 < values.queue_wait_alert_s <= _DAY_S, "above 0, a day (86400) at most"),
        ("service_time_s", 1 <= values.service_time_s <= _DAY_S, "from 1 to a day (86400)"),
    )
    _hold(rules, values, path, fault)


def _clips(values: ClipRules, path: Path, fault: FaultSink) -> None:
    rules = (
        ("pre_roll_s", values.pre_roll_s >= 0, "0 or more"),
        ("post_roll_s", values.post_roll_s >= 0, "0 or more"),
        (
            "longest_s",
            max(1, values.pre_roll_s + values.post_roll_s) <= values.longest_s <= _DAY_S,
            "at least pre_roll_s and post_roll_s together, and a day (86400) at most",
        ),
        ("keep_days", values.keep_days >= _LEAST_DAYS, f"at least {_LEAST_DAYS}"),
    )
    _hold(rules, values, path, fault)


def _retention(values: Retention, path: Path, fault: FaultSink) -> None:
    rules = (
        ("at_least_days", values.at_least_days >= _LEAST_DAYS, f"at least {_LEAST_DAYS} (decree 799, article 17)"),
        ("at_most_days", values.at_most_days >= values.at_least_days, "at least at_least_days"),
    )
    _hold(rules, values, path, fault)


def _hold(rules: Iterable[tuple[str, bool, str]], values: object, path: Path, fault: FaultSink) -> None:
    for key, good, right in rules:
        if not good:
            fault((*path, key), f"{getattr(values, key):g} is out of range", f"It must be {right}")


def _hall(hall: Hall, site: Site, path: Path, fault: FaultSink) -> None:
    known = ", ".join(site.calendars) or "none are defined"
    if hall.calendar not in site.calendars:
        fault((*path, "calendar"), f"there is no calendar {hall.calendar!r}", f"Known: {known}")
    for g, group in enumerate(hall.groups):
        for w, window in enumerate(group.windows):
            if window.calendar is not None and window.calendar not in site.calendars:
                at = (*path, "groups", g, "windows", w, "calendar")
                fault(at, f"there is no calendar {window.calendar!r}", f"Known: {known}")
            _staff(window, hall, (*path, "groups", g, "windows", w, "staff"), fault)
        if group.tickets is not None:
            _tickets(group, group.tickets, hall, (*path, "groups", g, "tickets"), fault)
    if hall.thresholds is not None:
        _thresholds(hall.thresholds, (*path, "thresholds"), fault)
    for c, camera in enumerate(hall.cameras):
        _camera(camera, hall, (*path, "cameras", c), fault)
        _recording(camera.recording, site, (*path, "cameras", c, "recording"), fault)
        if camera.retention is not None:
            _retention(camera.retention, (*path, "cameras", c, "retention"), fault)


def _staff(window: Window, hall: Hall, path: Path, fault: FaultSink) -> None:
    if not 1 <= window.staff <= _MOST_STAFF:
        fault(path, f"{window.staff} clerks at one window", f"From 1 to {_MOST_STAFF}")
    shown_by = [camera.id for camera in hall.cameras if any(_is_staff_area(zone, window) for zone in camera.zones)]
    if window.staff > 1 and len(shown_by) > 1:
        what = f"cameras {' and '.join(shown_by)} both show its staff area, and nobody can add up whom they see"
        fault(path, what, "Where a window needs several clerks, draw its staff area in one camera")


def _tickets(group: WindowGroup, feed: TicketFeed, hall: Hall, path: Path, fault: FaultSink) -> None:
    # The URL may hold a token, so it is not repeated here.
    if "@" in feed.url:
        fault((*path, "url"), "the URL holds credentials", "Move the secret to bearer: {env: NAME}")
    elif not is_address(feed.url, ("http", "https")) or not is_plain(feed.url):
        fault((*path, "url"), "this is no HTTP address", "For example http://192.0.2.9/api/queues/1, percent-encoded")
    if not 2 <= feed.every_s <= 300:
        fault((*path, "every_s"), f"{feed.every_s:g} s is no time between two questions", "From 2 to 300")
    if feed.bearer is not None:
        check_secret(feed.bearer, (*path, "bearer"), fault)
    for key in ("waiting", "longest_wait_s"):
        pointer = getattr(feed, key)
        if pointer and not pointer.startswith("/"):
            fault((*path, key), f"{pointer!r} is no JSON Pointer", "Names behind slashes, for example /data/0/waiting")
    zones = [zone for camera in hall.cameras for zone in camera.zones]
    lane = any(zone.kind is ZoneKind.QUEUE and zone.group == group.id for zone in zones)
    if not lane and not any(_is_staff_area(zone, window) for zone in zones for window in group.windows):
        remedy = "Draw the staff area of one of its windows, or its lane"
        fault(path, "no camera sees a window of this group, so no node would ask", remedy)


def _is_staff_area(zone: Zone, window: Window) -> bool:
    return zone.kind is ZoneKind.STAFF_AREA and zone.window == window.id


def _camera(camera: Camera, hall: Hall, path: Path, fault: FaultSink) -> None:
    check_source(camera, path, fault)
    if (camera.username is None) != (camera.password is None):
        fault(path, "username and password go together", "Give both, or neither for an open camera")
    if camera.password is not None:
        check_secret(camera.password, (*path, "password"), fault)
    check_forwards(camera, path, fault)
    for z, zone in enumerate(camera.zones):
        _zone(zone, hall, (*path, "zones", z), fault)


def _recording(recording: Recording, site: Site, path: Path, fault: FaultSink) -> None:
    if recording.calendar is not None and recording.mode is not RecordingMode.HOURS:
        fault((*path, "calendar"), "a calendar is for mode: hours", "Take it out, or give mode: hours")
    elif recording.calendar is not None and recording.calendar not in site.calendars:
        known = ", ".join(site.calendars) or "none are defined"
        fault((*path, "calendar"), f"there is no calendar {recording.calendar!r}", f"Known: {known}")
    rules = (
        ("pre_roll_s", 0 <= recording.pre_roll_s <= 300, "from 0 to 300: it is kept in memory"),
        ("post_roll_s", 0 <= recording.post_roll_s <= 3600, "from 0 to an hour (3600)"),
    )
    _hold(rules, recording, path, fault)


def _zone(zone: Zone, hall: Hall, path: Path, fault: FaultSink) -> None:
    owner = _OWNER[zone.kind]
    other = "group" if owner == "window" else "window"
    known = {window.id for _, window in hall.windows()} if owner == "window" else {group.id for group in hall.groups}
    named = zone.window if owner == "window" else zone.group
    if named is None:
        fault(path, f"a {zone.kind} belongs to a {owner}", f"Add {owner}: and its id")
    elif named not in known:
        remedy = f"One of {', '.join(sorted(known)) or '(none yet)'}"
        fault((*path, owner), f"hall {hall.id} has no {owner} {named!r}", remedy)
    if getattr(zone, other) is not None:
        fault((*path, other), f"a {zone.kind} has no {other}", "Remove the key")
    if zone.rates is not None:
        _rates(zone.kind, zone.rates, (*path, "rates"), fault)
    _polygon(zone.polygon, (*path, "polygon"), fault)


def _rates(kind: ZoneKind, rates: Rates, path: Path, fault: FaultSink) -> None:
    if kind is not ZoneKind.STAFF_AREA:
        fault(path, f"a {kind} has no rates", "Remove the key; they are those of a staff-area")
    share = "from 0.0001 to 0.99, as `vigil calibrate` finds it"
    rules = (
        ("miss", 0.0001 <= rates.miss <= 0.99, share),
        ("false_alarm", 0.0001 <= rates.false_alarm <= 0.99, share),
        ("run_s", 0.1 <= rates.run_s <= _DAY_S, "from 0.1 to a day (86400)"),
    )
    _hold(rules, rates, path, fault)
    if rates.miss + rates.false_alarm >= 1:
        what = "somebody would be seen more often at an empty window than at a staffed one"
        fault(path, what, "miss and false_alarm together are below 1: calibrate anew, or draw the zone anew")


def _polygon(polygon: tuple[Point, ...], path: Path, fault: FaultSink) -> None:
    if len(polygon) < 3:
        fault(path, f"a polygon of {len(polygon)} points has no area", "Give at least three points")
        return
    for index, (x, y) in enumerate(polygon):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            fault(
                (*path, index),
                f"({x:g}, {y:g}) lies outside the picture",
                "Shares of width and height, 0 to 1",
            )
    if abs(_area(polygon)) < 1e-5:
        fault(path, "the polygon has no area", "Its points lie on a line; draw it anew")
    elif _crosses_itself(polygon):
        fault(path, "the polygon's edges cross", "List the corners in order around the zone")


def _area(polygon: tuple[Point, ...]) -> float:
    turns = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in turns) / 2


def _crosses_itself(polygon: tuple[Point, ...]) -> bool:
    edges = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    return any(_cross(a, b, c, d) for (a, b), (c, d) in combinations(edges, 2) if not {a, b} & {c, d})


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def _nodes_of_cameras(site: Site, nodes: tuple[NodeSettings, ...], fault: FaultSink) -> None:
    known = {node.id for node in nodes}
    for h, hall in enumerate(site.halls):
        for c, camera in enumerate(hall.cameras):
            path = ("site", "halls", h, "cameras", c)
            if camera.node is None and len(known) != 1:
                fault(path, f"{len(known)} nodes are listed and this camera names none", "Add node: and its id")
            elif camera.node is not None and camera.node not in known:
                remedy = f"One of {', '.join(sorted(known)) or '(none yet: add nodes:)'}"
                fault((*path, "node"), f"there is no node {camera.node!r}", remedy)


def _center(center: CenterSettings, fault: FaultSink) -> None:
    check_listen(center.listen, ("center", "listen"), fault)
    _objects(center.objects, fault)
    if center.database is not None:
        check_database(center.database, fault)
    for index, origin in enumerate(center.origins):
        if "@" in origin or not is_address(origin, ("http", "https")) or urlsplit(origin).path not in ("", "/"):
            fault(("center", "origins", index), "this is no origin", "For example https://vigil.example")
    if (center.tls_certificate is None) != (center.tls_key is None):
        fault(("center",), "a certificate and its key go together", "Give tls_certificate: and tls_key:")
    if center.metrics_token is not None:
        check_secret(center.metrics_token, ("center", "metrics_token"), fault)


def _objects(objects: ObjectSettings, fault: FaultSink) -> None:
    if (objects.folder is None) == (objects.s3 is None):
        fault(("center", "objects"), "objects are kept in one place", "Give either folder: or s3:")
    if objects.at_most_gib is not None and objects.at_most_gib <= 0:
        fault(("center", "objects", "at_most_gib"), f"{objects.at_most_gib:g} is out of range", "It must be above 0")
    if objects.s3 is not None:
        for key in ("endpoint", "public_endpoint"):
            url = getattr(objects.s3, key)
            if url is not None and ("@" in url or not is_address(url, ("http", "https"))):
                at = ("center", "objects", "s3", key)
                fault(at, "this is no address of an object store", "For example https://s3.example:9000")
        check_secret(objects.s3.access_key, ("center", "objects", "s3", "access_key"), fault)
        check_secret(objects.s3.secret_key, ("center", "objects", "s3", "secret_key"), fault)
