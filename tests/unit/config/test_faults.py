"""Every fault is named with its line, what is wrong and what would be right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.config.files import FILE, GOOD, faults, line_of, read, variant
from vigil.errors import ConfigError

POLYGON = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]"
SITE = "  name: 市政务服务中心\n"
NODE = "    data: node\n"


@dataclass(frozen=True)
class Case:
    """A replacement in the good file; `at` is what stands in the line that is complained of."""

    old: str
    new: str
    at: str
    where: str
    what: str
    remedy: str


def threshold(key: str, value: str, remedy: str) -> Case:
    text = f"  thresholds: {{{key}: {value}}}\n"
    return Case(SITE, SITE + text, text, f"site.thresholds.{key}", "is out of range", remedy)


def clip(text: str, key: str, remedy: str) -> Case:
    text = f"  clips: {{{text}}}\n"
    return Case(SITE, SITE + text, text, f"site.clips.{key}", "is out of range", remedy)


def polygon(points: str, what: str, remedy: str, index: str = "") -> Case:
    return Case(POLYGON, points, points, f"site.halls[0].cameras[0].zones[0].polygon{index}", what, remedy)


def rates(values: str, at: str, what: str, remedy: str, kind: str = "staff-area") -> Case:
    old = "{kind: staff-area, window: one, "
    return Case(
        old, f"{{kind: {kind}, window: one, rates: {{{values}}}, ", values, f"{CAMERA}.zones[0].rates{at}", what, remedy
    )


def url(new: str, what: str, remedy: str) -> Case:
    return Case("rtsp://192.0.2.7/1", new, "url:", "site.halls[0].cameras[0].url", what, remedy)


def beside(url: str, text: str, what: str, remedy: str) -> Case:
    line = text.splitlines()[0]
    key = line.partition(":")[0]
    return Case("rtsp://192.0.2.7/1", f"{url}\n          {text}", line, f"{CAMERA}.{key}", what, remedy)


def recording(values: str, key: str, what: str, remedy: str) -> Case:
    text = f"          recording: {{{values}}}\n"
    user = "          username: vigil\n"
    return Case(user, text + user, text, f"{CAMERA}.recording{key}", what, remedy)


def node(text: str, key: str, what: str, remedy: str) -> Case:
    return Case(NODE, f"{NODE}    {text}\n", text, f"nodes[0].{key}", what, remedy)


def center(text: str, key: str, what: str, remedy: str) -> Case:
    return Case("  data: center\n", f"  data: center\n  {text}\n", text, f"center{key}", what, remedy)


CAMERA = "site.halls[0].cameras[0]"
CASES = [
    # Keys and types
    Case(
        "department:",
        "departement:",
        "departement:",
        "site.halls[0].departement",
        "unknown key 'departement'",
        "Did you mean 'department'?",
    ),
    Case(SITE, f"{SITE}  xyzzy: 1\n", "xyzzy", "site.xyzzy", "unknown key 'xyzzy'", "Remove it"),
    Case(
        "      calendar: usual\n",
        "",
        "    - id: gongan",
        "site.halls[0].calendar",
        "the key 'calendar' is missing",
        "Add it",
    ),
    Case(SITE, "", "site:", "site.name", "the key 'name' is missing", "Add it"),
    Case(SITE, SITE + SITE, SITE + "  cal", "site.name", "this key stands already in line 2", "Keep one of the two"),
    Case(
        SITE,
        f"{SITE}  thresholds: {{absent_after_s: '5'}}\n",
        "absent_after_s",
        "site.thresholds.absent_after_s",
        "should be a valid number, not '5'",
        "configuration.md",
    ),
    Case(SITE, "  name: 5\n", "name: 5", "site.name", "should be a valid string, not 5", "configuration.md"),
    Case(SITE, "  name: yes\n", "name: yes", "site.name", "should be a valid string, not True", "configuration.md"),
    Case(SITE, "  name:\n", "name:", "site.name", "should be a valid string, not None", "configuration.md"),
    Case(
        SITE,
        f"{SITE}  thresholds: {{absent_after_s: true}}\n",
        "absent_after_s",
        "site.thresholds.absent_after_s",
        "should be a valid number, not True",
        "configuration.md",
    ),
    Case(
        SITE,
        f"{SITE}  thresholds: {{absent_after_s: .nan}}\n",
        "absent_after_s",
        "site.thresholds.absent_after_s",
        "'.nan' cannot be read as a number",
        "quotes",
    ),
    Case(
        SITE,
        f"{SITE}  thresholds: {{resume_within_s: .inf}}\n",
        "resume_within_s",
        "site.thresholds.resume_within_s",
        "'.inf' cannot be read as a number",
        "quotes",
    ),
    Case(
        SITE,
        f"{SITE}  thresholds: {{resume_within_s: 1.0e+999}}\n",
        "resume_within_s",
        "site.thresholds.resume_within_s",
        "cannot be read as a number",
        "quotes",
    ),
    Case(
        SITE,
        f"{SITE}  thresholds: {{absent_after_s: 1:30}}\n",
        "absent_after_s",
        "site.thresholds.absent_after_s",
        "'1:30' cannot be read as a number",
        "quotes",
    ),
    Case(SITE, f"{SITE}  notice: !!bool maybe\n", "maybe", "site.notice", "'maybe' cannot be read", "quotes"),
    Case(
        "kind: staff-area",
        "kind: staff",
        "kind: staff",
        f"{CAMERA}.zones[0].kind",
        "'staff' is not known",
        "One of 'staff-area', 'visitor-spot' or 'queue'",
    ),
    Case(
        "          zones:\n",
        "          transport: http\n          zones:\n",
        "transport",
        f"{CAMERA}.transport",
        "'http' is not known",
        "One of 'tcp' or 'udp'",
    ),
    Case(
        "      cameras:\n        - id",
        "      cameras:\n          id",
        "      cameras:",
        "site.halls[0].cameras",
        "not a mapping",
        "configuration.md",
    ),
    Case(
        "objects: {folder: objects}",
        "objects: [folder]",
        "objects:",
        "center.objects",
        "not a list",
        "configuration.md",
    ),
    # Ids
    Case(
        "- id: gongan",
        "- id: 公安",
        "公安",
        "site.halls[0].id",
        "'公安' cannot be the id of a hall",
        "Lower-case letters",
    ),
    Case("id: counter", "id: Counter", "Counter", f"{CAMERA}.id", "'Counter' cannot be the id of a camera", "name:"),
    Case(
        "- id: huji",
        "- id: -huji",
        "-huji",
        "site.halls[0].groups[0].id",
        "cannot be the id of a window group",
        "digits and hyphens",
    ),
    Case(
        "- {id: one, name: 1号窗口}",
        "- {id: one, name: 1号窗口}\n            - {id: one, name: 2号窗口}",
        "2号窗口",
        "site.halls[0].groups[0].windows[1].id",
        "a window 'one' stands already above",
        "its own id",
    ),
    Case("- id: node", "- id: node_1", "node_1", "nodes[0].id", "cannot be the id of a node", "hyphens"),
    # Calendars
    Case(
        "      calendar: usual",
        "      calendar: late",
        "calendar: late",
        "site.halls[0].calendar",
        "there is no calendar 'late'",
        "Known: usual",
    ),
    Case(
        "{id: one, name: 1号窗口}",
        "{id: one, name: 1号窗口, calendar: late}",
        "late",
        "site.halls[0].groups[0].windows[0].calendar",
        "there is no calendar 'late'",
        "Known: usual",
    ),
    Case(
        '"08:30-12:00"',
        '"8:30-12:00"',
        "8:30-12",
        "site.calendars.usual.hours",
        "'8:30-12:00' is not a range HH:MM-HH:MM",
        '["08:30-12:00", "14:30-18:00"]',
    ),
    Case(
        '{hours: ["08:30-12:00", "14:30-18:00"]}',
        "{hours: []}",
        "hours",
        "site.calendars.usual.hours",
        "no hours are given",
        "in order",
    ),
    Case(
        '18:00"]}',
        '18:00"], closed: [2026-13-01]}',
        "closed",
        "site.calendars.usual.closed[0]",
        "'2026-13-01' is not a date",
        "Write YYYY-MM-DD",
    ),
    Case(
        '18:00"]}',
        '18:00"], closed: [2026-06-12], open: [2026-06-12]}',
        "closed",
        "site.calendars.usual.open[0]",
        "2026-06-12 is listed as closed, too",
        "Keep one of the two",
    ),
    Case(
        SITE,
        f"{SITE}  time_zone: Asia/Meizhou\n",
        "time_zone",
        "site.time_zone",
        "'Asia/Meizhou' is not a time zone",
        "Asia/Shanghai",
    ),
    Case(
        SITE, f"{SITE}  time_zone: Asia\n", "time_zone", "site.time_zone", "'Asia' is not a time zone", "Asia/Shanghai"
    ),
    # Thresholds
    threshold("absence_alert_s", "10", "at least absent_after_s"),
    threshold("absence_escalate_s", "299", "at least absence_alert_s"),
    threshold("absence_escalate_s", "90000", "a day (86400) at most"),
    threshold("queue_per_window_exit", "6", "below queue_per_window_enter"),
    threshold("queue_per_window_exit", "0", "above 0"),
    threshold("stale_after_s", "10", "from 2 to 9"),
    threshold("stale_after_s", "1", "from 2 to 9"),
    threshold("absent_after_s", "0", "above 0"),
    threshold("on_duty_after_s", "-1", "from 0 to a day"),
    threshold("queue_alert_s", "-1", "from 0 to a day"),
    threshold("queue_clear_s", "1.0e+12", "from 0 to a day"),
    threshold("resume_within_s", "7", "from stale_after_s"),
    threshold("resume_within_s", "1.0e+300", "to a day"),
    threshold("camera_alert_s", "-0.5", "from 0 to a day"),
    threshold("unserved_alert_s", "29", "from absent_after_s"),
    threshold("unserved_alert_s", "90000", "to a day (86400)"),
    threshold("queue_wait_alert_s", "0", "above 0"),
    threshold("service_time_s", "0.5", "from 1 to a day"),
    Case(
        "      calendar: usual\n",
        "      calendar: usual\n      thresholds: {stale_after_s: 60}\n",
        "stale_after_s",
        "site.halls[0].thresholds.stale_after_s",
        "60 is out of range",
        "from 2 to 9",
    ),
    # Clips
    clip("pre_roll_s: -1", "pre_roll_s", "0 or more"),
    clip("post_roll_s: -1", "post_roll_s", "0 or more"),
    clip("longest_s: 0", "longest_s", "a day (86400) at most"),
    clip("longest_s: 29", "longest_s", "at least pre_roll_s and post_roll_s"),
    clip("longest_s: 100000", "longest_s", "a day (86400) at most"),
    # Cameras
    url("ftp://192.0.2.7/1.mp4", "this is no source of pictures", "rtsp://192.0.2.7:554/stream1"),
    url("concat:a.ts|b.ts", "this is no source of pictures", "file:clips/counter.mp4"),
    url("exec:cat a.ts", "this is no source of pictures", "rtsp://"),
    url("clips/counter.mp4", "this is no source of pictures", "file:clips/counter.mp4"),
    url("http:///live.ts", "this is no source of pictures", "rtsp://"),
    url("http://192.0.2.7/a b.ts", "this is no HTTP address", "Percent-encode"),
    url("http://a:b@192.0.2.7/live.ts", "the URL holds credentials", "password: {env: NAME}"),
    url("'file:'", "this names no file", "file:clips/counter.mp4"),
    url("file://server/counter.mp4", "this names no file", "file:clips/counter.mp4"),
    url("https://192.0.2.7/live.m3u8", "loaded without a look at the server's certificate", "tls_verify: false"),
    beside("rtsps://192.0.2.7/1", "transport: udp", "only rtsp:// can come over UDP", "Take it out"),
    beside("http://192.0.2.7/1.ts", "transport: udp", "only rtsp:// can come over UDP", "Take it out"),
    beside("rtsp://192.0.2.7/1", "tls_verify: false", "neither stream is encrypted", "rtsps://"),
    beside("rtsp://192.0.2.7/1", "tls_ca: ca.pem", "neither stream is encrypted", "rtsps://"),
    beside(
        "rtsps://192.0.2.7/1", "tls_ca: ca.pem\n          tls_verify: false", "nothing is verified", "one of the two"
    ),
    beside("https://192.0.2.7/live.ts", "tls_ca: ''", "this is no file", "tls/cameras.pem"),
    Case(
        "rtsp://192.0.2.7/1", "file:a.mp4", "username", f"{CAMERA}.username", "a file asks for no account", "Take out"
    ),
    url("rtsp:///1", "this is no source of pictures", "rtsp://"),
    url("rtsp://192.0.2.7:port/1", "this is no source of pictures", "rtsp://"),
    url("rtsp://192.0.2.7:99999/1", "this is no source of pictures", "rtsp://"),
    url("'rtsp://[2001:db8::7/1'", "this is no source of pictures", "rtsp://"),
    url("rtsp://user@192.0.2.7/1", "the URL holds credentials", "password: {env: NAME}"),
    Case(
        "          username: vigil\n",
        "          substream: rtsp://a:b@192.0.2.7/2\n          username: vigil\n",
        "substream",
        f"{CAMERA}.substream",
        "the URL holds credentials",
        "Move them",
    ),
    Case(
        "          username: vigil\n",
        "",
        "        - id: counter",
        CAMERA,
        "username and password go together",
        "Give both, or neither",
    ),
    Case(
        "{env: CAMERA_PASSWORD}",
        "{}",
        "password",
        f"{CAMERA}.password",
        "a secret is kept in one place",
        "env: NAME or file: PATH",
    ),
    Case(
        "{env: CAMERA_PASSWORD}",
        "{env: ''}",
        "password",
        f"{CAMERA}.password",
        "a secret is kept in one place",
        "env: NAME or file: PATH",
    ),
    Case(
        "{env: CAMERA_PASSWORD}",
        "{env: A, file: b}",
        "password",
        f"{CAMERA}.password",
        "a secret is kept in one place",
        "Give either",
    ),
    Case(
        "{env: CAMERA_PASSWORD}",
        "hunter2",
        "password",
        f"{CAMERA}.password",
        "a secret does not stand in this file",
        "env: NAME or file: PATH",
    ),
    Case(
        "          url:",
        "          node: other\n          url:",
        "node: other",
        f"{CAMERA}.node",
        "there is no node 'other'",
        "One of node",
    ),
    # Zones
    Case(
        "window: one, ",
        "",
        "kind: staff-area",
        f"{CAMERA}.zones[0]",
        "a staff-area belongs to a window",
        "Add window: and its id",
    ),
    Case(
        "window: one",
        "window: two",
        "window: two",
        f"{CAMERA}.zones[0].window",
        "hall gongan has no window 'two'",
        "One of one",
    ),
    Case(
        "window: one",
        "window: one, group: huji",
        "group: huji",
        f"{CAMERA}.zones[0].group",
        "a staff-area has no group",
        "Remove the key",
    ),
    Case(
        "staff-area, window: one",
        "queue, window: one",
        "queue",
        f"{CAMERA}.zones[0]",
        "a queue belongs to a group",
        "Add group: and its id",
    ),
    Case(
        "staff-area, window: one",
        "queue, group: other",
        "queue",
        f"{CAMERA}.zones[0].group",
        "hall gongan has no group 'other'",
        "One of huji",
    ),
    rates("miss: 0, false_alarm: 0.1, run_s: 4", ".miss", "0 is out of range", "from 0.0001 to 0.99"),
    rates("miss: 0.1, false_alarm: 2, run_s: 4", ".false_alarm", "2 is out of range", "from 0.0001 to 0.99"),
    rates("miss: 0.1, false_alarm: 0.1, run_s: 0", ".run_s", "0 is out of range", "from 0.1 to a day"),
    rates("miss: 0.6, false_alarm: 0.5, run_s: 4", "", "more often at an empty window", "together are below 1"),
    rates("miss: 0.6, run_s: 4", ".false_alarm", "the key 'false_alarm' is missing", "Add it"),
    rates("miss: 0.1, false_alarm: 0.1, run_s: 4", "", "a visitor-spot has no rates", "staff-area", "visitor-spot"),
    polygon("[[0.1, 0.1], [0.4, 0.1]]", "a polygon of 2 points has no area", "at least three points"),
    polygon("[]", "a polygon of 0 points has no area", "at least three points"),
    polygon("[[0.1, 0.1], [0.4, 0.4], [0.7, 0.7]]", "the polygon has no area", "on a line"),
    polygon("[[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]]", "the polygon has no area", "draw it anew"),
    polygon("[[0.1, 0.1], [1.4, 0.1], [0.4, 0.4]]", "(1.4, 0.1) lies outside the picture", "0 to 1", "[1]"),
    polygon("[[0.1, 0.1], [0.4, -0.1], [0.4, 0.4]]", "(0.4, -0.1) lies outside the picture", "0 to 1", "[1]"),
    polygon(
        "[[102, 77], [410, 77], [410, 300]]", "(102, 77) lies outside the picture", "Shares of width and height", "[0]"
    ),
    polygon(
        "[[0.1, 0.1], [0.4, 0.4], [0.4, 0.1], [0.1, 0.3]]", "the polygon's edges cross", "in order around the zone"
    ),
    polygon("[[0.1, 0.1], [0.4, 0.1], [0.4]]", "the key 1 is missing", "Add it", "[2][1]"),
    polygon(
        "[[0.1, 0.1], [0.4, 0.1], ['0.4', 0.4]]", "should be a valid number, not '0.4'", "configuration.md", "[2][0]"
    ),
    # The centre
    Case("{folder: objects}", "{}", "objects", "center.objects", "objects are kept in one place", "folder: or s3:"),
    center("listen: 8480", ".listen", "should be a valid string, not 8480", "configuration.md"),
    center("listen: ':8480'", ".listen", "':8480' is not host:port", "127.0.0.1:8480"),
    center("listen: 127.0.0.1:65536", ".listen", "is not host:port", "127.0.0.1:8480"),
    center("listen: 127.0.0.1:²", ".listen", "is not host:port", "127.0.0.1:8480"),
    Case(
        "  data: center\n",
        "  data: center\n  tls_key: key.pem\n",
        "center:",
        "center",
        "a certificate and its key go together",
        "tls_certificate: and tls_key:",
    ),
    center("metrics_token: {}", ".metrics_token", "a secret is kept in one place", "Give either"),
    center("origins: [vigil.example]", ".origins[0]", "this is no origin", "https://vigil.example"),
    center("origins: ['https://vigil.example/app']", ".origins[0]", "this is no origin", "https://vigil.example"),
    # Nodes
    Case(
        "ws://127.0.0.1:8480",
        "http://127.0.0.1:8480",
        "http://",
        "nodes[0].center",
        "this is not a centre's address",
        "wss://center.example",
    ),
    Case(
        "ws://127.0.0.1:8480",
        "ws://127.0.0.1:x",
        "ws://",
        "nodes[0].center",
        "this is not a centre's address",
        "wss://center.example",
    ),
    Case("{file: node.key}", "{}", "key:", "nodes[0].key", "a secret is kept in one place", "Give either"),
    node("listen: 0.0.0.0:9480", "listen", "'0.0.0.0:9480' is not loopback, and there is no login", "127.0.0.1:9480"),
    node("listen: localhost", "listen", "'localhost' is not host:port", "127.0.0.1:8480"),
    node("segment_s: 1", "segment_s", "1 s is no length for a segment", "From 2 to 600"),
    node("spool_gib: 0", "spool_gib", "the spool needs room", "hours of footage"),
    node("outbox_mib: -1", "outbox_mib", "the outbox needs room", "256"),
    recording("calendar: usual", ".calendar", "a calendar is for mode: hours", "give mode: hours"),
    recording("mode: hours, calendar: none", ".calendar", "there is no calendar 'none'", "Known: usual"),
    recording("mode: events, pre_roll_s: 301", ".pre_roll_s", "301 is out of range", "kept in memory"),
    recording("mode: events, post_roll_s: -1", ".post_roll_s", "-1 is out of range", "an hour"),
    node("uploads: {mbit_s: 0}", "uploads.mbit_s", "0 Mbit/s is no line", "At least 0.1"),
    node(
        "uploads: {windows: [{hours: '18-8', mbit_s: 1}]}",
        "uploads.windows[0].hours",
        "'18-8' is not a range",
        "For example 08:30-18:00",
    ),
    node(
        "uploads: {windows: [{hours: '08:00-18:00', mbit_s: 0.05}]}",
        "uploads.windows[0].mbit_s",
        "0.05 Mbit/s is no line",
        "or 0 for none",
    ),
    node("proxy: {url: 'http://hall:secret@p:3128'}", "proxy.url", "the URL holds credentials", "username:"),
    node("proxy: {url: 'socks5://p:1080'}", "proxy.url", "no HTTP proxy's address", "http://proxy.example:3128"),
    node("proxy: {url: 'http://p:3128', username: hall}", "proxy", "go together", "username: and password:"),
    node("detector: {threads: 0}", "detector.threads", "a detector needs a thread", "1 or more"),
    node("detector: {confidence: 1}", "detector.confidence", "a score lies between 0 and 1", "0.25"),
    node("detector: {doubt: 0.5}", "detector.doubt", "ends at confidence", "0.1"),
    node("detector: {device: '0'}", "detector.device", "OpenVINO looks on the CPU", "backend: ultralytics"),
    node("detector: {precision: fp32}", "detector.precision", "'fp32' is not known", "'int8' or 'fp16'"),
    node("detector: {backend: darknet}", "detector.backend", "'darknet' is not known", "'openvino' or 'ultralytics'"),
]


def test_the_good_file_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.where} {case.what}")
def test_a_fault_is_named_with_its_line_and_its_remedy(case: Case) -> None:
    text = variant(case.old, case.new)
    found = [one for one in faults(text) if one.where == case.where and case.what in one.what]
    assert len(found) == 1, faults(text)
    assert case.remedy in found[0].remedy
    assert found[0].file == str(FILE)
    assert found[0].line == line_of(text, case.at)


def test_every_fault_is_found_at_once_and_told_in_order() -> None:
    text = variant(
        "calendar: usual", "calendar: late", "kind: staff-area", "kind: queue", "  - id: node", "  - id: 节点"
    )
    found = faults(text)
    assert len(found) >= 4
    assert [one.line for one in found] == sorted(one.line for one in found)
    with pytest.raises(
        ConfigError, match=rf"{FILE}:9: site\.halls\[0\]\.calendar: there is no calendar 'late'\. Known"
    ):
        read(text)


# What more than one place must agree on


def test_a_camera_names_its_node_where_there_are_two() -> None:
    two = GOOD + NODE_TWO
    (found,) = faults(two)
    assert (found.line, found.where) == (line_of(two, "- id: counter"), CAMERA)
    assert "2 nodes are listed and this camera names none" in found.what
    assert faults(two.replace("          url:", "          node: two\n          url:")) == []


NODE_TWO = """\
  - id: two
    center: ws://127.0.0.1:8480
    key: {file: two.key}
    data: two
