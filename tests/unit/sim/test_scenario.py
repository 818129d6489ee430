from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.sim.scenes import LOOKS
from vigil.errors import ScenarioError
from vigil.model.truth import PictureFault
from vigil.sim.events import Break, Closing, Hold, Rush
from vigil.sim.hall import Hall
from vigil.sim.routine import expand
from vigil.sim.scenario import Arrivals, FaultEvent, MonitorEvent, Scenario, load_scenario
from vigil.sim.world import Light, load_world

STREAMS = Path(__file__).parents[3] / "sample_streams"
ASSETS, EXAMPLES = STREAMS / "hall", sorted((STREAMS / "scenarios").glob("*.yaml"))
HEAD = """\
name: test
hall: gongan
start_at: 2026-03-02T09:00:00+08:00
seconds: 600
windows: [1, 2]
"""


def load(folder: Path, text: str) -> Scenario:
    path = folder / "scene.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def test_a_short_file_has_sensible_defaults(tmp_path: Path) -> None:
    scenario = load(tmp_path, HEAD)
    assert (scenario.light, scenario.windows, scenario.events) == (Light.DAY, (1, 2), ())
    assert scenario.start_at.isoformat() == "2026-03-02T09:00:00+08:00"


def test_events_are_read_by_what_they_do(tmp_path: Path) -> None:
    text = HEAD + (
        "arrivals: [{from_s: 0, per_min: 2}]\nevents:\n"
        "  - {do: break, at_s: 6, until_s: 78, window: 2}\n  - {do: queue, at_s: -5, size: 11}\n"
        "  - {do: hold, at_s: 1}\n  - {do: close, at_s: 500}\n"
    )
    scenario = load(tmp_path, text)
    assert scenario.arrivals == (Arrivals(0, 2),)
    assert scenario.events == (
        Break(at_s=6, until_s=78, window=2),
        Rush(at_s=-5, size=11),
        Hold(at_s=1),
        Closing(at_s=500),
    )


def test_faults_and_monitors_leave_the_events(tmp_path: Path) -> None:
    text = HEAD + (
        "events:\n  - {do: fault, at_s: 3, until_s: 9, fault: dark, camera: counter}\n  - {do: hold, at_s: 1}\n"
        "  - {do: monitor, at_s: 4, until_s: 8, window: 1, share: 0.5}\n"
    )
    scenario = load(tmp_path, text)
    assert scenario.faults == (FaultEvent(PictureFault.DARK, 3, 9, "counter"),)
    assert scenario.monitors == (MonitorEvent(1, 4, 8, 0.5),)
    assert scenario.events == (Hold(at_s=1),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "light: night\n", ("scene.yaml:6: light:", "'night'", "'day' or 'dusk'")),
        (HEAD + "arivals: []\n", (":6: arivals:", "Did you mean 'arrivals'?")),
        (HEAD.replace("name: test\n", ""), ("name", "is missing", "Add it")),
        (HEAD.replace("+08:00", ""), (":3: start_at:", "time zone", "+08:00")),
        (HEAD.replace("600", "'600'"), (":4: seconds:", "number")),
        (HEAD.replace("600", "0"), (":4: seconds:", "greater than 0")),
        (HEAD + "hall: renshe\n", (":6: hall:", "already in line 2")),
        (HEAD + "service_s: [80, 20]\n", (":6: service_s:", "[80, 20] is no range")),
        (HEAD + "windows_: {\n", (": the file:", "not YAML")),
        ("- a\n- b\n", (":1: the file:", "mapping")),
        (HEAD.replace("[1, 2]", "[]") + "lunch: [60, 90]\n", (":5: windows:", "routine and lunch")),
        (HEAD + "lunch: [90, 60]\n", (":6: lunch:", "from before to")),
        (HEAD + "shifts:\n- {window: 1, spans: [[0, 50], [40, 60]]}\n", ("shifts[0].spans", "[40, 60]", "in order")),
        (HEAD + "arrivals: [{from_s: 9, per_min: 1}, {from_s: 3, per_min: 1}]\n", ("arrivals[1].from_s", "order")),
        (HEAD + "routine: {short_s: [9, 3]}\n", ("routine.short_s", "no range")),
        (HEAD + "routine: {long_share: 2}\n", ("routine.long_share", "less than or equal to 1")),
        (HEAD + "events:\n- {do: brake, at_s: 1, window: 1}\n", (":7: events[0]:", "'brake'", "break, cleaner")),
        (HEAD + "events:\n- {at_s: 1}\n", ("events[0]", "does not say what happens", "Add do:")),
        (HEAD + "events:\n- {do: break, at: 1, window: 1}\n", ("events[0].at:", "Did you mean 'at_s'?", "is missing")),
        (HEAD + "events:\n- {do: break, at_s: 1, window: 7}\n", ("events[0].window", "window 7 is not open", "1, 2")),
        (HEAD + "events:\n- {do: break, at_s: 9, until_s: 8, window: 1}\n", ("events[0].until_s", "8 is before at_s")),
        (HEAD + "events:\n- {do: hold, at_s: 700}\n", ("events[0].at_s", "not within the scene", "600")),
        (HEAD + "events:\n- {do: hold, at_s: -61}\n", ("events[0].at_s", "-60 (the warm-up)")),
        (HEAD + "events:\n- {do: fault, at_s: 1, until_s: 2, fault: smoke}\n", ("events[0].fault", "'frozen'")),
        (HEAD + "events:\n- {do: fault, at_s: 1, fault: dark}\n", ("events[0].until_s", "missing")),
        (
            HEAD + "events:\n- {do: hold, at_s: 1}\n- {do: monitor, at_s: 5, until_s: 4, window: 1, share: 0.5}\n",
            (":8: events[1].until_s", "not after at_s"),
        ),
        (HEAD + "faults: []\n", (":6: faults:", "do: fault")),
    ],
)
def test_an_error_names_line_key_and_remedy(tmp_path: Path, text: str, said: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, text)
    for part in said:
        assert part in str(raised.value)


def test_every_fault_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD + "service_s: [80, 20]\nevents:\n- {do: hold, at_s: 700}\n- {do: break, at_s: 0, window: 9}\n"
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, text)
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["6", "8", "9"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"demo-gongan", "demo-renshe", "morning", "day"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_played(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.name == path.stem
    place = load_world(ASSETS).hall(scenario.hall)
    assert Hall(place, expand(scenario, 3), 3, LOOKS).at(900.0 if path.stem == "day" else 1.0).figures
