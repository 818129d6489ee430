"""The site by itself: what is written is read again as it was, and what is wrong with it is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.files import GOOD, line_of, read, variant
from vigil.config import Configuration, document_of, load, load_site, load_text, yaml_of
from vigil.errors import ConfigError
from vigil.model.site import (
    Calendar,
    Camera,
    Forward,
    Hall,
    Rates,
    Recording,
    RecordingMode,
    Retention,
    Secret,
    Site,
    Thresholds,
    TicketFeed,
    Transport,
    Window,
    WindowGroup,
    WindowKind,
    Workdays,
    Zone,
    ZoneKind,
)

ROOT = Path(__file__).resolve().parents[3]

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | st.sampled_from(
    [
        "1",
        "yes",
        "null",
        "2026-06-12",
        "08:30",
        "=",
        "~",
        "- a",
        "a: b",
        "#x",
        "'",
        '"',
        " x ",
        "0x1f",
        "1e3",
        "&a",
        "*a",
    ]
)
SECRETS = st.builds(Secret, env=TEXTS) | st.builds(Secret, file=TEXTS)
POINTS = st.tuples(st.floats(0, 1), st.floats(0, 1))
DAYS = st.lists(st.dates().map(str), unique=True, max_size=3)
SECONDS = st.floats(0, 1e6)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    closed = draw(DAYS)
    opened = [day for day in draw(DAYS) if day not in closed]
    hours = draw(st.sampled_from([("08:30-12:00", "14:30-18:00"), ("00:00-24:00",), ("09:00-17:30",)]))
    return Calendar(draw(st.sampled_from(Workdays)), hours, tuple(closed), tuple(opened))


@st.composite
def thresholds(draw: st.DrawFn) -> Thresholds:
    """Within their rules."""
    alert = draw(st.integers(60, 300))
    return Thresholds(
        absence_alert_s=alert,
        absence_escalate_s=alert + draw(st.integers(0, 600)),
        camera_alert_s=draw(st.floats(1, 500)),
        queue_clear_s=draw(st.integers(10, 100)),
    )


@st.composite
def halls(draw: st.DrawFn, number: int, names: list[str]) -> Hall:
    """What a site may say: not every combination of it would pass the checks, and those are not made."""
    groups = tuple(
        WindowGroup(
            f"h{number}-g{g}",  # type: ignore[arg-type]
            draw(TEXTS),
            tuple(
                Window(
                    f"h{number}-g{g}-w{w}",  # type: ignore[arg-type]
                    draw(TEXTS),
                    draw(st.sampled_from(WindowKind)),
                    draw(st.none() | st.sampled_from(names)),
                )
                for w in range(draw(st.integers(1, 2)))
            ),
            draw(st.none() | st.builds(TicketFeed, url=st.just("http://192.0.2.9/q"), bearer=st.none() | SECRETS)),
        )
        for g in range(draw(st.integers(0, 2)))
    )
    windows = [window.id for group in groups for window in group.windows]
    zone = st.builds(
        Zone,
        kind=st.just(ZoneKind.STAFF_AREA),
        polygon=st.just(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))) | st.tuples(POINTS, POINTS, POINTS).filter(_wide),
        rates=st.none()
        | st.builds(Rates, miss=st.floats(0.01, 0.4), false_alarm=st.floats(0.01, 0.4), run_s=st.just(7.0)),
    )
    cameras = tuple(
        Camera(
            f"h{number}-c{c}",  # type: ignore[arg-type]
            draw(TEXTS),
            f"rtsp://192.0.2.{c}/main",
            substream=draw(st.none() | st.just("rtsp://192.0.2.7/sub")),
            transport=draw(st.sampled_from(Transport)),
            recording=draw(st.sampled_from([Recording(), Recording(RecordingMode.HOURS, names[0])])),
            retention=draw(st.sampled_from([None, Retention(), Retention(45, 60.5)])),
            sound=draw(st.booleans()),
            forward=draw(st.sampled_from([(), (Forward("rtmp://192.0.2.3/app", stream_key=Secret(file="k")),)])),
            zones=tuple(_of(draw(zone), window) for window in (windows if c == 0 else [])),
        )
        for c in range(1 if windows else 0, -1, -1)
    )
    own = draw(st.none() | thresholds())
    return Hall(f"h{number}", draw(TEXTS), draw(TEXTS), names[0], groups, cameras, own)  # type: ignore[arg-type]


def _of(zone: Zone, window: str) -> Zone:
    return Zone(zone.kind, zone.polygon, window=window, rates=zone.rates)  # type: ignore[arg-type]


def _wide(polygon: tuple[tuple[float, float], ...]) -> bool:
    (ax, ay), (bx, by), (cx, cy) = polygon
    return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) > 1e-4


@st.composite
def sites(draw: st.DrawFn) -> Site:
    names = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    return Site(
        draw(TEXTS),
        notice=draw(st.none() | TEXTS),
        calendars={name: draw(calendars()) for name in names},
        thresholds=draw(thresholds()),
        retention=draw(st.sampled_from([Retention(), Retention(30, 31)])),
        halls=tuple(draw(halls(number, names)) for number in range(draw(st.integers(0, 2)))),
    )


BESIDE = read("center: {data: center, objects: {folder: objects}}\n" + GOOD[GOOD.index("nodes:") :])


@given(sites())
def test_what_is_exported_is_read_as_the_same_site(site: Site) -> None:
    read_again = load_site(yaml_of(document_of(site)), "export", BESIDE).site
    assert read_again == site
    assert document_of(read_again) == document_of(site)


@pytest.mark.parametrize("name", ["demo.yaml", "example.yaml"])
def test_the_sites_that_come_with_vigil_go_through(name: str) -> None:
    whole = load(ROOT / "configs" / name)
    assert whole.site is not None
    assert load_site(yaml_of(document_of(whole.site)), "export", whole) == whole


def test_a_hall_inherits_after_the_export_what_it_inherited_before() -> None:
    hall = "calendar: usual\n      groups:"
    text = variant(
        "  halls:\n", "  thresholds: {absence_alert_s: 60, queue_alert_s: 30}\n  halls:\n",
        hall, "calendar: usual\n      thresholds: {absence_alert_s: 300}\n      groups:",
    )  # fmt: skip
    site = read(text).site
    assert site is not None
    exported = yaml_of(document_of(site))
    assert "thresholds: {absence_alert_s: 300}" in exported, "not what is the site's anyway"
    again = load_site(exported.replace("queue_alert_s: 30", "queue_alert_s: 90"), "export", read(text)).site
    assert again is not None
    assert again.halls[0].thresholds == Thresholds(absence_alert_s=300, queue_alert_s=90)


def test_secrets_stay_references() -> None:
    site = read().site
    assert site is not None
    assert "password: {env: CAMERA_PASSWORD}" in yaml_of(document_of(site))


def test_equal_sites_have_one_document_however_they_were_written() -> None:
    whole = variant(
        '{hours: ["08:30-12:00", "14:30-18:00"]}', "{workdays: china}", "name: 户籍业务", "name: '户籍业务'"
    )
    one, other = read().site, read(whole).site
    assert one is not None
    assert other is not None
    assert document_of(one) == document_of(other)


def faults_of(text: str, beside: Configuration = BESIDE) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load_site(text, "new.yaml", beside)
    return [str(fault) for fault in raised.value.faults]


def test_faults_are_told_where_they_stand() -> None:
    text = variant("calendar: usual", "calendar: unusual", "      name: 公安分厅", "      nmae: 公安分厅")
    told = faults_of(text)
    assert any(one.startswith(f"new.yaml:{line_of(text, 'nmae')}: site.halls[0].nmae: unknown key") for one in told)
    text = variant("calendar: usual", "calendar: unusual")
    assert [one.partition(": there")[0] for one in faults_of(text)] == [
        f"new.yaml:{line_of(text, 'calendar: unusual')}: site.halls[0].calendar"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("center: {}", "there is no site in it"),
        ("- site", "there is no site in it"),
        ("site:\n", "it is empty"),
        ("site: {name: x}\nhalls: []\n", "unknown key 'halls'"),
        ("site: {name: x", "new.yaml:1"),
    ],
)
def test_what_is_no_site_is_told(text: str, words: str) -> None:
    assert words in faults_of(text)[0]


def test_center_and_nodes_of_the_text_are_not_read() -> None:
    found = load_site(GOOD.replace("data: center", "data: elsewhere"), "new.yaml", BESIDE)
    assert found.center == BESIDE.center
    assert found.site == read().site


def test_what_the_configuration_says_of_a_hall_that_the_site_lacks_is_told_where_it_says_it(tmp_path: Path) -> None:
    text = GOOD.replace(
        "nodes:\n",
        "  notify:\n    webhook: [{name: w, url: 'https://x.example/', secret: {env: S}}]\n"
        "    rules:\n      - channels: [w]\n        halls: [gongan]\nnodes:\n",
    )
    file = tmp_path / "vigil.yaml"
    file.write_text(text, encoding="utf-8")
    beside = load(file)
    told = faults_of(GOOD.replace("id: gongan", "id: renshe"), beside)
    assert [one.partition(": there")[0] for one in told] == [
        f"{file}:{line_of(text, 'halls: [gongan]')}: center.notify.rules[0].halls[0]"
    ]


def test_a_file_without_its_site_is_read_and_what_names_halls_waits_for_the_site() -> None:
    text = GOOD[GOOD.index("center:") :].replace(
        "nodes:\n",
        "  rtsp: {users: [{name: p, password: {env: P}, unit: u, reason: r, halls: [gongan]}]}\n"
        "  identity:\n    oidc:\n      issuer: https://id.example\n      client_id: v\n      client_secret: {env: S}\n"
        "      redirect_uri: https://h.example/api/v1/session/oidc/callback\n      roles: {staff: ['hall@gongan']}\n"
        "nodes:\n",
    )
    beside = load_text(text, Path("vigil.yaml"))
    assert beside.site is None
    assert load_site(GOOD, "new.yaml", beside).site == read().site
    told = faults_of(GOOD.replace("id: gongan", "id: renshe"), beside)
    assert len(told) == 2
    assert all("gongan" in one for one in told)


def test_a_text_that_doubles_with_every_line_is_refused() -> None:
    lines = ["a: &l0 [1, 2]", *(f"k{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 25))]
    assert "nested without end" in faults_of("\n".join(lines))[0]