"""


def test_a_camera_needs_a_node() -> None:
    (found,) = faults(GOOD[: GOOD.index("nodes:")])
    assert found.where == CAMERA
    assert "0 nodes are listed" in found.what


def test_two_nodes_have_two_names() -> None:
    found = faults(GOOD + NODE_TWO.replace("two", "node"))
    assert "a node 'node' stands already above" in [one.what for one in found]


def test_a_file_may_leave_the_site_to_the_database() -> None:
    rest = GOOD[GOOD.index("center:\n") :]
    assert not faults(rest)
    assert not faults(rest[rest.index("nodes:\n") :])


def test_ids_are_unique_over_all_halls() -> None:
    hall = GOOD[GOOD.index("    - id: gongan") : GOOD.index("center:\n")]
    text = GOOD.replace(hall, hall + hall.replace("id: gongan", "id: renshe"))
    assert {one.what for one in faults(text)} == {
        "a window group 'huji' stands already above",
        "a window 'one' stands already above",
        "a camera 'counter' stands already above",
    }


def test_a_zone_s_window_is_of_its_own_hall() -> None:
    hall = GOOD[GOOD.index("    - id: gongan") : GOOD.index("center:\n")]
    other = hall.replace("id: gongan", "id: renshe").replace("huji", "shebao").replace("{id: one", "{id: two")
    text = GOOD.replace(hall, hall + other.replace("id: counter", "id: other"))
    (found,) = faults(text)
    assert found.what == "hall renshe has no window 'one'"


def test_two_cameras_may_have_one_url() -> None:
    cameras = GOOD[GOOD.index("        - id: counter") : GOOD.index("center:\n")]
    assert faults(GOOD.replace(cameras, cameras + cameras.replace("id: counter", "id: again"))) == []


S3 = "{s3: {endpoint: 'ENDPOINT', bucket: vigil, access_key: {env: A}, secret_key: {env: B}}}"


@pytest.mark.parametrize(
    ("endpoint", "good"),
    [
        ("https://s3.example:9000", True),
        ("http://192.0.2.9:9000", True),
        ("s3.example:9000", False),
        ("ftp://s3.example", False),
        ("https://key:geheim@s3.example", False),
        ("https://s3.example:port", False),
    ],
)
def test_an_object_store_has_an_address(endpoint: str, good: bool) -> None:
    found = faults(variant("{folder: objects}", S3.replace("ENDPOINT", endpoint)))
    assert [one.where for one in found] == ([] if good else ["center.objects.s3.endpoint"])
    assert "geheim" not in "".join(map(str, found))


def test_objects_are_in_a_folder_or_in_s3() -> None:
    both = S3.replace("ENDPOINT", "https://s3.example").replace("{s3", "{folder: objects, s3")
    (found,) = faults(variant("{folder: objects}", both))
    assert found.what == "objects are kept in one place"
