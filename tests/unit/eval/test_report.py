from __future__ import annotations

import json
import pickle
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.unit.eval.scenes import AT, ONE, TWO, alert, queue, result, statements, truth, window
from vigil.eval.drawing import queue_svg, windows_svg
from vigil.eval.evaluation import SceneResult
from vigil.eval.report import Finding, Report, as_json, summarise
from vigil.eval.table import markdown
from vigil.model.alerts import AlertKind
from vigil.model.truth import Condition

DOCUMENT = Path(__file__).parents[3] / "docs" / "design" / "evaluation.md"
TRUE = "S" * 10 + "U" * 40 + "S" * 10


def scenes() -> list[SceneResult]:
    """In the first all is right, in the second an alert is false and a visitor is missed."""
    right = truth(window(TRUE, tags=["light:day"]), lane=queue([3] * 60), scene="right")
    visited = window(TRUE, "." * 20 + "V" * 20 + "." * 20, name=TWO, conditions=[Condition("cleaner", 30, 40)])
    wrong = truth(window("S" * 60), visited, scene="wrong & <odd>")
    told = statements(TRUE, people=[3] * 60, alerts=[alert(31, began_s=10, ended_s=50)])
    false = statements("S" * 60, TRUE, alerts=[alert(30, began_s=9), alert(32, began_s=10, name=TWO)])
    return [result(right, told), result(wrong, false)]


def summed() -> Report:
    return summarise(scenes())


def test_the_report_has_each_slice_and_each_scene() -> None:
    report = summed()
    assert list(report.measures) == ["all", "condition:none", "condition:cleaner", "tag:light:day"]
    assert [(one.scene, one.seconds, one.in_service_s) for one in report.scenes] == [
        ("right", 60, 60),
        ("wrong & <odd>", 60, 60),
    ]
    assert report.figure("absence.recall").value == 1
    assert report.figure("absence.precision").value == 2 / 3
    assert report.figure("absence.precision", "condition:cleaner").value == 1


def test_what_was_wrong_is_listed_with_where_to_look() -> None:
    false, missed = summed().findings
    assert false == Finding(
        "wrong & <odd>",
        "window-unstaffed",
        "false",
        ONE,
        "2026-03-02T01:00:09+00:00",
        9.0,
        30.0,
        None,
        camera_fault=False,
    )
    assert (missed.kind, missed.outcome, missed.window, missed.from_s) == ("unserved-visitor", "missed", TWO, 20.0)


def test_the_same_results_give_the_same_report() -> None:
    assert as_json(summed()) == as_json(summed())


def test_a_result_may_come_from_another_process() -> None:
    assert pickle.loads(pickle.dumps(scenes())) == scenes()


def test_json_says_null_where_nothing_was_measured() -> None:
    read = json.loads(as_json(summed()))
    assert set(read) == {"version", "vigil", "system", "thresholds", "scenes", "measures", "findings"}
    assert read["measures"]["all"]["wait.coverage"] == {
        "value": None,
        "low": None,
        "high": None,
        "count": 0,
        "units": 0,
    }
    assert read["measures"]["all"]["absence.precision"]["value"] == 0.6667
    assert read["thresholds"]["absence_alert_s"] == 20
    assert read["findings"][0]["outcome"] == "false"


def test_the_table_tells_measures_slices_and_what_was_wrong() -> None:
    text = markdown(summed())
    assert "| `absence.precision` | 0.667 |" in text
    assert "| `condition:cleaner` |" in text
    assert "| wrong & <odd> | window-unstaffed | false | one | 9–30 s |" in text
    assert all(
        len(line.split("|")) == 7 for line in text.splitlines() if line.startswith("| `") and line.count("|") < 8
    )


def test_a_report_without_faults_says_so() -> None:
    assert "## Wrong alerts\n\nNone.\n" in markdown(summarise(scenes()[:1]))


def test_a_scene_out_of_hours_is_told() -> None:
    closed = truth(window("c" * 60), scene="night")
    text = markdown(summarise([result(closed, statements("?" * 60))]))
    assert "Wholly out of hours, so nothing is measured in them: night." in text


def test_every_measure_is_defined_in_the_document_and_no_other() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Measures")[2].partition("### How sure")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    defined = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert defined == set(summed().measures["all"])


# Pictures


def parts(svg: str, tag: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{tag}")


def test_the_picture_of_a_window_has_truth_statement_and_marks() -> None:
    of = truth(window("SSSSUUUUssss----cccc" * 3), scene="wrong & <odd>")
    told = [alert(15), alert(20, kind=AlertKind.UNSERVED_VISITOR), alert(16, kind=AlertKind.CAMERA_FAULT)]
    svg = windows_svg(result(of, statements("S" * 60, alerts=told)))
    lanes = [one for one in parts(svg, "rect") if one.get("height") == "14"]
    assert len({one.get("fill") for one in lanes}) == 5
    assert len([one for one in lanes if one.get("y") == "64"]) == 15
    marks = parts(svg, "title")
    assert [one.text for one in marks] == ["window-unstaffed, raised at 15 s", "unserved-visitor, raised at 20 s"]


def test_a_picture_is_as_small_as_what_it_shows() -> None:
    day = "S" * 12_000 + "U" * 600 + "S" * 12_600
    assert len(windows_svg(result(truth(window(day)), statements(day)))) < 8000


def test_the_axis_has_wall_times() -> None:
    svg = windows_svg(result(truth(window("S" * 600)), statements()))
    assert [one.text for one in parts(svg, "text") if one.text and one.text.startswith("01:")][:3] == [
        "01:00",
        "01:01",
        "01:02",
    ]
    assert AT.hour == 1


def test_the_picture_of_a_queue_breaks_its_line_where_nothing_was_told() -> None:
    lane = queue([3] * 30 + [5] * 30, visible="y" * 50 + "n" * 10)
    svg = queue_svg(result(truth(lane=lane), statements(people=[3] * 20 + [None] * 10 + [6] * 20)))
    assert svg is not None
    true, told = (str(one.get("d")) for one in parts(svg, "path"))
    assert (true.count("M"), true.count("L")) == (1, 1)
    assert (told.count("M"), told.count("L")) == (2, 0)


def test_without_a_queue_there_is_no_picture_of_one() -> None:
    assert queue_svg(result(truth(window("S")), statements())) is None
